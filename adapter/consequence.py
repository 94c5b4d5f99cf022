"""What follows from a standing, beside what may be seen?

Who objects to the use of the NHS number has none here: it is destroyed with its search terms and with whom PDS
suggested, and no trace waits. Who does not, may be asked about, and has no number that PDS confirmed of just these
words, waits for a trace. The practice that the council states counts as a relationship only where no trace is allowed.
"""

from __future__ import annotations

from datetime import datetime

from adapter.database import Transaction
from adapter.instant import NEVER, millis
from adapter.marks import marks
from adapter.terms import NHS_NUMBER_SYSTEM
from consent.model import OptOut, Standing, View

# As whom a trace asks.
PDS = View("pds", "system", "TRACE")
_NUMBER_PARTS = "person = :person AND part IN ('nhs-number', 'untraced')"


def follow(transaction: Transaction, person: int, standing: Standing, now: datetime) -> None:
    """Bring what is kept about a person into line with their standing."""
    if standing.nhs_number_use is OptOut.OBJECTS:
        forget_number(transaction, person)
    if standing.nhs_number_use is OptOut.CLEAR:
        wait_for_trace(transaction, person, now)
    _relate_stated_practice(transaction, person, standing, now)


def forget_number(transaction: Transaction, person: int) -> None:
    """Destroy every version of the number, and what finds it."""
    _forget_suggestions(transaction, person)
    for table in ("term", "mention"):
        transaction.execute(
            f"DELETE FROM {table} WHERE facet IN (SELECT id FROM facet WHERE {_NUMBER_PARTS})", person=person
        )
    transaction.execute(f"DELETE FROM facet WHERE {_NUMBER_PARTS}", person=person)
    for table in ("trace_queue", "pds_read"):
        transaction.execute(f"DELETE FROM {table} WHERE person = :person", person=person)
    transaction.execute("UPDATE person SET nhs_number_status = '07' WHERE id = :person", person=person)


def _forget_suggestions(transaction: Transaction, person: int) -> None:
    """Destroy whom PDS suggested for a person, and where PDS suggested their confirmed number for somebody else."""
    transaction.execute(
        "DELETE FROM candidate WHERE review IN (SELECT id FROM review WHERE person = :person)", person=person
    )
    transaction.execute("DELETE FROM review WHERE person = :person AND decision = ''", person=person)
    transaction.execute(
        "DELETE FROM candidate WHERE review IN (SELECT r.id FROM review r JOIN person p ON p.id = r.person"
        " WHERE p.council = (SELECT council FROM person WHERE id = :person))"
        " AND EXISTS (SELECT 1 FROM facet f JOIN term t ON t.facet = f.id WHERE f.person = :person"
        " AND f.part = 'nhs-number' AND t.name = 'identifier' AND t.value = :system || candidate.number)",
        person=person,
        system=f"{NHS_NUMBER_SYSTEM}|",
    )


# Who may be asked about, as the decision has it; before the first trace the view is not known and the door decides.
MAY_BE_ASKED_ABOUT = (
    "(NOT EXISTS (SELECT 1 FROM view v WHERE v.recipient = :recipient AND v.purpose = :purpose)"
    " OR EXISTS (SELECT 1 FROM permit m JOIN current_epoch e ON e.epoch = m.epoch JOIN view v ON v.id = m.view"
    " WHERE v.recipient = :recipient AND v.purpose = :purpose AND m.standing = p.standing AND m.related = 0"
    " AND m.lift = 0))"
)


def wait_for_trace(transaction: Transaction, person: int, now: datetime) -> None:
    """Put a person into the queue, once, whose number nobody has confirmed or was confirmed of other words."""
    queued = transaction.changed(
        "INSERT INTO trace_queue (person, council, due, queued, attempts, claimed_until)"
        " SELECT p.id, p.council, :now, :now, 0, 0 FROM person p WHERE p.id = :person"
        " AND (p.nhs_number_status IN ('02', '03', '06', '07') OR (p.nhs_number_status = '01' AND NOT EXISTS"
        " (SELECT 1 FROM pds_read r JOIN facet f ON f.id = r.compared WHERE r.person = p.id AND f.ended IS NULL)))"
        f" AND p.merged_into = '' AND {MAY_BE_ASKED_ABOUT} ON CONFLICT (person) DO NOTHING",
        person=person,
        now=millis(now),
        recipient=PDS.recipient,
        purpose=PDS.purpose,
    )
    if queued:
        # Whoever has a confirmed number keeps it until PDS says otherwise; of anybody else the trace is in progress.
        transaction.execute(
            "UPDATE person SET nhs_number_status = '06' WHERE id = :person AND nhs_number_status <> '01'",
            person=person,
        )


def _relate_stated_practice(transaction: Transaction, person: int, standing: Standing, now: datetime) -> None:
    stated = marks(transaction, person).get("gp_stated")
    practice = stated if stated and standing.nhs_number_use is not OptOut.CLEAR else ""
    transaction.execute(
        "DELETE FROM relationship WHERE person = :person AND kind = 'gp-stated' AND organisation <> :practice",
        person=person,
        practice=practice,
    )
    if practice:
        relate(transaction, practice, person, "gp-stated", starts=millis(now), ends=NEVER)


def relate(
    transaction: Transaction,
    organisation: str,
    person: int,
    kind: str,
    *,
    starts: int,
    ends: int,
    at_latest: int = NEVER,
    client: str = "",
    by: str = "",
) -> None:
    """Record that an organisation is directly involved in a person's care, or renew it."""
    transaction.execute(
        "INSERT INTO relationship (organisation, person, kind, client, starts, ends, at_latest, asserted_by)"
        " VALUES (:organisation, :person, :kind, :client, :starts, :ends, :at_latest, :by)"
        " ON CONFLICT (organisation, person, kind, client)"
        " DO UPDATE SET ends = excluded.ends, asserted_by = excluded.asserted_by",
        organisation=organisation,
        person=person,
        kind=kind,
        client=client,
        starts=starts,
        ends=ends,
        at_latest=at_latest,
        by=by,
    )
