"""A CSV file becomes what is kept: the shipped layouts pass the store, and what is never released is nowhere in it."""

import io
from dataclasses import replace
from pathlib import Path

import pytest

from adapter.intake import Receipt, load_mapping, open_intake
from tests.mappings.extracts import DATA
from tests.world import COUNCIL, World


def take_in(world: World, name: str, file: str) -> Receipt:
    mapping = load_mapping(name)
    assert not isinstance(mapping.layout, str)
    layout = replace(mapping.layout, councils={"999": COUNCIL}, council=COUNCIL)
    intake = open_intake(world.deployment, replace(mapping, layout=layout), COUNCIL, "test")
    intake.on_problem = world.problems.append
    return intake.receive(io.BytesIO((DATA / file).read_bytes()), file)


@pytest.mark.parametrize(("name", "file"), [("cld", "cld.csv"), ("custom-example", "custom.csv")])
def test_a_shipped_layouts_sample_is_stored_and_then_unchanged(world: World, name: str, file: str):
    first = take_in(world, name, file)
    assert (dict(first.counts), first.complete) == ({"stored": 2}, True)
    again = take_in(world, name, file)
    assert dict(again.counts) == {"unchanged": 2}


@pytest.mark.parametrize(("name", "file"), [("cld", "cld.csv"), ("custom-example", "custom.csv")])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_nothing_that_is_never_released_is_in_the_database(world: World, tmp_path: Path, name: str, file: str):
    take_in(world, name, file)
    kept = b"".join(part.read_bytes() for part in tmp_path.glob("test.db*"))
    assert b"Brackenbury" in kept
    assert b"Marker" not in kept
