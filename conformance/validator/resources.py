"""Is a resource what it says it is, inside what holds it?

Each resource is held to the profiles asked for and those it claims; to its bare type where there is none. Contained
resources and a bundle's entries are resources of their own, each in its scope.
https://hl7.org/fhir/R4/references.html#contained
https://hl7.org/fhir/R4/bundle.html
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from conformance.validator import narrative
from conformance.validator.definitions import CORE, Definitions
from conformance.validator.element import DefinitionError, Type
from conformance.validator.finding import Code
from conformance.validator.run import Run, Scope
from conformance.validator.walker import Walker

ANY = (Type("Resource"),)
_ADDRESS = re.compile(r"https?://\S+/(?P<type>[A-Za-z]+)/(?P<id>[A-Za-z0-9\-.]+)")
_ABSOLUTE = re.compile(r"(urn:(uuid|oid):|[a-z][a-z0-9+.-]*://)\S+", re.IGNORECASE)


class Resources:
    """Looks at resources."""

    def __init__(self, definitions: Definitions) -> None:
        self._definitions = definitions
        self._walker = Walker(definitions, self.check)

    def check(self, value: Any, path: str, run: Run, kinds: tuple[Type, ...] = ANY) -> None:
        """Check one resource, which may be of these types; raises nothing, whatever it is."""
        name = value.get("resourceType") if isinstance(value, dict) else None
        if not isinstance(value, dict):
            run.error(Code.STRUCTURE, path, "is no JSON object")
        elif not isinstance(name, str) or not self._definitions.is_resource(name):
            run.error(Code.STRUCTURE, f"{path}.resourceType", "is no type of resource in FHIR R4")
        else:
            fitting = [kind for kind in kinds if self._definitions.is_a(name, kind.code)]
            if not fitting:
                allowed = " or ".join(kind.code for kind in kinds)
                run.error(Code.STRUCTURE, path, f"is a {name} and may only be a {allowed}")
            with run.within(_scope(value, path, run)):
                self._whole(value, name, path, run, tuple(each for kind in fitting for each in kind.profiles))

    def _whole(self, value: dict[str, Any], name: str, path: str, run: Run, profiles: tuple[str, ...]) -> None:
        asked = self._asked(value, name, path, run, profiles)
        wanted = dict.fromkeys([*asked, *_claimed(value)])
        usable = [each for each in wanted if self._usable(each, name, path, run)]
        for each in usable or [CORE + name]:
            self._walker.profile(each)(value, None, path, run)
        _narrative(value, path, run)
        _contained(value, path, run)
        if name == "Bundle":
            _bundle(value, path, run)

    def _asked(
        self, value: dict[str, Any], name: str, path: str, run: Run, profiles: tuple[str, ...]
    ) -> tuple[str, ...]:
        """Of several profiles that a resource may have, the one that it keeps."""
        if len(profiles) < 2:
            return profiles
        fits: list[bool | None] = []
        for each in profiles:
            if self._type_of(each) in (name, None):
                check = self._walker.profile(each)
                fits.append(run.fits(lambda check=check: check(value, None, path, run)))  # type: ignore[misc]
                if fits[-1]:
                    return (each,)
        if None in fits:
            run.unchecked(path, f"whether it keeps {' or '.join(profiles)}")
        else:
            run.error(Code.STRUCTURE, path, f"keeps none of {', '.join(profiles)}")
        return ()

    def _type_of(self, canonical: str) -> str | None:
        found = self._definitions.structure(canonical)
        return str(found["type"]) if found else None

    def _usable(self, canonical: str, name: str, path: str, run: Run) -> bool:
        try:
            self._walker.compile(canonical)
        except DefinitionError as fault:
            run.unchecked(path, f"profile {fault}")
            return False
        kind = (self._definitions.structure(canonical) or {}).get("type")
        if kind != name and not self._definitions.is_a(name, str(kind)):
            run.error(Code.STRUCTURE, path, f"is a {name}, and {canonical} is a profile of {kind}")
            return False
        return True


def _claimed(value: dict[str, Any]) -> Iterator[str]:
    meta = value.get("meta")
    listed = meta.get("profile") if isinstance(meta, dict) else None
    return (each for each in (listed if isinstance(listed, list) else ()) if isinstance(each, str))


def _scope(value: dict[str, Any], path: str, run: Run) -> Scope:
    around = run.scope
    if around.resource is value:
        return _entered(value, path, around)
    entered = around.inside(value, path)
    return entered if entered.outer else _entered(value, path, entered)


def _entered(value: dict[str, Any], path: str, scope: Scope) -> Scope:
    """A bundle is where its entries find each other."""
    if value.get("resourceType") != "Bundle":
        return scope
    entries: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    addresses: dict[int, str] = {}
    for each, resource in _entries(value):
        url = str(each.get("fullUrl", ""))
        addresses[id(resource)] = url
        entries[url or f"{resource.get('resourceType')}/{resource.get('id')}"].append(resource)
    return Scope(value, path, None, dict(entries), addresses, scope.full_url)


def _entries(bundle: dict[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    listed = bundle.get("entry")
    for each in listed if isinstance(listed, list) else ():
        if isinstance(each, dict) and isinstance(each.get("resource"), dict):
            yield each, each["resource"]


def _bundle(bundle: dict[str, Any], path: str, run: Run) -> None:
    """A full URL is absolute, and is the address of what stands under it."""
    listed = bundle.get("entry")
    for n, each in enumerate(listed if isinstance(listed, list) else ()):
        url = each.get("fullUrl") if isinstance(each, dict) else None
        if not isinstance(url, str):
            continue
        at = f"{path}.entry[{n}].fullUrl"
        if not _ABSOLUTE.fullmatch(url):
            run.error(Code.VALUE, at, "is not an absolute address")
        resource, found = each.get("resource"), _ADDRESS.fullmatch(url)
        if found and isinstance(resource, dict) and found["id"] != resource.get("id", found["id"]):
            run.error(Code.VALUE, at, "is not the address of the resource's id")


def _narrative(value: dict[str, Any], path: str, run: Run) -> None:
    text = value.get("text")
    div = text.get("div") if isinstance(text, dict) else None
    if isinstance(div, str):
        for said in narrative.faults(div):
            run.error(Code.INVARIANT, f"{path}.text.div", said)


def _contained(value: dict[str, Any], path: str, run: Run) -> None:
    """What is contained is found by its id, so it has one of its own."""
    listed = value.get("contained")
    seen: set[str] = set()
    for n, each in enumerate(listed if isinstance(listed, list) else ()):
        name = each.get("id") if isinstance(each, dict) else None
        if not isinstance(name, str):
            run.error(Code.REQUIRED, f"{path}.contained[{n}].id", "is required and missing")
        elif name in seen:
            run.error(Code.DUPLICATE, f"{path}.contained[{n}].id", "is another contained resource's id as well")
        else:
            seen.add(name)
