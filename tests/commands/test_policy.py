"""The policy, for somebody who has to sign it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands.desk import Desk


def test_every_row_and_every_rule_of_the_policy_is_printed(desk: Desk) -> None:
    found, policy = desk.json("policy", "table"), desk.world.deployment.policy
    assert (len(found["matrix"]), len(found["rules"])) == (len(policy.rows), len(policy.rules))
    assert found["digest"] == policy.digest


def test_people_read_it_as_tables(desk: Desk) -> None:
    shown = desk.run("policy", "table").stdout
    assert "the person objects to the use of the NHS number" in shown
    assert "| gp | clinician |" in desk.run("policy", "table", "--markdown").stdout


@pytest.mark.parametrize("words", [("policy", "table"), ("status",)])
def test_a_policy_that_does_not_load_says_where_and_why(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    Path("broken.toml").write_text("[policy]\nname = 1\n")
    monkeypatch.setenv("ASC_FHIR_POLICY", "broken.toml")
    assert desk.refused(*words, code=2).startswith("broken.toml: ")
