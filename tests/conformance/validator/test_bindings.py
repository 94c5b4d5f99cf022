"""Bindings: required and extensible, and what value sets come to."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.validator.profiles import (
    ANYTOWN,
    TEXT,
    code_system,
    element,
    errors,
    observation,
    patient,
    structure,
    unchecked,
    value_set,
    warnings,
)

CS, VS = f"{ANYTOWN}/cs", f"{ANYTOWN}/vs"
TREE = code_system(
    {"code": "top", "concept": [{"code": "left", "concept": [{"code": "leaf"}]}, {"code": "right"}]}, "odd"
)


def bound(strength: str = "required", path: str = "Observation.code") -> dict[str, Any]:
    return structure(path.partition(".")[0], element(path, binding={"strength": strength, "valueSet": VS}))


def coded(code: str, system: str = CS) -> dict[str, Any]:
    return observation(code={"coding": [{"system": system, "code": code}]})


def of_system(**more: Any) -> dict[str, Any]:
    return {"include": [{"system": CS} | more]}


def filtered(op: str, value: str) -> dict[str, Any]:
    return of_system(filter=[{"property": "concept", "op": op, "value": value}])


# What the value set is composed of, which codes it has, and which not.
SETS: dict[str, tuple[dict[str, Any], list[str], list[str]]] = {
    "a whole system": (of_system(), ["top", "left", "leaf", "right", "odd"], ["none"]),
    "listed codes": (of_system(concept=[{"code": "left"}]), ["left"], ["leaf"]),
    "without some": (
        of_system() | {"exclude": [{"system": CS, "concept": [{"code": "odd"}]}]}, ["top"], ["odd", "none"]),
    "is-a": (filtered("is-a", "left"), ["left", "leaf"], ["top", "right"]),
    "descendent-of": (filtered("descendent-of", "top"), ["left", "leaf", "right"], ["top", "odd"]),
    "is-not-a": (filtered("is-not-a", "left"), ["top", "right", "odd"], ["left", "leaf", "none"]),
    "in": (filtered("in", "left, odd"), ["left", "odd"], ["top"]),
    "another value set": ({"include": [{"valueSet": [f"{VS}-inner"]}]}, ["left"], ["right"]),
    "what two have": (
        of_system(concept=[{"code": "left"}, {"code": "odd"}], valueSet=[f"{VS}-inner"]), ["left"], ["odd"]),
    "this or that": (
        {"include": [{"system": CS, "concept": [{"code": "odd"}]}, {"valueSet": [f"{VS}-inner"]}]},
        ["odd", "left"], ["right"]),
}  # fmt: skip
INNER = value_set(of_system(concept=[{"code": "left"}]), f"{VS}-inner")


@pytest.mark.parametrize(("compose", "inside", "outside"), SETS.values(), ids=SETS)
def test_a_value_set_holds_what_it_is_composed_of(
    compose: dict[str, Any], inside: list[str], outside: list[str]
) -> None:
    known = (bound(), value_set(compose), INNER, TREE)
    assert [errors(coded(code), *known) for code in inside] == [[]] * len(inside)
    assert [errors(coded(code), *known) for code in outside] == [[("Observation.code", "code-invalid")]] * len(outside)


def test_a_code_of_another_system_is_not_in_it() -> None:
    known = (bound(), value_set(of_system()), TREE)
    assert errors(coded("top", "urn:other"), *known) == [("Observation.code", "code-invalid")]


def test_a_code_without_its_system_is_not_in_it() -> None:
    known = (bound(), value_set(of_system()), TREE)
    wrong = observation(code={"coding": [{"code": "top"}]})
    assert errors(wrong, *known) == [("Observation.code", "code-invalid")]


def test_one_coding_of_several_is_enough() -> None:
    both = observation(code={"coding": [{"system": "urn:other", "code": "x"}, {"system": CS, "code": "top"}]})
    assert errors(both, bound(), value_set(of_system()), TREE) == []


def test_a_text_alone_is_no_code_of_a_required_value_set() -> None:
    known = (value_set(of_system()), TREE)
    assert errors(observation(), bound(), *known) == [("Observation.code", "code-invalid")]
    assert warnings(observation(), bound("extensible"), *known) == []


def test_a_code_outside_an_extensible_value_set_is_a_warning() -> None:
    known = (bound("extensible"), value_set(of_system()), TREE)
    assert (errors(coded("none"), *known), warnings(coded("none"), *known)) == (
        [],
        [("Observation.code", "code-invalid")],
    )


def test_a_code_outside_a_preferred_value_set_is_nothing() -> None:
    known = (bound("preferred"), value_set(of_system()), TREE)
    assert (errors(coded("none"), *known), warnings(coded("none"), *known)) == ([], [])


def test_a_code_element_has_the_systems_of_its_value_set() -> None:
    known = (bound(path="Patient.language"), value_set(of_system()), TREE)
    assert errors(patient(language="left"), *known) == []
    assert errors(patient(language="none"), *known) == [("Patient.language", "code-invalid")]


@pytest.mark.parametrize(
    ("right", "wrong", "path"),
    [
        (patient(gender="unknown"), patient(gender="robot"), "Patient.gender"),
        (patient(telecom=[{"use": "old"}]), patient(telecom=[{"use": "older"}]), "Patient.telecom[0].use"),
        (
            observation(valueSampledData={"origin": {"value": 1}, "period": 1, "dimensions": 1}),
            observation(valueQuantity={"value": 1, "comparator": "<>"}),
            "Observation.value.comparator",
        ),
        (observation(status="amended"), observation(status="bogus"), "Observation.status"),
        (
            patient(photo=[{"contentType": "image/png", "url": "urn:x"}]),
            patient(photo=[{"contentType": "picture", "url": "urn:x"}]),
            "Patient.photo[0].contentType",
        ),
    ],
)  # fmt: skip
def test_the_required_value_sets_of_the_specification_are_at_hand(
    right: dict[str, Any], wrong: dict[str, Any], path: str
) -> None:
    assert errors(right) == []
    assert errors(wrong) == [(path, "code-invalid")]


UNKNOWN: dict[str, list[dict[str, Any]]] = {
    "no value set": [],
    "no code system": [value_set(of_system())],
    "a code system in fragments": [value_set(of_system()), code_system("left", content="fragment")],
    "a filter that is not known": [value_set(filtered("regex", ".*")), TREE],
    "a property that is not known": [
        value_set(of_system(filter=[{"property": "inactive", "op": "=", "value": "false"}])), TREE],
    "a value set within itself": [value_set({"include": [{"valueSet": [VS]}]})],
    "no composition": [value_set({})],
    "a composition of nothing": [value_set({"include": [{}]})],
    "a composition of anything": [value_set({"include": 5})],
    "concepts of anything": [value_set(of_system()), code_system({"concept": 5})],
}  # fmt: skip


@pytest.mark.parametrize("known", UNKNOWN.values(), ids=UNKNOWN)
def test_a_binding_without_its_value_set_is_not_checked(known: list[dict[str, Any]]) -> None:
    assert [path for path, _ in unchecked(coded("left"), bound(), *known)] == ["Observation.code"]


def test_a_capability_statement_may_name_its_formats_by_one_word() -> None:
    told = {
        "resourceType": "CapabilityStatement",
        "name": "A",
        "status": "draft",
        "date": "2025",
        "kind": "requirements",
    }
    told |= {"fhirVersion": "4.0.1", "text": TEXT, "description": "A", "rest": [{"mode": "server"}]}
    assert errors(told | {"format": ["json", "application/fhir+xml"]}) == []
    assert errors(told | {"format": ["paper"]}) == [("CapabilityStatement.format[0]", "code-invalid")]


def test_a_hierarchy_of_many_ways_up_is_followed_once() -> None:
    """Forty layers of ten codes, each below all ten of the layer above: as many ways up as nobody can walk."""
    layers = [[f"{n}-{m}" for m in range(10)] for n in range(40)]
    above = [[], *layers]
    told = [
        {"code": code, "property": [{"code": "subsumedBy", "valueCode": each} for each in higher]}
        for layer, higher in zip(layers, above, strict=False)
        for code in layer
    ]
    known = (bound(), value_set(filtered("is-a", "0-0")), code_system(*told))
    assert errors(coded("39-9"), *known) == []
    assert errors(coded("0-1"), *known) == [("Observation.code", "code-invalid")]


def test_an_expansion_serves_where_there_is_no_composition() -> None:
    listed = {"contains": [{"system": CS, "code": "left"}], "total": 1}
    known = (bound(), value_set({}) | {"expansion": listed})
    assert errors(coded("left"), *known) == []
    assert errors(coded("right"), *known) == [("Observation.code", "code-invalid")]
    some = (bound(), value_set({}) | {"expansion": listed | {"total": 9}})
    assert [path for path, _ in unchecked(coded("right"), *some)] == ["Observation.code"]
