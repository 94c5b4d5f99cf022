"""Is this a value of that primitive type?

First the JSON kind (a number is no string), then the lexical form of the specification, then what no expression can
say: the calendar, and how large a number is. A message names the type and never the value, which may be a person's.
https://hl7.org/fhir/R4/datatypes.html#primitive
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from math import isfinite
from typing import Any

_DAY = (
    r"(?P<year>[1-9]\d{3}|0\d{2}[1-9]|0\d[1-9]0|0[1-9]00)(-(?P<month>0[1-9]|1[0-2])(-(?P<day>0[1-9]|[12]\d|3[01]))?)?"
)
_CLOCK = r"([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?"
_ZONE = r"(Z|[+-]((0\d|1[0-3]):[0-5]\d|14:00))"
_FORMS = {
    "base64Binary": r"(?:[0-9a-zA-Z+/]{4})*(?:[0-9a-zA-Z+/]{2}==|[0-9a-zA-Z+/]{3}=)?",
    "canonical": r"\S+",
    "code": r"[^\s]+( [^\s]+)*",
    "date": _DAY,
    "dateTime": rf"{_DAY}(?(day)(T{_CLOCK}{_ZONE})?)",
    "id": r"[A-Za-z0-9\-.]{1,64}",
    "instant": rf"{_DAY}(?(day)|(?!))T{_CLOCK}{_ZONE}",
    "markdown": r"[\s\S]*\S[\s\S]*",
    "oid": r"urn:oid:[0-2](\.(0|[1-9][0-9]*))+",
    "string": r"[\s\S]*\S[\s\S]*",
    "time": _CLOCK,
    "uri": r"\S+",
    "url": r"\S+",
    "uuid": r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    "xhtml": r"[\s\S]+",
}
_LONGEST = 2**20
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")
_INTEGERS = {"integer": -(2**31), "unsignedInt": 0, "positiveInt": 1}
_DATES = frozenset({"date", "dateTime", "instant"})
_ALIASES = {"System.string": "string", "System.id": "id"}
NAMES = frozenset({*_FORMS, *_INTEGERS, *_ALIASES, "boolean", "decimal"})

# Gives what is wrong with a value, or nothing.
Primitive = Callable[[Any], str]


def primitive(name: str) -> Primitive:
    """The check for one primitive type."""
    name = _ALIASES.get(name, name)
    if name == "boolean":
        return lambda value: "" if isinstance(value, bool) else "is no JSON boolean"
    if name == "decimal":
        return lambda value: "" if _number(value) else "is no JSON number"
    if name in _INTEGERS:
        return _integer(name)
    return _text(name)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def _integer(name: str) -> Primitive:
    least = _INTEGERS[name]

    def check(value: Any) -> str:
        if not isinstance(value, int) or isinstance(value, bool):
            return "is no whole JSON number"
        return "" if least <= value < 2**31 else f"is outside what {name} holds"

    return check


def _text(name: str) -> Primitive:
    fits = re.compile(_FORMS[name]).fullmatch
    plain = name in ("string", "markdown")

    def check(value: Any) -> str:
        if not isinstance(value, str):
            return "is no JSON string"
        if not value:
            return "is empty"
        if len(value) > _LONGEST and name != "base64Binary":
            return "is longer than 1 MB"
        if _CONTROL.search(value):
            return "holds a control character"
        # Whether there is anything but white space is asked of long texts at once, not letter by letter.
        found = value.strip() if plain else fits("".join(value.split()) if name == "base64Binary" else value)
        if not found:
            return f"is not written as {name}"
        return _calendar(found) if name in _DATES else ""

    return check


def _calendar(found: Any) -> str:
    if found["day"]:
        try:
            date(int(found["year"]), int(found["month"]), int(found["day"]))
        except ValueError:
            return "is no day of the calendar"
    return ""
