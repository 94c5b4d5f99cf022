"""What does a search ask for?

Reads the parameters of a search strictly: each is known and well formed, or the request ends with one fixed
sentence. Unknown ones are passed over, or refused when the asker wants strict handling.
https://hl7.org/fhir/R4/search.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from adapter.instant import millis, read_instant, shown
from adapter.interactions import ALIASES, TYPES, Kind
from adapter.outcome import RefusedError
from adapter.terms import IDENTIFY_BY_NAME, IDENTIFY_BY_NUMBER, NHS_NUMBER_SYSTEM, normal

_RESULT_PARAMETERS = frozenset({"_count", "_total", "_include", "_revinclude", "_cursor", "_format"})
_DATE = re.compile(r"(eq|ge|gt|le|lt)?(\d{4}(?:-\d{2}(?:-\d{2}(?:T[0-9:.]+(Z|[+-]\d{2}:\d{2})?)?)?)?)")
_WHOLE_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_MOST_VALUES = 50

Parameters = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Criterion:
    """One parameter with the values of which any may match."""

    name: str
    kind: Kind
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Include:
    """A reference to follow: forwards from a match, or backwards to it."""

    type: str
    parameter: str
    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """A search, read."""

    type: str
    criteria: tuple[Criterion, ...]
    count: int
    total: bool = True
    includes: tuple[Include, ...] = ()
    revincludes: tuple[Include, ...] = ()
    after: int = 0


@dataclass(frozen=True, slots=True)
class Identifying:
    """A search that names one person in full, as the term that finds them."""

    name: str
    value: str


def read_query(kind: str, parameters: Parameters, *, count: int, most: int, strict: bool, after: int = 0) -> Query:
    """Read a search of one type; raises RefusedError."""
    known = TYPES[kind].parameters
    query = Query(kind, (), count, after=after)
    for name, value in parameters:
        if name in known:
            name_, as_ = ALIASES.get((kind, name), name), known[name]
            query = replace(query, criteria=(*query.criteria, _criterion(name_, as_, value)))
        elif name in _RESULT_PARAMETERS:
            query = _result(query, name, value, most)
        elif re.split(r"[:.]", name)[0] in known or name.startswith(("_include:", "_revinclude:", "_has:")):
            # A modifier or chain that is not understood changes who is asked about: it is never passed over.
            raise RefusedError("bad-parameter")
        elif strict:
            raise RefusedError("unknown-parameter")
    return query


def identifying(query: Query) -> Identifying | None:
    """The person that a search names in full: number and birth date, or family, given and birth date; no more."""
    said = {criterion.name: criterion for criterion in query.criteria}
    exact = all(len(criterion.values) == 1 for criterion in query.criteria)
    if query.type != "Patient" or not exact or len(said) != len(query.criteria) or query.after:
        return None
    values = {name: criterion.values[0] for name, criterion in said.items()}
    born = values.get("birthdate", "")
    if not _WHOLE_DATE.fullmatch(born):
        return None
    if values.keys() == {"identifier", "birthdate"}:
        system, bar, number = values["identifier"].rpartition("|")
        plain = re.sub(r"[ -]", "", number)
        named = bar and system == NHS_NUMBER_SYSTEM
        return Identifying(IDENTIFY_BY_NUMBER, f"{plain}|{born}") if named else None
    if values.keys() == {"family", "given", "birthdate"}:
        return Identifying(IDENTIFY_BY_NAME, f"{normal(values['family'])}|{normal(values['given'])}|{born}")
    return None


def condition(criterion: Criterion, column: str, mark: str) -> tuple[str, dict[str, Any]]:
    """The SQL of one criterion on a column of term values, and its parameters."""
    parts: list[str] = []
    named: dict[str, Any] = {}
    for place, value in enumerate(criterion.values):
        name = f"{mark}{'abcdefghij'[place // 10]}{'abcdefghij'[place % 10]}"
        if criterion.kind is Kind.DATE:
            part, values = _date_condition(value, column, name)
        elif criterion.kind is Kind.STRING:
            part, values = _prefix(column, name, normal(value))
        else:
            part, values = f"{column} = :{name}", {name: value}
        parts.append(part)
        named |= values
    return f"({' OR '.join(parts)})", named


def _criterion(name: str, kind: Kind, value: str) -> Criterion:
    values = tuple(part for part in value.split(",") if part)
    # PostgreSQL knows no text with a NUL in it.
    if not values or len(values) > _MOST_VALUES or "\0" in value:
        raise RefusedError("bad-parameter")
    if kind is Kind.DATE:
        values = tuple(_date(part) for part in values)
    if kind is Kind.STRING and not all(normal(part) for part in values):
        raise RefusedError("bad-parameter")
    if kind is Kind.REFERENCE:
        values = tuple(_reference(name, part) for part in values)
    if kind is Kind.TOKEN and name == "identifier":
        values = tuple(_number(part) for part in values)
    return Criterion(name, kind, values)


def _date(value: str) -> str:
    read = _DATE.fullmatch(value)
    if read is None:
        raise RefusedError("bad-parameter")
    prefix, said, zone = read[1] or "", read[2], read[3]
    try:
        return prefix + (shown(millis(read_instant(said))) if zone else said)
    except (ValueError, OverflowError):
        raise RefusedError("bad-parameter") from None


def _reference(name: str, value: str) -> str:
    kind, slash, public = value.rpartition("/")
    kind = kind.rpartition("/")[2] if slash else "Patient"
    if not _ID.fullmatch(public) or (not slash and name == "target"):
        raise RefusedError("bad-parameter")
    return f"{kind}/{public}"


def _number(value: str) -> str:
    system, bar, number = value.rpartition("|")
    # NHS numbers are often written in groups.
    return f"{system}{bar}{re.sub(r'[ -]', '', number)}" if system == NHS_NUMBER_SYSTEM else value


def _result(query: Query, name: str, value: str, most: int) -> Query:
    if name == "_count":
        if not value.isascii() or not value.isdigit() or len(value) > 9:
            raise RefusedError("bad-parameter")
        return replace(query, count=min(int(value), most))
    if name == "_total":
        if value not in ("none", "estimate", "accurate"):
            raise RefusedError("bad-parameter")
        return replace(query, total=value != "none")
    if name == "_include":
        return replace(query, includes=(*query.includes, _include(query.type, value, of=query.type)))
    if name == "_revinclude":
        return replace(query, revincludes=(*query.revincludes, _include(query.type, value, of=None)))
    return query


def _include(kind: str, value: str, *, of: str | None) -> Include:
    source, _, rest = value.partition(":")
    parameter, _, target = rest.partition(":")
    targets = TYPES[source].includes.get(parameter, ()) if source in TYPES else ()
    forwards = of is not None
    fits = source == of if forwards else kind in targets
    if not fits or not targets or (target and target not in targets):
        raise RefusedError("bad-parameter")
    return Include(source, ALIASES.get((source, parameter), parameter), (target,) if target else targets)


def _date_condition(value: str, column: str, name: str) -> tuple[str, dict[str, Any]]:
    read = _DATE.fullmatch(value)
    prefix, said = (read[1] or "eq", read[2]) if read else ("eq", value)
    # A date and time, or a part of a date, covers everything that begins with it.
    end = f"{said}\U0010ffff"
    if prefix == "eq":
        return _prefix(column, name, said)
    comparison = {"ge": (">=", said), "gt": (">=", end), "le": ("<", end), "lt": ("<", said)}
    operator, bound = comparison[prefix]
    # Somebody born in a month or year of which no more is known may be born after any day of it.
    whole = {"p": 4, "q": 7} if prefix in ("ge", "gt") else {}
    within = {name + mark: said[:length] for mark, length in whole.items() if len(said) > length}
    tests = [f"{column} {operator} :{name}", *(f"{column} = :{part}" for part in within)]
    return f"({' OR '.join(tests)})", {name: bound} | within


def _prefix(column: str, name: str, start: str) -> tuple[str, dict[str, Any]]:
    parameters = {name: start, f"{name}z": f"{start}\U0010ffff"}
    return f"({column} >= :{name} AND {column} < :{name}z)", parameters
