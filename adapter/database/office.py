"""What does the controller's own side read and write?

Intake, the register, tracing and the officers work here, in transactions. Nothing that answers an outside asker
reads through the office.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from adapter.database.dialect import Dialect

Row = tuple[Any, ...]


class Transaction:
    """One transaction's statements; parameters are named (`:name`)."""

    def __init__(self, connection: Any, dialect: Dialect) -> None:
        self._connection = connection
        self._dialect = dialect
        # Ids that were asked for and are not yet used, the next one last.
        self._ids: dict[str, list[int]] = {}
        self._last: dict[str, int] = {}

    def execute(self, sql: str, **parameters: Any) -> None:
        """Run a statement for its effect."""
        self._run(sql, parameters)

    def all(self, sql: str, **parameters: Any) -> list[Row]:
        """Fetch every row."""
        rows: list[Row] = self._run(sql, parameters).fetchall()
        return rows

    def one(self, sql: str, **parameters: Any) -> Row | None:
        """Fetch the first row, if there is one."""
        row: Row | None = self._run(sql, parameters).fetchone()
        return row

    def held(self, sql: str, **parameters: Any) -> Row | None:
        """Fetch one row, and keep others from changing it until this transaction ends."""
        return self.one(sql + self._dialect.hold, **parameters)

    def number(self, sql: str, **parameters: Any) -> int:
        """Fetch one number: a count, or the id that an insert returns."""
        row = self._run(sql, parameters).fetchone()
        return int(row[0])

    def changed(self, sql: str, **parameters: Any) -> int:
        """Run a statement and say how many rows it changed."""
        return int(self._run(sql, parameters).rowcount)

    def many(self, sql: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Run one statement for many rows."""
        listed = list(rows)
        if listed:
            self._connection.cursor().executemany(self._dialect.statement(sql), listed)

    def rows(self, table: str, columns: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert rows into a table, all at once."""
        if rows:
            places = ", ".join([self._dialect.place] * len(rows[0]))
            self._connection.cursor().executemany(f"INSERT INTO {table} ({columns}) VALUES ({places})", rows)

    def next_id(self, table: str) -> int:
        """An id for a row that this transaction is going to insert, and no other has."""
        ids = self._ids.get(table)
        if not ids:
            ids = self._ids[table] = self._dialect.ids(self._connection, table, self._last.get(table, 0))
            self._last[table] = ids[0]
        return ids.pop()

    def alone(self) -> None:
        """Wait until no other transaction that asked to be alone is under way, and be the one."""
        if self._dialect.alone:
            self._connection.execute(self._dialect.alone)

    def _run(self, sql: str, parameters: Mapping[str, Any]) -> Any:
        return self._connection.execute(self._dialect.statement(sql), parameters)


class Office:
    """Opens transactions on connections that `borrow` lends."""

    def __init__(self, borrow: Callable[[], AbstractContextManager[Any]], dialect: Dialect) -> None:
        self._borrow = borrow
        self._dialect = dialect

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Commit when the block ends, roll back when it raises."""
        with self._borrow() as connection:
            connection.execute(self._dialect.begin)
            try:
                yield Transaction(connection, self._dialect)
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")
