"""Is the trail whole, and what does it hold?

Showing it is an officer's access like any other: the trail has it before anything is shown.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from adapter.commands import screen
from adapter.commands.failure import WrongUse
from adapter.commands.opened import opened
from adapter.deployment import Deployment
from adapter.instant import millis, shown
from adapter.officer import officer
from adapter.person import find_person
from adapter.settings import Settings
from adapter.trail import read
from adapter.trail import verify as verify_trail

app = typer.Typer(help="Verify the trail, and show it.", no_args_is_help=True)
# What a segment begins with ties the trail together, and is no event.
_OPENING = "segment"
_HEADS = ("at", "kind", "outcome", "by", "client", "organisation", "purpose", "type", "people")


@app.command()
def verify(json: screen.Json = False) -> None:
    """Check that nothing in the trail was changed, cut or lost."""
    records, findings = verify_trail(Settings().trail)
    if json:
        screen.document({"records": records, "findings": findings})
    else:
        for finding in findings:
            screen.line(f"{finding.segment}:{finding.line} {finding.fault}")
        screen.line(f"{records} records are whole; findings: {len(findings)}")
    if findings:
        raise typer.Exit(1)


@app.command()
def show(
    council: Annotated[str, typer.Option(help="Code of the council, with --person.")] = "",
    person: Annotated[str, typer.Option(help="The council's own id for a person: only what is about them.")] = "",
    client: Annotated[str, typer.Option(help="Id of a client: only what it asked.")] = "",
    last: Annotated[int, typer.Option(min=1, help="How many of the newest.")] = 20,
    json: screen.Json = False,
) -> None:
    """Show the newest events, of everybody or of one person or client."""
    if bool(person) != bool(council):
        raise WrongUse("a person is named by --council and --person together")
    with opened() as deployment:
        number = _number(deployment, council, person) if person else None
        found = list(deque(_chosen(deployment, number, client), maxlen=last))
        deployment.record(_event(deployment, number))
    if json:
        screen.document(found)
    else:
        screen.table(_HEADS, [[_cell(event, head) for head in _HEADS] for event in found], "events")


def _number(deployment: Deployment, council: str, local_id: str) -> int:
    with deployment.office.transaction() as transaction:
        return find_person(transaction, council, local_id)[1]


def _chosen(deployment: Deployment, person: int | None, client: str) -> Iterator[dict[str, Any]]:
    events = (event for event in read(deployment.settings.trail) if event["kind"] != _OPENING)
    for event in events:
        about = person is None or person in event.get("people", ())
        if about and (not client or event.get("client") == client):
            yield event


def _event(deployment: Deployment, person: int | None) -> dict[str, object]:
    at = shown(millis(deployment.now()))
    event: dict[str, object] = {"kind": "trail", "at": at, "outcome": "released", "by": officer()}
    return event if person is None else event | {"people": [person]}


def _cell(event: dict[str, Any], head: str) -> str:
    if head == "people":
        return str(len(event["people"])) if "people" in event else ""
    if head == "by":
        return str(event.get("by") or event.get("user") or "")
    return str(event.get(head) or "")
