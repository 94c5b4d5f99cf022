"""What is fetched from the council's mailbox, and what is sent next?

One at a time works a mailbox. What came is stored, then acknowledged; a file that is on its way is waited for before
another is sent. Who is in a file is in the trail before the file leaves. The receipt of a file is not its answer, and
a report that it was not delivered is neither. What answers nothing that was asked is left where it is and counted.
https://digital.nhs.uk/developer/api-catalogue/message-exchange-for-social-care-and-health-api
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson

from adapter import outstanding
from adapter.database import Door
from adapter.deployment import Deployment
from adapter.errand import BadAnswerError, Composed, Errand
from adapter.instant import millis, shown
from adapter.loop import off_loop
from adapter.mailbox import Letter, Mailbox, MeshDoubtError, MeshDownError, MeshRefusedError, TooLargeError
from adapter.national_opt_out import NationalOptOut
from adapter.outstanding import Request, State
from adapter.trace_file import TraceFile

Event = dict[str, Any]

# How long an answer is waited for, and how long the next file of its kind waits after one that failed.
PATIENCE = timedelta(hours=24)
_PAUSE = timedelta(hours=6)
_HANDSHAKE = timedelta(hours=12)
_PEOPLE_OF_AN_EVENT = 500

# What comes of a message beside the ends of a file.
RECEIPT, LATE, NOT_OURS, GONE = "receipt", "late", "not ours", "gone"


@dataclass
class Post:
    """Works the mailbox of one deployment."""

    deployment: Deployment
    mailbox: Mailbox
    errands: dict[str, Errand]
    record: Callable[[Event], Any]
    shaken: datetime | None = field(default=None)

    async def round(self, *kinds: str) -> Counter[str]:
        """Fetch what came, give up what came not, and send what is due of these kinds; say what was done."""
        async with self._turn():
            done = await self._poll()
            for kind in kinds:
                if kind in self.errands and not await off_loop(self._must_wait, kind):
                    done += Counter({f"sent {kind}": await self._send(self.errands[kind])})
        return +done

    async def poll(self) -> Counter[str]:
        """Fetch what came; say what it was."""
        async with self._turn():
            return +await self._poll()

    async def send(self, kind: str) -> int:
        """Send a file now, and say of how many people; none where nobody is due. Raises BusyError."""
        async with self._turn():
            await self._handshake()
            return await self._send(self.errands[kind])

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        until = await off_loop(self._take_turn)
        try:
            yield
        finally:
            await off_loop(self._end_turn, until)

    def _take_turn(self) -> int:
        with self.deployment.office.transaction() as transaction:
            return outstanding.take_turn(transaction, self.mailbox.name, self.deployment.now())

    def _end_turn(self, until: int) -> None:
        with self.deployment.office.transaction() as transaction:
            outstanding.end_turn(transaction, self.mailbox.name, until)

    async def _handshake(self) -> None:
        now = self.deployment.now()
        if self.shaken is None or now - self.shaken >= _HANDSHAKE:
            await off_loop(self.mailbox.handshake)
            self.shaken = now

    async def _poll(self) -> Counter[str]:
        await self._handshake()
        done: Counter[str] = Counter()
        for errand in self.errands.values():
            done["forgotten"] += await off_loop(errand.forget_others)
        inbox = await off_loop(self.mailbox.inbox)
        await off_loop(self._forget_gone, inbox)
        for message in inbox:
            done[await self._open(message)] += 1
        late = await off_loop(self._overdue)
        if late is not None:
            await self._end(late, State.UNANSWERED)
            done[State.UNANSWERED] += 1
        return done

    # ------------------------------------------------------------ what came

    async def _open(self, message: str) -> str:
        outcome = await off_loop(self._noted, message)
        if outcome == NOT_OURS:
            return outcome
        if outcome is None:
            try:
                letter = await off_loop(self.mailbox.fetch, message)
            except TooLargeError:
                return await self._note(message, NOT_OURS)
            outcome = GONE if letter is None else await self._read(letter)
        if outcome not in (NOT_OURS, GONE):
            # Everything that the message says is stored by now.
            await off_loop(self.mailbox.acknowledge, message)
        return outcome

    async def _read(self, letter: Letter) -> str:
        receipt = receipt_in(letter.body)
        request = await off_loop(self._request_of, letter, receipt)
        if request is None:
            return await self._note(letter.id, NOT_OURS)
        if request.ended is not None:
            return await self._note(letter.id, LATE)
        if letter.is_report:
            return await self._end(request, State.UNDELIVERED, letter)
        if receipt is not None and letter.subject == "SUCCESS":
            await off_loop(self._accept, request)
            return await self._note(letter.id, RECEIPT)
        if receipt is not None or request.kind not in self.errands:
            return await self._end(request, State.REFUSED, letter)
        try:
            await self.errands[request.kind].settle(request, letter.body)
        except BadAnswerError:
            return await self._end(request, State.REFUSED, letter)
        return await self._end(request, State.ANSWERED, letter)

    def _forget_gone(self, inbox: list[str]) -> None:
        """What answers nothing asked here is counted for as long as it lies there."""
        with self.deployment.office.transaction() as transaction:
            outstanding.forget_gone(transaction, NOT_OURS, set(inbox))

    def _noted(self, message: str) -> str | None:
        with self.deployment.office.transaction() as transaction:
            return outstanding.noted(transaction, message)

    def _request_of(self, letter: Letter, receipt: dict[str, Any] | None) -> Request | None:
        named = letter.local_id or str((receipt or {}).get("local_id", ""))
        with self.deployment.office.transaction() as transaction:
            linked = outstanding.sent_as(transaction, letter.linked) if letter.is_report else None
            return linked or outstanding.find(transaction, named)

    def _accept(self, request: Request) -> None:
        with self.deployment.office.transaction() as transaction:
            outstanding.accept(transaction, request, self.deployment.now())

    async def _note(self, message: str, outcome: str) -> str:
        def work() -> None:
            with self.deployment.office.transaction() as transaction:
                outstanding.note(transaction, message, outcome, self.deployment.now())

        await off_loop(work)
        return outcome

    async def _end(self, request: Request, state: State, letter: Letter | None = None) -> str:
        """End a file: whoever had no answer waits again, and what brought the end is noted with it."""
        await self.record(self._event(request.kind, request.local_id, state.value))

        def work() -> None:
            now = self.deployment.now()
            with self.deployment.office.transaction() as transaction:
                if request.kind in self.errands:
                    self.errands[request.kind].free(transaction, request)
                outstanding.end(transaction, request, state, now)
                if letter is not None:
                    outstanding.note(transaction, letter.id, state.value, now)

        await off_loop(work)
        return state.value

    def _overdue(self) -> Request | None:
        with self.deployment.office.transaction() as transaction:
            request = outstanding.outstanding(transaction, self.mailbox.name)
        return request if request is not None and self.deployment.now() >= request.made + PATIENCE else None

    # ------------------------------------------------------------ what is sent

    def _must_wait(self, kind: str) -> bool:
        """Whether a file is on its way, or the last of the kind failed a short while ago."""
        with self.deployment.office.transaction() as transaction:
            if outstanding.outstanding(transaction, self.mailbox.name) is not None:
                return True
            last = outstanding.newest(transaction, kind)
        failed = last is not None and last.state is not State.ANSWERED
        return failed and last is not None and self.deployment.now() < (last.ended or last.made) + _PAUSE

    async def _send(self, errand: Errand) -> int:
        composed = await errand.compose()
        if composed is None:
            return 0
        request, file_name = await off_loop(self._begin, errand, composed)
        await self._tell(errand, composed, request)
        try:
            message = await off_loop(self._carry, errand, composed, request, file_name)
        except MeshDoubtError:
            # It may have been taken: the answer is waited for, and nothing is sent twice.
            return len(composed.marks)
        except (MeshDownError, MeshRefusedError):
            await self._end(request, State.UNSENT)
            raise
        await off_loop(self._sent, request, message)
        return len(composed.marks)

    async def _tell(self, errand: Errand, composed: Composed, request: Request) -> None:
        """Tell the trail who is in the file; where it cannot be told, nothing is sent."""
        people = list(composed.marks)
        try:
            for start in range(0, len(people), _PEOPLE_OF_AN_EVENT):
                few = people[start : start + _PEOPLE_OF_AN_EVENT]
                await self.record(self._event(errand.kind, request.local_id, "released") | {"people": few})
        except Exception:
            await off_loop(self._unsent, errand, request)
            raise

    def _begin(self, errand: Errand, composed: Composed) -> tuple[Request, str]:
        deployment = self.deployment
        now, mailbox = deployment.now(), self.mailbox.name
        local_id = f"{errand.kind}-{deployment.new_id()}"
        with deployment.office.transaction() as transaction:
            request = outstanding.begin(transaction, errand.kind, mailbox, local_id, composed.marks, now)
            errand.claim(transaction, request, composed.marks)
            return request, errand.file_name(transaction, mailbox, now)

    def _carry(self, errand: Errand, composed: Composed, request: Request, file_name: str) -> str:
        return self.mailbox.send(
            errand.recipient,
            composed.body,
            workflow_id=errand.workflow_id,
            local_id=request.local_id,
            filename=file_name,
        )

    def _sent(self, request: Request, message: str) -> None:
        with self.deployment.office.transaction() as transaction:
            outstanding.sent(transaction, request, message)

    def _unsent(self, errand: Errand, request: Request) -> None:
        with self.deployment.office.transaction() as transaction:
            errand.free(transaction, request)
            outstanding.end(transaction, request, State.UNSENT, self.deployment.now())

    def _event(self, kind: str, local_id: str, outcome: str) -> Event:
        at = shown(millis(self.deployment.now()))
        return {"kind": kind, "at": at, "outcome": outcome, "client": "mesh", "purpose": "TRACE", "file": local_id}


def post_for(deployment: Deployment, door: Door, mailbox: Mailbox, record: Callable[[Event], Any]) -> Post:
    """Wire the post of a deployment: an errand for each mailbox that is set."""
    errands = (NationalOptOut(deployment, door), TraceFile(deployment, door))
    return Post(deployment, mailbox, {errand.kind: errand for errand in errands if errand.recipient}, record)


def receipt_in(body: bytes) -> dict[str, Any] | None:
    """What a JSON body says; none where the body is anything else."""
    if not body.lstrip().startswith(b"{"):
        return None
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return said if isinstance(said, dict) else None
