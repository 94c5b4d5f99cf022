from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from datetime import date, timedelta
from functools import cache
from itertools import islice
from random import Random

import pytest

from adapter.demo.council import MENTAL_HEALTH
from adapter.demo.invented import Invented, Pds
from adapter.demo.pools import check_digit, nhs_numbers
from adapter.demo.population import people
from pds_client.nhs_number import NhsNumber

TODAY = date(2025, 6, 1)
MANY = 5_000


@cache
def population() -> tuple[Invented, ...]:
    return tuple(people(7, MANY, TODAY))


def share(of: Callable[[Invented], object]) -> float:
    return sum(bool(of(person)) for person in population()) / MANY


def chose(kind: str, value: str) -> Callable[[Invented], bool]:
    return lambda person: any((choice.kind, choice.value) == (kind, value) for choice in person.choices)


def test_the_same_seed_gives_the_same_people() -> None:
    assert tuple(people(7, 200, TODAY)) == population()[:200]


def test_another_seed_gives_other_people() -> None:
    assert not set(people(8, 200, TODAY)) & set(population())


@pytest.mark.parametrize("count", [0, 1, 19, 20, 21])
def test_there_are_as_many_people_as_were_asked_for(count: int) -> None:
    assert len(list(people(7, count, TODAY))) == count


def test_everybody_has_a_local_id_of_their_own() -> None:
    assert len({person.local_id for person in population()}) == MANY


def test_nobody_shares_an_nhs_number() -> None:
    assert len({person.nhs_number for person in population()}) == MANY


def test_every_nhs_number_is_a_valid_one_of_the_999_range() -> None:
    assert all(NhsNumber.parse(str(p.nhs_number)).value.startswith("999") for p in population())


def test_the_range_holds_nine_hundred_thousand_numbers_and_none_twice() -> None:
    numbers = list(nhs_numbers(Random(3)))
    assert len(set(numbers)) == len(numbers) > 900_000


def test_a_stem_without_a_check_digit_is_told_from_one_with() -> None:
    assert (check_digit("999000000"), check_digit("999000001")) == (None, "8")


def test_whoever_comes_after_the_last_number_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapter.demo.inventor.nhs_numbers", lambda random: islice(nhs_numbers(random), 25))
    last = list(people(7, 30, TODAY))[-5:]
    assert [(person.nhs_number, person.number_on_file) for person in last] == [(None, False)] * 5


@pytest.mark.parametrize(
    ("least", "most", "of"),
    [
        (0.010, 0.035, chose("nhs-number", "objected")),
        (0.035, 0.070, chose("shared-record", "objected")),
        (0.008, 0.035, lambda p: any(choice.value == "none-recorded" for choice in p.choices)),
        (0.003, 0.025, lambda p: any(choice.value == "withdrawn" for choice in p.choices)),
        (0.85, 0.95, lambda p: not p.choices),
        (0.010, 0.035, lambda p: p.restricted),
        (0.018, 0.045, lambda p: p.died),
        (0.17, 0.27, lambda p: p.closed),
        (0.05, 0.12, lambda p: p.closed and p.closed < TODAY - timedelta(days=6 * 366)),
        (0.06, 0.10, lambda p: p.reason == MENTAL_HEALTH),
        (0.004, 0.020, lambda p: p.pds is Pds.SENSITIVE),
        (0.020, 0.045, lambda p: p.pds is Pds.UNKNOWN),
        (0.08, 0.12, lambda p: not p.number_on_file),
        (0.26, 0.34, lambda p: any("main-carer" in relative.roles for relative in p.relatives)),
        (0.02, 0.10, lambda p: any(relative.person for relative in p.relatives)),
    ],
)
def test_proportions_are_those_of_a_council(least: float, most: float, of: Callable[[Invented], object]) -> None:
    assert least < share(of) < most


def test_a_carer_on_file_is_called_what_their_own_record_says() -> None:
    names = {person.local_id: person.name for person in population()}
    named = [relative for person in population() for relative in person.relatives if relative.person]
    assert all(relative.name == names[relative.person] for relative in named)


def test_nothing_happens_in_the_wrong_order() -> None:
    for person in population():
        grown, ends = person.born + timedelta(days=18 * 365), person.died or TODAY
        assert grown < person.opened <= person.allocation.since <= ends <= TODAY
        assert person.opened < (person.closed or TODAY) <= TODAY
        assert person.born <= min(person.moved_in, person.renamed) <= max(person.moved_in, person.renamed) <= ends
        assert all(p.since <= (p.until or TODAY) <= TODAY for p in person.packages)


def test_no_service_runs_on_after_death_or_closure() -> None:
    over = [person for person in population() if person.died or person.closed]
    assert not [package for person in over for package in person.packages if package.status != "ended"]


def test_a_population_of_any_size_takes_little_memory() -> None:
    stream = people(7, 20_000, TODAY)
    next(stream)
    tracemalloc.start()
    try:
        for _ in stream:
            pass
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1_000_000


def test_an_invented_person_shows_no_more_than_a_local_id() -> None:
    assert repr(population()[0]) == f"Invented({population()[0].local_id})"
