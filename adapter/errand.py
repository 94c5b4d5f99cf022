"""What is a file over MESH for?

An errand composes a file of what the door shows to its recipient, and settles the answer against who was asked. The
post carries; it knows nothing of what is in a file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from adapter.database import Transaction
from adapter.deployment import Deployment
from adapter.outstanding import Request
from adapter.register import may_be_traced

T = TypeVar("T")

# So many people are read or settled at once, so that nobody else waits long for the database.
AT_ONCE = 200


class BadAnswerError(ValueError):
    """An answer that cannot be one to what was asked; the message says why, and holds nothing of it."""


@dataclass(frozen=True, slots=True, repr=False)
class Composed:
    """A file, and the mark of everybody in it."""

    body: bytes
    marks: dict[int, str]

    def __repr__(self) -> str:
        return f"Composed({len(self.marks)} people)"


class Errand(Protocol):
    """The national opt-out check, or the trace by file."""

    @property
    def kind(self) -> str:
        """Its name on the file and in the trail."""

    @property
    def recipient(self) -> str:
        """The mailbox that it goes to; empty where none is set."""

    @property
    def workflow_id(self) -> str:
        """Under which MESH carries it."""

    def file_name(self, transaction: Transaction, mailbox: str, now: datetime) -> str:
        """What the file is called."""

    async def compose(self) -> Composed | None:
        """Write the file; none where nobody is to be asked about."""

    def claim(self, transaction: Transaction, request: Request, people: Iterable[int]) -> None:
        """Keep whoever is in the file from being asked about in another way."""

    async def settle(self, request: Request, body: bytes) -> int:
        """Keep an answer whole, and say for how many people; raises BadAnswerError, having kept nothing of it."""

    def forget_others(self) -> int:
        """Forget what was learnt of whom it is not about any more; say of how many people."""

    def free(self, transaction: Transaction, request: Request) -> None:
        """Let whoever was in a file without an answer be asked about anew."""


def some(people: Sequence[T]) -> Iterator[Sequence[T]]:
    """Everybody, a few at a time."""
    return (people[at : at + AT_ONCE] for at in range(0, len(people), AT_ONCE))


def fresh_councils(transaction: Transaction, deployment: Deployment, now: datetime) -> set[int]:
    """The councils whose register of objections to the number is young enough to ask about anybody."""
    councils = [row[0] for row in transaction.all("SELECT id FROM council")]
    return {council for council in councils if may_be_traced(transaction, deployment.policy, council, now)}
