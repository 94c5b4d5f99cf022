"""What is known of a person at one instant?

Written from POLICY.md section 2: choices, series and ties, declared registers, the national check, PDS's mark, death
and retention; and that a standing holds until the instant that `next_change` names.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.model import Deceased, OptOut, Retention, Sensitive, Standing
from consent.standing import (
    NATIONAL,
    NHS_NUMBER,
    SHARED_RECORD,
    Choice,
    Facts,
    Register,
    next_change,
    opt_out,
    retention_ends,
    standing_at,
)
from tests.consent.builders import POLICY
from tests.consent.facts import facts_on_file, patiently

MONDAY = datetime(2024, 3, 4, 9, tzinfo=UTC)
TUESDAY, WEDNESDAY = MONDAY + timedelta(days=1), MONDAY + timedelta(days=2)
LONG_AGO = datetime(2015, 1, 1, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)


def on_file(**facts: Any) -> Facts:
    return Facts(**{"first_seen": LONG_AGO} | facts)


def said(
    value: OptOut,
    effective: datetime = MONDAY,
    *,
    recorded: datetime | None = None,
    series: str = "person",
    kind: str = NHS_NUMBER,
) -> Choice:
    return Choice(kind, value, effective, recorded or effective, series)


def number_use(*choices: Choice, at: datetime = WEDNESDAY, **facts: Any) -> OptOut:
    return opt_out(on_file(choices=choices, **facts), POLICY, NHS_NUMBER, at)


def declared(as_of: datetime, kind: str = NHS_NUMBER) -> dict[str, Register]:
    return {kind: Register(kind, as_of)}


# ---------------------------------------------------------------- choices: three values, series, ties


def test_of_whom_nothing_is_on_file_nothing_is_known():
    assert number_use() is OptOut.UNKNOWN


@pytest.mark.parametrize("value", list(OptOut))
def test_what_a_person_said_is_what_holds(value: OptOut):
    assert number_use(said(value)) is value


def test_a_choice_holds_from_its_very_instant():
    assert number_use(said(OptOut.OBJECTS, MONDAY), at=MONDAY) is OptOut.OBJECTS


def test_a_choice_for_next_week_does_not_hold_yet():
    assert number_use(said(OptOut.CLEAR, MONDAY), at=MONDAY - MOMENT) is OptOut.UNKNOWN


def test_a_choice_of_one_kind_says_nothing_of_another():
    assert number_use(said(OptOut.CLEAR, kind=SHARED_RECORD)) is OptOut.UNKNOWN


@pytest.mark.parametrize(("first", "then"), [(OptOut.OBJECTS, OptOut.CLEAR), (OptOut.CLEAR, OptOut.OBJECTS)])
def test_in_one_series_the_latest_replaces(first: OptOut, then: OptOut):
    assert number_use(said(first, MONDAY), said(then, TUESDAY)) is then


@pytest.mark.parametrize(("first", "then"), [(OptOut.OBJECTS, OptOut.CLEAR), (OptOut.CLEAR, OptOut.OBJECTS)])
def test_the_latest_replaces_in_whatever_order_they_came_in(first: OptOut, then: OptOut):
    assert number_use(said(then, TUESDAY), said(first, MONDAY)) is then


@pytest.mark.parametrize("other", [OptOut.CLEAR, OptOut.UNKNOWN])
def test_a_tie_in_one_series_withholds(other: OptOut):
    assert number_use(said(other), said(OptOut.OBJECTS)) is OptOut.OBJECTS


def test_a_tie_of_three_withholds_whichever_of_them_objects():
    assert number_use(said(OptOut.CLEAR), said(OptOut.CLEAR), said(OptOut.OBJECTS)) is OptOut.OBJECTS


def test_what_is_not_known_weighs_more_than_clear_in_a_tie():
    assert number_use(said(OptOut.CLEAR), said(OptOut.UNKNOWN)) is OptOut.UNKNOWN


def test_a_correction_recorded_later_for_the_same_instant_replaces():
    corrected = said(OptOut.CLEAR, MONDAY, recorded=TUESDAY)
    assert number_use(corrected, said(OptOut.OBJECTS, MONDAY, recorded=MONDAY)) is OptOut.CLEAR


def test_what_is_effective_later_replaces_what_was_recorded_later():
    early, late = said(OptOut.CLEAR, MONDAY, recorded=WEDNESDAY), said(OptOut.OBJECTS, TUESDAY, recorded=TUESDAY)
    assert number_use(early, late) is OptOut.OBJECTS


@pytest.mark.parametrize("weaker", [OptOut.CLEAR, OptOut.UNKNOWN])
def test_across_series_withholding_wins_however_old_it_is(weaker: OptOut):
    objected, cleared = said(OptOut.OBJECTS, LONG_AGO, series="gp"), said(weaker, TUESDAY, series="person")
    assert number_use(objected, cleared) is OptOut.OBJECTS


def test_across_series_not_knowing_wins_over_clear():
    assert number_use(said(OptOut.UNKNOWN, LONG_AGO, series="gp"), said(OptOut.CLEAR)) is OptOut.UNKNOWN


@patiently
@given(facts_on_file(), st.randoms(use_true_random=False), st.data())
def test_the_order_of_arrival_never_matters(facts: Facts, shuffle, data):
    arrived = list(facts.choices)
    shuffle.shuffle(arrived)
    at = facts.first_seen + timedelta(days=data.draw(st.integers(0, 40)))
    assert standing_at(replace(facts, choices=tuple(arrived)), POLICY, at) == standing_at(facts, POLICY, at)


# ---------------------------------------------------------------- declared registers


def test_who_is_not_listed_in_a_declared_register_is_clear():
    assert number_use(registers=declared(MONDAY), at=TUESDAY) is OptOut.CLEAR


def test_a_register_of_one_kind_clears_no_other():
    assert number_use(registers=declared(MONDAY, SHARED_RECORD), at=TUESDAY) is OptOut.UNKNOWN


def test_a_declaration_clears_from_its_date_and_not_before():
    held = [number_use(registers=declared(MONDAY), at=at) for at in (MONDAY - MOMENT, MONDAY)]
    assert held == [OptOut.UNKNOWN, OptOut.CLEAR]


def test_a_register_counts_until_its_age_and_grace_are_over():
    last = MONDAY + timedelta(days=7 + 14)
    held = [number_use(registers=declared(MONDAY), at=at) for at in (last - MOMENT, last)]
    assert held == [OptOut.CLEAR, OptOut.UNKNOWN]


def test_the_register_of_the_shared_record_has_no_grace():
    last = MONDAY + timedelta(days=7)
    standings = [
        standing_at(on_file(registers=declared(MONDAY, SHARED_RECORD)), POLICY, at) for at in (last - MOMENT, last)
    ]
    assert [standing.shared_record for standing in standings] == [OptOut.CLEAR, OptOut.UNKNOWN]


def test_who_was_first_seen_after_the_declaration_is_not_known():
    assert number_use(registers=declared(MONDAY), first_seen=MONDAY + MOMENT) is OptOut.UNKNOWN


def test_who_was_first_seen_at_the_declaration_is_in_it():
    assert number_use(registers=declared(MONDAY), first_seen=MONDAY) is OptOut.CLEAR


def test_a_declared_register_does_not_outweigh_what_a_person_said_before():
    assert number_use(said(OptOut.OBJECTS, LONG_AGO), registers=declared(MONDAY)) is OptOut.OBJECTS


def test_a_person_who_said_that_they_do_not_object_needs_no_register():
    assert number_use(said(OptOut.CLEAR, LONG_AGO)) is OptOut.CLEAR


@pytest.mark.parametrize(("kind", "fact"), [(NHS_NUMBER, "nhs_number_use"), (SHARED_RECORD, "shared_record")])
@pytest.mark.parametrize("value", list(OptOut))
def test_a_choice_becomes_the_fact_of_its_kind(kind: str, fact: str, value: OptOut):
    assert getattr(standing_at(on_file(choices=(said(value, kind=kind),)), POLICY, WEDNESDAY), fact) is value


# ---------------------------------------------------------------- the national opt-out


def national(at: datetime, **facts: Any) -> OptOut:
    return standing_at(on_file(**facts), POLICY, at).national_data_opt_out


def test_who_was_never_checked_is_not_known_to_have_no_national_opt_out():
    assert national(MONDAY, national=OptOut.CLEAR) is OptOut.UNKNOWN


@pytest.mark.parametrize("value", list(OptOut))
def test_a_fresh_check_says_what_it_found(value: OptOut):
    assert national(MONDAY, national=value, national_checked=MONDAY) is value


def test_a_check_is_good_for_seven_days():
    week = MONDAY + timedelta(days=7)
    held = [national(at, national=OptOut.CLEAR, national_checked=MONDAY) for at in (week - MOMENT, week)]
    assert held == [OptOut.CLEAR, OptOut.UNKNOWN]


@pytest.mark.parametrize("value", list(OptOut))
def test_of_who_objects_to_the_use_of_the_number_no_check_by_number_is_known(value: OptOut):
    objects = (said(OptOut.OBJECTS, kind=NHS_NUMBER),)
    assert national(WEDNESDAY, national=value, national_checked=WEDNESDAY, choices=objects) is OptOut.UNKNOWN


def test_a_check_dated_tomorrow_is_not_a_check_yet():
    assert national(MONDAY, national=OptOut.CLEAR, national_checked=TUESDAY) is OptOut.UNKNOWN


def test_nobody_but_the_check_service_clears_the_national_opt_out():
    chosen = (said(OptOut.CLEAR, LONG_AGO, kind=NATIONAL),)
    assert national(MONDAY, choices=chosen, registers=declared(MONDAY, NATIONAL)) is OptOut.UNKNOWN


# ---------------------------------------------------------------- PDS's mark


def sensitive(*choices: Choice, **facts: Any) -> Sensitive:
    return standing_at(on_file(choices=choices, **facts), POLICY, WEDNESDAY).pds_sensitive


@pytest.mark.parametrize("use", list(OptOut))
@pytest.mark.parametrize(("mark", "kept"), [(True, Sensitive.YES), (False, Sensitive.NO)])
def test_what_pds_said_counts_whatever_the_person_chose_since(use: OptOut, mark: bool, kept: Sensitive):
    assert sensitive(said(use), pds_sensitive=mark) is kept


def test_who_may_be_traced_and_is_not_yet_is_pending():
    assert sensitive(said(OptOut.CLEAR)) is Sensitive.PENDING


def test_of_whoever_objects_pds_is_not_asked():
    assert sensitive(said(OptOut.OBJECTS)) is Sensitive.UNASKED


def test_of_whom_it_is_not_known_whether_they_object_the_address_waits_for_pds():
    assert sensitive(said(OptOut.UNKNOWN)) is Sensitive.PENDING


# ---------------------------------------------------------------- marks


@pytest.mark.parametrize("mark", ["restricted", "locked", "do_not_disclose", "sealed", "erased"])
@pytest.mark.parametrize("value", [True, False])
def test_a_mark_on_file_is_the_mark_that_holds(mark: str, value: bool):
    assert getattr(standing_at(on_file(**{mark: value}), POLICY, MONDAY), mark) is value


def test_of_whom_only_the_first_sight_is_on_file_everything_is_withheld():
    assert standing_at(on_file(), POLICY, MONDAY) == Standing(
        restricted=True, locked=True, do_not_disclose=True, pds_sensitive=Sensitive.PENDING
    )


# ---------------------------------------------------------------- live


def live(at: datetime, kind: str = NHS_NUMBER) -> bool:
    return standing_at(on_file(registers={kind: Register(kind, MONDAY)}), POLICY, at).live


def test_without_a_declaration_nothing_is_live():
    assert standing_at(on_file(), POLICY, MONDAY).live is False


def test_a_declaration_makes_live_from_its_date_until_its_grace_has_passed():
    at = [MONDAY - timedelta(seconds=1), MONDAY, MONDAY + timedelta(days=21, seconds=-1), MONDAY + timedelta(days=21)]
    assert [live(instant) for instant in at] == [False, True, True, False]


def test_the_register_of_the_shared_record_alone_makes_nothing_live():
    assert live(MONDAY, SHARED_RECORD) is False


# ---------------------------------------------------------------- death


def death(at: datetime, **facts: Any) -> Deceased:
    return standing_at(on_file(**facts), POLICY, at).deceased


def test_who_is_not_known_to_have_died_is_alive():
    assert death(MONDAY) is Deceased.NO


def test_a_death_is_recent_for_twenty_eight_days_after_it_was_learnt():
    over = MONDAY + timedelta(days=28)
    held = [death(at, death_learnt=MONDAY) for at in (MONDAY, over - MOMENT, over)]
    assert held == [Deceased.RECENT, Deceased.RECENT, Deceased.PAST]


def test_the_four_weeks_run_from_when_the_death_was_learnt_and_not_from_the_death():
    assert death(MONDAY, died=date(2023, 1, 1), death_learnt=MONDAY) is Deceased.RECENT


def test_opt_outs_outlive_death():
    died = on_file(choices=(said(OptOut.OBJECTS, LONG_AGO),), died=date(2024, 1, 1), death_learnt=LONG_AGO)
    assert standing_at(died, POLICY, MONDAY).nhs_number_use is OptOut.OBJECTS


# ---------------------------------------------------------------- retention


def retention(at: datetime, **facts: Any) -> Retention:
    return standing_at(on_file(**facts), POLICY, at).retention


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def test_a_case_that_is_open_has_no_end_of_keeping():
    assert retention_ends(on_file(), POLICY) is None


def test_a_case_of_which_no_closure_is_known_is_kept():
    assert retention(datetime(2400, 1, 1, tzinfo=UTC)) is Retention.WITHIN


@pytest.mark.parametrize(
    ("facts", "ends"),
    [
        ({"closed": date(2018, 3, 15)}, date(2024, 3, 15)),
        ({"closed": date(2018, 3, 15), "mental_health": True}, date(2038, 3, 15)),
        ({"died": date(2018, 3, 15)}, date(2024, 3, 15)),
        ({"closed": date(2016, 1, 1), "died": date(2018, 3, 15)}, date(2022, 1, 1)),
        ({"closed": date(2019, 1, 1), "died": date(2018, 3, 15)}, date(2024, 3, 15)),
        ({"closed": date(2016, 2, 29)}, date(2022, 3, 1)),
        ({"closed": date(2016, 2, 29), "mental_health": True}, date(2036, 2, 29)),
        ({"closed": date(9993, 1, 1)}, date(9999, 1, 1)),
        ({"closed": date(9999, 12, 31)}, date.max),
    ],
    ids=str,
)
def test_the_record_is_kept_for_years_after_support_or_life_ended(facts: dict[str, Any], ends: date):
    assert retention_ends(on_file(**facts), POLICY) == ends


def test_the_period_ends_with_the_first_instant_of_its_last_date():
    ends = midnight(date(2024, 3, 15))
    held = [retention(at, closed=date(2018, 3, 15)) for at in (ends - MOMENT, ends)]
    assert held == [Retention.WITHIN, Retention.EXPIRED]


def test_a_hold_keeps_what_has_passed_its_date():
    assert retention(MONDAY, closed=date(2010, 1, 1), hold=True) is Retention.HELD


def test_a_hold_changes_nothing_before_the_date():
    assert retention(MONDAY, closed=date(2023, 1, 1), hold=True) is Retention.WITHIN


def test_a_case_closed_in_a_far_year_that_means_never_is_kept():
    assert retention(MONDAY, closed=date(9999, 12, 31)) is Retention.WITHIN


# ---------------------------------------------------------------- until when a standing holds


def test_of_whom_nothing_changes_with_time_no_change_is_to_come():
    assert next_change(on_file(), POLICY, MONDAY) is None


def test_the_next_change_is_the_nearest_of_those_to_come():
    facts = on_file(
        choices=(said(OptOut.OBJECTS, LONG_AGO), said(OptOut.CLEAR, WEDNESDAY)),
        registers=declared(MONDAY),
        death_learnt=MONDAY,
        national_checked=MONDAY,
        closed=date(2018, 3, 6),
    )
    nearest = [MONDAY]
    while (change := next_change(facts, POLICY, nearest[-1])) is not None:
        nearest.append(change)
    days = [(at - MONDAY) / timedelta(days=1) for at in nearest]
    assert days == [0, (midnight(date(2024, 3, 6)) - MONDAY) / timedelta(days=1), 2, 7, 21, 28]


def test_the_next_change_is_never_the_present_instant():
    assert next_change(on_file(choices=(said(OptOut.CLEAR, MONDAY),)), POLICY, MONDAY) is None


def test_a_declaration_dated_tomorrow_is_a_change_to_come():
    assert next_change(on_file(registers=declared(TUESDAY)), POLICY, MONDAY) == TUESDAY


def test_a_check_dated_tomorrow_is_a_change_to_come():
    assert next_change(on_file(national_checked=TUESDAY), POLICY, MONDAY) == TUESDAY


@patiently
@given(facts_on_file(), st.integers(0, 60 * 24), st.integers(0, 99))
def test_a_standing_does_not_change_before_its_next_change(facts: Facts, hours: int, percent: int):
    now = datetime(2023, 12, 15, tzinfo=UTC) + timedelta(hours=hours)
    until = next_change(facts, POLICY, now) or datetime(2200, 1, 1, tzinfo=UTC)
    between = now + (until - now) * percent / 100
    held = {standing_at(facts, POLICY, at) for at in (now, between, until - MOMENT)}
    assert held == {standing_at(facts, POLICY, now)}


@patiently
@given(facts_on_file())
def test_a_year_walked_from_change_to_change_is_the_year_walked_day_by_day(facts: Facts):
    days = [datetime(2023, 12, 1, 12, tzinfo=UTC) + timedelta(days=day) for day in range(140)]
    turns = [days[0]]
    while (turn := next_change(facts, POLICY, turns[-1])) is not None:
        turns.append(turn)
    last_turn = [max(turn for turn in turns if turn <= day) for day in days]
    walked = [standing_at(facts, POLICY, turn) for turn in last_turn]
    assert walked == [standing_at(facts, POLICY, day) for day in days]
