"""Which codes does a value set hold?

Composed from what is at hand: listed codes, whole code systems, value sets within value sets, and the filters that
follow a hierarchy. Each question has three answers: yes, no, and that it cannot be told because something is not at
hand.
https://hl7.org/fhir/R4/valueset.html#compositions
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from conformance.validator.definitions import Definitions
from conformance.validator.element import BAD_SHAPES

# Whether a code (of a system, if one is known) is a member; None where it cannot be told.
Member = Callable[[str | None, str], bool | None]
# Code systems that are a syntax: a code is one if it is written as one.
_SYNTAX = {
    "urn:ietf:bcp:47": re.compile(
        r"[A-Za-z]{2,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|\d{3}))?(-[A-Za-z0-9]{4,8})*(-[A-Za-z]-\S+)?"
    ),
    # A CapabilityStatement may name the formats of FHIR by one word.
    "urn:ietf:bcp:13": re.compile(r"xml|json|ttl|[\w!#$&^.+*-]+/[\w!#$&^.+*-]+(\s*;.*)?", re.ASCII),
}


class ValueSets:
    """The value sets and code systems of some definitions."""

    def __init__(self, definitions: Definitions) -> None:
        self._definitions = definitions
        self._members: dict[str, Member] = {}
        self._systems: dict[str, dict[str, frozenset[str]] | None] = {}

    def member(self, canonical: str) -> Member:
        """The membership of a value set; one that never knows where it is not at hand."""
        if canonical not in self._members:
            # Whoever includes itself is asked about while it is made: it does not know then.
            self._members[canonical] = _unknown
            self._members[canonical] = self._made(canonical)
        return self._members[canonical]

    def _made(self, canonical: str) -> Member:
        found = self._definitions.find("ValueSet", canonical)
        if found is None:
            return _unknown
        try:
            return self._composed(found)
        except BAD_SHAPES:
            return _unknown

    def _composed(self, found: dict[str, Any]) -> Member:
        compose = found.get("compose", {})
        included = [self._part(each) for each in compose.get("include", [])]
        excluded = [self._part(each) for each in compose.get("exclude", [])]
        if not included:
            return self._expanded(found)

        def member(system: str | None, code: str) -> bool | None:
            inside = _any(each(system, code) for each in included)
            outside = _any(each(system, code) for each in excluded)
            if inside is False or outside is True:
                return False
            return None if inside is None or outside is None else True

        return member

    def _expanded(self, found: dict[str, Any]) -> Member:
        """A value set that comes as its expansion alone."""
        if "expansion" not in found or "total" not in found["expansion"]:
            return _unknown
        listed = {(each.get("system"), each.get("code")) for each in _flat(found["expansion"].get("contains", []))}
        codes = {code for _, code in listed}
        if found["expansion"]["total"] != len(listed):
            return lambda system, code: True if (system, code) in listed else None
        return lambda system, code: (code in codes) if system is None else (system, code) in listed

    def _part(self, part: dict[str, Any]) -> Member:
        """One include or exclude: all that it says must hold."""
        made = [self.member(each) for each in part.get("valueSet", [])]
        if "system" in part:
            made.append(self._of_system(part))
        if not made:
            raise ValueError("an include says nothing")

        def member(system: str | None, code: str) -> bool | None:
            answers = [each(system, code) for each in made]
            return False if False in answers else None if None in answers else True

        return member

    def _of_system(self, part: dict[str, Any]) -> Member:
        name = part["system"]
        holds = self._codes(part, name)

        def member(system: str | None, code: str) -> bool | None:
            # A code element says no system: any of the value set's will do.
            return False if system is not None and system != name else holds(code)

        return member

    def _codes(self, part: dict[str, Any], name: str) -> Callable[[str], bool | None]:
        if "concept" in part:
            listed = frozenset(each["code"] for each in part["concept"])
            return lambda code: code in listed
        if name in _SYNTAX and not part.get("filter"):
            fits = _SYNTAX[name].fullmatch
            return lambda code: fits(code) is not None
        known = self._system(name)
        if known is None:
            return lambda _code: None
        filters = [_filter(known, each) for each in part.get("filter", [])]

        def holds(code: str) -> bool | None:
            if code not in known:
                return False
            answers = [each(code) for each in filters]
            return False if False in answers else None if None in answers else True

        return holds

    def _system(self, name: str) -> dict[str, frozenset[str]] | None:
        """The codes of a system with the ancestors of each; None where not all of them are at hand."""
        if name not in self._systems:
            found = self._definitions.find("CodeSystem", name)
            whole = found is not None and found.get("content") == "complete"
            self._systems[name] = _ancestry(found.get("concept", [])) if found and whole else None
        return self._systems[name]


def _unknown(_system: str | None, _code: str) -> bool | None:
    return None


def _any(answers: Iterator[bool | None]) -> bool | None:
    told = list(answers)
    return True if True in told else None if None in told else False


def _flat(contains: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for each in contains:
        if not each.get("abstract"):
            yield each
        yield from _flat(each.get("contains", []))


def _ancestry(concepts: list[dict[str, Any]]) -> dict[str, frozenset[str]]:
    parents: dict[str, set[str]] = {}
    _gather(concepts, (), parents)

    def above(code: str) -> frozenset[str]:
        found: set[str] = set()
        waiting = list(parents[code])
        while waiting:
            each = waiting.pop()
            if each not in found:
                found.add(each)
                waiting += parents.get(each, ())
        return frozenset(found)

    return {code: above(code) for code in parents}


def _gather(concepts: list[dict[str, Any]], within: tuple[str, ...], parents: dict[str, set[str]]) -> None:
    for each in concepts:
        stated = [pair.get("valueCode") for pair in each.get("property", []) if pair.get("code") in _PARENT]
        parents.setdefault(each["code"], set()).update([*within[-1:], *(code for code in stated if code)])
        _gather(each.get("concept", []), (*within, each["code"]), parents)


_PARENT = frozenset({"subsumedBy", "parent"})


def _filter(known: dict[str, frozenset[str]], stated: dict[str, Any]) -> Callable[[str], bool | None]:
    """A filter along the hierarchy; any other is not known here."""
    top = stated.get("value", "")
    if stated.get("property") not in ("concept", "code"):
        return lambda _code: None
    made: dict[str, Callable[[str], bool | None]] = {
        "is-a": lambda code: code == top or top in known[code],
        "descendent-of": lambda code: top in known[code],
        "is-not-a": lambda code: code != top and top not in known[code],
        "in": lambda code: code in [each.strip() for each in str(top).split(",")],
        "not-in": lambda code: code not in [each.strip() for each in str(top).split(",")],
    }
    return made.get(str(stated.get("op")), lambda _code: None)
