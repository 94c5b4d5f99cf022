"""Is what comes out FHIR R4 as UK Core has it?

Structure is checked with fhir.resources; what it does not check (bindings, extensions, empties) is checked here.
"""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapter.demo.population import people, write_extract
from mappings.mapped import Mapped
from mappings.readers.vocabulary import CASE_XML
from tests.mappings.extracts import CONTEXT, DATA, case_xml, extract, mapped, merged, only, records

MAPPING = case_xml()

BOUND = {
    ("Patient", "gender"): {"male", "female", "other", "unknown"},
    ("CareTeam", "status"): {"proposed", "active", "suspended", "inactive", "entered-in-error"},
    ("EpisodeOfCare", "status"): {
        "planned", "waitlist", "active", "onhold", "finished", "cancelled", "entered-in-error",
    },
    ("Consent", "status"): {"draft", "proposed", "active", "rejected", "inactive", "entered-in-error"},
}  # fmt: skip
USES = {"home", "work", "temp", "old", "mobile", "billing", "usual", "official", "nickname", "anonymous", "maiden"}
MANDATORY = {
    "Patient": set(),
    "RelatedPerson": {"patient"},
    "CareTeam": set(),
    "EpisodeOfCare": {"status", "patient"},
    "Consent": {"status", "scope", "category", "policy"},
    "Provenance": {"target", "recorded", "agent"},
}


def parts(value: Any) -> Iterator[Any]:
    yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from parts(inner)


def resolved(body: dict[str, Any]) -> dict[str, Any]:
    """As the store writes it: a reference that the mapping made has the shape of a FHIR one."""
    return json.loads(json.dumps(body).replace('"key:', '"urn:key:'))


def check(found: Mapped) -> None:
    for resource in found.resources:
        body = merged(resource)
        get_fhir_model_class(resource.type).model_validate(resolved(body))
        assert MANDATORY[resource.type] <= body.keys()
        for (type, element), codes in BOUND.items():
            if type == resource.type and element in body:
                assert body[element] in codes
        for part in parts(body):
            assert part not in ("", [], {}, None)
            if isinstance(part, dict):
                assert part.get("use", "home") in USES
                assert ("value" in part) or ("system" not in part) or ("code" in part)


def test_the_sample_is_fhir():
    for record in records((DATA / "case.xml").read_bytes()):
        check(MAPPING.apply(record, CONTEXT))


def test_three_hundred_invented_people_with_their_dirt_are_fhir():
    stream = BytesIO()
    now = datetime(2025, 11, 22, tzinfo=UTC)
    write_extract(stream, people(7, 300, date(2025, 11, 22)), council="999", created=now, extract_id="X", sequence=1)
    found = records(stream.getvalue())
    assert len(found) > 290
    for record in found:
        check(MAPPING.apply(record, CONTEXT))


WORDS = st.sampled_from(
    """|Y|N|perhaps|1|-1|Unknown|2024-02-05|1950|31/02/1950|9999-12-31|nhs-number|shared-record|objected|withdrawn
    |open|closed|usual|HOME|phone|F|son|main-carer|main-carer non-contact|emergency-contact|cld-r2|White: Roma|Polish
    |NHS|9990001006|SW1P 1PZ|A9X9Y|10033544614""".replace("\n    ", "").split("|")
) | st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=6)


@st.composite
def elements(draw: st.DrawFn, name: str = "Person", depth: int = 3) -> str:
    """Any element of the layout, with any of its attributes and children, saying anything."""
    known = CASE_XML[name]
    stated = draw(st.dictionaries(st.sampled_from(sorted(known.attributes) or ["x"]), WORDS, max_size=5))
    if name == "Person":
        stated |= {"localId": "1", "operation": "upsert"}
    children = sorted(known.children or ())
    chosen = draw(st.lists(st.sampled_from(children), max_size=6)) if children and depth else []
    inner = "".join(draw(elements(child, depth - 1)) for child in chosen) or _escaped(draw(WORDS))
    attributes = "".join(f" {key}={json.dumps(_escaped(value), ensure_ascii=False)}" for key, value in stated.items())
    return f"<{name}{attributes}>{inner}</{name}>"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;").replace("\\", "/")


@given(elements())
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_a_record_says_what_comes_out_is_fhir(person: str):
    (record,) = records(extract(person))
    check(MAPPING.apply(record, CONTEXT))


@pytest.mark.parametrize(
    ("scheme", "code", "expected"),
    [
        ("cld-r2", "White: English, Welsh, Scottish, Northern Irish or British", "A"),
        ("cld-r2", "White: Roma", "C"),
        ("cld-r1", "White - Irish", "B"),
        ("CLD-R2", "Asian or Asian British: Chinese", "R"),
        ("cld-r2", "Other ethnic group: Arab", "S"),
        ("cld-r2", "No data: Refused", "Z"),
        ("nhs2001", "99", "99"),
        ("nhs2001", "m", "M"),
    ],
)
def test_an_ethnic_category_is_a_2001_code_of_uk_core(scheme: str, code: str, expected: str):
    found = mapped(f'<Ethnicity scheme="{scheme}" code="{code}">Own words</Ethnicity>')
    (extension,) = only(found, "Patient")["extension"]
    assert extension["url"] == "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-EthnicCategory"
    (coding,) = extension["valueCodeableConcept"]["coding"]
    assert coding["system"] == "https://fhir.hl7.org.uk/CodeSystem/UKCore-EthnicCategoryEngland"
    assert (coding["code"], extension["valueCodeableConcept"]["text"]) == (expected, "Own words")


@pytest.mark.parametrize(("scheme", "code"), [("mosaic-local", "A.A12"), ("cld-r2", "Turkish Cypriot"), ("", "A")])
def test_an_ethnic_category_outside_its_table_is_kept_as_text_with_a_problem(scheme: str, code: str):
    found = mapped(f'<Ethnicity scheme="{scheme}" code="{code}"/>')
    (extension,) = only(found, "Patient")["extension"]
    assert extension["valueCodeableConcept"] == {"text": code}
    (problem,) = found.problems
    assert problem.effect == "ignored"
    assert "kept as text" in problem.reason


@pytest.mark.parametrize("code", ["N/A", "-1", "Not Stated"])
def test_a_placeholder_is_not_kept_as_an_ethnic_category(code: str):
    found = mapped(f'<Ethnicity scheme="cld-r2" code="{code}"/>')
    assert "extension" not in only(found, "Patient")
    assert [problem.reason for problem in found.problems] == ["is a placeholder, not a value"]
