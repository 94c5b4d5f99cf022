"""What does the policy in force say, for somebody who has to sign it?"""

from __future__ import annotations

from typing import Annotated

import typer

from adapter.commands import screen
from adapter.deployment import load_policy
from adapter.settings import Settings
from consent.table import Table, matrix, rules

app = typer.Typer(help="Show the policy.", no_args_is_help=True)


@app.callback()
def policy() -> None:
    """Show the policy."""


@app.command()
def table(
    markdown: Annotated[bool, typer.Option("--markdown", help="As tables for a page.")] = False,
    json: screen.Json = False,
) -> None:
    """Print who sees what, and why something is withheld."""
    signed = load_policy(Settings().policy)
    tables = {"matrix": matrix(signed), "rules": rules(signed)}
    if json:
        head = {"policy": signed.name, "version": signed.version, "digest": signed.digest}
        screen.document(head | {name: _rows(made) for name, made in tables.items()})
        return
    screen.line(f"policy {signed.name}, version {signed.version}, of {signed.controller}; SHA-256 {signed.digest}")
    for made in tables.values():
        screen.line("")
        if markdown:
            screen.line(made.markdown())
        else:
            screen.table(made.heads, made.lines)


def _rows(made: Table) -> list[dict[str, str]]:
    return [dict(zip(made.heads, line, strict=True)) for line in made.lines]
