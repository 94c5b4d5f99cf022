"""A JSON stream becomes what is kept: its persons pass the store, and what is never released is nowhere in it."""

import io
import json
from collections import Counter
from pathlib import Path

import pytest

from adapter.intake import Receipt, load_mapping, open_intake
from tests.mappings.extracts import DATA
from tests.mappings.people import array, lines
from tests.world import COUNCIL, World


def current() -> bytes:
    """The whole persons of the sample."""
    values = json.loads((DATA / "person.json").read_text("utf-8"))
    persons = [value for value in values[1:-1] if value["operation"] != "objection"]
    return array({"council": COUNCIL, "mode": "full"}, *persons, {"persons": len(persons)})


def legacy() -> bytes:
    values = [json.loads(line) for line in (DATA / "person-legacy.ndjson").read_text("utf-8").splitlines()]
    return lines({"council": COUNCIL}, *values[1:])


def take_in(world: World, content: bytes) -> Receipt:
    intake = open_intake(world.deployment, load_mapping("person-json"), COUNCIL, "test")
    intake.on_problem = world.problems.append
    return intake.receive(io.BytesIO(content), "person.json")


def test_the_current_sample_is_stored_and_then_unchanged(world: World):
    first = take_in(world, current())
    assert (first.counts, first.complete) == (Counter(stored=3), True)
    assert take_in(world, current()).counts == Counter(unchanged=3)


def test_the_legacy_sample_is_stored_but_for_the_child(world: World):
    assert take_in(world, legacy()).counts == Counter(stored=1, quarantined=1)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_nothing_that_is_never_released_is_in_the_database(world: World, tmp_path: Path):
    take_in(world, current())
    take_in(world, legacy())
    kept = b"".join(part.read_bytes() for part in tmp_path.glob("test.db*"))
    assert b"Brackenbury" in kept
    for marker in (b"arker-", b"4711", b"07700 900999", b"10033544699", b"Oddfellow"):
        assert marker not in kept
