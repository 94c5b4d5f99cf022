"""The endpoint, run from the command line."""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from adapter.commands.quiet import Quiet
from tests.commands.desk import Desk


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What uvicorn was told, instead of being run."""
    told: dict[str, Any] = {}
    # What the command sets for its workers is gone again after the test.
    monkeypatch.setenv("ASC_FHIR_BASE_URL", "")
    monkeypatch.delenv("ASC_FHIR_BASE_URL")
    monkeypatch.setattr(uvicorn, "run", lambda app, **said: told.update(said, app=app))
    return told


def test_the_endpoint_answers_and_says_nothing_of_what_runs_it(desk: Desk) -> None:
    port = free_port()
    words = [sys.executable, "-c", "from adapter.cli import app; app()"]
    words += ["serve", "--port", str(port), "--workers", "2"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(words, env=environment, stderr=subprocess.PIPE, start_new_session=True) as server:
        try:
            answer = _asked(f"http://127.0.0.1:{port}/fhir/metadata", server)
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            errors = server.communicate(timeout=20)[1].decode()
    assert answer.json()["implementation"]["url"] == f"http://127.0.0.1:{port}/fhir"
    assert "server" not in answer.headers
    assert "metadata" not in errors


def _asked(url: str, server: subprocess.Popen[bytes]) -> httpx.Response:
    until = time.monotonic() + 20
    while time.monotonic() < until and server.poll() is None:
        try:
            return httpx.get(url, timeout=5)
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError("the endpoint did not answer")


def test_the_workers_read_what_was_typed_from_their_settings(desk: Desk, run: dict[str, Any]) -> None:
    port, database = free_port(), f"sqlite:///{desk.folder / 'other.db'}"
    desk.run("serve", "--port", str(port), "--workers", "3", "--database", database)
    assert (os.environ["ASC_FHIR_DATABASE"], os.environ["ASC_FHIR_BASE_URL"]) == (
        database,
        f"http://127.0.0.1:{port}/fhir",
    )
    assert (run["app"], run["workers"], run["access_log"]) == ("adapter.app:serve_app", 3, False)


def test_an_address_that_is_set_is_kept(desk: Desk, run: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASC_FHIR_BASE_URL", "https://care.example/fhir")
    assert "answering at https://care.example/fhir" in desk.run("serve", "--port", str(free_port())).stderr
    assert os.environ["ASC_FHIR_BASE_URL"] == "https://care.example/fhir"


def test_keys_are_there_before_the_first_worker(
    desk: Desk, run: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASC_FHIR_HOME", str(desk.folder / "new"))
    desk.run("serve", "--port", str(free_port()))
    assert sorted(path.name for path in (desk.folder / "new" / "keys").iterdir()) == [
        "door.password",
        "seal.hex",
        "signing.pem",
    ]


def test_a_port_that_is_taken_is_wrong_use(desk: Desk, run: dict[str, Any]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        said = desk.refused("serve", "--port", str(taken.getsockname()[1]), code=2)
    assert "choose another with --port" in said
    assert run == {}


def test_half_a_pds_is_said_before_anything_is_served(
    desk: Desk, run: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASC_FHIR_PDS_BASE_URL", "https://pds.example")
    assert "ASC_FHIR_PDS_API_KEY" in desk.refused("serve", "--port", str(free_port()), code=2)
    assert run == {}


def test_the_servers_log_names_a_fault_and_never_its_text() -> None:
    try:
        raise ValueError("Ada Marlowe")
    except ValueError:
        record = logging.LogRecord("uvicorn.error", logging.ERROR, "", 0, "failed\n", (), sys.exc_info())
    line = Quiet().format(record)
    assert line.endswith("ERROR uvicorn.error failed ValueError")
    assert "\n" not in line
