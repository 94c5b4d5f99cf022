"""Is PDS left alone while it is down, and asked again when it may be up?"""

import asyncio

import httpx
import pytest

from pds_client import Matched, NhsNumber, Unavailable
from pds_client.circuit import Circuit
from tests.pds_client.world import ADA, ada, client_of, now, pds, run

NUMBER = NhsNumber.parse(ADA)


def reads(simulator):
    return sum(call.operation == "read" for call in simulator.calls)


def test_while_pds_fails_nobody_asks_and_after_a_rest_one_does():
    simulator = pds(ada())
    simulator.fail_next(500, times=6)

    async def go_on():
        async with client_of(simulator) as client:
            first = [await client.read(NUMBER) for _ in range(2)]
            asked, began = reads(simulator), now()
            refused = await client.read(NUMBER)
            asked_while_open, waited = reads(simulator) - asked, now() - began
            await asyncio.sleep(31)
            probe = await client.read(NUMBER)
            await asyncio.sleep(31)
            return first, refused, asked_while_open, waited, probe, await client.read(NUMBER)

    first, refused, asked_while_open, waited, probe, later = run(go_on())
    assert {type(outcome) for outcome in first} == {Unavailable}
    assert (type(refused), refused.asked, asked_while_open) == (Unavailable, False, 0)
    assert waited < 0.1
    assert isinstance(probe, Unavailable)
    assert isinstance(later, Matched)


def test_a_429_does_not_open_the_circuit():
    simulator = pds(ada())
    simulator.fail_next(429, times=12)

    async def go_on():
        async with client_of(simulator) as client:
            return [type(await client.read(NUMBER)) for _ in range(4)]

    assert run(go_on()) == [Unavailable, Unavailable, Unavailable, Matched]


def test_refusals_do_not_open_the_circuit():
    simulator = pds(ada())
    simulator.fail_next(403, times=12)

    async def go_on():
        async with client_of(simulator) as client:
            return [await client.read(NUMBER) for _ in range(13)][-1]

    assert isinstance(run(go_on()), Matched)


def test_a_success_forgets_the_failures_before_it():
    circuit = Circuit(failures=2, rest=30, time=lambda: 0)
    for _ in range(5):
        circuit.failed()
        circuit.succeeded()
    assert circuit.admits()


def test_a_probe_that_never_returns_does_not_block_the_next():
    times = iter([0, 30, 30, 31, 60, 60])
    circuit = Circuit(failures=1, rest=30, time=lambda: next(times))
    circuit.failed()
    assert [circuit.admits(), circuit.admits(), circuit.admits()] == [True, False, True]


class Broken(httpx.AsyncBaseTransport):
    """Fails where it is told to: at the token endpoint or beyond it."""

    def __init__(self, simulator, where):
        self._carrier = httpx.ASGITransport(simulator.app)
        self._where = where
        self.tried = 0

    async def handle_async_request(self, request):
        if self._where not in request.url.path:
            return await self._carrier.handle_async_request(request)
        self.tried += 1
        raise httpx.ReadError(f"no answer from {request.url}")


@pytest.mark.parametrize(("where", "asked"), [("/Patient/", True), ("/oauth2/", False)])
def test_a_connection_that_fails_is_tried_again_and_then_unavailable_without_its_url(where, asked):
    simulator = pds(ada())
    wire = Broken(simulator, where)

    async def once():
        async with client_of(simulator, transport=wire) as client:
            return await client.read(NUMBER)

    outcome = run(once())
    assert (type(outcome), outcome.status, outcome.asked, wire.tried) == (Unavailable, None, asked, 4)
    assert ADA not in repr(outcome)


def test_connections_that_fail_open_the_circuit():
    simulator = pds(ada())
    wire = Broken(simulator, "/Patient/")

    async def three_times():
        async with client_of(simulator, transport=wire) as client:
            return [await client.read(NUMBER) for _ in range(3)][-1]

    assert not run(three_times()).asked
    assert wire.tried == 5
