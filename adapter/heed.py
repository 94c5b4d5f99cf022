"""What does a record that is not kept still say?

A record may be quarantined for one bad field and yet say that the person objects, or is restricted. Of somebody who
is on file that is heard, since it can only withhold; nothing else of the record is kept.
"""

from __future__ import annotations

from adapter.forms import Ready
from adapter.register import change_facts, record_choice
from adapter.store import Store
from consent.model import OptOut

_MARKS = ("restricted", "locked", "do_not_disclose")


def heed(store: Store, ready: Ready) -> None:
    """Let the marks and objections of a quarantined record act on a person who is on file."""
    row = store.transaction.one(
        "SELECT id FROM person WHERE council = :council AND local_id = :local_id",
        council=store.council.id,
        local_id=ready.local_id,
    )
    if row is None:
        return
    marks = {mark: True for mark in _MARKS if ready.facts.get(mark) == "yes" and mark not in ready.unstated}
    if ready.operation != "upsert":
        marks["sealed"] = True
    change_facts(store.transaction, store.policy, row[0], store.now, **marks)
    for choice in store.choices(row[0], ready):
        if choice.value == OptOut.OBJECTS:
            record_choice(store.transaction, store.policy, row[0], choice, store.now)
