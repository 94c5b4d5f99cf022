"""Which interactions does a scope allow?

SMART scopes of system clients, version 2 (`system/Patient.rs`) and version 1 (`system/Patient.read`). What is not
understood allows nothing. https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html
"""

from __future__ import annotations

import re
from functools import lru_cache

_SCOPE = re.compile(r"system/(\*|[A-Z][A-Za-z]*)\.(c?r?u?d?s?|read|write|\*)")
_VERSION_1 = {"read": "rs", "write": "cud", "*": "cruds"}


def allows(scopes: frozenset[str], kind: str, letter: str) -> bool:
    """Whether the scopes allow an interaction (a letter of `cruds`) on a resource type."""
    return letter in _letters(scopes, kind)


def pushes(scopes: frozenset[str]) -> bool:
    """Whether the scopes allow a push, which may make, change or end anything that is kept: `system/*.cud`."""
    return _letters(scopes, "*") >= frozenset("cud")


def granted(asked: str, registered: frozenset[str]) -> list[str]:
    """The scopes of those asked for that a registration covers, each narrowed to what is covered."""
    given = []
    for scope in asked.split():
        read = _SCOPE.fullmatch(scope)
        if read is None:
            continue
        letters = _VERSION_1.get(read[2], read[2])
        covered = _letters(registered, read[1])
        if letters and set(letters) <= covered:
            given.append(scope)
        elif narrowed := "".join(letter for letter in letters if letter in covered):
            given.append(f"system/{read[1]}.{narrowed}")
    return given


@lru_cache(maxsize=4096)
def _letters(scopes: frozenset[str], kind: str) -> frozenset[str]:
    found: set[str] = set()
    for scope in scopes:
        read = _SCOPE.fullmatch(scope)
        if read is not None and read[1] in ("*", kind):
            found |= set(_VERSION_1.get(read[2], read[2]))
    return frozenset(found)
