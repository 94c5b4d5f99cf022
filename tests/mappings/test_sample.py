"""The shipped `case-xml` mapping as a whole: its sample, and what it keeps to itself."""

import json
from dataclasses import replace

from tests.mappings.extracts import (
    CONTEXT,
    DATA,
    case_xml,
    mapped,
    merged,
    of_type,
    plain,
    records,
)


def test_the_sample_extract_is_mapped_as_its_twin_says():
    context = replace(CONTEXT, extract_id="X-2025-11-21")
    found = [case_xml().apply(record, context) for record in records((DATA / "case.xml").read_bytes())]
    assert [plain(each) for each in found] == json.loads((DATA / "case.fhir.json").read_text("utf-8"))


def test_a_record_that_says_nothing_is_a_patient_with_a_local_id():
    (patient,) = of_type(mapped(), "Patient")
    assert [each.part for each in patient.facets] == ["carrier"]
    assert merged(patient)["identifier"] == [{"system": "https://anytown.example/fhir/Id/999/person", "value": "1"}]


def test_the_mapping_tells_every_category_that_it_uses():
    assert case_xml().categories == {
        "audit",
        "care-team",
        "choices",
        "communication",
        "contact",
        "emergency-contact",
        "ethnicity",
        "family",
        "gp",
        "identity",
        "nhs-number-untraced",
        "services",
    }


def test_mapping_twice_says_the_same():
    (record, _) = records((DATA / "case.xml").read_bytes())
    mapping = case_xml()
    assert plain(mapping.apply(record, CONTEXT)) == plain(mapping.apply(record, CONTEXT))


def test_who_changes_a_body_changes_nobody_elses():
    (record, _) = records((DATA / "case.xml").read_bytes())
    mapping = case_xml()
    before = plain(mapping.apply(record, CONTEXT))
    for resource in mapping.apply(record, CONTEXT).resources:
        for each in resource.facets:
            for value in each.body.values():
                for entry in value if isinstance(value, list) else [value]:
                    if isinstance(entry, dict):
                        entry.clear()
    assert plain(mapping.apply(record, CONTEXT)) == before
