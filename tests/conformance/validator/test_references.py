"""References: their shape, the types and profiles that they lead to, in a resource and in a bundle."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.validator.profiles import (
    ANYTOWN,
    CORE,
    PROFILE,
    TEXT,
    element,
    errors,
    found,
    patient,
    structure,
    unchecked,
)

URN = "urn:uuid:6a1d3c5e-0000-4000-8000-00000000000"
GP = {"resourceType": "Organization", "name": "A practice", "text": TEXT}
INSIDE = {"resourceType": "Organization", "name": "A practice", "id": "gp"}


def at(reference: str, **more: Any) -> dict[str, Any]:
    return patient(generalPractitioner=[{"reference": reference} | more])


def bundle(*entries: tuple[str, dict[str, Any]], kind: str = "collection") -> dict[str, Any]:
    listed = [{"fullUrl": url, "resource": resource} for url, resource in entries]
    return {"resourceType": "Bundle", "type": kind, "entry": listed}


def practice(version: str = "", **more: Any) -> dict[str, Any]:
    return GP | more | ({"meta": {"versionId": version}} if version else {})


HERE = "Patient.generalPractitioner[0]"
INNER = "Bundle.entry[0].resource.generalPractitioner[0]"
PAIRS: dict[str, tuple[dict[str, Any], dict[str, Any], str, str]] = {
    "a type that it may lead to": (at("Organization/1"), at("Patient/1"), HERE, "value"),
    "a type in an absolute address": (at(f"{ANYTOWN}/Organization/1"), at(f"{ANYTOWN}/Patient/1"), HERE, "value"),
    "a type with a version": (at("Organization/1/_history/2"), at("Patient/1/_history/2"), HERE, "value"),
    "a type that it says": (
        patient(generalPractitioner=[{"type": "Organization", "identifier": {"value": "1"}}]),
        patient(generalPractitioner=[{"type": "Device", "identifier": {"value": "1"}}]), HERE, "value"),
    "something contained": (
        at("#gp") | {"contained": [INSIDE]}, at("#nobody") | {"contained": [INSIDE], "managingOrganization": {
            "reference": "#gp"}}, f"{HERE}.reference", "not-found"),
    "something contained of the type": (
        at("#gp") | {"contained": [INSIDE]},
        at("#gp") | {"contained": [{"resourceType": "Device", "id": "gp"}]}, HERE, "value"),
    "the type that it says and the one that is there": (
        at("#gp", type="Organization") | {"contained": [INSIDE]},
        at("#gp", type="Practitioner") | {"contained": [INSIDE]}, f"{HERE}.type", "value"),
    "an entry by its urn": (
        bundle((f"{URN}1", at(f"{URN}2")), (f"{URN}2", GP)),
        bundle((f"{URN}1", at(f"{URN}3")), (f"{URN}2", GP)), f"{INNER}.reference", "not-found"),
    "an entry of the type": (
        bundle((f"{URN}1", at(f"{URN}2")), (f"{URN}2", GP)),
        bundle((f"{URN}1", at(f"{URN}2")), (f"{URN}2", patient())), INNER, "value"),
    "an entry relative to the one around": (
        bundle((f"{ANYTOWN}/Patient/1", at("Organization/2", type="Organization") | {"id": "1"}),
               (f"{ANYTOWN}/Organization/2", GP | {"id": "2"})),
        bundle((f"{ANYTOWN}/Patient/1", at("Organization/2", type="Practitioner") | {"id": "1"}),
               (f"{ANYTOWN}/Organization/2", GP | {"id": "2"})), f"{INNER}.type", "value"),
    "one entry and not two": (
        bundle((f"{ANYTOWN}/Patient/1", at(f"{ANYTOWN}/Organization/2/_history/1") | {"id": "1"}),
               (f"{ANYTOWN}/Organization/2", practice("1", id="2")),
               (f"{ANYTOWN}/Organization/2", practice("2", id="2"))),
        bundle((f"{ANYTOWN}/Patient/1", at(f"{ANYTOWN}/Organization/2") | {"id": "1"}),
               (f"{ANYTOWN}/Organization/2", practice("1", id="2")),
               (f"{ANYTOWN}/Organization/2", practice("2", id="2"))), f"{INNER}.reference", "duplicate"),
}  # fmt: skip


@pytest.mark.parametrize(("right", "wrong", "path", "code"), PAIRS.values(), ids=PAIRS)
def test_a_reference_leads_where_it_may_or_is_wrong_in_exactly_one_place(
    right: dict[str, Any], wrong: dict[str, Any], path: str, code: str
) -> None:
    assert errors(right) == []
    assert [(each.path, each.code) for each in found(wrong) if each.severity == "error"] == [(path, code)]


@pytest.mark.parametrize("text", ["1", "Organization", "organization/1", "Organization/a b", "Organisation/1", "?a=b"])
def test_what_is_no_address_is_no_reference(text: str) -> None:
    told = [(each.path, each.code) for each in found(at(text)) if each.severity == "error"]
    assert told == [(f"{HERE}.reference", "value")]


def test_where_a_reference_leads_that_says_nothing_of_it_is_not_checked() -> None:
    assert [path for path, _ in unchecked(at(f"{URN}1"))] == [HERE]


def test_a_search_may_stand_for_what_it_finds_in_a_bundle_and_nowhere_else() -> None:
    found_by = at("Organization?identifier=1")
    assert errors(bundle((f"{URN}1", found_by))) == []
    assert [(each.path, each.code) for each in found(found_by) if each.severity == "error"] == [
        (f"{HERE}.reference", "value")
    ]
    assert errors(bundle((f"{URN}1", at("Device?identifier=1")))) == [(INNER, "value")]


def test_a_reference_that_is_only_a_text_is_nothing_to_check() -> None:
    assert errors(patient(generalPractitioner=[{"display": "A practice"}])) == []


def named_practice() -> list[dict[str, Any]]:
    """General practices must have a telephone here."""
    target = f"{PROFILE}-practice"
    kinds = [{"code": "Reference", "targetProfile": [target]}]
    return [
        structure("Patient", element("Patient.generalPractitioner", type=kinds)),
        structure("Organization", element("Organization.telecom", min=1), url=target),
    ]


def test_what_a_reference_leads_to_keeps_the_profile_of_its_target() -> None:
    telephone = {"telecom": [{"system": "phone", "value": "01632 960000"}]}
    profile, practice_profile = named_practice()
    right = at("#gp") | {"contained": [INSIDE | telephone]}
    wrong = at("#gp") | {"contained": [INSIDE]}
    assert errors(right, profile, practice_profile) == []
    assert errors(wrong, profile, practice_profile) == [(HERE, "structure")]


def test_the_profile_of_a_target_outside_the_file_is_not_checked() -> None:
    assert [path for path, _ in unchecked(at("Organization/1"), *named_practice())] == [HERE]


def test_the_profile_of_a_target_that_is_not_at_hand_is_not_checked() -> None:
    content = at("#gp") | {"contained": [INSIDE]}
    assert [path for path, _ in unchecked(content, named_practice()[0])] == [HERE]


def test_two_resources_that_lead_to_each_other_are_both_checked() -> None:
    linked = [{"code": "Reference", "targetProfile": [PROFILE]}]
    profile = structure("Patient", element("Patient.link.other", type=linked), element("Patient.birthDate", min=1))
    first, second = ("a", "b")
    content = patient(
        birthDate="1941",
        contained=[
            {"resourceType": "Patient", "id": one, "link": [{"other": {"reference": f"#{two}"}, "type": "seealso"}]}
            for one, two in ((first, second), (second, first))
        ],
        link=[{"other": {"reference": "#a"}, "type": "seealso"}],
    )
    assert errors(content, profile) == [("Patient.link[0].other", "structure")]
    for each in content["contained"]:
        each["birthDate"] = "1941"
    assert errors(content, profile) == []
    assert CORE in profile["baseDefinition"]
