"""Do we have any of the faults that were found in other clients of PDS?

Each test is named for what happened to the users of that client.
"""

import asyncio

import pytest

from pds_client import (
    Ambiguous,
    Invalidated,
    Matched,
    NhsNumber,
    NoMatch,
    NotFound,
    Query,
    Refused,
    Restricted,
    Superseded,
    Unavailable,
)
from pds_client.cascade import STEPS, steps_for
from pds_client.patient import PdsPatient
from pds_client.simulator import person
from pds_client.simulator.answers import operation_outcome
from pds_client.trace import trace
from tests.pds_client.world import ADA, BEN, Clock, ada, client_of, now, our_ada, pds, run

NUMBER = NhsNumber.parse(ADA)


def ask(simulator, asking, **options):
    async def once():
        async with client_of(simulator, **options) as client:
            return await asking(client)

    return run(once())


def read(client):
    return client.read(NUMBER)


def search(client):
    return client.search(Query(family="Example", birth_date="1941-02-03"))


def trace_ada(client):
    return trace(client, our_ada())


def operations(simulator):
    return [call.operation for call in simulator.calls if call.operation != "token"]


# A document repository in Python


def test_a_superseded_record_is_noticed():
    assert isinstance(ask(pds(ada(BEN), superseded={ADA: BEN}), read), Superseded)


@pytest.mark.parametrize("code", ["INVALID_VALUE", "MISSING_VALUE", "ADDITIONAL_PROPERTIES"])
def test_a_400_is_not_always_a_bad_number(code):
    simulator = pds()
    simulator.fail_next(400, body=operation_outcome(code, ""))
    assert ask(simulator, read) == Refused(400, code)


def test_a_404_is_not_always_not_found():
    assert ask(pds(invalidated=[ADA]), read) == Invalidated()


def test_a_record_without_names_is_read():
    assert isinstance(ask(pds(person(ADA)), read), Matched)


def test_a_record_with_a_partial_date_is_read():
    assert ask(pds(ada(birth_date="1941")), read).patient.birth_date == "1941"


def test_a_request_does_not_wait_for_ever():
    simulator = pds()
    simulator.fail_next(200, delay=10**6)

    async def read_and_time(client):
        await client.read(NUMBER)
        return now()

    assert ask(simulator, read_and_time) < 60


def test_a_lost_connection_is_not_called_too_many_requests():
    async def read_from_nowhere(client):
        return await client.read(NUMBER)

    closed = {"base_url": "http://127.0.0.1:9/FHIR/R4", "token_url": "http://127.0.0.1:9/token", "transport": None}
    outcome = ask(pds(), read_from_nowhere, **closed)
    assert (type(outcome), outcome.status) == (Unavailable, None)


def test_the_request_id_is_the_same_after_a_401():
    simulator = pds(ada())
    simulator.fail_next(401)
    ask(simulator, read)
    assert len({call.request_id for call in simulator.calls if call.operation == "read"}) == 1


# A matcher for children's social care in C#


@pytest.mark.parametrize("status", [429, 500])
def test_all_searches_failed_is_not_no_match(status):
    simulator = pds(ada())
    simulator.fail_next(status, times=100)
    assert isinstance(ask(simulator, trace_ada).outcome, Unavailable)


def test_not_found_is_read_from_the_code_that_pds_sends():
    assert ask(pds(), read) == NotFound()


def test_a_sure_match_ends_the_cascade():
    simulator = pds(ada())
    ask(simulator, trace_ada)
    assert operations(simulator) == ["search", "read"]


def test_no_fuzzy_search_has_a_wildcard():
    fuzzy = [query for step, query in steps_for(our_ada()) if step.fuzzy]
    assert fuzzy
    assert not any("*" in value for query in fuzzy for _, value in query.parameters())


def test_letters_are_a_refused_number_and_no_crash():
    with pytest.raises(ValueError, match="ten digits"):
        NhsNumber.parse("ABCDEFGHIJ")


def test_the_lifetime_of_a_token_is_read_from_the_answer():
    clock = Clock()
    simulator = pds(ada(), token_lifetime=20, clock=clock)

    async def read_twice(client):
        await client.read(NUMBER)
        clock.pass_by(seconds=15)
        await client.read(NUMBER)

    ask(simulator, read_twice, clock=clock)
    assert [call.operation for call in simulator.calls] == ["token", "read", "token", "read"]


def test_a_restricted_person_is_a_type_and_not_a_line_in_a_log():
    assert isinstance(ask(pds(ada(security="R")), read), Restricted)


def test_two_good_matches_of_different_people_are_ambiguous():
    assert isinstance(ask(pds(ada(ADA), ada(BEN)), trace_ada).outcome, Ambiguous)


# A vaccination service in Ruby


def test_the_usual_name_is_not_the_first_of_the_list():
    record = ada()
    record["name"].insert(0, {"use": "temp", "family": "Temporary"})
    assert PdsPatient.parse(record).usual_name.family == "Example"


def test_an_outcome_without_details_is_no_crash_and_no_match():
    simulator = pds()
    simulator.fail_next(200, body={"resourceType": "OperationOutcome", "issue": [{"code": "processing"}]})
    assert isinstance(ask(simulator, search), Unavailable)


def test_a_blank_postcode_does_not_end_the_trace():
    result = ask(pds(ada()), lambda client: trace(client, our_ada(postcode="")))
    assert [candidate.nhs_number.value for candidate in result.candidates] == [ADA]


def test_one_5xx_inside_the_cascade_does_not_end_it():
    simulator = pds(ada())
    simulator.fail_next(502)
    assert str(ask(simulator, trace_ada).status) == "01"


def test_a_try_again_has_the_same_request_id():
    simulator = pds(ada())
    simulator.fail_next(503, times=2)
    ask(simulator, read)
    assert len({call.request_id for call in simulator.calls if call.operation == "read"}) == 1


def test_the_fuzzy_step_attaches_nobody():
    assert all(step.fuzzy for step in STEPS[-1:])
    result = ask(pds(ada(family="Exampel", postcode="LS1 6AE")), trace_ada)
    assert (result.patient, [candidate.nhs_number.value for candidate in result.candidates]) == (None, [ADA])


# A cohort manager in C#


def test_the_status_is_looked_at_before_the_body():
    simulator = pds()
    simulator.fail_next(400, body=ada())
    assert isinstance(ask(simulator, read), Refused)


def test_a_restricted_person_is_not_a_404():
    assert ask(pds(ada(security="R")), read).patient.nhs_number == NUMBER


# Generic clients of FHIR


def test_200_with_an_outcome_of_too_many_is_ambiguous():
    assert ask(pds(ada(ADA), ada(BEN)), search) == Ambiguous()


def test_a_bundle_without_entries_is_no_match():
    assert ask(pds(), search) == NoMatch()


# The rate, which all of them left to chance


def test_many_traces_at_once_are_spaced_by_one_client():
    simulator = pds(ada(), rate_limit=5)

    async def many(client):
        return await asyncio.gather(*(trace(client, our_ada()) for _ in range(10)))

    assert {str(result.status) for result in ask(simulator, many)} == {"01"}
