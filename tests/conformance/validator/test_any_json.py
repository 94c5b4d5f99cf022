"""Whatever a file or a definition holds, there are findings and never an exception."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.validator import Finding, Package, Severity, Validator
from conformance.validator.reading import UnreadableError, read
from tests.conformance.validator.profiles import (
    PROFILE,
    TEXT,
    element,
    errors,
    found,
    patient,
    plain,
    slicing,
    structure,
)
from tests.conformance.validator.test_held import DOCUMENT, PAIRS

NAMES = st.sampled_from(
    """resourceType id meta profile text div status contained extension modifierExtension url valueString _value value
    valueReference identifier system use period start end name family given _given gender birthDate _birthDate contact
    organization reference type link other managingOrganization entry resource fullUrl request response search total
    deceasedBoolean deceasedDateTime code coding communication language photo data versionId security""".split()  # noqa: SIM905
) | st.text(max_size=4)
LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=6)
    | st.sampled_from(["Patient", "Bundle", "Observation", "#", "#a", "Patient/1", "2024-02-30", PROFILE, TEXT["div"]])
)  # fmt: skip
ANY = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=6), max_leaves=30
)
KIND = st.sampled_from(["Patient", "Bundle", "Observation", "Questionnaire", "StructureDefinition", "Binary"])
LOOSE = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
WHOLE = [patient(), DOCUMENT, *(right for right, _, _ in PAIRS.values())]
PROFILED = structure(
    "Patient",
    element("Patient.telecom", **slicing("value", "use", "closed", ordered=True)),
    element("Patient.telecom:home", min=1),
    element("Patient.telecom:home.use", fixedCode="home"),
    element("Patient.contained", **slicing("type", "$this")),
    element("Patient.contained:a", type=[{"code": "Patient"}], max="1"),
    element("Patient.name", constraint=[{"key": "a-1", "severity": "error", "expression": "given.first() = family"}]),
    element("Patient.link.other", type=[{"code": "Reference", "targetProfile": [PROFILE]}]),
)
STRICT = Validator([Package("of the test", (PROFILED,), ())])


@given(ANY)
@LOOSE
def test_any_json_gives_findings(content: Any) -> None:
    assert all(isinstance(each, Finding) for each in plain().validate(content))


@given(KIND, st.dictionaries(NAMES, ANY, max_size=8))
@LOOSE
def test_any_json_that_says_that_it_is_a_resource_gives_findings(kind: str, content: dict[str, Any]) -> None:
    assert all(isinstance(each, Finding) for each in STRICT.validate(content | {"resourceType": kind}, profile=PROFILE))


def places(value: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [way] * bool(way) + [place for key, each in inner for place in places(each, (*way, key))]


@given(st.data(), st.sampled_from(WHOLE), ANY)
@LOOSE
def test_any_json_in_any_place_of_a_resource_gives_findings(
    data: st.DataObject, resource: dict[str, Any], put: Any
) -> None:
    changed = copy.deepcopy(resource)
    *way, last = data.draw(st.sampled_from(places(changed)))
    holder = changed
    for step in way:
        holder = holder[step]
    holder[last] = put
    assert all(isinstance(each, Finding) for each in plain().validate(changed))


@given(st.data(), ANY)
@LOOSE
def test_any_json_in_any_place_of_a_definition_gives_findings(data: st.DataObject, put: Any) -> None:
    broken = copy.deepcopy(PROFILED)
    *way, last = data.draw(
        st.sampled_from([place for place in places(broken) if place[0] not in ("url", "resourceType")])
    )
    holder: Any = broken
    for step in way:
        holder = holder[step]
    holder[last] = put
    told = Validator([Package("of the test", (broken,), ())]).validate(patient(name=[{"family": "A"}]), profile=PROFILE)
    assert all(isinstance(each, Finding) for each in told)


@given(st.binary(max_size=40) | st.text(max_size=40).map(str.encode) | ANY.map(json.dumps).map(str.encode))
@LOOSE
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    try:
        value, _ = read(content)
    except UnreadableError:
        return
    assert json.loads(json.dumps(value)) == value


def test_what_is_nested_past_all_sense_is_one_error() -> None:
    deep: dict[str, Any] = {"url": "a"}
    for _ in range(5_000):
        deep = {"url": "a", "extension": [deep]}
    (only,) = found(patient(extension=[deep]))
    assert (only.severity, only.message) == (Severity.ERROR, "is nested deeper than 100")


def test_what_is_nested_as_deep_as_it_may_be_is_checked() -> None:
    deep: dict[str, Any] = {"linkId": "0", "type": "display", "unheardOf": 1}
    for n in range(45):
        deep = {"linkId": f"{n + 1}", "type": "group", "item": [deep]}
    content = {"resourceType": "Questionnaire", "name": "Deep", "status": "draft", "text": TEXT, "item": [deep]}
    assert errors(content) == [("Questionnaire" + ".item[0]" * 46 + ".unheardOf", "structure")]
