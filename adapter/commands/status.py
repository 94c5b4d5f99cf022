"""Is everything as it should be?"""

from __future__ import annotations

from typing import Any

from adapter.commands import screen
from adapter.commands.mesh_state import files
from adapter.commands.opened import opened
from adapter.commands.state import State, state_of


def status(json: screen.Json = False) -> None:
    """Show queue, feeds, registers, who is withheld and why, policy and trail."""
    with opened() as deployment:
        found = state_of(deployment)
    if json:
        screen.document(found)
    else:
        _show(found)


def _show(found: State) -> None:
    policy, trail, queue, clients = found["policy"], found["trail"], found["queue"], found["clients"]
    facts = {
        "policy in force": f"{policy['name']}, version {policy['version']}, {policy['digest']}",
        "data rests in": found["data_location"],
        "people": found["people"],
        "waiting for a trace": f"{queue['waiting']}, the oldest since {queue['oldest_due']} ({queue['oldest_age']})",
        "last traces": _counts(queue["last_outcomes"]),
        "PDS": found["pds"]["state"],
        "matches to look at": found["reviews"],
        "clients": f"{clients['registered']}; {clients['ending_within_30_days']} agreements end within 30 days,"
        f" {clients['ended']} have ended",
        "files over MESH": files(found["mesh"]),
        "trail": f"{trail['segments']} segments, newest head {trail['newest_head']}",
    }
    screen.table(("", ""), facts.items())
    _list("feeds", found["feeds"])
    _list("registers", found["registers"])
    screen.line("")
    for counted in found["withheld"]:
        told = _counts(counted["rules"])
        screen.line(f"{counted['asker']}, {counted['category']}: {counted['people']} people withheld; {told}")
    for alarm in found["alarms"]:
        screen.line(f"ALARM: {alarm}")


def _list(title: str, lines: list[dict[str, Any]]) -> None:
    screen.line("")
    heads = list(lines[0]) if lines else []
    screen.table([head.replace("_", " ") for head in heads], [list(line.values()) for line in lines], title)


def _counts(counted: dict[str, int]) -> str:
    return ", ".join(f"{number} {word}" for word, number in counted.items()) or "none"
