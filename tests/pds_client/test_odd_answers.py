"""Is an answer that is none of the expected ones told from them?"""

import pytest

from pds_client import (
    Environment,
    Invalidated,
    Matched,
    NhsNumber,
    PdsPatient,
    Refused,
    Related,
    RelatedPerson,
    Unavailable,
)
from pds_client.patient import BadPatient
from pds_client.simulator import person
from pds_client.simulator.answers import operation_outcome
from tests.pds_client.asking import bundle, read, related, search
from tests.pds_client.world import ADA, BEN, ada, pds

NUMBER = NhsNumber.parse(ADA)
TOO_MANY = operation_outcome("TOO_MANY_MATCHES", "", "multiple-matches", "information")


@pytest.mark.parametrize(
    "body",
    [
        {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "processing"}]},
        {"resourceType": "OperationOutcome", "issue": []},
        {"resourceType": "OperationOutcome"},
        operation_outcome("UNSUPPORTED_SERVICE", ""),
        operation_outcome("SERVICE_UNAVAILABLE", ""),
        {"resourceType": "OperationOutcome", "issue": ["TOO_MANY_MATCHES"]},
        {"resourceType": "Patient", "id": ADA},
        {},
        b"[]",
        b"<html>not json</html>",
        b"",
        bundle(total=1),
        {"resourceType": "Bundle"},
        bundle({"resource": operation_outcome("X", "")}),
        bundle({}),
        bundle({"resource": person("9000000015")}),
    ],
)
def test_a_200_that_says_anything_else_is_unavailable_and_never_no_match(body):
    simulator = pds()
    simulator.fail_next(200, body=body)
    assert isinstance(search(simulator), Unavailable)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", TOO_MANY, bundle(), person("9000000015"), {"resourceType": "Patient"}],
    ids=["empty", "cut off", "outcome", "bundle", "bad number", "no number"],
)
def test_a_200_of_a_read_that_is_no_patient_is_unavailable(body):
    simulator = pds()
    simulator.fail_next(200, body=body)
    assert isinstance(read(simulator), Unavailable)


def test_a_match_without_a_score_is_still_a_match():
    simulator = pds()
    simulator.fail_next(200, body=bundle({"resource": ada()}))
    outcome = search(simulator)
    assert (type(outcome), outcome.score) == (Matched, None)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "INVALID_SEARCH_DATA"),
        (400, "INVALID_VALUE"),
        (400, "MISSING_VALUE"),
        (400, "ADDITIONAL_PROPERTIES"),
        (400, "UNSUPPORTED_SERVICE"),
        (403, "ACCESS_DENIED"),
        (403, "INVALID_METHOD"),
        (409, "RESOURCE_VERSION_MISMATCH"),
        (412, "PRECONDITION_FAILED"),
        (404, "SOMETHING_ELSE"),
    ],
)
@pytest.mark.parametrize("ask", [read, search, related])
def test_any_other_refusal_keeps_its_status_and_code_and_is_not_repeated(ask, status, code):
    simulator = pds(ada())
    simulator.fail_next(status, body=operation_outcome(code, "text that may change"))
    assert ask(simulator) == Refused(status, code)
    assert len(simulator.calls) == 2


@pytest.mark.parametrize("ask", [read, search, related])
def test_a_404_that_is_not_of_pds_is_not_not_found(ask):
    simulator = pds(ada())
    simulator.fail_next(404, body=b"<html>nothing here</html>")
    assert ask(simulator) == Refused(404, None)


def test_what_the_server_writes_in_place_of_a_code_is_not_repeated():
    simulator = pds()
    simulator.fail_next(400, body=operation_outcome("Ada Example", ""))
    assert read(simulator) == Refused(400, None)


@pytest.mark.parametrize("status", [202, 204, 301, 501])
def test_an_answer_that_pds_does_not_document_is_unavailable(status):
    simulator = pds()
    simulator.fail_next(status, body=b"")
    assert isinstance(read(simulator), Unavailable)


def test_related_persons_are_handed_over():
    guardian = {"patient": {"identifier": {"value": BEN}}, "relationship": [{"coding": [{"code": "Guardian"}]}]}
    (one,) = related(pds(ada(), related={ADA: [guardian]})).people
    assert (one.nhs_number.value, one.relationships) == (BEN, ("Guardian",))


def test_a_404_and_an_empty_bundle_both_mean_that_nobody_is_related():
    simulator = pds(ada(ADA), ada(BEN, security="R"))
    assert [related(simulator, number) for number in (ADA, BEN)] == [Related(), Related()]


def test_an_invalidated_number_has_no_related_persons_but_is_invalidated():
    assert related(pds(invalidated=[ADA])) == Invalidated()


def test_a_number_received_that_does_not_occur_in_this_environment_is_never_handed_on():
    assert isinstance(search(pds(ada()), environment=Environment.SANDBOX), Matched)
    assert isinstance(search(pds(ada()), environment=Environment.PRODUCTION), Unavailable)
    with pytest.raises(BadPatient):
        PdsPatient.parse(ada(), asked=NUMBER, environment=Environment.PRODUCTION)


def test_a_related_person_of_another_environment_is_no_reference():
    entry = {"patient": {"identifier": {"value": ADA}}}
    of = NhsNumber.parse(BEN)
    assert RelatedPerson.parse(entry, of=of).nhs_number == NUMBER
    assert RelatedPerson.parse(entry, of=of, environment=Environment.PRODUCTION).nhs_number is None
