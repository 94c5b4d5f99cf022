"""How does PostgreSQL keep the records, and keep outgoing code to the visible views?

The door connects as a role of its own that may read the visible views and nothing else. They are security_barrier
views: a plain one shows hidden rows to a function or an error in the asker's condition
(https://www.postgresql.org/docs/current/rules-privileges.html). Who asks is a setting of the transaction.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg_pool import AsyncConnectionPool, ConnectionPool

from adapter.database.dialect import POSTGRES, VISIBLE, schema, views
from adapter.database.door import Answer, Ask, Program, Row, TookTooLongError
from adapter.database.office import Office

_ASKING = """
CREATE VIEW asking AS SELECT
    current_setting('asc.now')::bigint AS now, current_setting('asc.client') AS client,
    current_setting('asc.organisation') AS organisation, current_setting('asc.council')::bigint AS council,
    current_setting('asc.view')::bigint AS view, current_setting('asc.own_view')::bigint AS own_view,
    current_setting('asc.may_assert')::bigint AS may_assert,
    current_setting('asc.registration')::bigint AS registration, current_setting('asc.epoch')::bigint AS epoch
"""
_ASK = """
SELECT set_config('asc.now', %s, true), set_config('asc.client', %s, true),
       set_config('asc.organisation', %s, true), set_config('asc.council', %s, true),
       set_config('asc.view', %s, true), set_config('asc.own_view', %s, true),
       set_config('asc.may_assert', %s, true), set_config('asc.registration', %s, true),
       set_config('asc.epoch', %s, true)
"""
# One state of the database for a whole answer, never a write, and never for long.
_DOOR_OPTIONS = (
    "-c default_transaction_isolation=repeatable\\ read -c default_transaction_read_only=on"
    " -c statement_timeout=5000 -c jit=off"
)
# Two processes that prepare the same database at once take turns.
_PREPARE_LOCK = 0x61736366


class PostgresEngine:
    """One PostgreSQL database: an office as its owner, and any number of doors as the door's role."""

    def __init__(self, url: str, door_password: str) -> None:
        self._url = url
        self._password = door_password
        self._pool = ConnectionPool(url, min_size=1, max_size=4, kwargs={"autocommit": True}, open=True)
        self.office = Office(self._borrow, POSTGRES)

    def prepare(self) -> None:
        """Make the tables, the views and the door's role where there are none."""
        with self._pool.connection() as connection, connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (_PREPARE_LOCK,))
            if connection.execute("SELECT to_regclass('person')").fetchone() == (None,):
                self._make(connection)
            self._admit_door(connection)

    def door(self) -> PostgresDoor:
        """Open a way out, for one event loop."""
        words: dict[str, Any] = conninfo_to_dict(self._url)
        words |= {"user": self._role(), "password": self._password, "options": _DOOR_OPTIONS}
        return PostgresDoor(make_conninfo(**words))

    def close(self) -> None:
        """Let go of the database."""
        self._pool.close()

    def _make(self, connection: psycopg.Connection[Any]) -> None:
        for statement in schema(POSTGRES):
            connection.execute(statement)
        connection.execute(_ASKING)
        for name, body in views(POSTGRES, "asking").items():
            connection.execute(f"CREATE VIEW {name} WITH (security_barrier) AS {body}")

    def _admit_door(self, connection: psycopg.Connection[Any]) -> None:
        role = sql.Identifier(self._role())
        known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (self._role(),)).fetchone()
        verb = sql.SQL("ALTER" if known else "CREATE")
        connection.execute(
            sql.SQL("{} ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT PASSWORD {}").format(
                verb, role, sql.Literal(self._password)
            )
        )
        connection.execute("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC")
        # A temporary table would be read in the place of the view whose name it takes.
        database = sql.Identifier(str(conninfo_to_dict(self._url)["dbname"]))
        connection.execute(sql.SQL("REVOKE TEMPORARY ON DATABASE {} FROM PUBLIC").format(database))
        for name in VISIBLE:
            connection.execute(sql.SQL("GRANT SELECT ON {} TO {}").format(sql.Identifier(name), role))

    def _role(self) -> str:
        return f"{conninfo_to_dict(self._url)['dbname']}_door"

    @contextmanager
    def _borrow(self) -> Iterator[psycopg.Connection[Any]]:
        with self._pool.connection() as connection:
            yield connection


class PostgresDoor:
    """Runs each program in a read-only transaction of its own."""

    def __init__(self, conninfo: str) -> None:
        self._pool = AsyncConnectionPool(conninfo, min_size=1, max_size=8, kwargs={"autocommit": True}, open=False)

    async def open(self) -> None:
        """Connect."""
        await self._pool.open(wait=True)

    async def run(self, program: Program[Answer]) -> Answer:
        """Run a program to its end; whoever asked is forgotten with the transaction."""
        try:
            async with self._pool.connection() as connection, connection.transaction():
                return await self._steps(connection, program)
        except psycopg.errors.QueryCanceled:
            raise TookTooLongError("a read passed its deadline") from None
        finally:
            program.close()

    async def close(self) -> None:
        """Disconnect."""
        await self._pool.close()

    async def _steps(self, connection: psycopg.AsyncConnection[Any], program: Program[Answer]) -> Answer:
        try:
            step = next(program)
            while True:
                if isinstance(step, Ask):
                    step = program.send(await self._ask(connection, step))
                else:
                    cursor = await connection.execute(POSTGRES.statement(step.sql), step.parameters)
                    step = program.send(await cursor.fetchall())
        except StopIteration as ended:
            answer: Answer = ended.value
            return answer

    async def _ask(self, connection: psycopg.AsyncConnection[Any], ask: Ask) -> list[Row]:
        await connection.execute(_ASK, [str(value) for value in ask])
        return []
