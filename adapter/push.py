"""How does a council's system bring its records?

A body is admitted before it is read, waits in a file of its own, and is taken in as any extract is, off the loop that
answers and one after the other. A short one is answered when it is done, a long one by an address that says how it
goes. What was sent under one message id is taken in once; what was under way when a server ended is taken up again.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import sqlite3
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import psycopg
from fastapi import Request as Received
from fastapi import Response

from adapter import pushed
from adapter.admission import Asking
from adapter.claim import Claim
from adapter.deployment import Deployment
from adapter.instant import millis, shown
from adapter.loop import off_loop
from adapter.outcome import RefusedError
from adapter.push_head import Sent, read_head, read_place
from adapter.pushed import Pushed
from adapter.reception import Reception, told
from adapter.rest import UUID, Request
from adapter.scopes import pushes
from adapter.spool import Spool, Upload
from adapter.taken import Taken, What, take_in
from adapter.trail import Trail, TrailError

PUSH, STATUS = "push", "push-status"
# What is larger is answered by an address at once; what takes longer, when this has passed.
_SHORT_BYTES = 8 << 20
_PATIENCE_SECONDS = 10.0
# A sender that sends nothing for so long has gone.
_IDLE_SECONDS = 60.0
_MOST_AT_ONCE = 16
_PIECE = 1 << 20

log = logging.getLogger("adapter.push")


class EndingError(Exception):
    """The server ends; what is under way is taken up again when it is back."""


# No fault of what was sent: it stays, and is taken up again when they have gone.
_LATER = (EndingError, TrailError, sqlite3.OperationalError, psycopg.OperationalError)


@dataclass
class Push:
    """The door by which records come in, of one worker."""

    deployment: Deployment
    reception: Reception
    trail: Trail
    # One at a time, and none of the threads that answers wait for.
    _thread: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "push"))
    _under_way: Counter[str] = field(default_factory=Counter)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _ending: bool = False

    def __post_init__(self) -> None:
        self._spool = Spool(self.deployment.settings.spool, self.deployment.keys.seal)

    async def receive(self, received: Received, council: str, source: str, mapping: str, *, persons: bool) -> Response:
        """Take in what a council's system sends."""

        async def work(request: Request) -> Response:
            asking = await self.reception.admit(request, PUSH, council, pushes)
            settings = self.deployment.settings
            sent = read_head(settings, request, council=council, source=source, mapping=mapping, persons=persons)
            return await self._in_turn(received, asking, sent)

        return await self.reception.answer(received, PUSH, work)

    async def status(self, received: Received, council: str, push: str, after: str) -> Response:
        """Say how a push goes, or what became of it."""

        async def work(request: Request) -> Response:
            asking = await self.reception.admit(request, STATUS, council, pushes)
            place = read_place(after)
            known = await off_loop(self._find, push)
            if known is None or (known.client, known.council) != (asking.client, council):
                raise RefusedError("no-such-push")
            await self.trail.record(self._event(STATUS, "released", known))
            return told(200, await off_loop(self._document, known, place))

        return await self.reception.answer(received, STATUS, work)

    async def take_up(self) -> None:
        """Take in what was under way when its process ended."""
        for held in await off_loop(lambda: list(self._spool.left_behind())):
            known = await off_loop(self._find, held.path.stem)
            if known is None or not known.under_way:
                held.destroy()
            else:
                self._start(known, held)

    async def close(self) -> None:
        """End what is under way; it is taken up again."""
        self._ending = True
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._thread.shutdown()

    async def _in_turn(self, received: Received, asking: Asking, sent: Sent) -> Response:
        client = asking.client
        if self._under_way[client] >= _MOST_AT_ONCE:
            raise RefusedError("too-many")
        self._under_way[client] += 1
        try:
            known, held = await self._arrived(received, client, sent)
        finally:
            self._under_way[client] -= 1
        if held is None:
            await self.trail.record(self._event(PUSH, "repeated", known, asking))
            return await self._told(known)
        task = self._start(known, held)
        short = not sent.may_wait and held.path.stat().st_size <= _SHORT_BYTES
        await asyncio.wait({task}, timeout=_PATIENCE_SECONDS if short else 0)
        if not task.done():
            await self.trail.record(self._event(PUSH, "accepted", known, asking))
            return await self._told(known)
        await task
        finished: Pushed | None = await off_loop(self._find, known.id)
        return await self._told(finished or known)

    async def _arrived(self, received: Received, client: str, sent: Sent) -> tuple[Pushed, Claim | None]:
        """Let the body come in and write it down; without a file where the message was here before."""
        name = str(uuid.uuid4())
        most = self.deployment.settings.extract_most_bytes
        upload: Upload = await off_loop(self._spool.begin, name, sent.coding(), most)
        try:
            await fill(upload, received.stream())
            held = await off_loop(upload.end)
        except BaseException:
            upload.destroy()
            raise
        try:
            known = await off_loop(self._begin, name, client, sent, upload.digest)
        except BaseException:
            held.destroy()
            raise
        if known.id == name:
            return known, held
        held.destroy()
        return known, None

    def _start(self, known: Pushed, held: Claim) -> asyncio.Task[None]:
        task = asyncio.create_task(self._work(known, held))
        self._under_way[known.client] += 1
        self._tasks.add(task)
        task.add_done_callback(lambda _: self._ended(task, known.client))
        return task

    def _ended(self, task: asyncio.Task[None], client: str) -> None:
        self._tasks.discard(task)
        self._under_way[client] -= 1
        # Looked at, so that nobody complains that it was not: whoever waits is told, and the file waits for its turn.
        if not task.cancelled() and task.exception() is not None:
            log.error("a push is left for later: %s", type(task.exception()).__name__)

    async def _work(self, known: Pushed, held: Claim) -> None:
        """Take in an upload; the trail has it before anybody is told. Without a trail it stays, and waits."""
        what = What(held.path, known.council, known.source, known.mapping, known.file, known.form)
        try:
            taken: Taken = await asyncio.get_running_loop().run_in_executor(self._thread, self._taken, known, what)
            event = self._event(PUSH, taken.state, known)
            await self.trail.record(event | {"counts": dict(taken.counts), "problems": dict(taken.problems)})
            await off_loop(self._finish, known, taken)
        except BaseException:
            held.let_go()
            raise
        held.destroy()

    def _taken(self, known: Pushed, what: What) -> Taken:
        with self.deployment.office.transaction() as transaction:
            pushed.reading(transaction, known.id)
        try:
            return take_in(self.deployment, what, self._on_record)
        except _LATER:
            raise
        except Exception as fault:
            log.error("push %s failed: %s", known.id, type(fault).__name__)
            return Taken(pushed.FAILED)

    def _on_record(self) -> None:
        if self._ending:
            raise EndingError("the server ends")

    def _begin(self, name: str, client: str, sent: Sent, digest: str) -> Pushed:
        now = self.deployment.now()
        new = Pushed(
            id=name,
            council=sent.council,
            client=client,
            digest=digest,
            mapping=sent.mapping,
            source=sent.source,
            file=sent.file,
            form=sent.form,
            received=millis(now),
        )
        with self.deployment.office.transaction() as transaction:
            pushed.forget_old(transaction, now)
            return pushed.begin(transaction, new, self._message(sent.message) if sent.message else name)

    def _message(self, said: str) -> str:
        return hashlib.blake2b(said.encode(), key=self.deployment.keys.seal, digest_size=16).hexdigest()

    def _find(self, push: str) -> Pushed | None:
        if not UUID.fullmatch(push):
            return None
        with self.deployment.office.transaction() as transaction:
            return pushed.find(transaction, push)

    def _finish(self, known: Pushed, taken: Taken) -> None:
        with self.deployment.office.transaction() as transaction:
            pushed.finish(transaction, known.id, taken)

    def _document(self, known: Pushed, after: int = 0) -> dict[str, Any]:
        with self.deployment.office.transaction() as transaction:
            return pushed.document(transaction, known, self._address(known), after)

    async def _told(self, known: Pushed) -> Response:
        """Answer with a push as it stands."""
        content, address = await off_loop(self._document, known), self._address(known)
        if known.under_way:
            return told(202, content, Content_Location=address, Retry_After="5")
        status = {"stopped": 422, pushed.FAILED: 500}.get(known.state, 200)
        return told(status, content, Content_Location=address)

    def _address(self, known: Pushed) -> str:
        base = self.deployment.settings.base_url.removesuffix("/fhir")
        return f"{base}/push/{known.council}/extracts/{known.id}"

    def _event(self, kind: str, outcome: str, known: Pushed, asking: Asking | None = None) -> dict[str, Any]:
        event = {
            "kind": kind,
            "at": shown(millis(self.deployment.now())),
            "outcome": outcome,
            "client": known.client,
            "council": known.council,
            "push": known.id,
            # A file's name may be a person's.
            "file": hashlib.sha256(known.file.encode()).hexdigest(),
        }
        return event | ({"request": asking.request_id} if asking else {})


async def fill(upload: Upload, body: AsyncIterator[bytes]) -> None:
    """Write a body as it comes; never more than a piece of it is held."""
    held = bytearray()
    parts = aiter(body)
    while True:
        try:
            async with asyncio.timeout(_IDLE_SECONDS):
                held += await anext(parts)
        except StopAsyncIteration:
            break
        if len(held) >= _PIECE:
            await off_loop(upload.write, bytes(held))
            held.clear()
    await off_loop(upload.write, bytes(held))
