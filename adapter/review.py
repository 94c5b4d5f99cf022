"""Who decides where PDS is not sure?

A named officer. Whoever accepts a candidate lets PDS be asked once more: the number is verified only if PDS still
holds that very record, nobody else of the council has it, and the person may still be asked about. What differed is
noted as let stand, so that the same difference raises no new doubt. About whoever is rejected nothing is asked until
their record changes; a number that two people had is never given to them again by the program alone. Looking at the
list and deciding are in the trail before anything is shown or done.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from adapter.believed import believe, disbelieve, holders, set_status
from adapter.consequence import PDS
from adapter.database import Door, Transaction
from adapter.deployment import Deployment
from adapter.doubt import ACCEPTED, REJECTED, Doubt, decide_doubt, doubts, take_back
from adapter.instant import millis, shown
from adapter.marks import gone
from adapter.officer import officer
from adapter.register import refresh
from adapter.sent import Sent, ground
from adapter.sent import shown as shown_to_pds
from adapter.traced import note
from consent.model import OptOut
from pds_client.agreement import FIELDS, compare
from pds_client.evidence import Status
from pds_client.outcomes import Candidate, Matched, ReadOutcome, Refused, Restricted, Unavailable

Read = Callable[..., Awaitable[ReadOutcome]]

_REFUSALS = {
    "unknown": "no doubt waits for a decision under that number; `asc-fhir review list` shows those that do",
    "nobody": "a decision needs the name of who makes it",
    "candidate": "say which candidate it is, by its place on the list; where there is none, there is nothing to accept",
    "withheld": "this person may not be asked about now: they object, or are withheld, or the register is not fresh",
    "held": "the number is another person's of this council; settle theirs first",
    "changed": "the record or the doubt has changed meanwhile; look at the list again",
    "answer": "PDS does not give this candidate's record any more; reject: a change of the record traces them anew",
    "down": "PDS is not to be had now, so nothing was decided; try again later",
}


class RefusedReviewError(ValueError):
    """A decision that cannot be taken; the message says why."""

    def __init__(self, cause: str) -> None:
        super().__init__(_REFUSALS[cause])
        self.cause = cause


async def accept(deployment: Deployment, door: Door, by: str, review: int, place: int | None, read: Read) -> None:
    """Let a candidate be this person; raises RefusedReviewError. `read` asks PDS for one record."""
    found = _doubt(deployment, review, by)
    candidate = _chosen(found, place)
    sent = await _sent(deployment, door, found)
    _record(deployment, found, by, "released", client="pds", purpose=PDS.purpose)
    outcome = await read(candidate.nhs_number, organisation=sent.organisation)
    if isinstance(outcome, Unavailable | Refused):
        raise RefusedReviewError("down")
    # A record in its place is another record than the one that was looked at.
    if not isinstance(outcome, Matched | Restricted):
        raise RefusedReviewError("answer")
    with deployment.office.transaction() as transaction:
        # Two who take the same number must see each other.
        transaction.alone()
        _still(transaction, deployment, found, sent)
        _accept(transaction, deployment, found, by, sent, outcome)
        _record(deployment, found, by, ACCEPTED)


def reject(deployment: Deployment, by: str, review: int) -> None:
    """Let none of the candidates be this person; raises RefusedReviewError."""
    found = _doubt(deployment, review, by)
    now = deployment.now()
    with deployment.office.transaction() as transaction:
        _undecided(transaction, found)
        status = Status.TO_BE_RESOLVED if _states_a_number(transaction, found.person) else Status.NONE_OR_SEVERAL
        set_status(transaction, found.person, str(status))
        decide_doubt(transaction, found.id, REJECTED, by, now)
        note(transaction, found.person, "Rejected", str(status), {"decided_by": by}, now)
        transaction.execute("DELETE FROM trace_queue WHERE person = :person", person=found.person)
        _record(deployment, found, by, REJECTED)


def listed(deployment: Deployment) -> list[Doubt]:
    """Everything that waits for a decision; the trail says that it was read."""
    with deployment.office.transaction() as transaction:
        found = doubts(transaction)
    people = [each.person for each in found]
    deployment.record(_event(deployment) | {"outcome": "released", "by": officer(), "people": people})
    return found


def _doubt(deployment: Deployment, review: int, by: str) -> Doubt:
    if not by.strip():
        raise RefusedReviewError("nobody")
    with deployment.office.transaction() as transaction:
        known = doubts(transaction, review)
    if not known:
        raise RefusedReviewError("unknown")
    return known[0]


async def _sent(deployment: Deployment, door: Door, found: Doubt) -> Sent:
    """What the door shows of the person to PDS: whom it does not show is not asked about."""
    with deployment.office.transaction() as transaction:
        stands = ground(transaction, deployment, found.person)
    sent = await shown_to_pds(deployment, door, stands) if stands else None
    if sent is None:
        raise RefusedReviewError("withheld")
    return sent


def _still(transaction: Transaction, deployment: Deployment, found: Doubt, sent: Sent) -> None:
    """Raise where what the decision rests on has changed while PDS was asked."""
    standing = refresh(transaction, deployment.policy, [found.person], deployment.now())[found.person]
    if standing.nhs_number_use is not OptOut.CLEAR:
        raise RefusedReviewError("withheld")
    _undecided(transaction, found)
    if not transaction.one("SELECT 1 FROM facet WHERE id = :id AND ended IS NULL", id=sent.compared):
        raise RefusedReviewError("changed")


def _accept(
    transaction: Transaction, deployment: Deployment, found: Doubt, by: str, sent: Sent, outcome: Matched | Restricted
) -> None:
    person, patient, now = found.person, outcome.patient, deployment.now()
    for other in holders(transaction, person, patient.nhs_number.value):
        if not gone(transaction, other):
            raise RefusedReviewError("held")
        disbelieve(transaction, deployment, other, str(Status.TO_BE_RESOLVED))
    agreed = compare(sent.demographics, patient).agreed
    let_stand = tuple(name for name in FIELDS if name not in agreed)
    take_back(transaction, person, patient.nhs_number)
    believe(transaction, deployment, person, patient, sent.compared, let_stand)
    decide_doubt(transaction, found.id, ACCEPTED, by, now)
    evidence: dict[str, object] = {
        "steps": [["decided by a person", ["nhs_number"], type(outcome).__name__, None]],
        "version": patient.version,
        "agreed": list(agreed),
        "let_stand": list(let_stand),
        "decided_by": by,
    }
    note(transaction, person, "Accepted", str(Status.VERIFIED), evidence, now)
    transaction.execute("DELETE FROM trace_queue WHERE person = :person", person=person)


def _chosen(found: Doubt, place: int | None) -> Candidate:
    wanted = 1 if place is None and len(found.candidates) == 1 else place
    if wanted is None or not 1 <= wanted <= len(found.candidates):
        raise RefusedReviewError("candidate")
    return found.candidates[wanted - 1]


def _undecided(transaction: Transaction, found: Doubt) -> None:
    """Raise where somebody decided meanwhile, or a trace has put another doubt in its place."""
    transaction.held("SELECT id FROM person WHERE id = :person", person=found.person)
    if doubts(transaction, found.id) != [found]:
        raise RefusedReviewError("changed")


def _states_a_number(transaction: Transaction, person: int) -> bool:
    stated = "SELECT 1 FROM facet WHERE person = :person AND part = 'untraced' AND ended IS NULL"
    return transaction.one(stated, person=person) is not None


def _record(deployment: Deployment, found: Doubt, by: str, outcome: str, **more: str) -> None:
    event = _event(deployment) | {"outcome": outcome, "by": officer(), "decided_by": by}
    deployment.record(event | {"people": [found.person]} | more)


def _event(deployment: Deployment) -> dict[str, Any]:
    return {"kind": "review", "at": shown(millis(deployment.now()))}
