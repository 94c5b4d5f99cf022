"""Does a coded element hold to its value set?

A required binding that is broken is an error, an extensible one a warning: nobody but a clinician can say whether the
value set had a code for it. Where the value set or its code system is not at hand, that is said.
https://hl7.org/fhir/R4/terminologies.html#strength
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from conformance.validator.definitions import Definitions
from conformance.validator.element import Element
from conformance.validator.finding import Code, Severity
from conformance.validator.run import Run
from conformance.validator.valuesets import Member, ValueSets

if TYPE_CHECKING:
    from conformance.validator.walker import Check

_REQUIRED = "required"
_TEXT = frozenset({"code", "string", "uri", "url", "canonical"})
# How the code is found in each type: the codings of the value.
_CODED = frozenset({*_TEXT, "Coding", "CodeableConcept", "Quantity"})


class Bindings:
    """Holds coded elements to the value sets at hand."""

    def __init__(self, definitions: Definitions) -> None:
        self._value_sets = ValueSets(definitions)

    def member(self, canonical: str) -> Callable[[Any], bool | None]:
        """Whether a value of any coded type has a code of a value set."""
        holds = self._value_sets.member(canonical)
        return lambda value: _member(_codings(value), holds)

    def check(self, element: Element, kind: str) -> Check | None:
        """Compile the check of one element, where it has a binding that must be held to."""
        binding = element.binding
        if binding is None or kind not in _CODED or binding.strength not in (_REQUIRED, "extensible"):
            return None
        url, required = binding.value_set, binding.strength == _REQUIRED
        holds = self._value_sets.member(url)
        severity = Severity.ERROR if required else Severity.WARNING
        said = f"has no code of the {binding.strength} value set {url}"

        def check(value: Any, _extra: Any, path: str, run: Run) -> None:
            codings = _codings(value)
            if not codings and not (required and isinstance(value, dict) and value):
                return
            answer = _member(codings, holds)
            if answer is False:
                run.note(severity, Code.CODE_INVALID, path, said)
            elif answer is None:
                run.unchecked(path, f"codes of {url}: it, or a code system that it takes from, is not at hand")

        return check


def _member(codings: list[tuple[str | None, str]], holds: Member) -> bool | None:
    answers = [holds(system, code) for system, code in codings]
    return True if True in answers else None if None in answers else False


def _codings(value: Any) -> list[tuple[str | None, str]]:
    """System and code of each coding; a system of `` where a Coding names none."""
    if isinstance(value, str):
        return [(None, value)]
    if not isinstance(value, dict):
        return []
    listed = value["coding"] if isinstance(value.get("coding"), list) else [value]
    found: list[tuple[str | None, str]] = []
    for each in listed:
        if isinstance(each, dict) and isinstance(each.get("code"), str):
            system = each.get("system")
            found.append((system if isinstance(system, str) else "", each["code"]))
    return found
