"""Is a failure ever taken for an answer, and does the evidence tell what was done?"""

import asyncio

import pytest

from pds_client import (
    Refused,
    Status,
    Unavailable,
)
from pds_client.simulator.answers import operation_outcome
from pds_client.trace import trace
from tests.pds_client.tracing import asked, believed, steps, traced
from tests.pds_client.world import ADA, NOON, NUMBERS, Recording, ada, client_of, our_ada, pds, run


@pytest.mark.parametrize("status", [429, 500, 502, 503, 408])
def test_when_every_step_fails_the_trace_is_unavailable_and_never_no_match(status):
    simulator = pds(ada())
    simulator.fail_next(status, times=100)
    result = traced(simulator)
    assert (type(result.outcome), *believed(result)) == (Unavailable, None, "03")
    assert steps(result) == ["everything, with history"]


def test_when_a_later_step_fails_the_trace_is_unavailable_and_never_no_match():
    simulator = pds()
    simulator.fail_next(200, body={"resourceType": "Bundle", "total": 0})
    simulator.fail_next(500, times=4)
    assert (type(traced(simulator).outcome), len(asked(simulator))) == (Unavailable, 5)


def test_when_the_read_after_a_match_fails_nobody_is_accepted():
    simulator = pds(ada())
    found = {"resource": ada(), "search": {"score": 1.0}}
    simulator.fail_next(200, body={"resourceType": "Bundle", "total": 1, "entry": [found]})
    simulator.fail_next(500, times=4)
    result = traced(simulator)
    assert (type(result.outcome), *believed(result)) == (Unavailable, None, "03")


def test_a_refusal_ends_the_trace_as_refused():
    simulator = pds(ada())
    simulator.fail_next(403, body=operation_outcome("INVALID_METHOD", ""))
    result = traced(simulator)
    assert (result.outcome, *believed(result)) == (Refused(403, "INVALID_METHOD"), None, "03")


def test_a_failing_search_after_an_unknown_held_number_is_unavailable():
    simulator = pds()
    simulator.fail_next(404, body=operation_outcome("RESOURCE_NOT_FOUND", "", "not-found"))
    simulator.fail_next(500, times=4)
    result = traced(simulator, our_ada(nhs_number=ADA))
    assert (type(result.outcome), str(result.status)) == (Unavailable, "02")


def test_the_evidence_tells_steps_fields_score_version_time_and_calls():
    evidence = traced(pds(ada(version=9))).evidence
    assert [(step.name, step.outcome, step.score) for step in evidence.steps] == [
        ("everything, with history", "Matched", 1.0),
        ("whole record", "Matched", None),
    ]
    assert evidence.fields == ("family", "given", "birthdate", "address-postalcode", "nhs_number")
    assert (evidence.score, evidence.version, evidence.at, evidence.calls) == (1.0, "9", NOON, 2)


def test_the_evidence_names_the_requests_that_were_made():
    simulator = pds(ada())
    evidence = traced(simulator).evidence
    sent = [call.request_id for call in simulator.calls if call.operation != "token"]
    assert [str(step.request_id) for step in evidence.steps] == sent


def test_all_calls_of_a_trace_share_one_correlation_id():
    simulator = pds()
    wire = Recording(simulator)
    traced(simulator, transport=wire)
    assert len({request.headers["X-Correlation-ID"] for request in wire.requests}) == 1
    assert len({request.headers["X-Request-ID"] for request in wire.requests}) == len(wire.requests)


def test_a_call_that_was_not_made_is_no_evidence():
    simulator = pds(ada())
    simulator.fail_next(500, times=20, token=True)
    assert traced(simulator).evidence.calls == 0


def test_a_status_is_its_code():
    assert (Status.VERIFIED, Status.POSTPONED) == ("01", "08")


def test_a_traced_person_costs_little_more_than_two_calls():
    names = [f"Example{letter}" for letter in "abcdefghijklmnopqrst"]
    people = [ada(number, family=name) for number, name in zip(NUMBERS, names, strict=False)]
    simulator = pds(*people)

    async def all_of_them():
        async with client_of(simulator) as client:
            return await asyncio.gather(*(trace(client, our_ada(family=name)) for name in names))

    results = run(all_of_them())
    assert [result.patient.nhs_number.value for result in results] == list(NUMBERS[:20])
    assert sum(result.evidence.calls for result in results) / len(results) < 2.2
