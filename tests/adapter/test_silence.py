"""Does a log hold anything about a person, or a secret, when people are traced and decided about?"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest

from adapter import review
from adapter.identify import Identify
from adapter.trail import Trail
from pds_client.auth import make_key_pair
from pds_client.client import PdsClient
from pds_client.errors import FullStop
from pds_client.simulator import Served, Simulator, serve
from tests.adapter.test_identify import NEWER, NUMBER, OTHER
from tests.adapter.test_review import the
from tests.world import World, case, pds_record

GIVEN = "Ottoline"
PRIVATE, PUBLIC = make_key_pair("key-1", bits=2048)
# Nothing that a hash may hold by chance.
SAID = f"{NUMBER}|{OTHER}|{NEWER}|Marlowe|Ottoline|Quill|1941-03-05|SW1A|Invented Row|020 7946"
SECRET = r"Bearer\s+\w|eyJ|PRIVATE KEY|client_assertion="
GIVEN_AWAY = re.compile(f"{SAID}|{SECRET}", re.IGNORECASE)


class Everything(logging.Handler):
    """Keeps what is logged by anybody, with every attribute of the record."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        said = {name: value for name, value in vars(record).items() if name not in ("pathname", "filename")}
        self.lines.append(f"{record.getMessage()} {said!r}")


@pytest.fixture
def log() -> Iterator[list[str]]:
    """All that is logged while the test runs, at every level and by every library."""
    handler, root = Everything(), logging.getLogger()
    libraries = [logging.getLogger(name) for name in ("httpx", "httpcore", "psycopg", "psycopg.pool", "stamina")]
    levels = [(logger, logger.level) for logger in (root, *libraries)]
    root.addHandler(handler)
    for logger, _ in levels:
        logger.setLevel(logging.DEBUG)
    yield handler.lines
    for logger, level in levels:
        logger.setLevel(level)
    root.removeHandler(handler)


def known() -> Simulator:
    """A PDS that knows three numbers."""
    records = [pds_record(number, given=GIVEN) for number in (NUMBER, OTHER, NEWER)]
    return Simulator(records, clients={"api-key": PUBLIC})


async def work(world: World, served: Served, *decide: int) -> None:
    """Work the queue with a trail, over a socket, and accept what is to be decided."""
    trail = Trail(world.deployment.settings.trail, world.deployment.settings.node)
    door = world.deployment.engine.door()
    await door.open()
    client = PdsClient(
        base_url=served.base_url,
        token_url=served.token_url,
        api_key="api-key",
        key_id="key-1",
        private_key=PRIVATE,
        end_user_organisation="713",
        rate=10_000,
        attempts=2,
    )
    try:
        async with client:
            await Identify(world.deployment, door, client, trail.record).work(100)
            for which in decide:
                await review.accept(world.deployment, door, "C. Guardian", which, None, client.read)
    finally:
        await door.close()
        trail.close()


def a_full_life(world: World, simulator: Simulator, served: Served) -> None:
    """A match, a search, doubts, a decision, a second reading, faults, and the full stop."""
    world.load(
        case("A1", nhs_number=NUMBER, given=GIVEN),
        case("A2", family="Quill", given=GIVEN),
        case("A3", nhs_number=OTHER, given=GIVEN, born="1950-01-01"),
    )
    world.declare()
    simulator.fail_next(503, retry_after=0)
    asyncio.run(work(world, served))
    asyncio.run(work(world, served, the(world, "A3")))
    world.pass_time(days=8)
    world.declare()
    simulator.population.supersede(NUMBER, NEWER)
    asyncio.run(work(world, served))
    world.pass_time(days=8)
    world.declare()
    simulator.fail_next(200, body=b"{")
    asyncio.run(work(world, served))
    world.pass_time(hours=1)
    simulator.fail_next(401, times=2)
    with pytest.raises(FullStop) as stop:
        asyncio.run(work(world, served))
    logging.getLogger("adapter.app").error("tracing has stopped: %s", stop.value)


def test_no_log_line_holds_anything_about_a_person_or_a_secret(
    world: World, log: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    simulator = known()
    with serve(simulator) as served:
        a_full_life(world, simulator, served)
    printed = capfd.readouterr()
    outcomes = {outcome for (outcome,) in world.rows("SELECT outcome FROM trace")}
    assert outcomes >= {"Matched", "NoMatch", "Ambiguous", "Accepted", "Unchanged", "Superseded", "Unavailable"}
    assert len(log) > 20
    assert [line for line in [*log, printed.out, printed.err] if GIVEN_AWAY.search(line)] == []


def test_the_capture_would_notice_a_number(log: list[str]) -> None:
    logging.getLogger("httpx").info("HTTP Request: GET /Patient/%s", NUMBER)
    assert [line for line in log if GIVEN_AWAY.search(line)]


def test_neither_the_trail_nor_the_evidence_of_it_all_holds_a_number_or_a_name(world: World) -> None:
    simulator = known()
    with serve(simulator) as served:
        a_full_life(world, simulator, served)
    trail = "".join(path.read_text() for path in sorted(world.deployment.settings.trail.rglob("*")) if path.is_file())
    kept: list[Any] = world.rows("SELECT * FROM trace")
    assert '"kind":"trace"' in trail
    assert GIVEN_AWAY.search(trail) is None
    assert GIVEN_AWAY.search(repr(kept)) is None
