"""How are the people who wait identified now?

Works the queue until nobody is due, or as many as were asked for. When PDS is not to be had, that is said and
everybody still waits.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Annotated

import typer

from adapter.commands import screen
from adapter.commands.failure import Refused, WrongUse
from adapter.commands.opened import opened
from adapter.deployment import Deployment
from adapter.identify import Identify
from adapter.instant import millis
from adapter.pds import client_for
from adapter.trail import Trail
from pds_client.client import PdsClient
from pds_client.outcomes import Refused as PdsRefused
from pds_client.outcomes import Unavailable

_AT_ONCE = 20
_NO_PDS = (
    "no PDS is set: set ASC_FHIR_PDS_BASE_URL, ASC_FHIR_PDS_TOKEN_URL, ASC_FHIR_PDS_API_KEY, ASC_FHIR_PDS_KEY_ID"
    " and ASC_FHIR_PDS_KEY_FILE"
)
_DOWN = frozenset({PdsRefused.__name__, Unavailable.__name__})


def trace(
    limit: Annotated[int | None, typer.Option(min=1, help="Trace at most so many people.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be asked.")] = False,
    json: screen.Json = False,
) -> None:
    """Ask PDS who the people are who wait for it."""
    with opened() as deployment:
        client = client_for(deployment.settings, deployment.policy)
        if client is None:
            raise WrongUse(_NO_PDS)
        due = _due(deployment)
        people = due if limit is None else min(due, limit)
        if dry_run:
            _foretell(due, people, json)
            return
        with screen.progress() as progress:
            task = progress.add_task("asking PDS about people", total=people)
            worked, calls = asyncio.run(_work(deployment, client, people, lambda: progress.advance(task)))
        waiting = _waiting(deployment)
    if json:
        screen.document({"outcomes": dict(worked), "calls": calls, "waiting": waiting})
    else:
        screen.table(("outcome", "people"), worked.most_common(), f"{calls} calls to PDS; {waiting} people wait")
    if worked.keys() & _DOWN:
        raise Refused(f"PDS is not to be had now; {waiting} people still wait, and no answer was taken for a no")


async def _work(
    deployment: Deployment, client: PdsClient, people: int, on_person: Callable[[], None]
) -> tuple[Counter[str], int]:
    trail = Trail(deployment.settings.trail, deployment.settings.node)
    door = deployment.engine.door()
    await door.open()
    identify = Identify(deployment, door, client, trail.record)
    try:
        async with client:
            while people > identify.outcomes.total():
                some = min(_AT_ONCE, people - identify.outcomes.total())
                worked = await identify.work(some, on_person=on_person)
                if not worked or worked.keys() & _DOWN:
                    break
    finally:
        await door.close()
        trail.close()
    return identify.outcomes, identify.calls


def _foretell(due: int, people: int, json: bool) -> None:
    if json:
        screen.document({"waiting": due, "people": people, "calls_at_least": people})
    else:
        screen.line(f"{due} people wait; asking about {people} of them would take at least {people} calls to PDS")


def _due(deployment: Deployment) -> int:
    now = millis(deployment.now())
    with deployment.office.transaction() as transaction:
        return transaction.number(
            "SELECT COUNT(*) FROM trace_queue WHERE due <= :now AND claimed_until < :now", now=now
        )


def _waiting(deployment: Deployment) -> int:
    with deployment.office.transaction() as transaction:
        return transaction.number("SELECT COUNT(*) FROM trace_queue")
