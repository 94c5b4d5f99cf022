"""How does a folder that a council writes into get emptied?

Each file is taken in as `asc-fhir load` takes it in, one after the other, and put away with a report that says what
became of it and where its problems are, without their values. Whatever ends this, nothing is lost: what was under way
is taken up again by whoever watches next. A database or a trail that fails ends it; the files stay.
"""

from __future__ import annotations

import sqlite3
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import psycopg
import typer

from adapter.claim import Claim
from adapter.commands import screen
from adapter.commands.loading import Problems, ready, receive
from adapter.commands.opened import opened
from adapter.deployment import Deployment
from adapter.extract import OUTCOMES
from adapter.inbox import Inbox, called
from adapter.instant import millis, shown
from adapter.intake import Intake
from adapter.trail import TrailError
from mappings.problems import Problem

_MOST_LISTED = 10_000
# No fault of the file: it is left for when they have gone.
_OURS = (sqlite3.Error, psycopg.Error, TrailError, OSError)


def watch(
    folder: Annotated[Path, typer.Argument(help="The folder that files are written into.")],
    council: Annotated[str, typer.Option(help="Code of the council whose records these are.")],
    source: Annotated[str, typer.Option(help="Which of its systems they come from.")] = "case management",
    mapping: Annotated[str, typer.Option(help="A shipped mapping's name, or the path of one.")] = "case-xml",
    steady: Annotated[float, typer.Option(min=0, help="Seconds for which a file must not have changed.")] = 2.0,
    once: Annotated[bool, typer.Option("--once", help="Take in what is there, and end.")] = False,
) -> None:
    """Take in every file that is written into a folder."""
    with opened() as deployment:
        listed = _Listed()
        intake = ready(deployment, mapping, council, source, Problems([listed]))
        inbox = Inbox(folder)
        inbox.prepare()
        inbox.look()
        while True:
            for held in inbox.left_behind():
                _take(deployment, intake, inbox, held, listed)
            time.sleep(steady)
            for path in inbox.look():
                taken = inbox.take(path, deployment.now())
                if taken is not None:
                    _take(deployment, intake, inbox, taken, listed)
            if once:
                return


@dataclass
class _Listed:
    """The problems of one file, as its report lists them."""

    problems: list[dict[str, object]] = field(default_factory=list)

    def add(self, problem: Problem) -> None:
        if len(self.problems) < _MOST_LISTED:
            told = ("line", "field", "reason", "effect")
            self.problems.append({name: getattr(problem, name) for name in told})


def _take(deployment: Deployment, intake: Intake, inbox: Inbox, held: Claim, listed: _Listed) -> None:
    listed.problems.clear()
    report: dict[str, Any] = {"file": called(held), "council": intake.council.code}
    report |= _outcome(intake, held) | {"listed": listed.problems, "at": shown(millis(deployment.now()))}
    ended = inbox.end(held, "done" if report["state"] == "done" else "failed", report)
    counts = ", ".join(f"{report['counts'].get(outcome, 0)} {outcome}" for outcome in OUTCOMES)
    problems = sum(report["problems"].values())
    screen.line(f"{report['at']} {report['file']}: {counts}, {problems} problems; {ended.parent.name}/{ended.name}")


def _outcome(intake: Intake, held: Claim) -> dict[str, Any]:
    try:
        with held.path.open("rb") as stream:
            receipt = receive(intake, stream, called(held))
    except _OURS:
        held.let_go()
        raise
    except Exception as fault:
        # One file that nobody foresaw does not keep the others waiting.
        return {"state": "failed", "fault": type(fault).__name__, "counts": {}, "problems": {}}
    state = "done" if receipt.complete else "stopped"
    return {"state": state, "counts": dict(receipt.counts), "problems": dict(receipt.problems)}
