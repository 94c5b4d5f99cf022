"""What does a record that is not kept still say?

A record may be quarantined for one bad field and yet say that the person objects, or is restricted. Of somebody who
is on file that is heard, since it can only withhold; nothing else of the record is kept.
"""

from __future__ import annotations

from adapter.forms import Ready
from adapter.register import change_facts, record_choice
from adapter.store import MARKS, Store
from consent.model import OptOut


def heed(store: Store, ready: Ready) -> None:
    """Let the marks and objections of a quarantined record act on a person who is on file."""
    known = store.on_file(ready.local_id)
    if known is None:
        return
    person, _ = known
    marks = {mark: True for mark in MARKS if ready.facts.get(mark) == "yes" and mark not in ready.unstated}
    if ready.operation != "upsert":
        marks["sealed"] = True
    change_facts(store.transaction, store.policy, person, store.now, **marks)
    for choice in store.choices(person, ready):
        if choice.value == OptOut.OBJECTS:
            record_choice(store.transaction, store.policy, person, choice, store.now)
