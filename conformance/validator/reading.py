"""What does a file say, before it is FHIR?

JSON as JSON has it: UTF-8, no name twice in an object, no number that is none, nothing nested past all sense. What is
wrong is a finding with its line.
https://www.rfc-editor.org/rfc/rfc8259
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any, NoReturn

from conformance.validator.finding import Code, Finding, Severity
from conformance.validator.run import DEEPEST

LARGEST = 64 * 2**20


class UnreadableError(ValueError):
    """What cannot be read as JSON; the message says why."""


def read(content: bytes) -> tuple[Any, list[Finding]]:
    """The value of a JSON text, with what is wrong with it; raises UnreadableError where it has none."""
    if len(content) > LARGEST:
        raise UnreadableError(f"is larger than {LARGEST} bytes")
    twice: set[str] = set()

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) != len(pairs):
            twice.update(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
        return made

    try:
        value = json.loads(content.decode("utf-8-sig"), object_pairs_hook=members, parse_constant=_refuse)
    except UnicodeDecodeError as fault:
        raise UnreadableError("is not UTF-8") from fault
    except json.JSONDecodeError as fault:
        raise UnreadableError(f"is not JSON: line {fault.lineno}, column {fault.colno}") from fault
    except (ValueError, RecursionError) as fault:
        raise UnreadableError("holds a number that is none, or is nested too deep") from fault
    return value, [_twice(name) for name in sorted(twice)]


def too_deep(value: Any) -> bool:
    """Whether something is nested deeper than FHIR ever is."""
    level = [value]
    for _ in range(DEEPEST):
        inside: list[Any] = []
        for each in level:
            if isinstance(each, dict):
                inside += [inner for inner in each.values() if isinstance(inner, dict | list)]
            elif isinstance(each, list):
                inside += [inner for inner in each if isinstance(inner, dict | list)]
        if not inside:
            return False
        level = inside
    return True


def _twice(name: str) -> Finding:
    shown = name if name.isidentifier() and name.isascii() and len(name) < 64 else "?"
    return Finding(Severity.ERROR, Code.DUPLICATE, "", f"the name {shown} stands more than once in one object")


def _refuse(_text: str) -> NoReturn:
    raise ValueError
