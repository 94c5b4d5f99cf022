"""What does a mapping write whatever the record says?

A constant may name the context in braces: `{canonical}/CodeSystem/episode-type`.
Each body gets a copy of its own, so that who gets it may change it.

The language is ours; mappings/README.md has it on one page.
"""

from collections.abc import Callable
from typing import Any

from mappings.declared import Section
from mappings.run import EXPANDED, Context

Fresh = Callable[[Context], Any]


def constant(row: Section, value: Any) -> Fresh:
    if value in ("", [], {}):
        row.fail("an empty constant")
    if isinstance(value, dict):
        entries = [(key, constant(row, held)) for key, held in value.items()]
        return lambda context: {key: fresh(context) for key, fresh in entries}
    if isinstance(value, list):
        held = [constant(row, entry) for entry in value]
        return lambda context: [fresh(context) for fresh in held]
    if isinstance(value, str) and "{" in value:
        _check(row, value)
        return lambda context: context.expand(value)
    return lambda context: value


def _check(row: Section, value: str) -> None:
    left = value
    for name in EXPANDED:
        left = left.replace(f"{{{name}}}", "")
    if "{" in left:
        row.fail(f"a constant may name {', '.join(sorted(EXPANDED))} in braces; nothing else")
