"""What does the answer of a trace change?

A confirmed number (status 01) and the GP practice become facets of their own, and the practice a relationship. PDS's
mark on whereabouts, a death and the birth date it holds become facts. Anything short of a sure answer keeps nothing
but its evidence: steps and names of fields, never their values.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import orjson

from adapter.consequence import relate
from adapter.database import Transaction
from adapter.deployment import Deployment
from adapter.facets import COUNCIL, PDS, Kept, identify
from adapter.instant import NEVER, millis
from adapter.marks import birth_dates, marks
from adapter.register import change_facts, refresh
from adapter.terms import NHS_NUMBER_SYSTEM
from consent.model import OptOut
from mappings.mapped import Facet, Resource
from pds_client.evidence import Evidence
from pds_client.patient import PdsPatient
from pds_client.trace import Trace

_STATUS_URL = "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-NHSNumberVerificationStatus"
_STATUS_SYSTEM = "https://fhir.hl7.org.uk/CodeSystem/UKCore-NHSNumberVerificationStatusEngland"
_ODS = "https://fhir.nhs.uk/Id/ods-organization-code"
# PDS may know of a death without its date.
_DEATHS = ("informal", "formal")
_VERIFIED = "01"
_TO_BE_RESOLVED = "05"


def settle(transaction: Transaction, deployment: Deployment, person: int, traced: Trace) -> None:
    """Keep what a trace found, and take the person out of the queue."""
    now = deployment.now()
    # Two workers that found one number must see each other.
    transaction.alone()
    standing = refresh(transaction, deployment.policy, [person], now)[person]
    transaction.execute("DELETE FROM trace_queue WHERE person = :person", person=person)
    if standing.nhs_number_use is not OptOut.CLEAR:
        # Whoever objected while PDS was asked is heard: nothing of the answer is kept.
        return
    status = str(traced.status)
    if traced.patient is not None and status == _VERIFIED:
        others = _holders(transaction, person, traced.patient.nhs_number.value)
        if others:
            # One number on two people: neither has it until a person has looked.
            status = _TO_BE_RESOLVED
            for other in others:
                _drop_number(transaction, deployment, other, now)
        else:
            _accept(transaction, deployment, person, traced.patient, now)
    _note(transaction, person, type(traced.outcome).__name__, status, traced.evidence, now)


def defer(
    transaction: Transaction, person: int, outcome: str, now: datetime, first: timedelta, longest: timedelta
) -> None:
    """Keep the person in the queue, to be traced later the more often it has failed."""
    row = transaction.one("SELECT attempts FROM trace_queue WHERE person = :person", person=person)
    if row is None:
        # Whoever objected while PDS was asked waits no longer.
        return
    wait = min(first * 2 ** min(row[0], 10), longest)
    transaction.execute(
        "UPDATE trace_queue SET due = :due, claimed_until = 0 WHERE person = :person",
        due=millis(now + wait),
        person=person,
    )
    transaction.execute(
        "INSERT INTO trace (person, at, outcome, status, evidence)"
        " SELECT id, :now, :outcome, nhs_number_status, '{}' FROM person WHERE id = :person",
        now=millis(now),
        outcome=outcome,
        person=person,
    )


def _accept(transaction: Transaction, deployment: Deployment, person: int, patient: PdsPatient, now: datetime) -> None:
    kept = _kept(transaction, deployment, person, now)
    resource = _resource(patient)
    number, _ = kept.publics["Patient", "patient"]
    for facet in resource.facets[1:]:
        kept.put_part(resource, facet.part, PDS)
    for part in ("untraced", "gp"):
        if (number, part, COUNCIL) in kept.current and (part == "untraced" or patient.general_practitioner):
            kept.end(number, part, COUNCIL)
    transaction.execute("DELETE FROM relationship WHERE person = :person AND kind = 'gp'", person=person)
    if patient.general_practitioner:
        relate(transaction, patient.general_practitioner, person, "gp", starts=millis(now), ends=NEVER)
    changes: dict[str, Any] = {
        "pds_sensitive": patient.sensitivity != "unrestricted",
        "pds_birth_date": patient.birth_date,
    }
    if patient.deceased or patient.death_notification in _DEATHS:
        changes |= _death(transaction, person, patient.deceased or "", now)
    transaction.execute(
        "UPDATE person SET nhs_number_status = :status WHERE id = :person", status=_VERIFIED, person=person
    )
    change_facts(transaction, deployment.policy, person, now, **changes)
    identify(kept, birth_dates(transaction, person))


def _resource(patient: PdsPatient) -> Resource:
    status = {"coding": [{"system": _STATUS_SYSTEM, "code": _VERIFIED, "display": "Number present and verified"}]}
    identifier = {
        "extension": [{"url": _STATUS_URL, "valueCodeableConcept": status}],
        "system": NHS_NUMBER_SYSTEM,
        "value": patient.nhs_number.value,
    }
    facets = [Facet("carrier", "identity", {}), Facet("nhs-number", "nhs-number", {"identifier": [identifier]})]
    if patient.general_practitioner:
        practice = {"type": "Organization", "identifier": {"system": _ODS, "value": patient.general_practitioner}}
        facets.append(Facet("gp", "gp", {"generalPractitioner": [practice]}, locates=True))
    return Resource("Patient", "patient", tuple(facets))


def _holders(transaction: Transaction, person: int, number: str) -> list[int]:
    rows = transaction.all(
        "SELECT DISTINCT t.person FROM term t JOIN facet f ON f.id = t.facet JOIN person p ON p.id = t.person"
        " WHERE t.type = 'Patient' AND t.name = 'identifier' AND t.value = :value AND f.part = 'nhs-number'"
        " AND t.person <> :person AND p.council = (SELECT council FROM person WHERE id = :person)",
        value=f"{NHS_NUMBER_SYSTEM}|{number}",
        person=person,
    )
    return [row[0] for row in rows]


def _drop_number(transaction: Transaction, deployment: Deployment, person: int, now: datetime) -> None:
    kept = _kept(transaction, deployment, person, now)
    number, _ = kept.publics["Patient", "patient"]
    kept.end(number, "nhs-number", PDS)
    transaction.execute(
        "UPDATE person SET nhs_number_status = :status WHERE id = :person", status=_TO_BE_RESOLVED, person=person
    )
    # Whoever was given the number learns that it is no longer held.
    transaction.execute(
        "INSERT INTO trace (person, at, outcome, status, evidence) VALUES (:person, :now, 'Disputed', :status, '{}')",
        person=person,
        now=millis(now),
        status=_TO_BE_RESOLVED,
    )


def _death(transaction: Transaction, person: int, died: str, now: datetime) -> dict[str, Any]:
    known = marks(transaction, person).get("death_learnt")
    learnt = {} if known else {"died": died[:10] if len(died) >= 10 else None, "death_learnt": millis(now)}
    return learnt | {"dead_by_pds": True}


def _kept(transaction: Transaction, deployment: Deployment, person: int, now: datetime) -> Kept:
    council = transaction.number("SELECT council FROM person WHERE id = :person", person=person)
    return Kept(transaction, council, person, deployment.keys.seal, deployment.new_id, millis(now)).load()


def _note(transaction: Transaction, person: int, outcome: str, status: str, evidence: Evidence, now: datetime) -> None:
    said = {
        "steps": [[step.name, list(step.fields), step.outcome, step.score] for step in evidence.steps],
        "score": evidence.score,
        "version": evidence.version,
    }
    transaction.execute(
        "INSERT INTO trace (person, at, outcome, status, evidence)"
        " VALUES (:person, :now, :outcome, :status, :evidence)",
        person=person,
        now=millis(now),
        outcome=outcome,
        status=status,
        evidence=orjson.dumps(said).decode(),
    )
    transaction.execute(
        "UPDATE person SET nhs_number_status = :status WHERE id = :person", status=status, person=person
    )
