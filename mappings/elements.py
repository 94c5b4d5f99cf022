"""Where in a FHIR resource does a value go?

    birthDate                    one element
    period.start                 an element within another
    name[]                       one more entry of an array
    participant[].role[].text    an element within an entry

An array in the middle of a path (`participant[]`) has one entry for each source node:
all rows of one list that take their value from the same node fill the same entry.
Nothing is written for a missing value, so that no body holds an empty text, array or object.

JSON form: https://hl7.org/fhir/R4/json.html
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

from mappings.record import Node

Body = dict[str, Any]
# The entries of one filling of one list of rows, by where they are and which node they stand for.
Entries = dict[tuple[str, int], Body]
Put = Callable[[Body, Entries, Node, Any], bool]

_PART = re.compile(r"_?[a-z][A-Za-z0-9]*(?:\[\])?")


class ElementError(ValueError):
    """A target that is not of the language."""


def top(element: str) -> str:
    """The element of the resource or shape that the path begins with."""
    return element.partition(".")[0].removesuffix("[]")


def many(element: str) -> bool:
    return element.partition(".")[0].endswith("[]")


def writer(element: str) -> Put:
    """A function that puts a value into a body; it says no when the one place was taken by another value."""
    parts = element.split(".")
    if not all(_PART.fullmatch(part) for part in parts):
        raise ElementError(f"`{element}` is no element; expected like `name[]` or `period.start`")
    last = parts[-1].removesuffix("[]")
    put = _append(last) if parts[-1].endswith("[]") else _set(last)
    for number in range(len(parts) - 2, -1, -1):
        put = _within(parts[number], ".".join(parts[: number + 1]), put)
    return put


def _append(key: str) -> Put:
    def put(body: Body, entries: Entries, node: Node, value: Any) -> bool:
        held = body.setdefault(key, [])
        if isinstance(value, list):
            held.extend(value)
        else:
            held.append(value)
        return True

    return put


def _set(key: str) -> Put:
    def put(body: Body, entries: Entries, node: Node, value: Any) -> bool:
        return bool(body.setdefault(key, value) == value)

    return put


def _within(part: str, where: str, inner: Put) -> Put:
    key = part.removesuffix("[]")

    def put_in_one(body: Body, entries: Entries, node: Node, value: Any) -> bool:
        return inner(body.setdefault(key, {}), entries, node, value)

    def put_in_entry(body: Body, entries: Entries, node: Node, value: Any) -> bool:
        place = (where, id(node))
        entry = entries.get(place)
        if entry is None:
            entry = entries[place] = {}
            body.setdefault(key, []).append(entry)
        return inner(entry, entries, node, value)

    return put_in_entry if part.endswith("[]") else put_in_one


def references(value: Any) -> Iterator[str]:
    """Every reference that a body holds."""
    if isinstance(value, dict):
        for key, held in value.items():
            if key == "reference" and isinstance(held, str):
                yield held
            else:
                yield from references(held)
    elif isinstance(value, list):
        for held in value:
            yield from references(held)


def without(value: Any, lost: frozenset[str]) -> Any:
    """The value without the lost references and what they leave empty: None when nothing is left."""
    if isinstance(value, dict):
        if value.get("reference") in lost:
            return None
        kept = {key: left for key, held in value.items() if (left := without(held, lost)) is not None}
        return kept or None
    if isinstance(value, list):
        entries = [left for held in value if (left := without(held, lost)) is not None]
        return entries or None
    return value
