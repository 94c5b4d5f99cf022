"""Is PDS asked at its rate, again only when that helps, and not at all while it is down?"""

import asyncio
import itertools

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pds_client import Matched, NhsNumber, Unavailable
from pds_client.pace import Pace
from pds_client.retry import retry_after
from pds_client.trace import trace
from tests.pds_client.world import ADA, NOON, NUMBERS, Recording, ada, client_of, now, our_ada, pds, run

NUMBER = NhsNumber.parse(ADA)
PASSING = (408, 429, 500, 502, 503, 504)


def read(simulator, times=1, **options):
    """Reads so often at once; gives the outcomes, the transport and the seconds it took."""
    wire = Recording(simulator)

    async def together():
        async with client_of(simulator, transport=wire, **options) as client:
            began = now()
            outcomes = await asyncio.gather(*(client.read(NUMBER) for _ in range(times)))
            return outcomes, wire, now() - began

    return run(together())


def reads(simulator):
    return sum(call.operation == "read" for call in simulator.calls)


def most_in_a_second(times):
    return max(sum(begin <= time < begin + 1 for time in times) for begin in times)


def test_forty_reads_at_five_a_second_all_succeed_and_take_about_eight_seconds():
    outcomes, _, seconds = read(pds(ada(), rate_limit=5), times=40)
    assert {type(outcome) for outcome in outcomes} == {Matched}
    assert 7.5 < seconds < 8.5


def test_twenty_thousand_turns_never_exceed_the_rate_in_any_second():
    async def take_turns():
        pace, times = Pace(5), []
        for _ in range(20_000):
            await pace.turn()
            times.append(now())
        return times

    times = run(take_turns())
    assert all(later - earlier > 1 for earlier, later in zip(times, times[5:], strict=False))


def test_reads_at_once_never_exceed_the_rate_in_any_second():
    _, wire, _ = read(pds(ada()), times=60)
    assert most_in_a_second(wire.times) == 5


def test_tries_again_count_towards_the_rate():
    simulator = pds(ada())
    simulator.fail_next(502, times=20)
    _, wire, _ = read(simulator, times=20)
    assert most_in_a_second(wire.times) <= 5


def test_traces_at_once_never_exceed_the_rate_in_any_second_whatever_pds_answers():
    simulator = pds(*(ada(number, given=[f"Ada{place}"]) for place, number in enumerate(NUMBERS)))
    for status in (503, 429, 408, 429, 500):
        simulator.fail_next(status)
    wire = Recording(simulator)

    async def together():
        async with client_of(simulator, transport=wire) as client:
            people = [our_ada(given=(f"Ada{place % 60}",)) for place in range(150)]
            return await asyncio.gather(*(trace(client, person, clock=lambda: NOON) for person in people))

    statuses = [str(result.status) for result in run(together())]
    assert statuses.count("01") > 100
    assert len(wire.times) > 300
    assert all(later - earlier > 1 for earlier, later in zip(wire.times, wire.times[5:], strict=False))


def test_after_a_429_everybody_is_slower():
    simulator = pds(ada())
    simulator.fail_next(429)
    _, wire, _ = read(simulator, times=10)
    spaces = [later - earlier for earlier, later in itertools.pairwise(wire.times)]
    assert max(spaces[1:3]) > 0.35


def test_after_answers_the_pace_is_the_old_one_again():
    async def slow_and_recover():
        pace = Pace(5)
        pace.slow_down(0)
        slowness = pace.slowness
        for _ in range(10):
            pace.speed_up()
        return slowness, pace.slowness

    assert run(slow_and_recover()) == (2.0, 1.0)


@pytest.mark.parametrize("status", PASSING)
def test_a_failure_that_may_pass_is_tried_again(status):
    simulator = pds(ada())
    simulator.fail_next(status, times=3)
    outcomes, _, _ = read(simulator)
    assert isinstance(outcomes[0], Matched)
    assert reads(simulator) == 4


@pytest.mark.parametrize("status", PASSING)
def test_a_failure_that_stays_is_unavailable_after_the_last_try(status):
    simulator = pds(ada())
    simulator.fail_next(status, times=4)
    outcomes, _, _ = read(simulator)
    assert (type(outcomes[0]), outcomes[0].status, outcomes[0].asked) == (Unavailable, status, True)
    assert reads(simulator) == 4


@pytest.mark.parametrize(("status", "reason"), [(429, "pds asks us to be slower"), (503, "pds cannot answer")])
def test_an_unavailable_outcome_says_why(status, reason):
    simulator = pds(ada())
    simulator.fail_next(status, times=4)
    outcomes, _, _ = read(simulator)
    assert outcomes == [Unavailable(reason, status)]


def test_a_single_try_that_failed_was_still_asked():
    simulator = pds(ada())
    simulator.fail_next(503)
    outcomes, _, _ = read(simulator, attempts=1)
    assert (outcomes[0].asked, reads(simulator)) == (True, 1)


def test_the_waits_between_tries_grow_and_are_blurred():
    simulators = [pds(ada()) for _ in range(5)]
    waits = []
    for simulator in simulators:
        simulator.fail_next(503, times=3)
        _, wire, _ = read(simulator)
        waits.append([later - earlier for earlier, later in itertools.pairwise(wire.times)])
    assert all(least <= wait <= least + 1.1 for tries in waits for wait, least in zip(tries, (0.5, 1, 2), strict=True))
    assert len({tries[0] for tries in waits}) > 1


@pytest.mark.parametrize("status", [429, 503])
def test_what_retry_after_says_is_waited_for(status):
    simulator = pds(ada())
    simulator.fail_next(status, retry_after=5)
    _, wire, _ = read(simulator)
    assert 5 <= wire.times[1] - wire.times[0] <= 6.5


def test_after_a_429_with_retry_after_nobody_else_is_sent_either():
    simulator = pds(ada())
    simulator.fail_next(429, retry_after=5)
    _, wire, _ = read(simulator, times=3)
    assert [time for time in wire.times if 0.1 < time < 5] == []


@given(st.integers(0, 10**6))
def test_retry_after_in_seconds_is_read(seconds):
    assert retry_after(httpx.Response(503, headers={"Retry-After": str(seconds)}), NOON) == seconds


def test_retry_after_as_a_date_is_read_by_the_clock():
    response = httpx.Response(503, headers={"Retry-After": "Sun, 01 Mar 2026 12:00:07 GMT"})
    assert retry_after(response, NOON) == 7


def test_retry_after_in_the_past_is_now():
    response = httpx.Response(503, headers={"Retry-After": "Sun, 01 Mar 2026 11:00:00 GMT"})
    assert retry_after(response, NOON) == 0


@given(st.text(st.characters(codec="latin-1")))
def test_whatever_retry_after_says_it_is_a_wait_or_nothing(text):
    response = httpx.Response(503, headers=[(b"Retry-After", text.encode("latin-1"))])
    wait = retry_after(response, NOON)
    assert wait is None or wait >= 0


def test_a_call_ends_by_its_deadline_however_long_pds_takes():
    simulator = pds(ada())
    simulator.fail_next(200, delay=3600)
    outcomes, _, seconds = read(simulator, deadline=12)
    assert isinstance(outcomes[0], Unavailable)
    assert 11.9 < seconds < 12.1


def test_a_retry_after_beyond_the_deadline_is_unavailable_with_its_status():
    simulator = pds(ada())
    simulator.fail_next(503, retry_after=3600)
    outcomes, _, seconds = read(simulator)
    assert outcomes[0].status == 503
    assert seconds < 31


def test_the_deadline_does_not_count_the_wait_in_our_own_queue():
    outcomes, _, seconds = read(pds(ada()), times=60, deadline=4)
    assert {type(outcome) for outcome in outcomes} == {Matched}
    assert seconds > 4


def test_no_more_calls_are_under_way_than_two_seconds_of_the_rate():
    class Counting(Recording):
        under_way = most = 0

        async def handle_async_request(self, request):
            self.under_way += 1
            self.most = max(self.most, self.under_way)
            try:
                return await super().handle_async_request(request)
            finally:
                self.under_way -= 1

    simulator = pds(ada())
    simulator.fail_next(404, times=40, delay=8)
    wire = Counting(simulator)

    async def together():
        async with client_of(simulator, transport=wire) as client:
            await asyncio.gather(*(client.read(NUMBER) for _ in range(40)))

    run(together())
    assert wire.most == 10
