"""How is PDS asked, politely and no more often than it allows?

Rules it keeps:
- What is sent again is what may be: 408, 429, 500, 502, 503, 504 and lost connections, a bounded number
  of times, with the same X-Request-ID, after a back-off with jitter or as long as Retry-After says.
- A 401 buys one new token and one more try; a second one is a full stop for this client.
- Calls leave at the configured rate, a few are under way at a time, and each ends by its deadline, which
  begins when the call is taken up and so does not count its wait in our own queue.
- Names, numbers, tokens and URLs are never logged. The transport is used without httpx's client, which
  writes every URL to its log, and ours hold numbers and names.

https://digital.nhs.uk/developer/api-catalogue/personal-demographics-service-fhir
"""

import asyncio
import math
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import TracebackType
from typing import Self
from urllib.parse import quote, urlencode

import httpx

from pds_client.auth import Clock, Credentials, PrivateKey, Tokens, TokenUnavailable, json_object
from pds_client.auth import private_key as read_key
from pds_client.circuit import Circuit
from pds_client.errors import FullStop, Misconfigured
from pds_client.nhs_number import ANY, Environment, NhsNumber
from pds_client.outcomes import BadNumber, ReadOutcome, RelatedOutcome, SearchOutcome, Unavailable
from pds_client.pace import Pace
from pds_client.query import Query
from pds_client.reply import Reply, read_outcome, related_outcome, search_outcome
from pds_client.retry import TOO_MANY_REQUESTS, WORTH_ANOTHER_TRY, TryAgain, retry_after, tries

_TIMEOUT = httpx.Timeout(10.0, connect=5.0).as_dict()
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_UNAUTHORISED = 401

# Awaited before each call, beside the client's own pace, where others share the rate.
Turn = Callable[[], Awaitable[None]]


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True, repr=False)
class _Call:
    url: httpx.URL
    headers: dict[str, str]
    sent: int = 0
    status: int | None = None


class PdsClient:
    """Use it with `async with`, on one event loop."""

    def __init__(
        self,
        *,
        base_url: str,
        token_url: str,
        api_key: str,
        key_id: str,
        private_key: PrivateKey,
        end_user_organisation: str,
        rate: float = 5,
        environment: Environment = ANY,
        deadline: float = 30.0,
        attempts: int = 4,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Clock = utc_now,
        turn: Turn | None = None,
    ) -> None:
        _check_urls(base_url=base_url, token_url=token_url)
        _check_words(api_key=api_key, key_id=key_id, end_user_organisation=end_user_organisation)
        _check_positive(rate=rate, deadline=deadline, attempts=attempts)
        self.environment = environment
        self._base_url = base_url.rstrip("/")
        self._organisation = end_user_organisation
        self._deadline = deadline
        self._attempts = attempts
        self._clock = clock
        self._transport = transport or httpx.AsyncHTTPTransport(trust_env=False)
        self._credentials = Credentials(token_url, api_key, key_id, read_key(private_key))
        self._tokens = Tokens(self._credentials, self._send, clock)
        self._pace = Pace(rate)
        self._turn = turn
        self._circuit = Circuit(failures=5, rest=30.0, time=lambda: asyncio.get_running_loop().time())
        # Enough under way to keep the rate while each call takes up to two seconds, and no more.
        self._places = asyncio.Semaphore(max(4, math.ceil(rate * 2)))
        self._stop: FullStop | None = None

    async def search(
        self,
        query: Query,
        *,
        request_id: uuid.UUID | None = None,
        correlation_id: uuid.UUID | None = None,
        organisation: str | None = None,
    ) -> SearchOutcome:
        """`organisation` is the ODS code for which this call is made, where one client serves several."""
        path = "/Patient?" + urlencode(query.parameters(), quote_via=quote)
        reply = await self._ask(path, self._headers(request_id, correlation_id, organisation))
        return reply if isinstance(reply, Unavailable) else search_outcome(reply, self.environment)

    async def read(
        self,
        nhs_number: NhsNumber,
        etag: str | None = None,
        *,
        request_id: uuid.UUID | None = None,
        correlation_id: uuid.UUID | None = None,
        organisation: str | None = None,
    ) -> ReadOutcome:
        """With the ETag of what the caller has, the answer is Unchanged when PDS still holds that version."""
        # PDS documents no If-None-Match, so the versions are compared here. An ETag is the version of a record and
        # not of a number: a 304 would hide that the number has been superseded by a record of the same version.
        if not nhs_number.occurs_in(self.environment):
            return BadNumber()
        reply = await self._ask(f"/Patient/{nhs_number.value}", self._headers(request_id, correlation_id, organisation))
        return reply if isinstance(reply, Unavailable) else read_outcome(reply, nhs_number, etag, self.environment)

    async def related_persons(
        self,
        nhs_number: NhsNumber,
        *,
        request_id: uuid.UUID | None = None,
        correlation_id: uuid.UUID | None = None,
        organisation: str | None = None,
    ) -> RelatedOutcome:
        if not nhs_number.occurs_in(self.environment):
            return BadNumber()
        reply = await self._ask(
            f"/Patient/{nhs_number.value}/RelatedPerson", self._headers(request_id, correlation_id, organisation)
        )
        return reply if isinstance(reply, Unavailable) else related_outcome(reply, nhs_number, self.environment)

    def rotate_key(self, key_id: str, private_key: PrivateKey) -> None:
        """Signs with another key from the next token on; publish it first."""
        self._credentials = replace(self._credentials, key_id=key_id, key=read_key(private_key))
        self._tokens.rotate(self._credentials)

    async def aclose(self) -> None:
        await self._tokens.close()
        await self._transport.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def _ask(self, path: str, headers: dict[str, str]) -> Reply | Unavailable:
        call = _Call(httpx.URL(self._base_url + path), headers)
        async with self._places:
            try:
                async with asyncio.timeout(self._deadline):
                    return await self._answer(call)
            except TimeoutError:
                return Unavailable("the deadline passed", call.status, asked=call.sent > 0)
            except TryAgain as last:
                return Unavailable(str(last), last.status, asked=call.sent > 0)

    async def _answer(self, call: _Call) -> Reply:
        async for attempt in tries(self._attempts):
            with attempt:
                return await self._once(call)
        raise AssertionError("the tries end with an answer or an exception")

    async def _once(self, call: _Call) -> Reply:
        if self._stop is not None:
            raise self._stop.again()
        if not self._circuit.admits():
            raise TryAgain("pds failed too often just now", again=False)
        try:
            return self._judged(await self._authorised(call))
        except FullStop as stop:
            self._stop = stop
            raise
        except TokenUnavailable as problem:
            self._circuit.failed()
            raise TryAgain("no token could be had", problem.status) from None
        except httpx.RequestError:
            self._circuit.failed()
            raise TryAgain("the connection failed") from None

    async def _authorised(self, call: _Call) -> httpx.Response:
        token = await self._tokens.current()
        response = await self._sent(call, token)
        if response.status_code != _UNAUTHORISED:
            return response
        self._tokens.forget(token)
        response = await self._sent(call, await self._tokens.current())
        if response.status_code == _UNAUTHORISED:
            raise FullStop("pds", _UNAUTHORISED, _reply(response).code)
        return response

    async def _sent(self, call: _Call, token: str) -> httpx.Response:
        await self._pace.turn()
        if self._turn is not None:
            await self._turn()
        call.sent += 1
        headers = {**call.headers, "Authorization": f"Bearer {token}"}
        response = await self._send(httpx.Request("GET", call.url, headers=headers))
        call.status = response.status_code
        return response

    async def _send(self, request: httpx.Request) -> httpx.Response:
        request.extensions = {"timeout": _TIMEOUT}
        response = await self._transport.handle_async_request(request)
        try:
            await response.aread()
        finally:
            await response.aclose()
        return response

    def _judged(self, response: httpx.Response) -> Reply:
        status, wait = response.status_code, retry_after(response, self._clock())
        if status == TOO_MANY_REQUESTS:
            self._pace.slow_down(1.0 if wait is None else wait)
            raise TryAgain("pds asks us to be slower", status, wait)
        if status in WORTH_ANOTHER_TRY:
            self._circuit.failed()
            raise TryAgain("pds cannot answer", status, wait)
        self._circuit.succeeded()
        self._pace.speed_up()
        return _reply(response)

    def _headers(
        self, request_id: uuid.UUID | None, correlation_id: uuid.UUID | None, organisation: str | None
    ) -> dict[str, str]:
        _check_words(organisation=organisation or self._organisation)
        return {
            "Accept": "application/fhir+json",
            "User-Agent": "pds-client",
            "X-Request-ID": str(request_id or uuid.uuid4()),
            "X-Correlation-ID": str(correlation_id or uuid.uuid4()),
            "NHSD-End-User-Organisation-ODS": organisation or self._organisation,
        }


def _reply(response: httpx.Response) -> Reply:
    return Reply(response.status_code, json_object(response))


def _check_urls(**urls: str) -> None:
    for name, url in urls.items():
        parsed = httpx.URL(url)
        # Tokens and names of people cross this line; only on loopback may they do so in the clear.
        if parsed.scheme != "https" and not (parsed.scheme == "http" and parsed.host in _LOOPBACK):
            raise Misconfigured(f"{name}: https, or http on loopback")


def _check_words(**words: str) -> None:
    for name, word in words.items():
        if not word or not word.isascii() or not word.isprintable() or " " in word:
            raise Misconfigured(f"{name}: one printable word")


def _check_positive(**numbers: float) -> None:
    for name, number in numbers.items():
        if not number > 0:
            raise Misconfigured(f"{name}: more than 0")
