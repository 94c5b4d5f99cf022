"""What the shipped `person-json` mapping says of a person, and what it keeps to itself."""

import json

import pytest

from tests.mappings.extracts import DATA, facet, of_type, only, plain, said
from tests.mappings.people import Json, mapped, of_person, person_json, sample
from tests.mappings.test_uk_core import check


@pytest.mark.parametrize(
    ("name", "twin"), [("person.json", "person.fhir.json"), ("person-legacy.ndjson", "person-legacy.fhir.json")]
)
def test_a_sample_is_mapped_as_its_twin_says(name: str, twin: str):
    assert [plain(each) for each in sample(name)] == json.loads((DATA / twin).read_text("utf-8"))


@pytest.mark.parametrize("name", ["person.json", "person-legacy.ndjson"])
def test_a_sample_is_fhir(name: str):
    for found in sample(name):
        check(found)


def test_the_mapping_tells_every_category_that_it_uses():
    assert person_json().categories == {
        "audit",
        "care-team",
        "choices",
        "communication",
        "contact",
        "ethnicity",
        "family",
        "gp",
        "identity",
        "nhs-number-untraced",
    }


# ---------------------------------------------------------------- who it is


@pytest.mark.parametrize("number", [9990001006, "9990001006", "999 000 1006"])
def test_an_nhs_number_is_read_as_a_number_and_as_a_text(number: object):
    (patient,) = of_type(of_person(nhsNumber=number), "Patient")
    (found,) = facet(patient, "untraced").body["identifier"]
    assert found["value"] == "9990001006"
    assert found["extension"][0]["valueCodeableConcept"]["coding"][0]["code"] == "02"


@pytest.mark.parametrize("number", [450557710, "45055771", 4505577105, 9.990001006e9, 456])
def test_a_number_that_lost_a_zero_or_is_none_is_dropped_and_never_completed(number: object):
    found = of_person(nhsNumber=number)
    assert said(found.problems) == [f"case.xml:1 nhsNumber `{number}` is not an NHS number"]
    assert [each.part for each in of_type(found, "Patient")[0].facets] == ["carrier"]


def test_of_two_numbers_neither_is_used():
    found = of_person(nhsNumber=[9990001006, 9990001014])
    assert [problem.field for problem in found.problems] == ["nhsNumber[0]", "nhsNumber[1]"]
    assert "nhs-number" not in json.dumps(plain(found)["resources"])


def test_a_local_id_is_the_same_as_a_number_and_as_a_text():
    for each in ({"id": 71}, {"id": "71"}, {"mosaicId": "71"}, {"id": 71, "mosaicId": "71"}):
        assert only(mapped(each | {"contextFlag": "A"}), "Patient")["identifier"] == [
            {"system": "https://anytown.example/fhir/Id/999/person", "value": "71"}
        ]


@pytest.mark.parametrize(
    ("born", "date"),
    [
        ("1941-07-09", "1941-07-09"),
        ("1941-07-09T00:00:00", "1941-07-09"),
        ("1941-07-09T00:00:00.0000000", "1941-07-09"),
        ("1941-07-09T00:00:00Z", "1941-07-09"),
        ("1941-07-09T00:00:00.000+00:00", "1941-07-09"),
        ("1941-07", "1941-07"),
        (1941, "1941"),
    ],
)
def test_a_date_is_as_partial_as_what_is_known_of_it(born: object, date: str):
    found = of_person(dateOfBirth=born)
    assert (only(found, "Patient")["birthDate"], found.facts["born"]) == (date, date)


@pytest.mark.parametrize("born", ["1941-07-08T23:00:00Z", "09/07/1941", "1900-05-11", "1941-02-30", "19410709"])
def test_a_date_that_may_be_another_day_is_dropped(born: str):
    found = of_person(dateOfBirth=born)
    assert "birthDate" not in only(found, "Patient")
    assert found.facts["born"] == "unknown"
    assert found.problems[0].field == "dateOfBirth"


@pytest.mark.parametrize("word", ["UNKNOWN", "Test", "Baby", "DUPLICATE", "Quill (duplicate)", "N/A", -1])
def test_a_placeholder_is_no_part_of_a_name(word: object):
    found = of_person(firstName="Ada", lastName=word)
    assert only(found, "Patient")["name"] == [{"use": "usual", "given": ["Ada"]}]
    assert said(found.problems) == [f"case.xml:1 lastName `{word}` is a placeholder, not a value"]


@pytest.mark.parametrize(("letter", "gender"), [("M", "male"), ("F", "female"), ("I", "other"), ("U", "unknown")])
def test_a_letter_is_a_gender(letter: str, gender: str):
    assert only(of_person(gender=letter), "Patient")["gender"] == gender


# ---------------------------------------------------------------- facts that restrict, hide, end or age


@pytest.mark.parametrize(
    ("restricted", "fact"),
    [("N", "no"), (False, "no"), ("Y", "yes"), (True, "yes"), ("", "yes"), (None, "yes"), ("perhaps", "yes")],
)
def test_who_is_not_said_to_be_unrestricted_is_restricted(restricted: object, fact: str):
    assert of_person(restricted=restricted).facts["restricted"] == fact


@pytest.mark.parametrize(
    ("said", "fact", "expected"),
    [
        ({}, "locked", "no"),
        ({"locked": "Y"}, "locked", "yes"),
        ({"locked": "perhaps"}, "locked", "yes"),
        ({"address": {"doNotDisclose": "Y"}}, "do_not_disclose", "yes"),
        ({"addressList": [{}, {"doNotDisclose": True}]}, "do_not_disclose", "yes"),
        ({"addressList": [{"doNotDisclose": "perhaps"}]}, "do_not_disclose", "yes"),
        ({"address": {}}, "do_not_disclose", "no"),
        ({}, "died", "no"),
        ({"dateOfDeath": "2024-05-01T00:00:00"}, "died", "2024-05-01"),
        ({"dateOfDeath": "last May"}, "died", "unknown"),
        ({}, "closed", "open"),
        ({"openCase": True}, "closed", "open"),
        ({"openCase": "N"}, "closed", "unknown"),
        ({"openCase": "perhaps"}, "closed", "unknown"),
        ({"primarySupportReason": "Mental Health (ELFT)"}, "mental_health", "yes"),
        ({"primarySupportReason": "Personal care"}, "mental_health", "no"),
        ({"primarySupportReason": "A reason of our own"}, "mental_health", "unknown"),
        ({"mentalHealthSectionStatus": "Section 117"}, "section_117", "yes"),
        ({"mentalHealthSectionStatus": "Informal"}, "section_117", "no"),
        ({"mentalHealthSectionStatus": "Section 3"}, "section_117", "unknown"),
    ],
)
def test_a_fact_is_what_the_record_says_of_it(said: Json, fact: str, expected: str):
    assert of_person(**said).facts[fact] == expected


@pytest.mark.parametrize("flag", ["Y", True, "perhaps"])
@pytest.mark.parametrize("name", ["address", "addressList"])
def test_an_address_that_may_not_be_disclosed_is_nowhere(name: str, flag: object):
    found = of_person(**{name: {"address": "Marker Lane", "uprn": "10033544614", "doNotDisclose": flag}})
    assert [each.part for each in of_type(found, "Patient")[0].facets] == ["carrier"]


# ---------------------------------------------------------------- how to reach the person


@pytest.mark.parametrize(
    ("type", "use"),
    [("Home", "home"), ("House", "home"), ("Mobile", "mobile"), ("WORK", "work"), ("", None), ("Main", None)],
)
def test_a_number_has_the_use_that_its_type_says(type: str, use: str | None):
    for shape in (
        {"phoneNumbers": [{"number": "1", "type": type}]},
        {"phoneNumber": [{"phoneNumber": "1", "phoneType": type}]},
    ):
        (telecom,) = only(of_person(**shape), "Patient")["telecom"]
        assert (telecom["value"], telecom.get("use")) == ("1", use)


@pytest.mark.parametrize("type", ["daughter's mobile", "Carer", "NOK", "Neighbour (Joan)"])
def test_a_number_that_may_be_somebody_elses_is_not_the_persons(type: str):
    found = of_person(phoneNumbers=[{"number": "01632 960999", "type": type}])
    assert "01632 960999" not in json.dumps(plain(found)["resources"])
    assert "is not in the code table" in said(found.problems)[0]


@pytest.mark.parametrize("postcode", ["XXXX", "nopostcode", "W1A", "NK1 0AA", "ZZ99 3VZ"])
@pytest.mark.parametrize("name", ["postcode", "postCode"])
def test_a_postcode_that_is_none_is_dropped_with_a_problem(name: str, postcode: str):
    found = of_person(address={"address": "1 Row", name: postcode})
    assert only(found, "Patient")["address"] == [{"line": ["1 Row"]}]
    assert [(problem.field, problem.value) for problem in found.problems] == [(f"address.{name}", postcode)]


@pytest.mark.parametrize("uprn", ["abcd", 10033544614.0, 1.0033e10, 0, 1234567890123])
def test_a_uprn_that_is_none_is_dropped_with_a_problem(uprn: object):
    found = of_person(address={"address": "1 Row", "uprn": uprn})
    assert only(found, "Patient")["address"] == [{"line": ["1 Row"]}]
    assert [problem.field for problem in found.problems] == ["address.uprn"]


def test_a_preferred_language_is_said_to_be_preferred():
    first, preferred = only(of_person(firstLanguage="Polish", preferredLanguage="English"), "Patient")["communication"]
    assert ("preferred" in first, preferred["preferred"]) == (False, True)


def test_a_word_that_no_table_holds_is_kept_as_text_or_dropped_and_said():
    found = of_person(preferredMethodOfContact="Carrier pigeon", firstLanguage="Elvish", ethnicity="A.A99")
    extensions = {each["url"].rsplit("-")[-1]: each for each in only(found, "Patient")["extension"]}
    assert extensions["EthnicCategory"]["valueCodeableConcept"] == {"text": "A.A99"}
    (method,) = extensions["ContactPreference"]["extension"]
    assert method["valueCodeableConcept"] == {"text": "Carrier pigeon"}
    assert "communication" not in only(found, "Patient")
    assert [problem.field for problem in found.problems] == ["ethnicity", "firstLanguage", "preferredMethodOfContact"]
