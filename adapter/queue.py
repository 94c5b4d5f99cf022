"""Who waits for a trace, and whose turn is it?

Councils take turns, so that a first load of one does not keep the others waiting. Any number of workers share the
queue: whom one has claimed the others pass over, until the claim lapses. Whoever was matched is read again after some
time. Whom nobody may ask about is not in the queue.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import zip_longest

from adapter.consequence import MAY_BE_ASKED_ABOUT, PDS
from adapter.database import Transaction
from adapter.instant import millis

_CLAIM = timedelta(minutes=10)
_FIRST_PAUSE = timedelta(minutes=1)
_LONGEST_PAUSE = timedelta(hours=6)
_NOT_NOW = timedelta(days=1)
_AGED_AT_ONCE = 200


def claim(
    transaction: Transaction, most: int, now: datetime, *, after: int = 0, since: int = 0
) -> tuple[list[tuple[int, int]], int]:
    """Claim up to so many people, each with their council, beginning behind the council `after`.

    Beside them the instant at which the claim lapses, which tells it from another worker's.
    """
    councils = [row[0] for row in transaction.all("SELECT id FROM council ORDER BY id")]
    turns = sorted(councils, key=lambda council: (council <= after, council))
    lines = [[(person, council) for person in _due(transaction, council, most, now, since)] for council in turns]
    people = [each for turn in zip_longest(*lines) for each in turn if each is not None][:most]
    until = millis(now + _CLAIM)
    for person, _ in people:
        transaction.execute(
            "UPDATE trace_queue SET claimed_until = :until, attempts = attempts + 1 WHERE person = :person",
            until=until,
            person=person,
        )
    return people, until


def _due(transaction: Transaction, council: int, most: int, now: datetime, since: int) -> list[int]:
    rows = transaction.free(
        "SELECT person FROM trace_queue WHERE council = :council AND due <= :now AND claimed_until < :now"
        " AND queued >= :since ORDER BY due, person LIMIT :most",
        council=council,
        now=millis(now),
        since=since,
        most=most,
    )
    return [row[0] for row in rows]


def renew(transaction: Transaction, person: int, claimed: int, now: datetime) -> bool:
    """Hold on to a claim, beginning now; say whether it had not lapsed."""
    renewed = transaction.changed(
        "UPDATE trace_queue SET claimed_until = :until WHERE person = :person AND claimed_until = :claimed",
        until=millis(now + _CLAIM),
        person=person,
        claimed=claimed,
    )
    return renewed > 0


def unclaim(transaction: Transaction, people: Sequence[int], claimed: int | None = None) -> None:
    """Give back people who were claimed and not asked about; without `claimed` whoever the claim was renewed for."""
    for person in people:
        transaction.execute(
            "UPDATE trace_queue SET claimed_until = 0, attempts = attempts - 1"
            " WHERE person = :person AND claimed_until = COALESCE(:claimed, claimed_until)",
            person=person,
            claimed=claimed,
        )


def withhold(transaction: Transaction, person: int, now: datetime) -> None:
    """Take out of the queue whoever may not be asked about; a change of their standing puts them back."""
    transaction.execute("DELETE FROM trace_queue WHERE person = :person", person=person)
    # Present but not traced where the council states one, else a trace is required.
    transaction.execute(
        "UPDATE person SET nhs_number_status = CASE WHEN EXISTS (SELECT 1 FROM facet WHERE person = :person"
        " AND part = 'untraced' AND ended IS NULL) THEN '02' ELSE '03' END"
        " WHERE id = :person AND nhs_number_status = '06'",
        person=person,
    )
    transaction.execute(
        "UPDATE pds_read SET not_before = :then WHERE person = :person", then=millis(now + _NOT_NOW), person=person
    )


def defer(transaction: Transaction, person: int, outcome: str, now: datetime) -> None:
    """Keep the person in the queue, to be traced later the more often it has failed."""
    row = transaction.one("SELECT attempts FROM trace_queue WHERE person = :person", person=person)
    if row is None:
        # Whoever objected while PDS was asked waits no longer.
        return
    wait = min(_FIRST_PAUSE * 2 ** min(max(row[0], 0), 10), _LONGEST_PAUSE)
    transaction.execute(
        "UPDATE trace_queue SET due = :due, claimed_until = 0 WHERE person = :person",
        due=millis(now + wait),
        person=person,
    )
    transaction.execute(
        "INSERT INTO trace (person, at, outcome, status, evidence)"
        " SELECT id, :now, :outcome, nhs_number_status, '{}' FROM person WHERE id = :person",
        now=millis(now),
        outcome=outcome,
        person=person,
    )


# Whoever was matched, is not in the queue, and whom PDS was last asked about so long ago.
_AGED = (
    "FROM pds_read r JOIN person p ON p.id = r.person"
    " WHERE r.at <= :oldest AND r.not_before <= :now AND p.nhs_number_status = '01' AND p.merged_into = ''"
    " AND NOT EXISTS (SELECT 1 FROM trace_queue q WHERE q.person = r.person)"
    f" AND {MAY_BE_ASKED_ABOUT}"
)


def let_aged_wait(transaction: Transaction, now: datetime, age: timedelta) -> None:
    """Put people into the queue whom PDS was last asked about so long ago, the longest first."""
    transaction.execute(
        "INSERT INTO trace_queue (person, council, due, queued, attempts, claimed_until)"
        f" SELECT p.id, p.council, :now, :now, 0, 0 {_AGED} ORDER BY r.at, p.id LIMIT :most"
        " ON CONFLICT (person) DO NOTHING",
        most=_AGED_AT_ONCE,
        **_aged(now, age),
    )


def due(transaction: Transaction, now: datetime, age: timedelta, since: int = 0) -> int:
    """How many would be asked about if the queue were worked to its end now."""
    waiting = transaction.number(
        "SELECT COUNT(*) FROM trace_queue WHERE due <= :now AND claimed_until < :now AND queued >= :since",
        now=millis(now),
        since=since,
    )
    return waiting + transaction.number(f"SELECT COUNT(*) {_AGED}", **_aged(now, age))


def _aged(now: datetime, age: timedelta) -> dict[str, int | str]:
    instants = {"now": millis(now), "oldest": millis(now - age)}
    return instants | {"recipient": PDS.recipient, "purpose": PDS.purpose}
