"""What is on file about a person, and what standing follows?

Choices, declared registers and marks are facts; the standing they make is interned, and so are its permits, in the
transaction that records the fact. A fact that acts later is written down with its instant, so that the database's
clock finds it without a restart.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from adapter.cluster import look, members, together
from adapter.consequence import follow
from adapter.database import Transaction
from adapter.instant import NEVER, millis, moment
from adapter.permits import intern_standing
from consent.model import OptOut, Standing
from consent.policy import Policy
from consent.standing import Choice, Facts, Register, next_change, standing_at

KINDS = ("nhs-number", "shared-record")


@dataclass(frozen=True, slots=True)
class Recorded:
    """A choice as somebody recorded it: who, in which capacity, on what evidence, after what talk."""

    kind: str
    value: str
    effective: datetime
    series: str
    recorded_by: str
    capacity: str = "self"
    evidence: str = ""
    discussed: bool = False


def record_choice(transaction: Transaction, policy: Policy, person: int, choice: Recorded, now: datetime) -> bool:
    """Write down a choice, and let it act; say whether anything new was said."""
    new = write_choice(transaction, person, choice, now)
    if new:
        refresh(transaction, policy, [person], now)
    return new


def write_choice(transaction: Transaction, person: int, choice: Recorded, now: datetime) -> bool:
    """Write down a choice, for a caller that lets it act; say whether anything new was said."""
    said = {
        "person": person,
        "kind": choice.kind,
        "value": choice.value,
        "effective": millis(choice.effective),
        "series": choice.series,
    }
    if transaction.one(
        "SELECT 1 FROM choice WHERE person = :person AND kind = :kind AND value = :value"
        " AND effective = :effective AND series = :series",
        **said,
    ):
        return False
    transaction.execute(
        "INSERT INTO choice (person, kind, value, effective, recorded, series, recorded_by, capacity, evidence,"
        " discussed) VALUES (:person, :kind, :value, :effective, :recorded, :series, :by, :capacity, :evidence,"
        " :discussed)",
        **said,
        recorded=millis(now),
        by=choice.recorded_by,
        capacity=choice.capacity,
        evidence=choice.evidence,
        discussed=int(choice.discussed),
    )
    return True


def change_facts(transaction: Transaction, policy: Policy, person: int, now: datetime, **changes: Any) -> Standing:
    """Change marks or dates of a person (the words of `Facts`), and let them act."""
    row = transaction.held("SELECT facts FROM person WHERE id = :person", person=person)
    if row is None:
        raise LookupError("no such person")
    facts = json.loads(row[0]) | changes
    transaction.execute(
        "UPDATE person SET facts = :facts WHERE id = :person",
        facts=json.dumps(facts, sort_keys=True),
        person=person,
    )
    return refresh(transaction, policy, [person], now)[person]


@dataclass
class Known:
    """What one transaction has read and does not change: declared registers by council, and numbers of standings."""

    registers: dict[int, dict[str, Register]] = field(default_factory=dict)
    standings: dict[Standing, int] = field(default_factory=dict)

    def number(self, transaction: Transaction, policy: Policy, standing: Standing) -> int:
        """The number of a standing, which is interned when it has none."""
        if standing not in self.standings:
            self.standings[standing] = intern_standing(transaction, policy, standing)
        return self.standings[standing]


def refresh(
    transaction: Transaction, policy: Policy, people: Iterable[int], now: datetime, known: Known | None = None
) -> dict[int, Standing]:
    """Work out the standings of people anew, now and after the next instant at which each changes."""
    known = known or Known()
    standings = {}
    for person in _clusters(transaction, people):
        facts = facts_of(transaction, person, now, known)
        standings[person] = standing_at(facts, policy, now)
        turn = next_change(facts, policy, now)
        after = standing_at(facts, policy, turn) if turn else standings[person]
        end = next_change(facts, policy, turn) if turn else None
        transaction.execute(
            "UPDATE person SET standing = :standing, standing_until = :until, standing_after = :after,"
            " after_until = :end WHERE id = :person",
            standing=known.number(transaction, policy, standings[person]),
            until=millis(turn) if turn else NEVER,
            after=known.number(transaction, policy, after),
            end=millis(end) if end else NEVER,
            person=person,
        )
        follow(transaction, person, standings[person], now)
    return standings


def roll(transaction: Transaction, policy: Policy, now: datetime, *, most: int = 500) -> int:
    """Work out anew the standings whose instant has come; say how many there were."""
    due = transaction.all(
        "SELECT id FROM person WHERE standing_until <= :now ORDER BY standing_until LIMIT :most",
        now=millis(now),
        most=most,
    )
    refresh(transaction, policy, (row[0] for row in due), now)
    return len(due)


def facts_of(transaction: Transaction, person: int, now: datetime, known: Known | None = None) -> Facts:
    """Gather what is on file about one person, which nobody else changes until the transaction ends."""
    row = transaction.held("SELECT council, first_seen, facts FROM person WHERE id = :person", person=person)
    if row is None:
        raise LookupError("no such person")
    council, first_seen, kept = row
    declared = known.registers if known else {}
    if council not in declared:
        declared[council] = registers(transaction, council, now)
    marks, choices = json.loads(kept), _choices(transaction, person)
    # Looked up once the person is held, whoever did so before: a merge in between would bring an objection with it.
    for other in members(transaction, person):
        if other != person:
            since, theirs = look(transaction, other)
            first_seen, marks = min(first_seen, since), together(marks, theirs)
            # A series of its own: whoever objects in one record objects in all, however later another was written.
            choices += tuple(replace(c, series=f"{c.series}#{other}") for c in _choices(transaction, other))
    return replace(read_facts(marks, moment(first_seen)), choices=choices, registers=declared[council])


def _clusters(transaction: Transaction, people: Iterable[int]) -> Iterator[int]:
    """The people, each with the others of their cluster, once."""
    seen: set[int] = set()
    for person in people:
        for member in members(transaction, person) if person not in seen else ():
            if member not in seen:
                seen.add(member)
                yield member


def read_facts(kept: Mapping[str, Any], first_seen: datetime) -> Facts:
    """Read a person's marks and dates as they are kept; what is missing withholds."""
    known = dict(kept)
    for name in ("died", "closed"):
        known[name] = date.fromisoformat(known[name]) if known.get(name) else None
    for name in ("death_learnt", "national_checked"):
        known[name] = moment(known[name]) if known.get(name) else None
    known["national"] = OptOut(known.get("national", OptOut.UNKNOWN))
    fields = {name: value for name, value in known.items() if name in Facts.__dataclass_fields__}
    return Facts(first_seen=first_seen, **fields)


def registers(transaction: Transaction, council: int, now: datetime) -> dict[str, Register]:
    """Find the newest declaration of each kind by one council."""
    rows = transaction.all(
        "SELECT kind, MAX(as_of) FROM register WHERE council = :council AND declared <= :now GROUP BY kind",
        council=council,
        now=millis(now),
    )
    return {kind: Register(kind, moment(as_of)) for kind, as_of in rows}


def may_be_traced(transaction: Transaction, policy: Policy, council: int, now: datetime) -> bool:
    """Whether a council's register of objections to the number is young enough to ask others about its people."""
    declared = registers(transaction, council, now).get("nhs-number")
    return declared is not None and now < declared.as_of + policy.periods.register_max_age


def _choices(transaction: Transaction, person: int) -> tuple[Choice, ...]:
    rows = transaction.all(
        "SELECT kind, value, effective, recorded, series FROM choice WHERE person = :person", person=person
    )
    return tuple(
        Choice(kind, OptOut(value), moment(effective), moment(recorded), series)
        for kind, value, effective, recorded, series in rows
    )
