"""What is there to decide?

The finite space of the decision: every asking, every standing, every category. Its product is too large to walk
standing by standing, and does not need it: a question is asked of a standing of which nothing is settled yet, and
where it reads a fact it is asked again for each value of that fact. So every standing is answered for, and those
that no answer can tell apart are answered for together. `standings_in` counts them; the tests check that none is
left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from math import prod
from typing import Any, TypeVar

from hypothesis import strategies as st

from consent.decide import Case, Rule
from consent.model import (
    Asking,
    Category,
    Channel,
    Deceased,
    Lift,
    OptOut,
    Retention,
    Sensitive,
    Standing,
    View,
)
from consent.policy import Policy
from tests.consent.builders import POLICY

Answer = TypeVar("Answer")
Facts = dict[str, Any]
Question = Callable[[Any], bool]

# Every value of every fact, from what releases most to what withholds most.
VALUES: dict[str, tuple[Any, ...]] = {
    "live": (True, False),
    "nhs_number_use": (OptOut.CLEAR, OptOut.UNKNOWN, OptOut.OBJECTS),
    "shared_record": (OptOut.CLEAR, OptOut.UNKNOWN, OptOut.OBJECTS),
    "national_data_opt_out": (OptOut.CLEAR, OptOut.UNKNOWN, OptOut.OBJECTS),
    "restricted": (False, True),
    "locked": (False, True),
    "pds_sensitive": (Sensitive.NO, Sensitive.UNASKED, Sensitive.PENDING, Sensitive.YES),
    "do_not_disclose": (False, True),
    "sealed": (False, True),
    "erased": (False, True),
    "retention": (Retention.WITHIN, Retention.HELD, Retention.EXPIRED),
    "deceased": (Deceased.NO, Deceased.RECENT, Deceased.PAST),
}

ALL_STANDINGS = prod(len(values) for values in VALUES.values())

# Askings of which the policy does not speak, one for each way of not being spoken of.
STRAYS = (
    View("community-pharmacy", "clinician", "TREAT"),
    View("hospital", "porter", "TREAT"),
    View("hospital", "clinician", "CURIOSITY"),
    View("hospital", "clinician", "HMARKT"),
    View("hospital", "clinician", "COVERAGE"),
    View("hospital", "clinician", "HPAYMT"),
    View("hospital", "clinician", "HRESCH"),
    View("hospital", "clinician", "HLEGAL"),
    View("hospital", "clinician", "TREAT", Channel.INTEGRATED_RECORD),
    View("integrated-record", "system", "TREAT"),
    View("planner", "analyst", "PUBHLTH"),
    View("planner", "analyst", "TRACE"),
)


def every_view() -> list[View]:
    return [*POLICY.by_view, *STRAYS]


def every_asking() -> Iterator[Asking]:
    for view, related, lift in product(every_view(), (False, True), Lift):
        yield Asking(view, related, lift)


def every_question() -> Iterator[tuple[Asking, Category, bool]]:
    """Everything that can be asked about one person."""
    yield from product(every_asking(), Category, (False, True))


class NotSettledError(Exception):
    """A fact was read that is not settled yet."""

    def __init__(self, fact: str) -> None:
        super().__init__(fact)
        self.fact = fact


class Sketch:
    """A standing of which only some facts are settled."""

    def __init__(self, facts: Facts) -> None:
        self.__dict__.update(facts)

    def __getattr__(self, fact: str) -> Any:
        raise NotSettledError(fact)


def branches(question: Callable[[Any], Answer], settled: Facts | None = None) -> Iterator[tuple[Facts, Answer]]:
    """Ask a question of every standing, once for all those that agree on the facts that it reads."""
    waiting = [settled or {}]
    while waiting:
        facts = waiting.pop()
        try:
            answer = question(Sketch(facts))
        except NotSettledError as not_settled:
            waiting.extend(facts | {not_settled.fact: value} for value in VALUES[not_settled.fact])
        else:
            yield facts, answer


def standings_in(facts: Facts) -> int:
    """How many standings agree on these facts."""
    return prod(len(values) for fact, values in VALUES.items() if fact not in facts)


def bites(rule: Rule, asking: Asking, category: Category, locates: bool, policy: Policy = POLICY) -> Question:
    """One rule as a question to a standing."""
    row, group = policy.row(asking.view), policy.group(asking.view.purpose)
    return lambda standing: rule.bites(Case(policy, asking, standing, category, locates, row, group))


def every_standing() -> Iterator[Standing]:
    for facts in product(*VALUES.values()):
        yield Standing(*facts)


# Standings and askings drawn from the same space, for what is checked on whole permits.
standings = st.builds(Standing, **{fact: st.sampled_from(values) for fact, values in VALUES.items()})
askings = st.sampled_from(list(every_asking()))
