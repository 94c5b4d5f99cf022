"""An officer records what a person has chosen."""

from __future__ import annotations

from typing import Any

import pytest

from tests.commands.desk import NUMBER, Desk, known
from tests.world import World, extract, objection, pds_record

BY_NUMBER = [("identifier", f"https://fhir.nhs.uk/Id/nhs-number|{NUMBER}"), ("birthdate", "1941-03-05")]
RECORD = ("choice", "record", "--council", "westminster", "--person", "A1", "--by", "R Finch")
LIST = ("choice", "list", "--council", "westminster", "--person", "A1")
OBJECTS = (*RECORD, "--kind", "nhs-number", "--value", "objects")
CLEAR = (*RECORD, "--kind", "nhs-number", "--value", "clear")


def traced(world: World) -> None:
    world.load(known())
    world.know(pds_record(NUMBER))
    world.declare()
    world.trace()


def consents(world: World) -> list[str]:
    """The status of every Consent that a governance officer finds of the person, in order."""
    ((public,),) = world.rows("SELECT r.public FROM resource r WHERE r.type = 'Patient'")
    found = world.asker("governance").search("Consent", [("patient", f"Patient/{public}")]).json()
    listed = [entry["resource"] for entry in found["entry"] if entry["resource"]["resourceType"] == "Consent"]
    return sorted(consent["status"] for consent in listed)


def total(answer: Any) -> int:
    return int(answer.json()["total"])


def test_an_objection_acts_on_the_next_search_of_a_ward(desk: Desk) -> None:
    traced(desk.world)
    ward = desk.world.asker("hospital")
    before = total(ward.search("Patient", BY_NUMBER))
    desk.run(*OBJECTS)
    assert (before, total(ward.search("Patient", BY_NUMBER))) == (1, 0)


def test_a_governance_officer_finds_the_consent_and_its_end(desk_on_both: Desk) -> None:
    desk_on_both.world.load(known())
    desk_on_both.run(*OBJECTS)
    assert consents(desk_on_both.world) == ["active"]
    desk_on_both.world.pass_time(minutes=5)
    desk_on_both.run(*CLEAR)
    assert consents(desk_on_both.world) == ["inactive"]


def test_a_later_extract_without_the_objection_does_not_end_it(desk: Desk) -> None:
    desk.world.load(known())
    desk.run(*OBJECTS)
    desk.world.pass_time(days=1)
    desk.world.load(known(given="Ada May"), sequence=2)
    assert consents(desk.world) == ["active"]


def test_what_an_officer_takes_back_is_inactive_though_the_case_record_still_lists_it(desk: Desk) -> None:
    desk.world.load(known(objections=objection()))
    desk.run(*CLEAR)
    after_command = consents(desk.world)
    desk.world.pass_time(days=1)
    desk.world.load(known(given="Ada May", objections=objection()), sequence=2)
    assert (after_command, consents(desk.world)) == (["inactive"], ["inactive"])


def test_an_extract_that_changes_does_not_stir_a_consent_that_was_taken_back(desk: Desk) -> None:
    desk.world.load(known(objections=objection()))
    desk.run(*CLEAR)
    versions = "SELECT f.id FROM facet f JOIN resource r ON r.id = f.resource WHERE r.type = 'Consent'"
    before = desk.world.rows(versions)
    desk.world.load(known(given="Ada May", objections=objection()), sequence=2)
    assert desk.world.rows(versions) == before


def test_what_the_council_and_an_officer_both_record_are_two_consents(desk: Desk) -> None:
    today = desk.world.time.date().isoformat()
    desk.world.load(known(objections=objection(effective=today)))
    desk.run(*OBJECTS)
    assert consents(desk.world) == ["active", "active"]


def test_what_the_case_record_takes_back_ends_the_officers_consent(desk: Desk) -> None:
    desk.world.load(known())
    desk.run(*OBJECTS)
    desk.world.pass_time(days=2)
    day = desk.world.time.date().isoformat()
    desk.world.load(known(objections=objection(value="withdrawn", effective=day)), sequence=2)
    assert consents(desk.world) == ["inactive", "inactive"]


def test_an_objection_is_active_again_when_it_is_made_again(desk: Desk) -> None:
    desk.world.load(known())
    for words in (OBJECTS, CLEAR, OBJECTS):
        desk.run(*words)
        desk.world.pass_time(minutes=5)
    assert consents(desk.world) == ["active"]


def test_taking_back_says_when_a_later_objection_still_stands(desk: Desk) -> None:
    desk.world.load(known())
    desk.run(*OBJECTS)
    shown = desk.run(*CLEAR, "--effective", "2025-01-01").stdout
    assert "what holds now for nhs-number: objects" in shown
    assert consents(desk.world) == ["active"]


def test_the_same_choice_twice_is_on_file_once(desk: Desk) -> None:
    desk.world.load(known())
    answers = [desk.json(*OBJECTS, "--effective", "2026-01-01") for _ in range(2)]
    assert answers == [{"new": True, "holds": "objects"}, {"new": False, "holds": "objects"}]


def test_the_history_says_who_recorded_what_and_how(desk: Desk) -> None:
    desk.world.load(known())
    desk.run(*OBJECTS, "--capacity", "attorney", "--discussed", "--effective", "2026-01-02")
    (line,) = desk.json(*LIST)
    assert line == {
        "kind": "nhs-number",
        "value": "objects",
        "effective": "2026-01-02T00:00:00Z",
        "recorded": "2026-11-22T09:00:00Z",
        "by": "R Finch",
        "capacity": "attorney",
        "discussed": True,
    }


def test_the_history_is_shown_to_people_as_a_table(desk: Desk) -> None:
    desk.world.load(known())
    desk.run(*OBJECTS)
    assert "R Finch  self      no" in desk.run(*LIST).stdout


def test_the_trail_has_the_choice_and_the_reading_of_it(desk: Desk) -> None:
    desk.world.load(known())
    desk.run(*OBJECTS)
    desk.run(*LIST)
    (event,), (read,) = desk.events("choice"), desk.events("choices")
    assert (event["choice"], event["value"], event["outcome"]) == ("nhs-number", "objects", "recorded")
    assert event["people"] == read["people"] == [desk.world.person("A1")]


def test_where_the_trail_cannot_be_written_nothing_is_recorded(desk: Desk) -> None:
    desk.world.load(known())
    desk.world.deployment.settings.trail.write_text("no folder")
    desk.refused(*OBJECTS)
    assert desk.world.rows("SELECT * FROM choice") == []
    assert desk.world.rows("SELECT * FROM facet WHERE origin = 'officer'") == []


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (("--kind", "national-data-opt-out", "--value", "objects"), "the national data opt-out is not recorded here"),
        (("--kind", "nhs-number", "--value", "objects", "--capacity", "property-attorney"), "property and affairs"),
        (("--kind", "nhs-number", "--value", "clear", "--capacity", "professional"), "may not take an objection back"),
        (("--kind", "nhs-number", "--value", "objects", "--effective", "2026-11-23"), "later than now"),
    ],
)
def test_a_choice_that_may_not_be_recorded_is_refused_with_the_reason(
    desk: Desk, more: tuple[str, ...], why: str
) -> None:
    desk.world.load(known())
    assert why in desk.refused(*RECORD, *more)
    assert desk.events("choice")[0]["outcome"] == "refused"
    assert desk.world.rows("SELECT * FROM choice") == []


@pytest.mark.parametrize("capacity", ["self", "attorney", "deputy", "professional"])
def test_who_may_decide_may_object(desk: Desk, capacity: str) -> None:
    desk.world.load(known())
    assert desk.json(*OBJECTS, "--capacity", capacity)["new"]


@pytest.mark.parametrize(
    ("option", "word"),
    [("--kind", "biscuits"), ("--value", "perhaps"), ("--capacity", "neighbour"), ("--effective", "soon")],
)
def test_a_word_that_is_not_known_is_wrong_use(desk: Desk, option: str, word: str) -> None:
    desk.world.load(known())
    said = desk.refused(*OBJECTS, option, word, code=2)
    assert said.startswith(f"{option} is not")


def test_a_person_who_is_not_on_file_is_wrong_use(desk: Desk) -> None:
    assert "nobody is on file" in desk.refused(*OBJECTS, code=2)


def test_a_council_that_is_not_known_is_wrong_use(desk: Desk) -> None:
    desk.world.receive(extract(known()))
    assert "known: westminster" in desk.refused(*OBJECTS, "--council", "atlantis", code=2)
