"""Is a number the council holds only believed when the record behind it agrees?"""

import pytest

from pds_client import (
    Ambiguous,
    BadNumber,
    Environment,
    Insufficient,
    Invalidated,
    Matched,
    NotFound,
    Restricted,
    Superseded,
    Unavailable,
    Unchanged,
)
from pds_client.simulator import person
from tests.pds_client.tracing import asked, believed, numbers_for_review, traced
from tests.pds_client.world import ADA, BEN, ada, our_ada, pds


def test_a_held_number_is_believed_after_one_read_that_agrees():
    simulator = pds(ada())
    result = traced(simulator, our_ada(nhs_number=ADA))
    assert (type(result.outcome), *believed(result)) == (Matched, ADA, "01")
    assert asked(simulator) == ["read"]


@pytest.mark.parametrize("field", ["family", "given", "postcode"])
def test_a_held_number_is_believed_when_only_the_date_of_birth_and_one_field_agree(field):
    others = {"family": "Other", "given": ("Otto",), "postcode": "ZE9 9ZZ"}
    others[field] = getattr(our_ada(), field)
    assert believed(traced(pds(ada()), our_ada(nhs_number=ADA, **others))) == (ADA, "01")


@pytest.mark.parametrize(
    "ours",
    [{"birth_date": "1941-03-02"}, {"family": "Other", "given": ("Otto",), "postcode": "ZE9 9ZZ"}],
    ids=["date of birth", "all else"],
)
def test_a_held_number_of_somebody_else_is_left_to_a_reviewer(ours):
    simulator = pds(ada())
    result = traced(simulator, our_ada(nhs_number=ADA, **ours))
    assert (type(result.outcome), *believed(result)) == (Ambiguous, None, "05")
    assert numbers_for_review(result) == [ADA]
    assert asked(simulator) == ["read"]


def test_a_held_number_whose_record_says_nothing_is_left_to_a_reviewer():
    assert believed(traced(pds(person(ADA)), our_ada(nhs_number=ADA))) == (None, "05")


def test_a_held_number_that_was_superseded_is_believed_as_the_new_one():
    result = traced(pds(ada(BEN), superseded={ADA: BEN}), our_ada(nhs_number=ADA))
    assert isinstance(result.outcome, Superseded)
    assert (result.outcome.old.value, result.outcome.new.value) == (ADA, BEN)
    assert believed(result) == (BEN, "01")


def test_a_held_number_superseded_by_somebody_else_is_left_to_a_reviewer():
    result = traced(pds(ada(BEN, birth_date="1999-01-01"), superseded={ADA: BEN}), our_ada(nhs_number=ADA))
    assert (*believed(result), numbers_for_review(result)) == (None, "05", [BEN])


def test_a_held_number_of_a_restricted_person_is_believed_and_tells_that_they_are():
    result = traced(pds(ada(security="R")), our_ada(nhs_number=ADA))
    assert (type(result.outcome), *believed(result)) == (Restricted, ADA, "01")
    assert result.patient.is_restricted


def test_a_held_number_without_a_date_of_birth_to_compare_causes_no_call():
    simulator = pds(ada())
    result = traced(simulator, our_ada(nhs_number=ADA, birth_date="1941"))
    assert (result.outcome, str(result.status)) == (Insufficient(("birth_date",)), "02")
    assert simulator.calls == []


@pytest.mark.parametrize(
    ("world", "outcome"), [({}, NotFound()), ({"invalidated": [ADA]}, Invalidated())], ids=["unknown", "invalidated"]
)
def test_a_held_number_that_pds_does_not_know_stays_unresolved(world, outcome):
    result = traced(pds(**world), our_ada(nhs_number=ADA))
    assert (result.outcome, *believed(result)) == (outcome, None, "05")


@pytest.mark.parametrize("world", [{}, {"invalidated": [ADA]}], ids=["unknown", "invalidated"])
def test_whom_a_search_finds_in_place_of_a_held_number_is_left_to_a_reviewer(world):
    result = traced(pds(ada(BEN), **world), our_ada(nhs_number=ADA))
    assert (type(result.outcome), *believed(result)) == (Ambiguous, None, "05")
    assert numbers_for_review(result) == [BEN]


def test_a_held_number_that_cannot_occur_here_is_not_asked_for():
    simulator = pds()
    result = traced(simulator, our_ada(nhs_number=ADA), environment=Environment.PRODUCTION)
    assert (result.outcome, str(result.status)) == (BadNumber(), "05")
    assert "read" not in asked(simulator)


def test_a_held_number_pds_does_not_know_and_no_name_to_search_by_stays_not_found():
    simulator = pds()
    result = traced(simulator, our_ada(nhs_number=ADA, family=None))
    assert (result.outcome, asked(simulator)) == (NotFound(), ["read"])


def test_a_failure_while_a_held_number_is_read_is_unavailable_and_changes_nothing():
    simulator = pds(ada())
    simulator.fail_next(503, times=4)
    result = traced(simulator, our_ada(nhs_number=ADA))
    assert (type(result.outcome), *believed(result)) == (Unavailable, None, "02")


def test_a_verified_number_whose_version_pds_still_holds_is_unchanged_after_one_read():
    simulator = pds(ada(version=7))
    result = traced(simulator, our_ada(nhs_number=ADA), etag='W/"7"')
    assert (type(result.outcome), str(result.status), result.patient) == (Unchanged, "01", None)
    assert asked(simulator) == ["read"]


def test_a_verified_number_of_which_pds_holds_another_version_is_compared_again():
    result = traced(pds(ada(version=8)), our_ada(nhs_number=ADA), etag='W/"7"')
    assert (type(result.outcome), *believed(result)) == (Matched, ADA, "01")
    result = traced(pds(ada(version=8, birth_date="1950-01-01")), our_ada(nhs_number=ADA), etag='W/"7"')
    assert (type(result.outcome), *believed(result)) == (Ambiguous, None, "05")


def test_a_superseded_number_is_never_unchanged_though_the_versions_are_the_same():
    result = traced(pds(ada(BEN, version=7), superseded={ADA: BEN}), our_ada(nhs_number=ADA), etag='W/"7"')
    assert (type(result.outcome), *believed(result)) == (Superseded, BEN, "01")


LET_STAND = frozenset({"birth_date"})


def test_what_a_person_let_stand_does_not_bring_the_doubt_back():
    held = ada(birth_date="1950-01-01")
    assert believed(traced(pds(held), our_ada(nhs_number=ADA))) == (None, "05")
    assert believed(traced(pds(held), our_ada(nhs_number=ADA), let_stand=LET_STAND)) == (ADA, "01")


@pytest.mark.parametrize(
    ("theirs", "let_stand"),
    [
        ({"birth_date": "1950-01-01", "family": "Sample"}, {"birth_date"}),
        ({"birth_date": "1950-01-01"}, {"family"}),
        ({"birth_date": "1950-01-01"}, {"given", "postcode"}),
        ({"birth_date": None, "family": "Other", "given": ["Otto"], "postcode": "ZE9 9ZZ"}, {"family", "given"}),
    ],
)
def test_what_differs_beyond_that_does(theirs, let_stand):
    result = traced(pds(ada(**theirs)), our_ada(nhs_number=ADA), let_stand=frozenset(let_stand))
    assert believed(result) == (None, "05")


def test_what_a_person_let_stand_of_one_record_is_no_word_on_the_one_in_its_place():
    simulator = pds(ada(BEN, birth_date="1950-01-01"), superseded={ADA: BEN})
    assert believed(traced(simulator, our_ada(nhs_number=ADA), let_stand=LET_STAND)) == (None, "05")
