"""A large file is read by a process of its own, and what comes of it is the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey

from adapter.intake import Receipt, load_mapping, open_intake
from adapter.reading import Same, read_apart
from tests.adapter.plainly import plainly
from tests.world import World, case, extract, objection, relationship

PEOPLE = (
    case("A1", nhs_number="9990000018", more=relationship(person="A2")),
    case("A2", objections=objection()),
    case("A3", born="not a date"),
    case("A4", born="2015-01-01"),
    case("", family="Nobody"),
    *(case(f"B{number}", family=f"Name{number}") for number in range(120)),
)


@pytest.fixture
def here(tmp_path: Path, client_key: ECKey) -> Any:
    """A world on SQLite alone: the engine has no part in this."""
    made = World(f"sqlite:///{tmp_path / 'here.db'}", tmp_path / "home", client_key)
    yield made
    made.close()


def receive(world: World, file: Path, *, large: int, mapping: str = "case-xml") -> Receipt:
    """Take in a file, which is large from so many bytes on."""
    intake = open_intake(world.deployment, load_mapping(mapping), "westminster", "test")
    intake.on_problem = world.problems.append
    intake.large = large
    with file.open("rb") as stream:
        return intake.receive(stream, file.name)


def file_of(folder: Path, *people: str) -> Path:
    """A file with an extract of these people."""
    file = folder / "case.xml"
    file.write_bytes(extract(*people))
    return file


def test_what_a_process_of_its_own_reads_is_kept_as_what_this_one_reads(
    here: World, tmp_path: Path, client_key: ECKey
) -> None:
    file = file_of(tmp_path, *PEOPLE)
    other = World(f"sqlite:///{tmp_path / 'other.db'}", tmp_path / "other", client_key)
    try:
        receipts = [receive(here, file, large=0), receive(other, file, large=1 << 30)]
        assert receipts[0] == receipts[1]
        assert plainly(here) == plainly(other)
        assert [str(problem) for problem in here.problems] == [str(problem) for problem in other.problems]
    finally:
        other.close()


def test_a_record_that_is_kept_as_it_is_does_not_cross_over_and_is_unchanged(here: World, tmp_path: Path) -> None:
    receive(here, file_of(tmp_path, case("A1"), case("A2")), large=0)
    again = receive(here, file_of(tmp_path, case("A1"), case("A2", family="Quill"), case("A3")), large=0)
    assert again.counts == {"unchanged": 1, "stored": 2}


def test_when_the_process_that_reads_ends_too_early_the_file_is_stopped(here: World, tmp_path: Path) -> None:
    mapping = tmp_path / "mine.toml"
    mapping.write_text(Path(load_mapping("case-xml").file).read_text())
    loaded = load_mapping(str(mapping))
    mapping.unlink()
    intake = open_intake(here.deployment, loaded, "westminster", "test")
    intake.on_problem = here.problems.append
    intake.large = 0
    with file_of(tmp_path, case("A1")).open("rb") as stream:
        receipt = intake.receive(stream, "case.xml")
    assert (receipt.complete, receipt.records) == (False, 0)
    assert [problem.effect for problem in here.problems] == ["stopped"]


def test_who_stops_listening_leaves_no_process_behind(here: World, tmp_path: Path) -> None:
    intake = open_intake(here.deployment, load_mapping("case-xml"), "westminster", "test")
    reading = intake._reading("case.xml")
    parts = read_apart(reading, file_of(tmp_path, *PEOPLE), frozenset())
    assert type(next(parts)).__name__ == "Header"
    parts.close()
    with pytest.raises(StopIteration):
        next(parts)


def test_what_is_known_when_reading_begins_is_named_by_its_id_alone(here: World, tmp_path: Path) -> None:
    file = file_of(tmp_path, case("A1"))
    receive(here, file, large=0)
    known = frozenset(digest for (digest,) in here.rows("SELECT digest FROM person"))
    intake = open_intake(here.deployment, load_mapping("case-xml"), "westminster", "test")
    parts = list(read_apart(intake._reading("case.xml"), file, known))
    assert [part for part in parts if isinstance(part, Same)] == [Same("A1", *known)]
