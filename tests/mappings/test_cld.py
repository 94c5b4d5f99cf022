"""Client Level Data: whose rows speak for a person, what is quarantined, and what each row becomes."""

import json
from dataclasses import replace

import pytest

from tests.mappings.extracts import CONTEXT, DATA, merged, of_type, only, plain
from tests.mappings.sheets import (
    ada,
    mapped,
    mapping,
    problems,
    records,
    sheet,
    trailer,
)

SAMPLE = (DATA / "cld.csv").read_bytes()


def test_the_sample_is_mapped_as_its_twin_says():
    context = replace(CONTEXT, file="cld.csv", extract_id=None)
    found = [plain(mapping("cld").apply(record, context)) for record in records(SAMPLE)]
    assert found == json.loads((DATA / "cld.fhir.json").read_text("utf-8"))


def test_nothing_is_wrong_with_the_sample():
    assert problems(SAMPLE) == []


OPEN = {"Event Start Date": "01/01/2023", "Event End Date": "", "First Name": "Open"}
LATE = {"Event Start Date": "01/06/2024", "Event End Date": "01/07/2024", "First Name": "Late"}
EARLY = {"Event Start Date": "01/02/2024", "Event End Date": "01/03/2024", "First Name": "Early"}
NEWER = {"Event Start Date": "01/05/2024", "Event End Date": "", "First Name": "Newer"}


@pytest.mark.parametrize(
    ("rows", "first"),
    [
        ([EARLY, LATE], "Late"),
        ([LATE, OPEN, EARLY], "Open"),
        ([OPEN, NEWER, LATE], "Newer"),
        ([EARLY, LATE | {"First Name": ""}], "Early"),
        ([EARLY, LATE | {"First Name": "Not known"}], "Early"),
        ([EARLY, LATE | {"Event End Date": "31/12/9999"}], "Late"),
        ([EARLY, LATE | {"Event End Date": "soon"}], "Early"),
    ],
)
def test_the_latest_row_that_knows_it_speaks_for_the_person(rows: list[dict[str, str]], first: str):
    (name,) = only(ada(*rows), "Patient")["name"]
    assert name == {"given": [first], "family": "Quill"}


def test_two_rows_of_one_time_that_differ_say_nothing():
    content = sheet(OPEN | {"Postcode": "ZZ1 1AA"}, OPEN | {"Postcode": "ZZ1 1AB", "Service Component": "Meals"})
    (found,) = problems(content)
    assert (found.effect, found.field) == ("dropped", "Person@Postcode")
    assert "address" not in only(mapped(content)[0], "Patient")


@pytest.mark.parametrize(
    ("column", "one", "other"),
    [
        ("NHS Number", "9990001006", "9990001014"),
        ("Date of Birth", "01/02/1950", "02/01/1950"),
        ("Date of Birth", "01/02/1950", "1/2/50"),
        ("Gender", "Female", "Male"),
    ],
)
def test_rows_of_two_people_under_one_id_are_nobody_and_the_rest_goes_on(column: str, one: str, other: str):
    content = sheet({column: one}, LATE | {column: other}, {"LA Person Unique Identifier": "B2"})
    assert [record.local_id for record in records(content)] == ["B2"]
    (found,) = problems(content)
    assert (found.effect, found.person) == ("quarantined", "A1")
    assert found.field == "Person@" + column.replace(" ", "_")
    assert trailer(content) is not None


@pytest.mark.parametrize(
    ("column", "one", "other"),
    [
        ("NHS Number", "999 000 1006", "9990001006"),
        ("NHS Number", "9990001006", ""),
        ("Date of Birth", "01/02/1950", "19500201"),
        ("Date of Birth", "01/02/1950", "01/01/1900"),
        ("Gender", "Female", "FEMALE"),
        ("Gender", "Female", "Unknown"),
    ],
)
def test_one_value_written_in_two_ways_is_one_person(column: str, one: str, other: str):
    assert len(records(sheet({column: one}, LATE | {column: other}))) == 1


@pytest.mark.parametrize("number", ["999000100", "9990001007", "9.99E+09", "12345", "unknown"])
def test_what_is_no_nhs_number_is_not_one(number: str):
    found = ada({"NHS Number": number})
    assert len(only(found, "Patient")["identifier"]) == 1
    assert [problem.value for problem in found.problems] == [number]


@pytest.mark.parametrize("day", ["01/02/1950", "1950-02-01", "19500201", "01/02/1950 00:00:00", "1950-02-01T00:00:00"])
def test_a_birth_date_is_read_in_every_way_that_councils_write_it(day: str):
    assert only(ada({"Date of Birth": day}), "Patient")["birthDate"] == "1950-02-01"


@pytest.mark.parametrize("day", ["01/01/1900", "1/7/80", "31/02/1950", "9999-12-31"])
def test_a_birth_date_that_is_none_is_not_told(day: str):
    found = ada({"Date of Birth": day})
    assert "birthDate" not in only(found, "Patient")
    assert found.facts["born"] == "unknown"
    assert len(found.problems) == 1


@pytest.mark.parametrize(
    ("gender", "code"), [("Male", "male"), ("Female", "female"), ("Other", "other"), ("Unknown", "unknown")]
)
def test_a_gender_is_a_code_of_fhir(gender: str, code: str):
    assert only(ada({"Gender": gender}), "Patient")["gender"] == code


@pytest.mark.parametrize(
    ("wording", "code"),
    [
        ("White: Roma", "C"),
        ("White - Roma", "C"),
        ("Asian or Asian British: Chinese", "R"),
        ("Mixed - White and Black Caribbean", "D"),
        ("Black or Black British - African", "N"),
        ("No data: Refused", "Z"),
    ],
)
def test_an_ethnic_group_of_either_release_is_a_code_of_uk_core_in_the_councils_words(wording: str, code: str):
    (extension,) = only(ada({"Ethnicity": wording}), "Patient")["extension"]
    told = extension["valueCodeableConcept"]
    assert (told["coding"][0]["code"], told["text"]) == (code, wording)


@pytest.mark.parametrize(
    ("wording", "code"),
    [
        ("Home Support", "home-support"),
        ("Home support or domiciliary care", "home-support"),
        ("Long Term Residential Care", "long-term-residential-care"),
        ("Carer Respite", "unpaid-carer-respite"),
        ("Unpaid carer respite", "unpaid-carer-respite"),
    ],
)
def test_a_service_of_either_release_is_one_episode(wording: str, code: str):
    found = ada({"Service Component": wording, "Provider CQC Location Name": "Threeways"})
    (service,) = [merged(each) for each in of_type(found, "EpisodeOfCare") if each.key.startswith("service")]
    assert service["type"][0]["coding"][0]["code"] == code
    assert (service["status"], service["period"]) == ("active", {"start": "2024-03-01"})
    (team,) = [merged(each) for each in of_type(found, "CareTeam") if each.key.startswith("provider")]
    assert service["team"] == [{"reference": f"key:CareTeam:{team_key(found)}"}]
    assert team["participant"][0]["member"]["display"] == "Threeways"


def team_key(found) -> str:
    return next(each.key for each in of_type(found, "CareTeam") if each.key.startswith("provider"))


def test_a_service_component_outside_the_lists_is_kept_as_text():
    found = ada({"Service Component": "Kindness"})
    (service,) = [merged(each) for each in of_type(found, "EpisodeOfCare") if each.key.startswith("service")]
    assert service["type"] == [{"text": "Kindness"}]
    assert len(found.problems) == 1


def test_one_package_over_two_rows_is_one_service():
    found = ada({"Event Reference": "1"}, {"Event Reference": "2"})
    assert len(of_type(found, "EpisodeOfCare")) == 2
    assert {problem.reason for problem in found.problems} == {
        "stands twice; the first EpisodeOfCare counts",
        "stands twice; the first CareTeam counts",
    }


def test_a_service_that_ends_before_it_begins_has_no_period():
    found = ada({"Event End Date": "01/02/2024"})
    (service,) = [merged(each) for each in of_type(found, "EpisodeOfCare") if each.key.startswith("service")]
    assert "period" not in service
    assert any("is before its beginning" in problem.reason for problem in found.problems)


@pytest.mark.parametrize("kind", ["Request", "Assessment", "Review", "Referral"])
def test_only_a_service_is_a_service(kind: str):
    assert [each.key for each in of_type(ada({"Event Type": kind}), "EpisodeOfCare")] == ["involvement"]


ENDED = {"Event End Date": "02/04/2024", "Event Outcome": "NFA: Support ended as planned"}


@pytest.mark.parametrize(
    ("rows", "closed"),
    [
        ([{}], None),
        ([ENDED], "2024-04-02"),
        ([ENDED | {"Event Outcome": "NFA - Deceased"}], "2024-04-02"),
        ([ENDED | {"Event Outcome": "Service ended as planned"}], "2024-04-02"),
        ([ENDED | {"Event Outcome": "Progress to support planning or services"}], None),
        ([ENDED | {"Event Outcome": ""}], None),
        ([ENDED, {"Service Component": "Meals"}], None),
        ([ENDED, ENDED | {"Event Type": "Review", "Event Outcome": "Admitted to hospital"}], None),
        ([ENDED, ENDED | {"Event Type": "Review", "Event End Date": "soon"}], None),
    ],
)
def test_an_involvement_ends_when_its_last_event_ended_without_further_action(rows: list[dict[str, str]], closed):
    found = ada(*rows)
    (episode,) = [merged(each) for each in of_type(found, "EpisodeOfCare") if each.key == "involvement"]
    assert episode.get("period") == ({"end": closed} if closed else None)
    assert episode["status"] == ("finished" if closed else "active")
    assert found.facts["closed"] == (closed or "open")


def test_the_team_is_the_council_at_its_duty_desk():
    (team,) = [merged(each) for each in of_type(ada({}), "CareTeam") if each.key == "council"]
    assert team["telecom"] == [{"system": "phone", "value": "01632 960000", "use": "work"}]
    assert team["participant"][0]["member"]["display"] == "Anytown Council"


def test_a_carers_rows_name_the_adults_cared_for():
    found = ada(
        {"Adult 1 Linked Person_ID": "X1", "Adult 2 Linked Person_ID": "-1"}, LATE | {"Adult 3 Linked Person_ID": "X1"}
    )
    (related,) = of_type(found, "RelatedPerson")
    assert [facet.mentions for facet in related.facets] == [("X1",)]
    assert "X1" not in json.dumps(merged(related))


@pytest.mark.parametrize("more", [{}, {"Total Hrs Caring per week": "20 - 34 hours"}])
def test_a_carer_known_by_association_is_a_patient_without_an_involvement(more: dict[str, str]):
    row = {
        "Event Type": "",
        "Event Start Date": "",
        "Service Component": "",
        "Client Type": "Carer known by association",
    }
    assert {each.type for each in ada(row | more).resources} == {"Patient", "Provenance"}


@pytest.mark.parametrize(
    ("reason", "read"),
    [("Mental Health Support", "yes"), ("Physical Support: Access & mobility only", "no"), ("", "unknown")],
)
def test_a_support_reason_tells_whether_it_is_a_mental_health_case(reason: str, read: str):
    assert ada({"Primary Support Reason": reason}).facts["mental_health"] == read


def test_what_the_return_has_no_column_for_counts_as_the_mapping_says_and_is_named_as_unstated():
    found = ada({})
    assert (found.facts["restricted"], found.facts["locked"], found.facts["do_not_disclose"]) == ("yes", "no", "no")
    assert found.unstated == {"restricted", "locked", "do_not_disclose", "section_117"}
    assert found.choices == ()


def test_no_row_of_the_mapping_names_what_it_knows_and_does_not_say():
    categories = mapping("cld").categories
    assert categories == {
        "identity", "nhs-number-untraced", "contact", "gp", "ethnicity", "family", "care-team", "services", "audit",
    }  # fmt: skip
