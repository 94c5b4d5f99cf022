"""The README is true: its tables are the code's, its example runs, and its command is the one there is."""

from __future__ import annotations

import re

import pytest
from typer.testing import CliRunner

from adapter.cli import app
from conformance.validator.tables import README, TABLES, printed

TEXT = README.read_text("utf-8")


def test_the_tables_of_the_readme_are_what_the_code_prints() -> None:
    assert printed(TEXT) == TEXT


@pytest.mark.parametrize("name", TABLES)
def test_the_readme_has_the_table(name: str) -> None:
    assert f"<!-- {name} -->\n{TABLES[name]()}\n<!-- end -->" in TEXT


def test_the_example_of_the_readme_runs(capsys: pytest.CaptureFixture[str]) -> None:
    code = TEXT.split("```python\n")[1].split("```")[0]
    exec(compile(code, "README.md", "exec"), {})
    said = capsys.readouterr().out.splitlines()
    assert "patient.json:Patient.birthDate error is required and missing" in said
    assert said[-1] == "OperationOutcome 3"


def test_the_options_of_the_readme_are_those_of_the_command() -> None:
    written = set(re.findall(r"--[a-z]+", TEXT.split("### In a program")[0]))
    helped = CliRunner().invoke(app, ["validate", "--help"], prog_name="asc-fhir", env={"COLUMNS": "200"}).stdout
    assert written == set(re.findall(r"--[a-z]+", helped)) - {"--help"}
