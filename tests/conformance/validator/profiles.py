"""Small definitions of our own, and what a validator says beside them; by default nothing is wrong with a resource."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from conformance.validator import Code, Finding, Package, Severity, Validator, read_package

TOP = Path(__file__).parent.parent.parent.parent
ANYTOWN = "https://anytown.example/fhir"
PROFILE = f"{ANYTOWN}/StructureDefinition/profile"
CORE = "http://hl7.org/fhir/StructureDefinition"
DIV = '<div xmlns="http://www.w3.org/1999/xhtml">Somebody invented</div>'
TEXT = {"status": "generated", "div": DIV}
_UK_CORE = TOP.parent / "shared" / "ukcore"


def structure(kind: str, *elements: dict[str, Any], url: str = PROFILE, **more: Any) -> dict[str, Any]:
    """A profile of a type, as a differential."""
    return {
        "resourceType": "StructureDefinition",
        "url": url,
        "type": kind,
        "kind": "complex-type" if kind == "Extension" else "resource",
        "derivation": "constraint",
        "baseDefinition": f"{CORE}/{kind}",
        "differential": {"element": [{"id": kind, "path": kind}, *elements]},
    } | more


def element(identified: str, **stated: Any) -> dict[str, Any]:
    """An element of a profile by its id, in which a slice stands after a colon."""
    steps = identified.split(".")
    named = {"sliceName": steps[-1].partition(":")[2]} if ":" in steps[-1] else {}
    return {"id": identified, "path": ".".join(step.partition(":")[0] for step in steps)} | named | stated


def slicing(kind: str, path: str, rules: str = "open", **more: Any) -> dict[str, Any]:
    return {"slicing": {"discriminator": [{"type": kind, "path": path}], "rules": rules} | more}


def extension(url: str, *elements: dict[str, Any], contexts: tuple[str, ...] = ("Element",)) -> dict[str, Any]:
    """A simple extension that may be on these elements."""
    told = [{"type": "element", "expression": each} for each in contexts]
    return structure("Extension", element("Extension.url", fixedUri=url), *elements, url=url, context=told)


def code_system(*codes: str | dict[str, Any], content: str = "complete", url: str = f"{ANYTOWN}/cs") -> dict[str, Any]:
    concepts = [{"code": each} if isinstance(each, str) else each for each in codes]
    return {"resourceType": "CodeSystem", "url": url, "content": content, "concept": concepts}


def value_set(compose: dict[str, Any], url: str = f"{ANYTOWN}/vs") -> dict[str, Any]:
    return {"resourceType": "ValueSet", "url": url, "compose": compose}


def patient(**more: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", "text": TEXT} | more


def observation(**more: Any) -> dict[str, Any]:
    return {"resourceType": "Observation", "text": TEXT, "status": "final", "code": {"text": "invented"}} | more


def found(resource: Any, *definitions: dict[str, Any], profile: str = "") -> list[Finding]:
    """What is found beside FHIR R4 and some definitions; the first of them is the profile, if it is one."""
    if not profile and definitions and definitions[0]["url"] == PROFILE:
        profile = PROFILE
    packages = [Package("of the test", definitions, ())] if definitions else []
    return Validator(packages).validate(resource, profile=profile) if packages else plain().validate(resource)


@cache
def plain() -> Validator:
    return Validator()


def errors(resource: Any, *definitions: dict[str, Any]) -> list[tuple[str, str]]:
    """Path and code of each error; nothing else may have been left unchecked."""
    told = found(resource, *definitions)
    assert [str(each) for each in told if each.code is Code.NOT_CHECKED] == []
    return [(each.path, str(each.code)) for each in told if each.severity is Severity.ERROR]


def warnings(resource: Any, *definitions: dict[str, Any]) -> list[tuple[str, str]]:
    told = found(resource, *definitions)
    return [(each.path, str(each.code)) for each in told if each.severity is Severity.WARNING]


def unchecked(resource: Any, *definitions: dict[str, Any]) -> list[tuple[str, str]]:
    """Path and message of what was not checked; there may be no error besides."""
    told = found(resource, *definitions)
    assert [str(each) for each in told if each.severity is Severity.ERROR] == []
    return [(each.path, each.message) for each in told if each.code is Code.NOT_CHECKED]


def uk_core(*folders: str) -> Validator:
    """A validator with UK Core, whose definitions are brought and never part of the product."""
    if not _UK_CORE.is_dir():
        pytest.skip("the UK Core definitions are not beside the project")
    return _uk_core(folders or ("structuredefinitions",))


@cache
def _uk_core(folders: tuple[str, ...]) -> Validator:
    return Validator(read_package(_UK_CORE / each) for each in (*folders, "valuesets", "codesystems"))


def uk_core_examples() -> list[Path]:
    return sorted((_UK_CORE / "examples").glob("*.json"))
