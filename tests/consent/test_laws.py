"""Which laws does the decision keep, whoever writes the matrix?

L1 to L6 of POLICY.md section 7. L3 to L6 hold over the whole finite space: 34,800 questions (58 views with and without
a relationship, under each of 5 lifts, for 30 categories, locating or not) of 62,208 standings each. It is walked rule
by rule, each rule branching on the facts that it reads (`space`); that a person is shown something exactly where no
rule withholds is checked on whole decisions. L3 and L4 hold over standings, each fact changed alone. L1 is shown by
generation, since facts on file are without number.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.decide import RULES, Rule, decide
from consent.model import Asking, Category, Lift, OptOut, Standing, View
from consent.permit import Permit, permit
from consent.standing import Facts, standing_at
from tests.consent.builders import POLICY, everybody, integrated_record, reason, seen, someone, ward
from tests.consent.facts import INSTANTS, facts_on_file, patiently
from tests.consent.space import (
    ALL_STANDINGS,
    VALUES,
    Question,
    askings,
    bites,
    branches,
    every_asking,
    every_question,
    every_standing,
    standings,
)

# The facts that are words; the others are yes or no.
WORDS = [fact for fact, values in VALUES.items() if not isinstance(values[0], bool)]


def test_the_space_names_every_fact_of_a_standing():
    assert list(VALUES) == [fact.name for fact in fields(Standing)]


def test_the_space_has_as_many_standings_as_it_says():
    assert len(set(every_standing())) == ALL_STANDINGS == 62_208


def test_the_space_has_as_many_questions_as_it_says():
    assert len(set(every_question())) == 34_800


# ---------------------------------------------------------------- L1: same facts, any order, same decision


@patiently
@given(facts_on_file(), st.randoms(use_true_random=False), st.sampled_from(INSTANTS))
def test_the_order_in_which_facts_arrived_changes_no_permit(facts, shuffle, instant):
    choices = list(facts.choices)
    shuffle.shuffle(choices)
    registers = dict(reversed(facts.registers.items()))
    arrived_otherwise = replace(facts, choices=tuple(choices), registers=registers)
    assert permits_at(arrived_otherwise, instant) == permits_at(facts, instant)


def permits_at(facts: Facts, instant: datetime) -> list[Permit]:
    standing = standing_at(facts, POLICY, instant)
    return [permit(POLICY, asking, standing) for asking in (ward(), integrated_record())]


# ---------------------------------------------------------------- L2: total, and an error withholds


@patiently
@given(askings, standings)
def test_every_question_has_a_decision_that_is_released_or_says_why_not(asking, standing):
    decisions = [decide(POLICY, asking, standing, category) for category in Category]
    assert all(decided.released == (decided.reason is None) for decided in decisions)


def test_a_person_of_whom_nothing_is_known_is_shown_to_nobody():
    decisions = {decide(POLICY, asking, None, Category.IDENTITY).withheld_by for asking in every_asking()}
    assert decisions == {("not-known",)}


def test_a_person_about_whom_no_question_is_settled_is_shown_to_nobody_outside():
    assert [asking for asking in everybody(but=("council", "person")) if seen(asking, Standing())] == []


def test_a_rule_that_fails_releases_nothing(monkeypatch):
    failing = Rule("failing", lambda case: case.standing.no_such_fact)
    monkeypatch.setattr("consent.decide.RULES", (*RULES, failing))
    with pytest.raises(AttributeError):
        permit(POLICY, ward(), someone())


@pytest.mark.parametrize("fact", WORDS)
def test_a_value_that_nobody_knows_withholds_what_the_worst_known_value_withholds(fact: str):
    unheard, worst = someone(**{fact: "unheard-of"}), someone(**{fact: VALUES[fact][-1]})
    assert [a for a in everybody() if shown(a, unheard) != shown(a, worst)] == []


@pytest.mark.parametrize("fact", WORDS)
def test_each_value_read_back_as_plain_text_decides_as_itself(fact: str):
    for value in VALUES[fact]:
        itself, text = someone(**{fact: value}), someone(**{fact: str(value)})
        assert [a for a in everybody() if permit(POLICY, a, text) != permit(POLICY, a, itself)] == []


def test_a_channel_read_back_as_plain_text_is_still_bound_by_the_opt_out():
    view = View("integrated-record", "system", "TREAT", "integrated-record")
    assert reason(Asking(view), someone(shared_record=OptOut.OBJECTS), Category.IDENTITY) == "shared-record-opt-out"


def test_a_lift_read_back_as_a_plain_number_is_still_no_instrument():
    asking = Asking(View("police", "officer", "HLEGAL"), True, 0)
    assert reason(asking, someone(), Category.IDENTITY) == "no-instrument"


def test_a_category_read_back_as_plain_text_is_still_protected():
    assert reason(ward(), someone(do_not_disclose=True), "contact") == "address-withheld"


def shown(asking: Asking, standing: Standing) -> set[str]:
    return seen(asking, standing) | {f"{name} and where" for name in seen(asking, standing, locates=True)}


# ---------------------------------------------------------------- L3, L4: adding or not knowing never releases more

WORSE = [
    (fact, values[better], values[worse])
    for fact, values in VALUES.items()
    for better in range(len(values))
    for worse in range(better + 1, len(values))
]


# The two rules that keep whereabouts hand over to each other as PDS's word gets stricter; the others stand alone.
KEEPERS = [*((rule,) for rule in RULES[:-2]), RULES[-2:]]


@pytest.mark.parametrize("rules", KEEPERS, ids=lambda rules: rules[0].id)
def test_whatever_is_added_to_a_standing_what_was_withheld_stays_withheld(rules: tuple[Rule, ...]):
    assert [place for rule_place in every_question() for place in reliefs(any_bites(rules, *rule_place))] == []


def any_bites(rules: tuple[Rule, ...], *place: object) -> Question:
    questions = [bites(rule, *place) for rule in rules]
    return lambda person: any(question(person) for question in questions)


def reliefs(question: Question) -> Iterator[tuple[object, ...]]:
    """Every place where a worse fact shows what a better one does not."""
    for facts, withheld in branches(question):
        for fact, better, worse in WORSE if withheld else ():
            if facts.get(fact) == better and not all(kept for _, kept in branches(question, facts | {fact: worse})):
                yield facts, fact, worse


@patiently
@given(askings, standings, st.sampled_from(WORSE))
def test_whatever_is_added_to_a_standing_no_permit_grows(asking, standing, change):
    fact, better, worse = change
    before = permit(POLICY, asking, replace(standing, **{fact: better}))
    after = permit(POLICY, asking, replace(standing, **{fact: worse}))
    assert (after.mask & ~before.mask, after.own & ~before.own) == (0, 0)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_not_knowing_of_an_opt_out_withholds_exactly_what_the_opt_out_withholds(rule: Rule):
    assert [place for place in every_question() if not all(same_unknown(bites(rule, *place)))] == []


def same_unknown(question: Question) -> Iterator[bool]:
    for facts, withheld in branches(question):
        for fact in [fact for fact, value in facts.items() if value is OptOut.OBJECTS]:
            yield from (also is withheld for _, also in branches(question, facts | {fact: OptOut.UNKNOWN}))


# ---------------------------------------------------------------- L5: an instrument lifts what its basis may lift

ALWAYS = {"no-instrument", "deceased"}
LIFTED = {
    Lift.NONE: set(),
    Lift.COURT_OR_STATUTE: {
        *ALWAYS,
        "nhs-number-objection",
        "shared-record-opt-out",
        "national-data-opt-out",
        "restricted",
        "locked",
        "past-retention",
    },
    Lift.SAFEGUARDING: {*ALWAYS, "nhs-number-objection", "shared-record-opt-out", "restricted", "locked"},
    Lift.CRIME: {*ALWAYS, "shared-record-opt-out", "restricted", "locked"},
    Lift.APPROVED_USE: {"no-instrument"},
}


@pytest.mark.parametrize("lift", Lift)
def test_an_instrument_lifts_the_rules_that_its_basis_may_lift_and_no_other(lift: Lift):
    lifted = {rule.id for rule in RULES for question in every_question() if eases(rule, lift, *question)}
    assert lifted == LIFTED[lift]


def eases(rule: Rule, lift: Lift, asking: Asking, category: Category, locates: bool) -> bool:
    """Whether the rule lets something go under the lift that it withholds without."""
    if asking.lift is not Lift.NONE:
        return False
    without = bites(rule, asking, category, locates)
    under = bites(rule, replace(asking, lift=lift), category, locates)
    return any(eased for _, eased in branches(lambda person: without(person) and not under(person)))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_no_instrument_makes_anything_withheld(rule: Rule):
    assert [place for place in every_question() if tightens(rule, *place)] == []


def tightens(rule: Rule, asking: Asking, category: Category, locates: bool) -> bool:
    """Whether the rule withholds under the asking's lift what it lets go without."""
    under = bites(rule, asking, category, locates)
    without = bites(rule, replace(asking, lift=Lift.NONE), category, locates)
    return any(tighter for _, tighter in branches(lambda person: under(person) and not without(person)))


# ---------------------------------------------------------------- L6: nothing exceeds the matrix


@patiently
@given(askings, standings)
def test_nobody_sees_a_category_that_their_row_does_not_name(asking, standing):
    row = POLICY.row(asking.view)
    named = row.reach if row else frozenset()
    assert seen(asking, standing) | seen(asking, standing, locates=True) <= named


OUTSIDE_ROLE = next(rule for rule in RULES if rule.id == "outside-role")


def test_what_the_row_does_not_name_is_withheld_whatever_is_known_of_the_person():
    wrong = [
        (asking, category)
        for asking, category, locates in every_question()
        if list(branches(bites(OUTSIDE_ROLE, asking, category, locates))) != [({}, not named(asking, category))]
    ]
    assert wrong == []


def named(asking: Asking, category: Category) -> bool:
    row = POLICY.row(asking.view)
    return row is not None and category in row.reach
