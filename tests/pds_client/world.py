"""What do the tests of pds_client stand on?

A real simulator, a real client, and time that passes only when everybody waits. All people are invented
and their numbers are of the 999 range; the key is made when the first test needs it.
"""

import asyncio
import functools
import itertools
import selectors
from collections.abc import Coroutine, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import httpx

from pds_client import Demographics, NhsNumber, PdsClient, make_key_pair
from pds_client.auth import private_key
from pds_client.simulator import BASE_PATH, TOKEN_PATH, Served, Simulator, person

T = TypeVar("T")
API_KEY = "api-key-of-the-tests"
KEY_ID = "key-1"
ORIGIN = "http://127.0.0.1"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
_MOMENT = 1e-7


class _PatientSelector(selectors.DefaultSelector):
    """Does not wait for a timer: it says how long that would have been."""

    waited = 0.0

    def select(self, timeout: float | None = None) -> Any:
        ready = super().select(None if timeout is None else 0)
        # Time never stands still, or who waits for the last billionth of a second would wait for ever.
        self.waited += max(timeout or 0, _MOMENT) if not ready else _MOMENT
        return ready


class TimelessLoop(asyncio.SelectorEventLoop):
    """An event loop on which an hour of sleep takes no time."""

    def __init__(self) -> None:
        self._patience = _PatientSelector()
        super().__init__(self._patience)

    def time(self) -> float:
        return self._patience.waited


def run(work: Coroutine[Any, Any, T]) -> T:
    with asyncio.Runner(loop_factory=TimelessLoop) as runner:
        return runner.run(work)


def now() -> float:
    return asyncio.get_running_loop().time()


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.time = NOON

    def __call__(self) -> datetime:
        return self.time

    def pass_by(self, **time: float) -> None:
        self.time += timedelta(**time)


def numbers() -> Iterator[str]:
    """Every valid number of the 999 range, in order."""
    for digits in range(999_000_000, 1_000_000_000):
        total = sum(int(digit) * weight for digit, weight in zip(str(digits), range(10, 1, -1), strict=True))
        check = (11 - total % 11) % 11
        if check < 10:
            yield f"{digits}{check}"


NUMBERS = tuple(itertools.islice(numbers(), 60))
ADA, BEN, CAT, DOT, EVE = NUMBERS[:5]


def ada(number: str = ADA, **changes: Any) -> dict[str, Any]:
    """Ada Example as PDS holds her, unless the test says otherwise."""
    known = {
        "family": "Example",
        "given": ["Adalind"],
        "birth_date": "1941-02-03",
        "postcode": "ZE1 0AA",
        "gender": "female",
        "general_practitioner": "Y12345",
    }
    return person(number, **{**known, **changes})


def our_ada(**changes: Any) -> Demographics:
    """Ada Example as the council knows her, unless the test says otherwise."""
    known = {
        "family": "Example",
        "given": ("Adalind",),
        "birth_date": "1941-02-03",
        "postcode": "ZE1 0AA",
        "gender": "female",
    }
    held = changes.pop("nhs_number", None)
    return Demographics(**{**known, **changes}, nhs_number=NhsNumber.parse(held) if held else None)


@functools.cache
def key_pair() -> tuple[str, dict[str, Any]]:
    return make_key_pair(KEY_ID, bits=2048)


@functools.cache
def other_key_pair() -> tuple[str, dict[str, Any]]:
    return make_key_pair("key-2", bits=2048)


def pds(*patients: dict[str, Any], **options: Any) -> Simulator:
    return Simulator(patients, **{"clients": {API_KEY: key_pair()[1]}, **options})


class Recording(httpx.AsyncBaseTransport):
    """Carries requests to the simulator and keeps them, with the time at which each left."""

    def __init__(self, simulator: Simulator) -> None:
        self._carrier = httpx.ASGITransport(simulator.app)
        self.requests: list[httpx.Request] = []
        self.times: list[float] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path != TOKEN_PATH:
            self.requests.append(request)
            self.times.append(now())
        return await self._carrier.handle_async_request(request)


def client_of(simulator: Simulator, **options: Any) -> PdsClient:
    """A client that reaches the simulator without a socket."""
    where = {"base_url": ORIGIN + BASE_PATH, "token_url": ORIGIN + TOKEN_PATH}
    return PdsClient(**{**_KNOWN_AS, **where, **_key(), "transport": httpx.ASGITransport(simulator.app), **options})


def client_at(served: Served, **options: Any) -> PdsClient:
    """A client that reaches the simulator over its socket."""
    where = {"base_url": served.base_url, "token_url": served.token_url}
    return PdsClient(**{**_KNOWN_AS, **where, **_key(), **options})


_KNOWN_AS: dict[str, Any] = {"api_key": API_KEY, "key_id": KEY_ID, "end_user_organisation": "X26"}


@functools.cache
def _key() -> dict[str, Any]:
    # Read once: checking that its numbers are prime takes longer than most tests.
    return {"private_key": private_key(key_pair()[0])}
