"""What a person has chosen, as `person-json` says it, and what nobody may see of them."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from mappings.engine import Mapping, MappingError, load
from mappings.readers.person_vocabulary import MESSAGE, PERSON, Known
from tests.mappings.extracts import CONTEXT, DATA, nhs_number, only, plain
from tests.mappings.people import Json, mapped, message, of_person, record, sample

SOURCES = DATA.parent.parent / "mappings" / "sources"


@pytest.mark.parametrize("kind", ["nhs-number", "shared-record"])
@pytest.mark.parametrize(
    ("value", "read"), [("objected", "objects"), ("withdrawn", "withdrawn"), ("none-recorded", "clear")]
)
def test_an_objection_in_a_message_of_its_own_is_a_choice(kind: str, value: str, read: str):
    objection = {"kind": kind, "value": value, "recorded": "2024-06-03", "by": "person"}
    found = mapped({"operation": "objection", "personId": 71, "objection": objection})
    (choice,) = found.choices
    assert (choice.kind, choice.value, choice.recorded, choice.by) == (kind, read, "2024-06-03", "person")


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"objection": {}},
        {"objection": "nhs-number"},
        {"objections": ["yes"]},
        {"objection": {"kind": {"code": "nhs-number"}}},
        {"objection": {"kind": "nhs\ud800", "value": "objected"}},
    ],
)
def test_a_message_that_could_be_an_objection_counts_as_one_of_every_kind(said: Json):
    found = mapped({"operation": "objection", "personId": 71} | said)
    assert [(choice.kind, choice.value) for choice in found.choices] == [
        ("nhs-number", "objects"),
        ("shared-record", "objects"),
    ]


OBJECTION = {"operation": "objection", "personId": 71, "objection": {"kind": "nhs-number", "value": "objected"}}


def test_a_message_about_choices_alone_says_nothing_else_of_the_person():
    found = mapped(OBJECTION)
    assert (found.feed, found.facts, found.organisations, found.problems) == ("objections", {}, (), ())
    assert {resource.type for resource in found.resources} == {"Consent", "Provenance"}
    assert only(found, "Consent")["patient"] == {"reference": "key:Patient:patient"}


@pytest.mark.parametrize("bad", [{"sequence": "next"}, {"source": "\ud800"}, {"occurredAt": "today"}, {"source": []}])
def test_a_choice_counts_whatever_else_of_its_message_cannot_be_read(bad: Json):
    found = mapped(OBJECTION | bad)
    assert [(choice.kind, choice.value) for choice in found.choices] == [("nhs-number", "objects")]
    assert {problem.effect for problem in found.problems} <= {"dropped", "ignored"}
    assert found.problems


def own(folder: Path, **replaced: str) -> Mapping:
    """The shipped mapping with some lines of it otherwise."""
    text = (SOURCES / "person-json.toml").read_text("utf-8")
    for old, new in replaced.items():
        text = "\n".join(new if line.startswith(f"{old} = ") else line for line in text.split("\n"))
    (folder / "own.toml").write_text(text, "utf-8")
    return load(folder / "own.toml", nhs_number=nhs_number)


def test_where_no_mapping_reads_choices_alone_they_are_no_person_and_still_heard(tmp_path: Path):
    found = own(tmp_path, beside="").apply(record(OBJECTION), CONTEXT)
    assert [problem.effect for problem in found.problems] == ["quarantined"]
    assert (found.facts, found.resources) == ({}, ())
    assert [(choice.kind, choice.value) for choice in found.choices] == [("nhs-number", "objects")]


def test_a_mapping_changes_with_what_stands_beside_it(tmp_path: Path):
    feed = (SOURCES / "person-json-objections.toml").read_text("utf-8")
    (tmp_path / "feed.toml").write_text(feed, "utf-8")
    before = own(tmp_path, beside='beside = ["feed.toml"]').digest
    (tmp_path / "feed.toml").write_text(feed + "# another\n", "utf-8")
    assert own(tmp_path, beside='beside = ["feed.toml"]').digest != before


@pytest.mark.parametrize(
    ("beside", "said"),
    [
        ('beside = ["own.toml"]', "stands beside another mapping and is no feed"),
        ('beside = ["objections"]', "`objections` is of another layout"),
        ('beside = ["person-json-objections", "person-json-objections"]', "of a feed that stands beside it already"),
        ('beside = ["nothing"]', "nothing.toml: no such mapping"),
        ('feed = "people"\nbeside = ["person-json-objections"]', "is a feed, and nothing stands beside one"),
    ],
)
def test_only_a_feed_of_the_same_layout_stands_beside_a_mapping(tmp_path: Path, beside: str, said: str):
    with pytest.raises(MappingError, match=re.escape(said)):
        own(tmp_path, beside=beside)


@pytest.mark.parametrize("bad", [{"contextFlag": "C"}, {"contextFlag": None}, {"restricted": []}, {"title": "\ud800"}])
def test_a_record_that_is_not_kept_is_still_heard(bad: Json):
    objection = {"kind": "nhs-number", "value": "objected"}
    found = of_person(**(bad | {"objections": [objection]}))
    assert "quarantined" in [problem.effect for problem in found.problems]
    assert [(choice.kind, choice.value) for choice in found.choices] == [("nhs-number", "objects")]


def test_a_choice_within_a_record_is_a_consent_too():
    found = mapped(message(objection={"kind": "nhs-number", "value": "objected", "effective": "2024-06-01"}))
    assert only(found, "Consent")["provision"] == {"type": "deny"}


def closed(known: Known, within: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found = [(*within, name) for name in sorted(known.closed)]
    return found + [path for name, inner in known.objects.items() for path in closed(inner, (*within, name))]


@pytest.mark.parametrize("path", sorted({*closed(PERSON), *closed(MESSAGE)}), ids=".".join)
def test_a_field_that_is_never_released_appears_nowhere(path: tuple[str, ...]):
    nested: Any = "MARKER"
    for name in reversed(path):
        nested = {name: nested}
    base = {"id": 71, "contextFlag": "A"}
    inner = nested.pop("person", {})
    for value in (base | nested | inner, nested | {"person": base | inner}):
        assert "MARKER" not in json.dumps(plain(mapped(value)))


def test_the_fields_that_must_never_be_released_are_closed():
    names = {path[-1] for path in closed(PERSON)}
    assert names >= {
        *("accessToHome", "immigrationStatus", "sexualOrientation", "techUse", "ragRating", "warningNotes"),
        *("warningNote", "createdBy", "accessNotes", "careProvider", "religion", "details", "disabilities"),
    }


@pytest.mark.parametrize("name", ["person-json", "person-json-objections"])
def test_a_shipped_mapping_names_only_what_the_reader_lets_through(name: str):
    rows = (SOURCES / f"{name}.toml").read_text("utf-8")
    named = set(re.findall(r"@(\w+)|\[(\w+)(?:=|!=|~|!~)", rows))
    # The reader itself numbers what has no key of its own.
    assert {each for pair in named for each in pair if each} <= values(PERSON) | {"number"}


def values(known: Known) -> set[str]:
    return {*known.values}.union(*map(values, known.objects.values()))


def test_no_marker_of_a_sample_appears_anywhere():
    found = [plain(each) for name in ("person.json", "person-legacy.ndjson") for each in sample(name)]
    for each in found:
        each.pop("problems")
    told = json.dumps(found)
    assert "Ottoline" in told
    for word in ("arker", "07700 900999", "10033544699", "shoe", "4711"):
        assert word not in told
