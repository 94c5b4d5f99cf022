"""What shall go wrong next?

Rules it keeps:
- A fault is asked for before it happens and happens as often as asked, in the order of asking.
- It hits what PDS is asked about people, or the token endpoint, never both.

https://digital.nhs.uk/developer/api-catalogue/personal-demographics-service-fhir
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from starlette.responses import Response

from pds_client.simulator.answers import operation_outcome

_CODES = {
    401: "ACCESS_DENIED",
    403: "ACCESS_DENIED",
    408: "UNABLE_TO_CALL_SERVICE",
    429: "TOO_MANY_REQUESTS",
    503: "SERVICE_UNAVAILABLE",
}


@dataclass(frozen=True)
class Fault:
    status: int
    retry_after: str | None
    body: bytes
    delay: float

    def response(self) -> Response:
        headers = {} if self.retry_after is None else {"Retry-After": self.retry_after}
        return Response(self.body, self.status, headers, media_type="application/fhir+json")


@dataclass
class Faults:
    _about_people: list[Fault] = field(default_factory=list)
    _about_tokens: list[Fault] = field(default_factory=list)

    def plan(
        self,
        status: int,
        times: int,
        retry_after: float | str | None,
        body: Mapping[str, Any] | bytes | None,
        delay: float,
        token: bool,
    ) -> None:
        written = _body(status) if body is None else body
        data = written if isinstance(written, bytes) else orjson.dumps(written)
        fault = Fault(status, None if retry_after is None else str(retry_after), data, delay)
        (self._about_tokens if token else self._about_people).extend([fault] * times)

    def next(self, *, token: bool) -> Fault | None:
        planned = self._about_tokens if token else self._about_people
        return planned.pop(0) if planned else None


def _body(status: int) -> Mapping[str, Any]:
    return operation_outcome(_CODES.get(status, "UNKNOWN_ERROR"), "a fault that was asked for", "transient")
