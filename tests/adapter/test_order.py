"""Extracts come late, twice, in part and wrong: what is newer holds, who is absent is closed, too much stops."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest

from adapter import brake
from adapter.intake import Receipt, load_mapping, open_intake
from tests.adapter.plainly import plainly
from tests.adapter.sight import LANTERN, SOCIAL_WORKER, WARD, involve, seen, told
from tests.world import START, World, case, extract, objection

DAY = timedelta(days=1)
OPEN = {"involvement/carrier", "service:S1/carrier"}


def whole(world: World, *people: str, days: int = 0, **more: Any) -> Receipt:
    """Take in a whole extract of so many days after the first."""
    content = extract(*people, created=START + days * DAY, sequence=days + 1).replace(b'mode="delta"', b'mode="full"')
    return receive(world, content, **more)


def receive(world: World, content: bytes, *, source: str = "Mosaic", **more: Any) -> Receipt:
    """Take in a file from one of the council's systems."""
    intake = open_intake(world.deployment, load_mapping("case-xml"), "westminster", source)
    intake.on_problem = world.problems.append
    for name, value in more.items():
        setattr(intake, name, value)
    return intake.receive(io.BytesIO(content), "case.xml")


def at_home(world: World, *people: str) -> None:
    """A whole extract of these people on the first day; it is now the tenth, the registers are declared."""
    world.pass_time(days=10)
    whole(world, *people)
    world.declare()


# ---------------------------------------------------------------- order


def test_an_older_extract_that_comes_later_changes_nothing(world: World) -> None:
    at_home(world, case("A1"))
    whole(world, case("A1", family="Quill"), days=2)
    before = plainly(world)
    receipt = whole(world, case("A1", family="Elder"), days=1)
    assert receipt.counts == {"unchanged": 1}
    assert plainly(world) == before
    assert [problem.effect for problem in world.problems] == ["ignored"]


def test_an_objection_in_an_older_extract_counts_whenever_it_comes(world: World) -> None:
    at_home(world, case("A1"))
    involve(world, "A1")
    whole(world, case("A1", family="Quill"), days=2)
    whole(world, case("A1", family="Elder", objections=objection()), days=1)
    assert world.rows("SELECT kind, value FROM choice") == [("nhs-number", "objects")]
    assert "Quill" in str(told(world, SOCIAL_WORKER, "A1"))


def test_the_end_is_the_same_in_whatever_order_two_extracts_come(world: World, tmp_path: Any, client_key: Any) -> None:
    other = World(f"sqlite:///{tmp_path / 'other.db'}", tmp_path / "other", client_key)
    try:
        for each, order in ((world, (1, 2)), (other, (2, 1))):
            each.pass_time(days=10)
            for day in order:
                whole(
                    each, case("A1", family=f"Name{day}", objections=objection(effective=f"2026-01-0{day}")), days=day
                )
        assert records(world) == records(other)
        assert plainly(world)["choices"] == plainly(other)["choices"]
    finally:
        other.close()


def records(world: World) -> list[str]:
    """What is kept of everybody; where in which extract it stood is the history of how it came."""
    return [facet for facet in plainly(world)["facets"] if not facet.startswith("provenance:")]


# ---------------------------------------------------------------- absence


def test_whoever_a_whole_extract_leaves_out_is_open_no_longer_and_their_provider_is_no_provider(world: World) -> None:
    at_home(world, case("A1"), case("A2"))
    involve(world, "A2")
    assert seen(world, WARD, "A2") >= OPEN
    assert seen(world, LANTERN, "A2")
    receipt = whole(world, case("A1"), days=1)
    assert receipt.counts == {"unchanged": 1, "closed": 1}
    assert seen(world, WARD, "A2") & OPEN == set()
    assert "patient/carrier" in seen(world, WARD, "A2")
    assert seen(world, LANTERN, "A2") == set()
    assert seen(world, SOCIAL_WORKER, "A1") >= OPEN


def test_whoever_is_back_in_the_next_extract_is_open_again_though_nothing_else_changed(world: World) -> None:
    at_home(world, case("A1"), case("A2"))
    involve(world, "A2")
    whole(world, case("A1"), days=1)
    assert whole(world, case("A1"), case("A2"), days=2).counts == {"unchanged": 1, "stored": 1}
    assert seen(world, WARD, "A2") >= OPEN


@pytest.mark.parametrize("wrong", [b'persons="1"', b'operation="nonsense" localId="A9"', b'created="2026-11-21"'])
def test_an_extract_that_is_not_whole_or_not_the_newest_closes_nobody(world: World, wrong: bytes) -> None:
    at_home(world, case("A1"), case("A2"))
    involve(world, "A2")
    content = extract(case("A1"), created=START + DAY).replace(b'mode="delta"', b'mode="full"')
    if wrong.startswith(b"persons"):
        content = content.replace(wrong, b'persons="2"')
    elif wrong.startswith(b"operation"):
        content = content.replace(b'localId="A1"', wrong)
    else:
        content = content.replace(b'created="2026-11-23T09:00:00+00:00"', wrong)
    receive(world, content)
    assert seen(world, WARD, "A2") >= OPEN


def test_an_extract_of_another_system_closes_nobody(world: World) -> None:
    at_home(world, case("A1"), case("A2"))
    involve(world, "A2")
    receive(world, extract(case("A3"), created=START + DAY).replace(b'"delta"', b'"full"'), source="Eclipse")
    assert seen(world, WARD, "A2") >= OPEN


def test_who_stands_in_the_extract_but_is_quarantined_is_not_absent(world: World) -> None:
    at_home(world, case("A1"), case("A2"))
    involve(world, "A2")
    whole(world, case("A1"), case("A2", born="2015-01-01"), days=1)
    assert seen(world, WARD, "A2") >= OPEN


# ---------------------------------------------------------------- the brake


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """One person is a handful."""
    monkeypatch.setattr(brake, "_HANDFUL", 1)


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("mark", ['restricted="Y"', 'restricted="N" locked="Y"', 'restricted="N" operation="delete"'])
def test_an_extract_that_would_hide_too_many_stops_and_asks(world: World, mark: str) -> None:
    people = ("A1", "A2", "A3")
    at_home(world, *map(case, people))
    for person in people:
        involve(world, person)
    receipt = whole(world, *(case(person, attributes=mark) for person in people), days=1)
    assert (receipt.complete, [bool(seen(world, WARD, person)) for person in people]) == (False, [True] * 3)
    assert receipt.counts == {}
    assert "--yes-restrict" in str(world.problems[-1])
    whole(world, *(case(person, attributes=mark) for person in people), days=1, yes_restrict=True)
    assert [seen(world, WARD, person) for person in people] == [set()] * 3


@pytest.mark.usefixtures("few")
def test_an_extract_that_leaves_too_many_out_closes_none_of_them(world: World) -> None:
    at_home(world, *map(case, ("A1", "A2", "A3")))
    involve(world, "A2")
    receipt = whole(world, case("A1"), days=1)
    assert (receipt.complete, receipt.counts["closed"]) == (False, 0)
    assert seen(world, WARD, "A2") >= OPEN
    assert whole(world, case("A1"), days=1, yes_restrict=True).counts["closed"] == 2


@pytest.mark.usefixtures("few")
def test_who_was_restricted_before_and_who_comes_for_the_first_time_are_not_counted(world: World) -> None:
    marked = [case(f"A{number}", attributes='restricted="Y"') for number in range(5)]
    at_home(world, *marked)
    again = [case(f"A{number}", attributes='restricted="Y"', family="Quill") for number in range(5)]
    assert whole(world, *again, days=1).complete


def test_two_in_a_hundred_may_be_restricted_and_no_more() -> None:
    brake.Brake(1000, released=False).hold(20)
    brake.Brake(1000, released=True).hold(1000)
    brake.Brake(3, released=False).hold(10)
    for people, restricted in ((1000, 21), (3, 11), (0, 11)):
        with pytest.raises(brake.BrakeError, match=f"{restricted} of {people}"):
            brake.Brake(people, released=False).hold(restricted)
