"""What follows from a standing, beside what may be seen?

Who objects to the use of the NHS number has none here: it is destroyed with its search terms, and no trace waits.
Who does not, and has no number that PDS confirmed, waits for a trace. The practice that the council states counts as
a relationship only where no trace is allowed.
"""

from __future__ import annotations

from datetime import datetime

from adapter.database import Transaction
from adapter.instant import NEVER, millis
from adapter.marks import marks
from consent.model import OptOut, Standing

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
    for table in ("term", "mention"):
        transaction.execute(
            f"DELETE FROM {table} WHERE facet IN (SELECT id FROM facet WHERE {_NUMBER_PARTS})", person=person
        )
    transaction.execute(f"DELETE FROM facet WHERE {_NUMBER_PARTS}", person=person)
    transaction.execute("DELETE FROM trace_queue WHERE person = :person", person=person)
    transaction.execute("UPDATE person SET nhs_number_status = '07' WHERE id = :person", person=person)


def wait_for_trace(transaction: Transaction, person: int, now: datetime) -> None:
    """Put a person without a confirmed number into the queue, once."""
    transaction.execute(
        "INSERT INTO trace_queue (person, due, attempts, claimed_until)"
        " SELECT id, :now, 0, 0 FROM person WHERE id = :person AND nhs_number_status IN ('02', '03', '07')"
        " AND merged_into = ''"
        " ON CONFLICT (person) DO NOTHING",
        person=person,
        now=millis(now),
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
