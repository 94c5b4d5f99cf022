"""Does `decide` say what POLICY.md says?

`decide` is compared with `restatement`, which was written from POLICY.md alone: rule by rule over the whole finite
space (34,800 questions of 62,208 standings each, 2,164,838,400 decisions, by branching on the facts that either of
the two reads) and as a whole over 20,000 of them drawn with a fixed seed. Every asking that the words of the policy
can form (about 7,000 views) is held against the restated matrix.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from random import Random

import pytest

from consent.decide import RULES, Rule, decide
from consent.model import Asking, Category, Channel, Lift, Standing, View
from tests.consent.builders import POLICY, someone
from tests.consent.restatement import LEFT_OUT, MATRIX, OWN_ONLY, ROWS, STAGES, restated, spoken_of
from tests.consent.space import ALL_STANDINGS, VALUES, Question, bites, branches, every_question, standings_in


def test_the_rules_are_the_stages_of_the_decision_in_their_order():
    assert [rule.id for rule in RULES] == list(STAGES)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_each_rule_withholds_exactly_where_policy_says_so(rule: Rule):
    assert list(differences(rule)) == []


def differences(rule: Rule) -> Iterator[tuple[object, ...]]:
    """Every question and every kind of standing on which the rule and its stage do not agree."""
    for place in every_question():
        for facts, agreed in branches(agreement(rule, *place)):
            if not agreed:
                yield *place, facts


def agreement(rule: Rule, asking: Asking, category: Category, locates: bool) -> Question:
    question, stage = bites(rule, asking, category, locates), STAGES[rule.id]
    return lambda person: question(person) == stage(asking, person, category, locates)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_the_comparison_leaves_out_no_standing(rule: Rule):
    question = bites(rule, Asking(View("hospital", "clinician", "TREAT")), Category.NHS_NUMBER, True)
    assert sum(standings_in(facts) for facts, _ in branches(question)) == ALL_STANDINGS


def test_the_whole_decision_is_the_restated_one():
    wrong = [drawn for drawn in draws(20_000) if whole(*drawn) != restated(*drawn)]
    assert wrong == []


def whole(asking: Asking, person: Standing, category: Category, locates: bool) -> tuple[str, ...]:
    return decide(POLICY, asking, person, category, locates=locates).withheld_by


def draws(count: int) -> Iterator[tuple[Asking, Standing, Category, bool]]:
    chance, questions = Random(20240229), list(every_question())
    for _ in range(count):
        asking, category, locates = chance.choice(questions)
        yield asking, Standing(*(chance.choice(values) for values in VALUES.values())), category, locates


def test_every_asking_that_can_be_formed_reaches_what_the_restated_matrix_gives_it():
    wrong = [
        (view, category.value)
        for view, category in product(every_view_that_can_be_formed(), Category)
        if seen_at_best(view, category) != given(view, category)
    ]
    assert wrong == []


def every_view_that_can_be_formed() -> list[View]:
    recipients = {row[0] for row in ROWS} | {"community-pharmacy"}
    roles = {row[1] for row in ROWS} | {"porter"}
    purposes = {*POLICY.purposes, "CURIOSITY"}
    return [View(*words) for words in product(sorted(recipients), sorted(roles), sorted(purposes), Channel)]


def seen_at_best(view: View, category: Category) -> bool:
    asking = Asking(view, related=True, lift=Lift.COURT_OR_STATUTE)
    return decide(POLICY, asking, someone(), category).released


def given(view: View, category: Category) -> bool:
    return spoken_of(Asking(view)) and category in MATRIX[view.recipient, view.role, view.purpose, view.channel]


def test_the_shipped_matrix_leaves_out_nothing_but_what_is_listed():
    shown = {(view.recipient, view.role, view.purpose) for view in POLICY.by_view}
    assert {key[:3] for key in MATRIX} - shown == LEFT_OUT


def test_its_own_services_are_shown_where_policy_says_its_own_only():
    assert {(row.recipient, role): {c.value for c in row.own} for row in POLICY.rows for role in row.roles} == OWN_ONLY
