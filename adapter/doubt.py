"""Of whom is PDS not sure, and whom does it suggest?

Everything short of a sure match waits here for a person. Numbers of candidates stand in this table alone, and are
destroyed like every other number of whoever objects. A trace made since then takes the place of a doubt that nobody
has decided; what somebody has decided stays on file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from adapter.database import Transaction
from adapter.instant import millis
from adapter.marks import gone
from pds_client.agreement import Agreement
from pds_client.nhs_number import NhsNumber
from pds_client.outcomes import Candidate

HELD_TWICE = "HeldTwice"
TOLD_APART = "ToldApart"
ACCEPTED, REJECTED = "accepted", "rejected"


@dataclass(frozen=True, slots=True)
class Doubt:
    """A match that waits for a decision."""

    id: int
    person: int
    council: str
    local_id: str
    cause: str
    agreed: tuple[str, ...]
    conflicting: tuple[str, ...]
    opened: int
    candidates: tuple[Candidate, ...]


def doubt(
    transaction: Transaction,
    person: int,
    cause: str,
    candidates: Sequence[Candidate],
    agreement: Agreement,
    now: datetime,
) -> None:
    """Put a person on the list, in the place of an older doubt; the same doubt again keeps its own."""
    if _waits(transaction, person, cause, candidates):
        return
    settle_doubt(transaction, person)
    review = transaction.number(
        "INSERT INTO review (person, cause, agreed, conflicting, opened, decision, decided, decided_by)"
        " VALUES (:person, :cause, :agreed, :conflicting, :now, '', 0, '') RETURNING id",
        person=person,
        cause=cause,
        agreed=" ".join(agreement.agreed),
        conflicting=" ".join(agreement.conflicting),
        now=millis(now),
    )
    transaction.many(
        "INSERT INTO candidate (review, place, number, score) VALUES (:review, :place, :number, :score)",
        [
            {
                "review": review,
                "place": place,
                "number": candidate.nhs_number.value,
                "score": "" if candidate.score is None else str(candidate.score),
            }
            for place, candidate in enumerate(candidates, start=1)
        ],
    )


def settle_doubt(transaction: Transaction, person: int) -> None:
    """Take a person off the list; nobody had decided anything."""
    undecided = "SELECT id FROM review WHERE person = :person AND decision = ''"
    transaction.execute(f"DELETE FROM candidate WHERE review IN ({undecided})", person=person)
    transaction.execute("DELETE FROM review WHERE person = :person AND decision = ''", person=person)


def decide_doubt(transaction: Transaction, review: int, decision: str, by: str, now: datetime) -> None:
    """Write down what a person decided."""
    transaction.execute(
        "UPDATE review SET decision = :decision, decided = :now, decided_by = :by WHERE id = :review",
        decision=decision,
        now=millis(now),
        by=by,
        review=review,
    )


def doubts(transaction: Transaction, review: int | None = None) -> list[Doubt]:
    """Everything that waits for a decision, oldest first; or the one that is asked for."""
    return [
        Doubt(
            id=review,
            person=person,
            council=council,
            local_id=local_id,
            cause=cause,
            agreed=tuple(agreed.split()),
            conflicting=tuple(conflicting.split()),
            opened=opened,
            candidates=_candidates(transaction, review),
        )
        for review, person, council, local_id, cause, agreed, conflicting, opened in _open(transaction, review)
    ]


def undecided(transaction: Transaction) -> int:
    """How many matches wait for a decision."""
    return len(_open(transaction, None))


def _open(transaction: Transaction, review: int | None) -> list[tuple[Any, ...]]:
    rows = transaction.all(
        "SELECT r.id, r.person, c.code, p.local_id, r.cause, r.agreed, r.conflicting, r.opened"
        " FROM review r JOIN person p ON p.id = r.person JOIN council c ON c.id = p.council"
        " WHERE r.decision = '' AND r.id = COALESCE(:review, r.id) ORDER BY r.opened, r.id",
        review=review,
    )
    # Whose record was merged or deleted needs no number.
    return [row for row in rows if not gone(transaction, row[1])]


def _waits(transaction: Transaction, person: int, cause: str, candidates: Sequence[Candidate]) -> bool:
    known = transaction.one(
        "SELECT id FROM review WHERE person = :person AND decision = '' AND cause = :cause", person=person, cause=cause
    )
    return known is not None and _candidates(transaction, known[0]) == tuple(candidates)


def told_apart(transaction: Transaction, person: int, number: NhsNumber) -> bool:
    """Whether somebody has decided that this number, which two people had, is not this one's."""
    decided = "r.person = :person AND r.decision = :decision AND r.cause IN ('HeldTwice', 'ToldApart')"
    return _suggested(transaction, decided, number, person, REJECTED) != []


def take_back(transaction: Transaction, person: int, number: NhsNumber) -> None:
    """Forget that somebody had decided that this number is not this person's."""
    transaction.execute(
        "DELETE FROM candidate WHERE number = :number"
        " AND review IN (SELECT id FROM review WHERE person = :person AND decision = 'rejected')",
        number=number.value,
        person=person,
    )


def contesting(transaction: Transaction, person: int, number: NhsNumber) -> list[int]:
    """Others of the council whose claim to this number waits for a decision."""
    others = (
        "r.person <> :person AND r.decision = :decision AND r.cause = 'HeldTwice' AND r.person IN (SELECT o.id"
        " FROM person o JOIN person p ON p.council = o.council WHERE p.id = :person)"
    )
    return _suggested(transaction, others, number, person, "")


def _suggested(transaction: Transaction, which: str, number: NhsNumber, person: int, decision: str) -> list[int]:
    rows = transaction.all(
        f"SELECT DISTINCT r.person FROM candidate c JOIN review r ON r.id = c.review"
        f" WHERE c.number = :number AND {which} ORDER BY r.person",
        number=number.value,
        person=person,
        decision=decision,
    )
    return [row[0] for row in rows]


def _candidates(transaction: Transaction, review: int) -> tuple[Candidate, ...]:
    rows = transaction.all("SELECT number, score FROM candidate WHERE review = :review ORDER BY place", review=review)
    return tuple(Candidate(NhsNumber(number), float(score) if score else None) for number, score in rows)
