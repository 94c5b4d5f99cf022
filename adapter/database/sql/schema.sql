-- What is kept.  One file for SQLite and PostgreSQL; words in braces differ between the two (database/dialect.py).
-- Times are milliseconds since 1970-01-01T00:00Z.  Nothing outgoing reads these tables: it reads visible.sql's views.

CREATE TABLE council (
    id {id},
    code {text} NOT NULL UNIQUE,
    name {text} NOT NULL,
    ods {text} NOT NULL UNIQUE
);

-- One file or push that came in: where it came from, and as of when it speaks.
CREATE TABLE extract (
    id {id},
    council {big} NOT NULL REFERENCES council (id),
    source {text} NOT NULL,
    -- Which part of people it speaks of; empty for the case records themselves.
    feed {text} NOT NULL,
    file {text} NOT NULL,
    extract_id {text},
    sequence {big},
    created {big} NOT NULL,
    received {big} NOT NULL,
    persons {big} NOT NULL,
    problems {big} NOT NULL,
    state {text} NOT NULL
);
CREATE INDEX extract_newest ON extract (council, created);

-- ---------------------------------------------------------------- policy

CREATE TABLE standing (
    id {id},
    facts {text} NOT NULL UNIQUE,
    -- May somebody else's facet name a person of this standing: 0 no, 1 by name, 2 with where they are reached.
    mentionable {big} NOT NULL,
    -- Carried as meta.security on what is released of such a person.
    label {text} NOT NULL
);

CREATE TABLE view (
    id {id},
    recipient {text} NOT NULL,
    role {text} NOT NULL,
    purpose {text} NOT NULL,
    channel {text} NOT NULL,
    UNIQUE (recipient, role, purpose, channel)
);

CREATE TABLE epoch (
    id {id},
    policy {text} NOT NULL,
    version {big} NOT NULL,
    digest {text} NOT NULL,
    built {big} NOT NULL
);
-- One row: the epoch in force.  A new policy is built beside the old one and this row is flipped.
CREATE TABLE current_epoch (epoch {big} NOT NULL REFERENCES epoch (id));

-- decide(), evaluated.  Derived from policy and decide, never edited.
CREATE TABLE permit (
    epoch {big} NOT NULL,
    view {big} NOT NULL,
    standing {big} NOT NULL,
    related {big} NOT NULL,
    lift {big} NOT NULL,
    mask {big} NOT NULL,
    own {big} NOT NULL,
    PRIMARY KEY (epoch, view, standing, related, lift)
) {without_rowid};

-- ---------------------------------------------------------------- people

CREATE TABLE person (
    id {id},
    council {big} NOT NULL REFERENCES council (id),
    local_id {text} NOT NULL,
    -- The standing that holds until the first instant, the one that holds from then until the second, then none.
    standing {big} NOT NULL,
    standing_until {big} NOT NULL,
    standing_after {big} NOT NULL,
    after_until {big} NOT NULL,
    first_seen {big} NOT NULL,
    digest {text} NOT NULL,
    extract {big},
    -- As of when the record that is kept speaks, and its place in its source's order, where it has one.
    spoken {big} NOT NULL,
    sequence {big},
    -- The local id of the record that this one has become part of; empty for one that stands for itself.
    merged_into {text} NOT NULL,
    -- What the case record, officers and PDS say of the person, as the register reads it.
    facts {text} NOT NULL,
    nhs_number_status {text} NOT NULL,
    UNIQUE (council, local_id)
);
CREATE INDEX person_by_standing ON person (standing);
CREATE INDEX person_by_change ON person (standing_until);
CREATE INDEX person_merged ON person (council, merged_into);

-- What a feed beside the case records last said of a person.
CREATE TABLE feed_record (
    person {big} NOT NULL REFERENCES person (id),
    feed {text} NOT NULL,
    digest {text} NOT NULL,
    extract {big} NOT NULL,
    spoken {big} NOT NULL,
    PRIMARY KEY (person, feed)
) {without_rowid};

-- A choice as recorded: valid from `effective`, known since `recorded`.  Never updated, never deleted.
CREATE TABLE choice (
    id {id},
    person {big} NOT NULL REFERENCES person (id),
    kind {text} NOT NULL,
    value {text} NOT NULL,
    effective {big} NOT NULL,
    recorded {big} NOT NULL,
    series {text} NOT NULL,
    recorded_by {text} NOT NULL,
    capacity {text} NOT NULL,
    evidence {text} NOT NULL,
    discussed {big} NOT NULL
);
CREATE INDEX choice_of ON choice (person, kind);

-- An officer's word that the list of objectors of one kind is complete as at a date.
CREATE TABLE register (
    id {id},
    council {big} NOT NULL REFERENCES council (id),
    kind {text} NOT NULL,
    as_of {big} NOT NULL,
    listed {big} NOT NULL,
    declared {big} NOT NULL,
    declared_by {text} NOT NULL
);
CREATE INDEX register_newest ON register (council, kind, as_of);

-- Which organisation is directly involved in whose care, and until when.
CREATE TABLE relationship (
    organisation {text} NOT NULL,
    person {big} NOT NULL REFERENCES person (id),
    kind {text} NOT NULL,
    -- An asserted relationship holds for the client that asserted it; a recorded one for every client ('').
    client {text} NOT NULL,
    starts {big} NOT NULL,
    ends {big} NOT NULL,
    -- Nothing confirms it past this instant.
    at_latest {big} NOT NULL,
    asserted_by {text} NOT NULL,
    PRIMARY KEY (organisation, person, kind, client)
) {without_rowid};
CREATE INDEX relationship_of ON relationship (person, kind);

-- ---------------------------------------------------------------- records

CREATE TABLE resource (
    id {id},
    public {text} NOT NULL UNIQUE,
    type {text} NOT NULL,
    person {big} NOT NULL REFERENCES person (id),
    key {text} NOT NULL,
    UNIQUE (person, type, key)
);

-- The fragment of a resource that belongs to one category.  A version, once written, never changes.
CREATE TABLE facet (
    id {id},
    resource {big} NOT NULL REFERENCES resource (id),
    person {big} NOT NULL REFERENCES person (id),
    part {text} NOT NULL,
    origin {text} NOT NULL,
    place {big} NOT NULL,
    -- Every bit of a permit that must be set: the facet's own category and its resource's carrier's.
    need {big} NOT NULL,
    locates {big} NOT NULL,
    provider {text} NOT NULL,
    body {bytes} NOT NULL,
    token {text} NOT NULL,
    recorded {big} NOT NULL,
    ended {big}
);
CREATE UNIQUE INDEX facet_current ON facet (resource, part, origin) WHERE ended IS NULL;
CREATE INDEX facet_of ON facet (resource, ended);
CREATE INDEX facet_about ON facet (person);

-- Who else is named in a facet.
CREATE TABLE mention (
    facet {big} NOT NULL REFERENCES facet (id),
    council {big} NOT NULL,
    local_id {text} NOT NULL,
    PRIMARY KEY (facet, council, local_id)
) {without_rowid};

-- What a current facet can be found by.
CREATE TABLE term (
    type {text} NOT NULL,
    name {text} NOT NULL,
    value {text} NOT NULL,
    resource {big} NOT NULL,
    facet {big} NOT NULL REFERENCES facet (id),
    person {big} NOT NULL,
    need {big} NOT NULL,
    locates {big} NOT NULL,
    provider {text} NOT NULL,
    PRIMARY KEY (type, name, value, resource, facet)
) {without_rowid};
CREATE INDEX term_of ON term (facet);

-- ---------------------------------------------------------------- tracing

CREATE TABLE trace_queue (
    person {big} PRIMARY KEY REFERENCES person (id),
    -- Councils take turns.
    council {big} NOT NULL,
    due {big} NOT NULL,
    queued {big} NOT NULL,
    attempts {big} NOT NULL,
    claimed_until {big} NOT NULL
);
CREATE INDEX trace_due ON trace_queue (council, due);

-- What a trace found, and how: steps and names of fields, never their values.
CREATE TABLE trace (
    id {id},
    person {big} NOT NULL REFERENCES person (id),
    at {big} NOT NULL,
    outcome {text} NOT NULL,
    status {text} NOT NULL,
    evidence {text} NOT NULL
);
CREATE INDEX trace_of ON trace (person, at);
CREATE INDEX trace_since ON trace (at, id);

-- When PDS was last read and believed of a person: which version, and against which words of ours.  Never a number.
CREATE TABLE pds_read (
    person {big} PRIMARY KEY REFERENCES person (id),
    at {big} NOT NULL,
    -- Not asked again before this instant.
    not_before {big} NOT NULL,
    version {text} NOT NULL,
    -- The facet that was compared: once it has ended, the comparison says nothing any more.
    compared {big} NOT NULL,
    -- The names of fields that a person let stand although they do not agree.
    let_stand {text} NOT NULL
);
CREATE INDEX pds_read_by_age ON pds_read (at);

-- A match of which PDS is not sure: a person decides.
CREATE TABLE review (
    id {id},
    person {big} NOT NULL REFERENCES person (id),
    -- What the trace came to, or why its answer was not taken.
    cause {text} NOT NULL,
    -- Names of fields, never their values.
    agreed {text} NOT NULL,
    conflicting {text} NOT NULL,
    opened {big} NOT NULL,
    -- Empty until somebody has decided: accepted or rejected.
    decision {text} NOT NULL,
    decided {big} NOT NULL,
    decided_by {text} NOT NULL
);
CREATE UNIQUE INDEX review_open ON review (person) WHERE decision = '';
CREATE INDEX review_of ON review (person);

-- Whom PDS suggests: a number of somebody, and so destroyed like every other number of who objects.
CREATE TABLE candidate (
    review {big} NOT NULL REFERENCES review (id),
    place {big} NOT NULL,
    number {text} NOT NULL,
    score {text} NOT NULL,
    PRIMARY KEY (review, place)
) {without_rowid};
CREATE INDEX candidate_by_number ON candidate (number);

-- PDS does not accept who we are: it is not asked again with these settings until an officer asks.
CREATE TABLE pds_stop (
    settings {text} PRIMARY KEY,
    at {big} NOT NULL,
    reason {text} NOT NULL
);

-- From when the next call to PDS may leave, in microseconds: all workers share one rate.
CREATE TABLE pds_pace (
    settings {text} PRIMARY KEY,
    free_at {big} NOT NULL
);

-- ---------------------------------------------------------------- files over MESH

-- One file that was sent over MESH: of one mailbox no two are without an end.
CREATE TABLE mesh_request (
    id {id},
    kind {text} NOT NULL,
    mailbox {text} NOT NULL,
    local_id {text} NOT NULL UNIQUE,
    -- MESH's own id for it; empty where it is not known whether MESH took the file.
    message {text} NOT NULL,
    made {big} NOT NULL,
    accepted {big},
    ended {big},
    state {text} NOT NULL
);
CREATE UNIQUE INDEX mesh_outstanding ON mesh_request (mailbox) WHERE ended IS NULL;
CREATE INDEX mesh_newest ON mesh_request (kind, made);

-- Who is in a file that has no end yet.  A mark is a keyed hash or a reference, never a number: whoever objects
-- meanwhile has no number here.
CREATE TABLE mesh_asked (
    request {big} NOT NULL REFERENCES mesh_request (id),
    person {big} NOT NULL REFERENCES person (id),
    mark {text} NOT NULL,
    settled {big} NOT NULL,
    PRIMARY KEY (request, person)
) {without_rowid};

-- What came, so that nothing is done twice.
CREATE TABLE mesh_received (
    message {text} PRIMARY KEY,
    at {big} NOT NULL,
    outcome {text} NOT NULL
);

-- Whose turn it is to work a mailbox.
CREATE TABLE mesh_turn (
    mailbox {text} PRIMARY KEY,
    until {big} NOT NULL
);

-- By which number, as a keyed hash, somebody was last asked about in the national opt-out check.
CREATE TABLE opt_out_check (
    person {big} PRIMARY KEY REFERENCES person (id),
    asked {big} NOT NULL,
    mark {text} NOT NULL,
    looked {big} NOT NULL
);

-- ---------------------------------------------------------------- askers

CREATE TABLE client (
    id {text} PRIMARY KEY,
    -- Another number with every change: what was admitted by an older one sees nothing.
    version {big} NOT NULL,
    name {text} NOT NULL,
    recipient {text} NOT NULL,
    council {big} NOT NULL,
    organisations {text} NOT NULL,
    purposes {text} NOT NULL,
    roles {text} NOT NULL,
    scopes {text} NOT NULL,
    may_assert {big} NOT NULL,
    agreement {text} NOT NULL,
    toolkit {text} NOT NULL,
    starts {big} NOT NULL,
    ends {big} NOT NULL,
    jwks {text} NOT NULL,
    registered {big} NOT NULL
);

-- Client assertions that were used; each may be used once.
CREATE TABLE assertion_used (
    client {text} NOT NULL,
    jti {text} NOT NULL,
    expires {big} NOT NULL,
    PRIMARY KEY (client, jti)
) {without_rowid};
CREATE INDEX assertion_expiry ON assertion_used (expires);

-- ---------------------------------------------------------------- pushes

-- What a council's system sent, and what became of it.
CREATE TABLE push (
    id {text} PRIMARY KEY,
    council {big} NOT NULL REFERENCES council (id),
    client {text} NOT NULL,
    -- Keyed hashes: of the client's own name for the message, and of what it says.
    message {text} NOT NULL,
    digest {text} NOT NULL,
    mapping {text} NOT NULL,
    source {text} NOT NULL,
    file {text} NOT NULL,
    form {text} NOT NULL,
    received {big} NOT NULL,
    state {text} NOT NULL,
    counts {text} NOT NULL,
    problems {text} NOT NULL,
    persons {text} NOT NULL,
    UNIQUE (client, message)
);
CREATE INDEX push_age ON push (received);

-- What was wrong with it, and where; never a value.
CREATE TABLE push_problem (
    push {text} NOT NULL REFERENCES push (id),
    place {big} NOT NULL,
    line {big} NOT NULL,
    field {text} NOT NULL,
    reason {text} NOT NULL,
    effect {text} NOT NULL,
    PRIMARY KEY (push, place)
) {without_rowid};
