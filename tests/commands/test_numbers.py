"""The NHS numbers that go back to the council, as a file."""

from __future__ import annotations

import csv

from tests.commands.desk import NUMBER, Desk
from tests.world import World, case, objection, pds_record


def traced(world: World) -> None:
    """Somebody whose number PDS confirmed, somebody whom it did not find, and somebody who objects."""
    world.load(case("A1", nhs_number=NUMBER), case("A2", family="Quill"), case("A3", objections=objection()))
    world.know(pds_record(NUMBER))
    world.declare()
    world.trace()


def test_numbers_are_listed_with_their_status_and_evidence(desk_on_both: Desk) -> None:
    traced(desk_on_both.world)
    listed = desk_on_both.json("numbers", "--council", "westminster")
    told = {line["localId"]: (line["status"], line.get("nhsNumber")) for line in listed["numbers"]}
    assert told == {"A1": ("01", NUMBER), "A2": ("04", None)}
    assert listed["numbers"][0]["evidence"]["steps"]


def test_only_what_was_settled_since_is_listed(desk_on_both: Desk) -> None:
    traced(desk_on_both.world)
    assert desk_on_both.json("numbers", "--council", "westminster", "--since", "2026-11-23")["numbers"] == []
    assert len(desk_on_both.json("numbers", "--council", "westminster", "--since", "2026-11-22")["numbers"]) == 2


def test_a_program_reads_them_as_comma_separated_lines(desk: Desk) -> None:
    traced(desk.world)
    rows = list(csv.DictReader(desk.run("numbers", "--council", "westminster", "--csv").stdout.splitlines()))
    assert [(row["local_id"], row["nhs_number"], row["status"]) for row in rows] == [
        ("A1", NUMBER, "01"),
        ("A2", "", "04"),
    ]


def test_people_read_them_in_a_table(desk: Desk) -> None:
    traced(desk.world)
    shown = desk.run("numbers", "--council", "westminster").stdout
    assert NUMBER in shown and "nhs number" in shown


def test_more_than_a_page_is_listed_whole(desk: Desk, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr("adapter.commands.numbers._PAGE", 1)
    traced(desk.world)
    assert len(desk.json("numbers", "--council", "westminster")["numbers"]) == 2


def test_the_list_is_in_the_trail_as_a_release_with_counts_and_without_a_number(desk: Desk) -> None:
    traced(desk.world)
    desk.run("numbers", "--council", "westminster")
    (event,) = desk.events("nhs-numbers")
    assert (event["outcome"], event["council"], event["counts"]) == ("released", "westminster", {"01": 1, "04": 1})
    assert len(event["people"]) == 2 and NUMBER not in str(event)


def test_where_the_trail_cannot_be_written_nothing_is_shown(desk: Desk) -> None:
    traced(desk.world)
    trail = desk.world.deployment.settings.trail
    trail.rmdir() if trail.exists() else None
    trail.write_text("no folder")
    assert desk.run("numbers", "--council", "westminster", code=1).stdout == ""


def test_an_unknown_council_is_wrong_use(desk: Desk) -> None:
    assert "atlantis" in desk.refused("numbers", "--council", "atlantis", code=2)
