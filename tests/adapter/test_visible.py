"""For each fact of a person's standing: what is withheld is not selected, and the rest is."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson

from adapter.database import Ask, Program, Select
from adapter.intake import load_mapping, open_intake
from adapter.permits import build_epoch
from adapter.register import change_facts, roll
from consent.model import Category
from tests.adapter.sight import (
    GP,
    LANTERN,
    OFFICER,
    RECORD,
    SOCIAL_WORKER,
    WARD,
    Eye,
    asking,
    everything,
    found,
    involve,
    reading,
    seen,
    select,
    through_door,
    told,
)
from tests.world import START, World, case, extract, objection, pds_record, relationship

NUMBER, SONS_NUMBER = "9990000018", "9990000026"
MORE = '<Language first="pol" interpreter="Y">Polish</Language><Ethnicity scheme="cld-r2" code="White: Roma"/>'
TEAM = "allocation:T1:W1:2024-01-11"
WHO = {"patient/carrier"}
NUMBERS = {"patient/nhs-number"}
CONTACT = {"patient/contact"}
PRACTICE = {"patient/gp"}
LANGUAGE = {"patient/communication"}
ETHNICITY = {"patient/ethnicity"}
DESK = {f"{TEAM}/carrier", "involvement/carrier"}
PLACE = {f"{TEAM}/team"}
SERVICE = {"service:S1/carrier", "provider:S1/carrier"}
SERVICE_PLACE = {"provider:S1/provider"}
FAMILY = {"relationship:R1/carrier", "relationship:R1/contact", f"{TEAM}/carer:R1"}
WARDS = WHO | NUMBERS | CONTACT | PRACTICE | LANGUAGE | DESK | PLACE | SERVICE | SERVICE_PLACE | FAMILY

TRANSPORT = Eye("care-provider", role="transport", organisation="A1B2C")
OTHER_PROVIDER = Eye("care-provider", role="care-worker", organisation="Z9Z9Z")
GLASS = Eye("hospital", purpose="BTG")
NEIGHBOUR = Eye("local-authority", role="social-worker", organisation="714")
EVERYBODY = [WARD, GP, LANTERN, RECORD, SOCIAL_WORKER, OFFICER, TRANSPORT, OTHER_PROVIDER, GLASS, NEIGHBOUR]


def ada(local_id: str = "A1", **changes: Any) -> str:
    """Somebody of whom everything that outsiders may see is on file."""
    said = {"nhs_number": NUMBER, "practice": "E87991", "more": MORE + relationship(roles="next-of-kin main-carer")}
    return case(local_id, **said | changes)


def at_home(world: World, *people: str, security: str = "U") -> None:
    """Load people, declare the registers, trace whoever waits, and make the ward directly involved with A1."""
    world.load(*people)
    world.know(pds_record(NUMBER, security=security))
    world.declare()
    world.trace()
    involve(world)


def mark(world: World, local_id: str = "A1", **facts: Any) -> None:
    """Put marks or dates on file, as an officer does."""
    person = world.person(local_id)
    with world.deployment.office.transaction() as transaction:
        change_facts(transaction, world.deployment.policy, person, world.time, **facts)


# ---------------------------------------------------------------- roles and relationships


def test_each_role_sees_its_own_categories_of_those_in_whose_care_it_is_involved(world: World) -> None:
    at_home(world, ada(objections=objection("shared-record", "withdrawn", "2025-01-01")))
    involve(world, eye=NEIGHBOUR)
    assert seen(world, WARD) == WARDS
    assert seen(world, GP) == WARDS | ETHNICITY
    assert (
        seen(world, LANTERN) == WHO | NUMBERS | CONTACT | PRACTICE | LANGUAGE | DESK | PLACE | SERVICE | SERVICE_PLACE
    )
    assert seen(world, TRANSPORT) == WHO | CONTACT | LANGUAGE
    assert seen(world, NEIGHBOUR) == WHO | DESK | PLACE
    assert seen(world, RECORD) == WARDS - FAMILY
    assert seen(world, SOCIAL_WORKER) == WARDS | ETHNICITY
    assert seen(world, OFFICER) == {"choice:shared-record:2025-01-01:2025-01-01/carrier"}
    assert everything(world) == WARDS | ETHNICITY | seen(world, OFFICER)


def test_who_is_not_involved_in_somebodys_care_sees_nothing_of_them(world: World) -> None:
    at_home(world, ada(), ada("A2", family="Quill", nhs_number=""))
    assert seen(world, WARD, "A2") == set()
    assert seen(world, replace(WARD, organisation="R1H")) == set()
    assert seen(world, OTHER_PROVIDER) == set()
    assert found(world, WARD, "A2") == set()


def test_an_asserted_relationship_is_of_one_client_alone_and_ends_by_itself(world: World) -> None:
    at_home(world, ada(), ada("A2", family="Quill", nhs_number=""))
    involve(world, "A2", client="client-1", hours=72)
    assert seen(world, WARD, "A2") >= WHO
    assert seen(world, replace(WARD, client="client-2"), "A2") == set()
    world.pass_time(hours=72)
    assert seen(world, WARD, "A2") == set()
    assert seen(world, WARD) >= WHO


def test_a_relationship_holds_from_its_first_instant_to_before_its_last(world: World) -> None:
    at_home(world, ada())
    ask = asking(world, LANTERN)
    people = "SELECT COUNT(DISTINCT person) FROM visible_term"
    starts, ends = world.rows("SELECT starts, ends FROM relationship WHERE organisation = 'A1B2C'")[0]
    moments = [starts - 1, starts, ends - 1, ends]
    with world.deployment.office.transaction() as transaction:
        transaction.execute("UPDATE person SET standing_until = :ever", ever=2**62)
    counted = through_door(world, *(reading(people, ask._replace(now=at)) for at in moments))
    assert counted == [[(0,)], [(1,)], [(1,)], [(0,)]]


def test_a_provider_is_involved_until_ninety_days_after_the_last_extract_that_confirmed_it(world: World) -> None:
    at_home(world, ada())
    world.pass_time(days=89)
    world.declare()
    assert seen(world, LANTERN) >= SERVICE
    assert world.load(ada(), sequence=2).counts == {"unchanged": 1}
    world.pass_time(days=89)
    world.declare()
    assert seen(world, LANTERN) >= SERVICE
    world.pass_time(days=1)
    assert seen(world, LANTERN) == set()
    assert seen(world, WARD) >= WHO


def test_a_provider_sees_the_service_that_it_gives_and_no_other(world: World) -> None:
    service = (
        '<Service id="{}" component="Home Support" provider="{}" providerOds="{}" from="2024-02-01" status="open"/>'
    )
    two = service.format("S1", "Lantern", "a1b2c") + service.format("S2", "Beacon", "Z9Z9Z")
    at_home(world, ada(services=two))
    assert {part for part in seen(world, LANTERN) if "S1" in part or "S2" in part} == SERVICE | SERVICE_PLACE
    assert {part for part in seen(world, OTHER_PROVIDER) if "S1" in part} == set()
    assert "Beacon" not in told(world, LANTERN)
    assert "Lantern" not in told(world, OTHER_PROVIDER)
    assert not any("S2" in value or "Beacon" in value for _, value in found(world, LANTERN))


def test_the_provider_of_a_closed_service_is_not_involved(world: World) -> None:
    ended = (
        '<Service id="S1" provider="Lantern" providerOds="A1B2C" from="2024-02-01" to="2026-01-01" status="closed"/>'
    )
    at_home(world, ada(services=ended))
    assert seen(world, LANTERN) == set()


def test_a_councils_client_is_an_outsider_to_another_councils_people(world: World) -> None:
    at_home(world, ada())
    with world.deployment.office.transaction() as transaction:
        transaction.execute("INSERT INTO council (code, name, ods) VALUES ('camden', 'Camden', '999')")
        transaction.execute(
            "INSERT INTO register (council, kind, as_of, listed, declared, declared_by)"
            " SELECT c.id, r.kind, r.as_of, 0, r.declared, 'officer' FROM register r, council c"
            " WHERE c.code = 'camden'"
        )
    mapping = load_mapping("case-xml")
    content = extract(ada("C1", nhs_number=""), council_code="camden", created=world.time)
    open_intake(world.deployment, mapping, "camden", "test").receive(io.BytesIO(content), "camden.xml")
    assert seen(world, SOCIAL_WORKER, "C1") == set()
    involve(world, "C1", SOCIAL_WORKER)
    assert seen(world, SOCIAL_WORKER, "C1") == WHO | DESK | PLACE


# ---------------------------------------------------------------- opt-outs


def test_until_the_register_is_declared_outsiders_see_nobody_and_the_council_all_but_the_number(world: World) -> None:
    world.load(ada())
    involve(world)
    assert [seen(world, eye) for eye in (WARD, GP, LANTERN, RECORD, GLASS)] == [set()] * 5
    assert seen(world, SOCIAL_WORKER) == everything(world) - {"patient/untraced"}


def test_who_objects_to_the_nhs_number_is_seen_by_other_identifiers_and_never_in_the_shared_record(
    world: World,
) -> None:
    at_home(world, ada(objections=objection()))
    assert seen(world, WARD) == WARDS - NUMBERS
    assert seen(world, RECORD) == set()
    assert not any(NUMBER in value for eye in EVERYBODY for _, value in found(world, eye))


def test_of_whom_it_is_not_known_whether_they_object_the_number_is_withheld(world: World) -> None:
    world.declare()
    world.pass_time(hours=1)
    world.load(ada())
    involve(world)
    assert seen(world, WARD) == (WARDS - NUMBERS - {"patient/contact"})
    assert "patient/untraced" not in seen(world, SOCIAL_WORKER)
    assert seen(world, RECORD) == set()
    world.declare()
    assert "patient/untraced" in seen(world, SOCIAL_WORKER)


def test_who_opted_out_of_the_shared_record_is_not_in_it_and_cared_for_as_before(world: World) -> None:
    at_home(world, ada(objections=objection("shared-record")))
    assert seen(world, RECORD) == set()
    assert seen(world, WARD) == WARDS


def test_until_its_own_register_is_declared_nobody_is_in_the_shared_record(world: World) -> None:
    world.load(ada())
    world.declare("nhs-number")
    involve(world)
    assert seen(world, RECORD) == set()
    assert seen(world, WARD) >= WHO


def test_a_choice_acts_on_the_next_question_and_its_withdrawal_too(world: World) -> None:
    at_home(world, ada())
    world.choose("A1", "shared-record", "objects")
    assert seen(world, RECORD) == set()
    world.pass_time(minutes=1)
    world.choose("A1", "shared-record", "clear")
    assert seen(world, RECORD) >= WHO


# ---------------------------------------------------------------- marks and dates


def test_a_restricted_record_is_seen_by_no_outsider_and_no_worker_but_its_choices_by_the_officer(world: World) -> None:
    at_home(world, ada(attributes='restricted="Y"', objections=objection()))
    for eye in (GP, LANTERN, GLASS):
        involve(world, eye=eye)
    outside = [WARD, GP, LANTERN, RECORD, GLASS, SOCIAL_WORKER]
    assert [seen(world, eye) for eye in outside] == [set()] * len(outside)
    assert seen(world, OFFICER) == {"choice:nhs-number:2025-06-01:2025-06-01/carrier"}


def test_a_locked_record_is_seen_through_broken_glass_alone(world: World) -> None:
    at_home(world, ada(attributes='restricted="N" locked="Y"', nhs_number=""))
    assert [seen(world, eye) for eye in (WARD, GP, LANTERN, RECORD, SOCIAL_WORKER)] == [set()] * 5
    assert seen(world, GLASS) >= WHO | DESK | PLACE


def test_a_sealed_or_erased_record_is_seen_by_nobody_at_all(world: World) -> None:
    at_home(world, ada(objections=objection("shared-record")), ada("A2", nhs_number="", objections=objection()))
    involve(world, "A2")
    mark(world, "A1", sealed=True)
    mark(world, "A2", erased=True)
    assert {eye: seen(world, eye, who) for eye in EVERYBODY for who in ("A1", "A2") if seen(world, eye, who)} == {}
    assert {eye: found(world, eye, who) for eye in EVERYBODY for who in ("A1", "A2") if found(world, eye, who)} == {}


def test_six_years_after_closure_nothing_is_seen_and_twenty_after_mental_health_care(world: World) -> None:
    closed = '<Involvement clientType="Service User" psr="{}" opened="2010-01-10" closed="2016-11-23"/>'
    physical = closed.format("Physical Support: Personal care support")
    mental = closed.format("Mental Health Support")
    world.load(
        ada(involvement=physical, nhs_number="", services=""),
        ada("A2", involvement=mental, nhs_number="", services=""),
    )
    world.time = START.replace(year=2022, month=11, day=22, hour=23, minute=59)
    with world.deployment.office.transaction() as transaction:
        transaction.execute("UPDATE person SET first_seen = 0")
    world.declare()
    for who in ("A1", "A2"):
        involve(world, who)
    assert seen(world, WARD) >= WHO
    world.pass_time(minutes=1)
    assert [seen(world, eye) for eye in EVERYBODY] == [set()] * len(EVERYBODY)
    assert seen(world, WARD, "A2") >= WHO


def test_a_record_held_past_its_date_is_hidden_as_an_expired_one(world: World) -> None:
    at_home(world, ada(nhs_number=""))
    mark(world, closed="2010-01-01", hold=True)
    assert [seen(world, eye) for eye in EVERYBODY] == [set()] * len(EVERYBODY)


def test_of_who_has_died_direct_care_reads_for_28_days_after_it_is_learnt_and_the_shared_record_never(
    world: World,
) -> None:
    at_home(world, ada(nhs_number="", more=MORE + '<Death date="2026-11-20"/>'))
    assert seen(world, WARD) >= WHO | DESK
    assert seen(world, RECORD) == set()
    world.pass_time(days=27, hours=23)
    world.declare()
    assert seen(world, WARD) >= WHO | DESK
    world.pass_time(hours=1)
    assert [seen(world, eye) for eye in (WARD, GP, LANTERN, RECORD, GLASS, SOCIAL_WORKER)] == [set()] * 6


# ---------------------------------------------------------------- whereabouts


def test_where_pds_marks_somebody_the_desk_stays_and_everything_that_locates_goes(world: World) -> None:
    at_home(world, ada(), security="R")
    assert seen(world, WARD) == WHO | NUMBERS | LANGUAGE | DESK | SERVICE
    assert seen(world, LANTERN) == WHO | NUMBERS | LANGUAGE | DESK | SERVICE
    assert seen(world, RECORD) == set()
    assert "020 7946 0101" not in told(world, WARD)
    assert world.deployment.policy.desk.phone in told(world, WARD)
    assert everything(world) == seen(world, SOCIAL_WORKER)


def test_what_is_released_of_somebody_marked_carries_their_label_and_nobody_elses_does(world: World) -> None:
    at_home(world, ada(), ada("A2", nhs_number="", family="Quill"), security="R")
    involve(world, "A2")
    rows = select(
        world,
        "SELECT DISTINCT person, label, MIN(type) FROM visible_facet WHERE part = 'carrier' GROUP BY person, label",
        asking(world, WARD),
    )
    assert {(person, label) for person, label, _ in rows} == {(world.person("A1"), "R"), (world.person("A2"), "")}


def test_until_pds_has_been_asked_the_address_goes_and_the_teams_phone_stays(world: World) -> None:
    world.load(ada())
    world.declare()
    involve(world)
    assert seen(world, WARD) == WARDS - NUMBERS - CONTACT
    assert "020 7946 0101" in told(world, WARD)
    assert seen(world, SOCIAL_WORKER) >= CONTACT


def test_where_no_trace_is_allowed_the_councils_own_flag_decides_on_the_address(world: World) -> None:
    flagged = ada("A2", objections=objection()).replace('type="HOME"', 'type="HOME" doNotDisclose="Y"')
    at_home(world, ada(objections=objection()), flagged)
    involve(world, "A2")
    assert seen(world, WARD) >= CONTACT
    assert seen(world, WARD, "A2") == WARDS - NUMBERS - CONTACT


def test_pds_never_unlocks_an_address_that_the_council_does_not_disclose(world: World) -> None:
    at_home(world, ada().replace('type="HOME"', 'type="HOME" doNotDisclose="Y"'))
    assert seen(world, WARD) == WARDS - CONTACT


# ---------------------------------------------------------------- mentions


def mother_and_son(world: World, **son: Any) -> None:
    """A mother whose main carer is her son, who has a record of his own."""
    carer = relationship(given="Basil", roles="next-of-kin main-carer", person="SON-7")
    at_home(world, ada(more=MORE + carer), case("SON-7", given="Basil", born="1970-02-02", **son))


def test_what_hides_the_son_hides_him_with_his_mother_and_nothing_else_of_hers(world: World) -> None:
    mother_and_son(world, attributes='restricted="Y"')
    assert seen(world, WARD) == WARDS - FAMILY
    assert "Basil" not in told(world, WARD)
    assert "Rosa Finch" in told(world, WARD)
    assert not any("basil" in value for _, value in found(world, WARD))


def test_the_sons_opt_outs_retention_and_relationships_are_not_asked_where_his_mother_names_him(world: World) -> None:
    long_ago = '<Involvement clientType="Service User" opened="2001-01-10" closed="2005-01-01"/>'
    both = objection() + objection("shared-record")
    mother_and_son(world, objections=both, involvement=long_ago, services="")
    assert seen(world, WARD) == WARDS
    assert seen(world, WARD, "SON-7") == set()


def test_the_son_of_whom_pds_has_not_been_asked_is_named_without_where_he_is_reached(world: World) -> None:
    mother_and_son(world)
    assert seen(world, WARD) == WARDS - {"relationship:R1/contact"}
    assert "07700 900102" not in told(world, WARD)


def test_nothing_shows_that_a_son_who_may_be_named_has_a_record_of_his_own(world: World) -> None:
    mother_and_son(world, objections=objection())
    before = told(world, WARD)
    own_words = orjson.dumps(sorted(found(world, WARD)))
    assert "SON-7" not in before
    assert b"SON-7" not in own_words
    unnamed = ada(more=MORE + relationship(given="Basil", roles="next-of-kin main-carer"))
    world.load(unnamed, sequence=2)
    assert told(world, WARD) == before


def test_whatever_hides_a_son_hides_him_at_once(world: World) -> None:
    mother_and_son(world, objections=objection())
    hiding: list[dict[str, Any]] = [{"restricted": True}, {"locked": True}, {"sealed": True}, {"erased": True}]
    shown = {"restricted": False, "locked": False, "sealed": False, "erased": False}
    left = []
    for facts in hiding:
        mark(world, "SON-7", **shown | facts)
        left.append(seen(world, WARD))
    mark(world, "SON-7", **shown)
    assert left == [WARDS - FAMILY] * len(hiding)
    assert seen(world, WARD) == WARDS


def test_a_son_whose_standing_has_run_out_is_not_named(world: World) -> None:
    mother_and_son(world, objections=objection())
    with world.deployment.office.transaction() as transaction:
        transaction.execute("UPDATE person SET standing_until = 0, after_until = 0 WHERE local_id = 'SON-7'")
    assert seen(world, WARD) == WARDS - FAMILY


# ---------------------------------------------------------------- time


def test_a_choice_that_takes_effect_later_acts_at_its_instant_with_no_job_running(world: World) -> None:
    at_home(world, ada())
    world.choose("A1", "shared-record", "objects", effective=world.time + timedelta(hours=1))
    world.pass_time(minutes=59, seconds=59)
    assert seen(world, RECORD) >= WHO
    world.pass_time(seconds=1)
    assert seen(world, RECORD) == set()
    assert seen(world, WARD) == WARDS


def test_past_the_second_instant_that_was_worked_out_nobody_sees_anything_until_it_is_worked_out_anew(
    world: World,
) -> None:
    at_home(world, ada())
    world.choose("A1", "shared-record", "objects", effective=world.time + timedelta(hours=1))
    world.choose("A1", "shared-record", "clear", effective=world.time + timedelta(hours=2))
    world.pass_time(hours=2)
    assert [seen(world, eye) for eye in EVERYBODY] == [set()] * len(EVERYBODY)
    with world.deployment.office.transaction() as transaction:
        assert roll(transaction, world.deployment.policy, world.time) == 1
    assert seen(world, WARD) == WARDS
    assert seen(world, RECORD) >= WHO


# ---------------------------------------------------------------- permits


def test_a_view_or_a_standing_without_permits_sees_nothing(world: World) -> None:
    at_home(world, ada())
    ask = asking(world, WARD)
    people = "SELECT DISTINCT person FROM visible_term"
    shown = [eye for eye in EVERYBODY if seen(world, eye)]
    none = through_door(world, reading(people, ask._replace(view=0)), reading(people, ask._replace(view=999)))
    with world.deployment.office.transaction() as transaction:
        transaction.execute("DELETE FROM permit WHERE standing = (SELECT standing FROM person)")
    assert none == [[], []]
    assert shown
    assert [seen(world, eye) for eye in shown] == [set()] * len(shown)


def test_what_an_older_registration_or_policy_admitted_sees_nothing_whatever_the_program_does(world: World) -> None:
    """N22: a third party is bound by the agreement as it stands; the database itself holds it to that."""
    at_home(world, ada())
    ward = world.asker("hospital").client_id
    epoch = world.rows("SELECT epoch FROM current_epoch")[0][0]
    admitted = asking(world, WARD)._replace(client=ward, registration=1, epoch=epoch, may_assert=1)
    stale = [{"registration": 2}, {"registration": 0}, {"client": "another"}, {"client": ""}, {"epoch": epoch + 1}]
    assert 0 not in in_sight(world, admitted)
    assert [in_sight(world, admitted._replace(**changes)) for changes in stale] == [[0, 0, 0]] * len(stale)
    for ended in ("ends = :now", "ends = :now + 9, starts = :now + 1"):
        with world.deployment.office.transaction() as transaction:
            transaction.execute(f"UPDATE client SET {ended}", now=admitted.now)
        assert in_sight(world, admitted) == [0, 0, 0]


def in_sight(world: World, ask: Ask) -> list[int]:
    """How much an asking sees of each view that shows people."""
    counts = (f"SELECT COUNT(*) FROM {view}" for view in ("visible_facet", "visible_term", "identifiable"))
    return [rows[0][0] for rows in through_door(world, *(reading(sql, ask) for sql in counts))]


def test_a_new_policy_is_in_force_whole_and_only_when_it_is_committed(world: World) -> None:
    at_home(world, ada())
    ask = asking(world, WARD)
    policy = world.deployment.policy
    rows = tuple(replace(row, categories=row.categories - {Category.CONTACT}) for row in policy.rows)
    views = {view: rows[policy.rows.index(row)] for view, row in policy.by_view.items()}
    stricter = replace(policy, digest="other", rows=rows, by_view=views)
    parts = "SELECT DISTINCT part FROM visible_facet WHERE type = 'Patient'"

    def program() -> Program[Any]:
        yield ask
        before = yield Select(parts)
        with world.deployment.office.transaction() as transaction:
            build_epoch(transaction, stricter, world.time)
        return before, (yield Select(parts))

    (before, during), after = through_door(world, program(), reading(parts, ask))
    assert ("contact",) in before
    assert before == during
    assert set(after) == set(before) - {("contact",)}


# ---------------------------------------------------------------- laws


def crowd(world: World) -> None:
    """People of every kind of standing, all in the care of everybody, and a mother with two sons."""
    sons = relationship("R1", given="Basil", roles="next-of-kin main-carer", person="P3")[: -len("</Relationships>")]
    sons += relationship("R2", given="Cecil", roles="emergency-contact main-carer", person="P4").removeprefix(
        "<Relationships>"
    )
    both = objection() + objection("shared-record")
    late = '<Involvement clientType="Service User" opened="2001-01-10" closed="2005-01-01"/>'
    world.load(
        ada(more=MORE + sons, objections=objection("shared-record", "withdrawn")),
        ada("P2", nhs_number="", objections=both, family="Second"),
        ada("P3", nhs_number="", attributes='restricted="Y"', family="Third", objections=both),
        ada("P4", nhs_number="", attributes='restricted="N" locked="Y"', family="Fourth"),
        ada("P5", nhs_number="", involvement=late, family="Fifth"),
        ada("P6", nhs_number=SONS_NUMBER, family="Sixth", born="1950-01-01"),
        ada("P7", nhs_number="", family="Seventh", more='<Death date="2026-11-20"/>'),
        ada("P8", nhs_number="", family="Eighth", services="", objections=objection("shared-record")),
        ada("P9", nhs_number="", family="Ninth").replace('type="HOME"', 'type="HOME" doNotDisclose="Y"'),
    )
    world.know(pds_record(NUMBER), pds_record(SONS_NUMBER, family="Sixth", born="1950-01-01", security="R"))
    world.declare()
    world.trace()
    for eye in EVERYBODY:
        for (local_id,) in world.rows("SELECT local_id FROM person"):
            involve(world, local_id, eye)


def visible(world: World, eye: Eye) -> dict[str, dict[str, Any]]:
    """Every visible resource by its reference: its parts, its bodies."""
    rows = select(
        world,
        "SELECT id, public, type, part, body, person FROM visible_facet ORDER BY public, place, part",
        asking(world, eye),
    )
    resources: dict[str, dict[str, Any]] = {}
    for number, public, kind, part, body, person in rows:
        one = resources.setdefault(f"{kind}/{public}", {"parts": {}, "facets": set(), "person": person})
        one["parts"][part] = json.loads(bytes(body))
        one["facets"].add(number)
    return resources


def references(body: Any) -> set[str]:
    if isinstance(body, dict):
        inner = {target for value in body.values() for target in references(value)}
        return inner | ({body["reference"]} if isinstance(body.get("reference"), str) else set())
    return {target for item in body for target in references(item)} if isinstance(body, list) else set()


def test_what_anybody_sees_hangs_together(world: World) -> None:
    crowd(world)
    terms_of = world.rows("SELECT facet, name, value, resource FROM term")
    looked = 0
    for eye in EVERYBODY:
        resources = visible(world, eye)
        facets = {facet for one in resources.values() for facet in one["facets"]}
        # No part without its carrier.
        assert [key for key, one in resources.items() if "carrier" not in one["parts"]] == []
        # No reference to what is not there; but the officer's Consents say whose they are.
        pointed = {
            target for one in resources.values() for body in one["parts"].values() for target in references(body)
        }
        assert eye == OFFICER or pointed <= set(resources)
        # Provenance stands exactly where its target does.
        described = {
            target
            for key, one in resources.items()
            if key.startswith("Provenance/")
            for target in references(one["parts"]["carrier"])
        }
        assert described == {key for key in resources if not key.startswith("Provenance/")}
        # Nothing is found by an element that is not seen, and everything by one that is.
        terms = select(world, "SELECT name, value, resource FROM visible_term", asking(world, eye))
        assert sorted(terms) == sorted((n, v, r) for facet, n, v, r in terms_of if facet in facets)
        looked += len(resources)
    assert looked > 100


def test_who_may_assert_can_identify_whom_it_would_then_see_and_nobody_else(world: World) -> None:
    crowd(world)
    born = "SELECT DISTINCT person FROM identifiable WHERE name = 'identify-name'"
    stranger = replace(WARD, organisation="R1H", client="stranger")
    may, may_not = asking(world, replace(stranger, may_assert=1)), asking(world, stranger)
    named, nobody, unseen = through_door(
        world, reading(born, may), reading(born, may_not), reading("SELECT DISTINCT person FROM visible_term", may)
    )
    would_see = {one["person"] for one in visible(world, WARD).values()}
    assert {person for (person,) in named} == would_see
    assert nobody == unseen == []
    assert {world.person(hidden) for hidden in ("P3", "P4", "P5")} & would_see == set()


def test_a_number_that_pds_did_not_confirm_identifies_nobody(world: World) -> None:
    world.load(ada())
    world.declare()
    by_number = "SELECT person FROM identifiable WHERE name = 'identify-number'"
    ask = asking(world, replace(WARD, may_assert=1))
    before = select(world, by_number, ask)
    world.know(pds_record(NUMBER))
    world.trace()
    after = select(world, by_number, asking(world, replace(WARD, may_assert=1)))
    assert (before, after) == ([], [(world.person("A1"),)])
