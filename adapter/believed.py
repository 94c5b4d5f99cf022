"""What is kept of a person whom PDS has confirmed, and what goes when it is in doubt again?

A confirmed number (status 01) and the GP practice become facets of their own, and the practice a relationship. PDS's
mark on whereabouts, a death and the birth date it holds become facts. When a number is in doubt again, all of it goes
that could give somebody away or let somebody in; what protects stays.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson

from adapter.consequence import relate
from adapter.database import Transaction
from adapter.deployment import Deployment
from adapter.facets import COUNCIL, PDS, Kept, identify
from adapter.instant import NEVER, millis
from adapter.marks import birth_dates, marks
from adapter.register import change_facts
from adapter.terms import NHS_NUMBER_SYSTEM
from mappings.mapped import Facet, Resource
from pds_client.patient import PdsPatient

_STATUS_URL = "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-NHSNumberVerificationStatus"
_STATUS_SYSTEM = "https://fhir.hl7.org.uk/CodeSystem/UKCore-NHSNumberVerificationStatusEngland"
_ODS = "https://fhir.nhs.uk/Id/ods-organization-code"
# PDS may know of a death without its date.
_DEATHS = ("informal", "formal")
_VERIFIED = "01"
# What of PDS's own is kept as facets.
_PARTS = ("nhs-number", "gp")


def believe(
    transaction: Transaction,
    deployment: Deployment,
    person: int,
    patient: PdsPatient,
    compared: int,
    let_stand: tuple[str, ...] = (),
) -> None:
    """Keep what PDS holds of a person, as their own."""
    now = deployment.now()
    kept = _kept(transaction, deployment, person, now)
    _write(kept, patient)
    _relate_practice(transaction, person, patient.general_practitioner, now)
    set_status(transaction, person, _VERIFIED)
    _remember(transaction, person, patient.version or "", compared, let_stand, now)
    change_facts(transaction, deployment.policy, person, now, **_facts(transaction, person, patient, now))
    identify(kept, birth_dates(transaction, person))


def disbelieve(transaction: Transaction, deployment: Deployment, person: int, status: str) -> None:
    """Let go of a number that is in doubt, and of what came with it."""
    now = deployment.now()
    set_status(transaction, person, status)
    kept = _kept(transaction, deployment, person, now)
    if not kept.has("nhs-number", PDS):
        return
    number, _ = kept.publics["Patient", "patient"]
    for part in _PARTS:
        if (number, part, PDS) in kept.current:
            kept.end(number, part, PDS)
    _relate_practice(transaction, person, None, now)
    transaction.execute("DELETE FROM pds_read WHERE person = :person", person=person)
    protected = marks(transaction, person).get("pds_sensitive") or None
    change_facts(transaction, deployment.policy, person, now, pds_sensitive=protected, pds_birth_date=None)
    identify(kept, birth_dates(transaction, person))


def unchanged(transaction: Transaction, person: int, now: datetime) -> None:
    """PDS holds what was believed already: only when that was said is new."""
    transaction.execute("UPDATE pds_read SET at = :now WHERE person = :person", now=millis(now), person=person)


def set_status(transaction: Transaction, person: int, status: str) -> None:
    """Write down the status of a person's number: https://www.datadictionary.nhs.uk."""
    transaction.execute(
        "UPDATE person SET nhs_number_status = :status WHERE id = :person", status=status, person=person
    )


def holds(transaction: Transaction, person: int, number: str) -> bool:
    """Whether this is the person's own confirmed number."""
    return person in _holders(transaction, person, number)


def holders(transaction: Transaction, person: int, number: str) -> list[int]:
    """Others of the council whose confirmed number this is."""
    return [each for each in _holders(transaction, person, number) if each != person]


def _holders(transaction: Transaction, person: int, number: str) -> list[int]:
    rows = transaction.all(
        "SELECT DISTINCT t.person FROM term t JOIN facet f ON f.id = t.facet JOIN person p ON p.id = t.person"
        " WHERE t.type = 'Patient' AND t.name = 'identifier' AND t.value = :value AND f.part = 'nhs-number'"
        " AND p.council = (SELECT council FROM person WHERE id = :person)",
        value=f"{NHS_NUMBER_SYSTEM}|{number}",
        person=person,
    )
    return [row[0] for row in rows]


def _write(kept: Kept, patient: PdsPatient) -> None:
    resource = _resource(patient)
    number, _ = kept.publics["Patient", "patient"]
    for facet in resource.facets[1:]:
        kept.put_part(resource, facet.part, PDS)
    practice = patient.general_practitioner
    gone = {("untraced", COUNCIL), ("gp", COUNCIL if practice else PDS)}
    for part, origin in gone:
        if (number, part, origin) in kept.current:
            kept.end(number, part, origin)


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


def _relate_practice(transaction: Transaction, person: int, practice: str | None, now: datetime) -> None:
    transaction.execute(
        "DELETE FROM relationship WHERE person = :person AND kind = 'gp' AND organisation <> :practice",
        person=person,
        practice=practice or "",
    )
    if practice:
        relate(transaction, practice, person, "gp", starts=millis(now), ends=NEVER)


def _remember(
    transaction: Transaction, person: int, version: str, compared: int, let_stand: tuple[str, ...], now: datetime
) -> None:
    transaction.execute("DELETE FROM pds_read WHERE person = :person", person=person)
    transaction.execute(
        "INSERT INTO pds_read (person, at, not_before, version, compared, let_stand)"
        " VALUES (:person, :now, :now, :version, :compared, :let_stand)",
        person=person,
        now=millis(now),
        version=version,
        compared=compared,
        let_stand=" ".join(let_stand),
    )


def _facts(transaction: Transaction, person: int, patient: PdsPatient, now: datetime) -> dict[str, Any]:
    changes: dict[str, Any] = {
        "pds_sensitive": patient.sensitivity != "unrestricted",
        "pds_birth_date": patient.birth_date,
    }
    known = marks(transaction, person)
    if patient.deceased or patient.death_notification in _DEATHS:
        died = patient.deceased or ""
        learnt = {"died": died if len(died) == len("yyyy-mm-dd") else None, "death_learnt": millis(now)}
        return changes | {"dead_by_pds": True} | ({} if known.get("death_learnt") else learnt)
    if known.get("dead_by_pds"):
        # PDS has taken its word back; the council's own, where there is one, stands.
        forgotten = {} if _dead_by_the_council(transaction, person) else {"died": None, "death_learnt": None}
        return changes | {"dead_by_pds": False} | forgotten
    return changes


def _dead_by_the_council(transaction: Transaction, person: int) -> bool:
    rows = transaction.all(
        "SELECT f.body FROM facet f JOIN resource r ON r.id = f.resource WHERE f.person = :person"
        " AND f.ended IS NULL AND f.origin = :council AND r.type = 'Patient'",
        person=person,
        council=COUNCIL,
    )
    said = [orjson.loads(body) for (body,) in rows]
    return any(body.get("deceasedDateTime") or body.get("deceasedBoolean") for body in said)


def _kept(transaction: Transaction, deployment: Deployment, person: int, now: datetime) -> Kept:
    council = transaction.number("SELECT council FROM person WHERE id = :person", person=person)
    return Kept(transaction, council, person, deployment.keys.seal, deployment.new_id, millis(now)).load()
