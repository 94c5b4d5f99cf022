"""What may PDS be told of a person?

What the door shows to PDS for this purpose, on a register that is fresh enough for traces, and nothing else. Whoever
objects, or is not known not to, is not there at all.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import orjson

from adapter.consequence import PDS
from adapter.database import OURS, Ask, Door, Select, Transaction
from adapter.deployment import Deployment
from adapter.forms import merged
from adapter.instant import millis
from adapter.permits import intern_view
from adapter.register import may_be_traced
from adapter.terms import NHS_NUMBER_SYSTEM
from pds_client.demographics import Demographics
from pds_client.nhs_number import BadNhsNumber, NhsNumber


@dataclass(frozen=True, slots=True)
class Sent:
    """What is sent, for whom, and the facet it was read from: once that has ended, the answer is about old words."""

    demographics: Demographics
    compared: int
    organisation: str


@dataclass(frozen=True, slots=True)
class Ground:
    """Where a person stands in the door's views, and for which organisation PDS is asked about them."""

    view: int
    resource: int
    organisation: str


def ground(transaction: Transaction, deployment: Deployment, person: int) -> Ground | None:
    """Find what the door needs to show a person to PDS; None where the council's register is not fresh."""
    now = deployment.now()
    view = intern_view(transaction, deployment.policy, PDS)
    resource = transaction.one(
        "SELECT r.id, c.id, c.ods FROM resource r JOIN person p ON p.id = r.person JOIN council c ON c.id = p.council"
        " WHERE r.person = :person AND r.type = 'Patient'",
        person=person,
    )
    if resource is None or not may_be_traced(transaction, deployment.policy, resource[1], now):
        return None
    return Ground(view, resource[0], deployment.settings.pds_ods or resource[2])


async def shown(deployment: Deployment, door: Door, stands: Ground) -> Sent | None:
    """Read through the door what PDS is told; None where it is shown nothing."""
    return await door.run(_shown(millis(deployment.now()), stands))


def _shown(now: int, stands: Ground) -> Generator[Ask | Select, list[tuple[Any, ...]], Sent | None]:
    yield Ask(now=now, client="pds", view=stands.view, registration=OURS)
    rows = yield Select(
        "SELECT id, part, body, public FROM visible_facet WHERE resource = :resource ORDER BY place, part",
        {"resource": stands.resource},
    )
    compared = next((number for number, part, _, _ in rows if part == "carrier"), None)
    if compared is None:
        return None
    patient = merged(orjson.loads(body) for _, _, body, _ in rows)
    return Sent(asked_with(patient), compared, stands.organisation)


def asked_with(patient: dict[str, Any]) -> Demographics:
    """What of a Patient, as the door shows it, PDS is asked with."""
    names = [name for name in patient.get("name", ()) if name.get("use") not in ("old", "nickname")]
    name = names[0] if names else {}
    return Demographics(
        family=name.get("family"),
        given=tuple(name.get("given", ())),
        birth_date=patient.get("birthDate"),
        postcode=_postcode(patient),
        gender=patient.get("gender"),
        nhs_number=_number(patient),
    )


def _postcode(patient: dict[str, Any]) -> str | None:
    current = [a for a in patient.get("address", ()) if "end" not in a.get("period", {}) and a.get("use") != "old"]
    return next((address["postalCode"] for address in current if "postalCode" in address), None)


def _number(patient: dict[str, Any]) -> NhsNumber | None:
    for identifier in patient.get("identifier", ()):
        if identifier.get("system") == NHS_NUMBER_SYSTEM:
            try:
                return NhsNumber.parse(identifier["value"])
            except BadNhsNumber:
                return None
    return None
