"""How does a mapped record become what is kept?

One person at a time, inside the caller's transaction and a savepoint of its own: facts, choices, relationships and
facets together, or nothing. The same content again is unchanged.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from adapter.consents import agree, agreeing, withdrawals
from adapter.consequence import relate, wait_for_trace
from adapter.database import Transaction
from adapter.facets import COUNCIL, PDS, Kept, identify
from adapter.forms import Form, Ready
from adapter.instant import NEVER, last_day, midnight, millis, moment, read_instant
from adapter.marks import birth_dates
from adapter.register import Known, Recorded, refresh, write_choice
from consent.model import OptOut
from consent.policy import Policy
from mappings.mapped import Organisation

_CASE_RECORD = "case record"


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
    known: Known = field(default_factory=Known)

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

    def put(self, ready: Ready, digest: str, extract: int, spoken: datetime) -> int:
        """Keep a person's record, all of it or nothing."""
        with self._savepoint():
            person, kept = self._person(ready, digest, extract)
            self._facts(person, kept, ready)
            self._relationships(person, ready, spoken)
            for choice in self.choices(person, ready):
                write_choice(self.transaction, person, choice, self.now)
            standing = refresh(self.transaction, self.policy, [person], self.now, self.known)[person]
            self._records(person, ready, objects=standing.nhs_number_use is OptOut.OBJECTS)
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
            # What was interned since then is gone.
            self.known.standings.clear()
            self.transaction.execute("RELEASE SAVEPOINT record")
            raise
        self.transaction.execute("RELEASE SAVEPOINT record")

    def _person(self, ready: Ready, digest: str, extract: int) -> tuple[int, dict[str, Any]]:
        known = self.transaction.held(
            "SELECT id, facts FROM person WHERE council = :council AND local_id = :local_id",
            council=self.council.id,
            local_id=ready.local_id,
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
            local_id=ready.local_id,
            now=millis(self.now),
            digest=digest,
            extract=extract,
        )
        return person, {}

    def _facts(self, person: int, kept: dict[str, Any], ready: Ready) -> None:
        said = ready.facts
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
            "sealed": kept.get("sealed", False) or ready.operation != "upsert",
            "gp_stated": next((o.code for o in ready.organisations if o.kind == "gp"), None),
            "born": said["born"],
        }
        self.transaction.execute(
            "UPDATE person SET facts = :facts WHERE id = :person",
            facts=json.dumps(kept, sort_keys=True),
            person=person,
        )

    def _relationships(self, person: int, ready: Ready, spoken: datetime) -> None:
        self.transaction.execute("DELETE FROM relationship WHERE person = :person AND kind = 'provider'", person=person)
        if ready.facts["died"] != "no" or ready.facts["closed"] != "open":
            return
        confirmed = millis(spoken + self.policy.periods.provider_relationship)
        for code, services in _providers(ready.organisations).items():
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

    def choices(self, person: int, ready: Ready) -> Iterator[Recorded]:
        """What the record says that the person has chosen, as the register takes it."""
        for choice in ready.choices:
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

    def _records(self, person: int, ready: Ready, *, objects: bool) -> None:
        kept = Kept(self.transaction, self.council.id, person, self.key, self.new_id, millis(self.now)).load()
        taken_back = withdrawals(self.transaction, self.policy, person, self.now)
        left_out = _left_out(kept, objects)
        forms = [agreeing(_without(form, left_out), taken_back) for form in ready.forms]
        changed: dict[str, set[str]] = {}
        with kept.together():
            for form in forms:
                if form.type != "Provenance":
                    changed[f"provenance:{form.type}:{form.key}"] = kept.put(form, COUNCIL)
            for source in forms:
                if source.type == "Provenance":
                    _put_provenance(kept, source, changed.get(source.key, set()))
            kept.end_absent([*((form.type, form.key) for form in forms), *_standing_choices(kept)], COUNCIL)
        agree(kept, taken_back)
        identify(kept, birth_dates(self.transaction, person))


def _standing_choices(kept: Kept) -> list[tuple[str, str]]:
    """The Consents on file: that an extract no longer lists an objection does not take it back."""
    return [(kind, key) for kind, key in kept.publics if kind == "Consent" or key.startswith("provenance:Consent:")]


def _put_provenance(kept: Kept, source: Form, changed: set[str]) -> None:
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


def _without(form: Form, parts: set[str]) -> Form:
    if form.type != "Patient" or not parts:
        return form
    return form._replace(fragments=tuple(fragment for fragment in form.fragments if fragment.part not in parts))


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
