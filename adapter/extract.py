"""What is on file about a file that came in?

One row for each extract: whose, from which system, as of when it speaks, and how it ended. What became of its records
is told in a receipt.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from adapter.deployment import Deployment
from adapter.instant import millis, read_instant
from mappings.record import Header

# What becomes of a record, or of a person whom a whole extract leaves out.
OUTCOMES = ("stored", "unchanged", "quarantined", "closed")


@dataclass
class Receipt:
    """What became of an extract: `counts` of stored, unchanged and quarantined records, and of problems by effect."""

    file: str
    counts: Counter[str] = field(default_factory=Counter)
    problems: Counter[str] = field(default_factory=Counter)
    complete: bool = True
    # People on file whom the extract restricted, locked, closed or hid.
    restricted: int = 0
    # Whose record could not be read; whether there was one of whom it is not known whose it is.
    unread: list[str] = field(default_factory=list)
    nameless: bool = False
    # Whether the extract ended as it says that it should.
    whole: bool = False

    @property
    def records(self) -> int:
        """How many records there were."""
        return sum(self.counts.values())


def begin(
    deployment: Deployment, council: int, source: str, feed: str, name: str, header: Header, spoken: datetime
) -> int:
    """Note that an extract is being read; give its number."""
    with deployment.office.transaction() as transaction:
        return transaction.number(
            "INSERT INTO extract (council, source, feed, file, extract_id, sequence, created, received, persons,"
            " problems, state) VALUES (:council, :source, :feed, :file, :extract_id, :sequence, :created,"
            " :received, 0, 0, 'reading') RETURNING id",
            council=council,
            source=source,
            feed=feed,
            file=name,
            extract_id=header.extract_id,
            sequence=_number(header.sequence),
            created=millis(spoken),
            received=millis(deployment.now()),
        )


def end(deployment: Deployment, extract: int, receipt: Receipt) -> None:
    """Note how an extract ended."""
    with deployment.office.transaction() as transaction:
        transaction.execute(
            "UPDATE extract SET state = :state, persons = :persons, problems = :problems WHERE id = :extract",
            state="done" if receipt.complete else "stopped",
            persons=receipt.records,
            problems=sum(receipt.problems.values()),
            extract=extract,
        )


def spoken_of(header: Header, now: datetime) -> datetime:
    """As of when the extract speaks: when it was made, and never later than now."""
    try:
        return min(read_instant(header.created or ""), now)
    except ValueError:
        return now


def _number(text: object) -> int | None:
    said = str(text)
    return int(said) if said.isascii() and said.isdigit() else None
