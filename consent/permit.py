"""What does a view see of people of one standing?

`decide`, asked for every category, as the bits of one number: the row that the database joins to select what may
leave. Derived, never edited.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from consent.decide import decide
from consent.model import Asking, Category, Lift, Standing, View, bit
from consent.policy import Policy


@dataclass(frozen=True, slots=True)
class Permit:
    """`mask`: what is seen of anybody's services; `own`: what is seen only of the asker's own services."""

    mask: int
    own: int


def permit(policy: Policy, asking: Asking, standing: Standing) -> Permit:
    """Decide every category for one asking and one standing."""
    row = policy.row(asking.view)
    if row is None:
        return Permit(0, 0)
    return Permit(
        mask=_bits(policy, asking, standing, row.categories),
        own=_bits(policy, asking, standing, row.own - row.categories),
    )


def permits(
    policy: Policy, views: Iterable[View], standings: Iterable[Standing]
) -> Iterable[tuple[View, Standing, bool, Lift, Permit]]:
    """Yield the permit of every view, standing, relationship and lift that shows anything at all."""
    kept = list(standings)
    for view in views:
        for standing in kept:
            for related in (False, True):
                for lift in Lift:
                    made = permit(policy, Asking(view, related, lift), standing)
                    if made.mask or made.own:
                        yield view, standing, related, lift, made


def _bits(policy: Policy, asking: Asking, standing: Standing, categories: Iterable[Category]) -> int:
    bits = 0
    for category in categories:
        for locates in (False, True):
            if decide(policy, asking, standing, category, locates=locates).released:
                bits |= bit(category, locates=locates)
    return bits
