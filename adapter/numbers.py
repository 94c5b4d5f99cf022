"""Which NHS numbers go back to the council?

For each of the council's own people about whom PDS gave an answer: what came of it, how, and when, and the number
where PDS confirmed it (status 01). It is read through the door, with the council's own asking. Who objects to the use
of the number, or is not known not to, is not listed, and neither is who is restricted or locked: to whoever reads the
list they are the same as somebody about whom nobody has asked yet, and a list of theirs would tell the one from the
other. The council knows its own objections; it does not learn them here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from adapter.body import Bodies, Body
from adapter.database import Ask, Select
from adapter.instant import millis, shown
from adapter.terms import NHS_NUMBER_SYSTEM

VERIFIED = "01"
# What was settled while somebody was listing may come twice, and never not at all.
_OVERLAP = timedelta(minutes=1)
FIRST = "SELECT trace, at FROM visible_trace_place WHERE at >= :since ORDER BY at, trace LIMIT 1"
# Each names the instant too: to SQLite a read of row numbers alone is a read of nothing in particular.
LAST = "SELECT trace, at FROM visible_trace_end"
STRETCH = (
    "SELECT trace, at, outcome, evidence, local_id, status, resource FROM visible_trace"
    " WHERE trace > :after AND trace <= :upto AND at >= :since ORDER BY trace LIMIT :most"
)
# The list is read a stretch at a time, so that a page costs the same however long it is, and however little of it is
# visible: then a page is short, and says that there is more.
_STRETCH, _MOST_STRETCHES = 2_000, 4
# Two workers may have written two instants the other way round.
_LOOK_BACK = 1_000


@dataclass(frozen=True, slots=True)
class Line:
    """What is told of one person."""

    local_id: str
    nhs_number: str | None
    status: str
    outcome: str
    at: int
    evidence: dict[str, Any]

    def __repr__(self) -> str:
        return f"Line(status={self.status!r})"

    def document(self) -> dict[str, Any]:
        """As JSON says it; without a number where there is none."""
        number = {"nhsNumber": self.nhs_number} if self.nhs_number else {}
        told = {"localId": self.local_id, **number, "status": self.status, "outcome": self.outcome}
        return told | {"at": shown(self.at), "evidence": self.evidence}


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the lines, and after which place there are more."""

    lines: tuple[Line, ...]
    next_after: int | None

    def counts(self) -> dict[str, int]:
        """How many there are of each status."""
        return dict(sorted(Counter(line.status for line in self.lines).items()))


Rows = list[tuple[Any, ...]]


def page(bodies: Bodies, since: int, after: int, most: int) -> Generator[Ask | Select, Rows, tuple[list[Body], Page]]:
    """The steps that read one page, with the people as they are visible."""
    rows, reached = yield from _rows(since, after or (yield from _start(since)), most)
    listed = rows[:most]
    found: list[Body] = (yield from bodies.some("resource", [row[-1] for row in listed])) if listed else []
    visible = {body.resource: body for body in found}
    lines = tuple(_line(row, visible[row[-1]]) for row in listed if row[-1] in visible)
    return found, Page(lines, listed[-1][0] if len(rows) > most else reached)


def _start(since: int) -> Generator[Ask | Select, Rows, int]:
    """The place before the first trace of an instant."""
    rows = (yield Select(FIRST, {"since": since})) if since else []
    return max(rows[0][0] - _LOOK_BACK, 0) if rows else 0


def _rows(since: int, after: int, most: int) -> Generator[Ask | Select, Rows, tuple[Rows, int | None]]:
    """One more than a page holds, and how far was read; none where that is the end."""
    ends = yield Select(LAST)
    last = ends[0][0] if ends else after
    rows: Rows = []
    for _ in range(_MOST_STRETCHES):
        named = {"since": since, "after": after, "upto": after + _STRETCH, "most": most + 1 - len(rows)}
        rows += yield Select(STRETCH, named)
        after += _STRETCH
        if after >= last or len(rows) > most:
            break
    return rows, after if after < last else None


def next_since(now: datetime) -> str:
    """From when the next listing is to go on."""
    return shown(millis(now - _OVERLAP))


def _line(row: tuple[Any, ...], body: Body) -> Line:
    _, at, outcome, evidence, local_id, status, _ = row
    number = _number(orjson.loads(body.content)) if status == VERIFIED else None
    return Line(local_id, number, status, outcome, at, _evidence(evidence))


def _number(patient: dict[str, Any]) -> str | None:
    """The number that PDS confirmed; what the council had typed is not given back."""
    for identifier in patient.get("identifier", ()):
        if identifier.get("system") == NHS_NUMBER_SYSTEM and _verification(identifier) == VERIFIED:
            return str(identifier["value"])
    return None


def _verification(identifier: dict[str, Any]) -> str:
    for extension in identifier.get("extension", ()):
        for coding in extension.get("valueCodeableConcept", {}).get("coding", ()):
            return str(coding.get("code"))
    return ""


def _evidence(kept: str) -> dict[str, Any]:
    """Steps and names of fields."""
    said = orjson.loads(kept)
    steps = [
        {"step": name, "fields": fields, "outcome": outcome} | ({} if score is None else {"score": score})
        for name, fields, outcome, score in said.get("steps", ())
    ]
    return {"steps": steps} | ({} if said.get("score") is None else {"score": said["score"]})
