"""How does an officer record what a person has chosen, and read it back?"""

from __future__ import annotations

from typing import Annotated

import typer

from adapter import choices
from adapter.commands import screen
from adapter.commands.opened import opened
from adapter.commands.words import instant, one_of, when
from adapter.register import KINDS, Recorded
from consent.standing import NATIONAL

app = typer.Typer(help="Record and list what people have chosen.", no_args_is_help=True)
_CAPACITIES = (*choices.CAPACITIES, choices.PROPERTY_ATTORNEY)

Council = Annotated[str, typer.Option(help="Code of the council.")]
Person = Annotated[str, typer.Option(help="The council's own id for the person.")]


@app.command()
def record(
    council: Council,
    person: Person,
    kind: Annotated[str, typer.Option(help=" or ".join(KINDS))],
    value: Annotated[str, typer.Option(help="objects, or clear to take an objection back")],
    by: Annotated[str, typer.Option(help="Name of who records it.")],
    capacity: Annotated[str, typer.Option(help=f"Who decided: {', '.join(choices.CAPACITIES)}.")] = "self",
    evidence: Annotated[str, typer.Option(help="What it rests on, such as a letter of a date.")] = "",
    effective: Annotated[str, typer.Option(help="Since when it holds; now, when nothing is said.")] = "",
    discussed: Annotated[bool, typer.Option("--discussed", help="The effects were talked over.")] = False,
    json: screen.Json = False,
) -> None:
    """Record a choice; it acts on the next request."""
    one_of("--kind", kind, (*KINDS, NATIONAL))
    one_of("--value", value, choices.VALUES)
    one_of("--capacity", capacity, _CAPACITIES)
    with opened() as deployment:
        since = instant("--effective", effective) if effective else deployment.now()
        said = Recorded(kind, value, since, "", by, capacity, evidence, discussed)
        outcome = choices.record(deployment, council, person, said)
    if json:
        screen.document({"new": outcome.new, "holds": outcome.holds.value})
        return
    screen.line("recorded" if outcome.new else "this choice is on file already")
    screen.line(f"what holds now for {kind}: {outcome.holds}")
    if outcome.holds != value:
        screen.line("a choice that took effect later stands; `asc-fhir choice list` shows them all")


@app.command("list")
def list_(council: Council, person: Person, json: screen.Json = False) -> None:
    """List everything that a person has chosen."""
    with opened() as deployment:
        stated = choices.history(deployment, council, person)
    rows = [
        {
            "kind": choice.kind,
            "value": choice.value,
            "effective": when(choice.effective),
            "recorded": when(choice.recorded),
            "by": choice.recorded_by,
            "capacity": choice.capacity,
            "discussed": bool(choice.discussed),
        }
        for choice in stated
    ]
    if json:
        screen.document(rows)
        return
    heads = ("kind", "value", "effective", "recorded", "by", "capacity", "discussed")
    screen.table(heads, [[*list(row.values())[:-1], "yes" if row["discussed"] else "no"] for row in rows], "choices")
