"""What is said when a command cannot do what was asked."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from adapter.commands import opened
from adapter.commands.failure import told
from tests.commands.desk import Desk, known


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--bogus",), "no such option: --bogus; see `asc-fhir --help`\n"),
        (("status", "--bogus"), "no such option: --bogus; see `asc-fhir status --help`\n"),
        (("juggle",), "no such command 'juggle'; see `asc-fhir --help`\n"),
        (("choice", "list", "--person", "A1"), "missing option '--council'; see `asc-fhir choice list --help`\n"),
    ],
)
def test_a_word_that_is_not_understood_is_one_line_and_wrong_use(desk: Desk, words: tuple[str, ...], why: str) -> None:
    assert desk.refused(*words, code=2) == why


def test_without_a_command_the_help_is_shown(desk: Desk) -> None:
    result = desk.run(code=2)
    assert "Commands" in result.stdout + result.stderr


def test_a_database_that_cannot_be_reached_is_one_line(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASC_FHIR_DATABASE", "postgresql://ada:secret@127.0.0.1:1/none")
    said = desk.refused("status")
    assert said.startswith("the database cannot be reached or used")
    assert "secret" not in said


def test_a_file_that_is_no_database_is_one_line(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.file(b"no database at all, and long enough to be read as one" * 100, "none.db")
    monkeypatch.setenv("ASC_FHIR_DATABASE", "sqlite:///none.db")
    assert desk.refused("status").startswith("the database cannot be reached or used")


def test_an_address_that_is_no_database_is_wrong_use(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASC_FHIR_DATABASE", "mysql://somewhere")
    assert "must begin with sqlite:///" in desk.refused("status", code=2)


def test_a_setting_that_cannot_be_read_is_named(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASC_FHIR_PAGE_SIZE", "many")
    assert desk.refused("status", code=2).startswith("ASC_FHIR_PAGE_SIZE cannot be used: ")


def test_a_home_that_cannot_be_made_is_one_line(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.file(b"", "taken")
    monkeypatch.setenv("ASC_FHIR_HOME", "taken")
    assert "taken/keys: not a directory" in desk.refused("status")


def test_what_nobody_foresaw_shows_nothing_of_its_text(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise KeyError("Ada Marlowe")

    monkeypatch.setattr(opened, "open_deployment", fail)
    said = desk.refused("status")
    assert said.startswith("the command failed here and did no more")


def test_where_it_failed_is_shown_to_who_asks_for_it(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise KeyError("here")

    monkeypatch.setattr(opened, "open_deployment", fail)
    assert isinstance(desk.run("--traceback", "status", code=1).exception, KeyError)


def test_an_interrupt_is_said_and_ends_with_its_own_code(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(opened, "open_deployment", stop)
    desk.run("status", code=130)


def test_a_database_that_is_busy_or_full_is_not_quoted() -> None:
    said, code = told(sqlite3.OperationalError("INSERT INTO person VALUES ('Marlowe')"))
    assert "Marlowe" not in said
    assert code == 1


def test_a_file_that_may_not_be_read_is_named(desk: Desk) -> None:
    Path("folder").mkdir()
    desk.world.load(known())
    said = desk.refused("load", "folder/none.xml", "--council", "westminster", code=2)
    assert said == "folder/none.xml: no such file or directory\n"
