"""What has a person chosen, and who wrote it down?

An officer's record of a choice joins the council's own series in the register, so that the latest effective one
holds whichever wrote it. The register, the Consent that shows it and the trail change together or not at all. No
extract ends an officer's Consent: only a later choice does. Who may decide for the person is the law's list, not
ours: https://www.legislation.gov.uk/ukpga/2005/9/section/11
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from adapter.consents import TYPE, agree, withdrawals
from adapter.database import Transaction
from adapter.deployment import Deployment
from adapter.facets import OFFICER, Kept
from adapter.instant import millis, shown
from adapter.intake import context_of, load_mapping
from adapter.officer import officer
from adapter.person import find_person
from adapter.register import KINDS, Recorded, facts_of, record_choice
from adapter.store import Council
from consent.model import OptOut
from consent.standing import NATIONAL, opt_out
from mappings.mapped import Resource, reference
from mappings.record import CaseRecord, Node

VALUES = (OptOut.OBJECTS.value, OptOut.CLEAR.value)
CAPACITIES = ("self", "attorney", "deputy", "professional")
PROPERTY_ATTORNEY = "property-attorney"
# Which rows of which mapping say what a Consent looks like.
_MAPPING = "case-xml"
_SOURCE = "Provenance"
_WORDS = {OptOut.OBJECTS: "objected", OptOut.CLEAR: "withdrawn"}

_REFUSALS = {
    "national": "the national data opt-out is not recorded here: the person tells the NHS, who is asked",
    "kind": f"a choice is of the kind {' or '.join(KINDS)}",
    "value": f"a choice is one of {', '.join(VALUES)}",
    "property": "an attorney for property and affairs may not decide this; one for health and welfare may (attorney)",
    "capacity": f"a choice is recorded in the capacity {', '.join(CAPACITIES)}",
    "professional": "a professional may record that a person would object, and may not take an objection back for them",
    "future": "the choice would take effect later than now; record it when it does",
    "nobody": "a choice needs the name of who records it",
}


class RefusedChoiceError(ValueError):
    """A choice that may not be recorded; the message says why."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of recording a choice: whether it is `new` here, and what `holds` for its kind now."""

    new: bool
    holds: OptOut


@dataclass(frozen=True, slots=True)
class Stated:
    """One line of a person's history of choices. Times are milliseconds."""

    kind: str
    value: str
    effective: int
    recorded: int
    recorded_by: str
    capacity: str
    discussed: int


def record(deployment: Deployment, council: str, local_id: str, choice: Recorded, *, by: str | None = None) -> Outcome:
    """Record a choice and let it act; raises RefusedChoiceError. `by` is who gives the command, for the trail."""
    event = _event(deployment, council, by) | {"choice": choice.kind, "value": choice.value}
    cause = _refusal(choice, deployment.now())
    if cause:
        deployment.record(event | {"outcome": "refused", "cause": cause})
        raise RefusedChoiceError(_REFUSALS[cause])
    with deployment.office.transaction() as transaction:
        known, person = find_person(transaction, council, local_id)
        said = replace(choice, series=f"council:{known.code}")
        outcome = _write(transaction, deployment, known, person, local_id, said)
        about = {"people": [person], "capacity": choice.capacity, "effective": shown(millis(choice.effective))}
        deployment.record(event | about | {"outcome": "recorded" if outcome.new else "known already"})
    return outcome


def history(deployment: Deployment, council: str, local_id: str, *, by: str | None = None) -> list[Stated]:
    """Everything that a person has chosen, oldest first; the trail says that it was read."""
    with deployment.office.transaction() as transaction:
        _, person = find_person(transaction, council, local_id)
        rows = transaction.all(
            "SELECT kind, value, effective, recorded, recorded_by, capacity, discussed FROM choice"
            " WHERE person = :person ORDER BY kind, effective, recorded, id",
            person=person,
        )
    deployment.record(_event(deployment, council, by) | {"kind": "choices", "outcome": "released", "people": [person]})
    return [Stated(*row) for row in rows]


def _write(
    transaction: Transaction, deployment: Deployment, council: Council, person: int, local_id: str, said: Recorded
) -> Outcome:
    policy, now = deployment.policy, deployment.now()
    new = record_choice(transaction, policy, person, said, now)
    kept = Kept(transaction, council.id, person, deployment.keys.seal, deployment.new_id, millis(now)).load()
    if said.value == OptOut.OBJECTS:
        for resource in _consent(deployment, council, local_id, said):
            kept.put(resource, OFFICER)
    agree(kept, withdrawals(transaction, policy, person, now))
    return Outcome(new, opt_out(facts_of(transaction, person, now), policy, said.kind, now))


def _consent(deployment: Deployment, council: Council, local_id: str, said: Recorded) -> Iterator[Resource]:
    """The Consent that the mapping makes of such a choice, and its Provenance, under keys that no extract has."""
    context = context_of(deployment, council, OFFICER, None)
    mapped = load_mapping(_MAPPING).apply(_case(local_id, said, deployment.now()), context)
    made = {resource.key: resource for resource in mapped.resources if resource.type in (TYPE, _SOURCE)}
    for consent in (resource for resource in made.values() if resource.type == TYPE):
        key = f"{OFFICER}:{consent.key}"
        yield Resource(TYPE, key, consent.facets)
        # Where in an extract it stood is not said: it stood in none.
        carrier = made[f"provenance:{TYPE}:{consent.key}"].facets[0]
        body = carrier.body | {"target": [reference(TYPE, key)]}
        yield Resource(_SOURCE, f"provenance:{TYPE}:{key}", (replace(carrier, body=body),))


def _case(local_id: str, said: Recorded, now: datetime) -> CaseRecord:
    """A case record that holds this one choice."""
    attributes = {
        "kind": said.kind,
        "value": _WORDS[OptOut(said.value)],
        "effective": shown(millis(said.effective))[:10],
        "recorded": shown(millis(now))[:10],
    }
    choices = Node("Objections", 0, children=[Node("Objection", 0, attributes=attributes)])
    person = Node("Person", 0, attributes={"localId": local_id}, children=[choices])
    return CaseRecord(local_id, "upsert", 0, person, "")


def _refusal(choice: Recorded, now: datetime) -> str:
    """Why a choice may not be recorded, as a word of _REFUSALS; empty where it may."""
    takes_back = choice.value == OptOut.CLEAR
    faults = {
        "national": choice.kind == NATIONAL,
        "kind": choice.kind not in KINDS,
        "value": choice.value not in VALUES,
        "property": choice.capacity == PROPERTY_ATTORNEY,
        "capacity": choice.capacity not in CAPACITIES,
        "professional": choice.capacity == "professional" and takes_back,
        "future": choice.effective > now,
        "nobody": not choice.recorded_by.strip(),
    }
    return next((cause for cause, found in faults.items() if found), "")


def _event(deployment: Deployment, council: str, by: str | None) -> dict[str, object]:
    at = shown(millis(deployment.now()))
    return {"kind": "choice", "at": at, "by": by or officer(), "council": council}
