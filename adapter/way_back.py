"""How does the council's case system fetch the NHS numbers of its own people?

    GET /push/{council}/nhs-numbers?since=

By pull alone, page by page, with a purpose of use and a named user as for any reading of records; every page is a
release to the council, on record before it leaves. Numbers stand in the body and never in an address.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Annotated, Any

from fastapi import FastAPI, Path, Query, Response
from fastapi import Request as Received

from adapter.admission import World
from adapter.cursor import Cursors
from adapter.instant import millis, read_instant
from adapter.numbers import Page, next_since, page
from adapter.outcome import RefusedError
from adapter.reception import Reception, told
from adapter.release import Interaction, Steps
from adapter.rest import Request
from adapter.scopes import allows

NUMBERS = "nhs-numbers"
_MOST = 200
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "A page of trace results; `next` leads to the next one."},
    401: {"description": "No valid access token (OperationOutcome)."},
    403: {"description": "Not this council's own system, or no purpose or named user (OperationOutcome)."},
}


@dataclass
class WayBack:
    """The way on which numbers go back, of one worker."""

    reception: Reception
    cursors: Cursors
    base: str

    async def fetch(self, received: Received, council: str, since: str, cursor: str) -> Response:
        """Answer with one page."""

        async def work(request: Request) -> Response:
            asking = await self.reception.admit(request, NUMBERS, council, _reads_people)
            release = self.reception.release
            now = release.clock()
            interaction = Interaction(partial(self._steps, council, since, cursor), counts=_counts)
            released = await release(asking, interaction)
            asked, found = released.answer
            content: dict[str, Any] = {"council": council, "nextSince": _next_since(asked, now)}
            content["numbers"] = [line.document() for line in found.lines]
            if found.next_after is not None:
                content["next"] = self._next(released.world, council, asked | content, found.next_after)
            return told(200, content)

        return await self.reception.answer(received, NUMBERS, work)

    def _steps(self, council: str, since: str, cursor: str, world: World) -> Steps:
        asked, after = {"since": since}, 0
        if cursor:
            said, after = self.cursors.open(world.asker, world.epoch, f"{NUMBERS}/{council}", cursor)
            asked = dict(said)
        bodies, found = yield from page(self.reception.release.bodies, _since(asked["since"]), after, _MOST)
        return bodies, (asked, found)

    def _next(self, world: World, council: str, asked: dict[str, Any], after: int) -> str:
        carried = [(name, asked[name]) for name in ("since", "nextSince")]
        sealed = self.cursors.seal(world.asker, world.epoch, f"{NUMBERS}/{council}", carried, after)
        return f"{self.base.removesuffix('/fhir')}/push/{council}/{NUMBERS}?cursor={sealed}"


def add_way_back(app: FastAPI, way: WayBack) -> None:
    """Answer at this address."""

    @app.get("/push/{council}/nhs-numbers", responses=_ANSWERS, tags=["push"])
    async def nhs_numbers(
        request: Received,
        council: Annotated[str, Path(description="The council's code.")],
        since: Annotated[str, Query(description="Only what was settled from this instant on.")] = "",
        cursor: Annotated[str, Query(description="As `next` of the page before says it.")] = "",
    ) -> Response:
        """List what came of asking PDS about the council's own people."""
        return await way.fetch(request, council, since, cursor)


def _reads_people(scopes: frozenset[str]) -> bool:
    return allows(scopes, "Patient", "r") and allows(scopes, "Patient", "s")


def _counts(answer: tuple[dict[str, str], Page]) -> dict[str, Any]:
    return {"counts": answer[1].counts()}


def _since(said: str) -> int:
    if not said:
        return 0
    try:
        return max(millis(read_instant(said)), 1)
    except (ValueError, OverflowError):
        raise RefusedError("bad-parameter") from None


def _next_since(asked: dict[str, str], now: datetime) -> str:
    """From when the next listing is to go on: as the first page said it."""
    return asked.get("nextSince") or next_since(now)
