"""How does a FHIR request become an answer?

A raw ASGI application, ahead of FastAPI, since every request about a person comes this way. It reads the request,
hands it to `release`, and writes what was released; it never sees a record that was not.
https://hl7.org/fhir/R4/http.html
"""

from __future__ import annotations

import itertools
import logging
import re
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

import orjson

from adapter.access import my_access
from adapter.admission import Asking, World
from adapter.asker import CONTEXT_HEADERS, Context, context
from adapter.bundle import bundle
from adapter.cursor import Cursors
from adapter.database import TookTooLongError
from adapter.interactions import TYPES
from adapter.outcome import CAUSES, RefusedError, no_proof, refusal
from adapter.query import Identifying, Parameters, identifying, read_query
from adapter.release import Interaction, Release, Released, Steps, canonical_search
from adapter.scopes import allows
from adapter.search import Found, search
from adapter.settings import Settings
from adapter.tokens import Bearer, Tokens
from adapter.trail import TrailError

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_JSON = b"application/fhir+json; charset=utf-8"
_VARY = b", ".join((b"authorization", b"accept", b"prefer", *CONTEXT_HEADERS))
# Names a request that brought no id of its own: this process, and its how-manieth.
_PROCESS = secrets.token_hex(8)
_NUMBERS = itertools.count(1)
_MOST_BODY = 64 * 1024
_MOST_PARAMETERS = 100
# A UUID, so that nothing about a person is carried in it.
UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
# What of a search may stand in a link: nothing that is about a person.
_LINKABLE = ("_count", "_total", "_include", "_revinclude")

log = logging.getLogger("adapter.rest")


class Answer(NamedTuple):
    """What goes back: a status, a body, headers beside those that every answer has."""

    status: int
    content: bytes
    headers: tuple[tuple[bytes, bytes], ...] = ()


class Request(NamedTuple):
    """A request, read: path below the base, headers, query, body."""

    method: str
    path: tuple[str, ...]
    headers: dict[bytes, bytes]
    context: Context
    query: bytes
    id: str


@dataclass
class Rest:
    """The FHIR endpoint of one deployment."""

    settings: Settings
    release: Release
    tokens: Tokens
    cursors: Cursors
    metadata: bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; whatever goes wrong, the answer is one of the fixed ones."""
        request = opened(scope)
        try:
            answer = await self._answer(request, receive)
        except RefusedError as refused:
            answer = await self._refused(request, refused)
        except TrailError:
            answer = self._refusal("no-trail")
        except TookTooLongError:
            answer = await self._refused(request, RefusedError("too-costly"))
        except Exception as fault:
            log.error("request %s failed: %s", request.id, type(fault).__name__)
            answer = await self._refused(request, RefusedError("internal"))
        await _send(send, answer, request)

    async def _answer(self, request: Request, receive: Receive) -> Answer:
        if request.path == ("metadata",) and request.method == "GET":
            return Answer(200, self.metadata)
        bearer = self._bearer(request)
        match request.method, request.path:
            case "GET", ("$my-access",):
                return await self._my_access(request, bearer)
            case "GET", (kind, public) if kind in TYPES and not public.startswith(("_", "$")):
                return await self._read(request, bearer, kind, public, None)
            case "GET", (kind, public, "_history", version) if kind in TYPES:
                return await self._read(request, bearer, kind, public, version)
            case "GET", (kind,) if kind in TYPES:
                return await self._search(request, bearer, kind, request.query)
            case "POST", (kind, "_search") if kind in TYPES:
                form = await _form(request, receive)
                return await self._search(request, bearer, kind, b"&".join(filter(None, (request.query, form))))
        known = request.path == () or request.path[0] in (*TYPES, "metadata", "$my-access")
        raise RefusedError("method-not-allowed" if known else "unknown-type")

    def _bearer(self, request: Request) -> Bearer:
        if not _acceptable(request.headers.get(b"accept", b"")):
            raise RefusedError("not-acceptable")
        if b"authorization" not in request.headers:
            raise RefusedError("no-token")
        return self.tokens.bearer(request.headers[b"authorization"])

    async def _read(self, request: Request, bearer: Bearer, kind: str, public: str, version: str | None) -> Answer:
        """FHIR read and vread. https://hl7.org/fhir/R4/http.html#read"""
        asking = _asking(request, bearer, "vread" if version else "read", kind)
        _hold_to_scopes(bearer, kind, "r")
        released = await self.release(asking, Interaction(partial(self._one, kind, public, version), at_once=True))
        if not released.bodies:
            text = no_proof(self.release.policy, released.feeds)
            return Answer(*refusal(self.settings.canonical, "not-found", text))
        body = released.bodies[0]
        return Answer(200, body.content, body.validators)

    async def _search(self, request: Request, bearer: Bearer, kind: str, raw: bytes) -> Answer:
        """FHIR search. https://hl7.org/fhir/R4/http.html#search"""
        _hold_to_scopes(bearer, kind, "s")
        parameters = _parameters(raw)
        asking = _asking(request, bearer, "search", kind, canonical_search(kind, parameters))
        strict = b"handling=strict" in request.headers.get(b"prefer", b"").replace(b" ", b"")
        released = await self.release(
            asking,
            Interaction(
                partial(self._many, kind, parameters, strict),
                identifies=partial(self._named, kind, parameters, strict),
                tells_feed=True,
            ),
        )
        return Answer(200, self._page(released, kind))

    async def _my_access(self, request: Request, bearer: Bearer) -> Answer:
        """What this client may do. The operation is this product's own: see the CapabilityStatement."""
        client = await self.release.registration(_asking(request, bearer, "my-access", ""))
        return Answer(200, orjson.dumps(my_access(self.release.policy, client)))

    def _one(self, kind: str, public: str, version: str | None, _world: World) -> Steps:
        # PostgreSQL knows no text with a NUL in it; no id has one.
        body = None if "\0" in public else (yield from self.release.bodies.one(kind, public))
        # Outside askers see the current version only; any other is as if it had never been.
        found = body is not None and version in (None, body.version)
        return ([body] if found else []), None

    def _many(self, kind: str, parameters: Parameters, strict: bool, world: World) -> Steps:
        asked, after = self._asked(kind, parameters, world)
        settings = self.settings
        query = read_query(kind, asked, count=settings.page_size, most=settings.page_most, strict=strict, after=after)
        found: Found = yield from search(query, self.release.bodies)
        return [*found.matches, *found.included], (asked, found)

    def _named(self, kind: str, parameters: Parameters, strict: bool, world: World) -> Identifying | None:
        asked, after = self._asked(kind, parameters, world)
        return identifying(read_query(kind, asked, count=1, most=1, strict=strict, after=after))

    def _asked(self, kind: str, parameters: Parameters, world: World) -> tuple[Parameters, int]:
        links = [value for name, value in parameters if name == "_cursor"]
        if not links:
            return parameters, 0
        if len(parameters) > 1:
            raise RefusedError("bad-cursor")
        return self.cursors.open(world.asker, world.epoch, kind, links[0])

    def _page(self, released: Released, kind: str) -> bytes:
        asked, found = released.answer
        shown = urlencode([(name, value) for name, value in asked if name in _LINKABLE])
        here = f"{self.settings.base_url}/{kind}"
        next_link = ""
        if found.next_after is not None:
            world = released.world
            sealed = self.cursors.seal(world.asker, world.epoch, kind, asked, found.next_after)
            next_link = f"{here}?_cursor={sealed}"
        return bundle(
            released,
            found,
            base=self.settings.base_url,
            canonical=self.settings.canonical,
            policy=self.release.policy,
            self_link=f"{here}?{shown}" if shown else here,
            next_link=next_link,
        )

    async def _refused(self, request: Request, refused: RefusedError) -> Answer:
        if not refused.recorded:
            try:
                await self.release.refuse(_asking(request, self._known(request), "refused", ""), refused.cause)
            except TrailError:
                return self._refusal("no-trail")
        return self._refusal(refused.cause)

    def _known(self, request: Request) -> Bearer | None:
        """Whose token a refused request brought, where it is a valid one."""
        try:
            return self.tokens.bearer(request.headers.get(b"authorization", b""))
        except RefusedError:
            return None

    def _refusal(self, cause: str) -> Answer:
        status, content = refusal(self.settings.canonical, cause)
        headers = ((b"www-authenticate", b"Bearer"),) if CAUSES[cause].status == 401 else ()
        return Answer(status, content, headers)


def opened(scope: Scope) -> Request:
    """Read a request's head."""
    raw = scope["headers"]
    headers = dict(raw)
    said = headers.get(b"x-request-id", b"").decode("latin-1")
    path = scope["path"].removeprefix("/fhir").strip("/")
    return Request(
        method=scope["method"],
        path=tuple(path.split("/")) if path else (),
        headers=headers,
        context=context(raw, headers),
        query=scope["query_string"],
        id=said if said and UUID.fullmatch(said) else f"{_PROCESS}-{next(_NUMBERS):x}",
    )


def _asking(request: Request, bearer: Bearer | None, interaction: str, kind: str, searched: str = "") -> Asking:
    return Asking(bearer.client if bearer else "", request.context, interaction, kind, request.id, searched)


def _hold_to_scopes(bearer: Bearer, kind: str, letter: str) -> None:
    if not allows(bearer.scopes, kind, letter):
        raise RefusedError("scope-missing")


def _parameters(raw: bytes) -> Parameters:
    if raw.count(b"&") >= _MOST_PARAMETERS:
        raise RefusedError("too-long")
    return parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True)


async def _form(request: Request, receive: Receive) -> bytes:
    kind = request.headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    body = b""
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            # Half a question asks something else.
            raise RefusedError("bad-body")
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > _MOST_BODY:
            raise RefusedError("too-long")
    if body and kind != b"application/x-www-form-urlencoded":
        raise RefusedError("bad-body")
    return body


@lru_cache(maxsize=256)
def _acceptable(accept: bytes) -> bool:
    return not accept or any(known in accept for known in (b"json", b"*/*", b"application/*"))


async def _send(send: Send, answer: Answer, request: Request) -> None:
    headers = [
        (b"content-type", _JSON),
        (b"content-length", str(len(answer.content)).encode()),
        (b"cache-control", b"no-store"),
        (b"vary", _VARY),
        (b"x-request-id", request.id.encode()),
        *answer.headers,
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.content})
