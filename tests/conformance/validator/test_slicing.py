"""Slices, by each way of telling them apart and under each rule: a pair for each."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.validator.profiles import (
    ANYTOWN,
    CORE,
    element,
    errors,
    extension,
    observation,
    patient,
    slicing,
    structure,
    unchecked,
)

HOME, WORK, OTHER = ({"system": "phone", "use": use, "value": "1"} for use in ("home", "work", "temp"))
NUMBERED = {"system": "urn:a", "value": "1"}
CITY = f"{ANYTOWN}/StructureDefinition/city"


def by_use(rules: str = "open", **more: Any) -> list[dict[str, Any]]:
    """Telecoms, sliced by their use: one for the home, which must be there, and one for work."""
    return [
        element("Patient.telecom", **slicing("value", "use", rules, **more)),
        element("Patient.telecom:home", min=1, max="1"),
        element("Patient.telecom:home.use", min=1, fixedCode="home"),
        element("Patient.telecom:home.rank", max="0"),
        element("Patient.telecom:work"),
        element("Patient.telecom:work.use", min=1, patternCode="work"),
    ]


def told(kind: str, path: str, *slices: dict[str, Any], of: str = "Patient.identifier") -> list[dict[str, Any]]:
    return [element(of, **slicing(kind, path)), *slices]


# What the profile states, what conforms, what does not, and where exactly that is.
PAIRS: dict[str, tuple[list[dict[str, Any]], dict[str, Any], dict[str, Any], str, str]] = {
    "a required slice": (
        by_use(), patient(telecom=[HOME, OTHER]), patient(telecom=[WORK]), "Patient.telecom", "required"),
    "a required slice of what is not there": (
        by_use(), patient(telecom=[HOME]), patient(), "Patient.telecom", "required"),
    "a slice that is there too often": (
        by_use(), patient(telecom=[HOME, WORK, WORK]), patient(telecom=[HOME, HOME]), "Patient.telecom", "structure"),
    "what a slice says below": (
        by_use(), patient(telecom=[HOME, WORK | {"rank": 1}]), patient(telecom=[HOME | {"rank": 1}]),
        "Patient.telecom[0].rank", "structure"),
    "closed": (
        by_use("closed"), patient(telecom=[WORK, HOME]), patient(telecom=[HOME, OTHER]),
        "Patient.telecom[1]", "structure"),
    "open at the end": (
        by_use("openAtEnd"), patient(telecom=[HOME, WORK, OTHER]), patient(telecom=[HOME, OTHER, WORK]),
        "Patient.telecom", "structure"),
    "ordered": (
        by_use(ordered=True), patient(telecom=[HOME, OTHER, WORK]), patient(telecom=[WORK, HOME]),
        "Patient.telecom", "structure"),
    "by a pattern": (
        told("pattern", "type",
             element("Patient.identifier:a", max="1"),
             element("Patient.identifier:a.type", patternCodeableConcept={"coding": [{"code": "A"}]})),
        patient(identifier=[{"value": "1", "type": {"coding": [{"code": "A"}, {"code": "B"}]}}]),
        patient(identifier=[{"value": each, "type": {"coding": [{"code": "A"}]}} for each in "12"]),
        "Patient.identifier", "structure"),
    "by a value below the discriminator": (
        told("value", "type",
             element("Patient.identifier:a", max="0"),
             element("Patient.identifier:a.type.coding.code", fixedCode="A")),
        patient(identifier=[{"value": "1", "type": {"coding": [{"code": "B"}]}}]),
        patient(identifier=[{"value": "1", "type": {"coding": [{"code": "A"}]}}]),
        "Patient.identifier", "structure"),
    "by two discriminators": (
        [element("Patient.telecom", slicing={"rules": "open", "discriminator": [
            {"type": "value", "path": "use"}, {"type": "value", "path": "system"}]}),
         element("Patient.telecom:a", max="0"),
         element("Patient.telecom:a.system", fixedCode="phone"), element("Patient.telecom:a.use", fixedCode="home")],
        patient(telecom=[HOME | {"system": "email"}, WORK]), patient(telecom=[HOME]), "Patient.telecom", "structure"),
    "by what a required value set holds": (
        told("value", "use",
             element("Patient.identifier:a", max="0"),
             element("Patient.identifier:a.use", binding={
                 "strength": "required", "valueSet": "http://hl7.org/fhir/ValueSet/identifier-use"})),
        patient(identifier=[{"value": "1"}]), patient(identifier=[{"value": "1", "use": "usual"}]),
        "Patient.identifier", "structure"),
    "by existence": (
        told("exists", "system",
             element("Patient.identifier:with"), element("Patient.identifier:with.system", min=1),
             element("Patient.identifier:without", max="1"), element("Patient.identifier:without.system", max="0")),
        patient(identifier=[NUMBERED, NUMBERED, {"value": "1"}]),
        patient(identifier=[{"value": "1"}, {"value": "2"}]), "Patient.identifier", "structure"),
    "by the type of a reference": (
        told("type", "resolve()",
             element("Patient.generalPractitioner:gp", min=1, type=[
                 {"code": "Reference", "targetProfile": [f"{CORE}/Practitioner"]}]),
             of="Patient.generalPractitioner"),
        patient(contained=[{"resourceType": "Practitioner", "id": "a"}], generalPractitioner=[{"reference": "#a"}]),
        patient(contained=[{"resourceType": "Organization", "id": "a", "name": "A"}],
                generalPractitioner=[{"reference": "#a"}]), "Patient.generalPractitioner", "required"),
    "by the type of a choice": (
        [element("Observation.value[x]", **slicing("type", "$this")),
         element("Observation.value[x]:valueQuantity", type=[{"code": "Quantity"}]),
         element("Observation.value[x]:valueQuantity.unit", min=1)],
        observation(valueQuantity={"value": 1, "unit": "kg"}), observation(valueQuantity={"value": 1}),
        "Observation.value.unit", "required"),
    "by the type of a choice that must be there": (
        [element("Observation.value[x]:valueString", min=1, type=[{"code": "string"}])],
        observation(valueString="a"), observation(valueBoolean=True), "Observation.value", "required"),
    "by the name of a choice alone": (
        [element("Observation.valueQuantity.unit", min=1)],
        observation(valueString="a"), observation(valueQuantity={"value": 1}), "Observation.value.unit", "required"),
    "by the type of a choice, closed": (
        [element("Observation.value[x]", **slicing("type", "$this", "closed")),
         element("Observation.value[x]:valueQuantity", type=[{"code": "Quantity"}])],
        observation(valueQuantity={"value": 1}), observation(valueString="a"), "Observation.valueString", "structure"),
    "by the type of a choice that may not be there": (
        [element("Observation.value[x]:valueString", max="0", type=[{"code": "string"}])],
        observation(valueQuantity={"value": 1}), observation(valueString="a"), "Observation.value", "structure"),
    "entries, by the type of their resource": (
        told("type", "resource",
             element("Bundle.entry:who", min=1),
             element("Bundle.entry:who.resource", min=1, type=[{"code": "Patient"}]),
             of="Bundle.entry"),
        {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": patient()}]},
        {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": observation()}]},
        "Bundle.entry", "required"),
    "entries, by the profile of their resource": (
        told("profile", "resource",
             element("Bundle.entry:who", max="1"),
             element("Bundle.entry:who.resource", min=1, type=[{"code": "Patient", "profile": [CITY]}]),
             of="Bundle.entry"),
        {"resourceType": "Bundle", "type": "collection", "entry": [
            {"resource": patient(birthDate="1941")}, {"resource": patient()}]},
        {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": patient(birthDate="1941")}] * 2},
        "Bundle.entry", "structure"),
    "what is there only once": (
        [element("Patient.maritalStatus", **slicing("value", "text", "closed")),
         element("Patient.maritalStatus:known"), element("Patient.maritalStatus:known.text", fixedString="known")],
        patient(maritalStatus={"text": "known"}), patient(maritalStatus={"text": "odd"}),
        "Patient.maritalStatus", "structure"),
    "contained, by their type": (
        told("type", "$this",
             element("Patient.contained:who", max="0", type=[{"code": "Patient"}]), of="Patient.contained"),
        patient(contained=[{"resourceType": "Organization", "id": "a", "name": "A"}],
                managingOrganization={"reference": "#a"}),
        patient(contained=[{"resourceType": "Patient", "id": "a"}],
                link=[{"other": {"reference": "#a"}, "type": "seealso"}]), "Patient.contained", "structure"),
    "by the profile of a contained resource": (
        told("profile", "$this",
             element("Patient.contained:born", max="1", type=[{"code": "Patient", "profile": [CITY]}]),
             of="Patient.contained"),
        patient(contained=[{"resourceType": "Patient", "id": "a", "birthDate": "1941"},
                           {"resourceType": "Patient", "id": "b"}],
                link=[{"other": {"reference": "#a"}, "type": "seealso"},
                      {"other": {"reference": "#b"}, "type": "seealso"}]),
        patient(contained=[{"resourceType": "Patient", "id": each, "birthDate": "1941"} for each in "ab"],
                link=[{"other": {"reference": f"#{each}"}, "type": "seealso"} for each in "ab"]),
        "Patient.contained", "structure"),
    "by an extension's value": (
        told("value", f"extension('{CITY}').value",
             element("Patient.identifier:a", max="0"),
             element("Patient.identifier:a.extension:city", type=[{"code": "Extension", "profile": [CITY]}]),
             element("Patient.identifier:a.extension:city.value[x]", fixedString="A")),
        patient(identifier=[{"extension": [{"url": CITY, "valueString": "B"}], "value": "1"}]),
        patient(identifier=[{"extension": [{"url": CITY, "valueString": "A"}], "value": "1"}]),
        "Patient.identifier", "structure"),
    "extensions, by their url": (
        [element("Patient.extension:city", min=1, max="1", type=[{"code": "Extension", "profile": [CITY]}])],
        patient(extension=[{"url": CITY, "valueString": "A"}]),
        patient(extension=[{"url": CITY, "valueString": each} for each in "AB"]), "Patient.extension", "structure"),
    "an extension that is required": (
        [element("Patient.extension:city", min=1, max="1", type=[{"code": "Extension", "profile": [CITY]}])],
        patient(extension=[{"url": CITY, "valueString": "A"}]), patient(), "Patient.extension", "required"),
}  # fmt: skip


def definitions(name: str, stated: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    born = structure("Patient", element("Patient.birthDate", min=1), url=CITY)
    city = extension(CITY, element("Extension.value[x]", min=1, type=[{"code": "string"}]))
    return [structure(kind, *stated), born if "profile" in name else city]


@pytest.mark.parametrize("name", PAIRS)
def test_slices_are_kept_or_broken_in_exactly_one_place(name: str) -> None:
    stated, right, wrong, path, code = PAIRS[name]
    known = definitions(name, stated, right["resourceType"])
    assert errors(right, *known) == []
    assert errors(wrong, *known) == [(path, code)]


@pytest.mark.parametrize("name", PAIRS)
def test_slices_mean_the_same_without_ids(name: str) -> None:
    """A differential may leave the ids out; the names of the slices say as much."""
    stated, right, wrong, path, code = PAIRS[name]
    bare = [{key: value for key, value in each.items() if key != "id"} for each in stated]
    whole = _with_every_slice(bare, stated)
    known = definitions(name, whole, right["resourceType"])
    assert errors(right, *known) == []
    assert errors(wrong, *known) == [(path, code)]


def _with_every_slice(bare: list[dict[str, Any]], stated: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Where there are no ids a slice is entered by an element of its own."""
    made: list[dict[str, Any]] = []
    entered: set[str] = set()
    for each, full in zip(bare, stated, strict=True):
        steps = full["id"].split(".")
        for n, step in enumerate(steps):
            way = ".".join(steps[: n + 1])
            if ":" in step and way not in entered and n < len(steps) - 1:
                path = ".".join(one.partition(":")[0] for one in steps[: n + 1])
                made.append({"path": path, "sliceName": step.partition(":")[2]})
            entered.add(way)
        made.append(each)
    return made


def test_a_profile_that_tells_slices_apart_is_asked_of_the_resource_where_it_stands() -> None:
    """What the contained patient refers to is contained beside it, and the rule looks at the patient itself."""
    rule = {"key": "a-1", "severity": "error", "human": "it is so", "expression": "%resource.active = true"}
    named = structure("Patient", element("Patient.name", constraint=[rule]), url=CITY)
    profile = structure("Patient", *PAIRS["by the profile of a contained resource"][0])
    held = [
        {"resourceType": "Patient", "id": each, "name": [{"text": "A"}], "active": True} | {
            "managingOrganization": {"reference": "#gp"}, "link": [{"other": {"reference": "#"}, "type": "refer"}]}
        for each in "ab"
    ]  # fmt: skip
    practice = {"resourceType": "Organization", "id": "gp", "name": "A"}
    assert errors(patient(active=False, contained=[*held, practice]), profile, named) == [
        ("Patient.contained", "structure")
    ]
    assert errors(patient(active=False, contained=[held[0], practice]), profile, named) == []


UNKNOWN = {
    "a reference that leads out of the file": (
        PAIRS["by the type of a reference"][0],
        patient(generalPractitioner=[{"identifier": {"value": "1"}, "type": "Practitioner"}]),
    ),
    "a discriminator that nothing fixes": (
        told("value", "value", element("Patient.identifier:a", max="0")),
        patient(identifier=[NUMBERED]),
    ),
    "a discriminator of no known kind": (
        told("position", "$this", element("Patient.identifier:a", max="0")),
        patient(identifier=[NUMBERED]),
    ),
    "a way that is not known": (
        told("value", "children().value", element("Patient.identifier:a", max="0")),
        patient(identifier=[NUMBERED]),
    ),
    "slices that nothing tells apart": (
        [element("Patient.identifier:a", max="0")],
        patient(identifier=[NUMBERED]),
    ),
    "slices of slices": (
        [*by_use(), element("Patient.telecom:home/first", max="0")], patient(telecom=[HOME])),
    "more values than anybody tells slices apart by": (
        told("value", "type.coding.code", element("Patient.identifier:a", max="0"),
             element("Patient.identifier:a.type.coding.code", fixedCode="A")),
        patient(identifier=[{"value": "1", "type": {"coding": [{"code": "B"}] * 65}}])),
    "a value set that is not at hand": (
        told("value", "use", element("Patient.identifier:a", max="0"),
             element("Patient.identifier:a.use", binding={"strength": "required", "valueSet": "urn:unheard-of"})),
        patient(identifier=[NUMBERED | {"use": "old"}]),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("stated", "content"), UNKNOWN.values(), ids=UNKNOWN)
def test_slices_that_cannot_be_told_apart_are_not_checked(
    stated: list[dict[str, Any]], content: dict[str, Any]
) -> None:
    told = unchecked(content, structure("Patient", *stated))
    assert [message.startswith("slices of Patient.") for _, message in told] == [True]
