"""Whose turn it is to be traced, who is read again and when, and when nobody is asked about at all."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import httpx
import pytest

from adapter import queue
from adapter.full_stop import fingerprint, resume, stopped
from adapter.identify import Identify
from pds_client.errors import FullStop
from pds_client.simulator import Simulator
from tests.adapter.sight import GP, WARD, found, involve, seen, told
from tests.adapter.test_identify import NEWER, NUMBER, OTHER, mark, numbers, statuses, waiting
from tests.adapter.test_review import causes, kept_numbers, version, waits
from tests.world import World, case, pds_record


def people(world: World, *local_ids: str, sequence: int = 1) -> None:
    """Let people wait of whom PDS knows nothing."""
    world.load(*(case(who, family=f"Name{who}") for who in local_ids), sequence=sequence)
    world.declare()


def claim(world: World, most: int, **how: int) -> list[str]:
    """Claim people, as a worker does; their local ids."""
    with world.deployment.office.transaction() as transaction:
        claimed, _ = queue.claim(transaction, most, world.time, **how)
    names = dict(world.rows("SELECT id, local_id FROM person"))  # type: ignore[arg-type]
    return [names[person] for person, _ in claimed]


def second_council(world: World, *local_ids: str) -> int:
    """Another council of this deployment, whose people these are."""
    ((council,),) = world.rows("INSERT INTO council (code, name, ods) VALUES ('camden', 'Camden', '702') RETURNING id")
    for who in local_ids:
        world.rows("UPDATE person SET council = :council WHERE local_id = :who RETURNING id", council=council, who=who)
        world.rows(
            "UPDATE trace_queue SET council = :council WHERE person = :person RETURNING person",
            council=council,
            person=world.person(who),
        )
    return int(council)


def asked(world: World) -> list[str]:
    """What PDS was asked, tokens left out; then forgotten."""
    operations = [call.operation for call in world.pds.calls if call.operation != "token"]
    world.pds.calls.clear()
    return operations


@pytest.fixture
def matched(world: World) -> World:
    """A1 is matched."""
    world.load(case(nhs_number=NUMBER))
    world.know(pds_record(NUMBER))
    world.declare()
    assert world.trace() == {"Matched": 1}
    asked(world)
    return world


# ---------------------------------------------------------------- turns


def test_councils_take_turns_however_long_one_of_them_has_waited(world: World) -> None:
    people(world, *(f"A{n}" for n in range(1, 7)))
    world.pass_time(hours=1)
    people(world, "B1", "B2", sequence=2)
    second_council(world, "B1", "B2")
    assert claim(world, 4) == ["A1", "B1", "A2", "B2"]
    assert claim(world, 10) == ["A3", "A4", "A5", "A6"]


def test_the_council_that_was_served_last_is_behind_the_others(world: World) -> None:
    people(world, "A1", "A2", "B1", "B2")
    council = second_council(world, "B1", "B2")
    assert claim(world, 1, after=0) == ["A1"]
    assert claim(world, 1, after=council - 1) == ["B1"]
    assert claim(world, 1, after=council) == ["A2"]


def test_a_worker_that_takes_one_person_at_a_time_serves_every_council(world: World) -> None:
    people(world, "A1", "A2", "B1", "B2")
    second_council(world, "B1", "B2")
    world.know()

    async def one_at_a_time() -> None:
        door = world.deployment.engine.door()
        await door.open()
        async with world.pds_client() as client:
            identify = Identify(world.deployment, door, client, unrecorded)
            for _ in range(2):
                await identify.work(1)
        await door.close()

    asyncio.run(one_at_a_time())
    assert waiting(world) == [("A2",), ("B2",)]


def test_a_worker_does_not_wait_for_another_that_claims_and_takes_nobody_of_its(world: World) -> None:
    people(world, *(f"A{n}" for n in range(1, 7)))
    second: list[str] = []
    other = threading.Thread(target=lambda: second.extend(claim(world, 3)))
    with world.deployment.office.transaction() as transaction:
        first, _ = queue.claim(transaction, 3, world.time)
        other.start()
        if world.deployment.settings.database_url.startswith("postgresql"):
            other.join(20)
            assert not other.is_alive()
    other.join(20)
    names = dict(world.rows("SELECT id, local_id FROM person"))  # type: ignore[arg-type]
    assert len(second) == 3
    assert {names[person] for person, _ in first} & set(second) == set()


def test_only_who_waits_since_then_is_claimed_where_that_is_asked_for(world: World) -> None:
    people(world, "A1")
    world.pass_time(hours=1)
    since = int(world.time.timestamp() * 1000)
    people(world, "B1", sequence=2)
    assert claim(world, 10, since=since) == ["B1"]


def test_the_queue_outlives_a_worker_that_died_with_people_in_its_hands(world: World) -> None:
    people(world, "A1", "A2")
    assert len(claim(world, 2)) == 2
    assert claim(world, 2) == []
    world.pass_time(minutes=11)
    assert claim(world, 2) == ["A1", "A2"]


def test_whom_nobody_may_ask_about_does_not_come_back_at_each_declaration(world: World) -> None:
    world.know()
    people(world, "A1")
    mark(world, "A1", restricted=True)
    assert world.trace() == {"Withheld": 1}
    for _ in range(3):
        world.pass_time(hours=1)
        world.declare()
        assert waiting(world) == []
    mark(world, "A1", restricted=False)
    assert waiting(world) == [("A1",)]


@pytest.mark.parametrize(("set_for_all", "said"), [("", {"713", "702"}), ("X26", {"X26"})])
def test_pds_is_told_for_which_council_it_is_asked(world: World, set_for_all: str, said: set[str]) -> None:
    world.deployment.settings.pds_ods = set_for_all
    people(world, "A1", "B1")
    second_council(world, "B1")
    # The other council's register is declared too.
    world.rows(
        "INSERT INTO register (council, kind, as_of, listed, declared, declared_by)"
        " SELECT c.id, r.kind, r.as_of, 0, r.declared, 'officer' FROM register r, council c WHERE c.code = 'camden'"
        " RETURNING id"
    )
    world.know()
    organisations: set[str] = set()

    async def work() -> None:
        door = world.deployment.engine.door()
        await door.open()
        async with world.pds_client() as client:
            carry = client._transport.handle_async_request

            async def noted(request: httpx.Request) -> httpx.Response:
                if "oauth2" not in request.url.path:
                    organisations.add(request.headers["NHSD-End-User-Organisation-ODS"])
                return await carry(request)

            client._transport.handle_async_request = noted  # type: ignore[method-assign]
            assert await Identify(world.deployment, door, client, unrecorded).work(10) == {"NoMatch": 2}
        await door.close()

    asyncio.run(work())
    assert organisations == said


# ---------------------------------------------------------------- read again by age


def test_a_matched_person_is_read_again_after_some_days_with_one_call_and_keeps_everything(matched: World) -> None:
    involve(matched)
    before = (seen(matched, WARD), seen(matched, GP), found(matched, WARD), numbers(matched))
    facets = matched.rows("SELECT id, ended FROM facet ORDER BY id")
    matched.pass_time(days=6, hours=23)
    matched.declare()
    assert matched.trace() == {}
    matched.pass_time(hours=1)
    assert matched.trace() == {"Unchanged": 1}
    assert asked(matched) == ["read"]
    assert (seen(matched, WARD), seen(matched, GP), found(matched, WARD), numbers(matched)) == before
    assert matched.rows("SELECT id, ended FROM facet ORDER BY id") == facets
    assert (matched.trace(), waiting(matched)) == ({}, [])


def again(world: World, **time: float) -> dict[str, int]:
    """Trace once the time has come to read again."""
    world.pass_time(**(time or {"days": 8}))
    world.declare()
    return dict(world.trace())


def test_another_practice_and_protection_that_pds_tells_of_act(matched: World) -> None:
    involve(matched)
    matched.know(pds_record(NUMBER, practice="X99999") | {"meta": version(3)})
    assert again(matched) == {"Matched": 1}
    assert seen(matched, GP) == set()
    assert "patient/contact" in seen(matched, WARD)
    matched.know(pds_record(NUMBER, security="R") | {"meta": {"versionId": "4", "security": [{"code": "R"}]}})
    assert again(matched) == {"Restricted": 1}
    assert {"patient/contact", "patient/gp"} & seen(matched, WARD) == set()
    assert matched.rows("SELECT COUNT(*) FROM relationship WHERE kind = 'gp'") == [(0,)]


def test_a_death_that_pds_takes_back_is_taken_back_and_the_councils_own_is_not(matched: World) -> None:
    involve(matched)
    matched.know(pds_record(NUMBER) | {"meta": version(3), "deceasedDateTime": "2026-11-01"})
    assert again(matched) == {"Matched": 1}
    matched.know(pds_record(NUMBER) | {"meta": version(4)})
    # Whoever is dead is not asked about; an officer whom PDS told of its mistake lifts the mark first.
    assert again(matched) == {}
    mark(matched, "A1", death_learnt=None)
    assert again(matched) == {"Matched": 1}
    assert told(matched, WARD)
    matched.pass_time(days=28)
    matched.declare()
    assert "patient/carrier" in seen(matched, WARD)


def test_a_number_superseded_since_is_linked_anew_and_the_old_one_goes(matched: World) -> None:
    matched.pds = Simulator([pds_record(NEWER)], superseded={NUMBER: NEWER}, clients=matched.pds.tokens._clients)
    assert again(matched) == {"Superseded": 1}
    involve(matched)
    assert numbers(matched) == {"A1": NEWER}
    assert not any(NUMBER in value for _, value in found(matched, WARD))
    assert NUMBER not in told(matched, WARD)


@pytest.mark.parametrize("invalidated", [True, False])
def test_a_number_that_pds_knows_no_more_is_withdrawn_and_searched_for_anew(matched: World, invalidated: bool) -> None:
    involve(matched)
    gone = {NUMBER} if invalidated else set()
    matched.pds = Simulator([pds_record(OTHER)], invalidated=gone, clients=matched.pds.tokens._clients)
    assert again(matched) == {"Ambiguous": 1}
    assert "read" in asked(matched)
    assert (numbers(matched), statuses(matched)) == ({}, {"A1": "05"})
    assert "patient/gp" not in seen(matched, WARD)
    assert not any(NUMBER in value for _, value in found(matched, WARD))
    ((doubt,),) = (waits(matched),)
    assert [candidate.nhs_number.value for candidate in doubt.candidates] == [OTHER]


def test_while_pds_is_down_a_matched_person_keeps_the_number(matched: World) -> None:
    matched.pass_time(days=8)
    matched.declare()
    matched.pds.fail_next(503)
    assert matched.trace(attempts=1) == {"Unavailable": 1}
    assert (numbers(matched), statuses(matched)) == ({"A1": NUMBER}, {"A1": "01"})


def test_whom_nobody_may_ask_about_is_not_read_again_and_is_when_they_may(matched: World) -> None:
    mark(matched, "A1", restricted=True)
    assert again(matched) == {}
    mark(matched, "A1", restricted=False)
    assert again(matched, hours=1) == {"Unchanged": 1}


def test_on_a_stale_register_nobody_is_read_again_nor_looked_at_in_every_round(matched: World) -> None:
    matched.pass_time(days=8)
    assert [matched.trace(), matched.trace()] == [{"Withheld": 1}, {}]
    assert asked(matched) == []
    matched.pass_time(days=1)
    matched.declare()
    assert matched.trace() == {"Unchanged": 1}


def test_who_objects_leaves_nothing_to_read_again(matched: World) -> None:
    matched.choose("A1", "nhs-number", "objects")
    assert matched.rows("SELECT COUNT(*) FROM pds_read") == [(0,)]
    assert kept_numbers(matched) == ""
    assert again(matched) == {}


# ---------------------------------------------------------------- traced again because the record changed


@pytest.mark.parametrize(
    ("changed", "outcome"),
    [
        ({"born": "1941-03-06"}, "Ambiguous"),
        ({"family": "Quill"}, "Matched"),
        ({"given": "Ida"}, "Matched"),
    ],
)
def test_another_date_of_birth_or_name_is_compared_with_pds_again(
    matched: World, changed: dict[str, str], outcome: str
) -> None:
    matched.load(case(nhs_number=NUMBER, **changed), sequence=2)
    assert waiting(matched) == [("A1",)]
    # The version that PDS holds is the one that was read; but it was compared with other words.
    assert matched.trace() == {outcome: 1}
    assert (numbers(matched) != {}) is (outcome == "Matched")
    assert matched.trace() == {}


def test_another_address_is_no_reason_to_ask_pds(matched: World) -> None:
    matched.load(case(nhs_number=NUMBER, postcode="SW1A 2AA"), sequence=2)
    assert waiting(matched) == []


def test_what_pds_said_of_words_that_changed_meanwhile_is_not_believed(world: World) -> None:
    world.load(case(nhs_number=NUMBER))
    world.know(pds_record(NUMBER))
    world.declare()

    async def change_now(_event: dict[str, Any]) -> None:
        world.load(case(nhs_number=NUMBER, born="1950-01-01"), sequence=2)

    assert world.trace(record=change_now) == {"Matched": 1}
    assert (numbers(world), waiting(world)) == ({}, [("A1",)])
    assert world.trace() == {"Ambiguous": 1}
    assert causes(world) == {"A1": "Ambiguous"}


# ---------------------------------------------------------------- when PDS does not accept who we are


def halt(world: World) -> str | None:
    """Why nothing is asked, if so."""
    with world.deployment.office.transaction() as transaction:
        found = stopped(transaction, fingerprint(world.deployment))
    return found.reason if found else None


def test_a_second_401_stops_every_worker_until_somebody_acts_and_nobody_is_lost(world: World) -> None:
    people(world, "A1", "A2", "A3")
    world.know()
    world.pds.fail_next(401, times=2)
    with pytest.raises(FullStop):
        world.trace()
    assert halt(world) == "pds answered 401 ACCESS_DENIED; check api key, key id and key"
    assert len(waiting(world)) == 3
    assert world.rows("SELECT COUNT(*) FROM trace_queue WHERE claimed_until > 0 OR attempts > 0") == [(0,)]
    asked(world)
    for _ in range(3):
        world.pass_time(hours=7)
        world.declare()
        assert world.trace() == {}
    assert asked(world) == []
    with world.deployment.office.transaction() as transaction:
        resume(transaction)
    assert sum(world.trace().values()) == 3


def test_a_refusal_of_what_we_may_stops_tracing_too(world: World) -> None:
    people(world, "A1", "A2")
    world.know()
    world.pds.fail_next(403)
    assert world.trace() == {"Refused": 1}
    assert halt(world) == "pds answered 403 ACCESS_DENIED"
    assert world.trace() == {}


def test_a_refusal_of_one_request_does_not_stop_the_others(world: World) -> None:
    people(world, "A1", "A2")
    world.know()
    world.pds.fail_next(400)
    assert world.trace() == {"Refused": 1}
    assert halt(world) is None
    assert world.trace() == {"NoMatch": 1}


def test_other_settings_are_tried(world: World) -> None:
    people(world, "A1")
    world.know()
    world.pds.fail_next(403)
    world.trace()
    world.deployment.settings.pds_key_id = "pds-2"
    world.pass_time(hours=7)
    assert halt(world) is None
    assert world.trace() == {"NoMatch": 1}


@pytest.mark.parametrize("setting", ["pds_base_url", "pds_token_url", "pds_api_key", "pds_key_id", "pds_ods"])
def test_whatever_pds_knows_us_by_makes_other_settings(world: World, setting: str) -> None:
    before = fingerprint(world.deployment)
    setattr(world.deployment.settings, setting, "other")
    assert fingerprint(world.deployment) != before


def test_another_key_in_the_same_file_makes_other_settings(world: World) -> None:
    file = world.deployment.settings.home / "pds.pem"
    world.deployment.settings.pds_key_file = file
    prints = set()
    for key in (None, b"one", b"another"):
        if key is not None:
            file.write_bytes(key)
        prints.add(fingerprint(world.deployment))
    assert len(prints) == 3
    assert not any("one" in each or "another" in each for each in prints)


def test_after_a_round_that_failed_pds_is_left_alone_for_a_while_and_longer_each_time(world: World) -> None:
    people(world, *(f"A{n}" for n in range(1, 9)))
    world.know()
    world.pds.fail_next(503, times=4)
    times: list[int] = []

    async def every_minute() -> None:
        door = world.deployment.engine.door()
        await door.open()
        async with world.pds_client(attempts=1) as client:
            identify = Identify(world.deployment, door, client, unrecorded)
            for minute in range(20):
                if await identify.work(1):
                    times.append(minute)
                world.pass_time(minutes=1)
        await door.close()

    asyncio.run(every_minute())
    assert times[:7] == [0, 1, 3, 7, 15, 16, 17]


async def unrecorded(_event: dict[str, Any]) -> None:
    """A trail for tests of tracing alone."""
