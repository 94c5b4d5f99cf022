"""Who may bring a council's records, and fetch what is known of them?

The council's own systems: a client that is registered for that very council as its own, whose agreement is in force,
with a token whose scopes allow it. A council that there is not and one that is not the client's are refused in the
same words, on record, before anything is read of what was sent.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Generator
from dataclasses import dataclass
from typing import Any

import orjson
from fastapi import Request as Received
from fastapi import Response
from starlette.requests import ClientDisconnect

from adapter.admission import Asking
from adapter.database import Ask, Select, TookTooLongError
from adapter.instant import millis
from adapter.outcome import CAUSES, RefusedError, refusal
from adapter.release import Release
from adapter.rest import Request, opened
from adapter.tokens import Bearer, Tokens
from adapter.trail import TrailError

_COUNCIL = "SELECT council FROM visible_feed WHERE code = :code"
_CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_OURS = "council"
_JSON, _FHIR = "application/json", "application/fhir+json; charset=utf-8"

log = logging.getLogger("adapter.reception")


@dataclass
class Reception:
    """Admits the councils' own systems, and answers them."""

    release: Release
    tokens: Tokens
    canonical: str

    async def answer(self, received: Received, kind: str, work: Callable[[Request], Awaitable[Response]]) -> Response:
        """Do the work; whatever goes wrong, the answer is one of the fixed ones, and on record."""
        request = opened(received.scope)
        try:
            answer = await work(request)
        except RefusedError as refused:
            answer = await self._refused(request, kind, refused)
        except (ClientDisconnect, TimeoutError):
            answer = await self._refused(request, kind, RefusedError("cut-short"))
        except TookTooLongError:
            answer = await self._refused(request, kind, RefusedError("too-costly"))
        except TrailError:
            answer = self._refusal("no-trail")
        except Exception as fault:
            log.error("request %s failed: %s", request.id, type(fault).__name__)
            answer = await self._refused(request, kind, RefusedError("internal"))
        answer.headers["X-Request-ID"] = request.id
        return answer

    async def admit(self, request: Request, kind: str, code: str, allows: Callable[[frozenset[str]], bool]) -> Asking:
        """Admit a system of this council; raises RefusedError."""
        bearer = self._bearer(request)
        asking = Asking(bearer.client, request.context, kind, "", request.id)
        await self.release.door.run(self._admission(asking, code))
        if not allows(bearer.scopes):
            raise RefusedError("scope-missing")
        return asking

    def _bearer(self, request: Request) -> Bearer:
        if b"authorization" not in request.headers:
            raise RefusedError("no-token")
        return self.tokens.bearer(request.headers[b"authorization"])

    def _admission(self, asking: Asking, code: str) -> Generator[Ask | Select, list[tuple[Any, ...]], None]:
        client = yield from self.release.admission.registration(asking, millis(self.release.clock()))
        if client.recipient != _OURS or not client.council or not _CODE.fullmatch(code):
            raise RefusedError("not-your-council")
        if (yield Select(_COUNCIL, {"code": code})) != [(client.council,)]:
            raise RefusedError("not-your-council")

    async def _refused(self, request: Request, kind: str, refused: RefusedError) -> Response:
        if not refused.recorded:
            asking = Asking(self._known(request), request.context, kind, "", request.id)
            try:
                await self.release.refuse(asking, refused.cause)
            except TrailError:
                return self._refusal("no-trail")
        return self._refusal(refused.cause)

    def _known(self, request: Request) -> str:
        """Whose token a refused request brought, where it is a valid one."""
        try:
            return self.tokens.bearer(request.headers.get(b"authorization", b"")).client
        except RefusedError:
            return ""

    def _refusal(self, cause: str) -> Response:
        status, content = refusal(self.canonical, cause)
        answer = Response(content, status, media_type=_FHIR)
        answer.headers["Cache-Control"] = "no-store"
        if CAUSES[cause].status == 401:
            answer.headers["WWW-Authenticate"] = "Bearer"
        if cause == "too-many":
            answer.headers["Retry-After"] = "1"
        return answer


def told(status: int, content: Any, **headers: str) -> Response:
    """An answer that is no FHIR resource."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(orjson.dumps(content), status, {"Cache-Control": "no-store", **named}, _JSON)
