"""What may outgoing code read?

A program is a generator that yields steps: `Ask` says who asks from here on, `Select` reads a visible view. The
door runs the steps on one state of the database; the program never holds a connection.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any, NamedTuple, Protocol, TypeVar

Row = tuple[Any, ...]
Answer = TypeVar("Answer")


# The registration of what the product itself asks, such as a trace.
OURS = -1


class Ask(NamedTuple):
    """Who asks, and when: what the visible views join to. The defaults see nobody."""

    now: int
    client: str
    organisation: str = ""
    council: int = 0
    view: int = 0
    own_view: int = 0
    may_assert: int = 0
    # By which version of the client's registration, and under which policy, the asking was admitted.
    registration: int = 0
    epoch: int = 0


class Select(NamedTuple):
    """One read of the visible views, with named parameters."""

    sql: str
    parameters: Mapping[str, Any] | None = None
    # Whether nothing else that is answered was read beside it, so that it needs no transaction.
    alone: bool = False


Program = Generator[Ask | Select, list[Row], Answer]


class TookTooLongError(Exception):
    """A read passed its deadline; nothing of it is answered."""


class Door(Protocol):
    """The way out: SQLite's or PostgreSQL's."""

    async def open(self) -> None:
        """Get ready to run programs."""

    async def run(self, program: Program[Answer]) -> Answer:
        """Run a program to its end and give what it returns."""

    async def close(self) -> None:
        """Let go of the database."""
