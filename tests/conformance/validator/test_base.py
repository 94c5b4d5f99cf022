"""The shipped table of FHIR R4, held against fhir.resources' models, which others made from the specification."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class

from conformance.validator.base import R4, base
from conformance.validator.definitions import CORE, Definitions
from conformance.validator.element import Element
from conformance.validator.snapshot import choice_key

DEFINITIONS = Definitions()
_FREE = ("http://hl7.org/", "http://terminology.hl7.org/", "urn:ietf:", "http://unitsofmeasure.org")
# R4 and R4B have the same elements in these.
TYPES = (
    *("Patient", "RelatedPerson", "Consent", "CareTeam", "EpisodeOfCare", "Provenance", "AuditEvent", "Bundle"),
    *("OperationOutcome", "Practitioner", "PractitionerRole", "Organization", "Subscription", "Observation"),
    *("Identifier", "HumanName", "Address", "ContactPoint", "Period", "Coding", "CodeableConcept", "Reference"),
    *("Meta", "Narrative", "Attachment", "Signature", "Quantity", "Timing", "Dosage", "Questionnaire", "Task"),
)


def ours(element: Element) -> dict[str, tuple[bool, bool]]:
    """Each JSON name with whether it is required and whether it is an array."""
    found = {}
    for child in (element.children or {}).values():
        keys = [choice_key(child.name, kind.code) for kind in child.types] if child.choice else [child.name]
        found |= dict.fromkeys(keys, (child.least > 0, child.repeats))
    return found


def theirs(name: str) -> dict[str, tuple[bool, bool]]:
    fields = get_fhir_model_class(name).model_fields
    found = {}
    for field in fields.values():
        told: dict[str, Any] = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
        if not told.get("element_property") or str(field.alias).startswith("_"):
            continue
        required = field.is_required() or bool(told.get("element_required") or told.get("one_of_many_required"))
        found[str(field.alias)] = (required, "List[" in str(field.annotation).replace("typing.", ""))
    return found


@pytest.mark.parametrize("name", TYPES)
def test_a_type_has_the_elements_that_others_read_in_the_specification(name: str) -> None:
    expected = theirs(name)
    assert expected
    found = {key: told for key, told in ours(DEFINITIONS.type_tree(name)).items() if key in expected}
    assert found == expected
    rest = ours(DEFINITIONS.type_tree(name)).keys() - expected.keys()
    assert rest <= {"id", "extension", "modifierExtension", "resourceType", "text", "contained", "meta", "language"} | {
        "implicitRules"
    }


def test_every_definition_of_the_specification_can_be_used() -> None:
    structures = [each["url"] for each in base().resources if each["resourceType"] == "StructureDefinition"]
    assert len(structures) > 550
    assert [url for url in structures if not DEFINITIONS.tree(url)] == []


def test_every_resource_of_fhir_r4_is_known() -> None:
    urls = {each["url"] for each in base().resources}
    names = {url.removeprefix(CORE) for url in urls if DEFINITIONS.is_resource(url.removeprefix(CORE))}
    assert len(names) == 146
    assert {"Patient", "Bundle", "TestReport", "VisionPrescription"} <= names


def test_the_table_is_one_resource_to_a_line_in_order() -> None:
    lines = R4.read_text("utf-8").splitlines()[1:-1]
    told = [json.loads(line.removesuffix(",")) for line in lines]
    assert [(each["resourceType"], each["url"]) for each in told] == sorted((e["resourceType"], e["url"]) for e in told)


def test_the_table_gives_away_no_codes_but_hl7_s() -> None:
    parts = [part for each in base().resources for part in each.get("compose", {}).get("include", [])]
    listed = {part.get("system", "") for part in parts if "concept" in part}
    assert {system for system in listed if not system.startswith(_FREE)} == set()
    assert {"http://snomed.info/sct", "http://loinc.org"} <= {part.get("system") for part in parts}
