"""What does the policy look like to somebody who has to sign it?

The matrix and the rules, printed from the policy that is in force. Nothing here decides.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from consent.decide import RULES
from consent.model import Category, Channel
from consent.policy import Policy, Row


@dataclass(frozen=True, slots=True)
class Table:
    """Headed lines of text."""

    heads: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]

    def markdown(self) -> str:
        """Print the table for a page."""
        rule = ("---",) * len(self.heads)
        return "\n".join(f"| {' | '.join(line)} |" for line in (self.heads, rule, *self.lines))


def matrix(policy: Policy) -> Table:
    """List who sees which categories, as what and for what, one line for each row of the policy."""
    heads = ("recipient", "role", "purposes", "relationship", "categories")
    return Table(heads, tuple(_row(row) for row in policy.rows))


def rules(policy: Policy) -> Table:
    """List every rule that withholds, in the order in which they are asked, with its reason and its sentence."""
    ids = ("not-known", *(rule.id for rule in RULES))
    grounds = ((rule, policy.rules[rule]) for rule in ids)
    lines = tuple((rule, ground.because, ground.notice) for rule, ground in grounds)
    return Table(("rule", "withholds because", "the notice says"), lines)


def _row(row: Row) -> tuple[str, ...]:
    inside = " (inside)" if row.inside else ""
    channel = "" if row.channel is Channel.POINT_TO_POINT else f" by {row.channel}"
    own = [f"{category} (its own)" for category in _in_order(row.own)]
    return (
        f"{row.recipient}{inside}",
        ", ".join(row.roles),
        f"{', '.join(row.purposes)}{channel}",
        "needed" if row.needs_relationship else "no",
        ", ".join([*_in_order(row.categories), *own]),
    )


def _in_order(categories: Iterable[Category]) -> list[str]:
    chosen = set(categories)
    return [category.value for category in Category if category in chosen]
