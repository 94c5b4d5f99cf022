"""Who is left to a person to decide about, what a decision changes, and that nobody but a person makes it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from adapter import review
from adapter.doubt import Doubt, doubts
from adapter.review import RefusedReviewError
from adapter.trail import TrailError, read
from pds_client.client import PdsClient
from pds_client.simulator import Simulator
from tests.adapter.sight import GP, SOCIAL_WORKER, WARD, everything, found, involve, seen, told
from tests.adapter.test_identify import NEWER, NUMBER, OTHER, mark, numbers, statuses, waiting
from tests.world import World, case, objection, pds_record

BORN_OTHERWISE = "1941-03-15"


def waits(world: World) -> list[Doubt]:
    """What waits for a decision."""
    with world.deployment.office.transaction() as transaction:
        return doubts(transaction)


def causes(world: World) -> dict[str, str]:
    """Why each person waits for a decision."""
    return {doubt.local_id: doubt.cause for doubt in waits(world)}


def suggested(world: World, local_id: str = "A1") -> list[str]:
    """Whom PDS suggests for a person."""
    (doubt,) = (each for each in waits(world) if each.local_id == local_id)
    return [candidate.nhs_number.value for candidate in doubt.candidates]


def the(world: World, local_id: str = "A1") -> int:
    """The number on the list of the doubt about a person."""
    return next(each.id for each in waits(world) if each.local_id == local_id)


def accept(world: World, which: int, place: int | None = None, by: str = "C. Guardian", **how: Any) -> None:
    """An officer accepts."""

    async def decide(client: PdsClient) -> None:
        door = world.deployment.engine.door()
        await door.open()
        try:
            await review.accept(world.deployment, door, by, which, place, how.get("read", client.read))
        finally:
            await door.close()

    asked(world, decide)


def asked(world: World, work: Callable[[PdsClient], Awaitable[None]]) -> None:
    """Do something with a client of this world's PDS."""

    async def run() -> None:
        async with world.pds_client(attempts=1) as client:
            await work(client)

    asyncio.run(run())


def reject(world: World, which: int, by: str = "C. Guardian") -> None:
    """An officer rejects."""
    review.reject(world.deployment, by, which)


def refused(decide: Callable[[], None]) -> str:
    """Why a decision is refused."""
    with pytest.raises(RefusedReviewError) as fault:
        decide()
    return fault.value.cause


@pytest.fixture
def doubtful(world: World) -> World:
    """A1's number is held by PDS of somebody born on another day."""
    world.load(case(nhs_number=NUMBER))
    world.know(pds_record(NUMBER, born=BORN_OTHERWISE))
    world.declare()
    world.trace()
    return world


@pytest.fixture
def twice(world: World) -> World:
    """A1 and A2 hold the same number."""
    world.load(case("A1", nhs_number=NUMBER), case("A2", nhs_number=NUMBER))
    world.know(pds_record(NUMBER))
    world.declare()
    world.trace()
    return world


# ---------------------------------------------------------------- who comes to the list


def test_everything_short_of_a_sure_match_waits_for_a_person_with_its_candidates(world: World) -> None:
    world.load(
        case("nobody", family="Nobody", given="Nora", born="1930-01-01"),
        case("several", family="Twain", given="Dora", born="1960-10-10"),
        case("conflicting", family="Finch", given="Flora", born="1950-05-05", nhs_number=OTHER),
        case("hidden", family="Wick", given="Fern", born="1962-12-12"),
        case("unborn", family="Early", given="Eve", born="1950"),
        case("sure", nhs_number=NUMBER),
    )
    world.know(
        pds_record(NUMBER),
        pds_record("9990000042", family="Twain", given="Dora", born="1960-10-10"),
        pds_record("9990000050", family="Twain", given="Dora", born="1960-10-10"),
        pds_record(OTHER, family="Finch", given="Flora", born="1951-06-06"),
        pds_record("9990000069", family="Wick", given="Fern", born="1962-12-12", security="R"),
    )
    world.declare()
    world.trace()
    assert causes(world) == {
        "nobody": "NoMatch",
        "several": "Ambiguous",
        "conflicting": "Ambiguous",
        "hidden": "Restricted",
        "unborn": "Insufficient",
    }
    with_candidates = {doubt.local_id: len(doubt.candidates) for doubt in waits(world)}
    assert with_candidates == {"nobody": 0, "several": 0, "conflicting": 1, "hidden": 1, "unborn": 0}
    assert (suggested(world, "conflicting"), suggested(world, "hidden")) == ([OTHER], ["9990000069"])


def test_the_list_names_the_fields_that_agree_and_differ(doubtful: World) -> None:
    (doubt,) = waits(doubtful)
    assert (doubt.agreed, doubt.conflicting) == (("family", "given", "postcode"), ("birth_date",))


def test_the_same_doubt_again_keeps_its_place_on_the_list(world: World) -> None:
    world.load(case(born="1950"))
    world.know(pds_record(NUMBER))
    world.declare()
    world.trace()
    before = the(world)
    world.pass_time(hours=1)
    world.declare()
    assert world.trace() == {"Insufficient": 1}
    assert the(world) == before


def test_a_later_trace_that_is_sure_takes_the_person_off_the_list(doubtful: World) -> None:
    doubtful.load(case(nhs_number=NUMBER, born=BORN_OTHERWISE), sequence=2)
    assert doubtful.trace() == {"Matched": 1}
    assert waits(doubtful) == []
    assert doubtful.rows("SELECT COUNT(*) FROM candidate") == [(0,)]


def test_looking_at_the_list_is_on_the_trail(doubtful: World) -> None:
    (doubt,) = review.listed(doubtful.deployment)
    (event,) = (e for e in read(doubtful.deployment.settings.trail) if e["kind"] == "review")
    assert (event["outcome"], event["people"]) == ("released", [doubt.person])
    assert NUMBER not in json.dumps(event)


# ---------------------------------------------------------------- accepting


def test_only_when_a_person_accepts_the_number_is_verified_and_released(doubtful: World) -> None:
    involve(doubtful)
    assert (numbers(doubtful), NUMBER in told(doubtful, WARD)) == ({}, False)
    accept(doubtful, the(doubtful))
    assert (numbers(doubtful), statuses(doubtful)) == ({"A1": NUMBER}, {"A1": "01"})
    assert ("identify-number", f"{NUMBER}|1941-03-05") in found(doubtful, WARD)
    assert "patient/gp" in seen(doubtful, GP)
    assert (waits(doubtful), waiting(doubtful)) == ([], [])


def test_the_evidence_and_the_trail_name_who_decided(doubtful: World) -> None:
    accept(doubtful, the(doubtful), by="C. Guardian")
    ((outcome, status, evidence),) = doubtful.rows(
        "SELECT outcome, status, evidence FROM trace WHERE outcome = 'Accepted'"
    )
    kept = json.loads(evidence)
    assert (outcome, status, kept["decided_by"], kept["let_stand"]) == (
        "Accepted",
        "01",
        "C. Guardian",
        ["birth_date"],
    )
    events = [e for e in read(doubtful.deployment.settings.trail) if e["kind"] == "review"]
    assert [(e["outcome"], e["decided_by"]) for e in events] == [
        ("released", "C. Guardian"),
        ("accepted", "C. Guardian"),
    ]
    assert NUMBER not in json.dumps(events) + evidence


def test_what_a_person_let_stand_raises_no_new_doubt_and_what_differs_since_does(doubtful: World) -> None:
    accept(doubtful, the(doubtful))
    doubtful.know(pds_record(NUMBER, born=BORN_OTHERWISE, postcode="SW1A 2AA") | {"meta": version(3)})
    doubtful.pass_time(days=8)
    doubtful.declare()
    assert doubtful.trace() == {"Ambiguous": 1}
    assert numbers(doubtful) == {}
    accept(doubtful, the(doubtful))
    doubtful.know(pds_record(NUMBER, born=BORN_OTHERWISE, postcode="SW1A 3AA") | {"meta": version(4)})
    doubtful.pass_time(days=8)
    doubtful.declare()
    assert doubtful.trace() == {"Matched": 1}
    assert numbers(doubtful) == {"A1": NUMBER}


def test_what_a_person_let_stand_of_other_words_of_ours_is_no_word_on_these(doubtful: World) -> None:
    accept(doubtful, the(doubtful))
    doubtful.load(case(nhs_number=NUMBER, given="Ida"), sequence=2)
    assert doubtful.trace() == {"Ambiguous": 1}
    assert numbers(doubtful) == {}


def version(number: int) -> dict[str, Any]:
    return {"versionId": str(number), "security": [{"code": "U"}]}


def test_pds_is_asked_once_more_and_what_it_does_not_hold_any_more_is_not_accepted(doubtful: World) -> None:
    which = the(doubtful)
    doubtful.pds = Simulator([pds_record(NEWER)], superseded={NUMBER: NEWER}, clients=doubtful.pds.tokens._clients)
    assert refused(lambda: accept(doubtful, which)) == "answer"
    doubtful.pds = Simulator([], clients=doubtful.pds.tokens._clients)
    assert refused(lambda: accept(doubtful, which)) == "answer"
    doubtful.know(pds_record(NUMBER, born=BORN_OTHERWISE))
    doubtful.pds.fail_next(503)
    assert refused(lambda: accept(doubtful, which)) == "down"
    assert (numbers(doubtful), statuses(doubtful)) == ({}, {"A1": "05"})
    assert [doubt.id for doubt in waits(doubtful)] == [which]


@pytest.mark.parametrize("place", [None, 0, 1, 2])
def test_where_pds_suggests_nobody_there_is_nobody_to_accept(world: World, place: int | None) -> None:
    world.load(case())
    world.know()
    world.declare()
    world.trace()
    assert refused(lambda: accept(world, the(world), place)) == "candidate"


@pytest.mark.parametrize("place", [0, 2])
def test_a_candidate_that_is_not_on_the_list_is_not_accepted(doubtful: World, place: int) -> None:
    assert refused(lambda: accept(doubtful, the(doubtful), place)) == "candidate"


def test_a_decision_needs_a_name_and_a_doubt(doubtful: World) -> None:
    which = the(doubtful)
    assert refused(lambda: accept(doubtful, which, by=" ")) == "nobody"
    assert refused(lambda: reject(doubtful, which, by="")) == "nobody"
    assert refused(lambda: accept(doubtful, which + 1)) == "unknown"
    assert refused(lambda: reject(doubtful, which + 1)) == "unknown"
    assert numbers(doubtful) == {}


@pytest.mark.parametrize(
    ("mark_of_theirs", "cause"), [("restricted", "withheld"), ("locked", "withheld"), ("sealed", "unknown")]
)
def test_of_whom_nothing_may_be_sent_pds_is_not_asked_by_an_officer_either(
    doubtful: World, mark_of_theirs: str, cause: str
) -> None:
    which = the(doubtful)
    mark(doubtful, "A1", **{mark_of_theirs: True})
    doubtful.pds.calls.clear()
    assert refused(lambda: accept(doubtful, which)) == cause
    assert doubtful.pds.calls == []


def test_on_a_register_that_is_not_fresh_nothing_is_asked_by_an_officer_either(doubtful: World) -> None:
    which = the(doubtful)
    doubtful.pass_time(days=7)
    doubtful.pds.calls.clear()
    assert refused(lambda: accept(doubtful, which)) == "withheld"
    assert doubtful.pds.calls == []


def test_an_objection_made_while_pds_is_asked_leaves_nothing_of_the_decision(doubtful: World) -> None:
    which = the(doubtful)

    async def decide(client: PdsClient) -> None:
        async def object_first(number: Any, **about: Any) -> Any:
            doubtful.choose("A1", "nhs-number", "objects")
            return await client.read(number, **about)

        door = doubtful.deployment.engine.door()
        await door.open()
        try:
            await review.accept(doubtful.deployment, door, "C. Guardian", which, None, object_first)
        finally:
            await door.close()

    assert refused(lambda: asked(doubtful, decide)) == "withheld"
    assert (numbers(doubtful), statuses(doubtful)) == ({}, {"A1": "07"})


def test_a_record_that_changes_while_pds_is_asked_is_not_what_was_decided_about(doubtful: World) -> None:
    which = the(doubtful)

    async def decide(client: PdsClient) -> None:
        async def change_first(number: Any, **about: Any) -> Any:
            doubtful.load(case(nhs_number=NUMBER, given="Ida"), sequence=2)
            return await client.read(number, **about)

        door = doubtful.deployment.engine.door()
        await door.open()
        try:
            await review.accept(doubtful.deployment, door, "C. Guardian", which, None, change_first)
        finally:
            await door.close()

    assert refused(lambda: asked(doubtful, decide)) == "changed"
    assert numbers(doubtful) == {}


def test_where_the_trail_cannot_be_written_nothing_is_decided_and_nobody_asked(
    doubtful: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    which = the(doubtful)
    doubtful.pds.calls.clear()

    def full(*_events: Any) -> None:
        raise TrailError("no space left")

    monkeypatch.setattr(doubtful.deployment, "record", full)
    for decide in (lambda: accept(doubtful, which), lambda: reject(doubtful, which)):
        with pytest.raises(TrailError):
            decide()
    assert doubtful.pds.calls == []
    assert [doubt.id for doubt in waits(doubtful)] == [which]


# ---------------------------------------------------------------- rejecting


def test_who_was_rejected_is_not_asked_about_again_until_their_record_changes(doubtful: World) -> None:
    reject(doubtful, the(doubtful))
    assert (statuses(doubtful), waits(doubtful)) == ({"A1": "05"}, [])
    doubtful.pds.calls.clear()
    for _ in range(3):
        doubtful.pass_time(days=6)
        doubtful.declare()
        doubtful.trace()
    assert doubtful.pds.calls == []
    doubtful.load(case(nhs_number=NUMBER, born=BORN_OTHERWISE), sequence=2)
    assert doubtful.trace() == {"Matched": 1}


def test_without_a_number_of_the_councils_a_rejected_person_has_status_04(world: World) -> None:
    world.load(case("A1", family="Wick", given="Fern", born="1962-12-12"))
    world.know(pds_record(NUMBER, family="Wick", given="Fern", born="1962-12-12", security="R"))
    world.declare()
    world.trace()
    reject(world, the(world))
    assert statuses(world) == {"A1": "04"}


def test_what_was_decided_cannot_be_decided_again(doubtful: World) -> None:
    which = the(doubtful)
    reject(doubtful, which)
    assert refused(lambda: reject(doubtful, which)) == "unknown"
    assert refused(lambda: accept(doubtful, which)) == "unknown"


# ---------------------------------------------------------------- one number on two people


def test_both_who_hold_one_number_wait_for_a_person(twice: World) -> None:
    assert causes(twice) == {"A1": "HeldTwice", "A2": "HeldTwice"}
    assert (suggested(twice, "A1"), suggested(twice, "A2")) == ([NUMBER], [NUMBER])
    assert twice.rows("SELECT COUNT(*) FROM trace WHERE outcome = 'HeldTwice'") == [(2,)]


def test_a_third_who_holds_it_has_it_no_more_than_the_first_two(twice: World) -> None:
    twice.load(case("A3", nhs_number=NUMBER), sequence=2)
    twice.declare()
    assert twice.trace() == {"Matched": 1}
    assert numbers(twice) == {}
    assert set(causes(twice)) == {"A1", "A2", "A3"}


def test_a_superseded_number_whose_new_one_is_on_another_person_leaves_both_to_a_person(world: World) -> None:
    world.load(case("A1", nhs_number=NEWER))
    world.pds = Simulator([pds_record(NEWER)], superseded={NUMBER: NEWER}, clients=world.pds.tokens._clients)
    world.declare()
    world.trace()
    assert numbers(world) == {"A1": NEWER}
    world.pass_time(minutes=1)
    world.load(case("A2", nhs_number=NUMBER), sequence=2)
    world.declare()
    assert world.trace() == {"Superseded": 1}
    assert (numbers(world), causes(world)) == ({}, {"A1": "HeldTwice", "A2": "HeldTwice"})
    for who in ("A1", "A2"):
        involve(world, who)
        assert NEWER not in told(world, WARD, who)


def test_the_one_whom_a_person_gives_the_number_keeps_it_when_pds_changes(twice: World) -> None:
    accept(twice, the(twice, "A1"))
    assert numbers(twice) == {"A1": NUMBER}
    assert refused(lambda: accept(twice, the(twice, "A2"))) == "held"
    twice.know(pds_record(NUMBER) | {"meta": version(3)})
    twice.pass_time(days=8)
    twice.declare()
    assert twice.trace() == {"Matched": 1}
    assert (numbers(twice), causes(twice)) == ({"A1": NUMBER}, {"A2": "HeldTwice"})


def test_who_was_told_apart_by_a_person_does_not_take_the_number_from_the_other_again(twice: World) -> None:
    accept(twice, the(twice, "A1"))
    reject(twice, the(twice, "A2"))
    twice.load(case("A2", nhs_number=NUMBER, postcode="SW1A 2AA"), sequence=2)
    twice.trace()
    assert (numbers(twice), causes(twice)) == ({"A1": NUMBER}, {"A2": "ToldApart"})


def test_a_person_who_changes_their_mind_is_heard(twice: World) -> None:
    for who in ("A1", "A2"):
        reject(twice, the(twice, who))
    twice.load(case("A2", nhs_number=NUMBER, postcode="SW1A 2AA"), sequence=2)
    twice.trace()
    accept(twice, the(twice, "A2"))
    twice.know(pds_record(NUMBER) | {"meta": version(3)})
    twice.pass_time(days=8)
    twice.declare()
    twice.trace()
    assert numbers(twice) == {"A2": NUMBER}


def test_of_two_records_that_the_council_has_merged_the_one_that_is_left_has_the_number(twice: World) -> None:
    mark(twice, "A1", sealed=True)
    assert set(causes(twice)) == {"A2"}
    twice.load(case("A2", nhs_number=NUMBER, postcode="SW1A 2AA"), sequence=2)
    assert twice.trace() == {"Matched": 1}
    assert (numbers(twice), waits(twice)) == ({"A2": NUMBER}, [])


def test_a_number_of_a_record_that_was_merged_goes_to_the_one_that_is_left(world: World) -> None:
    world.load(case("A1", nhs_number=NUMBER))
    world.know(pds_record(NUMBER))
    world.declare()
    world.trace()
    mark(world, "A1", sealed=True)
    world.pass_time(minutes=1)
    world.load(case("A2", nhs_number=NUMBER), sequence=2)
    world.declare()
    assert world.trace() == {"Matched": 1}
    assert (numbers(world), causes(world)) == ({"A2": NUMBER}, {})
    # Should the other record be opened again, a person decides.
    mark(world, "A1", sealed=False)
    assert causes(world) == {"A1": "HeldTwice"}
    assert numbers(world) == {"A2": NUMBER}


def test_of_two_who_held_one_number_the_one_into_whom_the_other_was_merged_is_left_to_decide_about(
    twice: World,
) -> None:
    merge = 'restricted="N" operation="merge" mergedInto="A1"'
    twice.load(case("A2", nhs_number=NUMBER, attributes=merge), sequence=9)
    assert causes(twice) == {"A1": "HeldTwice"}
    accept(twice, the(twice, "A1"))
    assert (numbers(twice), waits(twice)) == ({"A1": NUMBER}, [])


def test_an_officer_may_give_the_number_of_a_merged_record_to_the_one_that_is_left(twice: World) -> None:
    accept(twice, the(twice, "A1"))
    which = the(twice, "A2")
    assert refused(lambda: accept(twice, which)) == "held"
    mark(twice, "A1", sealed=True)
    accept(twice, which)
    assert numbers(twice) == {"A2": NUMBER}


# ---------------------------------------------------------------- who objects


def test_an_objection_destroys_whom_pds_suggested(doubtful: World) -> None:
    assert NUMBER in kept_numbers(doubtful)
    doubtful.choose("A1", "nhs-number", "objects")
    assert kept_numbers(doubtful) == ""
    assert waits(doubtful) == []


def test_an_objection_destroys_whom_somebody_rejected_too(doubtful: World) -> None:
    reject(doubtful, the(doubtful))
    doubtful.choose("A1", "nhs-number", "objects")
    assert kept_numbers(doubtful) == ""


def test_an_objection_destroys_the_number_where_pds_suggested_it_for_somebody_else(world: World) -> None:
    world.load(case("A1", nhs_number=NUMBER), case("A2", given="Ida", born="1941-03-06", nhs_number=""))
    world.know(pds_record(NUMBER), pds_record(OTHER, given="Ida", born="1941-03-06", security="R"))
    world.declare()
    world.trace()
    world.rows("UPDATE candidate SET number = :number RETURNING review", number=NUMBER)
    world.choose("A1", "nhs-number", "objects")
    assert NUMBER not in kept_numbers(world)


def test_an_objection_in_the_record_itself_destroys_what_an_earlier_one_led_to(doubtful: World) -> None:
    doubtful.load(case(nhs_number=NUMBER, objections=objection()), sequence=2)
    assert kept_numbers(doubtful) == ""
    assert everything(doubtful)
    assert NUMBER not in told(doubtful, SOCIAL_WORKER)


def kept_numbers(world: World) -> str:
    """Every number of PDS that any table still holds."""
    tables = ("candidate", "review", "pds_read", "trace", "facet", "term", "trace_queue", "pds_stop")
    rows = [row for table in tables for row in world.rows(f"SELECT * FROM {table}")]
    text = " ".join(bytes(c).decode() if isinstance(c, bytes | memoryview) else str(c) for row in rows for c in row)
    return " ".join(number for number in (NUMBER, OTHER, NEWER) if number in text)
