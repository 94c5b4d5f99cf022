"""An officer decides about matches of which PDS is not sure."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from pds_client.simulator import Simulator, serve
from tests.commands.desk import NUMBER, Desk, known
from tests.commands.test_trace import PUBLIC, set_pds
from tests.world import pds_record

BY = ("--by", "C. Guardian")


@contextmanager
def pds(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    simulator = Simulator([pds_record(NUMBER, born="1941-03-15")], clients={"key": PUBLIC})
    with serve(simulator) as served:
        set_pds(desk, monkeypatch, served.base_url, served.token_url)
        yield simulator


@pytest.fixture
def in_doubt(desk_on_both: Desk) -> Desk:
    """A1's number is held by PDS of somebody born on another day."""
    desk_on_both.world.load(known())
    desk_on_both.world.declare()
    desk_on_both.world.know(pds_record(NUMBER, born="1941-03-15"))
    desk_on_both.world.trace()
    return desk_on_both


def status(desk: Desk) -> str:
    return str(desk.world.rows("SELECT nhs_number_status FROM person")[0][0])


def test_the_list_says_why_and_whom_pds_suggests(in_doubt: Desk) -> None:
    (doubt,) = in_doubt.json("review", "list")
    assert doubt == {
        "review": 1,
        "council": "westminster",
        "person": "A1",
        "cause": "Ambiguous",
        "agreed": ["family", "given", "postcode"],
        "conflicting": ["birth_date"],
        "candidates": [{"candidate": 1, "nhs_number": NUMBER, "score": None}],
        "since": "2026-11-22T09:00:00Z",
    }
    shown = in_doubt.run("review", "list").stdout
    assert "1: 999 000 0018" in shown
    assert [event["outcome"] for event in in_doubt.events("review")] == ["released", "released"]


def test_an_empty_list_says_so(desk: Desk) -> None:
    assert desk.run("review", "list").stdout == "matches to look at: none\n"


def test_who_is_accepted_has_a_verified_number(in_doubt: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with pds(in_doubt, monkeypatch) as simulator:
        said = in_doubt.run("review", "accept", "1", *BY).stdout
    assert "review 1 is accepted" in said
    assert [call.operation for call in simulator.calls if call.operation != "token"] == ["read"]
    assert status(in_doubt) == "01"
    assert in_doubt.json("review", "list") == []
    (released, accepted) = in_doubt.events("review")[:2]
    assert (released["outcome"], accepted["outcome"], accepted["decided_by"]) == ("released", "accepted", "C. Guardian")
    assert accepted["by"] != ""


def test_who_is_rejected_has_none(in_doubt: Desk) -> None:
    assert in_doubt.json("review", "reject", "1", *BY) == {"review": 1, "decision": "rejected"}
    assert status(in_doubt) == "05"
    assert in_doubt.json("review", "list") == []


@pytest.mark.parametrize("decision", ["accept", "reject"])
def test_a_decision_needs_the_name_of_who_makes_it(
    in_doubt: Desk, monkeypatch: pytest.MonkeyPatch, decision: str
) -> None:
    with pds(in_doubt, monkeypatch) as simulator:
        assert "--by" in in_doubt.refused("review", decision, "1", code=2)
        assert "needs the name" in in_doubt.refused("review", decision, "1", "--by", " ")
    assert (simulator.calls, status(in_doubt)) == ([], "05")


def test_what_is_not_on_the_list_is_refused(in_doubt: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with pds(in_doubt, monkeypatch):
        assert "asc-fhir review list" in in_doubt.refused("review", "accept", "7", *BY)
        assert "which candidate" in in_doubt.refused("review", "accept", "1", *BY, "--candidate", "2")


def test_without_a_pds_nobody_can_be_accepted(in_doubt: Desk) -> None:
    assert "ASC_FHIR_PDS_" in in_doubt.refused("review", "accept", "1", *BY, code=2)
