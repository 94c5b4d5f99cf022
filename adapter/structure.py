"""Is it surely FHIR, without asking a model?

A fhir.resources model takes a resource apart and builds it anew, which is most of the time of a load. This module
compiles each model once into plain tests of names, shapes and lexical forms. It says yes only where the model would;
whatever it is not sure of (a rare type, an odd date, a null) is the model's to decide.
https://hl7.org/fhir/R4/json.html
"""

from __future__ import annotations

import re
import typing
from collections.abc import Callable, Mapping
from datetime import date
from functools import cache, lru_cache
from typing import Any

from fhir_core.fhirabstractmodel import FHIRAbstractModel

Test = Callable[[Any], bool]
Model = type[FHIRAbstractModel]

_ZONED = re.compile(r"([12]\d{3}-\d{2}-\d{2})T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?(Z|[+-](0\d|1[0-3]):[0-5]\d)")
_PARTIAL = re.compile(r"[12]\d{3}(-(0[1-9]|1[0-2]))?")
_PATTERNS = {
    "Code": re.compile(r"[!-~]+( [!-~]+)*"),
    "Id": re.compile(r"[A-Za-z0-9\-.]{1,64}"),
    "Uri": re.compile(r"[!-~]+"),
    "Canonical": re.compile(r"[!-~]+"),
    "Url": re.compile(r"https?://[a-z0-9]+(\.[a-z0-9]+)*/[A-Za-z0-9/._\-]*"),
}
_LARGEST = 2**31 - 1


def surely_well_formed(model: Model, resource: Mapping[str, Any]) -> bool:
    """Whether the model would certainly take the resource; no says nothing."""
    return _compiled(model)(resource)


@cache
def _compiled(model: Model) -> Test:
    tests: dict[str, Test] = {}
    required: set[str] = set()
    choices: dict[str, str] = {}
    needed: set[str] = set()
    for name, field in model.model_fields.items():
        key = field.alias or name
        tests[key] = _of(field.annotation)
        extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
        if field.is_required() or extra.get("element_required"):
            required.add(key)
        if "one_of_many" in extra:
            choices[key] = str(extra["one_of_many"])
            if extra.get("one_of_many_required"):
                needed.add(choices[key])
    tests["resourceType"] = model.get_resource_type().__eq__
    return _whole(tests, frozenset(required), choices, frozenset(needed))


def _whole(
    tests: Mapping[str, Test], required: frozenset[str], choices: Mapping[str, str], needed: frozenset[str]
) -> Test:
    def test(value: Any) -> bool:
        if type(value) is not dict or not required <= value.keys():
            return False
        for name, inner in value.items():
            holds = tests.get(name)
            if holds is None or not holds(inner):
                return False
        if not choices:
            return True
        chosen = [choices[name] for name in value if name in choices]
        return len(chosen) == len(set(chosen)) and needed.issubset(chosen)

    return test


def _of(annotation: Any) -> Test:
    """The test of what one element holds."""
    kinds = [kind for kind in typing.get_args(annotation) if kind is not type(None)]
    origin = typing.get_origin(annotation)
    if origin is list:
        return _each(_of(kinds[0]))
    if origin is typing.Annotated:
        return _primitive(type(annotation.__metadata__[0]).__name__)
    if kinds:
        return _of(kinds[0]) if len(kinds) == 1 else _unsure
    if annotation is bool:
        return _boolean
    return _complex(annotation) if hasattr(annotation, "get_model_klass") else _unsure


def _each(test: Test) -> Test:
    return lambda value: type(value) is list and value != [] and all(map(test, value))


def _complex(kind: Any) -> Test:
    made: list[Test] = []

    def test(value: Any) -> bool:
        # Compiled when it is first met: an extension may hold extensions.
        if not made:
            model = kind.get_model_klass()
            made.append(_unsure if model.__name__ in ("Resource", "Element") else _compiled(model))
        return made[0](value)

    return test


def _primitive(kind: str) -> Test:
    if kind in _PATTERNS:
        matches = _PATTERNS[kind].fullmatch
        return lambda value: type(value) is str and matches(value) is not None
    return _PRIMITIVES.get(kind, _unsure)


def _unsure(_value: Any) -> bool:
    return False


def _boolean(value: Any) -> bool:
    return value is True or value is False


def _text(value: Any) -> bool:
    return type(value) is str and value.isprintable() and value.strip() != ""


def _positive(value: Any) -> bool:
    return type(value) is int and 0 < value <= _LARGEST


@lru_cache(maxsize=50_000)
def _day(value: str) -> bool:
    try:
        return len(value) == len("yyyy-mm-dd") and value[0] in "12" and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _date(value: Any) -> bool:
    return type(value) is str and (_day(value) or _PARTIAL.fullmatch(value) is not None)


def _instant(value: Any) -> bool:
    if type(value) is not str:
        return False
    read = _ZONED.fullmatch(value)
    return read is not None and _day(read[1])


_PRIMITIVES: Mapping[str, Test] = {
    "String": _text,
    "Markdown": _text,
    "Date": _date,
    "DateTime": lambda value: _date(value) or _instant(value),
    "Instant": _instant,
    "PositiveInt": _positive,
    "UnsignedInt": _positive,
    "Integer": _positive,
}
