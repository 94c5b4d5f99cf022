"""Is an extension defined, as its definition says, and where it may be?

An extension is found by its url. One that nobody defined is not checked; a modifier that nobody defined is an error,
since what it modifies cannot be understood without it.
https://hl7.org/fhir/R4/extensibility.html
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from conformance.validator.definitions import Definitions
from conformance.validator.element import DefinitionError
from conformance.validator.finding import Code
from conformance.validator.package import Resource
from conformance.validator.run import Run

if TYPE_CHECKING:
    from conformance.validator.walker import Check

_INDEX = re.compile(r"\[\d+\]")
_MODIFIER = "modifierExtension"
# Resources are no elements; those who define extensions mean them as well.
_ANY = frozenset({"Element", "Base"})
_DEEPEST = 16


class Extensions:
    """Looks extensions up and holds them to what they are."""

    def __init__(self, definitions: Definitions, profile: Callable[[str], Check]) -> None:
        self._definitions = definitions
        self._profile = profile
        self._named: dict[str, frozenset[str]] = {}

    def of(self, path: str, kind: str) -> Callable[[dict[str, Any], str, str, Run], None]:
        """Compile the check of the extensions on one element, of one type."""
        places = frozenset({path, *self._ancestors(kind)}) | _ANY

        def check(value: dict[str, Any], key: str, at: str, run: Run) -> None:
            listed = value[key]
            for n, item in enumerate(listed if isinstance(listed, list) else ()):
                if isinstance(item, dict) and isinstance(item.get("url"), str):
                    self._one(item, (value, places), f"{at}.{key}[{n}]", run)

        return check

    def _one(self, item: dict[str, Any], holder: tuple[dict[str, Any], frozenset[str]], path: str, run: Run) -> None:
        url = item["url"]
        modifier = f".{_MODIFIER}[" in path[path.rfind(".") :]
        if ":" not in url:
            self._part(str(holder[0].get("url", "")), url, path, run)
            return
        found = self._definitions.structure(url)
        if found is None or found.get("type") != "Extension":
            self._unknown(found, url, path, run, modifier=modifier)
            return
        self._profile(url)(item, None, path, run)
        if modifier is not self._is_modifier(url):
            run.error(Code.EXTENSION, path, f"{url} {'is no' if modifier else 'is a'} modifier extension")
        self._context(found, holder, path, run)

    def _part(self, whole: str, name: str, path: str, run: Run) -> None:
        """Inside an extension its parts have names of their own, which the slices of its definition fix."""
        if not whole:
            run.error(Code.EXTENSION, path, "has a url that is not absolute")
        elif self._definitions.structure(whole) is not None and name not in self._parts(whole):
            run.error(Code.EXTENSION, path, f"is no part that {whole} has")

    def _parts(self, url: str) -> frozenset[str]:
        if url not in self._named:
            try:
                slices = (self._definitions.tree(url).children or {})["extension"].slices.values()
            except DefinitionError:
                slices = {}.values()
            fixed = [(each.children or {})["url"].values.get("fixed") for each in slices if each.children]
            self._named[url] = frozenset(str(each) for each in fixed)
        return self._named[url]

    def _unknown(self, found: Resource | None, url: str, path: str, run: Run, *, modifier: bool) -> None:
        if found is not None:
            run.error(Code.EXTENSION, path, f"{url} is no extension")
        elif modifier:
            run.error(Code.EXTENSION, path, "is a modifier extension whose definition is not at hand")
        else:
            run.unchecked(path, f"extension {_shown(url)}: its definition is not at hand")

    def _is_modifier(self, url: str) -> bool:
        try:
            return self._definitions.tree(url).modifier
        except DefinitionError:
            return False

    def _context(self, found: Resource, holder: tuple[dict[str, Any], frozenset[str]], path: str, run: Run) -> None:
        contexts = found.get("context")
        if not isinstance(contexts, list) or not contexts:
            return
        told = [(each.get("type"), each.get("expression")) for each in contexts if isinstance(each, dict)]
        if any(self._allowed(kind, where, holder, path, run) for kind, where in told):
            return
        if any(kind == "fhirpath" for kind, _ in told):
            run.unchecked(path, f"whether {found['url']} may be here: its context is given in FHIRPath")
        else:
            run.error(Code.EXTENSION, path, f"{found['url']} may not be here")

    def _allowed(
        self, kind: Any, where: Any, holder: tuple[dict[str, Any], frozenset[str]], path: str, run: Run
    ) -> bool:
        value, places = holder
        if kind == "extension":
            return bool(where == value.get("url"))
        if kind != "element":
            return False
        within = _INDEX.sub("", path[len(run.scope.path) : path.rfind(".")])
        whole = run.scope.type + within
        plain = str(where).replace("[x]", "")
        return where in places or plain in (whole, f"DomainResource{within}", f"Resource{within}")

    def _ancestors(self, kind: str) -> list[str]:
        found = []
        for _ in range(_DEEPEST):
            if not kind:
                break
            found.append(kind)
            upon = self._definitions.structure(f"http://hl7.org/fhir/StructureDefinition/{kind}") or {}
            kind = str(upon.get("baseDefinition", "")).rpartition("/")[2]
        return found


def _shown(url: str) -> str:
    """An address that a file made up may hold anything: only what looks like a definition's is shown."""
    return url if "/StructureDefinition/" in url and len(url) < 200 and url.isprintable() else "of another address"
