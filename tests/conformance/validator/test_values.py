"""What a profile says of an element's value, how often it is there, and the invariants that it adds."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.validator.profiles import (
    PROFILE,
    element,
    errors,
    found,
    observation,
    patient,
    structure,
    unchecked,
    warnings,
)

CODED = {"coding": [{"system": "urn:x", "code": "a"}]}
FULLER = {"coding": [{"system": "urn:x", "code": "a", "display": "A"}, {"system": "urn:y", "code": "b"}], "text": "A"}
LOW, HIGH = {"value": 1}, {"value": 9}


def rule(expression: str, severity: str = "error", key: str = "any-1") -> dict[str, Any]:
    return {"constraint": [{"key": key, "severity": severity, "human": "it is so", "expression": expression}]}


# What the profile states, what conforms, what does not, and where exactly that is.
PAIRS: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any], str, str]] = {
    "a fixed primitive": (
        element("Patient.gender", fixedCode="female"),
        patient(gender="female"), patient(gender="male"), "Patient.gender", "value"),
    "a fixed primitive that is only extended": (
        element("Patient.active", fixedBoolean=True),
        patient(active=True), patient(active=False), "Patient.active", "value"),
    "a fixed value is the whole of it": (
        element("Observation.code", fixedCodeableConcept=CODED),
        observation(code=CODED), observation(code=FULLER), "Observation.code", "value"),
    "a fixed true is no number": (
        element("Observation.value[x]", fixedInteger=1),
        observation(valueInteger=1), observation(valueInteger=2), "Observation.value", "value"),
    "a pattern is a part of it": (
        element("Observation.code", patternCodeableConcept=CODED),
        observation(code=FULLER), observation(code={"coding": [{"system": "urn:x"}]}), "Observation.code", "value"),
    "a pattern of every item": (
        element("Patient.name", patternHumanName={"use": "usual"}),
        patient(name=[{"use": "usual", "family": "A"}]),
        patient(name=[{"use": "usual", "family": "A"}, {"use": "old", "family": "B"}]), "Patient.name[1]", "value"),
    "a fixed value below a data type": (
        element("Patient.identifier.system", fixedUri="urn:x"),
        patient(identifier=[{"system": "urn:x", "value": "1"}]),
        patient(identifier=[{"system": "urn:y", "value": "1"}]), "Patient.identifier[0].system", "value"),
    "one at least": (
        element("Patient.birthDate", min=1),
        patient(birthDate="1941"), patient(), "Patient.birthDate", "required"),
    "two at least": (
        element("Patient.name", min=2),
        patient(name=[{"family": "A"}, {"family": "B"}]), patient(name=[{"family": "A"}]), "Patient.name", "required"),
    "one at most": (
        element("Patient.name", max="1"),
        patient(name=[{"family": "A"}]), patient(name=[{"family": "A"}, {"family": "B"}]), "Patient.name", "structure"),
    "none at all": (
        element("Patient.photo", max="0"),
        patient(), patient(photo=[{"url": "urn:x"}]), "Patient.photo", "structure"),
    "one at least below an element": (
        element("Patient.name.family", min=1),
        patient(name=[{"family": "A"}]), patient(name=[{"text": "A"}]), "Patient.name[0].family", "required"),
    "a choice with fewer types": (
        element("Observation.value[x]", type=[{"code": "Quantity"}]),
        observation(valueQuantity=LOW), observation(valueString="1"), "Observation.valueString", "structure"),
    "a longest text": (
        element("Patient.language", maxLength=2),
        patient(language="cy"), patient(language="en-GB"), "Patient.language", "value"),
    "a least number": (
        element("Patient.multipleBirth[x]", minValueInteger=2, type=[{"code": "integer"}]),
        patient(multipleBirthInteger=2), patient(multipleBirthInteger=1), "Patient.multipleBirth", "value"),
    "a greatest number": (
        element("Patient.multipleBirth[x]", maxValueInteger=3, type=[{"code": "integer"}]),
        patient(multipleBirthInteger=3), patient(multipleBirthInteger=4), "Patient.multipleBirth", "value"),
    "a least date": (
        element("Patient.birthDate", minValueDate="1900-01-01"),
        patient(birthDate="1941-07-05"), patient(birthDate="1841-07-05"), "Patient.birthDate", "value"),
    "a least decimal": (
        element("Observation.valueQuantity.value", minValueDecimal=1.5),
        observation(valueQuantity={"value": 2}), observation(valueQuantity={"value": 1}),
        "Observation.value.value", "value"),
    "an invariant of the resource": (
        element("Patient", **rule("name.exists() or identifier.exists()")),
        patient(name=[{"family": "A"}]), patient(), "Patient", "invariant"),
    "an invariant of an element": (
        element("Patient.name", **rule("family.exists() or text.exists()")),
        patient(name=[{"text": "A"}]), patient(name=[{"given": ["A"]}]), "Patient.name[0]", "invariant"),
    "an invariant of a primitive": (
        element("Patient.birthDate", **rule("toString().length() = 10")),
        patient(birthDate="1941-07-05"), patient(birthDate="1941-07"), "Patient.birthDate", "invariant"),
    "an invariant with the resource around": (
        element("Patient.contact", **rule("%resource.active = true")),
        patient(active=True, contact=[{"name": {"text": "A"}}]),
        patient(active=False, contact=[{"name": {"text": "A"}}]), "Patient.contact[0]", "invariant"),
    "an invariant on a choice": (
        element("Observation", **rule("value.ofType(Quantity).exists()")),
        observation(valueQuantity=LOW), observation(valueString="1"), "Observation", "invariant"),
}  # fmt: skip


@pytest.mark.parametrize(("stated", "right", "wrong", "path", "code"), PAIRS.values(), ids=PAIRS)
def test_a_profile_is_kept_or_broken_in_exactly_one_place(
    stated: dict[str, Any], right: dict[str, Any], wrong: dict[str, Any], path: str, code: str
) -> None:
    profile = structure(right["resourceType"], *([stated] if "." in stated["path"] else []))
    if "." not in stated["path"]:
        profile["differential"]["element"] = [stated]
    assert errors(right, profile) == []
    assert errors(wrong, profile) == [(path, code)]


SPECIFIED: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "pat-1": (
        patient(contact=[{"name": {"text": "A"}}]),
        patient(contact=[{"gender": "female"}]), "Patient.contact[0]"),
    "per-1, days": (
        patient(name=[{"text": "A", "period": {"start": "2020-01-01", "end": "2020-01-01"}}]),
        patient(name=[{"text": "A", "period": {"start": "2020-01-02", "end": "2020-01-01"}}]),
        "Patient.name[0].period"),
    "per-1, a month and a day": (
        patient(name=[{"text": "A", "period": {"start": "2020-01", "end": "2020-01-01"}}]),
        patient(name=[{"text": "A", "period": {"start": "2020-02", "end": "2020-01-31"}}]),
        "Patient.name[0].period"),
    "cpt-2": (
        patient(telecom=[{"system": "phone", "value": "1"}]),
        patient(telecom=[{"value": "1"}]), "Patient.telecom[0]"),
    "obs-6": (
        observation(dataAbsentReason={"text": "asked"}),
        observation(dataAbsentReason={"text": "asked"}, valueString="a"), "Observation"),
    "att-1": (
        patient(photo=[{"contentType": "image/png", "data": "YQ=="}]),
        patient(photo=[{"data": "YQ=="}]), "Patient.photo[0]"),
    "ext-1": (
        patient(extension=[{"url": "http://hl7.org/fhir/StructureDefinition/patient-cadavericDonor",
                            "valueBoolean": True}]),
        patient(extension=[{"url": "http://hl7.org/fhir/StructureDefinition/patient-genderIdentity"}]),
        "Patient.extension[0]"),
}  # fmt: skip


@pytest.mark.parametrize(("right", "wrong", "path"), SPECIFIED.values(), ids=SPECIFIED)
def test_an_invariant_of_the_specification_holds(right: dict[str, Any], wrong: dict[str, Any], path: str) -> None:
    assert errors(right) == []
    assert (path, "invariant") in errors(wrong)


def test_a_bound_of_what_has_no_order_is_not_checked() -> None:
    profile = structure("Patient", element("Patient.birthDate", minValueDate="1900-01-01"))
    assert [path for path, _ in unchecked(patient(birthDate="1941"), profile)] == ["Patient.birthDate"]


def test_an_invariant_of_a_type_in_a_profile_s_own_words_is_run_beside_the_type_s() -> None:
    other = rule("value.exists() or use.exists()", key="cpt-2")
    profile = structure("Patient", element("Patient.telecom", **other))
    assert errors(patient(telecom=[{"rank": 1}]), profile) == [("Patient.telecom[0]", "invariant")]
    assert errors(patient(telecom=[{"value": "1"}]), profile) == [("Patient.telecom[0]", "invariant")]


def test_an_invariant_that_only_warns_is_a_warning() -> None:
    profile = structure("Patient", element("Patient.name", **rule("family.exists()", "warning")))
    assert warnings(patient(name=[{"text": "A"}]), profile) == [("Patient.name[0]", "invariant")]
    assert errors(patient(name=[{"text": "A"}]), profile) == []


@pytest.mark.parametrize(
    "expression",
    [
        "name.exists(",
        "name.exists() or",
        "name exists",
        "a = = b",
        "name.exists() )",
        "#",
        "unheardOf()",
        "name",
        "name.family = 'A' + 1",
        "",
    ],
)
def test_an_invariant_that_cannot_be_run_is_not_checked_and_never_passed(expression: str) -> None:
    profile = structure("Patient", element("Patient.name", **rule(expression)))
    ((path, message),) = unchecked(patient(name=[{"text": "A"}]), profile)
    assert path == "Patient.name[0]"
    assert "any-1" in message


def test_an_invariant_of_the_specification_s_key_with_other_words_is_run_in_those_words() -> None:
    profile = structure("Patient", element("Patient.contact", **rule("gender.exists()", key="pat-1")))
    assert errors(patient(contact=[{"gender": "female"}]), profile) == []


def test_a_broken_rule_is_told_in_its_words_or_as_its_expression() -> None:
    profile = structure("Patient", element("Patient.name", **rule("family.exists()")))
    told = [each.message for each in found(patient(name=[{"text": "A"}], contact=[{"gender": "female"}]), profile)]
    assert told == [
        "breaks any-1: it is so",
        "breaks pat-1: name.exists() or telecom.exists() or address.exists() or organization.exists()",
    ]


def test_what_an_invariant_traces_is_not_printed(capsys: pytest.CaptureFixture[str]) -> None:
    profile = structure("Patient", element("Patient.name", **rule("family.trace('seen').exists()")))
    assert errors(patient(name=[{"family": "Brackenbury"}]), profile) == []
    assert capsys.readouterr() == ("", "")


def test_running_an_invariant_leaves_the_resource_as_it_was() -> None:
    profile = structure("Patient", element("Patient.name", **rule("given.first().startsWith('O')")))
    content = patient(name=[{"given": ["Ottoline"]}], birthDate="1941-07-05")
    assert errors(content, profile) == []
    assert content == patient(name=[{"given": ["Ottoline"]}], birthDate="1941-07-05")


def test_a_profile_that_a_resource_claims_is_held_to_unasked() -> None:
    profile = structure("Patient", element("Patient.birthDate", min=1), url=f"{PROFILE}-claimed")
    claims = patient(meta={"profile": [f"{PROFILE}-claimed"]})
    assert errors(claims, profile) == [("Patient.birthDate", "required")]
    assert errors(patient(), profile) == []


def test_a_claimed_profile_that_is_not_at_hand_is_not_checked() -> None:
    claims = patient(meta={"profile": [f"{PROFILE}-unheard-of"]})
    assert [path for path, _ in unchecked(claims)] == ["Patient"]


def test_a_profile_of_another_type_is_an_error() -> None:
    assert errors(observation(), structure("Patient")) == [("Observation", "structure")]


def test_a_profile_of_a_profile_holds_both() -> None:
    first = structure("Patient", element("Patient.birthDate", min=1), url=f"{PROFILE}-first")
    second = structure("Patient", element("Patient.gender", min=1), baseDefinition=f"{PROFILE}-first")
    assert errors(patient(), second, first) == [("Patient.gender", "required"), ("Patient.birthDate", "required")]


@pytest.mark.parametrize(
    "broken",
    [
        structure("Patient", element("Patient.unheardOf", min=1)),
        structure("Patient", element("Patient.name.unheardOf", min=1)),
        structure("Patient", baseDefinition=PROFILE),
        structure("Patient", baseDefinition=f"{PROFILE}-unheard-of"),
        structure("Patient", {"path": 5}),
        structure("Patient", element("Patient.name", min="many")),
        structure("Patient", differential=None),
        structure("Patient", differential={"element": "all"}),
        structure("Patient", element("Patient.name", constraint=[5])),
    ],
)
def test_a_definition_that_cannot_be_used_is_not_checked_and_its_resource_still_is(broken: dict[str, Any]) -> None:
    told = found(patient(aktive=True), broken)
    assert [each.path for each in told if each.severity == "error"] == ["Patient.aktive"]
    assert [each.path for each in told if each.code == "not-supported"] == ["Patient"]


def test_a_profile_of_the_specification_is_known_without_a_package() -> None:
    claimed = {"meta": {"profile": ["http://hl7.org/fhir/StructureDefinition/bodyweight"]}}
    category = {"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "vital-signs"}
    weight = observation(
        category=[{"coding": [category]}],
        code={"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
        subject={"reference": "Patient/1"},
        effectiveDateTime="2025-11-22",
        valueQuantity={"value": 60, "unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg"},
    )
    told = [found(each) for each in (weight | claimed, weight | claimed | {"valueQuantity": {"value": 60}})]
    right, wrong = ({each.path for each in some if each.severity == "error"} for some in told)
    assert right == set()
    assert wrong == {f"Observation.value.{name}" for name in ("unit", "system", "code")}
