"""How does an officer decide about a match of which PDS is not sure?

The list shows numbers in full, since nobody could look a candidate up otherwise; the trail says that it was read.
"""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import typer

from adapter import review as decisions
from adapter.commands import screen
from adapter.commands.failure import WrongUse
from adapter.commands.opened import opened
from adapter.commands.words import when
from adapter.deployment import Deployment
from adapter.doubt import Doubt
from adapter.pace import shared_pace
from adapter.pds import client_for
from pds_client.client import PdsClient
from pds_client.outcomes import Candidate

app = typer.Typer(help="Decide about matches of which PDS is not sure.", no_args_is_help=True)
_NO_PDS = "no PDS is set, and it has to be asked once more: see the settings that begin with ASC_FHIR_PDS_"

Review = Annotated[int, typer.Argument(help="Its number on the list.")]
By = Annotated[str, typer.Option(help="Name of the officer who decides.")]


@app.command("list")
def list_(json: screen.Json = False) -> None:
    """List the matches that wait for a decision, oldest first."""
    with opened() as deployment:
        found = decisions.listed(deployment)
    if json:
        screen.document([_document(doubt) for doubt in found])
        return
    rows = [
        (
            doubt.id,
            doubt.council,
            doubt.local_id,
            doubt.cause,
            ", ".join(doubt.agreed) or "-",
            ", ".join(doubt.conflicting) or "-",
            "; ".join(f"{place}: {_spoken(each)}" for place, each in enumerate(doubt.candidates, start=1)) or "none",
            when(doubt.opened),
        )
        for doubt in found
    ]
    heads = ("review", "council", "person", "why", "agrees", "differs", "candidates", "since")
    screen.table(heads, rows, "matches to look at")


@app.command()
def accept(
    review: Review,
    by: By,
    candidate: Annotated[int | None, typer.Option(help="Which candidate; not needed where there is one.")] = None,
    json: screen.Json = False,
) -> None:
    """Let a candidate be the person; PDS is asked once more."""
    with opened() as deployment:
        client = client_for(deployment.settings, deployment.policy, shared_pace(deployment).turn)
        if client is None:
            raise WrongUse(_NO_PDS)
        asyncio.run(_accept(deployment, client, by, review, candidate))
    _told(review, "accepted", "the number is verified; the trail and the evidence name who decided", json)


@app.command()
def reject(review: Review, by: By, json: screen.Json = False) -> None:
    """Let none of the candidates be the person; they are traced again when their record changes."""
    with opened() as deployment:
        decisions.reject(deployment, by, review)
    _told(review, "rejected", "nobody is asked again until the person's record changes", json)


async def _accept(deployment: Deployment, client: PdsClient, by: str, review: int, candidate: int | None) -> None:
    door = deployment.engine.door()
    await door.open()
    try:
        async with client:
            await decisions.accept(deployment, door, by, review, candidate, client.read)
    finally:
        await door.close()


def _told(review: int, decision: str, meaning: str, json: bool) -> None:
    if json:
        screen.document({"review": review, "decision": decision})
    else:
        screen.line(f"review {review} is {decision}: {meaning}")


def _document(doubt: Doubt) -> dict[str, Any]:
    return {
        "review": doubt.id,
        "council": doubt.council,
        "person": doubt.local_id,
        "cause": doubt.cause,
        "agreed": list(doubt.agreed),
        "conflicting": list(doubt.conflicting),
        "candidates": [
            {"candidate": place, "nhs_number": each.nhs_number.value, "score": each.score}
            for place, each in enumerate(doubt.candidates, start=1)
        ],
        "since": when(doubt.opened),
    }


def _spoken(candidate: Candidate) -> str:
    number = candidate.nhs_number.value
    scored = "" if candidate.score is None else f", score {candidate.score:g}"
    return f"{number[:3]} {number[3:6]} {number[6:]}{scored}"
