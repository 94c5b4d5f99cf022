"""Which database is it?"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from adapter.database.door import Door
from adapter.database.office import Office
from adapter.database.postgres import PostgresEngine
from adapter.database.sqlite import SqliteEngine


class Engine(Protocol):
    """A database that is ready to be used."""

    office: Office

    def prepare(self) -> None:
        """Make the tables where there are none."""

    def door(self) -> Door:
        """Open a way out, for one event loop."""

    def close(self) -> None:
        """Let go of the database."""


def connect(url: str, *, door_password: str) -> Engine:
    """Open a database by its URL, `sqlite:///path` or `postgresql://...`; make its tables where there are none."""
    engine: Engine
    if url.startswith("sqlite:///"):
        engine = SqliteEngine(Path(url.removeprefix("sqlite:///")))
    elif url.startswith(("postgresql://", "postgres://")):
        engine = PostgresEngine(url, door_password)
    else:
        raise ValueError("the database URL must begin with sqlite:/// or postgresql://")
    engine.prepare()
    return engine
