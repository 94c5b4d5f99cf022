"""What is kept, said so that two databases that keep the same say the same."""

from __future__ import annotations

import re
from typing import Any

from tests.world import World


def plainly(world: World) -> dict[str, list[str]]:
    """What is kept, without the numbers and ids that depend on the order of writing."""
    people = dict(world.rows("SELECT id, local_id FROM person"))
    resources = {
        number: (f"<{people[person]} {key}>", public)
        for number, public, person, key in world.rows("SELECT id, public, person, key FROM resource")
    }
    names = {public: name for name, public in resources.values()}

    def written(value: Any) -> str:
        text = bytes(value).decode() if isinstance(value, bytes | memoryview) else str(value)
        return re.sub(r"id-\d+", lambda public: names.get(public[0], public[0]), text)

    queries = {
        "people": "SELECT p.local_id, s.facts, p.standing_until, p.after_until, p.first_seen, p.digest, p.facts,"
        " p.nhs_number_status FROM person p JOIN standing s ON s.id = p.standing",
        "facets": "SELECT r.key, f.part, f.origin, f.place, f.need, f.locates, f.provider, f.body, f.recorded,"
        " p.local_id FROM facet f JOIN resource r ON r.id = f.resource JOIN person p ON p.id = f.person"
        " WHERE f.ended IS NULL",
        "terms": "SELECT t.type, t.name, t.value, t.need, t.provider, r.key, p.local_id FROM term t"
        " JOIN resource r ON r.id = t.resource JOIN person p ON p.id = t.person",
        "choices": "SELECT p.local_id, c.kind, c.value, c.effective FROM choice c JOIN person p ON p.id = c.person",
        "relationships": "SELECT p.local_id, l.organisation, l.kind, l.starts, l.ends FROM relationship l"
        " JOIN person p ON p.id = l.person",
        "waiting": "SELECT p.local_id, q.due, q.attempts FROM trace_queue q JOIN person p ON p.id = q.person",
    }
    return {name: sorted(" ".join(map(written, row)) for row in world.rows(sql)) for name, sql in queries.items()}
