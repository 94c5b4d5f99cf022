"""How are the people who wait identified now?

Works the queue until nobody is due, or as many as were asked for. When PDS is not to be had, that is said and
everybody still waits. Where tracing had stopped because PDS did not accept who we are, it is tried again.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from time import perf_counter
from typing import Annotated

import typer

from adapter import queue
from adapter.commands import screen
from adapter.commands.failure import Refused, WrongUse
from adapter.commands.opened import opened
from adapter.commands.words import instant
from adapter.deployment import Deployment
from adapter.full_stop import resume
from adapter.identify import DOWN, Identify
from adapter.instant import millis
from adapter.pace import shared_pace
from adapter.pds import client_for
from adapter.trail import Trail
from pds_client.client import PdsClient

_AT_ONCE = 20
_NO_PDS = (
    "no PDS is set: set ASC_FHIR_PDS_BASE_URL, ASC_FHIR_PDS_TOKEN_URL, ASC_FHIR_PDS_API_KEY, ASC_FHIR_PDS_KEY_ID"
    " and ASC_FHIR_PDS_KEY_FILE"
)


def trace(
    limit: Annotated[int | None, typer.Option(min=1, help="Trace at most so many people.")] = None,
    since: Annotated[str, typer.Option(help="Only people who wait since this day or instant, or a later one.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be asked.")] = False,
    json: screen.Json = False,
) -> None:
    """Ask PDS who the people are who wait for it."""
    with opened() as deployment:
        client = client_for(deployment.settings, deployment.policy, shared_pace(deployment).turn)
        if client is None:
            raise WrongUse(_NO_PDS)
        queued = millis(instant("--since", since)) if since else 0
        age = timedelta(days=deployment.settings.pds_refresh_days)
        with deployment.office.transaction() as transaction:
            due = queue.due(transaction, deployment.now(), age, queued)
        people = due if limit is None else min(due, limit)
        if dry_run:
            _foretell(deployment, due, people, json)
            return
        with screen.progress() as progress:
            task = progress.add_task("asking PDS about people", total=people)
            found = asyncio.run(_work(deployment, client, people, queued, lambda: progress.advance(task)))
        waiting = _waiting(deployment)
    if json:
        screen.document({"outcomes": dict(found.outcomes), "calls": found.calls, "waiting": waiting} | found.pace)
    else:
        told = f"{found.calls} calls to PDS, {found.pace['calls_a_second']} a second; {waiting} people wait"
        screen.table(("outcome", "people"), found.outcomes.most_common(), told)
    if found.outcomes.keys() & DOWN:
        raise Refused(f"PDS is not to be had now; {waiting} people still wait, and no answer was taken for a no")


@dataclass(frozen=True, slots=True)
class _Found:
    """What came of a run: how the traces came out, the calls they took, and the seconds."""

    outcomes: Counter[str]
    calls: int
    seconds: float

    @property
    def pace(self) -> dict[str, float]:
        """How long it took, and how fast it was."""
        return {"seconds": round(self.seconds, 1), "calls_a_second": round(self.calls / max(self.seconds, 0.1), 1)}


async def _work(
    deployment: Deployment, client: PdsClient, people: int, since: int, on_person: Callable[[], None]
) -> _Found:
    trail = Trail(deployment.settings.trail, deployment.settings.node)
    door = deployment.engine.door()
    await door.open()
    identify = Identify(deployment, door, client, trail.record)
    # Whoever runs this is the officer for whom tracing waits where it has stopped.
    with deployment.office.transaction() as transaction:
        resume(transaction)
    began = perf_counter()
    try:
        async with client:
            while people > identify.outcomes.total():
                some = min(_AT_ONCE, people - identify.outcomes.total())
                worked = await identify.work(some, since=since, on_person=on_person)
                if not worked or worked.keys() & DOWN:
                    break
    finally:
        await door.close()
        trail.close()
    return _Found(identify.outcomes, identify.calls, perf_counter() - began)


def _foretell(deployment: Deployment, due: int, people: int, json: bool) -> None:
    rate = deployment.settings.pds_rate
    seconds = people / rate
    if json:
        screen.document(
            {"waiting": due, "people": people, "calls_at_least": people, "seconds_at_least": round(seconds, 1)}
        )
        return
    screen.line(f"{due} people wait; asking about {people} of them would take at least {people} calls to PDS")
    screen.line(f"at {rate:g} calls a second that is {timedelta(seconds=round(seconds))} or more (h:mm:ss)")


def _waiting(deployment: Deployment) -> int:
    with deployment.office.transaction() as transaction:
        return transaction.number("SELECT COUNT(*) FROM trace_queue")
