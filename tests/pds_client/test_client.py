"""Is each request made as PDS wants it?"""

import uuid

import pytest

from pds_client import (
    FullStop,
    Matched,
    Misconfigured,
    NhsNumber,
    Query,
)
from pds_client.simulator.answers import operation_outcome
from pds_client.trace import trace
from tests.pds_client.asking import read, recorded
from tests.pds_client.world import ADA, Recording, ada, client_of, our_ada, pds, run

NUMBER = NhsNumber.parse(ADA)
TOO_MANY = operation_outcome("TOO_MANY_MATCHES", "", "multiple-matches", "information")


def test_a_second_401_after_a_new_token_stops_the_client_for_good():
    simulator = pds(ada())
    simulator.fail_next(401, times=2)

    async def read_three_times():
        async with client_of(simulator) as client:
            for _ in range(3):
                with pytest.raises(FullStop) as stop:
                    await client.read(NUMBER)
            return stop.value

    stop = run(read_three_times())
    assert (stop.status, stop.code) == (401, "ACCESS_DENIED")
    assert [call.operation for call in simulator.calls] == ["token", "read", "token", "read"]


def test_a_first_401_buys_a_new_token_and_asks_once_more():
    simulator = pds(ada())
    simulator.fail_next(401)
    assert isinstance(read(simulator), Matched)
    assert [call.operation for call in simulator.calls] == ["token", "read", "token", "read"]


def test_the_request_id_stays_the_same_when_asked_again_and_differs_between_calls():
    simulator = pds(ada())
    simulator.fail_next(503, times=2)
    simulator.fail_next(401)

    async def read_twice():
        async with client_of(simulator) as client:
            await client.read(NUMBER)
            await client.read(NUMBER)

    run(read_twice())
    ids = [call.request_id for call in simulator.calls if call.operation == "read"]
    assert len(ids) == 5
    assert len(set(ids[:4])) == 1
    assert len(set(ids)) == 2


def test_the_request_id_and_correlation_id_of_the_caller_are_sent():
    simulator = pds(ada())
    wire, one, other = Recording(simulator), uuid.uuid4(), uuid.uuid4()

    async def once():
        async with client_of(simulator, transport=wire) as client:
            await client.read(NUMBER, request_id=one, correlation_id=other)

    run(once())
    (request,) = wire.requests
    assert (request.headers["X-Request-ID"], request.headers["X-Correlation-ID"]) == (str(one), str(other))


def test_each_request_says_for_which_organisation_it_is_made_and_what_it_accepts():
    (request,) = recorded(pds(ada()))
    assert request.headers["NHSD-End-User-Organisation-ODS"] == "X26"
    assert request.headers["Accept"] == "application/fhir+json"
    assert request.headers["Authorization"].startswith("Bearer ")


def test_a_call_may_be_made_for_another_organisation_and_not_for_a_header_of_its_own():
    simulator = pds(ada())
    wire = Recording(simulator)

    async def once():
        async with client_of(simulator, transport=wire) as client:
            await client.read(NUMBER, organisation="X27")
            await client.related_persons(NUMBER, organisation="X28")
            await trace(client, our_ada(), organisation="X29")
            with pytest.raises(Misconfigured):
                await client.read(NUMBER, organisation="X26\r\nX-Other: 1")

    run(once())
    assert [request.headers["NHSD-End-User-Organisation-ODS"] for request in wire.requests] == [
        "X27",
        "X28",
        "X29",
        "X29",
    ]


def test_spaces_and_wildcards_are_written_in_percent():
    query = Query(family="De La*", birth_date="eq1941-02-03", postcode="ZE1 0AA")
    (request,) = recorded(pds(), query)
    assert request.url.raw_path.endswith(
        b"/Patient?family=De%20La%2A&birthdate=eq1941-02-03&address-postalcode=ZE1%200AA"
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"base_url": "http://pds.example/FHIR/R4"},
        {"token_url": "http://127.0.0.1.example/oauth2/token"},
        {"token_url": "ftp://127.0.0.1/oauth2/token"},
        {"api_key": ""},
        {"key_id": "a b"},
        {"end_user_organisation": ""},
        {"end_user_organisation": "X26\r\nX-Other: 1"},
        {"rate": 0},
        {"rate": float("nan")},
        {"deadline": -1},
        {"attempts": 0},
        {"private_key": "not a key"},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_client_that_cannot_work_cannot_be_made(wrong):
    with pytest.raises(Misconfigured):
        client_of(pds(), **wrong)
