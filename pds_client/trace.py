"""Who is this person, as far as PDS can say for sure?

Rules it keeps:
- A number the council holds is read, and believed when the date of birth agrees and one more field does.
- Without one the cascade is searched, and it stops at the first person found. That person is accepted
  only if no search before found several, the search was not fuzzy, the score is high enough, and the
  whole record, then read, agrees on family name, given name, date of birth and postcode.
- Whatever is not accepted goes to a reviewer: nobody is chosen from several, and a restricted person
  found by search, whose address PDS keeps back, is never chosen. Whom a search finds in place of a held
  number that PDS does not know is not chosen either.
- Of a number that is verified already, the version that was read may be given: where PDS still holds it,
  nothing is compared again. What a person let stand when they decided does not raise the doubt anew.
- A step that fails ends the trace as Unavailable or Refused; it is never taken for NoMatch.
- Whether a trace may be made at all is decided by the caller, before.

https://digital.nhs.uk/developer/api-catalogue/personal-demographics-service-fhir
"""

import uuid
from dataclasses import dataclass, field, replace
from typing import Any

from pds_client.agreement import Agreement, compare
from pds_client.auth import Clock
from pds_client.cascade import Step, steps_for
from pds_client.client import PdsClient, utc_now
from pds_client.demographics import Demographics
from pds_client.evidence import Evidence, Status, StepTaken
from pds_client.nhs_number import NhsNumber
from pds_client.outcomes import (
    Ambiguous,
    BadNumber,
    Candidate,
    Insufficient,
    Invalidated,
    Matched,
    NoMatch,
    NotFound,
    ReadOutcome,
    Refused,
    Restricted,
    SearchOutcome,
    Superseded,
    TraceOutcome,
    Unavailable,
    Unchanged,
)
from pds_client.patient import PdsPatient
from pds_client.query import Query

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Trace:
    """The patient is there only when the number is believed and PDS holds something else than the caller has."""

    outcome: TraceOutcome
    patient: PdsPatient | None
    status: Status
    evidence: Evidence

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """Whom a reviewer may look at."""
        if isinstance(self.outcome, Restricted) and self.patient is None:
            return (Candidate(self.outcome.patient.nhs_number, self.outcome.score),)
        return self.outcome.candidates if isinstance(self.outcome, Ambiguous) else ()


async def trace(
    client: PdsClient,
    demographics: Demographics,
    *,
    clock: Clock = utc_now,
    confidence: float = CONFIDENCE,
    etag: str | None = None,
    let_stand: frozenset[str] = frozenset(),
    organisation: str | None = None,
) -> Trace:
    """Traces a person; `etag` is the version that was believed of just these demographics, if any was."""
    asking = _Asking(client, demographics, clock, confidence, etag, let_stand, organisation)
    held = demographics.nhs_number
    return await (asking.search() if held is None else asking.verify(held))


@dataclass(slots=True)
class _Asking:
    """One trace under way: what was asked so far, under one correlation id."""

    client: PdsClient
    ours: Demographics
    clock: Clock
    confidence: float
    etag: str | None
    let_stand: frozenset[str]
    organisation: str | None
    steps: list[StepTaken] = field(default_factory=list)
    correlation_id: uuid.UUID = field(default_factory=uuid.uuid4)

    async def verify(self, held: NhsNumber) -> Trace:
        if "birth_date" in self.ours.missing:
            return self._ended(Insufficient(("birth_date",)), Status.PRESENT_NOT_TRACED)
        outcome = await self._read("held number", held, self.etag)
        if isinstance(outcome, Unavailable | Refused):
            return self._ended(outcome, Status.PRESENT_NOT_TRACED)
        if isinstance(outcome, Unchanged):
            return self._ended(outcome, Status.VERIFIED)
        if isinstance(outcome, Matched | Restricted | Superseded):
            return self._compared_with_held(outcome)
        return await self._instead_of(outcome)

    async def search(self, *, to_accept: bool = True) -> Trace:
        if self.ours.missing:
            return self._ended(Insufficient(self.ours.missing), Status.TRACE_REQUIRED)
        possible = list(steps_for(self.ours))
        if not possible:
            return self._ended(Insufficient(("given", "postcode")), Status.TRACE_REQUIRED)
        doubt: Ambiguous | None = None
        for step, query in possible:
            if step.after_many and doubt is None:
                continue
            if doubt is not None and not step.after_many:
                break
            outcome = await self._search(step, query)
            if isinstance(outcome, Unavailable | Refused):
                return self._ended(outcome, Status.TRACE_REQUIRED)
            if isinstance(outcome, Matched | Restricted):
                return await self._weighed(outcome, to_accept=to_accept and not step.fuzzy and doubt is None)
            doubt = outcome if isinstance(outcome, Ambiguous) else doubt
        return self._ended(doubt or NoMatch(), Status.NONE_OR_SEVERAL)

    def _compared_with_held(self, outcome: Matched | Restricted | Superseded) -> Trace:
        agreement = compare(self.ours, outcome.patient)
        if agreement.verifies or self._stands(outcome, agreement):
            return self._ended(outcome, Status.VERIFIED, outcome.patient, agreement)
        return self._for_review(outcome.patient, None, agreement)

    def _stands(self, outcome: Matched | Restricted | Superseded, agreement: Agreement) -> bool:
        """Whether all that differs is what a person has seen and let stand; of a record in its place nobody has."""
        told = not isinstance(outcome, Superseded) and "birth_date" in {*agreement.agreed, *self.let_stand}
        return told and bool(self.let_stand) and set(agreement.conflicting) <= self.let_stand

    async def _instead_of(self, unknown: Invalidated | NotFound | BadNumber) -> Trace:
        """PDS does not know the held number: a search may still give a reviewer somebody to look at."""
        found = await self.search(to_accept=False)
        if isinstance(found.outcome, Unavailable | Refused):
            return replace(found, status=Status.PRESENT_NOT_TRACED)
        if isinstance(found.outcome, NoMatch | Insufficient):
            return self._ended(unknown, Status.TO_BE_RESOLVED)
        return replace(found, status=Status.TO_BE_RESOLVED)

    async def _weighed(self, found: Matched | Restricted, *, to_accept: bool) -> Trace:
        if not to_accept or found.score is None or found.score < self.confidence:
            return self._for_review(found.patient, found.score)
        if isinstance(found, Restricted):
            return self._ended(found, Status.TO_BE_RESOLVED, score=found.score)
        record = await self._read("whole record", found.patient.nhs_number)
        if isinstance(record, Unavailable | Refused):
            return self._ended(record, Status.TRACE_REQUIRED)
        if isinstance(record, Restricted):
            return self._ended(Restricted(record.patient, found.score), Status.TO_BE_RESOLVED, score=found.score)
        if not isinstance(record, Matched):
            return self._for_review(found.patient, found.score)
        agreement = compare(self.ours, record.patient)
        if not agreement.identifies:
            return self._for_review(found.patient, found.score, agreement)
        accepted = Matched(record.patient, found.score)
        return self._ended(accepted, Status.VERIFIED, record.patient, agreement, found.score)

    def _for_review(self, patient: PdsPatient, score: float | None, agreement: Agreement | None = None) -> Trace:
        doubt = Ambiguous((Candidate(patient.nhs_number, score),))
        return self._ended(doubt, Status.TO_BE_RESOLVED, None, agreement, score)

    async def _read(self, name: str, number: NhsNumber, etag: str | None = None) -> ReadOutcome:
        if not number.occurs_in(self.client.environment):
            return BadNumber()
        request_id = uuid.uuid4()
        outcome = await self.client.read(number, etag, **self._ids(request_id))
        self._note(name, ("nhs_number",), outcome, request_id)
        return outcome

    async def _search(self, step: Step, query: Query) -> SearchOutcome:
        request_id = uuid.uuid4()
        outcome = await self.client.search(query, **self._ids(request_id))
        self._note(step.name, query.fields, outcome, request_id)
        return outcome

    def _ids(self, request_id: uuid.UUID) -> dict[str, Any]:
        known_by = {"request_id": request_id, "correlation_id": self.correlation_id}
        return {**known_by, "organisation": self.organisation}

    def _note(self, name: str, fields: tuple[str, ...], outcome: object, request_id: uuid.UUID) -> None:
        if isinstance(outcome, Unavailable) and not outcome.asked:
            return
        score = getattr(outcome, "score", None)
        self.steps.append(StepTaken(name, fields, type(outcome).__name__, score, request_id))

    def _ended(
        self,
        outcome: TraceOutcome,
        status: Status,
        patient: PdsPatient | None = None,
        agreement: Agreement | None = None,
        score: float | None = None,
    ) -> Trace:
        version = patient.version if patient else None
        evidence = Evidence(tuple(self.steps), agreement or Agreement(), score, version, self.clock())
        return Trace(outcome, patient, status, evidence)
