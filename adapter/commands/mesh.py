"""How are files sent and fetched over MESH by hand?

The server does the same by itself: it fetches answers, and sends the opt-out check when somebody is due. The trace by
file, for a first load, is only sent from here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import typer

from adapter.commands import screen
from adapter.commands.failure import WrongUse
from adapter.commands.mesh_state import files, mesh_state
from adapter.commands.opened import opened
from adapter.deployment import Deployment
from adapter.mailbox import Mailbox, mailbox_for
from adapter.post import Post, post_for
from adapter.trail import Trail

T = TypeVar("T")

app = typer.Typer(help="Files over MESH: the national opt-out check, and the PDS trace by file.", no_args_is_help=True)
_NO_MESH = (
    "no MESH is set: set ASC_FHIR_MESH_URL, ASC_FHIR_MESH_MAILBOX, ASC_FHIR_MESH_PASSWORD, ASC_FHIR_MESH_SHARED_KEY"
    " and the certificate"
)
_MAILBOXES = {"opt-out-check": "ASC_FHIR_MESH_OPT_OUT_MAILBOX", "trace-file": "ASC_FHIR_MESH_TRACE_MAILBOX"}


@app.command()
def check(json: screen.Json = False) -> None:
    """Ask the NHS who has a national data opt-out, by a file; poll fetches the answer."""
    _send("opt-out-check", json)


@app.command()
def trace(json: screen.Json = False) -> None:
    """Ask PDS who the people are who wait, by a file; poll fetches the answer."""
    _send("trace-file", json)


@app.command()
def poll(json: screen.Json = False) -> None:
    """Fetch what lies in the mailbox, and store what it says."""
    with opened() as deployment:
        done = asyncio.run(_posted(deployment, _mailbox(deployment), lambda post: post.poll()))
    if json:
        screen.document(dict(done))
    else:
        screen.table(("what came", "number"), done.most_common(), "messages")


@app.command()
def status(json: screen.Json = False) -> None:
    """Show which file waits, how the last ones ended, and when the certificate ends."""
    with opened() as deployment:
        _mailbox(deployment)
        with deployment.office.transaction() as transaction:
            found = mesh_state(transaction, deployment)
    if json:
        screen.document(found)
        return
    screen.line(files(found))
    lines = list(found["last"].values())
    screen.table(list(lines[0]) if lines else [], [list(line.values()) for line in lines], "last files")
    for alarm in found["alarms"]:
        screen.line(f"ALARM: {alarm}")


def _send(kind: str, json: bool) -> None:
    with opened() as deployment:
        mailbox = _mailbox(deployment)
        people = asyncio.run(_posted(deployment, mailbox, lambda post: _sent(post, kind)))
    if json:
        screen.document({"kind": kind, "people": people})
    elif people:
        screen.line(f"a file about {people} people is on its way; `asc-fhir mesh poll` fetches the answer")
    else:
        screen.line("nobody is due; nothing was sent")


async def _sent(post: Post, kind: str) -> int:
    if kind not in post.errands:
        raise WrongUse(f"it is not set where such a file goes: set {_MAILBOXES[kind]}")
    return await post.send(kind)


def _mailbox(deployment: Deployment) -> Mailbox:
    mailbox = mailbox_for(deployment.settings)
    if mailbox is None:
        raise WrongUse(_NO_MESH)
    return mailbox


async def _posted(deployment: Deployment, mailbox: Mailbox, work: Callable[[Post], Awaitable[T]]) -> T:
    trail = Trail(deployment.settings.trail, deployment.settings.node)
    door = deployment.engine.door()
    await door.open()
    try:
        return await work(post_for(deployment, door, mailbox, trail.record))
    finally:
        await door.close()
        trail.close()
