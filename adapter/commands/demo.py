"""Does it work? One command that shows it.

Sets the stage in an empty folder, walks through the promises over real HTTP, and then keeps serving, with lines to
copy. `--once` ends after the walk; the last line says how many steps came out as promised.
"""

from __future__ import annotations

from typing import Annotated

import typer

from adapter.commands.failure import WrongUse


def demo(
    once: Annotated[bool, typer.Option("--once", help="End after the walk.")] = False,
    host: Annotated[str, typer.Option(help="Address to serve on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to serve on; 0: a free one.")] = 8080,
    people: Annotated[int, typer.Option(min=500, help="How many invented people.")] = 500,
    database: Annotated[str, typer.Option(help="Database URL; empty: a file of the demo's own.")] = "",
) -> None:
    """Show the whole product on invented people, over real HTTP."""
    try:
        # Names are invented by a library that a council's installation does without.
        from adapter.demo.show import show
    except ModuleNotFoundError as missing:
        raise WrongUse(f"the demo needs {missing.name}: pip install 'asc-fhir-adapter[demo]'") from None
    if not show(once=once, host=host, port=port, people=people, database=database):
        raise typer.Exit(1)
