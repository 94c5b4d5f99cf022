"""What did a council's system send, and what became of it?

Kept for a while, so that the same message again gets the same answer, and a long one can be asked about. It holds
counts and places, and nothing about a person.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from adapter.database import Transaction
from adapter.extract import OUTCOMES
from adapter.instant import millis, shown
from adapter.outcome import RefusedError
from adapter.taken import EXTRACT, Taken

WAITING, FAILED = "waiting", "failed"
_UNDER_WAY = (WAITING, "reading")
_KEPT = timedelta(days=30)
_PAGE = 500
_COLUMNS = (
    "p.id, c.code, p.client, p.digest, p.mapping, p.source, p.file, p.form, p.received, p.state, p.counts,"
    " p.problems, p.persons"
)


@dataclass(frozen=True, slots=True)
class Pushed:
    """One push, as it is known."""

    id: str
    council: str
    client: str
    digest: str
    mapping: str
    source: str
    file: str
    form: str
    received: int
    state: str = WAITING
    counts: str = "{}"
    problems: str = "{}"
    persons: str = "[]"

    @property
    def under_way(self) -> bool:
        """Whether what becomes of it is not known yet."""
        return self.state in _UNDER_WAY


def begin(transaction: Transaction, new: Pushed, message: str) -> Pushed:
    """Write a push down; where the message came before, give that one; raises RefusedError where it said otherwise."""
    for _ in range(2):
        if _insert(transaction, new, message):
            return new
        known = _read(transaction, "p.client = :client AND p.message = :message", client=new.client, message=message)
        if known is not None and known.state != FAILED:
            if (known.digest, known.council, known.mapping) != (new.digest, new.council, new.mapping):
                raise RefusedError("message-reused")
            return known
        if known is not None:
            # What failed here is taken in anew when it comes again.
            _delete(transaction, "id = :id", id=known.id)
    raise RefusedError("message-reused")


def find(transaction: Transaction, push: str) -> Pushed | None:
    """Find a push by its id."""
    return _read(transaction, "p.id = :push", push=push)


def reading(transaction: Transaction, push: str) -> None:
    """Note that a push is being taken in."""
    transaction.execute("UPDATE push SET state = 'reading' WHERE id = :push", push=push)


def finish(transaction: Transaction, push: str, taken: Taken) -> None:
    """Write down what became of a push."""
    transaction.execute("DELETE FROM push_problem WHERE push = :push", push=push)
    transaction.many(
        "INSERT INTO push_problem (push, place, line, field, reason, effect)"
        " VALUES (:push, :place, :line, :field, :reason, :effect)",
        [
            {
                "push": push,
                "place": place,
                "line": problem.line,
                "field": _text(problem.field),
                "reason": _text(problem.reason),
                "effect": problem.effect,
            }
            for place, problem in enumerate(taken.listed, 1)
        ],
    )
    transaction.execute(
        "UPDATE push SET state = :state, counts = :counts, problems = :problems, persons = :persons WHERE id = :push",
        push=push,
        state=taken.state,
        counts=json.dumps(taken.counts),
        problems=json.dumps(taken.problems),
        persons=json.dumps(taken.persons),
    )


def forget_old(transaction: Transaction, now: datetime) -> None:
    """Forget pushes whose answer nobody waits for any more."""
    _delete(
        transaction,
        "received < :before AND state NOT IN ('waiting', 'reading')",
        before=millis(now - _KEPT),
    )


def document(transaction: Transaction, pushed: Pushed, address: str, after: int) -> dict[str, Any]:
    """What is told of a push, with the problems after a place."""
    rows = transaction.all(
        "SELECT place, line, field, reason, effect FROM push_problem"
        " WHERE push = :push AND place > :after ORDER BY place LIMIT :most",
        push=pushed.id,
        after=after,
        most=_PAGE + 1,
    )
    counts = json.loads(pushed.counts)
    told: dict[str, Any] = {
        "id": pushed.id,
        "state": pushed.state,
        "received": shown(pushed.received),
        "file": pushed.file,
        "mapping": pushed.mapping,
        "counts": {outcome: counts.get(outcome, 0) for outcome in OUTCOMES},
        "problems": json.loads(pushed.problems),
        "listed": [
            {"file": pushed.file, "line": line, "field": field, "reason": reason, "effect": effect}
            for _, line, field, reason, effect in rows[:_PAGE]
        ],
    }
    if pushed.form != EXTRACT:
        told["persons"] = json.loads(pushed.persons)
    if len(rows) > _PAGE:
        told["next"] = f"{address}?after={rows[_PAGE - 1][0]}"
    return told


def _insert(transaction: Transaction, new: Pushed, message: str) -> bool:
    return bool(
        transaction.changed(
            "INSERT INTO push (id, council, client, message, digest, mapping, source, file, form, received, state,"
            " counts, problems, persons) SELECT :id, c.id, :client, :message, :digest, :mapping, :source, :file,"
            " :form, :received, 'waiting', '{}', '{}', '[]' FROM council c WHERE c.code = :council"
            " ON CONFLICT (client, message) DO NOTHING",
            id=new.id,
            client=new.client,
            message=message,
            digest=new.digest,
            mapping=new.mapping,
            source=new.source,
            file=new.file,
            form=new.form,
            received=new.received,
            council=new.council,
        )
    )


def _read(transaction: Transaction, where: str, **parameters: Any) -> Pushed | None:
    row = transaction.one(
        f"SELECT {_COLUMNS} FROM push p JOIN council c ON c.id = p.council WHERE {where}", **parameters
    )
    return Pushed(*row) if row else None


def _delete(transaction: Transaction, where: str, **parameters: Any) -> None:
    transaction.execute(
        f"DELETE FROM push_problem WHERE push IN (SELECT id FROM push WHERE {where})",
        **parameters,
    )
    transaction.execute(f"DELETE FROM push WHERE {where}", **parameters)


def _text(said: str) -> str:
    """What any database can hold: a name in a hostile file may hold a NUL, or half of a character."""
    return said.encode("utf-8", "replace").decode().replace("\0", "\ufffd")
