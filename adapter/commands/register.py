"""How does an officer declare a register complete, and see which are?"""

from __future__ import annotations

from typing import Annotated

import typer

from adapter.commands import screen
from adapter.commands.failure import WrongUse
from adapter.commands.opened import opened
from adapter.commands.words import age, one_of, when
from adapter.declaration import Declared, declarations, declare, read_as_of
from adapter.register import KINDS
from consent.standing import NATIONAL

app = typer.Typer(help="Declare registers of objections, and list them.", no_args_is_help=True)


@app.command("declare")
def declare_(
    kind: Annotated[str, typer.Option(help=" or ".join(KINDS))],
    council: Annotated[str, typer.Option(help="Code of the council.")],
    as_of: Annotated[str, typer.Option(help="As of when the list is complete: a day (its end) or an instant.")],
    listed: Annotated[int, typer.Option(min=0, help="How many people are on the list.")],
    by: Annotated[str, typer.Option(help="Name of the officer who declares it.")],
    json: screen.Json = False,
) -> None:
    """Declare that a list of objections is complete."""
    one_of("--kind", kind, (*KINDS, NATIONAL))
    with opened() as deployment:
        try:
            at = read_as_of(as_of, deployment.now())
        except ValueError:
            raise WrongUse("--as-of is not a date or an instant; write 2026-11-22 or 2026-11-22T09:30") from None
        with screen.progress() as progress:
            task = progress.add_task("working out standings", total=None)
            found = declare(
                deployment,
                council,
                kind,
                at,
                listed,
                by,
                progress=lambda done, of: progress.update(task, completed=done, total=of),
            )
    if json:
        screen.document({"people": found.total(), **found})
        return
    screen.line(f"declared; of {found.total()} people: " + ", ".join(f"{n} {value}" for value, n in found.items()))
    if found["unknown"]:
        screen.line("who is unknown was first seen after the list's date: the next list speaks of them")


@app.command("list")
def list_(json: screen.Json = False) -> None:
    """List the declarations on file, newest first."""
    with opened() as deployment:
        with deployment.office.transaction() as transaction:
            known = declarations(transaction)
        policy, now = deployment.policy, deployment.now()
    if json:
        screen.document([_document(declared, declared.state(policy, now)) for declared in known])
        return
    rows = [
        (d.council, d.kind, when(d.as_of), age(d.as_of, now), d.state(policy, now), d.listed, d.declared_by)
        for d in known
    ]
    screen.table(("council", "kind", "as of", "age", "state", "listed", "declared by"), rows, "registers")


def _document(declared: Declared, state: str) -> dict[str, object]:
    return {
        "council": declared.council,
        "kind": declared.kind,
        "as_of": when(declared.as_of),
        "state": state,
        "listed": declared.listed,
        "declared": when(declared.declared),
        "declared_by": declared.declared_by,
    }
