"""How does a mapped record become what is kept?

One person at a time, inside the caller's transaction and a savepoint of its own: facts, choices, relationships and
facets together, or nothing. The same content again is unchanged. A record whose FHIR is not well formed is refused
whole.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from adapter.consents import agree, agreeing, withdrawals
from adapter.consequence import relate, wait_for_trace
from adapter.database import Transaction
from adapter.facets import COUNCIL, PDS, Kept, identify
from adapter.instant import NEVER, last_day, midnight, millis, moment, read_instant
from adapter.marks import birth_dates
from adapter.register import Recorded, record_choice, refresh
from adapter.resources import faults
from consent.model import OptOut
from consent.policy import Policy
from mappings.mapped import Mapped, Organisation, Resource

_CASE_RECORD = "case record"


class RefusedRecordError(Exception):
    """A record that must not be kept; the message says which element and why, never a value."""


@dataclass(frozen=True, slots=True)
class Council:
    """A council whose people are kept here."""

    id: int
    code: str
    name: str
    ods: str


@dataclass(frozen=True)
class Store:
    """Keeps the records of one council, in one transaction."""

    transaction: Transaction
    policy: Policy
    council: Council
    key: bytes
    new_id: Callable[[], str]
    now: datetime

    def unchanged(self, local_id: str, digest: str, extract: int, spoken: datetime) -> bool:
        """Whether this very content is kept already; if so, note that it was confirmed."""
        row = self.transaction.one(
            "SELECT id FROM person WHERE council = :council AND local_id = :local_id AND digest = :digest",
            council=self.council.id,
            local_id=local_id,
            digest=digest,
        )
        if row is None:
            return False
        self.transaction.execute(
            "UPDATE person SET extract = :extract WHERE id = :person", extract=extract, person=row[0]
        )
        self.transaction.execute(
            "UPDATE relationship SET ends = CASE WHEN at_latest < :ends THEN at_latest ELSE :ends END"
            " WHERE person = :person AND kind = 'provider' AND ends < :ends AND ends < at_latest",
            ends=millis(spoken + self.policy.periods.provider_relationship),
            person=row[0],
        )
        return True

    def put(self, mapped: Mapped, digest: str, extract: int, spoken: datetime) -> int:
        """Keep a person's record; raise RefusedRecordError, having kept nothing of it, where it is not FHIR."""
        with self._savepoint():
            person, kept = self._person(mapped, digest, extract)
            self._facts(person, kept, mapped)
            self._relationships(person, mapped, spoken)
            standing = refresh(self.transaction, self.policy, [person], self.now)[person]
            for choice in self.choices(person, mapped):
                record_choice(self.transaction, self.policy, person, choice, self.now)
                standing = refresh(self.transaction, self.policy, [person], self.now)[person]
            self._records(person, mapped, objects=standing.nhs_number_use is OptOut.OBJECTS)
            self.transaction.execute(
                "UPDATE person SET nhs_number_status = '03' WHERE id = :person AND nhs_number_status IN ('04', '05')",
                person=person,
            )
            if standing.nhs_number_use is OptOut.CLEAR:
                # What was in doubt may be clear now that the record has changed.
                wait_for_trace(self.transaction, person, self.now)
        return person

    @contextmanager
    def _savepoint(self) -> Iterator[None]:
        self.transaction.execute("SAVEPOINT record")
        try:
            yield
        except BaseException:
            self.transaction.execute("ROLLBACK TO SAVEPOINT record")
            self.transaction.execute("RELEASE SAVEPOINT record")
            raise
        self.transaction.execute("RELEASE SAVEPOINT record")

    def _person(self, mapped: Mapped, digest: str, extract: int) -> tuple[int, dict[str, Any]]:
        known = self.transaction.held(
            "SELECT id, facts FROM person WHERE council = :council AND local_id = :local_id",
            council=self.council.id,
            local_id=mapped.local_id,
        )
        if known is not None:
            self.transaction.execute(
                "UPDATE person SET digest = :digest, extract = :extract WHERE id = :person",
                digest=digest,
                extract=extract,
                person=known[0],
            )
            return known[0], json.loads(known[1])
        # The standing is worked out before the transaction ends; until then the person has none and is withheld.
        person = self.transaction.number(
            "INSERT INTO person (council, local_id, standing, standing_until, standing_after, after_until, first_seen,"
            " digest, extract, facts, nhs_number_status)"
            " VALUES (:council, :local_id, 0, 0, 0, 0, :now, :digest, :extract, '{}', '03') RETURNING id",
            council=self.council.id,
            local_id=mapped.local_id,
            now=millis(self.now),
            digest=digest,
            extract=extract,
        )
        return person, {}

    def _facts(self, person: int, kept: dict[str, Any], mapped: Mapped) -> None:
        said = mapped.facts
        died = _day(said["died"])
        # The council may learn of a death later than PDS.
        dead = said["died"] != "no" or kept.get("dead_by_pds", False)
        kept |= {mark: said[mark] == "yes" for mark in ("restricted", "locked", "do_not_disclose")}
        kept |= {
            "died": died or (kept.get("died") if kept.get("dead_by_pds") else None),
            # A death that cannot be dated is a death.
            "death_learnt": (kept.get("death_learnt") or millis(self.now)) if dead else None,
            "closed": _day(said["closed"]),
            "mental_health": "yes" in (said["mental_health"], said["section_117"]),
            "sealed": kept.get("sealed", False) or mapped.operation != "upsert",
            "gp_stated": next((o.code for o in mapped.organisations if o.kind == "gp"), None),
            "born": said["born"],
        }
        self.transaction.execute(
            "UPDATE person SET facts = :facts WHERE id = :person",
            facts=json.dumps(kept, sort_keys=True),
            person=person,
        )

    def _relationships(self, person: int, mapped: Mapped, spoken: datetime) -> None:
        self.transaction.execute("DELETE FROM relationship WHERE person = :person AND kind = 'provider'", person=person)
        if mapped.facts["died"] != "no" or mapped.facts["closed"] != "open":
            return
        confirmed = millis(spoken + self.policy.periods.provider_relationship)
        for code, services in _providers(mapped.organisations).items():
            ends = max(_service_ends(service) for service in services)
            relate(
                self.transaction,
                code,
                person,
                "provider",
                starts=min(_service_starts(service, self.now) for service in services),
                ends=min(confirmed, ends),
                at_latest=ends,
            )

    def choices(self, person: int, mapped: Mapped) -> Iterator[Recorded]:
        """What the record says that the person has chosen, as the register takes it."""
        for choice in mapped.choices:
            said = choice.effective or choice.recorded
            value = OptOut.OBJECTS if choice.value == "objects" else OptOut.CLEAR
            # That a case system has recorded no objection takes none back that was made elsewhere.
            series = f"council:{self.council.code}" + (":none-recorded" if choice.value == "clear" else "")
            yield Recorded(
                kind=choice.kind,
                value=value,
                effective=read_instant(said) if said else self._received(person, choice.kind, value, series),
                series=series,
                recorded_by=choice.by or _CASE_RECORD,
                capacity=_CASE_RECORD,
            )

    def _received(self, person: int, kind: str, value: OptOut, series: str) -> datetime:
        """When a choice without a date was first received: it counts from then, however often it is sent."""
        row = self.transaction.one(
            "SELECT MIN(effective) FROM choice WHERE person = :person AND kind = :kind AND value = :value"
            " AND series = :series AND capacity = :capacity AND effective = recorded",
            person=person,
            kind=kind,
            value=value.value,
            series=series,
            capacity=_CASE_RECORD,
        )
        return moment(row[0]) if row and row[0] is not None else self.now

    def _records(self, person: int, mapped: Mapped, *, objects: bool) -> None:
        kept = Kept(self.transaction, self.council.id, person, self.key, self.new_id, millis(self.now)).load()
        taken_back = withdrawals(self.transaction, self.policy, person, self.now)
        resources = [
            agreeing(_without(resource, _left_out(kept, objects)), taken_back) for resource in mapped.resources
        ]
        _check(kept, resources)
        changed: dict[str, set[str]] = {}
        records = [r for r in resources if r.type != "Provenance"]
        for resource in records:
            changed[f"provenance:{resource.type}:{resource.key}"] = kept.put(resource, COUNCIL)
        for source in (r for r in resources if r.type == "Provenance"):
            _put_provenance(kept, source, changed.get(source.key, set()))
        kept.end_absent([*((r.type, r.key) for r in resources), *_standing_choices(kept)], COUNCIL)
        agree(kept, taken_back)
        identify(kept, birth_dates(self.transaction, person))


def _standing_choices(kept: Kept) -> list[tuple[str, str]]:
    """The Consents on file: that an extract no longer lists an objection does not take it back."""
    return [(kind, key) for kind, key in kept.publics if kind == "Consent" or key.startswith("provenance:Consent:")]


def _put_provenance(kept: Kept, source: Resource, changed: set[str]) -> None:
    # Whoever sees a resource sees this; it may not stir when only something that they do not see has changed.
    known = ("Provenance", source.key) in kept.publics
    if not known or "carrier" in changed:
        kept.put(source, COUNCIL)
    elif changed:
        kept.put_part(source, "place", COUNCIL)


def _left_out(kept: Kept, objects: bool) -> set[str]:
    left_out = set()
    if objects or kept.has("nhs-number", PDS):
        left_out.add("untraced")
    if kept.has("gp", PDS):
        left_out.add("gp")
    return left_out


def _without(resource: Resource, parts: set[str]) -> Resource:
    if resource.type != "Patient":
        return resource
    facets = tuple(facet for facet in resource.facets if facet.part not in parts)
    return Resource(resource.type, resource.key, facets)


def _check(kept: Kept, resources: list[Resource]) -> None:
    for resource in resources:
        for fault in faults(kept.whole(resource)):
            raise RefusedRecordError(f"{resource.type} {fault}")


def _providers(organisations: tuple[Organisation, ...]) -> dict[str, list[Organisation]]:
    """The services of each provider, by its code."""
    providers: dict[str, list[Organisation]] = {}
    for organisation in organisations:
        if organisation.kind == "provider":
            providers.setdefault(organisation.code, []).append(organisation)
    return providers


def _service_starts(provider: Organisation, now: datetime) -> int:
    return millis(read_instant(provider.starts) if provider.starts else now)


def _service_ends(provider: Organisation) -> int:
    if not provider.ends:
        return NEVER
    return millis(midnight(date.fromisoformat(provider.ends)) + timedelta(days=1))


def _day(said: str) -> str | None:
    day = last_day(said)
    return day.isoformat() if day else None
