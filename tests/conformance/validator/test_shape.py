"""JSON shape, unknown elements, cardinality, choices and primitives, of FHIR R4 alone: a pair for each rule."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.validator.profiles import ANYTOWN, TEXT, errors, found, observation, patient

EXTENDED = {
    "extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}]
}
NAME = {"family": "Brackenbury"}

# What conforms, what does not, and where exactly that is.
PAIRS: dict[str, tuple[dict[str, Any], dict[str, Any], str, str]] = {
    "an unknown element": (
        patient(active=True),
        patient(aktive=True),
        "Patient.aktive", "structure"),
    "an unknown element of a data type": (
        patient(name=[NAME]),
        patient(name=[{"surname": "Brackenbury"}]),
        "Patient.name[0].surname", "structure"),
    "an id of an element with anything but white space": (
        patient(name=[NAME | {"id": "a b/c_d"}]),
        patient(name=[NAME | {"id": ""}]),
        "Patient.name[0].id", "value"),
    "an array where there is one": (
        patient(gender="female"),
        patient(gender=["female"]),
        "Patient.gender", "structure"),
    "one where there is an array": (
        patient(name=[NAME]),
        patient(name=NAME),
        "Patient.name", "structure"),
    "an empty array": (
        patient(name=[NAME]),
        patient(name=[]),
        "Patient.name", "structure"),
    "an empty object": (
        patient(name=[NAME]),
        patient(name=[{}]),
        "Patient.name[0]", "structure"),
    "an object with an id alone": (
        patient(name=[NAME | {"id": "a"}]),
        patient(name=[{"id": "a"}]),
        "Patient.name[0]", "structure"),
    "a text where there is an object": (
        patient(name=[NAME]),
        patient(name=["Brackenbury"]),
        "Patient.name[0]", "structure"),
    "null": (
        patient(active=True),
        patient(active=None),
        "Patient.active", "structure"),
    "null in an array without anything beside it": (
        patient(name=[{"given": [None, "May"], "_given": [EXTENDED, None]}]),
        patient(name=[{"given": [None, "May"], "_given": [None, EXTENDED]}]),
        "Patient.name[0].given[0]", "structure"),
    "an array beside that is of another length": (
        patient(name=[{"given": ["Ottoline", "May"], "_given": [None, EXTENDED]}]),
        patient(name=[{"given": ["Ottoline", "May"], "_given": [EXTENDED]}]),
        "Patient.name[0].given", "structure"),
    "something beside what is not primitive": (
        patient(birthDate="1941-07", _birthDate=EXTENDED),
        patient(_name=[EXTENDED]),
        "Patient._name", "structure"),
    "an unknown element beside a primitive": (
        patient(_birthDate=EXTENDED),
        patient(_birthDate=EXTENDED | {"value": "1941"}),
        "Patient.birthDate.value", "structure"),
    "a required element that is missing": (
        observation(),
        {"resourceType": "Observation", "text": TEXT, "code": {"text": "invented"}},
        "Observation.status", "required"),
    "a required element deeper down": (
        patient(communication=[{"language": {"text": "Welsh"}}]),
        patient(communication=[{"preferred": True}]),
        "Patient.communication[0].language", "required"),
    "two types of one choice": (
        patient(deceasedBoolean=True),
        patient(deceasedBoolean=True, deceasedDateTime="2024"),
        "Patient.deceased", "structure"),
    "two types of one choice, one of them beside": (
        patient(_deceasedBoolean=EXTENDED),
        patient(deceasedDateTime="2024", _deceasedBoolean=EXTENDED),
        "Patient.deceased", "structure"),
    "a type that the choice does not have": (
        patient(deceasedBoolean=True),
        patient(deceasedString="yes"),
        "Patient.deceasedString", "structure"),
    "a choice without its type": (
        patient(deceasedBoolean=True),
        patient(deceased=True),
        "Patient.deceased", "structure"),
    "an element that is as another one": (
        observation(component=[{"code": {"text": "b"}, "referenceRange": [{"text": "c"}]}]),
        observation(component=[{"code": {"text": "b"}, "referenceRange": [{"text": "c", "words": "c"}]}]),
        "Observation.component[0].referenceRange[0].words", "structure"),
    "something beside the id of an element": (
        patient(name=[NAME | {"id": "a"}]),
        patient(name=[NAME | {"id": "a", "_id": EXTENDED}]),
        "Patient.name[0].id", "structure"),
}  # fmt: skip


@pytest.mark.parametrize(("right", "wrong", "path", "code"), PAIRS.values(), ids=PAIRS)
def test_what_conforms_is_clean_and_exactly_the_fault_is_found(
    right: dict[str, Any], wrong: dict[str, Any], path: str, code: str
) -> None:
    assert errors(right) == []
    assert errors(wrong) == [(path, code)]


PRIMITIVES: dict[str, tuple[str, list[Any], list[Any]]] = {
    "boolean": ("valueBoolean", [True, False], ["true", 1, 0]),
    "integer": ("valueInteger", [0, -5, 2**31 - 1], ["5", 5.0, True, 2**31]),
    "string": ("valueString", ["a", " a\n"], ["", "  ", 5, "a\x00"]),
    "time": ("valueTime", ["09:30:00", "23:59:60.5"], ["9:30:00", "24:00:00", "09:30"]),
    "dateTime": (
        "valueDateTime",
        ["1941", "1941-07", "1941-07-05", "2024-02-29T09:30:00Z", "2024-02-29T09:30:00.25+01:00"],
        ["41", "1941-7", "2023-02-29", "2024-02-29T09:30:00", "2024-02-29T09:30Z", "1941-07T09:30:00Z", 1941, "1941 "],
    ),
    "decimal": ("valueQuantity", [{"value": 1}, {"value": 1.5}, {"value": -1e-3}], [{"value": "1"}, {"value": True}]),
}


@pytest.mark.parametrize(("name", "right", "wrong"), PRIMITIVES.values(), ids=PRIMITIVES)
def test_a_primitive_is_held_to_its_lexical_form(name: str, right: list[Any], wrong: list[Any]) -> None:
    path = "Observation.value" + (".value" if name == "valueQuantity" else "")
    assert [errors(observation(**{name: value})) for value in right] == [[]] * len(right)
    assert [errors(observation(**{name: value})) for value in wrong] == [[(path, "value")]] * len(wrong)


FORMS: dict[str, tuple[str, list[Any], list[Any]]] = {
    "date": ("birthDate", ["1941", "1941-07", "1941-07-05"], ["1941-07-05T00:00:00Z", "1941-13", "1941-02-30", "0000"]),
    "id": ("id", ["a", "A-1.b", "a" * 64], ["a_b", "a" * 65, "", "a b"]),
    "uri": ("implicitRules", [f"{ANYTOWN}/a", "urn:oid:1.2"], ["a b", ""]),
    "code": ("language", ["en", "en-GB"], ["e  n", " en", "en\t"]),
}


@pytest.mark.parametrize(("name", "right", "wrong"), FORMS.values(), ids=FORMS)
def test_a_primitive_of_a_resource_is_held_to_its_lexical_form(name: str, right: list[Any], wrong: list[Any]) -> None:
    assert [errors(patient(**{name: value})) for value in right] == [[]] * len(right)
    assert [errors(patient(**{name: value})) for value in wrong] == [[(f"Patient.{name}", "value")]] * len(wrong)


ATTACHED: dict[str, tuple[str, list[Any], list[Any]]] = {
    "base64Binary": ("data", ["YQ==", "YWI=", "YWJj", "YW\nJj"], ["YQ", "Y===", "a-b_", "é"]),
    "url": ("url", [f"{ANYTOWN}/a"], ["a b"]),
    "unsignedInt": ("size", [0, 7], [-1, 0.5]),
}


@pytest.mark.parametrize(("name", "right", "wrong"), ATTACHED.values(), ids=ATTACHED)
def test_a_primitive_of_an_attachment_is_held_to_its_lexical_form(
    name: str, right: list[Any], wrong: list[Any]
) -> None:
    def photo(value: Any) -> dict[str, Any]:
        return patient(photo=[{"contentType": "image/png", name: value}])

    assert [errors(photo(value)) for value in right] == [[]] * len(right)
    assert [errors(photo(value)) for value in wrong] == [[(f"Patient.photo[0].{name}", "value")]] * len(wrong)


NONE = ("patient", 5, None, "DomainResource", "HumanName", "bodyweight", "Patient|4.0.1", "")


@pytest.mark.parametrize("content", [None, 1, "Patient", [], {}, *({"resourceType": name} for name in NONE)])
def test_what_is_no_resource_is_one_error(content: Any) -> None:
    (only,) = found(content)
    assert (only.severity, only.code) == ("error", "structure")


def test_more_findings_than_anybody_reads_are_an_error_and_not_forgotten() -> None:
    told = found(patient(name=[{"text": "A", "unheardOf": n} for n in range(10_500)]))
    assert len(told) == 10_001
    assert (told[-1].severity, told[-1].path) == ("error", "Patient")


def test_no_finding_says_what_a_person_s_record_holds() -> None:
    secret = "Brackenbury 1941"
    wrong = patient(birthDate=secret, gender=secret, name=secret, active=secret, language=f" {secret}")
    wrong |= {secret: secret, "telecom": [{"system": secret, secret: 1}], "extension": [{"url": f"x:{secret}"}]}
    wrong |= {"contact": [{"organization": {"reference": secret}}], "text": {"status": "generated", "div": secret}}
    told = found(wrong)
    assert len(told) > 8
    assert [each for each in told if "Brackenbury" in str(each)] == []
