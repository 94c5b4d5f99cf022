"""Which file still waits for its answer, and who is in it?

A file is written down before it is sent, and stands until it is answered or given up; of one mailbox there is never
more than one, since the services behind MESH take files in order. Who is in it is kept as marks that say nothing by
themselves; they go when the file has its end. What was fetched is noted, so that nothing is done twice.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from adapter.database import Transaction
from adapter.instant import millis, moment

Row = tuple[Any, ...]

_TURN = timedelta(minutes=10)


class State(StrEnum):
    """How far a file has come; all but the first two are ends."""

    WRITTEN = "written"
    SENT = "sent"
    ANSWERED = "answered"
    # MESH did not take it.
    UNSENT = "unsent"
    # MESH took it, and the service behind the mailbox did not collect it.
    UNDELIVERED = "undelivered"
    # The answer was not one to what was asked, and nothing of it was kept.
    REFUSED = "refused"
    UNANSWERED = "unanswered"


class BusyError(Exception):
    """A file of this mailbox still waits for its answer, or somebody else is at it; the message says which."""


@dataclass(frozen=True, slots=True)
class Request:
    """One file that was sent, or is about to be."""

    id: int
    kind: str
    local_id: str
    message: str
    made: datetime
    accepted: datetime | None
    ended: datetime | None
    state: State


_COLUMNS = "SELECT id, kind, local_id, message, made, accepted, ended, state FROM mesh_request"


def begin(
    transaction: Transaction, kind: str, mailbox: str, local_id: str, marks: Mapping[int, str], now: datetime
) -> Request:
    """Write down a file and who is in it; raises BusyError where another of the mailbox waits."""
    transaction.alone()
    if outstanding(transaction, mailbox) is not None:
        raise BusyError("a file of this mailbox still waits for its answer; `asc-fhir mesh poll` fetches answers")
    number = transaction.number(
        "INSERT INTO mesh_request (kind, mailbox, local_id, message, made, state)"
        " VALUES (:kind, :mailbox, :local_id, '', :now, :state) RETURNING id",
        kind=kind,
        mailbox=mailbox,
        local_id=local_id,
        now=millis(now),
        state=State.WRITTEN.value,
    )
    transaction.many(
        "INSERT INTO mesh_asked (request, person, mark, settled) VALUES (:request, :person, :mark, 0)",
        ({"request": number, "person": person, "mark": mark} for person, mark in marks.items()),
    )
    return Request(number, kind, local_id, "", now, None, None, State.WRITTEN)


def sent(transaction: Transaction, request: Request, message: str) -> None:
    """Note MESH's id of a file that it took."""
    transaction.execute(
        "UPDATE mesh_request SET message = :message, state = :state WHERE id = :id AND ended IS NULL",
        message=message,
        state=State.SENT.value,
        id=request.id,
    )


def accept(transaction: Transaction, request: Request, now: datetime) -> None:
    """Note that the service has confirmed the receipt; the answer is yet to come."""
    transaction.execute("UPDATE mesh_request SET accepted = :now WHERE id = :id", now=millis(now), id=request.id)


def end(transaction: Transaction, request: Request, state: State, now: datetime) -> None:
    """End a file; who was in it is forgotten."""
    transaction.execute(
        "UPDATE mesh_request SET ended = :now, state = :state WHERE id = :id AND ended IS NULL",
        now=millis(now),
        state=state.value,
        id=request.id,
    )
    transaction.execute("DELETE FROM mesh_asked WHERE request = :id", id=request.id)


def find(transaction: Transaction, local_id: str) -> Request | None:
    """Find a file by the id that we gave it, whether it has ended or not."""
    return _read(transaction.one(f"{_COLUMNS} WHERE local_id = :local_id", local_id=local_id))


def sent_as(transaction: Transaction, message: str) -> Request | None:
    """Find a file by MESH's id of it."""
    return _read(transaction.one(f"{_COLUMNS} WHERE message = :message AND message <> ''", message=message))


def outstanding(transaction: Transaction, mailbox: str) -> Request | None:
    """The file of a mailbox that has no end yet."""
    return _read(transaction.one(f"{_COLUMNS} WHERE mailbox = :mailbox AND ended IS NULL", mailbox=mailbox))


def newest(transaction: Transaction, kind: str) -> Request | None:
    """The last file of a kind."""
    return _read(transaction.one(f"{_COLUMNS} WHERE kind = :kind ORDER BY made DESC, id DESC LIMIT 1", kind=kind))


def made_since(transaction: Transaction, kind: str, since: datetime) -> int:
    """How many files of a kind were made since an instant."""
    return transaction.number(
        "SELECT COUNT(*) FROM mesh_request WHERE kind = :kind AND made >= :since", kind=kind, since=millis(since)
    )


def asked(transaction: Transaction, request: Request) -> dict[int, str]:
    """Who is in a file, each with their mark."""
    rows = transaction.all("SELECT person, mark FROM mesh_asked WHERE request = :request", request=request.id)
    return {row[0]: row[1] for row in rows}


def unsettled(transaction: Transaction, request: Request) -> dict[int, str]:
    """Who of a file has not had their answer yet, each with their mark."""
    rows = transaction.all(
        "SELECT person, mark FROM mesh_asked WHERE request = :request AND settled = 0 ORDER BY person",
        request=request.id,
    )
    return {row[0]: row[1] for row in rows}


def settled(transaction: Transaction, request: Request, person: int) -> None:
    """Note that somebody's answer is stored."""
    transaction.execute(
        "UPDATE mesh_asked SET settled = 1 WHERE request = :request AND person = :person",
        request=request.id,
        person=person,
    )


def noted(transaction: Transaction, message: str) -> str | None:
    """What came of a message that was fetched before; none where it was not."""
    row = transaction.one("SELECT outcome FROM mesh_received WHERE message = :message", message=message)
    return str(row[0]) if row else None


def note(transaction: Transaction, message: str, outcome: str, now: datetime) -> None:
    """Note what came of a message."""
    transaction.execute(
        "INSERT INTO mesh_received (message, at, outcome) VALUES (:message, :now, :outcome)"
        " ON CONFLICT (message) DO NOTHING",
        message=message,
        now=millis(now),
        outcome=outcome,
    )


def forget_gone(transaction: Transaction, outcome: str, inbox: Collection[str]) -> None:
    """Forget what was noted with this outcome and does not lie in the mailbox any more."""
    rows = transaction.all("SELECT message FROM mesh_received WHERE outcome = :outcome", outcome=outcome)
    transaction.many(
        "DELETE FROM mesh_received WHERE message = :message",
        ({"message": message} for (message,) in rows if message not in inbox),
    )


def take_turn(transaction: Transaction, mailbox: str, now: datetime) -> int:
    """Be the one who works a mailbox for a while, and say until when; raises BusyError where somebody else is."""
    until = millis(now + _TURN)
    transaction.execute(
        "INSERT INTO mesh_turn (mailbox, until) VALUES (:mailbox, 0) ON CONFLICT (mailbox) DO NOTHING", mailbox=mailbox
    )
    taken = transaction.changed(
        "UPDATE mesh_turn SET until = :until WHERE mailbox = :mailbox AND until <= :now",
        until=until,
        mailbox=mailbox,
        now=millis(now),
    )
    if not taken:
        raise BusyError("somebody else is at this mailbox now; try again in a few minutes")
    return until


def end_turn(transaction: Transaction, mailbox: str, until: int) -> None:
    """Let the next one work the mailbox; a turn that has lapsed is somebody else's by now."""
    transaction.execute(
        "UPDATE mesh_turn SET until = 0 WHERE mailbox = :mailbox AND until = :until", mailbox=mailbox, until=until
    )


def _read(row: Row | None) -> Request | None:
    if row is None:
        return None
    number, kind, local_id, message, made, accepted, ended, state = row
    return Request(
        id=number,
        kind=kind,
        local_id=local_id,
        message=message,
        made=moment(made),
        accepted=None if accepted is None else moment(accepted),
        ended=None if ended is None else moment(ended),
        state=State(state),
    )
