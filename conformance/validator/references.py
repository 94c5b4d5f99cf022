"""Does a reference lead to what it may lead to?

Its type is read from the resource it resolves to (contained, or in the bundle around), else from its address, else from
what it says of itself. What lies outside the file is never fetched: its profile is not checked, and that is said.
https://hl7.org/fhir/R4/references.html
https://hl7.org/fhir/R4/bundle.html#references
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from conformance.validator.definitions import CORE, Definitions
from conformance.validator.element import Type
from conformance.validator.finding import Code
from conformance.validator.run import Run, Scope

if TYPE_CHECKING:
    from conformance.validator.walker import Check

_REST = re.compile(
    r"(?P<base>https?://\S+/)?(?P<type>[A-Z][A-Za-z]{2,63})/(?P<id>[A-Za-z0-9\-.]{1,64})"
    r"(/_history/(?P<version>[A-Za-z0-9\-.]{1,64}))?(#\S+)?"
)
# In a transaction a search may stand for what it finds.
_CONDITIONAL = re.compile(r"(?P<type>[A-Z][A-Za-z]{2,63})\?\S+")
_URN = re.compile(r"urn:(uuid|oid):\S+")
_ABSOLUTE = re.compile(r"[a-z][a-z0-9+.-]*:\S+", re.IGNORECASE)


class References:
    """Resolves references inside a file and holds them to their targets."""

    def __init__(self, definitions: Definitions, profile: Callable[[str], Check]) -> None:
        self._definitions = definitions
        self._profile = profile

    def resolve(self, value: Any, run: Run) -> dict[str, Any] | None:
        """The resource that a reference leads to, if it is in this file."""
        text = value.get("reference") if isinstance(value, dict) else value
        if not isinstance(text, str):
            return None
        if text.startswith("#"):
            return run.scope.root.resource if text == "#" else _contained(text[1:], run.scope)
        found = _entries(text, run.scope)
        return found[0] if len(found) == 1 else None

    def check(self, kind: Type) -> Check | None:
        """Compile the check of a reference of one type."""
        if kind.code != "Reference":
            return None
        targets = kind.targets
        names = [self._type_of(each) for each in targets]
        # Any resource at all, and no profile of it.
        anything = not targets or "Resource" in names

        def check(value: Any, _extra: Any, path: str, run: Run) -> None:
            if not isinstance(value, dict):
                return
            self._shape(value, path, run)
            if not anything:
                self._target(value, targets, names, path, run)

        return check

    def _type_of(self, target: str) -> str:
        found = self._definitions.structure(target)
        return str(found.get("type")) if found else target.removeprefix(CORE) if target.startswith(CORE) else ""

    def _shape(self, value: dict[str, Any], path: str, run: Run) -> None:
        text = value.get("reference")
        if not isinstance(text, str):
            return
        if text.startswith("#"):
            if text != "#" and _contained(text[1:], run.scope) is None:
                run.error(Code.NOT_FOUND, f"{path}.reference", "leads to no contained resource")
            return
        found = _REST.fullmatch(text) or (run.scope.root.entries and _CONDITIONAL.fullmatch(text))
        if found and not self._definitions.is_resource(found["type"]) and not _ABSOLUTE.fullmatch(text):
            run.error(Code.VALUE, f"{path}.reference", "names no type of resource")
        elif not found and not _ABSOLUTE.fullmatch(text):
            run.error(Code.VALUE, f"{path}.reference", "is neither Type/id nor an absolute address")
        elif len(_entries(text, run.scope)) > 1:
            run.error(Code.DUPLICATE, f"{path}.reference", "leads to more than one entry of the bundle")
        elif _URN.fullmatch(text) and run.scope.root.entries and not _entries(text, run.scope):
            run.error(Code.NOT_FOUND, f"{path}.reference", "leads to no entry of the bundle")

    def _target(self, value: dict[str, Any], targets: tuple[str, ...], names: list[str], path: str, run: Run) -> None:
        resource = self.resolve(value, run)
        said = self._said(value, resource)
        if not said:
            if "reference" in value or "identifier" in value:
                run.unchecked(path, "where a reference leads that names no type and is not in this file")
            return
        stated = value.get("type")
        if resource is not None and isinstance(stated, str) and stated != said:
            run.error(Code.VALUE, f"{path}.type", "is not the type of the resource that the reference leads to")
        fitting = [target for target, name in zip(targets, names, strict=True) if name in (said, "")]
        if not fitting:
            run.error(Code.VALUE, path, f"leads to a resource that it may not lead to; one of {', '.join(names)}")
        else:
            self._kept(resource, fitting, path, run)

    def _said(self, value: dict[str, Any], resource: dict[str, Any] | None) -> str:
        if resource is not None:
            return str(resource.get("resourceType", ""))
        text = str(value.get("reference", ""))
        found = _REST.fullmatch(text) or _CONDITIONAL.fullmatch(text)
        told = found["type"] if found else str(value.get("type", ""))
        return told if self._definitions.is_resource(told) else ""

    def _kept(self, resource: dict[str, Any] | None, targets: list[str], path: str, run: Run) -> None:
        """One of the profiles that a target may have is kept."""
        if any(target.partition("|")[0] == f"{CORE}{self._type_of(target)}" for target in targets):
            return
        if resource is None:
            run.unchecked(path, f"whether what lies outside this file keeps {' or '.join(sorted(targets))}")
            return
        fits = [self._keeps(resource, target, path, run) for target in targets]
        if True in fits:
            return
        if None in fits:
            run.unchecked(path, f"whether a target keeps {' or '.join(sorted(targets))}")
        else:
            run.error(Code.STRUCTURE, path, f"leads to what does not keep {' or '.join(sorted(targets))}")

    def _keeps(self, resource: dict[str, Any], target: str, path: str, run: Run) -> bool | None:
        trial = (target, id(resource))
        if trial in run.trying:
            # Two resources that lead to each other: what was asked first decides.
            return True
        run.trying.add(trial)
        check = self._profile(target)
        try:
            with run.within(run.scope.inside(resource, path)):
                return run.fits(lambda: check(resource, None, path, run))
        finally:
            run.trying.discard(trial)


def _contained(name: str, scope: Scope) -> dict[str, Any] | None:
    listed = scope.root.resource.get("contained")
    for each in listed if isinstance(listed, list) else ():
        if isinstance(each, dict) and each.get("id") == name:
            return each
    return None


def _entries(text: str, scope: Scope) -> list[dict[str, Any]]:
    """The entries of the bundle around that a reference names."""
    entries = scope.root.entries
    if not entries:
        return []
    plain = text.partition("#")[0]
    found = _REST.fullmatch(plain)
    if found is None or found["base"]:
        return _versioned(entries, plain, found)
    around = _REST.fullmatch(scope.root.full_url)
    # A relative reference is relative to the server that the entry around it comes from.
    base = around["base"] if around and around["base"] else ""
    return _versioned(entries, base + plain, found) or ([] if base else _versioned(entries, plain, found))


def _versioned(entries: dict[str, list[dict[str, Any]]], url: str, found: re.Match[str] | None) -> list[dict[str, Any]]:
    version = found["version"] if found else None
    listed = entries.get(url.partition("/_history/")[0], [])
    if version is None:
        return listed
    return [each for each in listed if (each.get("meta") or {}).get("versionId") == version]
