"""Is whom a search finds only believed when it is sure?"""

import pytest

from pds_client import (
    Ambiguous,
    Insufficient,
    Matched,
    NoMatch,
)
from pds_client.cascade import STEPS
from tests.pds_client.tracing import asked, believed, numbers_for_review, steps, traced
from tests.pds_client.world import ADA, BEN, ada, our_ada, pds


def test_without_a_number_one_search_and_one_read_are_enough():
    simulator = pds(ada())
    result = traced(simulator)
    assert (type(result.outcome), *believed(result)) == (Matched, ADA, "01")
    assert asked(simulator) == ["search", "read"]


def test_nobody_to_be_found_is_no_match_after_every_step_that_can_be_taken():
    simulator = pds()
    result = traced(simulator)
    assert (result.outcome, str(result.status)) == (NoMatch(), "04")
    assert steps(result) == [step.name for step in STEPS if not step.after_many]


@pytest.mark.parametrize(
    ("ours", "missing"),
    [
        ({"family": None}, ("family",)),
        ({"birth_date": None}, ("birth_date",)),
        ({"birth_date": "1941-02"}, ("birth_date",)),
        ({"family": "", "birth_date": ""}, ("family", "birth_date")),
    ],
)
def test_without_family_name_or_date_of_birth_nothing_is_asked(ours, missing):
    simulator = pds(ada())
    result = traced(simulator, our_ada(**ours))
    assert (result.outcome, str(result.status)) == (Insufficient(missing), "03")
    assert simulator.calls == []


@pytest.mark.parametrize("ours", [{"family": "Ex*"}, {"family": "Exam\nple"}, {"given": (), "postcode": None}])
def test_words_that_allow_no_search_are_insufficient_and_never_no_match(ours):
    simulator = pds(ada())
    result = traced(simulator, our_ada(**ours))
    assert (type(result.outcome), str(result.status), simulator.calls) == (Insufficient, "03", [])


def test_a_previous_name_is_found_by_history_and_agrees():
    result = traced(pds(ada(family="Newname", previous_family="Example")))
    assert believed(result) == (ADA, "01")


def test_too_many_in_history_are_searched_again_without_it_and_whom_that_finds_is_only_suggested():
    simulator = pds(ada(ADA), ada(BEN, family="Newname", previous_family="Example"))
    result = traced(simulator)
    assert (believed(result), [str(each.nhs_number.value) for each in result.candidates]) == ((None, "05"), [ADA])
    assert steps(result) == ["everything, with history", "everything, without history"]


def test_two_of_the_same_name_and_home_are_never_chosen_from():
    simulator = pds(ada(ADA), ada(BEN))
    result = traced(simulator)
    assert (result.outcome, str(result.status)) == (Ambiguous(), "04")
    assert asked(simulator) == ["search", "search"]


def test_who_was_many_in_history_and_nobody_now_is_not_no_match():
    old = {"family": "Newname", "previous_family": "Example"}
    result = traced(pds(ada(ADA, **old), ada(BEN, **old)))
    assert (result.outcome, str(result.status)) == (Ambiguous(), "04")


def test_a_longer_given_name_is_found_by_its_beginning_and_accepted():
    result = traced(pds(ada(given=["Adalind"])), our_ada(given=("Adal",)))
    assert believed(result) == (ADA, "01")
    assert steps(result) == [
        *("everything, with history", "beginning of the postcode"),
        *("beginning of the given name", "whole record"),
    ]


def test_a_double_barrelled_family_name_is_found_by_its_beginning_and_accepted():
    assert believed(traced(pds(ada(family="Example-Sample")))) == (ADA, "01")


def test_who_has_moved_near_by_is_found_by_the_beginning_of_the_postcode_for_review():
    result = traced(pds(ada(postcode="ZE2 9ZZ")))
    assert (*believed(result), numbers_for_review(result)) == (None, "05", [ADA])
    assert result.evidence.agreement.conflicting == ("postcode",)
    assert steps(result) == ["everything, with history", "beginning of the postcode", "whole record"]


def test_who_has_moved_and_is_found_by_the_old_postcode_agrees_when_pds_gives_it():
    result = traced(pds(ada(postcode="LS1 6AE", previous_postcode="ZE1 0AA")))
    assert believed(result) == (ADA, "01")


def test_who_lives_elsewhere_is_found_without_a_postcode_and_only_for_review():
    result = traced(pds(ada(postcode="LS1 6AE")))
    assert (*believed(result), numbers_for_review(result)) == (None, "05", [ADA])
    assert "without postcode" in steps(result)
