"""How does SQLite keep the records, and keep outgoing code to the visible views?

The door's connection is read-only, and its authorizer allows a read of a table only from inside a visible view.
The views are TEMP views whose names are drawn at random for each connection, since a common table expression that
carried a known name would pass for the view (https://www.sqlite.org/c3ref/set_authorizer.html).
"""

from __future__ import annotations

import re
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from adapter.database.dialect import SQLITE, VISIBLE, schema, views
from adapter.database.door import Answer, Ask, Program, Row, Select, TookTooLongError
from adapter.database.office import Office

_FUNCTIONS = frozenset({"coalesce", "count", "max", "min", "sum"})
_DEADLINE_SECONDS = 5.0
_STEPS_BETWEEN_LOOKS = 20_000


class SqliteEngine:
    """One SQLite file: an office that writes it, and any number of doors that read it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30)
        self._lock = threading.RLock()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "secure_delete=ON",
            "temp_store=MEMORY",
            # A load touches the same pages again and again: they stay at hand, and are not written out too often.
            "cache_size=-65536",
            "wal_autocheckpoint=8000",
        ):
            self._connection.execute(f"PRAGMA {pragma}")
        self.office = Office(self._borrow, SQLITE)

    def prepare(self) -> None:
        """Make the tables where there are none."""
        with self.office.transaction() as transaction:
            if not transaction.one("SELECT 1 FROM sqlite_master WHERE name = 'person'"):
                for statement in schema(SQLITE):
                    transaction.execute(statement)

    def door(self) -> SqliteDoor:
        """Open a way out, for one event loop."""
        return SqliteDoor(self.path)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    @contextmanager
    def _borrow(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            yield self._connection


class SqliteDoor:
    """Runs programs on the event loop's own thread: a read takes microseconds, and none is interleaved."""

    def __init__(self, path: Path) -> None:
        uri = f"{path.resolve().as_uri()}?mode=ro"
        self._connection = sqlite3.connect(
            uri, uri=True, isolation_level=None, cached_statements=512, check_same_thread=False, timeout=5
        )
        self._connection.execute("PRAGMA temp_store=MEMORY")
        self._connection.execute("PRAGMA mmap_size=1073741824")
        mark = secrets.token_hex(8)
        self._names = {name: f"{name}_{mark}" for name in VISIBLE}
        self._asking = f"asking_{mark}"
        self._word = re.compile(r"\b(" + "|".join(VISIBLE) + r")\b")
        self._texts: dict[str, str] = {}
        self._make_views()
        self._set_asking = (
            f"UPDATE temp.{self._asking} SET now = ?, client = ?, organisation = ?, council = ?, view = ?,"
            " own_view = ?, may_assert = ?, registration = ?, epoch = ?"
        )
        self._views = frozenset(self._names.values())
        self._own_statement = False
        self._begun = False
        self._asked: Ask | None = None
        self._deadline = 0.0
        self._connection.set_authorizer(self._authorize)
        self._connection.set_progress_handler(self._too_late, _STEPS_BETWEEN_LOOKS)

    async def open(self) -> None:
        """Nothing to do: the connection stands since this was made."""

    async def run(self, program: Program[Answer]) -> Answer:
        """Run a program to its end; whoever asked is forgotten afterwards."""
        self._deadline = time.monotonic() + _DEADLINE_SECONDS
        try:
            return self._steps(program)
        finally:
            program.close()
            if self._begun:
                self._begun = False
                self._own("COMMIT")

    async def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def _steps(self, program: Program[Answer]) -> Answer:
        rows: list[Row] = []
        try:
            step = next(program)
            if isinstance(step, Select):
                self._ask(Ask(now=0, client=""))
            while True:
                rows = self._select(step) if isinstance(step, Select) else self._ask(step)
                step = program.send(rows)
        except StopIteration as ended:
            answer: Answer = ended.value
            return answer

    def _select(self, step: Select) -> list[Row]:
        text = self._texts.get(step.sql)
        if text is None:
            text = self._texts[step.sql] = self._named(step.sql)
        if not step.alone and not self._begun:
            self._begun = True
            self._own("BEGIN")
        try:
            return self._connection.execute(text, step.parameters or {}).fetchall()
        except sqlite3.OperationalError as fault:
            if "interrupted" in str(fault):
                raise TookTooLongError("a read passed its deadline") from None
            raise

    def _named(self, sql: str) -> str:
        # A common table expression that took a view's name would pass for the view.
        if re.search(r"\bwith\b", sql, re.IGNORECASE):
            raise sqlite3.DatabaseError("the door reads visible views, not expressions of its own")
        return self._word.sub(lambda word: self._names[word[0]], sql)

    def _ask(self, ask: Ask) -> list[Row]:
        if ask != self._asked:
            self._asked = None
            self._own(self._set_asking, ask)
            self._asked = ask
        return []

    def _own(self, sql: str, parameters: tuple[Any, ...] = ()) -> None:
        # The authorizer is asked when a statement is prepared, and only these are prepared with the mark set.
        self._own_statement = True
        try:
            self._connection.execute(sql, parameters)
        finally:
            self._own_statement = False

    def _make_views(self) -> None:
        self._connection.execute(
            f"CREATE TEMP TABLE {self._asking} (now INTEGER, client TEXT, organisation TEXT, council INTEGER,"
            " view INTEGER, own_view INTEGER, may_assert INTEGER, registration INTEGER, epoch INTEGER)"
        )
        self._connection.execute(f"INSERT INTO temp.{self._asking} VALUES (0, '', '', 0, 0, 0, 0, 0, 0)")
        for name, body in views(SQLITE, f"temp.{self._asking}").items():
            self._connection.execute(f"CREATE TEMP VIEW {self._names[name]} AS {body}")

    def _authorize(
        self, action: int, first: str | None, second: str | None, _database: str | None, source: str | None
    ) -> int:
        if self._own_statement or action == sqlite3.SQLITE_SELECT:
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_READ and (source in self._views or first in self._views):
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_FUNCTION and second in _FUNCTIONS:
            return sqlite3.SQLITE_OK
        return sqlite3.SQLITE_DENY

    def _too_late(self) -> int:
        return int(time.monotonic() > self._deadline)
