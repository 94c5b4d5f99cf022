"""Whether the trail is whole, and what it holds."""

from __future__ import annotations

from pathlib import Path

from tests.commands.desk import NUMBER, PERSONAL, Desk, known
from tests.world import pds_record

OBJECTS = (
    *("choice", "record", "--council", "westminster", "--person", "A1", "--kind", "shared-record"),
    *("--value", "objects", "--by", "R Finch"),
)
BY_NAME = [("family", "Marlowe"), ("given", "Ada"), ("birthdate", "1941-03-05")]


def segment(desk: Desk) -> Path:
    return sorted(desk.world.deployment.settings.trail.glob("*.trail"))[0]


def test_a_trail_that_nobody_touched_is_whole(desk: Desk) -> None:
    desk.world.load(known())
    desk.run(*OBJECTS)
    assert desk.json("trail", "verify") == {"records": 2, "findings": []}


def test_a_record_that_was_changed_is_found_with_its_place(desk: Desk) -> None:
    desk.world.load(known())
    desk.run(*OBJECTS)
    path = segment(desk)
    path.write_bytes(path.read_bytes().replace(b'"objects"', b'"clear"'))
    shown = desk.run("trail", "verify", code=1).stdout
    assert f"{path.name}:2 the record or one before it was changed" in shown


def test_the_newest_events_are_shown(desk: Desk) -> None:
    desk.world.load(known(), known("A2"))
    for person in ("A1", "A2", "A1"):
        desk.run(*OBJECTS, "--person", person)
    found = desk.json("trail", "show", "--last", "2")
    assert [event["people"] for event in found] == [[desk.world.person("A2")], [desk.world.person("A1")]]
    assert desk.run("trail", "show").stdout.count("shared-record") == 0


def test_one_person_sees_what_was_about_them(desk: Desk) -> None:
    desk.world.load(known(), known("A2"))
    for person in ("A1", "A2"):
        desk.run(*OBJECTS, "--person", person)
    found = desk.json("trail", "show", "--council", "westminster", "--person", "A2")
    assert [(event["kind"], event["people"]) for event in found] == [("choice", [desk.world.person("A2")])]


def test_one_client_is_seen_by_what_it_asked(desk: Desk) -> None:
    desk.world.load(known())
    ward, practice = desk.world.asker("hospital"), desk.world.asker("gp")
    for asker in (ward, practice):
        asker.search("Patient", BY_NAME)
    found = desk.json("trail", "show", "--client", ward.client_id)
    assert {event["client"] for event in found} == {ward.client_id}
    assert "search" in [event["kind"].split("-")[0] for event in found]


def test_who_reads_the_trail_is_in_it(desk: Desk) -> None:
    desk.run("trail", "show")
    assert [event["outcome"] for event in desk.events("trail")] == ["released"]


def test_a_person_without_their_council_is_wrong_use(desk: Desk) -> None:
    assert "together" in desk.refused("trail", "show", "--person", "A1", code=2)


def test_no_command_writes_anything_personal_into_the_trail(desk: Desk) -> None:
    desk.run("load", desk.file(b"<x/>", "Marlowe.xml"), "--council", "westminster", code=1)
    desk.world.load(known())
    desk.world.know(pds_record(NUMBER))
    ward = desk.world.asker("hospital")
    person = ("--council", "westminster", "--person", "A1")
    desk.run(*OBJECTS, "--evidence", "a letter by Ada Marlowe")
    desk.run("choice", "list", *person)
    for kind in ("nhs-number", "shared-record"):
        listed = "1" if kind == "shared-record" else "0"
        words = ("--kind", kind, "--as-of", "2026-11-22", "--listed", listed, "--by", "R Finch")
        desk.run("register", "declare", "--council", "westminster", *words)
    ward.search("Patient", BY_NAME)
    desk.run("explain", *person, "--client", ward.client_id, "--purpose", "TREAT")
    desk.run("trail", "show", *person)
    written = b"".join(path.read_bytes() for path in segment(desk).parent.glob("*.trail")).decode()
    assert written.count("\n") > 10
    assert [word for word in PERSONAL if word in written] == []
