"""Where does `r4.json` come from?

From HL7's own package of FHIR R4, hl7.fhir.r4.core 4.0.1, which is dedicated to the public domain (CC0): every type,
extension and profile of the specification, and the value sets and code systems that they hold to, without prose.
`python -m conformance.validator.distil PACKAGE.tgz` writes it anew, one resource to a line, so that a diff can be read.
https://hl7.org/fhir/R4/downloads.html
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from conformance.validator.base import R4
from conformance.validator.package import Resource, read_package

_DEFINITION = ("resourceType", "url", "kind", "abstract", "type", "baseDefinition", "derivation", "context")
_ELEMENT = ("id", "path", "sliceName", "min", "max", "contentReference", "slicing", "isModifier", "maxLength")
_VALUES = ("fixed", "pattern", "minValue", "maxValue")
_VALUE_SET = ("resourceType", "url", "compose")
_CODE_SYSTEM = ("resourceType", "url", "content", "caseSensitive", "hierarchyMeaning")
_HL7 = ("http://hl7.org/", "http://terminology.hl7.org/")
_FREE = (*_HL7, "urn:ietf:", "http://unitsofmeasure.org")
_HOLDING = ("required", "extensible")
# A profile may hold to what the specification only prefers.
_WORTH = (*_HOLDING, "preferred")


def main(source: Path) -> None:
    """Write r4.json beside this file."""
    found = {str(resource.get("url")): resource for resource in read_package(source).resources}
    definitions = [pruned for each in found.values() if (pruned := _definition(each))]
    types = [each for each in found.values() if "differential" in each and _wanted(each)]
    # A profile may bind to any code system of HL7's, and need not bring it.
    owned = {url for url, each in found.items() if each["resourceType"] == "CodeSystem" and url.startswith(_HL7)}
    bound = _closure({url for each in types for url in _bound(each)} | owned, found)
    kept = definitions + [_terms(found[url]) for url in sorted(bound)]
    kept.sort(key=lambda each: (each["resourceType"], each["url"]))
    lines = ",\n".join(json.dumps(each, ensure_ascii=False, separators=(",", ":")) for each in kept)
    R4.write_text(f"[\n{lines}\n]\n", "utf-8")


def _definition(resource: Resource) -> Resource | None:
    if not _wanted(resource):
        return None
    elements = [_element(each) for each in resource["differential"]["element"]]
    return _part(resource, _DEFINITION) | {"differential": {"element": elements}}


def _wanted(resource: Resource) -> bool:
    """What instances can be of: logical models have none."""
    return resource["resourceType"] == "StructureDefinition" and resource.get("kind") != "logical"


def _element(element: dict[str, Any]) -> dict[str, Any]:
    kept = _part(element, _ELEMENT) | {key: each for key, each in element.items() if key.startswith(_VALUES)}
    if "slicing" in kept:
        kept["slicing"] = _part(kept["slicing"], ("discriminator", "rules", "ordered"))
    if "type" in element:
        kept["type"] = [_part(each, ("code", "profile", "targetProfile")) for each in element["type"]]
    if "constraint" in element:
        kept["constraint"] = [_part(each, ("key", "severity", "expression")) for each in element["constraint"]]
    if "valueSet" in element.get("binding", {}) and element["binding"]["strength"] in _HOLDING:
        kept["binding"] = _part(element["binding"], ("strength", "valueSet"))
    return kept


def _bound(definition: Resource) -> Iterator[str]:
    """What an element holds to, and the most that a profile may let it hold to; examples bind nobody."""
    for element in definition["differential"]["element"]:
        binding = element.get("binding", {})
        if binding.get("strength") in _WORTH and "valueSet" in binding:
            yield binding["valueSet"].partition("|")[0]
        yield from (each["valueCanonical"] for each in binding.get("extension", []) if "valueCanonical" in each)


def _closure(urls: Iterable[str], found: dict[str, Resource]) -> set[str]:
    """The value sets, what they include, and the code systems of both."""
    waiting, kept = set(urls), set[str]()
    while waiting:
        url = waiting.pop()
        resource = found.get(url)
        if resource is None or url in kept:
            continue
        kept.add(url)
        compose = resource.get("compose", {})
        for part in compose.get("include", []) + compose.get("exclude", []):
            waiting |= {each.partition("|")[0] for each in part.get("valueSet", [])}
            # Where the codes are listed nothing else of their system is needed.
            waiting |= set() if "concept" in part else {part.get("system", "")}
    return kept


def _terms(resource: Resource) -> Resource:
    if resource["resourceType"] == "CodeSystem":
        return _part(resource, _CODE_SYSTEM) | {"concept": _concepts(resource.get("concept", []))}
    kept = _part(resource, _VALUE_SET)
    compose = kept.get("compose", {})
    listed = {name: [_chosen(part) for part in compose[name]] for name in ("include", "exclude") if name in compose}
    return kept | {"compose": listed}


def _chosen(part: dict[str, Any]) -> dict[str, Any]:
    kept = _part(part, ("system", "filter", "valueSet"))
    # Codes of SNOMED CT, LOINC and others are not HL7's to give away: without them such a value set is not at hand.
    if "concept" in part and part.get("system", "").startswith(_FREE):
        kept["concept"] = [{"code": each["code"]} for each in part["concept"]]
    return kept


def _concepts(concepts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found = []
    for each in concepts:
        kept: dict[str, Any] = {"code": each["code"]}
        parents = [pair["valueCode"] for pair in each.get("property", []) if pair["code"] == "subsumedBy"]
        if parents:
            kept["property"] = [{"code": "subsumedBy", "valueCode": parent} for parent in parents]
        if each.get("concept"):
            kept["concept"] = _concepts(each["concept"])
        found.append(kept)
    return found


def _part(whole: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: whole[name] for name in names if name in whole}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
