"""A folder that a council writes into."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from adapter.claim import claim
from adapter.commands.loading import receive
from adapter.intake import Intake
from tests.commands.desk import Desk, known
from tests.world import World, case, extract

ONCE = ("--council", "westminster", "--steady", "0.01", "--once")
BAD_DATE = extract(known(born="1941-02-31"))


@pytest.fixture
def folder(desk: Desk) -> Path:
    made = desk.folder / "in"
    made.mkdir()
    return made


def watch(desk: Desk) -> str:
    """Take in what is there."""
    return desk.run("watch", "in", *ONCE).stdout


def names(folder: Path) -> list[str]:
    """The names that files had when they came, without reports."""
    return sorted(p.name.split("-", 2)[-1] for p in folder.iterdir() if p.is_file() and not p.name.endswith(".json"))


def report(folder: Path) -> Any:
    """The one report of a folder."""
    (found,) = folder.glob("*.json")
    return json.loads(found.read_text("utf-8"))


def people(desk: Desk) -> int:
    return int(desk.world.rows("SELECT COUNT(*) FROM person")[0][0])


def test_a_file_is_taken_in_and_put_away_with_a_report_and_one_line(desk: Desk, folder: Path) -> None:
    (folder / "case.xml").write_bytes(BAD_DATE)
    (line,) = watch(desk).splitlines()
    assert "case.xml: 1 stored, 0 unchanged, 0 quarantined, 0 closed, 1 problems; done/" in line
    assert (names(folder), names(folder / "done"), people(desk)) == ([], ["case.xml"], 1)
    told = report(folder / "done")
    assert (told["state"], told["counts"], told["problems"]) == ("done", {"stored": 1}, {"dropped": 1})
    assert [problem["field"] for problem in told["listed"]] == ["Birth@date"]


def test_a_report_holds_no_value(desk: Desk, folder: Path) -> None:
    (folder / "case.xml").write_bytes(BAD_DATE)
    watch(desk)
    (found,) = (folder / "done").glob("*.json")
    assert "1941-02-31" not in found.read_text("utf-8")


@pytest.mark.parametrize("content", [b"", b"no xml", extract(known(), council_code="camden"), extract(known())[:-9]])
def test_what_cannot_be_read_to_its_end_is_put_apart(desk: Desk, folder: Path, content: bytes) -> None:
    (folder / "case.xml").write_bytes(content)
    watch(desk)
    assert (names(folder / "failed"), names(folder / "done")) == (["case.xml"], [])
    assert report(folder / "failed")["listed"][-1]["effect"] == "stopped"


def test_a_file_that_is_still_being_written_is_left_alone(desk: Desk, folder: Path) -> None:
    unfinished = [".case.xml", "case.xml.part", "case.xml.tmp", "CASE.TMP"]
    for name in unfinished:
        (folder / name).write_bytes(extract(known()))
    assert watch(desk) == ""
    assert names(folder) == sorted(unfinished)


def test_a_file_that_grows_is_left_alone_until_it_has_stopped(desk: Desk, folder: Path) -> None:
    (folder / "case.xml").write_bytes(extract(known()))
    words = ["watch", "in", "--council", "westminster", "--steady", "0.5", "--once"]
    with running(desk, *words) as watcher, (folder / "case.xml").open("ab", buffering=0) as growing:
        while watcher.poll() is None:
            growing.write(b" ")
            time.sleep(0.02)
    assert (watcher.returncode, names(folder)) == (0, ["case.xml"])


def test_a_link_and_a_folder_are_no_files(desk: Desk, folder: Path) -> None:
    secret = desk.folder / "secret.xml"
    secret.write_bytes(extract(known()))
    (folder / "link.xml").symlink_to(secret)
    (folder / "more").mkdir()
    assert watch(desk) == ""


def test_two_files_of_one_name_are_both_kept(desk: Desk, folder: Path) -> None:
    for _ in range(2):
        (folder / "case.xml").write_bytes(extract(known()))
        watch(desk)
    assert names(folder / "done") == ["case.xml", "case.xml"]


def test_what_was_under_way_when_its_process_was_killed_is_taken_up_again(desk: Desk, folder: Path) -> None:
    (folder / "working").mkdir()
    (folder / "working" / "20261122T090000Z-00000000-case.xml").write_bytes(extract(known()))
    watch(desk)
    assert (names(folder / "working"), names(folder / "done"), people(desk)) == ([], ["case.xml"], 1)


def test_what_another_is_at_is_left_to_it(desk: Desk, folder: Path) -> None:
    (folder / "case.xml").write_bytes(extract(known()))
    held = claim(folder / "case.xml")
    assert held is not None
    assert watch(desk) == ""
    held.let_go()
    assert "case.xml" in watch(desk)


def test_every_file_is_in_the_trail_without_its_name(desk: Desk, folder: Path) -> None:
    (folder / "ada-marlowe.xml").write_bytes(extract(known()))
    watch(desk)
    (event,) = desk.events("load")
    assert (event["outcome"], event["counts"]) == ("done", {"stored": 1})
    assert "ada-marlowe" not in str(event)


def test_where_the_trail_cannot_be_written_the_file_stays_and_is_taken_up_again(desk: Desk, folder: Path) -> None:
    (folder / "case.xml").write_bytes(extract(known()))
    trail = desk.world.deployment.settings.trail
    trail.write_text("no folder")
    assert "the trail cannot be written" in desk.refused("watch", "in", *ONCE)
    trail.unlink()
    watch(desk)
    assert report(folder / "done")["counts"] == {"unchanged": 1}


def test_a_file_that_breaks_the_intake_is_put_apart_and_the_next_one_taken_in(
    desk: Desk, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(intake: Intake, stream: BinaryIO, name: str) -> Any:
        if name == "a.xml":
            raise ValueError("Ada Marlowe")
        return receive(intake, stream, name)

    monkeypatch.setattr("adapter.commands.watch.receive", breaks)
    for name in ("a.xml", "b.xml"):
        (folder / name).write_bytes(extract(known()))
    watch(desk)
    assert (names(folder / "failed"), names(folder / "done")) == (["a.xml"], ["b.xml"])
    told = report(folder / "failed")
    assert (told["state"], told["fault"], "Marlowe" in str(told)) == ("failed", "ValueError", False)


def test_an_unknown_council_is_wrong_use_and_nothing_is_touched(desk: Desk, folder: Path) -> None:
    (folder / "case.xml").write_bytes(extract(known()))
    assert "atlantis" in desk.refused("watch", "in", "--council", "atlantis", "--once", code=2)
    assert [path.name for path in folder.iterdir()] == ["case.xml"]


# ---------------------------------------------------------------- processes


def running(desk: Desk, *words: str) -> subprocess.Popen[bytes]:
    """The command in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-c", "from adapter.cli import app; app()", *words]
    return subprocess.Popen(command, env=environment, cwd=desk.folder, stdout=subprocess.PIPE)


def until(true: Any) -> None:
    """Wait until something has come about."""
    end = time.monotonic() + 30
    while not true():
        assert time.monotonic() < end
        time.sleep(0.005)


def everybody(world: World) -> list[Any]:
    """What is kept of everybody, but for what is drawn at random."""
    return world.rows(
        "SELECT p.local_id, p.digest, p.facts, s.facts, r.type, r.key, f.part, f.origin, f.ended IS NULL"
        " FROM person p JOIN standing s ON s.id = p.standing JOIN resource r ON r.person = p.id"
        " JOIN facet f ON f.resource = r.id ORDER BY p.local_id, r.type, r.key, f.part, f.origin"
    )


def test_a_load_that_is_killed_and_run_again_ends_as_one_that_was_not(desk: Desk, folder: Path) -> None:
    content = extract(*(case(f"A{number}") for number in range(700)), created=desk.world.time)
    (folder / "case.xml").write_bytes(content)
    database = desk.world.deployment.settings.database.removeprefix("sqlite:///")
    with closing(sqlite3.connect(database, timeout=30)) as look, running(desk, "watch", "in", *ONCE) as watcher:
        until(lambda: look.execute("SELECT COUNT(*) FROM person").fetchone()[0] > 0)
        watcher.send_signal(signal.SIGKILL)
        watcher.wait(30)
    assert (0 < people(desk) < 700, names(folder / "working")) == (True, ["case.xml"])
    watch(desk)
    again = everybody(desk.world)
    assert names(folder / "done") == ["case.xml"]
    with desk.world.deployment.office.transaction() as transaction:
        for table in ("term", "mention", "facet", "resource", "relationship", "choice", "trace_queue", "person"):
            transaction.execute(f"DELETE FROM {table}")
    desk.world.receive(content)
    assert again == everybody(desk.world)


def test_two_watchers_of_one_folder_take_in_each_file_once(desk: Desk, folder: Path) -> None:
    for number in range(30):
        (folder / f"{number}.xml").write_bytes(extract(case(f"A{number}")))
    with running(desk, "watch", "in", *ONCE) as one, running(desk, "watch", "in", *ONCE) as two:
        said = [watcher.communicate(timeout=60)[0].decode().splitlines() for watcher in (one, two)]
    assert (one.returncode, two.returncode) == (0, 0)
    assert (len(names(folder / "done")), names(folder / "working"), people(desk)) == (30, [], 30)
    assert len(said[0]) + len(said[1]) == len(desk.events("load")) == 30
