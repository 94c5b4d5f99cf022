"""Is each documented answer of PDS a type of its own?"""

from pds_client import (
    Ambiguous,
    BadNumber,
    Environment,
    Invalidated,
    Matched,
    NhsNumber,
    NoMatch,
    NotFound,
    Query,
    Restricted,
    Superseded,
    Unchanged,
)
from pds_client.simulator import person
from pds_client.simulator.answers import operation_outcome
from tests.pds_client.asking import bundle, read, search
from tests.pds_client.world import ADA, BEN, CAT, ada, pds

NUMBER = NhsNumber.parse(ADA)
TOO_MANY = operation_outcome("TOO_MANY_MATCHES", "", "multiple-matches", "information")


def test_a_number_that_is_held_is_matched_with_its_version():
    outcome = read(pds(ada(version=4)))
    assert isinstance(outcome, Matched)
    assert (outcome.patient.nhs_number, outcome.patient.etag, outcome.score) == (NUMBER, 'W/"4"', None)


def test_a_number_that_is_not_held_is_not_found():
    assert read(pds()) == NotFound()


def test_an_invalidated_number_is_told_from_one_not_held():
    assert read(pds(ada(), invalidated=[ADA])) == Invalidated()


def test_a_superseded_number_gives_the_old_the_new_and_the_record():
    outcome = read(pds(ada(BEN), superseded={ADA: BEN}))
    assert isinstance(outcome, Superseded)
    assert (outcome.old.value, outcome.new.value, outcome.patient.superseded_from) == (ADA, BEN, NUMBER)


def test_a_number_superseded_twice_leads_to_the_last():
    assert read(pds(ada(CAT), superseded={ADA: BEN, BEN: CAT})).new.value == CAT


def test_a_restricted_person_is_restricted_and_without_a_place():
    outcome = read(pds(ada(security="R")))
    assert isinstance(outcome, Restricted)
    assert (outcome.patient.postcodes, outcome.patient.general_practitioner) == ((), None)


def test_a_number_that_cannot_occur_in_the_environment_is_bad_and_causes_no_call():
    simulator = pds(ada())
    assert read(simulator, environment=Environment.PRODUCTION) == BadNumber()
    assert simulator.calls == []


def test_a_number_that_pds_calls_invalid_is_bad():
    simulator = pds(ada())
    simulator.fail_next(400, body=operation_outcome("INVALID_RESOURCE_ID", ""))
    assert read(simulator) == BadNumber()


def test_a_read_with_the_version_that_pds_still_holds_is_unchanged():
    assert read(pds(ada(version=4)), etag='W/"4"') == Unchanged('W/"4"')


def test_a_read_with_an_older_version_is_matched():
    assert isinstance(read(pds(ada(version=5)), etag='W/"4"'), Matched)


def test_a_version_of_the_same_number_does_not_hide_a_superseding():
    assert isinstance(read(pds(ada(BEN, version=4), superseded={ADA: BEN}), etag='W/"4"'), Superseded)


def test_a_minimal_record_is_matched():
    assert isinstance(read(pds(person(ADA))), Matched)


def test_one_who_fits_is_matched_with_the_score():
    outcome = search(pds(ada()))
    assert isinstance(outcome, Matched)
    assert (outcome.patient.nhs_number, outcome.score) == (NUMBER, 1.0)


def test_nobody_who_fits_is_no_match():
    assert search(pds()) == NoMatch()


def test_too_many_who_fit_are_ambiguous_though_pds_says_200_with_an_outcome():
    assert search(pds(ada(ADA), ada(BEN))) == Ambiguous()


def test_several_entries_are_ambiguous_and_give_opaque_candidates():
    simulator = pds(ada())
    entries = [{"resource": ada(number), "search": {"score": score}} for number, score in ((ADA, 1), (BEN, 0.9))]
    simulator.fail_next(200, body=bundle(*entries))
    outcome = search(simulator)
    assert [(each.nhs_number.value, each.score) for each in outcome.candidates] == [(ADA, 1.0), (BEN, 0.9)]


def test_a_restricted_person_is_found_without_a_postcode():
    without_place = Query(family="Example", birth_date="eq1941-02-03")
    outcome = search(pds(ada(security="R")), without_place)
    assert isinstance(outcome, Restricted)
    assert outcome.patient.postcodes == ()


def test_a_restricted_person_is_not_found_with_a_postcode():
    assert search(pds(ada(security="R"))) == NoMatch()


def test_a_superseded_person_is_found_under_the_new_number():
    outcome = search(pds(ada(ADA), ada(BEN), superseded={ADA: BEN}))
    assert outcome.patient.nhs_number.value == BEN
