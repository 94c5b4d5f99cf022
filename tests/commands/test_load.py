"""Taking in a council's files."""

from __future__ import annotations

import csv
import hashlib
import stat
from pathlib import Path

from tests.commands.desk import Desk, known
from tests.world import extract

TRUNCATED = extract(known())[:-20]
BAD_DATE = extract(known(born="1941-02-31"))


def test_a_file_is_stored_and_the_second_time_unchanged(desk: Desk) -> None:
    file = desk.file(extract(known(), known("A2")))
    counts = [desk.json("load", file, "--council", "westminster")["files"][0] for _ in range(2)]
    assert [(c["stored"], c["unchanged"]) for c in counts] == [(2, 0), (0, 2)]


def test_a_folder_is_its_xml_files_in_the_order_of_their_names(desk: Desk) -> None:
    for name in ("b.xml", "a.xml", "c.txt"):
        desk.file(extract(known()), name)
    files = desk.json("load", ".", "--council", "westminster")["files"]
    assert [file["file"] for file in files] == ["a.xml", "b.xml"]


def test_standard_input_is_read_where_a_dash_stands(desk: Desk) -> None:
    shown = desk.run("load", "-", "--council", "westminster", stdin=extract(known())).stdout
    assert "standard input  1" in shown


def test_every_load_is_in_the_trail_without_the_name_of_its_file(desk: Desk) -> None:
    desk.run("load", desk.file(extract(known()), "ada-marlowe.xml"), "--council", "westminster")
    (event,) = desk.events("load")
    assert event["file"] == hashlib.sha256(b"ada-marlowe.xml").hexdigest()
    assert (event["outcome"], event["counts"]) == ("done", {"stored": 1})


def test_where_the_trail_cannot_be_written_the_result_is_not_shown(desk: Desk) -> None:
    file = desk.file(extract(known()))
    trail = desk.world.deployment.settings.trail
    trail.rmdir() if trail.exists() else None
    trail.write_text("no folder")
    result = desk.run("load", file, "--council", "westminster", code=1)
    assert result.stdout == ""
    assert "the trail cannot be written" in result.stderr


def test_a_truncated_file_ends_with_one_after_the_rest_was_loaded(desk: Desk) -> None:
    files = [desk.file(TRUNCATED, "a.xml"), desk.file(extract(known("A2")), "b.xml")]
    shown = desk.json("load", *files, "--council", "westminster", code=1)["files"]
    assert [(file["complete"], file["stored"]) for file in shown] == [(False, 1), (True, 1)]


def test_a_file_of_another_council_is_refused(desk: Desk) -> None:
    file = desk.file(extract(known(), council_code="camden"))
    assert "is not the council" in desk.run("load", file, "--council", "westminster", code=1).stdout


def test_every_problem_is_reported_with_its_place_and_its_value(desk: Desk) -> None:
    desk.run("load", desk.file(BAD_DATE), "--council", "westminster", "--report", "problems.csv")
    first = next(csv.DictReader(Path("problems.csv").read_text("utf-8").splitlines()))
    assert (first["file"], first["field"], first["value"]) == ("case.xml", "Birth@date", "1941-02-31")


def test_only_its_owner_reads_the_report(desk: Desk) -> None:
    desk.run("load", desk.file(BAD_DATE), "--council", "westminster", "--report", "problems.csv")
    assert stat.S_IMODE(Path("problems.csv").stat().st_mode) == 0o600


def test_a_value_that_a_spreadsheet_would_run_is_made_harmless(desk: Desk) -> None:
    desk.run("load", desk.file(extract(known(born="=1+1"))), "--council", "westminster", "--report", "problems.csv")
    assert "'=1+1" in Path("problems.csv").read_text()


def test_twenty_problems_are_shown_and_the_rest_counted(desk: Desk) -> None:
    people = [known(f"A{number}", born="never-was") for number in range(30)]
    shown = desk.run("load", desk.file(extract(*people)), "--council", "westminster").stdout
    assert shown.count("never-was") == 20
    assert "more; --report FILE writes them all" in shown


def test_an_unknown_council_is_wrong_use_and_the_known_ones_are_named(desk: Desk) -> None:
    said = desk.refused("load", desk.file(extract()), "--council", "atlantis", code=2)
    assert said == "`atlantis` is not a council of this deployment; known: westminster\n"


def test_a_missing_file_is_wrong_use_and_nothing_is_begun(desk: Desk) -> None:
    said = desk.refused("load", desk.file(extract(known())), "missing.xml", "--council", "westminster", code=2)
    assert "missing.xml: no such file or directory" in said
    assert desk.events("load") == []


def test_a_folder_without_files_is_wrong_use(desk: Desk) -> None:
    Path("empty").mkdir()
    assert "a folder without a file to read" in desk.refused("load", "empty", "--council", "westminster", code=2)


def test_an_unknown_mapping_is_wrong_use(desk: Desk) -> None:
    file = desk.file(extract())
    assert "no such mapping" in desk.refused("load", file, "--council", "westminster", "--mapping", "none", code=2)


def test_a_report_is_never_written_over_the_file_that_is_to_be_read(desk: Desk) -> None:
    before = extract(known())
    file = desk.file(before, "case.xml")
    said = desk.refused("load", file, "--council", "westminster", "--report", file, code=2)
    assert "write the report to another file" in said
    assert Path(file).read_bytes() == before
