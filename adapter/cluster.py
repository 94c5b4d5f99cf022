"""Which records are of one person?

A council merges a duplicate into the record that stays, and gives a temporary id a lasting one. All records that lead
to each other so are one person to the policy: what one of them restricts or objects to, all do. A record that was
merged is found by nobody; who still holds its id is told into which record it went.
https://hl7.org/fhir/R4/patient.html#links
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from adapter.database import Transaction
from adapter.facets import COUNCIL, PDS, Kept
from mappings.mapped import CARRIER, Facet, Resource

_PATIENT = ("Patient", "patient")
# What is true of all as soon as it is true of one.
_ANY = ("restricted", "locked", "do_not_disclose", "erased", "mental_health", "hold")
# What counts from the first of them that says it.
_FIRST = ("died", "death_learnt")
_RECORD = "SELECT id, council, local_id, merged_into FROM person"


def members(transaction: Transaction, person: int) -> list[int]:
    """Everybody of this person's cluster, in the order of their numbers; alone, whoever was never merged."""
    found: set[int] = set()
    waiting = transaction.all(f"{_RECORD} WHERE id = :person", person=person)
    while waiting:
        number, council, local_id, into = waiting.pop()
        if number in found:
            continue
        found.add(number)
        waiting += transaction.all(
            f"{_RECORD} WHERE council = :council AND merged_into = :local_id", council=council, local_id=local_id
        )
        if into:
            waiting += transaction.all(
                f"{_RECORD} WHERE council = :council AND local_id = :into", council=council, into=into
            )
    return sorted(found)


def together(own: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """The marks and dates of one record, and what those of another of its cluster add to them."""
    whole = dict(own)
    for mark in _ANY:
        whole[mark] = own.get(mark, False) or other.get(mark, False)
    for date in _FIRST:
        whole[date] = min((facts[date] for facts in (own, other) if facts.get(date)), default=None)
    if other.get("pds_sensitive"):
        whole["pds_sensitive"] = True
    return whole


def look(transaction: Transaction, person: int) -> tuple[int, dict[str, Any]]:
    """Since when a record is on file, and what is written down in it."""
    row = transaction.one("SELECT first_seen, facts FROM person WHERE id = :person", person=person)
    if row is None:
        raise LookupError("no such person")
    return row[0], json.loads(row[1])


def absorb(kept: Kept, survivor: int | None) -> None:
    """Leave of a record that was merged its id alone, and the way to the record that stays, where that is on file."""
    kept.public(*_PATIENT)
    number, _ = kept.publics[_PATIENT]
    body: dict[str, Any] = {"active": False}
    if survivor is not None:
        target = kept.transaction.one(
            "SELECT public FROM resource WHERE person = :person AND type = 'Patient'", person=survivor
        )
        if target is not None:
            body["link"] = [{"other": {"reference": f"Patient/{target[0]}"}, "type": "replaced-by"}]
        _relate_too(kept.transaction, kept.person, survivor)
    kept.transaction.execute("DELETE FROM trace_queue WHERE person = :person", person=kept.person)
    for resource, part, origin in list(kept.current):
        if origin in (COUNCIL, PDS) and (resource, part) != (number, CARRIER):
            kept.end(resource, part, origin)
    kept.put_part(Resource(*_PATIENT, (Facet(CARRIER, "identity", body),)), CARRIER, COUNCIL)


def _relate_too(transaction: Transaction, merged: int, survivor: int) -> None:
    # Whoever was directly involved with the one record is so with the other: it is the same person.
    transaction.execute(
        "INSERT INTO relationship (organisation, person, kind, client, starts, ends, at_latest, asserted_by)"
        " SELECT organisation, :survivor, kind, client, starts, ends, at_latest, asserted_by FROM relationship"
        " WHERE person = :merged AND kind = 'asserted' ON CONFLICT (organisation, person, kind, client) DO NOTHING",
        survivor=survivor,
        merged=merged,
    )
