"""What is the command `asc-fhir`?

The commands, gathered; each group is a module of adapter/commands/.
"""

from __future__ import annotations

import typer

from adapter.commands import choice, client, mesh, pds, policy, register, review, trail
from adapter.commands.demo import demo
from adapter.commands.explain import explain
from adapter.commands.failure import Commands
from adapter.commands.load import load
from adapter.commands.numbers import numbers
from adapter.commands.serve import serve
from adapter.commands.status import status
from adapter.commands.token import token
from adapter.commands.trace import trace
from adapter.commands.validate import validate
from adapter.commands.watch import watch

app = typer.Typer(
    cls=Commands,
    help="Adult social care records as FHIR: a record comes in, and only what may leave goes out.",
    no_args_is_help=True,
    add_completion=False,
    # A traceback may hold what a person's record says.
    pretty_exceptions_enable=False,
)

for command in (demo, serve, load, watch, trace, numbers, status, explain, token, validate):
    app.command()(command)
for name, group in {
    "choice": choice.app,
    "register": register.app,
    "review": review.app,
    "client": client.app,
    "trail": trail.app,
    "policy": policy.app,
    "pds": pds.app,
    "mesh": mesh.app,
}.items():
    app.add_typer(group, name=name)
