"""Who is it?

A trace sends a name, an address and a date of birth to PDS, so it is decided like any release: what is sent is what
the door shows to PDS for this purpose, and whoever objects, or is not known not to, is not there at all. Traces wait
in a queue; what fails is tried again later and is never taken for "no match". A doubtful match is never accepted
here: a person decides. https://digital.nhs.uk/developer/api-catalogue/personal-demographics-service-fhir
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import orjson

from adapter.database import OURS, Ask, Door, Select, Transaction
from adapter.deployment import Deployment
from adapter.forms import merged
from adapter.instant import millis, shown
from adapter.permits import intern_view
from adapter.register import registers
from adapter.terms import NHS_NUMBER_SYSTEM
from adapter.traced import defer, settle
from consent.model import View
from pds_client.client import PdsClient
from pds_client.demographics import Demographics
from pds_client.nhs_number import BadNhsNumber, NhsNumber
from pds_client.outcomes import Refused, Unavailable
from pds_client.trace import trace

Event = dict[str, Any]

PDS = View("pds", "system", "TRACE")
_CLAIM = timedelta(minutes=10)
_RETRY = timedelta(minutes=1)
_LONGEST_RETRY = timedelta(hours=6)


@dataclass
class Identify:
    """Works the trace queue of one deployment."""

    deployment: Deployment
    door: Door
    client: PdsClient
    record: Callable[[Event], Any]
    outcomes: Counter[str] = field(default_factory=Counter)
    calls: int = 0

    async def work(self, most: int, *, on_person: Callable[[], None] = lambda: None) -> Counter[str]:
        """Trace up to so many people who wait; say how each came out."""
        worked: Counter[str] = Counter()
        people, claim = await self._off_loop(self._claim, most)
        for person in people:
            outcome = await self._one(person, claim)
            worked[outcome] += 1
            on_person()
            if outcome in (Refused.__name__, Unavailable.__name__):
                # PDS is not to be had now; those behind would fare no better.
                await self._off_loop(self._unclaim, people[people.index(person) + 1 :], claim)
                break
        self.outcomes += worked
        return worked

    async def _one(self, person: int, claim: int) -> str:
        ready = await self._off_loop(self._ready, person, claim)
        if ready is None:
            return "Left"
        view, resource, fresh = ready
        demographics = await self.door.run(self._shown(view, resource)) if fresh else None
        if demographics is None:
            await self._off_loop(self._withheld, person)
            return "Withheld"
        await self.record(self._event(person))
        traced = await trace(self.client, demographics, clock=self.deployment.clock)
        self.calls += traced.evidence.calls
        if isinstance(traced.outcome, Refused | Unavailable):
            await self._off_loop(self._later, person, type(traced.outcome).__name__)
        else:
            await self._off_loop(self._settle, person, traced)
        return type(traced.outcome).__name__

    def _shown(self, view: int, resource: int) -> Generator[Ask | Select, list[tuple[Any, ...]], Demographics | None]:
        yield Ask(now=millis(self.deployment.now()), client="pds", view=view, registration=OURS)
        rows = yield Select(
            "SELECT part, body, public FROM visible_facet WHERE resource = :resource ORDER BY place, part",
            {"resource": resource},
        )
        if not any(part == "carrier" for part, _, _ in rows):
            return None
        return asked_with(merged(orjson.loads(body) for _, body, _ in rows))

    def _ready(self, person: int, claim: int) -> tuple[int, int, bool] | None:
        """The view, the resource and whether the register is fresh; None where the claim lapsed meanwhile."""
        deployment = self.deployment
        now = deployment.now()
        with deployment.office.transaction() as transaction:
            if not self._renew(transaction, person, claim):
                return None
            view = intern_view(transaction, deployment.policy, PDS)
            resource = transaction.one(
                "SELECT r.id, p.council FROM resource r JOIN person p ON p.id = r.person"
                " WHERE r.person = :person AND r.type = 'Patient'",
                person=person,
            )
            if resource is None:
                return view, 0, False
            declared = registers(transaction, resource[1], now).get("nhs-number")
        fresh = declared is not None and now < declared.as_of + deployment.policy.periods.register_max_age
        return view, resource[0], fresh

    def _claim(self, most: int) -> tuple[list[int], int]:
        """Claim people who wait; the instant at which the claim lapses tells it from another worker's."""
        now = self.deployment.now()
        claim = millis(now + _CLAIM)
        with self.deployment.office.transaction() as transaction:
            rows = transaction.all(
                "UPDATE trace_queue SET claimed_until = :until, attempts = attempts + 1"
                " WHERE claimed_until < :now AND person IN (SELECT person FROM trace_queue"
                " WHERE due <= :now AND claimed_until < :now ORDER BY due, person LIMIT :most) RETURNING person",
                until=claim,
                now=millis(now),
                most=most,
            )
        return sorted(row[0] for row in rows), claim

    def _renew(self, transaction: Transaction, person: int, claim: int) -> bool:
        renewed = transaction.changed(
            "UPDATE trace_queue SET claimed_until = :until WHERE person = :person AND claimed_until = :claim",
            until=millis(self.deployment.now() + _CLAIM),
            person=person,
            claim=claim,
        )
        return renewed > 0

    def _unclaim(self, people: list[int], claim: int) -> None:
        with self.deployment.office.transaction() as transaction:
            for person in people:
                transaction.execute(
                    "UPDATE trace_queue SET claimed_until = 0, attempts = attempts - 1"
                    " WHERE person = :person AND claimed_until = :claim",
                    person=person,
                    claim=claim,
                )

    def _withheld(self, person: int) -> None:
        # When the standing changes so that a trace is allowed, the person is put into the queue again.
        with self.deployment.office.transaction() as transaction:
            transaction.execute("DELETE FROM trace_queue WHERE person = :person", person=person)

    def _later(self, person: int, outcome: str) -> None:
        with self.deployment.office.transaction() as transaction:
            defer(transaction, person, outcome, self.deployment.now(), _RETRY, _LONGEST_RETRY)

    def _settle(self, person: int, traced: Any) -> None:
        deployment = self.deployment
        with deployment.office.transaction() as transaction:
            settle(transaction, deployment, person, traced)

    def _event(self, person: int) -> Event:
        return {
            "kind": "trace",
            "at": shown(millis(self.deployment.now())),
            "outcome": "released",
            "client": "pds",
            "purpose": PDS.purpose,
            "people": [person],
        }

    async def _off_loop(self, work: Callable[..., Any], *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(None, work, *arguments)


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
