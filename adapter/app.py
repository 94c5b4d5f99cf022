"""What is served, and what runs beside it?

The application: the FHIR endpoint first, ahead of FastAPI's own stack; tokens, discovery, health and push as FastAPI
routes; and in the background the trace queue, the standings whose instant has come, the pushes that were under way
when their process ended, and the mailbox.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

import orjson
from fastapi import FastAPI, Request, Response

from adapter.admission import Admission
from adapter.body import Bodies
from adapter.capability import capability, smart_configuration
from adapter.cursor import Cursors
from adapter.deployment import Deployment, open_deployment
from adapter.doors import add_push, add_unknown
from adapter.identify import Identify
from adapter.instant import millis, shown
from adapter.mailbox import mailbox_for
from adapter.outstanding import BusyError
from adapter.pace import shared_pace
from adapter.pds import client_for
from adapter.post import post_for
from adapter.push import Push
from adapter.reception import Reception
from adapter.register import roll
from adapter.release import Release
from adapter.rest import Receive, Rest, Scope, Send
from adapter.settings import Settings
from adapter.tokens import GrantError, Tokens
from adapter.trail import Trail
from adapter.way_back import WayBack, add_way_back
from pds_client.errors import FullStop

RELEASED = "2026-11-22"
_NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
_PAUSE_SECONDS = 5.0
_MOST_FORM = 64 * 1024

log = logging.getLogger("adapter.app")


@dataclass
class Service:
    """One worker's parts, wired."""

    deployment: Deployment
    rest: Rest
    trail: Trail
    push: Push
    way_back: WayBack

    @property
    def tokens(self) -> Tokens:
        """Who gives out access tokens."""
        return self.rest.tokens


def service(deployment: Deployment) -> Service:
    """Wire one worker."""
    settings, policy = deployment.settings, deployment.policy
    seal = deployment.keys.seal
    trail = Trail(settings.trail, settings.node)
    release = Release(
        policy=policy,
        door=deployment.engine.door(),
        office=deployment.office,
        trail=trail,
        clock=deployment.clock,
        bodies=Bodies(seal),
        seal=seal,
        admission=Admission(policy),
    )
    token_url = token_address(settings)
    tokens = Tokens(deployment.keys.signing, token_url, deployment.office, deployment.clock, settings.token_seconds)
    metadata = orjson.dumps(capability(policy, settings.base_url, token_url, RELEASED))
    reception, cursors = Reception(release, tokens, settings.canonical), Cursors(seal)
    return Service(
        deployment,
        Rest(settings, release, tokens, cursors, metadata),
        trail,
        Push(deployment, reception, trail),
        WayBack(reception, cursors, settings.base_url),
    )


def token_address(settings: Settings) -> str:
    """Where tokens are to be had: beside the FHIR base."""
    return settings.base_url.removesuffix("/fhir") + "/oauth2/token"


def application(deployment: Deployment, *, background: bool = True) -> Callable[[Scope, Receive, Send], Any]:
    """The ASGI application of one worker."""
    parts = service(deployment)

    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await parts.rest.release.door.open()
        # What stands now stands to the end; looking through it for garbage again and again is time lost.
        gc.freeze()
        # A request leaves no cycles behind; to look for them after every twentieth costs a thirtieth of its time.
        gc.set_threshold(10_000, 20, 100)
        work = (_keep_up, _trace, _take_up, _carry_post) if background else ()
        tasks = [asyncio.create_task(each(parts)) for each in work]
        yield
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await parts.push.close()
        await parts.rest.release.door.close()
        parts.trail.close()

    app = FastAPI(title="asc-fhir-adapter", lifespan=lifespan, openapi_url=None)
    _routes(app, parts)

    async def dispatch(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and _is_fhir(scope["path"]):
            await parts.rest(scope, receive, send)
        else:
            await app(scope, receive, send)

    return dispatch


def serve_app() -> Callable[[Scope, Receive, Send], Any]:
    """One worker process, from the settings."""
    return application(open_deployment(Settings()))


def _is_fhir(path: str) -> bool:
    return (path == "/fhir" or path.startswith("/fhir/")) and "/.well-known/" not in path


def _routes(app: FastAPI, parts: Service) -> None:
    @app.get("/fhir/.well-known/smart-configuration")
    def discover() -> Response:
        return _json(200, smart_configuration(parts.tokens.token_url))

    @app.post("/oauth2/token")
    async def token(request: Request) -> Response:
        form = parse_qs((await _small_body(request)).decode("latin-1"), keep_blank_values=True)
        said = {name: values[0] if len(values) == 1 else "" for name, values in form.items()}
        return await _grant(parts, said)

    @app.get("/health/live")
    def live() -> Response:
        return _json(200, {"status": "live"})

    add_push(app, parts.push)
    add_way_back(app, parts.way_back)
    add_unknown(app, parts.push)


async def _small_body(request: Request) -> bytes:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _MOST_FORM:
            return b""
    return body


async def _grant(parts: Service, form: dict[str, str]) -> Response:
    event = {"kind": "token", "at": shown(millis(parts.deployment.now()))}
    try:
        told, status, answer = await _granted(parts.tokens, form)
        await parts.trail.record(event | told)
    except Exception as fault:
        # A disk that is full stops the database as it stops the trail: nothing is given out.
        log.error("token request failed: %s", type(fault).__name__)
        return _json(503, {"error": "temporarily_unavailable", "error_description": "try again later"})
    return _json(status, answer)


async def _granted(tokens: Tokens, form: dict[str, str]) -> tuple[dict[str, str], int, dict[str, Any]]:
    """What the trail is told of a token request, and its answer."""
    try:
        client, answer = await asyncio.get_running_loop().run_in_executor(None, tokens.grant, form)
    except GrantError as refused:
        status = 401 if refused.error == "invalid_client" else 400
        said = {"error": refused.error, "error_description": refused.description}
        return {"outcome": "refused", "cause": refused.error}, status, said
    return {"outcome": "granted", "client": client}, 200, answer


def _json(status: int, content: Any) -> Response:
    return Response(orjson.dumps(content), status, _NO_STORE, "application/json")


async def _keep_up(parts: Service) -> None:
    """Work out anew the standings whose instant has come."""
    deployment = parts.deployment

    def once() -> int:
        with deployment.office.transaction() as transaction:
            return roll(transaction, deployment.policy, deployment.now())

    while True:
        try:
            worked = await asyncio.get_running_loop().run_in_executor(None, once)
        except Exception as fault:
            # The database withholds by itself past the second instant; the next round tries again.
            log.error("standings could not be brought up to date: %s", type(fault).__name__)
            worked = 0
        await asyncio.sleep(0 if worked else _PAUSE_SECONDS)


async def _take_up(parts: Service) -> None:
    """Take in the pushes that were under way when their process ended, this one's or another's."""
    while True:
        try:
            await parts.push.take_up()
        except Exception as fault:
            log.error("pushes could not be taken up: %s", type(fault).__name__)
        await asyncio.sleep(_PAUSE_SECONDS)


async def _trace(parts: Service) -> None:
    """Work the trace queue, where PDS is set; a client that PDS did not accept is made anew."""
    while True:
        deployment = parts.deployment
        client = client_for(deployment.settings, deployment.policy, shared_pace(deployment).turn)
        if client is None:
            return
        async with client:
            await _trace_with(Identify(deployment, parts.rest.release.door, client, parts.trail.record))
        await asyncio.sleep(_PAUSE_SECONDS)


async def _trace_with(identify: Identify) -> None:
    """Work the queue until PDS does not accept who we are."""
    while True:
        try:
            worked = await identify.work(20)
        except FullStop as fault:
            log.error("tracing has stopped until an officer runs `asc-fhir trace` or the settings change: %s", fault)
            return
        except Exception as fault:
            log.error("tracing stopped for now: %s", type(fault).__name__)
            worked = None
        await asyncio.sleep(0.1 if worked else _PAUSE_SECONDS)


async def _carry_post(parts: Service) -> None:
    """Fetch answers over MESH and send the next opt-out check, where MESH is set."""
    deployment = parts.deployment
    mailbox = mailbox_for(deployment.settings)
    if mailbox is None:
        return
    post = post_for(deployment, parts.rest.release.door, mailbox, parts.trail.record)
    while True:
        try:
            await post.round("opt-out-check")
        except BusyError:
            # Another worker is at it.
            pass
        except Exception as fault:
            log.error("the mailbox could not be worked: %s", type(fault).__name__)
        await asyncio.sleep(deployment.settings.mesh_poll_seconds)
