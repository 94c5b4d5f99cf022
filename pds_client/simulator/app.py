"""How does this PDS answer?

Rules it keeps:
- Each request is noted before anything else, so that a test can say that none was made; what is noted
  holds no number and no name.
- Then, in order: a fault that was asked for, the rate, the token, the request id, and the operation.
- Application-restricted access reads and searches; whatever would change a record is refused.

https://digital.nhs.uk/developer/api-catalogue/personal-demographics-service-fhir
"""

import asyncio
import re
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, NamedTuple

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pds_client.nhs_number import BadNhsNumber, NhsNumber
from pds_client.simulator import answers
from pds_client.simulator.answers import Refusal
from pds_client.simulator.faults import Faults
from pds_client.simulator.parameters import read_search
from pds_client.simulator.population import Population
from pds_client.simulator.tokens import TokenDesk, TokenRefusal

BASE_PATH = "/personal-demographics/FHIR/R4"
TOKEN_PATH = "/oauth2/token"  # noqa: S105

_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
_REQUEST_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_MIRRORED = ("x-request-id", "x-correlation-id")

Endpoint = Callable[[Request], Awaitable[Response]]
Operation = Callable[[Request], Response]


class Call(NamedTuple):
    method: str
    operation: str
    request_id: str


class Simulator:
    def __init__(
        self,
        patients: Iterable[Mapping[str, Any]],
        *,
        superseded: Mapping[str, str] = MappingProxyType({}),
        invalidated: Collection[str] = (),
        clients: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
        rate_limit: int | None = None,
        related: Mapping[str, list[dict[str, Any]]] = MappingProxyType({}),
        token_lifetime: int = 599,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.calls: list[Call] = []
        self.population = Population(patients, superseded, invalidated)
        self.tokens = TokenDesk(clients, token_lifetime, clock)
        self.app = Starlette(routes=self._routes())
        self._faults = Faults()
        self._related = related
        self._rate_limit = rate_limit
        self._lately: deque[float] = deque()
        self._clock = clock

    def fail_next(
        self,
        status: int,
        times: int = 1,
        retry_after: float | str | None = None,
        *,
        body: Mapping[str, Any] | bytes | None = None,
        delay: float = 0,
        token: bool = False,
    ) -> None:
        """Answers the next calls so, `delay` seconds late; with `token` those to the token endpoint."""
        self._faults.plan(status, times, retry_after, body, delay, token)

    def _routes(self) -> list[Route]:
        return [
            Route(TOKEN_PATH, self._token, methods=["POST"]),
            Route(f"{BASE_PATH}/Patient", self._guarded("search", self._search), methods=_METHODS),
            Route(f"{BASE_PATH}/Patient/{{number}}", self._guarded("read", self._read), methods=_METHODS),
            Route(
                f"{BASE_PATH}/Patient/{{number}}/RelatedPerson",
                self._guarded("related persons", self._related_persons),
                methods=_METHODS,
            ),
            Route("/{anything:path}", self._guarded("other", _unsupported), methods=_METHODS),
        ]

    async def _token(self, request: Request) -> Response:
        self.calls.append(Call(request.method, "token", ""))
        fault = self._faults.next(token=True)
        if fault is not None:
            await asyncio.sleep(fault.delay)
            return fault.response()
        try:
            answer = self.tokens.exchange(await request.body(), str(request.url))
        except TokenRefusal as refusal:
            return refusal.response()
        return Response(orjson.dumps(answer), media_type="application/json")

    def _guarded(self, name: str, operation: Operation) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            self.calls.append(Call(request.method, name, request.headers.get("x-request-id", "")))
            fault = self._faults.next(token=False)
            if fault is not None:
                await asyncio.sleep(fault.delay)
                return fault.response()
            try:
                self._check(request)
                response = operation(request)
            except Refusal as refusal:
                response = refusal.response()
            mirrored = {name: value for name in _MIRRORED if (value := request.headers.get(name))}
            response.headers.update(mirrored)
            return response

        return endpoint

    def _check(self, request: Request) -> None:
        if self._is_too_fast(asyncio.get_running_loop().time()):
            raise Refusal(429, "TOO_MANY_REQUESTS", "too many requests", "throttled")
        objection = None if self.tokens.is_open else self.tokens.objection(request.headers.get("authorization"))
        if objection is not None:
            raise Refusal(401, "ACCESS_DENIED", objection, "forbidden")
        request_id = request.headers.get("x-request-id")
        if request_id is None:
            raise Refusal(400, "MISSING_VALUE", "X-Request-ID header must be supplied", "structure")
        if not _REQUEST_ID.fullmatch(request_id):
            raise Refusal(400, "INVALID_VALUE", "invalid value in header 'X-Request-ID'")
        if request.method != "GET":
            raise Refusal(403, "INVALID_METHOD", "cannot change or create with this access mode", "forbidden")

    def _is_too_fast(self, now: float) -> bool:
        if self._rate_limit is None:
            return False
        while self._lately and now - self._lately[0] >= 1:
            self._lately.popleft()
        self._lately.append(now)
        return len(self._lately) > self._rate_limit

    def _search(self, request: Request) -> Response:
        found = self.population.matches(read_search(request.query_params.multi_items()))
        if len(found) > 1:
            return answers.too_many_matches()
        base = f"{request.url.scheme}://{request.url.netloc}{BASE_PATH}"
        return answers.fhir(200, answers.searchset(base, found, self._clock()))

    def _read(self, request: Request) -> Response:
        patient = self._held(request)
        if patient is None:
            return answers.not_found()
        return answers.fhir(200, answers.as_read(patient), {"ETag": f'W/"{_version(patient)}"'})

    def _related_persons(self, request: Request) -> Response:
        patient = self._held(request)
        if patient is not None and answers.is_restricted(patient):
            return answers.fhir(200, answers.related([]))
        entries = self._related.get(patient["id"], []) if patient is not None else []
        return answers.fhir(200, answers.related(entries)) if entries else answers.not_found()

    def _held(self, request: Request) -> Mapping[str, Any] | None:
        try:
            number = NhsNumber.parse(request.path_params["number"]).value
        except BadNhsNumber:
            raise Refusal(400, "INVALID_RESOURCE_ID", "resource id is invalid") from None
        if self.population.is_invalidated(number):
            raise Refusal(404, "INVALIDATED_RESOURCE", "resource has been marked as invalid", "processing")
        return self.population.held_as(number)


def _version(patient: Mapping[str, Any]) -> str:
    return str(patient.get("meta", {}).get("versionId", "1"))


def _unsupported(request: Request) -> Response:
    raise Refusal(400, "UNSUPPORTED_REQUEST", "no such operation", "not-supported")
