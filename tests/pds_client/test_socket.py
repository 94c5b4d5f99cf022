"""Does it all work over a real socket, as a product and as a script would use it?"""

import asyncio

import pytest

from pds_client import BlockingPdsClient, Invalidated, Matched, NhsNumber, Query, Related, Superseded, Unavailable
from pds_client.simulator import serve
from pds_client.trace import trace
from tests.pds_client.world import ADA, BEN, CAT, DOT, NUMBERS, ada, client_at, our_ada, pds


@pytest.fixture(scope="module")
def world():
    """A PDS on a socket, with its simulator beside it."""
    simulator = pds(
        *(ada(number, family=f"Example{place}") for place, number in enumerate(NUMBERS[5:])),
        *(ada(ADA), ada(BEN, family="Newname")),
        superseded={CAT: BEN},
        invalidated=[DOT],
    )
    with serve(simulator) as served:
        yield simulator, served


def test_every_kind_of_call_works_in_a_script(world):
    _, served = world
    with BlockingPdsClient(client_at(served, rate=1000)) as pds_client:
        outcomes = [
            pds_client.read(NhsNumber.parse(ADA)),
            pds_client.read(NhsNumber.parse(CAT)),
            pds_client.read(NhsNumber.parse(DOT)),
            pds_client.search(Query(family="Example", birth_date="1941-02-03", postcode="ZE1 0AA")),
            pds_client.related_persons(NhsNumber.parse(ADA)),
        ]
        status = pds_client.trace(our_ada()).status
    assert [type(outcome) for outcome in outcomes] == [Matched, Superseded, Invalidated, Matched, Related]
    assert status == "01"


def test_fifty_reads_at_once_share_one_token_and_all_succeed(world):
    simulator, served = world
    before = len(simulator.calls)

    async def read_all():
        async with client_at(served, rate=1000) as client:
            return await asyncio.gather(*(client.read(NhsNumber.parse(number)) for number in NUMBERS[5:55]))

    outcomes = asyncio.run(read_all())
    operations = [call.operation for call in simulator.calls[before:]]
    assert [outcome.patient.nhs_number.value for outcome in outcomes] == list(NUMBERS[5:55])
    assert (operations.count("token"), operations.count("read")) == (1, 50)


def test_traces_at_once_find_each_their_own_person(world):
    _, served = world

    async def trace_all():
        async with client_at(served, rate=1000) as client:
            wanted = [our_ada(family=f"Example{place}") for place in range(20)]
            return await asyncio.gather(*(trace(client, ours) for ours in wanted))

    assert [result.patient.nhs_number.value for result in asyncio.run(trace_all())] == list(NUMBERS[5:25])


def test_a_pds_that_is_gone_is_unavailable():
    with serve(pds()) as served:
        pass
    with BlockingPdsClient(client_at(served, attempts=1)) as pds_client:
        assert isinstance(pds_client.read(NhsNumber.parse(ADA)), Unavailable)


def test_the_environment_of_the_process_changes_nothing(world, monkeypatch):
    _, served = world
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with BlockingPdsClient(client_at(served)) as pds_client:
        assert isinstance(pds_client.read(NhsNumber.parse(ADA)), Matched)
