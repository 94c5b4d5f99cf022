"""Extensions: found, valid, in their place, and modifiers understood."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.validator.profiles import (
    ANYTOWN,
    element,
    errors,
    extension,
    patient,
    structure,
    unchecked,
)

URL = f"{ANYTOWN}/StructureDefinition/ward"
TEXTUAL = element("Extension.value[x]", min=1, type=[{"code": "string"}])
WARD = {"url": URL, "valueString": "A"}
NAMED = {"family": "Brackenbury"}


def on_patient(**more: Any) -> dict[str, Any]:
    return patient(extension=[WARD | more])


def complex_extension() -> dict[str, Any]:
    return extension(
        URL,
        element("Extension.extension:name", min=1, max="1"),
        element("Extension.extension:name.url", fixedUri="name"),
        element("Extension.extension:name.value[x]", min=1, type=[{"code": "string"}]),
        element("Extension.value[x]", max="0"),
    )


def with_parts(*parts: dict[str, Any]) -> dict[str, Any]:
    return patient(extension=[{"url": URL, "extension": list(parts)}])


PART = {"url": "name", "valueString": "A"}
MODIFIER = extension(URL, TEXTUAL)
MODIFIER["differential"]["element"][0] = {"id": "Extension", "path": "Extension", "isModifier": True}
# What is defined, what conforms, what does not, and where exactly that is.
PAIRS: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any], str, str]] = {
    "a value of its type": (
        extension(URL, TEXTUAL),
        on_patient(), patient(extension=[{"url": URL, "valueBoolean": True}]),
        "Patient.extension[0].valueBoolean", "structure"),
    "a part of its type": (
        complex_extension(), with_parts(PART), with_parts({"url": "name", "valueBoolean": True}),
        "Patient.extension[0].extension[0].valueBoolean", "structure"),
    "a part that is required": (
        complex_extension(), with_parts(PART), with_parts(PART, PART),
        "Patient.extension[0].extension", "structure"),
    "a part that it does not have": (
        complex_extension(), with_parts(PART), with_parts(PART, {"url": "nick", "valueString": "A"}),
        "Patient.extension[0].extension[1]", "extension"),
    "on a resource that it may be on": (
        extension(URL, TEXTUAL, contexts=("Patient",)),
        on_patient(), patient(name=[NAMED | {"extension": [WARD]}]), "Patient.name[0].extension[0]", "extension"),
    "on an element that it may be on": (
        extension(URL, TEXTUAL, contexts=("Patient.contact",)),
        patient(contact=[{"name": NAMED, "extension": [WARD]}]), on_patient(), "Patient.extension[0]", "extension"),
    "on a type that it may be on": (
        extension(URL, TEXTUAL, contexts=("HumanName",)),
        patient(contact=[{"name": NAMED | {"extension": [WARD]}}]),
        patient(contact=[{"name": NAMED, "extension": [WARD]}]), "Patient.contact[0].extension[0]", "extension"),
    "on an element of a type that it may be on": (
        extension(URL, TEXTUAL, contexts=("ContactPoint.system",)),
        patient(telecom=[{"_system": {"extension": [WARD]}}]),
        patient(telecom=[{"system": "phone", "_value": {"extension": [WARD]}}]),
        "Patient.telecom[0].value.extension[0]", "extension"),
    "on an element as one resource has it": (
        extension(URL, TEXTUAL, contexts=("Patient.contact.name",)),
        patient(contact=[{"name": NAMED | {"extension": [WARD]}}]),
        patient(name=[NAMED | {"extension": [WARD]}]), "Patient.name[0].extension[0]", "extension"),
    "on every resource": (
        extension(URL, TEXTUAL, contexts=("DomainResource",)),
        on_patient(), patient(name=[NAMED | {"extension": [WARD]}]), "Patient.name[0].extension[0]", "extension"),
    "an absolute url": (
        extension(URL, TEXTUAL),
        on_patient(), patient(extension=[WARD | {"url": "ward"}]), "Patient.extension[0]", "extension"),
    "a url at all": (
        extension(URL, TEXTUAL),
        on_patient(), patient(extension=[{"valueString": "A"}]), "Patient.extension[0].url", "required"),
    "a url of an extension": (
        structure("Patient", url=URL) , patient(), on_patient(), "Patient.extension[0]", "extension"),
    "a modifier among modifiers": (
        MODIFIER, patient(modifierExtension=[WARD]), on_patient(), "Patient.extension[0]", "extension"),
    "what is no modifier among extensions": (
        extension(URL, TEXTUAL), on_patient(), patient(modifierExtension=[WARD]),
        "Patient.modifierExtension[0]", "extension"),
}  # fmt: skip


@pytest.mark.parametrize(("defined", "right", "wrong", "path", "code"), PAIRS.values(), ids=PAIRS)
def test_an_extension_is_right_or_wrong_in_exactly_one_place(
    defined: dict[str, Any], right: dict[str, Any], wrong: dict[str, Any], path: str, code: str
) -> None:
    assert errors(right, defined) == []
    assert errors(wrong, defined) == [(path, code)]


def test_an_extension_inside_another_may_be_allowed_only_there() -> None:
    outer = extension(f"{URL}-outer")
    inner = extension(URL, TEXTUAL) | {"context": [{"type": "extension", "expression": f"{URL}-outer"}]}
    assert errors(patient(extension=[{"url": f"{URL}-outer", "extension": [WARD]}]), outer, inner) == []
    assert errors(on_patient(), outer, inner) == [("Patient.extension[0]", "extension")]


def test_a_profile_may_let_only_some_extensions_be_there() -> None:
    profile = structure("Patient", element("Patient.extension", type=[{"code": "Extension", "profile": [URL]}]))
    other = {"url": "http://hl7.org/fhir/StructureDefinition/patient-cadavericDonor", "valueBoolean": True}
    known = (profile, extension(URL, TEXTUAL))
    assert errors(on_patient(), *known) == []
    assert errors(patient(extension=[WARD, other]), *known) == [("Patient.extension[1]", "extension")]


def test_an_extension_that_nobody_defined_is_not_checked() -> None:
    assert [path for path, _ in unchecked(on_patient())] == ["Patient.extension[0]"]


def test_a_modifier_that_nobody_defined_is_an_error() -> None:
    assert errors(patient(modifierExtension=[WARD])) == [("Patient.modifierExtension[0]", "extension")]


def test_a_context_in_fhirpath_is_not_checked() -> None:
    defined = extension(URL, TEXTUAL) | {"context": [{"type": "fhirpath", "expression": "Patient.where(active)"}]}
    assert [path for path, _ in unchecked(on_patient(), defined)] == ["Patient.extension[0]"]


def test_an_extension_of_the_specification_is_known_without_a_package() -> None:
    url = "http://hl7.org/fhir/StructureDefinition/patient-birthTime"
    right = {"extension": [{"url": url, "valueDateTime": "1941-07-05T09:30:00Z"}]}
    wrong = {"extension": [{"url": url, "valueString": "half past nine"}]}
    assert errors(patient(_birthDate=right)) == []
    assert errors(patient(_birthDate=wrong)) == [("Patient.birthDate.extension[0].valueString", "structure")]
    assert errors(patient(extension=right["extension"])) == [("Patient.extension[0]", "extension")]


def test_an_extension_may_be_where_a_resource_in_a_bundle_has_it() -> None:
    defined = extension(URL, TEXTUAL, contexts=("Patient.contact.name",))
    held = patient(contact=[{"name": NAMED | {"extension": [WARD]}}])
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": held}]}
    assert errors(bundle, defined) == []
