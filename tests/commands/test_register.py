"""An officer declares a register complete."""

from __future__ import annotations

import pytest

from tests.commands.desk import NUMBER, Desk, known
from tests.world import objection, pds_record

DECLARE = ("register", "declare", "--council", "westminster", "--by", "R Finch", "--kind", "nhs-number")
OF_TODAY = (*DECLARE, "--as-of", "2026-11-22")
BY_NAME = [("family", "Marlowe"), ("given", "Ada"), ("birthdate", "1941-03-05")]


def test_after_the_declaration_who_is_not_listed_is_clear(desk_on_both: Desk) -> None:
    desk_on_both.world.load(known(), known("A2", objections=objection()))
    found = desk_on_both.json(*OF_TODAY, "--listed", "1")
    assert found == {"people": 2, "objects": 1, "clear": 1, "unknown": 0}


def test_from_the_declaration_on_the_integrated_record_finds_who_does_not_object(desk: Desk) -> None:
    desk.world.load(known())
    desk.world.know(pds_record(NUMBER))
    wsic = desk.world.asker("integrated-record")
    search = [("identifier", f"https://fhir.nhs.uk/Id/nhs-number|{NUMBER}")]
    before = wsic.search("Patient", search).json()["total"]
    for kind in ("nhs-number", "shared-record"):
        desk.run(*OF_TODAY, "--listed", "0", "--kind", kind)
    desk.world.trace()
    assert (before, wsic.search("Patient", search).json()["total"]) == (0, 1)


def test_a_list_of_another_length_is_refused_and_both_numbers_are_said(desk: Desk) -> None:
    desk.world.load(known(objections=objection()))
    said = desk.refused(*OF_TODAY, "--listed", "3")
    assert "the list has 3, and 1 are recorded here" in said
    assert desk.world.rows("SELECT * FROM register") == []


def test_an_objection_that_was_taken_back_is_not_counted(desk: Desk) -> None:
    both = objection() + objection(value="withdrawn", effective="2026-06-01")
    desk.world.load(known(objections=both))
    assert desk.json(*OF_TODAY, "--listed", "0")["clear"] == 1


def test_an_objection_counts_from_the_day_it_takes_effect(desk: Desk) -> None:
    desk.world.load(known(objections=objection(effective="2026-11-21")))
    desk.refused(*DECLARE, "--as-of", "2026-11-20", "--listed", "1")
    desk.run(*DECLARE, "--as-of", "2026-11-20", "--listed", "0")


def test_a_day_counts_to_its_end_and_never_later_than_now(desk: Desk) -> None:
    for day in ("2026-11-21", "2026-11-22"):
        desk.run(*DECLARE, "--as-of", day, "--listed", "0")
    listed = desk.json("register", "list")
    assert [line["as_of"] for line in listed] == ["2026-11-22T09:00:00Z", "2026-11-21T23:59:59Z"]


def test_who_was_first_seen_after_the_list_is_unknown(desk: Desk) -> None:
    desk.world.load(known())
    shown = desk.run(*DECLARE, "--as-of", "2026-11-21", "--listed", "0").stdout
    assert "1 unknown" in shown


@pytest.mark.parametrize("as_of", ["2026-11-23", "2026-11-22T09:01"])
def test_a_time_to_come_is_refused(desk: Desk, as_of: str) -> None:
    assert "a time to come" in desk.refused(*DECLARE, "--as-of", as_of, "--listed", "0")


def test_the_national_opt_out_has_no_register(desk: Desk) -> None:
    assert "the NHS is asked" in desk.refused(*OF_TODAY, "--listed", "0", "--kind", "national-data-opt-out")


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (("--kind", "biscuits"), "--kind is not one of"),
        (("--council", "atlantis"), "known: westminster"),
        (("--as-of", "yesterday"), "--as-of is not a date"),
        (("--listed", "-1"), "--listed"),
    ],
)
def test_wrong_words_are_wrong_use(desk: Desk, more: tuple[str, ...], why: str) -> None:
    assert why in desk.refused(*OF_TODAY, "--listed", "0", *more, code=2)


def test_the_trail_has_the_declaration_and_the_refusal(desk: Desk) -> None:
    desk.run(*OF_TODAY, "--listed", "0")
    desk.refused(*OF_TODAY, "--listed", "9")
    assert [(e["outcome"], e["listed"]) for e in desk.events("declaration")] == [("declared", 0), ("refused", 9)]


def test_where_the_trail_cannot_be_written_nothing_is_declared(desk: Desk) -> None:
    desk.world.deployment.settings.trail.write_text("no folder")
    desk.refused(*OF_TODAY, "--listed", "0")
    assert desk.world.rows("SELECT * FROM register") == []


def test_the_list_says_what_a_register_still_carries(desk: Desk) -> None:
    desk.run(*OF_TODAY, "--listed", "0")
    states = [desk.json("register", "list")[0]["state"]]
    for days in (7, 14):
        desk.world.pass_time(days=days)
        states.append(desk.json("register", "list")[0]["state"])
    assert states == ["live", "direct care only", "lapsed"]
    assert "R Finch" in desk.run("register", "list").stdout
