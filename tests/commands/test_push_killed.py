"""A server that is killed while it takes in what was pushed."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from conformance.asker import Asker
from tests.adapter.pusher import SCOPE, waiting
from tests.commands.desk import Desk
from tests.commands.test_serve import free_port
from tests.world import START, case, extract

MANY = 700
# The server goes by the machine's clock, and the world by its own.
ALWAYS = {"starts": datetime(2000, 1, 1, tzinfo=UTC), "ends": datetime(2200, 1, 1, tzinfo=UTC)}


@contextmanager
def serving(port: int) -> Iterator[subprocess.Popen[bytes]]:
    """The server in a process of its own; it is killed at the end."""
    words = [sys.executable, "-c", "from adapter.cli import app; app()", "serve", "--port", str(port)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(words, env=environment, stderr=subprocess.DEVNULL, start_new_session=True) as server:
        try:
            until(lambda: _answers(port))
            yield server
        finally:
            os.killpg(server.pid, signal.SIGKILL)


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health/live").status_code == 200
    except httpx.TransportError:
        return False


def until(true: Callable[[], Any]) -> None:
    """Wait until something has come about."""
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_what_was_accepted_is_taken_in_whole_although_the_server_was_killed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    monkeypatch.setenv("ASC_FHIR_BASE_URL", f"{base}/fhir")
    registered = desk.world.asker("council", scopes=(SCOPE,), **ALWAYS)
    asker = Asker(f"{base}/fhir", registered.client_id, desk.world.key, "key-1", scope=SCOPE)
    people = extract(*(case(f"A{number}") for number in range(MANY)), created=START)
    # Reading beside the server's writing; the office would wait for its turn to write.
    database = desk.world.deployment.settings.database.removeprefix("sqlite:///")
    with serving(port), closing(sqlite3.connect(database)) as look:
        token = {"Authorization": f"Bearer {asker.token()}"}
        headers = {"Content-Type": "application/xml", "Prefer": "respond-async", **token}
        answer = httpx.post(f"{base}/push/westminster/extracts", content=people, headers=headers)
        until(lambda: look.execute("SELECT COUNT(*) FROM person").fetchone()[0])
    left = desk.world.rows("SELECT COUNT(*) FROM person")[0][0]
    assert (answer.status_code, 0 < left < MANY, len(waiting(desk.world))) == (202, True, 1)
    with serving(port):
        told = answer.json()
        while told["state"] in ("waiting", "reading"):
            told = httpx.get(answer.headers["content-location"], headers=token).json()
    assert (told["state"], sum(told["counts"].values()), waiting(desk.world)) == ("done", MANY, [])
    assert desk.world.rows("SELECT COUNT(*) FROM person") == [(MANY,)]
    assert [event["outcome"] for event in desk.events("push")] == ["accepted", "done"]
