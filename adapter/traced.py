"""What does the answer of a trace change?

A sure match is believed, one number on two people of a council is nobody's, and anything short of a sure match goes
to the list on which a person decides. Every trace leaves its evidence: steps and names of fields, never their values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson

from adapter.believed import believe, disbelieve, holders, holds, unchanged
from adapter.database import Transaction
from adapter.deployment import Deployment
from adapter.doubt import HELD_TWICE, TOLD_APART, contesting, doubt, settle_doubt, told_apart
from adapter.instant import millis
from adapter.marks import gone
from adapter.register import refresh
from consent.model import OptOut
from pds_client.agreement import Agreement
from pds_client.evidence import Evidence, Status
from pds_client.outcomes import Candidate, Unchanged
from pds_client.patient import PdsPatient
from pds_client.trace import Trace


@dataclass(frozen=True, slots=True)
class _Settling:
    """One answer, while it is written down."""

    transaction: Transaction
    deployment: Deployment
    person: int
    traced: Trace
    compared: int

    def match(self, patient: PdsPatient) -> None:
        """Believe the patient, unless a person has to look first."""
        number = patient.nhs_number
        suggested = (Candidate(number, self.traced.evidence.score),)
        others = set(holders(self.transaction, self.person, number.value))
        if not holds(self.transaction, self.person, number.value):
            # Whoever has the number while another's claim waits was given it by a person.
            others |= set(contesting(self.transaction, self.person, number))
        if told_apart(self.transaction, self.person, number):
            self.leave(self.person, TOLD_APART, Status.TO_BE_RESOLVED, suggested)
            return
        # Of a record that was merged or deleted the number goes to whoever is left.
        settled = all(gone(self.transaction, other) for other in others)
        for each in sorted(others if settled else {self.person, *others}):
            # One number on two people: neither has it until a person has looked.
            self.leave(each, HELD_TWICE, Status.TO_BE_RESOLVED, suggested)
        if settled:
            settle_doubt(self.transaction, self.person)
            believe(self.transaction, self.deployment, self.person, patient, self.compared)
            self.note(self.person, type(self.traced.outcome).__name__, Status.VERIFIED)

    def leave(self, person: int, cause: str, status: Status, candidates: Sequence[Candidate]) -> None:
        """Leave it to a person to decide, and believe nothing meanwhile."""
        disbelieve(self.transaction, self.deployment, person, str(status))
        agreement = self.traced.evidence.agreement if person == self.person else Agreement()
        doubt(self.transaction, person, cause, candidates, agreement, self.deployment.now())
        self.note(person, cause, status)

    def note(self, person: int, outcome: str, status: Status) -> None:
        """Keep how it came out."""
        evidence = evidence_of(self.traced.evidence) if person == self.person else {}
        note(self.transaction, person, outcome, str(status), evidence, self.deployment.now())


def settle(transaction: Transaction, deployment: Deployment, person: int, traced: Trace, compared: int) -> None:
    """Keep what a trace found of the words in the facet `compared`, and take the person out of the queue."""
    now = deployment.now()
    # Two workers that found one number must see each other.
    transaction.alone()
    standing = refresh(transaction, deployment.policy, [person], now)[person]
    if standing.nhs_number_use is OptOut.CLEAR and not _still_said(transaction, compared):
        # The record has changed while PDS was asked: what was sent is not what it says now.
        transaction.execute(
            "UPDATE trace_queue SET due = :now, claimed_until = 0 WHERE person = :person",
            now=millis(now),
            person=person,
        )
        return
    # Whoever objected while PDS was asked is heard: nothing of the answer is kept.
    if standing.nhs_number_use is OptOut.CLEAR:
        _settle(_Settling(transaction, deployment, person, traced, compared))
    transaction.execute("DELETE FROM trace_queue WHERE person = :person", person=person)


def _settle(settling: _Settling) -> None:
    traced = settling.traced
    if isinstance(traced.outcome, Unchanged):
        unchanged(settling.transaction, settling.person, settling.deployment.now())
        settling.note(settling.person, Unchanged.__name__, Status.VERIFIED)
    elif traced.patient is not None and traced.status is Status.VERIFIED:
        settling.match(traced.patient)
    else:
        settling.leave(settling.person, type(traced.outcome).__name__, traced.status, traced.candidates)


def evidence_of(evidence: Evidence) -> dict[str, object]:
    """The evidence of a trace as it is kept."""
    return {
        "steps": [[step.name, list(step.fields), step.outcome, step.score] for step in evidence.steps],
        "score": evidence.score,
        "version": evidence.version,
        "agreed": list(evidence.agreement.agreed),
        "conflicting": list(evidence.agreement.conflicting),
    }


def note(
    transaction: Transaction, person: int, outcome: str, status: str, evidence: dict[str, object], now: datetime
) -> None:
    """Keep how a trace or a decision came out."""
    transaction.execute(
        "INSERT INTO trace (person, at, outcome, status, evidence)"
        " VALUES (:person, :now, :outcome, :status, :evidence)",
        person=person,
        now=millis(now),
        outcome=outcome,
        status=status,
        evidence=orjson.dumps(evidence).decode(),
    )


def _still_said(transaction: Transaction, compared: int) -> bool:
    return transaction.one("SELECT 1 FROM facet WHERE id = :facet AND ended IS NULL", facet=compared) is not None
