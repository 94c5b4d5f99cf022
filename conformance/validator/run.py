"""Where is the validation of one file, and what has it found?

One run for each file. A scope is the resource that is being looked at, within what holds it: a reference and an
invariant mean something only there. Trials, as slices and choices of profiles need them, collect their findings apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from conformance.validator.finding import Code, Finding, Severity

# Deeper than any FHIR that is meant, and shallow enough for Python's stack.
DEEPEST = 100
_MOST = 10_000


@dataclass(frozen=True, slots=True)
class Scope:
    """A resource, where it stands, and what is around it."""

    resource: dict[str, Any]
    path: str
    # The resource that contains this one, if one does.
    outer: Scope | None = None
    # The entries of the bundle around, by address; the address of each, by identity; and this entry's own.
    entries: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    addresses: dict[int, str] = field(default_factory=dict)
    full_url: str = ""

    @property
    def type(self) -> str:
        """The type that the resource says it has."""
        return str(self.resource.get("resourceType", ""))

    @property
    def root(self) -> Scope:
        """The resource that is not contained."""
        return self.outer or self

    def inside(self, resource: dict[str, Any], path: str) -> Scope:
        """The scope of a resource that is contained here, or that stands beside this one in a bundle."""
        root = self.root
        listed = root.resource.get("contained")
        contained = isinstance(listed, list) and any(each is resource for each in listed)
        if contained or ".contained[" in path[path.rfind(".") :]:
            return Scope(resource, path, root, root.entries, root.addresses, root.full_url)
        return Scope(resource, path, None, root.entries, root.addresses, root.addresses.get(id(resource), ""))


@dataclass(slots=True)
class Run:
    """What has been found so far."""

    scope: Scope
    found: dict[Finding, None] = field(default_factory=dict)
    trying: set[tuple[str, int]] = field(default_factory=set)
    _unchecked: set[str] = field(default_factory=set)

    def error(self, code: Code, path: str, message: str) -> None:
        """Note a fault."""
        self.note(Severity.ERROR, code, path, message)

    def unchecked(self, path: str, message: str) -> None:
        """Note, once for each reason, what was not checked."""
        if message not in self._unchecked:
            self._unchecked.add(message)
            self.note(Severity.INFORMATION, Code.NOT_CHECKED, path, message)

    def note(self, severity: Severity, code: Code, path: str, message: str) -> None:
        """Note a finding; no file is worth more of them than anybody reads."""
        if len(self.found) < _MOST:
            self.found[Finding(severity, code, path, message)] = None
        else:
            said = f"has more than {_MOST} findings; the others are not told"
            self.found[Finding(Severity.ERROR, Code.STRUCTURE, self.scope.root.path, said)] = None

    def fits(self, check: Callable[[], None]) -> bool | None:
        """Whether a check finds no error, noting nothing; None where something it needs was not checked."""
        kept, told = self.found, self._unchecked
        self.found, self._unchecked = {}, set()
        try:
            check()
            tried = self.found
        finally:
            self.found, self._unchecked = kept, told
        if any(each.severity is Severity.ERROR for each in tried):
            return False
        return None if any(each.code is Code.NOT_CHECKED for each in tried) else True

    @contextmanager
    def within(self, scope: Scope) -> Iterator[None]:
        """Look at a resource inside this one."""
        before, self.scope = self.scope, scope
        try:
            yield
        finally:
            self.scope = before
