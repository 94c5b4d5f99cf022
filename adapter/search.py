"""How is a search run?

On the visible world alone: matches, total, pages and includes are all selections from it, so none of them can tell
of what it does not hold. https://hl7.org/fhir/R4/search.html
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

from adapter.body import Bodies, Body, padded
from adapter.database import Ask, Select
from adapter.query import Include, Query, condition

Steps = Generator[Ask | Select, list[tuple[Any, ...]], Any]


@dataclass(frozen=True, slots=True)
class Found:
    """One page of a search: matches, what was included, the total (None: not asked), where the next page starts."""

    matches: list[Body]
    included: list[Body]
    total: int | None
    next_after: int | None


def search(query: Query, bodies: Bodies) -> Generator[Ask | Select, list[tuple[Any, ...]], Found]:
    """The steps of one search."""
    where, parameters = _where(query)
    total = None
    if query.total or query.count == 0:
        counted = yield Select(f"SELECT COUNT(DISTINCT t.resource) FROM visible_term t WHERE {where}", parameters)
        total = counted[0][0]
    if query.count == 0:
        return Found([], [], total, None)
    page = yield Select(
        f"SELECT DISTINCT t.resource FROM visible_term t WHERE {where} AND t.resource > :after"
        " ORDER BY t.resource LIMIT :most",
        parameters | {"after": query.after, "most": query.count + 1},
    )
    resources = [row[0] for row in page[: query.count]]
    matches: list[Body] = (yield from bodies.some("resource", resources)) if resources else []
    included = (yield from _included(query, matches, bodies)) if matches else []
    more = len(page) > query.count
    return Found(matches, included, total, resources[-1] if more else None)


def _where(query: Query) -> tuple[str, dict[str, Any]]:
    criteria = sorted(query.criteria, key=lambda criterion: _BREADTH.get(criterion.name, 2))
    parameters: dict[str, Any] = {"type": query.type}
    parts = ["t.type = :type"]
    for place, criterion in enumerate(criteria):
        mark = f"w{'abcdefghijklmnopqrstuvwxyz'[place % 26] * (1 + place // 26)}"
        alias = "t" if place == 0 else f"t_{mark}"
        text, values = condition(criterion, f"{alias}.value", mark)
        parameters |= values | {f"{mark}n": criterion.name}
        test = f"{alias}.name = :{mark}n AND {text}"
        parts.append(
            test
            if place == 0
            else f"t.resource IN (SELECT {alias}.resource FROM visible_term {alias}"
            f" WHERE {alias}.type = :type AND {test})"
        )
    if not criteria:
        parts.append("t.name = '_id'")
    return " AND ".join(parts), parameters


# Which criterion drives the search: the one that finds fewest.
_BREADTH = {"_id": 0, "identifier": 0, "target": 0, "patient": 0, "family": 1, "name": 1, "birthdate": 1}


def _included(query: Query, matches: list[Body], bodies: Bodies) -> Steps:
    seen = {body.resource for body in matches}
    included: list[Body] = []
    for include in query.includes:
        included += _new((yield from _forwards(include, matches, bodies)), seen)
    for include in query.revincludes:
        included += _new((yield from _backwards(include, matches, bodies)), seen)
    return included


def _forwards(include: Include, matches: list[Body], bodies: Bodies) -> Steps:
    names = padded([body.resource for body in matches])
    targets = yield Select(
        "SELECT DISTINCT t.value FROM visible_term t WHERE t.type = :type AND t.name = :name"
        f" AND t.resource IN ({', '.join(f':{name}' for name in names)})",
        {"type": include.type, "name": include.parameter, **names},
    )
    publics = [value.partition("/")[2] for (value,) in sorted(targets) if value.partition("/")[0] in include.targets]
    return (yield from bodies.some("public", publics)) if publics else []


def _backwards(include: Include, matches: list[Body], bodies: Bodies) -> Steps:
    names = padded([body.reference for body in matches])
    sources = yield Select(
        "SELECT DISTINCT t.resource FROM visible_term t WHERE t.type = :type AND t.name = :name"
        f" AND t.value IN ({', '.join(f':{name}' for name in names)}) ORDER BY t.resource",
        {"type": include.type, "name": include.parameter, **names},
    )
    resources = [row[0] for row in sources]
    return (yield from bodies.some("resource", resources)) if resources else []


def _new(bodies: list[Body], seen: set[int]) -> list[Body]:
    fresh = [body for body in bodies if body.resource not in seen]
    seen |= {body.resource for body in fresh}
    return fresh
