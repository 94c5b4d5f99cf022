"""What does a case record say that the person has chosen?

As the register takes it: in the council's own series, from the day on which it took effect. What comes without a date
counts from when it was first received, however often it is sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from adapter.database import Transaction
from adapter.forms import Ready
from adapter.instant import moment, read_instant
from adapter.register import Recorded
from consent.model import OptOut

_CASE_RECORD = "case record"


def stated(transaction: Transaction, council: str, person: int, ready: Ready, now: datetime) -> Iterator[Recorded]:
    """Read the choices of a record."""
    for choice in ready.choices:
        said = choice.effective or choice.recorded
        value = OptOut.OBJECTS if choice.value == "objects" else OptOut.CLEAR
        # That a case system has recorded no objection takes none back that was made elsewhere.
        series = f"council:{council}" + (":none-recorded" if choice.value == "clear" else "")
        since = read_instant(said) if said else _received(transaction, person, choice.kind, value, series)
        yield Recorded(
            kind=choice.kind,
            value=value,
            effective=since or now,
            series=series,
            recorded_by=choice.by or _CASE_RECORD,
            capacity=_CASE_RECORD,
        )


def _received(transaction: Transaction, person: int, kind: str, value: OptOut, series: str) -> datetime | None:
    row = transaction.one(
        "SELECT MIN(effective) FROM choice WHERE person = :person AND kind = :kind AND value = :value"
        " AND series = :series AND capacity = :capacity AND effective = recorded",
        person=person,
        kind=kind,
        value=value.value,
        series=series,
        capacity=_CASE_RECORD,
    )
    return moment(row[0]) if row and row[0] is not None else None
