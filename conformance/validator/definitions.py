"""Which definitions are at hand?

FHIR R4 and the packages that the engineer brought, by canonical address; what a package says of an address goes before
what the specification says. Trees are grown once, when they are first asked for.
https://hl7.org/fhir/R4/references.html#canonical
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from conformance.validator.base import base
from conformance.validator.element import BAD_SHAPES, DefinitionError, Element
from conformance.validator.package import Package, Resource, ill_formed
from conformance.validator.snapshot import lay, root_of

CORE = "http://hl7.org/fhir/StructureDefinition/"
_DEEPEST = 32


class Definitions:
    """Everything defined, by address."""

    def __init__(self, packages: Iterable[Package] = ()) -> None:
        self._known: dict[tuple[str, str], Resource] = {}
        for package in (base(), *packages):
            for resource in package.resources:
                self._keep(resource)
        self._trees: dict[str, Element | DefinitionError] = {}
        self._growing: list[str] = []

    def _keep(self, resource: Resource) -> None:
        kind, url = resource["resourceType"], resource["url"]
        if ill_formed(resource):
            return
        self._known[kind, url] = resource
        if isinstance(resource.get("version"), str):
            self._known[kind, f"{url}|{resource['version']}"] = resource

    def find(self, kind: str, canonical: str) -> Resource | None:
        """The definition of an address; of the version that it names, where it names one."""
        return self._known.get((kind, canonical)) or self._without_version(kind, canonical)

    def _without_version(self, kind: str, canonical: str) -> Resource | None:
        url, _, version = canonical.partition("|")
        found = self._known.get((kind, url))
        # FHIR R4's own definitions are held without a version.
        return found if found is not None and (not version or "version" not in found) else None

    def structure(self, canonical: str) -> Resource | None:
        """A StructureDefinition."""
        return self.find("StructureDefinition", canonical)

    def is_resource(self, name: str) -> bool:
        """Whether this is a type of resource that there can be instances of."""
        found = self.structure(CORE + name)
        # The specification's profiles of a type have addresses as the types have.
        known = found is not None and found["type"] == name and found.get("kind") == "resource"
        return known and not (found or {}).get("abstract", False)

    def is_a(self, name: str, ancestor: str) -> bool:
        """Whether one type is another or builds upon it."""
        for _ in range(_DEEPEST):
            if name == ancestor:
                return True
            found = self.structure(CORE + name)
            name = str((found or {}).get("baseDefinition", "")).rpartition("/")[2]
        return False

    def type_tree(self, name: str) -> Element:
        """The tree of a type of the specification."""
        return self.tree(CORE + name)

    def tree(self, canonical: str) -> Element:
        """The tree of a definition; raises DefinitionError, the same one each time, where there can be none."""
        if canonical not in self._trees:
            self._trees[canonical] = self._grow(canonical)
        found = self._trees[canonical]
        if isinstance(found, DefinitionError):
            raise found
        return found

    def _grow(self, canonical: str) -> Element | DefinitionError:
        found = self.structure(canonical)
        if found is None:
            return DefinitionError(f"{canonical} is not at hand")
        if canonical in self._growing or len(self._growing) > _DEEPEST:
            return DefinitionError(f"{canonical} builds upon itself")
        self._growing.append(canonical)
        try:
            return self._laid(found)
        except DefinitionError as fault:
            return DefinitionError(f"{canonical} cannot be used: {fault}")
        except BAD_SHAPES:
            return DefinitionError(f"{canonical} cannot be used: it is not a StructureDefinition as R4 has it")
        finally:
            self._growing.pop()

    def _laid(self, found: Resource) -> Element:
        own = found.get("derivation") != "constraint"
        upon = found.get("baseDefinition")
        stated = self._stated(found, upon)
        if upon and self.structure(upon) is None:
            # A snapshot says everything; only what its type has is needed below it.
            upon = CORE + found["type"]
        root = self.tree(upon).grown() if upon else root_of(found["type"])
        if own:
            root.path = root.name = found["type"]
        lay(root, stated, self.type_tree, own=own)
        return root

    def _stated(self, found: Resource, upon: Any) -> list[dict[str, Any]]:
        snapshot = found.get("snapshot", {}).get("element")
        if snapshot:
            return list(snapshot)
        if upon and self.structure(upon) is None:
            raise DefinitionError(f"its base {upon} is not at hand, and it has no snapshot")
        return list(found["differential"]["element"])
