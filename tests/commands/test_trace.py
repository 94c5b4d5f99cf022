"""An officer works the trace queue now."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from pds_client.auth import make_key_pair
from pds_client.simulator import Simulator, serve
from tests.commands.desk import NUMBER, Desk, known
from tests.world import case, pds_record

PRIVATE, PUBLIC = make_key_pair("pds-1")


def waiting(desk: Desk) -> int:
    return desk.world.rows("SELECT COUNT(*) FROM trace_queue")[0][0]


def set_pds(desk: Desk, monkeypatch: pytest.MonkeyPatch, base_url: str, token_url: str) -> None:
    (desk.folder / "pds.pem").write_text(PRIVATE)
    said = {"BASE_URL": base_url, "TOKEN_URL": token_url, "API_KEY": "key", "KEY_ID": "pds-1", "RATE": "1000"}
    said |= {"KEY_FILE": str(desk.folder / "pds.pem"), "ENVIRONMENT": "any"}
    for name, value in said.items():
        monkeypatch.setenv(f"ASC_FHIR_PDS_{name}", value)


@contextmanager
def pds(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    simulator = Simulator([pds_record(NUMBER)], clients={"key": PUBLIC})
    with serve(simulator) as served:
        set_pds(desk, monkeypatch, served.base_url, served.token_url)
        yield simulator


@pytest.fixture
def two_wait(desk: Desk) -> Desk:
    desk.world.load(known(), case("A2", family="Nobody", given="Known"))
    desk.world.declare()
    return desk


def test_everybody_who_waits_is_traced(two_wait: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with pds(two_wait, monkeypatch):
        found = two_wait.json("trace")
    assert found["outcomes"] == {"Matched": 1, "NoMatch": 1}
    assert waiting(two_wait) == found["waiting"] == 0


def test_every_trace_is_in_the_trail(two_wait: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with pds(two_wait, monkeypatch):
        two_wait.run("trace")
    assert len(two_wait.events("trace")) == 2


def test_no_more_are_traced_than_were_asked_for(two_wait: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with pds(two_wait, monkeypatch):
        two_wait.run("trace", "--limit", "1")
    assert waiting(two_wait) == 1


def test_a_dry_run_says_how_many_wait_and_asks_nothing(two_wait: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with pds(two_wait, monkeypatch) as simulator:
        found = two_wait.json("trace", "--dry-run", "--limit", "1")
        shown = two_wait.run("trace", "--dry-run").stdout
    assert found == {"waiting": 2, "people": 1, "calls_at_least": 1, "seconds_at_least": 0.0}
    assert "2 people wait" in shown
    assert "at 1000 calls a second that is 0:00:00 or more" in shown
    assert simulator.calls == []


def test_where_pds_is_down_that_is_said_and_everybody_still_waits(
    two_wait: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
    set_pds(two_wait, monkeypatch, f"{address}/FHIR/R4", f"{address}/oauth2/token")
    said = two_wait.run("trace", code=1).stderr
    assert "PDS is not to be had now; 2 people still wait" in said
    assert (waiting(two_wait), len(two_wait.events("trace"))) == (2, 1)


def test_where_pds_does_not_know_the_key_that_is_said(two_wait: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with pds(two_wait, monkeypatch):
        monkeypatch.setenv("ASC_FHIR_PDS_API_KEY", "another")
        said = two_wait.refused("trace")
    assert said.startswith("PDS does not accept who we are")
    assert waiting(two_wait) == 2


def test_tracing_that_has_stopped_is_tried_again_when_an_officer_asks(
    two_wait: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pds(two_wait, monkeypatch):
        monkeypatch.setenv("ASC_FHIR_PDS_API_KEY", "another")
        two_wait.refused("trace")
        assert two_wait.json("status")["pds"]["state"] == "stopped"
        monkeypatch.setenv("ASC_FHIR_PDS_API_KEY", "key")
        assert two_wait.json("status")["pds"]["state"] == "in use"
        monkeypatch.setenv("ASC_FHIR_PDS_API_KEY", "another")
        two_wait.refused("trace")
        monkeypatch.setenv("ASC_FHIR_PDS_API_KEY", "key")
        assert two_wait.json("trace")["outcomes"] == {"Matched": 1, "NoMatch": 1}


def test_only_who_waits_since_a_day_is_traced_where_that_is_asked_for(
    two_wait: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    two_wait.world.pass_time(days=1)
    two_wait.world.load(case("A3", family="Third"), sequence=2)
    two_wait.world.declare()
    with pds(two_wait, monkeypatch):
        assert two_wait.json("trace", "--dry-run", "--since", "2026-11-23")["people"] == 1
        assert two_wait.json("trace", "--since", "2026-11-23")["outcomes"] == {"NoMatch": 1}
    assert waiting(two_wait) == 2
    assert "--since is not a date" in two_wait.refused("trace", "--since", "yesterday", code=2)


def test_how_long_it_took_and_how_fast_it_was_is_said(two_wait: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with pds(two_wait, monkeypatch):
        found = two_wait.json("trace")
    assert (found["calls"], found["seconds"] >= 0, found["calls_a_second"] > 0) == (7, True, True)


def test_people_who_are_to_be_read_again_are_foretold_and_read(two_wait: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with pds(two_wait, monkeypatch):
        two_wait.run("trace")
        two_wait.world.pass_time(days=8)
        two_wait.world.declare()
        assert two_wait.json("trace", "--dry-run")["people"] == 1
        assert waiting(two_wait) == 0
        assert two_wait.json("trace")["outcomes"] == {"Unchanged": 1}


def test_without_a_pds_the_settings_that_it_needs_are_named(desk: Desk) -> None:
    said = desk.refused("trace", code=2)
    assert "ASC_FHIR_PDS_BASE_URL" in said
    assert "ASC_FHIR_PDS_KEY_FILE" in said


def test_half_a_pds_is_wrong_use_and_the_missing_half_is_named(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASC_FHIR_PDS_BASE_URL", "https://pds.example")
    assert "ASC_FHIR_PDS_TOKEN_URL" in desk.refused("trace", code=2)
