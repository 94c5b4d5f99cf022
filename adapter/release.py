"""What leaves?

Every answer about a person is made here and nowhere else: the asking is admitted, the world that it may see is
selected by the database, the FHIR interaction runs on that world alone, the trail is made durable, and only then is
there something to answer with. Whatever fails, withholds.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any

import orjson

from adapter.asker import Asker, Context, admit, asserts, in_force
from adapter.body import Bodies, Body
from adapter.clients import COLUMNS, Registration, read_registration
from adapter.consequence import relate
from adapter.database import Ask, Door, Office, Select
from adapter.instant import Clock, millis, shown
from adapter.outcome import Feed, RefusedError
from adapter.query import Identifying
from adapter.trail import Trail
from consent.model import View
from consent.policy import Policy

Steps = Generator[Ask | Select, list[tuple[Any, ...]], Any]

_REGISTRATION = Select(f"SELECT {COLUMNS}, epoch FROM visible_registration")
_VIEWS = Select("SELECT id, recipient, role, purpose, channel FROM visible_view")
_FEEDS = Select("SELECT code, name, created FROM visible_feed ORDER BY code")
_MOST_ADMITTED = 10_000
_IDENTIFY = "SELECT DISTINCT person, council FROM identifiable WHERE name = :name AND value = :value"


@dataclass(frozen=True, slots=True)
class Asking:
    """One request at the door: whose token, what its headers say, and what it would do."""

    client: str
    scopes: frozenset[str]
    context: Context
    interaction: str
    type: str
    request_id: str
    # What was searched for, for the trail's keyed hash; never kept in clear.
    searched: str = ""


@dataclass(frozen=True, slots=True)
class World:
    """What an interaction may know beside the visible views: who asks, under which policy."""

    asker: Asker
    epoch: int


@dataclass(frozen=True, slots=True)
class Released:
    """What may leave. Only Release makes one."""

    bodies: tuple[Body, ...]
    answer: Any
    feeds: tuple[Feed, ...]
    world: World


@dataclass(frozen=True, slots=True)
class Interaction:
    """What to do in the visible world, and whom the request identifies in full, if anybody."""

    run: Callable[[World], Steps]
    identifies: Callable[[World], Identifying | None] | None = None
    # Whether every answer says as of when the data speaks; one that finds nothing says it always.
    tells_feed: bool = False


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
    _views: dict[View, int] = field(default_factory=dict)
    # What a registration's row, as it stands in the database, admits an asking to; by row, so that a changed one is
    # a new one.
    _admitted: dict[tuple[Any, ...], Asker] = field(default_factory=dict)

    async def __call__(self, asking: Asking, interaction: Interaction) -> Released:
        """Release what the asking may see; raises RefusedError for a fault of the asking, once that is recorded."""
        now = millis(self.clock())
        try:
            asserted = await self._identify(asking, interaction, now)
            released = await self.door.run(self._project(asking, interaction, now))
        except RefusedError as refused:
            await self.refuse(asking, refused.cause)
            refused.recorded = True
            raise
        await self.trail.record(self._released_event(asking, now, released, asserted))
        return released

    async def registration(self, asking: Asking) -> Registration:
        """Give the asking client its own registration; raises RefusedError where there is none in force."""
        now = millis(self.clock())
        client = await self.door.run(self._registered(asking, now))
        if client is None or not in_force(client, now):
            raise RefusedError("agreement-ended" if client else "unknown-client")
        await self.trail.record(self._event(asking, now, "released"))
        return client

    async def refuse(self, asking: Asking, cause: str) -> None:
        """Record a request that ended before anybody was asked about."""
        await self.trail.record(self._event(asking, millis(self.clock()), "refused") | {"cause": cause})

    def _registered(
        self, asking: Asking, now: int
    ) -> Generator[Ask | Select, list[tuple[Any, ...]], Registration | None]:
        yield Ask(now=now, client=asking.client)
        rows = yield _REGISTRATION
        return read_registration(rows[0]) if rows else None

    def _admit(self, asking: Asking, now: int) -> Generator[Ask | Select, list[tuple[Any, ...]], World]:
        yield Ask(now=now, client=asking.client)
        rows = yield _REGISTRATION
        if not rows:
            raise RefusedError("unknown-client")
        asker = self._asker(rows[0], asking.context, now)
        client = asker.client
        if asker.own_view not in self._views:
            views = yield _VIEWS
            self._views = {View(*row[1:]): row[0] for row in views}
        yield Ask(
            now=now,
            client=client.id,
            organisation=asking.context.organisation or "",
            council=client.council,
            view=self._views.get(asker.view, 0),
            own_view=self._views.get(asker.own_view, 0),
            may_assert=int(asserts(self.policy, asker)),
        )
        return World(asker, rows[0][-1])

    def _asker(self, row: tuple[Any, ...], said: Context, now: int) -> Asker:
        asker = self._admitted.get((row, said))
        if asker is None or not in_force(asker.client, now):
            asker = admit(self.policy, read_registration(row), said, now)
            if len(self._admitted) >= _MOST_ADMITTED:
                self._admitted.clear()
            self._admitted[row, said] = asker
        return asker

    def _project(
        self, asking: Asking, interaction: Interaction, now: int
    ) -> Generator[Ask | Select, list[tuple[Any, ...]], Released]:
        world = yield from self._admit(asking, now)
        if not world.asker.row.identifiable:
            raise RefusedError("identifiable-not-allowed")
        bodies, answer = yield from interaction.run(world)
        feeds = (yield _FEEDS) if interaction.tells_feed or not bodies else []
        known = tuple(Feed(name, shown(created) if created is not None else None) for _, name, created in feeds)
        return Released(tuple(bodies), answer, known, world)

    async def _identify(self, asking: Asking, interaction: Interaction, now: int) -> list[int]:
        """Record the relationship that a search asserts by identifying exactly one person of a council in full."""
        if interaction.identifies is None:
            return []
        found = await self.door.run(self._find(asking, interaction, now))
        if found is None:
            return []
        world, rows = found
        of_council: dict[int, list[int]] = {}
        for person, council in rows:
            of_council.setdefault(council, []).append(person)
        people = [people[0] for people in of_council.values() if len(people) == 1]
        if people:
            await asyncio.get_running_loop().run_in_executor(None, self._assert, world, people, now)
        return people

    def _find(
        self, asking: Asking, interaction: Interaction, now: int
    ) -> Generator[Ask | Select, list[tuple[Any, ...]], tuple[World, list[tuple[Any, ...]]] | None]:
        world = yield from self._admit(asking, now)
        may = interaction.identifies is not None and asserts(self.policy, world.asker)
        named = interaction.identifies(world) if may and interaction.identifies else None
        if named is None:
            return None
        rows = yield Select(_IDENTIFY, {"name": named.name, "value": named.value})
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
            event["searched"] = hashlib.blake2b(asking.searched.encode(), key=self.seal, digest_size=16).hexdigest()
        return event

    def _released_event(self, asking: Asking, now: int, released: Released, asserted: list[int]) -> dict[str, Any]:
        event = self._event(asking, now, "released" if released.bodies else "nothing")
        event["epoch"] = released.world.epoch
        event["people"] = sorted({body.person for body in released.bodies})
        event["resources"] = [f"{body.reference}@{body.version}" for body in released.bodies]
        if asserted:
            event["asserted"] = asserted
        return event


def canonical_search(kind: str, parameters: list[tuple[str, str]]) -> str:
    """A search written one way, so that its keyed hash is the same for the same question."""
    return kind + orjson.dumps(sorted(parameters)).decode()
