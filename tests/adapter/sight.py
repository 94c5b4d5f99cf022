"""What does somebody see, straight from the database's door?

seen(world, WARD)                         the parts of A1's resources that a ward may see: {"patient/carrier", ...}
found(world, WARD)                        the terms by which it may find them
answers(world, "SELECT ...", ask=...)     the rows of each statement, or the fault that the database answered with
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import psycopg

from adapter.consequence import relate
from adapter.database import OURS, Ask, Program, Select
from adapter.instant import NEVER, millis
from adapter.permits import intern_view
from consent.model import Channel, View
from tests.world import World

FAULTS = (sqlite3.Error, psycopg.Error)
Rows = list[tuple[Any, ...]]


@dataclass(frozen=True)
class Eye:
    """Who looks: as what, for what, from which organisation, with which client."""

    recipient: str
    role: str = "clinician"
    purpose: str = "TREAT"
    organisation: str = "RYJ"
    client: str = "client-1"
    channel: Channel = Channel.POINT_TO_POINT
    council: int = 0
    may_assert: int = 0

    @property
    def view(self) -> View:
        """Its view of people elsewhere."""
        return View("local-authority" if self.council else self.recipient, self.role, self.purpose, self.channel)

    @property
    def own_view(self) -> View:
        """Its view of its own council's people."""
        return View(self.recipient, self.role, self.purpose, self.channel)


WARD = Eye("hospital")
GP = Eye("gp", organisation="E87991")
LANTERN = Eye("care-provider", role="care-worker", organisation="A1B2C")
RECORD = Eye("integrated-record", role="system", organisation="QRV", channel=Channel.INTEGRATED_RECORD)
SOCIAL_WORKER = Eye("council", role="social-worker", organisation="713", council=1)
OFFICER = Eye("council", role="governance-officer", purpose="HSYSADMIN", organisation="713", council=1)


def asking(world: World, eye: Eye) -> Ask:
    """The asking of an eye, now; its views are interned as a registration would."""
    policy = world.deployment.policy
    with world.deployment.office.transaction() as transaction:
        view, own_view = (intern_view(transaction, policy, each) for each in (eye.view, eye.own_view))
    return Ask(
        now=millis(world.time),
        client=eye.client,
        organisation=eye.organisation,
        council=eye.council,
        view=view,
        own_view=own_view,
        may_assert=eye.may_assert,
        registration=OURS,
    )


def involve(
    world: World, local_id: str = "A1", eye: Eye = WARD, *, client: str = "", hours: float | None = None
) -> None:
    """Put on file that an organisation is directly involved in a person's care, for good unless hours are said."""
    now = millis(world.time)
    ends = NEVER if hours is None else now + int(hours * 3_600_000)
    person = world.person(local_id)
    with world.deployment.office.transaction() as transaction:
        relate(transaction, eye.organisation, person, "asserted", starts=now, ends=ends, client=client)


def through_door(world: World, *programs: Program[Any]) -> list[Any]:
    """Run programs one after another on one door; a database's fault stands where the answer would."""
    return asyncio.run(_through_door(world, programs))


async def _through_door(world: World, programs: tuple[Program[Any], ...]) -> list[Any]:
    door = world.deployment.engine.door()
    await door.open()
    answered: list[Any] = []
    try:
        for program in programs:
            try:
                answered.append(await door.run(program))
            except FAULTS as fault:
                answered.append(fault)
    finally:
        await door.close()
    return answered


def reading(sql: str, ask: Ask | None = None, **parameters: Any) -> Generator[Ask | Select, Rows, Rows]:
    """A program of one read."""
    if ask is not None:
        yield ask
    return (yield Select(sql, parameters))


def answers(world: World, *statements: str, ask: Ask | None = None) -> list[Any]:
    """The rows of each statement, run as a program of its own, or the fault that the database answered with."""
    return through_door(world, *(reading(sql, ask) for sql in statements))


def select(world: World, sql: str, ask: Ask | None = None, **parameters: Any) -> Rows:
    """The rows of one read."""
    (answer,) = through_door(world, reading(sql, ask, **parameters))
    if isinstance(answer, Exception):
        raise answer
    rows: Rows = answer
    return rows


def seen(world: World, eye: Eye, local_id: str = "A1") -> set[str]:
    """The visible parts of a person's resources: `key/part`, without their Provenance."""
    names = {number: name for number, name in _facets(world, local_id) if not name.startswith("provenance:")}
    rows = select(world, "SELECT id, type FROM visible_facet", asking(world, eye))
    return {names[number] for number, _ in rows if number in names}


def everything(world: World, local_id: str = "A1") -> set[str]:
    """Every current part of a person's resources, as the office knows them."""
    return {name for _, name in _facets(world, local_id) if not name.startswith("provenance:")}


def told(world: World, eye: Eye, local_id: str = "A1") -> str:
    """Every visible byte of a person's resources, Provenance too."""
    person = world.person(local_id)
    rows = select(
        world,
        "SELECT body, type FROM visible_facet WHERE person = :person",
        asking(world, eye),
        person=person,
    )
    return "\n".join(sorted(bytes(body).decode() for body, _ in rows))


def found(world: World, eye: Eye, local_id: str = "A1") -> set[tuple[str, str]]:
    """The terms by which an eye may find a person's resources: (parameter, value)."""
    person = world.person(local_id)
    rows = select(
        world, "SELECT name, value FROM visible_term WHERE person = :person", asking(world, eye), person=person
    )
    return {(name, value) for name, value in rows}


def _facets(world: World, local_id: str) -> Rows:
    rows = world.rows(
        "SELECT f.id, r.key, f.part FROM facet f JOIN resource r ON r.id = f.resource"
        " WHERE f.person = :person AND f.ended IS NULL",
        person=world.person(local_id),
    )
    return [(number, f"{key}/{part}") for number, key, part in rows]


def tables(world: World) -> dict[str, Rows]:
    """Every row of every table."""
    url = world.deployment.settings.database_url
    names = (
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
        if url.startswith("postgresql")
        else "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    )
    return {name: world.rows(f"SELECT * FROM {name}") for (name,) in sorted(world.rows(names))}


def kept(world: World) -> str:
    """Every word that is kept in any table, text or bytes."""
    return "\n".join(
        bytes(value).decode("utf-8", "replace") if isinstance(value, bytes | memoryview) else str(value)
        for rows in tables(world).values()
        for row in rows
        for value in row
    )
