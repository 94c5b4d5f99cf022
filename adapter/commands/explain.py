"""Why would this client see this of that person, or not?"""

from __future__ import annotations

from dataclasses import fields
from typing import Annotated, Any

import typer

from adapter import explanation
from adapter.commands import screen
from adapter.commands.opened import opened
from adapter.commands.words import one_of, when
from adapter.explanation import Explained, Explanation, Remedy, spoken
from adapter.instant import NEVER
from consent.model import Category


def explain(
    council: Annotated[str, typer.Option(help="Code of the council.")],
    person: Annotated[str, typer.Option(help="The council's own id for the person.")],
    client: Annotated[str, typer.Option(help="Id of the client that asks.")],
    purpose: Annotated[str, typer.Option(help="Purpose of use, such as TREAT.")],
    role: Annotated[str, typer.Option(help="SDS job role code of who asks there, such as R8000.")] = "",
    category: Annotated[str, typer.Option(help="One category; all, when nothing is said.")] = "",
    json: screen.Json = False,
) -> None:
    """Explain what a client is shown of a person and what is withheld, and why."""
    wanted = tuple(Category)
    if category:
        wanted = (Category(one_of("--category", category, [known.value for known in Category])),)
    with opened() as deployment:
        found = explanation.explain(deployment, council, person, client, purpose, role=role, categories=wanted)
    if json:
        screen.document(_document(found))
    else:
        _show(found)


def _show(found: Explanation) -> None:
    asking = found.asking.view
    screen.line(f"a {asking.recipient} {asking.role} asks for {asking.purpose}, by {asking.channel}")
    screen.table(("fact", "value"), _facts(found).items())
    for explained in found:
        screen.line("")
        screen.line(f"{_name(explained)}: {_verdict(explained)}")
        for ground in explained.rules:
            screen.line(f"  {ground.rule}: {ground.because}")
            screen.line(f"    the notice: “{ground.notice}”")
        if not explained.released:
            screen.line(f"  what would release it: {_remedy(explained)}")


def _facts(found: Explanation) -> dict[str, str]:
    told = {RELATIONSHIP: _relationship(found)}
    if found.standing is None:
        return told | {"standing": "none is up to date; the server or the next load works it out"}
    return told | {fact.name: spoken(getattr(found.standing, fact.name)) for fact in fields(found.standing)}


RELATIONSHIP = explanation.RELATIONSHIP


def _relationship(found: Explanation) -> str:
    told = [
        f"{r.kind} of {r.organisation}" + ("" if r.ends >= NEVER else f" until {when(r.ends)}")
        for r in found.relationships
    ]
    return ", ".join(told) or ("the person's own council" if found.asking.related else "none on file")


def _name(explained: Explained) -> str:
    return explained.category + (", what tells where the person is" if explained.locates else "")


def _verdict(explained: Explained) -> str:
    if not explained.released:
        return "withheld"
    return "released, of its own services only" if explained.own else "released"


def _remedy(explained: Explained) -> str:
    if explained.remedy is Remedy.ONE:
        return ", or ".join(f"{change.fact} being {change.value}" for change in explained.changes)
    if explained.remedy is Remedy.SEVERAL:
        return "more than one thing"
    return "no fact about the person: it is not in what this asker may see"


def _document(found: Explanation) -> dict[str, Any]:
    return {
        "asking": {"view": found.asking.view, "related": found.asking.related},
        "facts": _facts(found),
        "categories": [
            {
                "category": explained.category,
                "locates": explained.locates,
                "released": explained.released,
                "own_services_only": explained.own,
                "rules": list(explained.rules),
                "changes": list(explained.changes),
                "remedy": explained.remedy,
            }
            for explained in found
        ],
    }
