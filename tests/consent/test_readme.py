"""Does the package's README say what the code does?"""

from __future__ import annotations

import contextlib
import io
import re
from importlib import resources

import pytest

from consent import table
from consent.model import Category
from tests.consent.builders import POLICY

README = (resources.files("consent") / "README.md").read_text("utf-8")


def test_the_smallest_use_runs_and_prints_what_the_readme_says():
    program, printed = re.search(r"```python\n(.*?)```\n\n.*?```text\n(.*?)```", README, re.S).groups()
    with contextlib.redirect_stdout(io.StringIO()) as said:
        exec(program, {})
    assert said.getvalue() == printed


@pytest.mark.parametrize("made", [table.matrix(POLICY), table.rules(POLICY)], ids=["matrix", "rules"])
def test_a_table_of_the_readme_is_the_one_that_the_policy_prints(made: table.Table):
    assert f"\n\n{made.markdown()}\n\n" in README


def test_the_matrix_has_a_line_for_each_row_of_the_policy():
    assert [line[0].removesuffix(" (inside)") for line in table.matrix(POLICY).lines] == [
        r.recipient for r in POLICY.rows
    ]


def test_the_matrix_lists_every_category_of_a_row():
    listed = [line[4].replace(" (its own)", "").split(", ") for line in table.matrix(POLICY).lines]
    assert [set(categories) for categories in listed] == [row.reach for row in POLICY.rows]


def test_the_matrix_marks_what_a_recipient_sees_of_its_own_only():
    marked = {line[0] for line in table.matrix(POLICY).lines if f"{Category.SERVICES} (its own)" in line[4]}
    assert marked == {"commissioned-health", "care-provider"}


def test_the_rules_table_has_a_line_for_each_rule():
    assert {line[0] for line in table.rules(POLICY).lines} == set(POLICY.rules)


def test_each_rule_is_printed_with_its_reason_and_its_sentence():
    printed = {rule: (because, notice) for rule, because, notice in table.rules(POLICY).lines}
    assert printed == {rule: (grounds.because, grounds.notice) for rule, grounds in POLICY.rules.items()}
