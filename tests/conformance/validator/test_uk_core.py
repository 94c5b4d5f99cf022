"""UK Core, brought from beside the project: its own examples, and what our own mappings produce."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any

import pytest

from adapter.demo.population import people, write_extract
from conformance.validator import DefinitionError, Finding, Severity, Validator
from mappings.mapped import Mapped
from tests.conformance.validator.profiles import TEXT, TOP, uk_core, uk_core_examples
from tests.mappings.extracts import CONTEXT, case_xml, records

UK = "https://fhir.hl7.org.uk/StructureDefinition"
# The defects that the examples are known to have; the first four are empty objects that their conversion to JSON left.
DEFECTS = {
    "Extension-UKCore-AdditionalContact-Example.json": {"ServiceRequest.status"},
    "Extension-UKCore-AddressKey-Example.json": {"Patient.address[0].line[0]"},
    "Extension-UKCore-CodingSCT-MoleOfSkin-Example.json": {f"Condition.code.coding[{n}].display" for n in range(2)},
    "Extension-UKCore-CodingSCT-Weight-Example.json": {"Observation.code.coding[0].display"},
    "UKCore-Provenance-RARecordConsent-Example.json": {"Provenance.agent[0].onBehalfOf.reference"},
    "UKCore-Bundle-NEWS2Observations-Example.json": {f"Bundle.entry[{n}].fullUrl" for n in range(8)},
}
STATUS = "https://fhir.hl7.org.uk/CodeSystem/UKCore-NHSNumberVerificationStatus"
NUMBER = {
    "extension": [
        {
            "url": f"{UK}/Extension-UKCore-NHSNumberVerificationStatus",
            "valueCodeableConcept": {"coding": [{"system": f"{STATUS}England", "code": "01"}]},
        }
    ],
    "system": "https://fhir.nhs.uk/Id/nhs-number",
    "value": "9990000018",
}
ETHNIC = {
    "url": f"{UK}/Extension-UKCore-EthnicCategory",
    "valueCodeableConcept": {
        "coding": [{"system": "https://fhir.hl7.org.uk/CodeSystem/UKCore-EthnicCategoryEngland", "code": "A"}]
    },
}


def ada(**more: Any) -> dict[str, Any]:
    """An invented person as UK Core has people."""
    return {"resourceType": "Patient", "text": TEXT, "identifier": [NUMBER], "extension": [ETHNIC]} | more


def validated(validator: Validator, resource: dict[str, Any]) -> list[Finding]:
    return validator.validate(resource, profile=f"{UK}/UKCore-{resource['resourceType']}")


def errors(found: list[Finding]) -> set[str]:
    return {each.path for each in found if each.severity is Severity.ERROR}


def held(validator: Validator, resource: dict[str, Any]) -> list[Finding]:
    """Held to its profile, where that is one of those at hand."""
    try:
        validator.require(f"{UK}/UKCore-{resource['resourceType']}")
    except DefinitionError:
        return validator.validate(resource)
    return validated(validator, resource)


@pytest.mark.parametrize("folder", ["structuredefinitions", "snapshots"])
def test_the_examples_of_uk_core_keep_uk_core_but_for_their_known_defects(folder: str) -> None:
    validator = uk_core(folder)
    examples = {path.name: json.loads(path.read_bytes()) for path in uk_core_examples()}
    assert len(examples) > 50
    told = {name: errors(held(validator, content)) for name, content in examples.items()}
    assert {name: paths for name, paths in told.items() if paths} == DEFECTS


@pytest.mark.parametrize("folder", ["structuredefinitions", "snapshots"])
def test_a_differential_and_a_snapshot_say_the_same(folder: str) -> None:
    """Each is held to the same faults, so that neither can pass what the other finds."""
    other = {"structuredefinitions": "snapshots", "snapshots": "structuredefinitions"}[folder]
    content = ada(identifier=[NUMBER | {"value": None}, NUMBER], birthDate="1941-02-30", maritalStatus={"coding": [{}]})
    one, two = (validated(uk_core(each), content) for each in (folder, other))
    assert {(each.path, each.code) for each in one} == {(each.path, each.code) for each in two}
    assert errors(one) > {"Patient.birthDate", "Patient.identifier"}


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "two NHS numbers": (ada(identifier=[NUMBER, NUMBER]), "Patient.identifier"),
    "an NHS number without a value": (
        ada(identifier=[{k: v for k, v in NUMBER.items() if k != "value"}]), "Patient.identifier[0].value"),
    "a verification status of the retired system": (
        ada(identifier=[NUMBER | {"extension": [NUMBER["extension"][0] | {"valueCodeableConcept": {"coding": [
            {"system": STATUS, "code": "01"}]}}]}]),
        "Patient.identifier[0].extension[0].value"),
    "a verification status on the patient": (ada(extension=NUMBER["extension"]), "Patient.extension[0]"),
    "two ethnic categories": (ada(extension=[ETHNIC, ETHNIC]), "Patient.extension"),
    "an ethnic category of the wrong type": (
        ada(extension=[{"url": ETHNIC["url"], "valueCode": "A"}]), "Patient.extension[0].valueCode"),
    "an ethnic category on a name": (
        ada(name=[{"text": "Ada", "extension": [ETHNIC]}]), "Patient.name[0].extension[0]"),
    "a language that is none": (
        ada(communication=[{"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": "not a language"}]}}]),
        "Patient.communication[0].language"),
    "a contact preference without its parts": (
        ada(extension=[{"url": f"{UK}/Extension-UKCore-ContactPreference", "extension": [
            {"url": "preferredcontactmethod", "valueCodeableConcept": {"text": "letter"}}]}]),
        "Patient.extension[0].extension[0]"),
    "a contact rank of nought": (
        ada(contact=[{"name": {"text": "A"}, "extension": [
            {"url": f"{UK}/Extension-UKCore-ContactRank", "valuePositiveInt": 0}]}]),
        "Patient.contact[0].extension[0].value"),
}  # fmt: skip


@pytest.mark.parametrize("folder", ["structuredefinitions", "snapshots"])
@pytest.mark.parametrize(("wrong", "path"), WRONG.values(), ids=WRONG)
def test_a_person_who_is_not_as_uk_core_has_people_is_found_out(wrong: dict[str, Any], path: str, folder: str) -> None:
    validator = uk_core(folder)
    assert errors(validated(validator, ada())) == set()
    assert errors(validated(validator, wrong)) == {path}


def test_an_ethnic_category_outside_its_value_set_is_a_warning() -> None:
    odd = {"coding": [{"system": ETHNIC["valueCodeableConcept"]["coding"][0]["system"], "code": "ZZ"}]}
    (only,) = validated(uk_core(), ada(extension=[ETHNIC | {"valueCodeableConcept": odd}]))
    assert (only.severity, only.path) == (Severity.WARNING, "Patient.extension[0].value")


def bodies(facets: list[dict[str, Any]], kind: str) -> dict[str, Any]:
    """A resource as the store merges it."""
    body: dict[str, Any] = {"resourceType": kind}
    for each in facets:
        for name, value in each["body"].items():
            body[name] = [*body.get(name, []), *value] if isinstance(value, list) else value
    return json.loads(json.dumps(body).replace('"key:', '"urn:key:'))  # type: ignore[no-any-return]


def kept(found: list[Finding]) -> list[str]:
    """Errors, and warnings of anything but what is known of our mappings: no narrative, and codes of our own."""
    known = ("dom-6", "UKCore-PersonRelationshipType", "consent-category")
    told = [each for each in found if each.severity is not Severity.INFORMATION]
    return [str(each) for each in told if each.severity is Severity.ERROR or not any(k in each.message for k in known)]


def test_what_the_mappings_make_of_the_sample_keeps_uk_core() -> None:
    people_of = json.loads((TOP / "tests" / "data" / "case.fhir.json").read_bytes())
    made = [bodies(each["facets"], each["type"]) for person in people_of for each in person["resources"]]
    assert {each["resourceType"] for each in made} >= {"Patient", "RelatedPerson", "CareTeam", "Consent", "Provenance"}
    assert [kept(validated(uk_core(), each)) for each in made] == [[]] * len(made)


def test_what_the_mappings_make_of_a_hundred_invented_people_keeps_uk_core() -> None:
    stream = BytesIO()
    now = datetime(2025, 11, 22, tzinfo=UTC)
    write_extract(stream, people(7, 100, date(2025, 11, 22)), council="999", created=now, extract_id="X", sequence=1)
    made = [each for record in records(stream.getvalue()) for each in merged(case_xml().apply(record, CONTEXT))]
    assert len(made) > 500
    assert [line for each in made for line in kept(validated(uk_core(), each))] == []


def merged(mapped: Mapped) -> list[dict[str, Any]]:
    return [bodies([vars(facet) for facet in each.facets], each.type) for each in mapped.resources]


def test_the_codes_of_hl7_that_only_uk_core_binds_to_are_at_hand() -> None:
    def born(code: str) -> list[Finding]:
        system = "http://terminology.hl7.org/CodeSystem/v3-AdministrativeGender"
        value = {"coding": [{"system": system, "code": code}]}
        url = f"{UK}/Extension-UKCore-BirthSex"
        return validated(uk_core(), ada(extension=[{"url": url, "valueCodeableConcept": value}]))

    assert born("F") == []
    assert errors(born("robot")) == {"Patient.extension[0].value"}
