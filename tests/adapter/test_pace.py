"""Do all workers together keep to the rate?"""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime, timedelta

import pytest

from adapter.pace import SharedPace, shared_pace
from tests.world import World

SPACE = 204_000
SECOND = 1_000_000


def micros(at: datetime) -> int:
    return round(at.timestamp() * SECOND)


@pytest.fixture
def pace(world: World) -> SharedPace:
    """The pace of five calls a second."""
    return shared_pace(world.deployment)


def test_workers_that_ask_at_once_get_places_of_their_own(pace: SharedPace, world: World) -> None:
    places: list[int] = []
    workers = [threading.Thread(target=lambda: places.extend(pace.take() for _ in range(5))) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(places) == [micros(world.time) + place * SPACE for place in range(20)]


def test_no_second_ever_holds_more_places_than_the_rate_allows(pace: SharedPace, world: World) -> None:
    places = []
    for taken in range(300):
        places.append(pace.take())
        # Now and then nobody asks for a while, and what was not used is not saved up.
        world.pass_time(seconds=3 if taken % 50 == 49 else 0.05)
    assert all(later - earlier > SECOND for earlier, later in zip(places, places[5:], strict=False))


def test_a_place_is_never_in_the_past(pace: SharedPace, world: World) -> None:
    pace.take()
    world.pass_time(hours=1)
    assert pace.take() == micros(world.time)


def test_a_clock_that_was_set_back_holds_nobody_up(pace: SharedPace, world: World) -> None:
    pace.take()
    world.pass_time(hours=-1)
    assert pace.take() == micros(world.time)


def test_what_pds_knows_by_another_name_has_a_rate_of_its_own(pace: SharedPace, world: World) -> None:
    pace.take()
    world.deployment.settings.pds_api_key = "another"
    assert shared_pace(world.deployment).take() == micros(world.time)


def test_a_place_that_was_missed_is_not_used_late(world: World) -> None:
    world.deployment.settings.pds_rate = 10_000
    pace = shared_pace(world.deployment)
    taken: list[int] = []
    # The first place is taken before the machine stands still for a minute.
    instants = iter([0, 60, 60, 60, 60])
    world.deployment.clock = lambda: datetime(2026, 11, 22, tzinfo=UTC) + timedelta(seconds=next(instants, 60))
    asyncio.run(pace.turn())
    taken.append(pace.take())
    assert taken == [micros(datetime(2026, 11, 22, tzinfo=UTC) + timedelta(seconds=60)) + 102]
