"""What holds other resources: contained ones, and bundles with their entries."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.validator.profiles import (
    ANYTOWN,
    PROFILE,
    element,
    errors,
    observation,
    patient,
    structure,
    unchecked,
    warnings,
)
from tests.conformance.validator.test_references import URN, bundle

INSIDE = {"resourceType": "Organization", "id": "gp", "name": "A practice"}
REFERS = {"managingOrganization": {"reference": "#gp"}}


def holding(*inside: Any, **more: Any) -> dict[str, Any]:
    return patient(contained=list(inside)) | (more or REFERS)


def asked(kind: str, **entry: Any) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": kind, "entry": [entry]}


GET = {"method": "GET", "url": "Patient/1"}
LINKED = {"link": [{"other": {"reference": "#"}, "type": "refer"}]}
ONE = {"fullUrl": f"{ANYTOWN}/Patient/1", "resource": patient(id="1")}
SEARCHED = ONE | {"search": {"mode": "match"}}
PAIRS: dict[str, tuple[dict[str, Any], dict[str, Any], list[tuple[str, str]]]] = {
    "a contained resource is a resource": (
        holding(INSIDE), holding(INSIDE | {"nome": "A"}), [("Patient.contained[0].nome", "structure")]),
    "a contained resource keeps its invariants": (
        holding(INSIDE), holding({"resourceType": "Organization", "id": "gp"}),
        [("Patient.contained[0]", "invariant")]),
    "dom-2, none in one": (
        holding(INSIDE), holding(INSIDE | {"contained": [INSIDE | {"id": "b"}]}),
        [("Patient.contained[0]", "invariant"), ("Patient", "invariant")]),
    "dom-3, referred to": (
        holding(INSIDE), holding(INSIDE, active=True), [("Patient", "invariant")]),
    "dom-3, or referring": (
        holding({"resourceType": "Patient", "id": "a"} | LINKED, active=True),
        holding({"resourceType": "Patient", "id": "a"}, active=True), [("Patient", "invariant")]),
    "dom-4, no version": (
        holding(INSIDE), holding(INSIDE | {"meta": {"versionId": "1"}}), [("Patient", "invariant")]),
    "dom-5, no label": (
        holding(INSIDE), holding(INSIDE | {"meta": {"security": [{"code": "R"}]}}), [("Patient", "invariant")]),
    "an id": (
        holding(INSIDE), holding({"resourceType": "Organization", "name": "A"}, active=True),
        [("Patient", "invariant"), ("Patient.contained[0].id", "required")]),
    "an id of its own": (
        holding(INSIDE), holding(INSIDE, INSIDE), [("Patient.contained[1].id", "duplicate")]),
    "a type": (
        holding(INSIDE), holding(INSIDE | {"resourceType": "Practice"}),
        [("Patient.contained[0].resourceType", "structure"), ("Patient.managingOrganization", "value")]),
    "an entry is a resource": (
        asked("collection", **ONE), asked("collection", resource=patient(nome="A")),
        [("Bundle.entry[0].resource.nome", "structure")]),
    "bdl-1, a total": (
        asked("searchset", **SEARCHED) | {"total": 1}, asked("collection", **ONE) | {"total": 1},
        [("Bundle", "invariant")]),
    "bdl-2, a search": (
        asked("searchset", **SEARCHED), asked("collection", **SEARCHED), [("Bundle", "invariant")]),
    "bdl-3, a request": (
        asked("batch", request=GET), asked("batch", **ONE), [("Bundle", "invariant")]),
    "bdl-4, a response": (
        asked("batch-response", response={"status": "200"}), asked("collection", response={"status": "200"}),
        [("Bundle", "invariant")]),
    "bdl-5, something in an entry": (
        asked("collection", **ONE), asked("collection", fullUrl=f"{URN}1"), [("Bundle.entry[0]", "invariant")]),
    "bdl-7, a full URL once": (
        bundle((f"{URN}1", patient()), (f"{URN}2", patient())), bundle((f"{URN}1", patient()), (f"{URN}1", patient())),
        [("Bundle", "invariant")]),
    "bdl-8, no version in a full URL": (
        asked("collection", **ONE),
        asked("collection", **ONE | {"fullUrl": f"{ANYTOWN}/Patient/1/_history/2"}),
        [("Bundle.entry[0]", "invariant")]),
    "an absolute full URL": (
        asked("collection", **ONE), asked("collection", **ONE | {"fullUrl": "Patient/1"}),
        [("Bundle.entry[0].fullUrl", "value")]),
    "the full URL of the id": (
        asked("collection", **ONE), asked("collection", **ONE | {"fullUrl": f"{ANYTOWN}/Patient/2"}),
        [("Bundle.entry[0].fullUrl", "value")]),
}  # fmt: skip


@pytest.mark.parametrize(("right", "wrong", "told"), PAIRS.values(), ids=PAIRS)
def test_what_holds_others_is_right_or_wrong_in_exactly_these_places(
    right: dict[str, Any], wrong: dict[str, Any], told: list[tuple[str, str]]
) -> None:
    assert errors(right) == []
    assert sorted(errors(wrong)) == sorted(told)


def test_a_history_may_have_a_full_url_more_than_once() -> None:
    entries = [ONE | {"request": GET, "response": {"status": "200"}}] * 2
    assert errors({"resourceType": "Bundle", "type": "history", "entry": entries}) == []


def test_a_resource_without_a_narrative_is_a_warning_and_a_contained_one_is_not() -> None:
    assert warnings({"resourceType": "Patient"}) == [("Patient", "invariant")]
    assert warnings(holding(INSIDE)) == []


def test_an_entry_may_be_of_one_of_several_types_and_keeps_one_of_several_profiles() -> None:
    born, called = (f"{PROFILE}-{name}" for name in ("born", "called"))
    kinds = [{"code": "Patient", "profile": [born, called]}, {"code": "Organization"}]
    known = (
        structure("Bundle", element("Bundle.entry.resource", type=kinds)),
        structure("Patient", element("Patient.birthDate", min=1), url=born),
        structure("Patient", element("Patient.name", min=1), url=called),
    )

    def of(resource: dict[str, Any]) -> dict[str, Any]:
        return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": resource}]}

    right = [patient(birthDate="1941"), patient(name=[{"text": "A"}]), INSIDE | {"text": patient()["text"]}]
    wrong = [patient(), observation()]
    assert [errors(of(each), *known) for each in right] == [[]] * 3
    assert [errors(of(each), *known) for each in wrong] == [[("Bundle.entry[0].resource", "structure")]] * 2
    assert [path for path, _ in unchecked(of(patient()), *known[:2])] == ["Bundle.entry[0].resource"]


def test_what_a_profile_says_of_the_inside_of_a_resource_in_a_bundle_is_not_checked() -> None:
    profile = structure("Bundle", element("Bundle.entry.resource.id", min=1))
    content = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": patient()}]}
    ((path, message),) = unchecked(content, profile)
    assert (path, message.startswith("Bundle.entry.resource: ")) == ("Bundle.entry[0].resource", True)


DOCUMENT = {
    "resourceType": "Composition", "status": "final", "type": {"text": "a"}, "date": "2025", "title": "A",
    "author": [{"display": "A"}],
}  # fmt: skip
WHOLE = bundle((f"{URN}1", DOCUMENT), kind="document") | {
    "identifier": {"system": "urn:x", "value": "1"},
    "timestamp": "2025-11-22T10:00:00Z",
}


@pytest.mark.parametrize(
    "missing", [{"identifier": {"value": "1"}}, {"entry": bundle((f"{URN}1", patient()))["entry"]}, {"timestamp": None}]
)
def test_a_document_has_an_identifier_an_instant_and_a_composition_first(missing: dict[str, Any]) -> None:
    wrong = {name: value for name, value in (WHOLE | missing).items() if value is not None}
    assert errors(WHOLE) == []
    assert errors(wrong) == [("Bundle", "invariant")]
