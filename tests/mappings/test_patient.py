"""Who is it?  What the `case-xml` mapping says of the person: nothing is guessed, and nobody is made up."""

import json

import pytest

from tests.mappings.extracts import (
    NUMBERS,
    facet,
    mapped,
    of_type,
    only,
    plain,
    said,
)


@pytest.mark.parametrize("status", ["01", "02", "08", ""])
def test_a_number_from_a_council_is_never_verified_whatever_it_claims(status: str):
    identifier = f'<Identifiers><Identifier type="NHS" status="{status}">999 000 1006</Identifier></Identifiers>'
    (patient,) = of_type(mapped(identifier), "Patient")
    (found,) = facet(patient, "untraced").body["identifier"]
    assert (found["system"], found["value"]) == ("https://fhir.nhs.uk/Id/nhs-number", "9990001006")
    (coding,) = found["extension"][0]["valueCodeableConcept"]["coding"]
    assert coding["system"] == "https://fhir.hl7.org.uk/CodeSystem/UKCore-NHSNumberVerificationStatusEngland"
    assert coding["code"] == "02"


def test_the_number_stands_in_a_facet_of_its_own_category():
    (patient,) = of_type(
        mapped(f'<Identifiers><Identifier type="NHS">{NUMBERS[0]}</Identifier></Identifiers>'), "Patient"
    )
    assert facet(patient, "untraced").category == "nhs-number-untraced"
    assert NUMBERS[0] not in json.dumps(facet(patient, "carrier").body)


@pytest.mark.parametrize("number", ["9990001007", "123", "Not known", "99900010060"])
def test_a_number_that_is_none_is_dropped_with_a_problem(number: str):
    found = mapped(f'<Identifiers><Identifier type="NHS">{number}</Identifier></Identifiers>')
    assert said(found.problems) == [f"case.xml:1 Identifier `{number}` is not an NHS number"]
    assert [each.part for each in of_type(found, "Patient")[0].facets] == ["carrier"]


def test_of_two_numbers_neither_is_used():
    both = "".join(f'<Identifier type="NHS">{number}</Identifier>' for number in NUMBERS[:2])
    found = mapped(f"<Identifiers>{both}</Identifiers>")
    assert [problem.reason for problem in found.problems] == ["is one of two NHS numbers; neither is used"] * 2
    assert "nhs-number" not in json.dumps(plain(found)["resources"])


def test_a_number_that_has_ended_is_not_the_persons_number():
    old = f'<Identifier type="NHS" to="2020-01-01">{NUMBERS[0]}</Identifier>'
    both = f'{old}<Identifier type="NHS">{NUMBERS[1]}</Identifier>'
    patient = only(mapped(f"<Identifiers>{both}</Identifiers>"), "Patient")
    assert [each["value"] for each in patient["identifier"]] == ["1", NUMBERS[1]]


@pytest.mark.parametrize("word", ["UNKNOWN", "Test", "Baby", "DUPLICATE", "Quill (duplicate)", "N/A", "-1"])
def test_a_placeholder_is_no_part_of_a_name(word: str):
    found = mapped(f"<Names><Name><Given>Ada</Given><Family>{word}</Family></Name></Names>")
    assert only(found, "Patient")["name"] == [{"given": ["Ada"]}]
    assert said(found.problems) == [f"case.xml:1 Family `{word}` is a placeholder, not a value"]


@pytest.mark.parametrize(
    ("birth", "date"),
    [
        ('date="1941-07-09"', "1941-07-09"),
        ('date="1941-07"', "1941-07"),
        ('date="1941"', "1941"),
        ('date="1941-07-01" precision="month"', "1941-07"),
        ('date="1941-01-01" precision="year"', "1941"),
        ('date="1941" precision="day"', "1941"),
        ('date="1941-07-09T00:00:00"', "1941-07-09"),
    ],
)
def test_a_date_is_as_partial_as_what_is_known_of_it(birth: str, date: str):
    found = mapped(f"<Birth {birth}/>")
    assert (only(found, "Patient")["birthDate"], found.facts["born"]) == (date, date)


@pytest.mark.parametrize(
    "birth",
    [
        'date="31/02/1950"',
        'date="1950-02-31"',
        'date="1900-01-01"',
        'date="9999-12-31"',
        'date="1941-01-01" precision="none"',
        'date="1941-01-01" precision="perhaps"',
        'date="50-1-1"',
    ],
)
def test_a_date_that_is_none_is_dropped_with_a_problem(birth: str):
    found = mapped(f"<Birth {birth}/>")
    assert "birthDate" not in only(found, "Patient")
    assert found.facts["born"] == "unknown"
    assert [(problem.field, problem.effect) for problem in found.problems] == [("Birth@date", "dropped")]


@pytest.mark.parametrize(("code", "gender"), [("F", "female"), ("1", "male"), ("9", "other"), ("x", "unknown")])
def test_sex_is_told_in_fhirs_words(code: str, gender: str):
    assert only(mapped(f'<Sex code="{code}"/>'), "Patient")["gender"] == gender


def test_a_code_outside_its_table_is_never_guessed_at():
    found = mapped('<Sex code="Q7"/>')
    assert "gender" not in only(found, "Patient")
    assert said(found.problems) == ["case.xml:1 Sex@code `Q7` is not in the code table `sex`"]
