"""How does a command show what it found?

Tables for people, one JSON document for a program, both on standard output; what is under way on standard error, and
only where somebody watches it. Values are shown as they are: nothing in them is read as markup.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

# Where nobody's window sets the width, lines are not broken.
_WIDE = 200

Json = Annotated[bool, typer.Option("--json", help="One JSON document, for a program.")]


def document(content: Any) -> None:
    """Print one JSON document."""
    typer.echo(orjson.dumps(content, option=orjson.OPT_INDENT_2).decode())


def line(text: str) -> None:
    """Print one line as it is."""
    typer.echo(text)


def note(text: str) -> None:
    """Say something beside the answer, where a program that reads the answer does not see it."""
    typer.echo(text, err=True)


def table(heads: Sequence[str], rows: Iterable[Sequence[object]], title: str = "") -> None:
    """Print a table; a title alone where there are no rows."""
    listed = [[str(cell) for cell in row] for row in rows]
    if title:
        typer.echo(title if listed else f"{title}: none")
    if not listed:
        return
    made = Table(*heads, box=None, pad_edge=False, header_style="bold")
    for row in listed:
        made.add_row(*row)
    width = None if sys.stdout.isatty() else _WIDE
    Console(markup=False, highlight=False, emoji=False, width=width).print(made)


class _Rate(ProgressColumn):
    """How many a second."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:.1f}/s" if task.speed else "")


def progress() -> Progress:
    """A progress bar on standard error, where that is a terminal."""
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
        transient=True,
    )
