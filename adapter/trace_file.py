"""Who are the people who wait, asked of PDS by file?

For a first load: one file over MESH in the place of thousands of calls. It is decided like any trace: what is sent is
what the door shows to PDS, and whoever objects, or is not known not to, is not there. Who is in a file is not traced
by calls meanwhile. An answer is compared with what the door shows on the day it comes; short of a sure one nobody has
a number. https://digital.nhs.uk/developer/api-catalogue/personal-demographic-service-mesh
"""

from __future__ import annotations

import uuid
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from adapter import outstanding
from adapter.body import padded
from adapter.consequence import PDS
from adapter.database import OURS, Ask, Door, Select, Transaction
from adapter.deployment import Deployment
from adapter.errand import BadAnswerError, Composed, fresh_councils, some
from adapter.forms import merged
from adapter.instant import millis
from adapter.loop import off_loop
from adapter.outstanding import Request
from adapter.permits import intern_view
from adapter.queue import defer, withhold
from adapter.sent import asked_with
from adapter.traced import settle
from pds_client import batch
from pds_client.batch import Answer, BadBatch
from pds_client.demographics import Demographics
from pds_client.nhs_number import Environment
from pds_client.outcomes import Refused

# Longer than any answer is waited for, in milliseconds; the instant at which the claim lapses tells it from a worker's.
_CLAIM = 48 * 3_600_000
_CLAIMED = "SELECT made + :length FROM mesh_request WHERE id = :request"
_MOST = 100_000

Row = tuple[Any, ...]
# A person and their Patient.
Pair = tuple[int, int]
# What PDS may be asked with, and the facet it was read from.
Ours = tuple[Demographics, int]


@dataclass(frozen=True)
class TraceFile:
    """Traces the people of one deployment by file."""

    deployment: Deployment
    door: Door
    kind: str = "trace-file"

    @property
    def recipient(self) -> str:
        """The mailbox of the trace."""
        return self.deployment.settings.mesh_trace_mailbox

    @property
    def workflow_id(self) -> str:
        """Under which MESH carries it."""
        return self.deployment.settings.mesh_trace_workflow

    def file_name(self, transaction: Transaction, mailbox: str, now: datetime) -> str:
        """Anything will do; the instant tells files apart."""
        return f"MPTREQ_{now:%Y%m%d%H%M%S}.csv"

    async def compose(self) -> Composed | None:
        """List whoever waits for a trace and can be asked about by file."""
        view, waiting = await off_loop(self._waiting)
        people: dict[int, Ours] = {}
        for few in some(waiting):
            people |= await self.door.run(self._shown(view, few))
        askable = {person: ours for person, (ours, _) in people.items() if batch.can_be_asked(ours)}
        if not askable:
            return None
        references = {person: uuid.uuid4() for person in askable}
        body = batch.write_request({references[person]: ours for person, ours in askable.items()})
        return Composed(body, {person: str(reference) for person, reference in references.items()})

    def claim(self, transaction: Transaction, request: Request, people: Iterable[int]) -> None:
        """Keep whoever is in the file from being traced by calls."""
        transaction.many(
            f"UPDATE trace_queue SET claimed_until = ({_CLAIMED}) WHERE person = :person",
            ({"person": person, "length": _CLAIM, "request": request.id} for person in people),
        )

    async def settle(self, request: Request, body: bytes) -> int:
        """Keep what PDS found for each of them."""
        answers = self._read(body)
        view, people = await off_loop(self._asked, request, answers)
        for few in some(people):
            ours = await self.door.run(self._shown(view, [(person, resource) for person, resource, _ in few]))
            await off_loop(self._keep, request, few, ours, answers)
        return len(people)

    def forget_others(self) -> int:
        """What a trace found is kept as every trace keeps it."""
        return 0

    def free(self, transaction: Transaction, request: Request) -> None:
        """Let them be traced by calls, or by the next file."""
        for person in outstanding.unsettled(transaction, request):
            transaction.execute(
                f"UPDATE trace_queue SET claimed_until = 0 WHERE person = :person AND claimed_until = ({_CLAIMED})",
                person=person,
                length=_CLAIM,
                request=request.id,
            )

    def _waiting(self) -> tuple[int, list[Pair]]:
        """The view of PDS, and whoever waits and is not being traced now."""
        deployment = self.deployment
        now = deployment.now()
        with deployment.office.transaction() as transaction:
            view = intern_view(transaction, deployment.policy, PDS)
            fresh = fresh_councils(transaction, deployment, now)
            rows = transaction.all(
                "SELECT p.id, r.id, p.council FROM trace_queue q JOIN person p ON p.id = q.person"
                " JOIN resource r ON r.person = p.id AND r.type = 'Patient'"
                " WHERE q.due <= :now AND q.claimed_until < :now ORDER BY q.due, p.id LIMIT :most",
                now=millis(now),
                most=_MOST,
            )
        return view, [(person, resource) for person, resource, council in rows if council in fresh]

    def _shown(self, view: int, people: Sequence[Pair]) -> Generator[Ask | Select, list[Row], dict[int, Ours]]:
        """What PDS may be asked with of these people; nothing of whom the door does not show."""
        yield Ask(now=millis(self.deployment.now()), client="pds", view=view, registration=OURS)
        names = padded([resource for _, resource in people])
        listed = ", ".join(f":{name}" for name in names)
        rows = yield Select(
            "SELECT person, part, body, id FROM visible_facet"
            f" WHERE resource IN ({listed}) ORDER BY person, place, part",
            names,
        )
        carried = {person: facet for person, part, _, facet in rows if part == "carrier"}
        bodies: dict[int, list[Any]] = {person: [] for person in carried}
        for person, _, body, _ in rows:
            if person in carried:
                bodies[person].append(orjson.loads(body))
        return {person: (asked_with(merged(parts)), carried[person]) for person, parts in bodies.items()}

    def _read(self, body: bytes) -> dict[str, Answer]:
        try:
            answers = batch.read_response(body, environment=Environment(self.deployment.settings.pds_environment))
        except BadBatch as fault:
            raise BadAnswerError(str(fault)) from None
        return {str(reference): answer for reference, answer in answers.items()}

    def _asked(self, request: Request, answers: dict[str, Answer]) -> tuple[int, list[tuple[int, int, str]]]:
        """The view of PDS, and whoever has an answer that is not kept yet: person, Patient and reference."""
        deployment = self.deployment
        with deployment.office.transaction() as transaction:
            marks = outstanding.asked(transaction, request)
            if not answers.keys() <= set(marks.values()):
                raise BadAnswerError("the answer speaks of people who were never asked about")
            view = intern_view(transaction, deployment.policy, PDS)
            patients = transaction.all(
                "SELECT a.person, r.id, a.mark FROM mesh_asked a"
                " JOIN resource r ON r.person = a.person AND r.type = 'Patient'"
                " WHERE a.request = :request AND a.settled = 0 ORDER BY a.person",
                request=request.id,
            )
        return view, [(person, resource, mark) for person, resource, mark in patients if mark in answers]

    def _keep(
        self,
        request: Request,
        people: Sequence[tuple[int, int, str]],
        ours: dict[int, Ours],
        answers: dict[str, Answer],
    ) -> None:
        for person, _, mark in people:
            with self.deployment.office.transaction() as transaction:
                # Whoever objected meanwhile waits no longer; whoever was traced by calls has their answer.
                if self._still_waits(transaction, request, person):
                    self._keep_one(transaction, person, ours.get(person), answers[mark], uuid.UUID(mark))
                outstanding.settled(transaction, request, person)

    def _still_waits(self, transaction: Transaction, request: Request, person: int) -> bool:
        row = transaction.one(
            f"SELECT 1 FROM trace_queue WHERE person = :person AND claimed_until = ({_CLAIMED})",
            person=person,
            length=_CLAIM,
            request=request.id,
        )
        return row is not None

    def _keep_one(
        self, transaction: Transaction, person: int, ours: Ours | None, answer: Answer, reference: uuid.UUID
    ) -> None:
        now = self.deployment.now()
        if ours is None:
            # What may not be asked now may not be learnt either; when that changes, the person waits again.
            withhold(transaction, person, now)
            return
        demographics, compared = ours
        traced = batch.settle(answer, demographics, reference, now)
        if isinstance(traced.outcome, Refused):
            defer(transaction, person, type(traced.outcome).__name__, now)
        else:
            settle(transaction, self.deployment, person, traced, compared)
