"""Does whoever is not sure reach a reviewer instead?"""

import pytest

from pds_client import (
    Ambiguous,
    Restricted,
)
from pds_client.cascade import STEPS
from tests.pds_client.tracing import asked, believed, numbers_for_review, steps, traced
from tests.pds_client.world import ADA, BEN, Recording, ada, our_ada, pds


def test_a_restricted_person_is_found_without_a_postcode_and_never_accepted():
    simulator = pds(ada(security="R"))
    result = traced(simulator)
    assert (type(result.outcome), *believed(result)) == (Restricted, None, "05")
    assert numbers_for_review(result) == [ADA]
    assert steps(result)[-1] == "without postcode"


def test_who_becomes_restricted_between_search_and_read_is_not_accepted():
    simulator = pds(ada())
    found = {"resource": ada(), "search": {"score": 1.0}}
    simulator.population.hold(ada(security="R"))
    simulator.fail_next(200, body={"resourceType": "Bundle", "total": 1, "entry": [found]})
    result = traced(simulator)
    assert (type(result.outcome), *believed(result)) == (Restricted, None, "05")


def test_whose_record_changed_between_search_and_read_is_compared_by_the_record():
    simulator = pds(ada(birth_date="1941-02-04"))
    found = {"resource": ada(), "search": {"score": 1.0}}
    simulator.fail_next(200, body={"resourceType": "Bundle", "total": 1, "entry": [found]})
    assert believed(traced(simulator)) == (None, "05")


@pytest.mark.parametrize(
    "world",
    [{}, {"invalidated": [ADA]}, {"superseded": {ADA: BEN}}],
    ids=["not held", "invalidated", "superseded"],
)
def test_who_is_found_but_cannot_be_read_under_that_number_is_left_to_a_reviewer(world):
    simulator = pds(ada(BEN, family="Elsewhere"), **world)
    found = {"resource": ada(), "search": {"score": 1.0}}
    simulator.fail_next(200, body={"resourceType": "Bundle", "total": 1, "entry": [found]})
    assert (*believed(traced(simulator)), asked(simulator)) == (None, "05", ["search", "read"])


@pytest.mark.parametrize("score", [0.9499, 0.5, 0, None])
def test_below_the_stated_confidence_nobody_is_accepted_or_even_read(score):
    simulator = pds(ada())
    found = {"resource": ada(), "search": {"score": score}}
    simulator.fail_next(200, body={"resourceType": "Bundle", "total": 1, "entry": [found]})
    assert (*believed(traced(simulator)), asked(simulator)) == (None, "05", ["search"])


def test_the_confidence_is_the_callers_to_state():
    result = traced(pds(ada(family="Newname", previous_family="Example")), confidence=1.0)
    assert believed(result) == (None, "05")


def test_a_fuzzy_match_is_suggested_and_never_accepted_however_high_its_score():
    simulator = pds()
    everything_else = sum(not step.after_many and not step.fuzzy for step in STEPS)
    empty = {"resourceType": "Bundle", "total": 0}
    simulator.fail_next(200, times=everything_else, body=empty)
    simulator.population.hold(ada())
    result = traced(simulator)
    assert steps(result)[-1] == "fuzzy"
    assert result.evidence.steps[-1].score == 1.0
    assert (*believed(result), numbers_for_review(result)) == (None, "05", [ADA])


def test_swapped_and_misspelt_names_are_suggested_only():
    result = traced(pds(ada(family="Adelind", given=["Exampel"])))
    assert (*believed(result), numbers_for_review(result)) == (None, "05", [ADA])


def test_too_many_fuzzy_matches_are_no_suggestion():
    result = traced(pds(ada(ADA, family="Exampel"), ada(BEN, family="Exampul")))
    assert (result.outcome, str(result.status)) == (Ambiguous(), "04")


@pytest.mark.parametrize("postcode", [None, "", "ZZ99 3VZ", "no fixed abode"])
def test_without_a_postcode_people_are_found_but_only_for_review(postcode):
    simulator = pds(ada())
    result = traced(simulator, our_ada(postcode=postcode))
    assert (*believed(result), numbers_for_review(result)) == (None, "05", [ADA])
    assert "address-postalcode" not in result.evidence.fields


def test_a_short_name_has_no_beginning_to_search_by():
    result = traced(pds(), our_ada(family="Ng", given=("Li",)))
    assert not [name for name in steps(result) if name.endswith("name")]


def test_without_a_given_name_the_fuzzy_step_needs_gender_and_postcode():
    with_gender = traced(pds(), our_ada(given=()))
    without = traced(pds(), our_ada(given=(), gender=None))
    assert ("fuzzy" in steps(with_gender), "fuzzy" in steps(without)) == (True, False)


@pytest.mark.parametrize(
    "ours", [{"family": "Ex*"}, {"family": "E" * 60}, {"given": ("*",)}, {"given": (), "gender": "F"}]
)
def test_odd_words_of_the_council_never_crash_a_trace(ours):
    assert believed(traced(pds(ada()), our_ada(**ours)))[0] is None


def test_a_family_name_longer_than_pds_holds_is_searched_as_far_as_pds_holds_it():
    simulator = pds()
    wire = Recording(simulator)
    traced(simulator, our_ada(family="E" * 60), transport=wire)
    assert max(len(request.url.params["family"]) for request in wire.requests) == 35
