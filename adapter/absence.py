"""What does it mean that somebody, or something, is not in an extract?

A whole extract that leaves somebody out says that their case is open no longer; it says nothing of what was over
before the first day of which it speaks, and nothing at all when part of it could not be read. Nobody is erased for
being absent: a person decides on disposal.
"""

from __future__ import annotations

import json

import orjson

from adapter.database import Transaction
from adapter.facets import COUNCIL, Kept
from adapter.marks import marks

_ENDS = ("CareTeam", "EpisodeOfCare")


def absent(transaction: Transaction, council: int, source: str, extract: int) -> list[int]:
    """Who came with an earlier extract of this source, whose case is open, and who is not in this one."""
    rows = transaction.all(
        "SELECT p.id, p.facts FROM person p JOIN extract e ON e.id = p.extract"
        " WHERE p.council = :council AND p.extract <> :extract AND p.merged_into = '' AND e.source = :source"
        " AND e.created <= (SELECT created FROM extract WHERE id = :extract)",
        council=council,
        extract=extract,
        source=source,
    )
    known = ((person, json.loads(facts)) for person, facts in rows)
    return [person for person, facts in known if not facts.get("closed") and not facts.get("sealed")]


def close(kept: Kept, day: str) -> None:
    """Close the case of somebody who is absent: team and services are theirs no longer, and no provider's either."""
    transaction = kept.transaction
    transaction.execute(
        # Whatever is said of them next is news.
        "UPDATE person SET facts = :facts, digest = '' WHERE id = :person",
        facts=json.dumps(marks(transaction, kept.person) | {"closed": day}, sort_keys=True),
        person=kept.person,
    )
    transaction.execute("DELETE FROM relationship WHERE person = :person AND kind = 'provider'", person=kept.person)
    kinds = {
        number: kind if kind != "Provenance" else key.split(":")[1] for (kind, key), (number, _) in kept.publics.items()
    }
    for resource, part, origin in list(kept.current):
        if origin == COUNCIL and kinds[resource] in _ENDS:
            kept.end(resource, part, origin)


def over_before(kept: Kept, day: str) -> list[tuple[str, str]]:
    """The teams and episodes that ended before a day, and their provenance; none where no day is said."""
    if not day:
        return []
    over = [
        (kind, key)
        for kind, key, body in kept.transaction.all(
            "SELECT r.type, r.key, f.body FROM resource r JOIN facet f ON f.resource = r.id"
            " WHERE r.person = :person AND f.part = 'carrier' AND f.ended IS NULL",
            person=kept.person,
        )
        if kind in _ENDS and orjson.loads(body).get("period", {}).get("end", day) < day
    ]
    return over + [("Provenance", f"provenance:{kind}:{key}") for kind, key in over]
