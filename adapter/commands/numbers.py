"""How does a council get the NHS numbers of its own people as a file?

The same list as a case system fetches over HTTP, read through the same door with the council's own asking. It is a
release to the council, and the trail has it before the first line is shown.
"""

from __future__ import annotations

import asyncio
import csv as csv_text
import sys
from collections.abc import Generator
from datetime import datetime
from typing import Annotated, Any

import typer

from adapter.body import Bodies, Body
from adapter.commands import screen
from adapter.commands.failure import WrongUse
from adapter.commands.opened import opened
from adapter.commands.report import harmless
from adapter.commands.words import instant
from adapter.database import OURS, Ask, Select
from adapter.deployment import Deployment
from adapter.instant import millis, shown
from adapter.numbers import Line, Page, next_since, page
from adapter.officer import officer
from adapter.permits import intern_view
from adapter.person import find_council
from consent.model import View

COUNCIL = View("council", "social-worker", "CAREMGT")
_PAGE = 500
_HEADS = ("local_id", "nhs_number", "status", "outcome", "at", "evidence")

Read = tuple[list[Body], Page]


def numbers(
    council: Annotated[str, typer.Option(help="Code of the council whose people they are.")],
    since: Annotated[str, typer.Option(help="Only what was settled from this day or instant on.")] = "",
    json: screen.Json = False,
    csv: Annotated[bool, typer.Option("--csv", help="Comma-separated, for a program.")] = False,
) -> None:
    """List what came of asking PDS about the council's people, with the numbers that it confirmed."""
    if json and csv:
        raise WrongUse("give --json or --csv, not both")
    start = instant("--since", since) if since else None
    with opened() as deployment:
        now = deployment.now()
        lines = asyncio.run(_released(deployment, council, start))
    if json:
        listed = [line.document() for line in lines]
        screen.document({"council": council, "nextSince": next_since(now), "numbers": listed})
    elif csv:
        writer = csv_text.writer(sys.stdout)
        writer.writerow(_HEADS)
        writer.writerows([harmless(cell) for cell in _cells(line)] for line in lines)
    else:
        screen.table([head.replace("_", " ") for head in _HEADS], map(_cells, lines), "trace results")


async def _released(deployment: Deployment, council: str, since: datetime | None) -> list[Line]:
    """Every line, page by page, once the trail has them all."""
    with deployment.office.transaction() as transaction:
        known = find_council(transaction, council).id
        view = intern_view(transaction, deployment.policy, COUNCIL)
    door = deployment.engine.door()
    await door.open()
    lines: list[Line] = []
    events: list[dict[str, object]] = []
    bodies, after = Bodies(deployment.keys.seal), 0
    start = millis(since) if since else 0
    try:
        while True:
            ask = Ask(now=millis(deployment.now()), client="officer", council=known, own_view=view, registration=OURS)
            found, read = await door.run(_asked(ask, bodies, start, after))
            lines += read.lines
            events.append(_event(deployment, council, found, read))
            if read.next_after is None:
                break
            after = read.next_after
    finally:
        await door.close()
    deployment.record(*events)
    return lines


def _asked(ask: Ask, bodies: Bodies, since: int, after: int) -> Generator[Ask | Select, list[tuple[Any, ...]], Read]:
    yield ask
    return (yield from page(bodies, since, after, _PAGE))


def _event(deployment: Deployment, council: str, found: list[Body], read: Page) -> dict[str, object]:
    return {
        "kind": "nhs-numbers",
        "at": shown(millis(deployment.now())),
        "outcome": "released" if found else "nothing",
        "by": officer(),
        "council": council,
        "purpose": COUNCIL.purpose,
        "people": sorted(body.person for body in found),
        "counts": read.counts(),
    }


def _cells(line: Line) -> tuple[str, ...]:
    steps = "; ".join(f"{s['step']} ({' '.join(s['fields'])}): {s['outcome']}" for s in line.evidence["steps"])
    return line.local_id, line.nhs_number or "", line.status, line.outcome, shown(line.at), steps
