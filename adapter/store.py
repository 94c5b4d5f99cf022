"""How does a mapped record become what is kept?

One person at a time, inside the caller's transaction and a savepoint of its own: facts, choices, relationships and
facets together, or nothing. The same content again is unchanged.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from adapter.absence import over_before
from adapter.cluster import absorb
from adapter.consents import agree, agreeing, of_choice, standing_choices, withdrawals
from adapter.consequence import wait_for_trace
from adapter.database import Transaction
from adapter.facets import COUNCIL, Kept, identify
from adapter.forms import Form, Ready
from adapter.instant import last_day, millis
from adapter.marks import birth_dates
from adapter.precedence import without_pds
from adapter.provided import relate_providers
from adapter.register import Known, Recorded, refresh, write_choice
from adapter.stated import stated
from consent.model import OptOut, Standing
from consent.policy import Policy

SOURCE = "Provenance"
MARKS = ("restricted", "locked", "do_not_disclose")
# What may not come over many people at once without somebody's word.
RESTRICTING = ("restricted", "locked", "closed", "sealed")


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
    # The first day that the extract speaks of: what was over before it stays, though the extract is silent on it.
    since: str = ""

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
            "UPDATE person SET extract = :extract, spoken = CASE WHEN spoken < :spoken THEN :spoken ELSE spoken END"
            " WHERE id = :person",
            extract=extract,
            spoken=millis(spoken),
            person=row[0],
        )
        self.transaction.execute(
            "UPDATE relationship SET ends = CASE WHEN at_latest < :ends THEN at_latest ELSE :ends END"
            " WHERE person = :person AND kind = 'provider' AND ends < :ends AND ends < at_latest",
            ends=millis(spoken + self.policy.periods.provider_relationship),
            person=row[0],
        )
        return True

    def late(self, ready: Ready, extract: int, spoken: datetime) -> bool:
        """Whether what is kept is newer than this; if so, only what was chosen counts, by its own date."""
        row = self.transaction.held(
            "SELECT id, spoken, sequence FROM person WHERE council = :council AND local_id = :local_id",
            council=self.council.id,
            local_id=ready.local_id,
        )
        if row is None or (millis(spoken), ready.sequence or row[2] or 0) >= (row[1], row[2] or 0):
            return False
        self.seen(ready.local_id, extract)
        for choice in self.choices(row[0], ready):
            write_choice(self.transaction, row[0], choice, self.now)
        refresh(self.transaction, self.policy, [row[0]], self.now, self.known)
        self.chosen(row[0], ready)
        return True

    def seen(self, local_id: str, extract: int) -> None:
        """Note that a person stands in an extract, whatever became of their record."""
        self.transaction.execute(
            "UPDATE person SET extract = :extract WHERE council = :council AND local_id = :local_id",
            extract=extract,
            council=self.council.id,
            local_id=local_id,
        )

    def put(self, ready: Ready, digest: str, extract: int, spoken: datetime) -> bool:
        """Keep a person's record, all of it or nothing; say whether it restricts, closes or hides who was open."""
        with self.savepoint():
            person, kept = self.person(ready, digest, extract, spoken)
            before = dict(kept)
            self._facts(person, kept, ready)
            relate_providers(self.transaction, self.policy, person, ready, spoken, self.now)
            for choice in self.choices(person, ready):
                write_choice(self.transaction, person, choice, self.now)
            standing = refresh(self.transaction, self.policy, [person], self.now, self.known)[person]
            if ready.into:
                self._absorb(person, ready.into)
            else:
                self._records(person, ready, objects=standing.nhs_number_use is OptOut.OBJECTS)
                self._wait(person, standing)
            for duplicate in self._duplicates(ready.local_id) if not before else ():
                self._absorb(duplicate, ready.local_id)
        return restricts(before, kept)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Keep all that is done within, or nothing of it."""
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

    def on_file(self, local_id: str) -> tuple[int, dict[str, Any]] | None:
        """A person's number and what is written down about them, which nobody else changes meanwhile."""
        row = self.transaction.held(
            "SELECT id, facts FROM person WHERE council = :council AND local_id = :local_id",
            council=self.council.id,
            local_id=local_id,
        )
        return (row[0], json.loads(row[1])) if row else None

    def person(self, ready: Ready, digest: str, extract: int, spoken: datetime) -> tuple[int, dict[str, Any]]:
        """The person whom a record is about, with what was written down before; they are put on file if need be."""
        known = self.on_file(ready.local_id)
        said = {
            "digest": digest,
            "extract": extract,
            "spoken": millis(spoken),
            "sequence": ready.sequence,
            "into": ready.into,
        }
        if known is not None:
            self.transaction.execute(
                "UPDATE person SET digest = :digest, extract = :extract, spoken = :spoken, sequence = :sequence,"
                " merged_into = :into WHERE id = :person",
                person=known[0],
                **said,
            )
            return known
        # The standing is worked out before the transaction ends; until then the person has none and is withheld.
        person = self.transaction.number(
            "INSERT INTO person (council, local_id, standing, standing_until, standing_after, after_until, first_seen,"
            " digest, extract, spoken, sequence, merged_into, facts, nhs_number_status)"
            " VALUES (:council, :local_id, 0, 0, 0, 0, :now, :digest, :extract, :spoken, :sequence, :into, '{}', '03')"
            " RETURNING id",
            council=self.council.id,
            local_id=ready.local_id,
            now=millis(self.now),
            **said,
        )
        return person, {}

    def _facts(self, person: int, kept: dict[str, Any], ready: Ready) -> None:
        said = ready.facts
        died = _day(said["died"])
        # The council may learn of a death later than PDS.
        dead = said["died"] != "no" or kept.get("dead_by_pds", False)
        for mark in MARKS:
            # What the layout has no field for stays as another source said it.
            if mark not in ready.unstated or mark not in kept:
                kept[mark] = said[mark] == "yes"
        kept |= {
            "died": died or (kept.get("died") if kept.get("dead_by_pds") else None),
            # A death that cannot be dated is a death.
            "death_learnt": (kept.get("death_learnt") or millis(self.now)) if dead else None,
            "closed": _day(said["closed"]),
            "mental_health": "yes" in (said["mental_health"], said["section_117"]),
            "sealed": kept.get("sealed", False) or (ready.operation != "upsert" and not ready.into),
            "gp_stated": next((o.code for o in ready.organisations if o.kind == "gp"), None),
            "born": said["born"],
        }
        self.transaction.execute(
            "UPDATE person SET facts = :facts WHERE id = :person",
            facts=json.dumps(kept, sort_keys=True),
            person=person,
        )

    def choices(self, person: int, ready: Ready) -> Iterator[Recorded]:
        """What the record says that the person has chosen, as the register takes it."""
        return stated(self.transaction, self.council.code, person, ready, self.now)

    def _records(self, person: int, ready: Ready, *, objects: bool) -> None:
        kept = self.kept(person)
        taken_back = withdrawals(self.transaction, self.policy, person, self.now)
        forms = [agreeing(form, taken_back) for form in without_pds(kept, ready.forms, objects=objects)]
        present = {(form.type, form.key) for form in forms}
        changed: dict[str, set[str]] = {}
        with kept.together():
            for form in forms:
                if form.type != SOURCE:
                    changed[f"provenance:{form.type}:{form.key}"] = kept.put(form, COUNCIL)
            for source in forms:
                if source.type == SOURCE:
                    _put_provenance(kept, source, changed.get(source.key, set()))
            kept.end_absent([*present, *standing_choices(kept), *over_before(kept, self.since)], COUNCIL)
        agree(kept, taken_back)
        identify(kept, birth_dates(self.transaction, person))

    def chosen(self, person: int, ready: Ready) -> None:
        """Keep the exchange form of what a record says was chosen, and nothing else of it."""
        kept = self.kept(person)
        taken_back = withdrawals(self.transaction, self.policy, person, self.now)
        with kept.together():
            for form in ready.forms:
                if of_choice(form.type, form.key) and (form.type, form.key) not in kept.publics:
                    kept.put(agreeing(form, taken_back), COUNCIL)
        agree(kept, taken_back)

    def kept(self, person: int) -> Kept:
        """What is kept of a person, to be changed."""
        return Kept(self.transaction, self.council.id, person, self.key, self.new_id, millis(self.now)).load()

    def _wait(self, person: int, standing: Standing) -> None:
        self.transaction.execute(
            "UPDATE person SET nhs_number_status = '03' WHERE id = :person AND nhs_number_status IN ('04', '05')",
            person=person,
        )
        if standing.nhs_number_use is OptOut.CLEAR:
            # What was in doubt may be clear now that the record has changed.
            wait_for_trace(self.transaction, person, self.now)

    def _absorb(self, person: int, into: str) -> None:
        row = self.transaction.one(
            "SELECT id FROM person WHERE council = :council AND local_id = :into", council=self.council.id, into=into
        )
        absorb(self.kept(person), row[0] if row else None)

    def _duplicates(self, local_id: str) -> list[int]:
        rows = self.transaction.all(
            "SELECT id FROM person WHERE council = :council AND merged_into = :local_id",
            council=self.council.id,
            local_id=local_id,
        )
        return [number for (number,) in rows]


def restricts(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether somebody who was on file is restricted, locked, closed or hidden and was not before."""
    return bool(before) and any(after.get(mark) and not before.get(mark) for mark in RESTRICTING)


def _put_provenance(kept: Kept, source: Form, changed: set[str]) -> None:
    # Whoever sees a resource sees this; it may not stir when only something that they do not see has changed.
    known = (SOURCE, source.key) in kept.publics
    if not known or "carrier" in changed:
        kept.put(source, COUNCIL)
    elif changed:
        kept.put_part(source, "place", COUNCIL)


def _day(said: str) -> str | None:
    day = last_day(said)
    return day.isoformat() if day else None
