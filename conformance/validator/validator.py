"""Is it FHIR R4 as its profiles have it?

A validator holds the compiled definitions; it is made once and asked often. It reads what it is given, fetches nothing,
and raises nothing for anything that a file may hold.
https://hl7.org/fhir/R4/validation.html
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from conformance.validator.definitions import Definitions
from conformance.validator.element import DefinitionError, Type
from conformance.validator.finding import Code, Finding, Severity
from conformance.validator.package import Package
from conformance.validator.reading import UnreadableError, read, too_deep
from conformance.validator.resources import Resources
from conformance.validator.run import DEEPEST, Run, Scope


class Validator:
    """Validates against FHIR R4 and the packages it was given."""

    def __init__(self, packages: Iterable[Package] = ()) -> None:
        self._definitions = Definitions(packages)
        self._resources = Resources(self._definitions)

    def require(self, profile: str) -> None:
        """Make sure that a profile can be used; raises DefinitionError where it cannot."""
        self._definitions.tree(profile)
        found = self._definitions.structure(profile) or {}
        if not self._definitions.is_a(str(found.get("type")), "Resource"):
            raise DefinitionError(f"{profile} is no profile of a resource")

    def validate(self, resource: Any, *, profile: str = "", file: str = "") -> list[Finding]:
        """Everything found in one resource, and what was not checked."""
        name = resource.get("resourceType") if isinstance(resource, dict) else None
        path = name if isinstance(name, str) and self._definitions.is_resource(name) else "Resource"
        run = Run(Scope(resource if isinstance(resource, dict) else {}, path))
        if too_deep(resource):
            run.error(Code.STRUCTURE, path, f"is nested deeper than {DEEPEST}")
        else:
            self._resources.check(resource, path, run, (Type("Resource", (profile,) if profile else ()),))
        return [replace(each, file=file) for each in run.found] if file else list(run.found)

    def validate_file(self, path: Path, *, profile: str = "") -> list[Finding]:
        """Everything found in one file; raises OSError where it cannot be opened."""
        try:
            value, found = read(path.read_bytes())
        except UnreadableError as fault:
            return [Finding(Severity.ERROR, Code.STRUCTURE, "", str(fault), str(path))]
        told = [replace(each, file=str(path)) for each in found]
        return told + self.validate(value, profile=profile, file=str(path))
