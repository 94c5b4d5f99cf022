"""What comes in: every record ends stored, unchanged or quarantined, and nothing stops the ones after it."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey

from adapter import intake
from adapter.intake import Receipt, UnknownCouncilError, load_mapping, open_intake
from mappings import engine
from tests.adapter.plainly import plainly
from tests.adapter.sight import SOCIAL_WORKER, kept, tables, told
from tests.world import START, World, case, extract, objection, pds_record, relationship

SOURCES = Path(engine.__file__).parent / "sources"


def stored(world: World) -> list[str]:
    """Who is kept, by the council's own ids."""
    return [local_id for (local_id,) in world.rows("SELECT local_id FROM person ORDER BY local_id")]


def said(world: World) -> list[str]:
    """What was complained of: field, reason, what became of it."""
    return [f"{problem.field} {problem.reason} ({problem.effect})" for problem in world.problems]


def states(world: World) -> list[str]:
    """How each extract ended."""
    return [state for (state,) in world.rows("SELECT state FROM extract ORDER BY id")]


@pytest.fixture
def here(tmp_path: Path, client_key: ECKey) -> Any:
    """A world on SQLite alone, for what the engine has no part in."""
    made = World(f"sqlite:///{tmp_path / 'here.db'}", tmp_path / "home", client_key)
    yield made
    made.close()


# ---------------------------------------------------------------- records


def test_every_record_is_stored_then_unchanged_then_stored_again_when_it_says_something_else(world: World) -> None:
    assert world.load(case("A1"), case("A2")).counts == {"stored": 2}
    assert world.load(case("A1"), case("A2"), sequence=2).counts == {"unchanged": 2}
    receipt = world.load(case("A1"), case("A2", family="Quill"), sequence=3)
    assert (receipt.counts, receipt.complete, receipt.records) == ({"unchanged": 1, "stored": 1}, True, 2)
    assert states(world) == ["done"] * 3


def test_who_is_not_in_an_extract_of_changes_stays_as_they_were(world: World) -> None:
    world.load(case("A1"), case("A2"))
    before = told(world, SOCIAL_WORKER, "A2")
    world.load(case("A1", family="Quill"), sequence=2)
    assert told(world, SOCIAL_WORKER, "A2") == before


def test_a_record_that_is_not_fhir_once_mapped_is_refused_whole_and_the_next_one_is_stored(
    world: World, tmp_path: Path
) -> None:
    shipped = (SOURCES / "case-xml.toml").read_text("utf-8")
    # A council's own mapping that writes the sex as it comes.
    own = tmp_path / "own.toml"
    own.write_text(shipped.replace('from = "Sex@code", as = "code", table = "sex"', 'from = "Sex@code"'), "utf-8")
    problems: list[Any] = []
    taking = open_intake(world.deployment, load_mapping(str(own)), "westminster", "test")
    taking.on_problem = problems.append
    female = 'code="female"'
    people = (
        case("A1").replace('code="F"', female),
        case("A2", more=relationship(), objections=objection()),
        case("A3").replace('code="F"', female),
    )
    receipt = taking.receive(io.BytesIO(extract(*people)), "own.xml")
    assert receipt.counts == {"stored": 2, "quarantined": 1}
    assert stored(world) == ["A1", "A3"]
    assert [(p.field, p.reason) for p in problems if p.effect == "quarantined"] == [
        ("Person", "is not FHIR once mapped: Patient gender is not a code of its required value set")
    ]
    assert "A2" not in kept(world)


def test_a_record_that_is_refused_leaves_what_was_kept_of_the_person_before(world: World, tmp_path: Path) -> None:
    world.load(case("A1"))
    before = told(world, SOCIAL_WORKER)
    shipped = (SOURCES / "case-xml.toml").read_text("utf-8")
    own = tmp_path / "own.toml"
    own.write_text(shipped.replace('from = "Sex@code", as = "code", table = "sex"', 'from = "Sex@code"'), "utf-8")
    taking = open_intake(world.deployment, load_mapping(str(own)), "westminster", "test")
    assert taking.receive(io.BytesIO(extract(case("A1", family="Quill"))), "own.xml").counts == {"quarantined": 1}
    assert told(world, SOCIAL_WORKER) == before
    world.load(case("A1", family="Quill"), sequence=3)
    assert "Quill" in told(world, SOCIAL_WORKER)


@pytest.mark.parametrize("born", ["2008-11-23", "2015-01-01", "2026-11-22", "2008", "2009-05"])
def test_a_child_is_quarantined(here: World, born: str) -> None:
    receipt = here.load(case("A1", born=born), case("A2"))
    assert +receipt.counts == {"quarantined": 1, "stored": 1}
    assert "Birth@date is or may be of a child; an officer opens a transition record (quarantined)" in said(here)
    assert stored(here) == ["A2"]


def test_a_quarantined_record_of_somebody_on_file_still_restricts_and_objects(world: World) -> None:
    world.load(case("A1"))
    world.declare()
    world.pass_time(hours=1)
    child = case("A1", born="2015-01-01", attributes='restricted="Y"', objections=objection())
    assert world.load(child, sequence=2).counts["quarantined"] == 1
    ((facts,),) = world.rows("SELECT s.facts FROM person p JOIN standing s ON s.id = p.standing")
    assert ('"restricted": true' in facts, '"nhs_number_use": "objects"' in facts) == (True, True)


def test_a_quarantined_record_of_somebody_unknown_leaves_nothing_behind(here: World) -> None:
    here.load(case("A1", born="2015-01-01", objections=objection()))
    assert here.rows("SELECT COUNT(*) FROM choice") == [(0,)]


@pytest.mark.parametrize("born", ["2008-11-22", "1941-03-05", "1941", "2007", "1941-03", "", "not known"])
def test_whoever_is_eighteen_today_or_of_unknown_age_is_no_child(here: World, born: str) -> None:
    assert +here.load(case("A1", born=born)).counts == {"stored": 1}


@pytest.mark.parametrize("local_id", ["", " "])
def test_a_person_without_a_local_id_is_quarantined(here: World, local_id: str) -> None:
    receipt = here.load(case(local_id), case("A2"))
    assert receipt.counts["quarantined"] == 1
    assert stored(here) == ["A2"]


def test_of_a_local_id_that_stands_twice_in_a_file_the_first_counts(world: World) -> None:
    receipt = world.load(case("A1", family="First"), case("A1", family="Second"), case("A2"))
    assert receipt.counts == {"stored": 2, "quarantined": 1}
    assert "First" in told(world, SOCIAL_WORKER, "A1")
    assert "Second" not in kept(world)
    assert "Person@localId stands twice in this file; the first one counts (quarantined)" in said(world)


def test_a_field_that_cannot_be_read_is_reported_with_its_place_and_the_record_is_stored(here: World) -> None:
    content = extract(case("A1", born="31/02/1950"))
    receipt = here.receive(content, "mosaic.xml")
    assert receipt.counts == {"stored": 1}
    (problem,) = [problem for problem in here.problems if problem.field == "Birth@date"][:1]
    assert (problem.file, problem.line, problem.effect, problem.value) == ("mosaic.xml", 1, "dropped", "31/02/1950")
    assert receipt.problems["dropped"] >= 1


# ---------------------------------------------------------------- files


def test_an_extract_of_another_council_is_not_read(world: World) -> None:
    receipt = world.receive(extract(case(), council_code="elsewhere"))
    assert (receipt.complete, receipt.records, stored(world)) == (False, 0, [])
    assert said(world) == ["Header@council is not the council that the extract is loaded for (stopped)"]


def test_nothing_is_received_for_a_council_that_is_not_of_this_deployment(here: World) -> None:
    with pytest.raises(UnknownCouncilError, match="`elsewhere` is not a council of this deployment"):
        open_intake(here.deployment, load_mapping("case-xml"), "elsewhere", "test")


def test_a_file_that_ends_too_early_says_so_and_loses_nobody_who_came_before(world: World) -> None:
    world.load(case("A0"))
    whole = extract(*(case(f"A{place}") for place in range(1, 6)))
    receipt = world.receive(whole[: whole.index(b'localId="A4"') + 40])
    assert (receipt.complete, +receipt.counts) == (False, {"stored": 3})
    assert stored(world) == ["A0", "A1", "A2", "A3"]
    assert said(world)[-1] == "file ends too early; send the whole file again (stopped)"
    assert states(world) == ["done", "stopped"]
    # As of when the data speaks is the whole extract's word, not the broken one's.
    assert +world.receive(whole).counts == {"unchanged": 3, "stored": 2}


def test_a_trailer_that_counts_otherwise_makes_the_extract_incomplete(here: World) -> None:
    receipt = here.receive(extract(case("A1")).replace(b'persons="1"', b'persons="2"'))
    assert (receipt.complete, +receipt.counts) == (False, {"stored": 1})


LAUGHS = "".join(f'<!ENTITY l{place} "{f"&l{place - 1};" * 10 if place else "ha"}">' for place in range(9))
HOSTILE = {
    "an entity": b'<!DOCTYPE CaseExtract [<!ENTITY who "Ada">]>',
    "a file on this machine": b'<!DOCTYPE CaseExtract [<!ENTITY who SYSTEM "file:///etc/passwd">]>',
    "a document type on the net": b'<!DOCTYPE CaseExtract SYSTEM "http://127.0.0.1:9/case.dtd">',
    "a billion laughs": f"<!DOCTYPE CaseExtract [{LAUGHS}]>".encode(),
    "a parameter entity": b'<!DOCTYPE CaseExtract [<!ENTITY % more SYSTEM "file:///etc/passwd"> %more;]>',
}


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_hostile_file_is_stopped_before_its_content_is_read(here: World, hostile: str) -> None:
    document_type = HOSTILE[hostile]
    content = extract(case(family="Marlowe")).replace(b"<CaseExtract", document_type + b"<CaseExtract", 1)
    receipt = here.receive(content.replace(b"Marlowe", b"&who;" if b"who" in document_type else b"Marlowe"))
    assert (receipt.complete, receipt.records, stored(here)) == (False, 0, [])
    assert [problem.effect for problem in here.problems] == ["stopped"]
    assert "root:" not in kept(here)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"  \n ",
        b"Ada Marlowe, 1941",
        b"<CaseExtract/>",
        b"\x00\x01\x02",
        b"PK\x03\x04 a workbook",
        extract(case(family="Zoë")).decode("utf-8").encode("latin-1"),
        extract(case()).replace(b"</Names>", b"</Name>"),
        re.sub(rb"<Header[^>]*>", b"", extract(case())),
    ],
)
def test_what_is_no_extract_is_said_to_be_none_and_nobody_is_kept(here: World, content: bytes) -> None:
    receipt = here.receive(content)
    assert (receipt.complete, stored(here)) == (False, [])
    assert [problem.effect for problem in here.problems][-1] == "stopped"


def test_a_file_that_begins_well_and_goes_wrong_keeps_what_was_well(here: World) -> None:
    content = extract(case("A1"), case("A2"), case("A3")).replace(b'localId="A3"', b'localId="A3')
    receipt = here.receive(content)
    assert (receipt.complete, stored(here)) == (False, ["A1", "A2"])


def test_an_extract_speaks_as_of_when_it_was_made_and_never_of_the_future(here: World) -> None:
    here.receive(extract(case(), created=START.replace(year=2030)))
    here.receive(extract(case("A2"), created=START.replace(month=11, day=1), sequence=2))
    here.receive(extract(case("A3")).replace(START.isoformat().encode(), b"yesterday"))
    now = int(START.timestamp() * 1000)
    assert [created for (created,) in here.rows("SELECT created FROM extract ORDER BY id")] == [
        now,
        now - 21 * 86_400_000,
        now,
    ]


# ---------------------------------------------------------------- interruptions


class KilledError(Exception):
    """The process was ended."""


def killed_after(world: World, content: bytes, most: int) -> None:
    """Receive a file and be ended after so many records."""
    taking = open_intake(world.deployment, load_mapping("case-xml"), "westminster", "test")
    seen = 0

    def end() -> None:
        nonlocal seen
        seen += 1
        if seen == most:
            raise KilledError

    taking.on_record = end
    with pytest.raises(KilledError):
        taking.receive(io.BytesIO(content), "case.xml")


def test_a_load_that_was_ended_midway_and_begun_again_ends_as_one_that_was_not(
    world: World, tmp_path: Path, client_key: ECKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "_PERSONS_A_COMMIT", 3)
    people = [case(f"A{place:02}", family=f"Name{place}", nhs_number="9990000018") for place in range(1, 9)]
    people[1] = case("A02", objections=objection(), nhs_number="9990000026")
    people[4] = case("A05", more=relationship(person="A01"))
    people[6] = case("A07", born="2015-01-01")
    content = extract(*people)
    killed_after(world, content, 5)
    assert stored(world) == ["A01", "A02", "A03"]
    killed_after(world, content, 7)
    receipt = world.receive(content)
    straight = World(f"sqlite:///{tmp_path / 'straight.db'}", tmp_path / "straight", client_key)
    try:
        straight.receive(content)
        assert plainly(world) == plainly(straight)
    finally:
        straight.close()
    assert receipt.complete
    assert states(world) == ["reading", "reading", "done"]


def test_both_databases_keep_the_same_of_the_same_extract(world: World, tmp_path: Path, client_key: ECKey) -> None:
    people = (
        case("A1", nhs_number="9990000018", more=relationship(roles="next-of-kin main-carer", person="A2")),
        case("A2", family="Brontë-Ó Néill", objections=objection() + objection("shared-record")),
        case("A3", attributes='restricted="Y"', more='<Death date="2020-01-01"/>'),
    )
    other = World(f"sqlite:///{tmp_path / 'other.db'}", tmp_path / "other", client_key)
    try:
        for each in (world, other):
            each.load(*people)
            each.know(pds_record("9990000018"))
            each.declare()
            each.trace()
            each.load(case("A1", nhs_number="9990000018", postcode="SW1A 2AA"), sequence=2)
        assert plainly(world) == plainly(other)
        assert {name: len(rows) for name, rows in tables(world).items()} == {
            name: len(rows) for name, rows in tables(other).items()
        }
    finally:
        other.close()


def test_intake_waits_for_no_pds(here: World) -> None:
    here.know(pds_record("9990000018"))
    here.declare()
    assert here.load(case(nhs_number="9990000018", objections=objection(value="none-recorded"))).complete
    assert here.pds.calls == []
    assert here.rows("SELECT COUNT(*) FROM trace_queue") == [(1,)]


def test_a_receipt_counts_what_it_was_told() -> None:
    receipt = Receipt("case.xml")
    receipt.counts.update({"stored": 2, "quarantined": 1})
    assert receipt.records == 3
