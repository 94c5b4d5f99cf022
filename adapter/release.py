"""What leaves?

Every answer about a person is made here and nowhere else: the asking is admitted, the world that it may see is
selected by the database, the FHIR interaction runs on that world alone, the trail is made durable, and only then is
there something to answer with. Whatever fails, withholds.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

from adapter.admission import Admission, Asking, World
from adapter.body import Bodies, Body
from adapter.clients import Registration
from adapter.consequence import relate
from adapter.database import Ask, Door, Office, Select
from adapter.instant import Clock, millis, shown
from adapter.outcome import Feed, RefusedError
from adapter.query import Identifying
from adapter.trail import Trail
from consent.policy import Policy

Rows = list[tuple[Any, ...]]
Steps = Generator[Ask | Select, Rows, Any]

FEEDS = Select("SELECT code, name, created FROM visible_feed ORDER BY code")
IDENTIFY = "SELECT DISTINCT person, council FROM identifiable WHERE name = :name AND value = :value"


class Interaction(NamedTuple):
    """What to do in the visible world, and whom the request identifies in full, if anybody."""

    run: Callable[[World], Steps]
    identifies: Callable[[World], Identifying | None] | None = None
    # Whether every answer says as of when the data speaks; one that finds nothing says it always.
    tells_feed: bool = False
    # Whether what it finds, it finds in one selection.
    at_once: bool = False
    # What the trail is told of the answer, beside whom it is about.
    counts: Callable[[Any], dict[str, Any]] = lambda _answer: {}


class Released(NamedTuple):
    """What may leave. Only Release makes one."""

    bodies: tuple[Body, ...]
    answer: Any
    feeds: tuple[Feed, ...]
    world: World


@dataclass
class Release:
    """The door, wired."""

    policy: Policy
    door: Door
    office: Office
    trail: Trail
    clock: Clock
    bodies: Bodies
    seal: bytes
    admission: Admission

    async def __call__(self, asking: Asking, interaction: Interaction) -> Released:
        """Release what the asking may see; raises RefusedError for a fault of the asking, once that is recorded."""
        now = millis(self.clock())
        try:
            if interaction.identifies:
                await self._identify(asking, interaction, now)
            released = await self.door.run(self._at_once(asking, interaction, now))
        except RefusedError as refused:
            await self.refuse(asking, refused.cause)
            refused.recorded = True
            raise
        await self.trail.record(self._release_event(asking, now, released) | interaction.counts(released.answer))
        return released

    async def registration(self, asking: Asking) -> Registration:
        """Give the asking client its own registration; raises RefusedError where there is none in force."""
        now = millis(self.clock())
        client = await self.door.run(self.admission.registration(asking, now))
        await self.trail.record(self._event(asking, now, "released"))
        return client

    async def refuse(self, asking: Asking, cause: str) -> None:
        """Record a request that ended before anybody was asked about."""
        await self.trail.record(self._event(asking, millis(self.clock()), "refused") | {"cause": cause})

    def _at_once(self, asking: Asking, interaction: Interaction, now: int) -> Generator[Ask | Select, Rows, Released]:
        """Look as the asking was admitted before; only where that shows nothing, admit it anew."""
        known = self.admission.remembered(asking, now) if interaction.at_once else None
        if known and known[0].identifiable:
            world, ask = known
            yield ask
            bodies, answer = yield from interaction.run(world)
            if bodies:
                return Released(tuple(bodies), answer, (), world)
        return (yield from self._project(asking, interaction, now))

    def _project(self, asking: Asking, interaction: Interaction, now: int) -> Generator[Ask | Select, Rows, Released]:
        world = yield from self.admission.steps(asking, now)
        if not world.identifiable:
            raise RefusedError("identifiable-not-allowed")
        bodies, answer = yield from interaction.run(world)
        feeds = (yield FEEDS) if interaction.tells_feed or not bodies else []
        spoken = tuple(Feed(name, shown(created) if created is not None else None) for _, name, created in feeds)
        return Released(tuple(bodies), answer, spoken, world)

    async def _identify(self, asking: Asking, interaction: Interaction, now: int) -> None:
        """Record the relationship that a search asserts by identifying exactly one person of a council in full."""
        world, rows = await self.door.run(self._find(asking, interaction, now))
        of_council: defaultdict[int, list[int]] = defaultdict(list)
        for person, council in rows:
            of_council[council].append(person)
        people = [found[0] for found in of_council.values() if len(found) == 1]
        if people:
            # On record before it holds: nothing opens a record that the trail does not know of.
            await self.trail.record(self._event(asking, now, "asserted") | {"people": people})
            await asyncio.get_running_loop().run_in_executor(None, self._assert, world, people, now)

    def _find(
        self, asking: Asking, interaction: Interaction, now: int
    ) -> Generator[Ask | Select, Rows, tuple[World, Rows]]:
        world = yield from self.admission.steps(asking, now)
        named = interaction.identifies(world) if world.asserts and interaction.identifies else None
        if named is None:
            return world, []
        rows = yield Select(IDENTIFY, {"name": named.name, "value": named.value})
        return world, rows

    def _assert(self, world: World, people: list[int], now: int) -> None:
        asker = world.asker
        ends = now + int(self.policy.assertion(asker.client.recipient).total_seconds() * 1000)
        with self.office.transaction() as transaction:
            for person in people:
                relate(
                    transaction,
                    asker.context.organisation or "",
                    person,
                    "asserted",
                    starts=now,
                    ends=ends,
                    client=asker.client.id,
                    by=asker.context.user or "",
                )

    def _event(self, asking: Asking, now: int, outcome: str) -> dict[str, Any]:
        said = asking.context
        event = {
            "kind": asking.interaction,
            "at": shown(now),
            "outcome": outcome,
            "client": asking.client,
            "organisation": said.organisation,
            "user": said.user,
            "role": said.role,
            "purpose": said.purpose,
            "type": asking.type,
            "request": asking.request_id,
        }
        if asking.searched:
            digest = hashlib.blake2b(asking.searched.encode(), key=self.seal, digest_size=16)
            event["searched"] = digest.hexdigest()
        return event

    def _release_event(self, asking: Asking, now: int, released: Released) -> dict[str, Any]:
        event = self._event(asking, now, "released" if released.bodies else "nothing")
        event["epoch"] = released.world.epoch
        event["people"] = sorted({body.person for body in released.bodies})
        event["resources"] = [body.mark for body in released.bodies]
        return event


def canonical_search(kind: str, parameters: list[tuple[str, str]]) -> str:
    """A search written one way, so that its keyed hash is the same for the same question."""
    return kind + orjson.dumps(sorted(parameters)).decode()
