"""asc-fhir validate: lines and a document of findings, exit codes, and packages that cannot be used."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from adapter.cli import app
from tests.conformance.validator.profiles import PROFILE, TEXT, element, structure
from tests.conformance.validator.test_package import archive, content

RIGHT = {"resourceType": "Patient", "text": TEXT, "birthDate": "1941-03-05"}
WRONG = {"resourceType": "Patient", "text": TEXT, "gender": "robot"}
PROFILED = structure("Patient", element("Patient.birthDate", min=1))


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An engineer's folder, without a deployment."""
    monkeypatch.chdir(tmp_path)
    for name, resource in (("right.json", RIGHT), ("wrong.json", WRONG)):
        Path(name).write_bytes(content(resource))
    Path("package.tgz").write_bytes(archive(("package/profile.json", content(PROFILED)), ("package/a.json", b"{")))
    return tmp_path


def run(*words: str, code: int = 0) -> tuple[list[str], list[str]]:
    """Lines on standard output and on standard error."""
    result = CliRunner().invoke(app, ["validate", *words], prog_name="asc-fhir")
    assert result.exit_code == code, (result.exit_code, result.stdout, result.stderr)
    return result.stdout.splitlines(), result.stderr.splitlines()


def test_what_is_clean_ends_with_nought() -> None:
    assert run("right.json") == (["1 file: 0 error, 0 warning, 0 not checked"], [])


def test_an_error_is_a_line_with_file_and_path_and_ends_with_one() -> None:
    lines, said = run("right.json", "wrong.json", code=1)
    value_set = "http://hl7.org/fhir/ValueSet/administrative-gender|4.0.1"
    assert lines == [
        f"wrong.json:Patient.gender error has no code of the required value set {value_set}",
        "2 files: 1 error, 0 warning, 0 not checked",
    ]
    assert said == []


def test_a_warning_ends_with_nought() -> None:
    Path("bare.json").write_bytes(content({"resourceType": "Patient"}))
    assert run("bare.json")[0][-1] == "1 file: 0 error, 1 warning, 0 not checked"


def test_a_folder_is_all_of_its_json(folder: Path) -> None:
    assert run(str(folder), code=1)[0][-1] == "2 files: 1 error, 0 warning, 0 not checked"


def test_a_profile_of_a_package_is_held_to_and_what_of_it_was_not_read_is_said() -> None:
    assert run("right.json", "--package", "package.tgz", "--profile", PROFILE)[0][0].startswith("1 file: 0 error")
    lines, said = run("wrong.json", "--package", "package.tgz", "--profile", PROFILE, code=1)
    assert "wrong.json:Patient.birthDate error is required and missing" in lines
    assert said == ["package.tgz!package/a.json: not checked a file of a package is not JSON"]


def test_the_document_says_the_same_for_a_program() -> None:
    lines, said = run("wrong.json", "right.json", "--json", code=1)
    told: dict[str, Any] = json.loads("\n".join(lines))
    (finding,) = told["findings"]
    assert (finding["file"], finding["path"], finding["severity"]) == ("wrong.json", "Patient.gender", "error")
    assert told["counts"] == {"error": 1, "warning": 0, "not checked": 0}
    assert (told["outcome"]["resourceType"], len(told["outcome"]["issue"])) == ("OperationOutcome", 1)
    assert said == []


@pytest.mark.parametrize(
    ("inside", "message"),
    [
        (b"{", "is not JSON: line 1, column 2"),
        (b"\xff", "is not UTF-8"),
        (b"[" * 100_000, "holds a number that is none, or is nested too deep"),
        (b'{"a": NaN}', "holds a number that is none, or is nested too deep"),
    ],
)
def test_a_file_that_is_no_json_is_an_error_of_its_own_and_the_rest_goes_on(inside: bytes, message: str) -> None:
    Path("broken.json").write_bytes(inside)
    lines, _ = run("broken.json", "right.json", code=1)
    assert lines == [f"broken.json: error {message}", "2 files: 1 error, 0 warning, 0 not checked"]


def test_a_name_that_stands_twice_is_an_error() -> None:
    Path("twice.json").write_bytes(b'{"resourceType": "Patient", "active": true, "active": false}')
    assert "twice.json: error the name active stands more than once in one object" in run("twice.json", code=1)[0]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nowhere.json",), "nowhere.json: no such file or directory"),
        (("right.json", "--package", "nowhere.tgz"), "nowhere.tgz: no such file or directory"),
        (("right.json", "--package", "right.json"), "right.json: not a readable .tgz package"),
        (("right.json", "--profile", "urn:unheard-of"), "--profile: urn:unheard-of is not at hand"),
        (("right.json/none.json",), "right.json/none.json: not a directory"),
        (("right.json", "--package", "right.json/none.tgz"), "right.json/none.tgz: not a directory"),
        (("empty",), "empty: a folder without a .json file"),
        (("right.json", "--package", "empty"), "empty: a package without a definition"),
    ],
)
def test_what_cannot_be_run_is_one_line_and_ends_with_two(words: tuple[str, ...], said: str) -> None:
    Path("empty").mkdir()
    assert run(*words, code=2) == ([], [said])


def test_a_profile_of_a_data_type_is_no_profile_of_a_file() -> None:
    name = "http://hl7.org/fhir/StructureDefinition/HumanName"
    assert run("right.json", "--profile", name, code=2)[1] == [f"--profile: {name} is no profile of a resource"]
