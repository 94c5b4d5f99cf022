"""How the deployment stands, for whoever looks after it."""

from __future__ import annotations

from typing import Any

from tests.commands.desk import NUMBER, Desk, known
from tests.world import case, objection, pds_record


def withheld(found: dict[str, Any], asker: str, category: str) -> dict[str, Any]:
    return next(c for c in found["withheld"] if (c["asker"], c["category"]) == (asker, category))


def test_an_empty_deployment_says_what_is_missing(desk: Desk) -> None:
    found = desk.json("status")
    assert (found["people"], found["queue"]["waiting"]) == (0, 0)
    assert found["feeds"] == [{"council": "westminster", "feed": "case records", "newest_extract": "-", "age": "-"}]
    assert "the nhs-number register of westminster is not declared (age -)" in found["alarms"]


def test_who_is_withheld_is_counted_by_every_rule_that_withholds(desk_on_both: Desk) -> None:
    desk_on_both.world.load(
        known(),
        case("A2", objections=objection()),
        case("A3", attributes='restricted="Y"'),
        case("A4", objections=objection("shared-record")),
    )
    desk_on_both.world.declare()
    found = desk_on_both.json("status")
    assert found["people"] == 4
    assert withheld(found, "hospital clinician", "identity")["rules"] == {"restricted": 1}
    assert withheld(found, "hospital clinician", "nhs-number")["rules"] == {"nhs-number-objection": 1, "restricted": 1}
    shared = withheld(found, "integrated record", "identity")
    assert shared["rules"] == {"nhs-number-objection": 1, "restricted": 1, "shared-record-opt-out": 1}
    assert shared["people"] == 3


def test_before_the_declaration_everybody_is_withheld_from_the_integrated_record(desk: Desk) -> None:
    desk.world.load(known(), known("A2"))
    assert withheld(desk.json("status"), "integrated record", "identity")["people"] == 2


def test_who_has_no_standing_that_is_up_to_date_is_not_known(desk: Desk) -> None:
    desk.world.load(known())
    desk.world.rows("UPDATE person SET standing_until = 0, after_until = 0 RETURNING id")
    assert withheld(desk.json("status"), "hospital clinician", "identity")["rules"] == {"not-known": 1}


def test_the_queue_says_how_many_wait_since_when_and_how_the_last_came_out(desk: Desk) -> None:
    desk.world.load(known(), case("A2", family="Nobody"))
    desk.world.know(pds_record(NUMBER))
    desk.world.declare()
    desk.world.trace(1)
    desk.world.pass_time(hours=3)
    queue = desk.json("status")["queue"]
    assert (queue["waiting"], queue["oldest_age"], queue["last_outcomes"]) == (1, "3 h 0 min", {"Matched": 1})


def test_a_register_alarms_once_it_is_older_than_the_policy_allows(desk: Desk) -> None:
    desk.world.declare()
    alarms = [desk.json("status")["registers"][0]["alarm"]]
    desk.world.pass_time(hours=27)
    found = desk.json("status")
    assert (alarms[0], found["registers"][0]["alarm"], found["registers"][0]["state"]) == (False, True, "live")
    assert "the nhs-number register of westminster is live (age 1 d 3 h)" in found["alarms"]


def test_feed_policy_trail_and_place_of_the_data_are_shown(desk: Desk) -> None:
    desk.world.load(known())
    desk.run("load", desk.file(b""), "--council", "westminster", code=1)
    desk.world.pass_time(days=2)
    found = desk.json("status")
    assert found["feeds"][0]["age"] == "2 d 0 h"
    assert found["policy"]["digest"] == desk.world.deployment.policy.digest[:12]
    assert (found["trail"]["segments"], len(found["trail"]["newest_head"])) == (1, 64)
    assert found["data_location"] == "United Kingdom"


def test_agreements_that_end_soon_are_counted(desk: Desk) -> None:
    desk.world.asker("hospital", ends=desk.world.time.replace(day=30))
    desk.world.asker("gp", ends=desk.world.time)
    desk.world.asker("integrated-record")
    found = desk.json("status")
    assert found["clients"] == {"registered": 3, "ending_within_30_days": 1, "ended": 1}
    assert "1 sharing agreements end within 30 days" in found["alarms"]


def test_the_page_for_people_says_the_same(desk: Desk) -> None:
    desk.world.load(known())
    shown = desk.run("status").stdout
    assert "integrated record, identity: 1 people withheld" in shown
    assert "ALARM: the shared-record register of westminster is not declared" in shown
