"""Feeds beside the case records speak of a part of a person, and take nothing away that another source said."""

from __future__ import annotations

import io

from adapter.intake import Receipt, load_mapping, open_intake
from tests.adapter.sight import RECORD, SOCIAL_WORKER, WARD, involve, kept, seen, told
from tests.world import World, case, objection

CONTACTS = "Council,Local id,Worker id,Worker name,Worker role,Team id,Team name,Team phone,From,To\n"
CHOICES = "Council,Local id,Kind,Value,Recorded,Effective,By\n"
NUMBER = "9990000018"


def feed(world: World, name: str, head: str, *rows: str, days: int = 0, mode: str = "") -> Receipt:
    """Take in a feed's file of so many days later."""
    world.pass_time(days=days)
    intake = open_intake(world.deployment, load_mapping(name), "westminster", "feeds")
    intake.on_problem = world.problems.append
    return intake.receive(io.BytesIO((head + "".join(f"westminster,{row}\n" for row in rows)).encode()), f"{name}.csv")


def contacts(world: World, *rows: str, days: int = 0) -> Receipt:
    """Whom to ring."""
    return feed(world, "contacts", CONTACTS, *rows, days=days)


def choices(world: World, *rows: str, days: int = 0) -> Receipt:
    """What people have chosen."""
    return feed(world, "objections", CHOICES, *rows, days=days)


def at_home(world: World, *people: str) -> None:
    """Load people, declare the registers, and let the ward be involved with A1."""
    world.load(*(people or (case("A1"),)))
    world.declare()
    involve(world)


ROW = "A1,W7,Rowan Vale,Social worker,T7,Canal Team,020 7946 0107,2026-01-05,"


def test_the_team_of_a_feed_stands_beside_that_of_the_record_and_neither_ends_the_other(world: World) -> None:
    at_home(world)
    assert contacts(world, ROW).counts == {"stored": 1}
    assert contacts(world, ROW, days=1).counts == {"unchanged": 1}
    assert "Canal Team" in str(told(world, WARD))
    assert "North Team" in str(told(world, WARD))
    world.load(case("A1", family="Quill"), sequence=2)
    assert "Canal Team" in str(told(world, WARD))
    contacts(world, ROW.replace("Canal", "Harbour"), days=1)
    assert ("Canal Team" in str(told(world, WARD)), "Harbour Team" in str(told(world, WARD))) == (False, True)
    assert "Quill" in str(told(world, WARD))


def test_a_contact_of_nobody_on_file_is_quarantined(world: World) -> None:
    at_home(world)
    assert contacts(world, ROW.replace("A1", "A9")).counts == {"quarantined": 1}
    assert world.rows("SELECT local_id FROM person") == [("A1",)]


def test_an_objection_in_the_feed_acts_at_once_and_the_record_does_not_take_it_back(world: World) -> None:
    """N9 and N10: whoever tells the council that they object is heard, whatever the case system knows."""
    at_home(world, case("A1", nhs_number=NUMBER, objections=objection("shared-record", value="none-recorded")))
    assert seen(world, RECORD)
    choices(world, "A1,shared-record,objected,2026-11-20,2026-11-20,officer")
    choices(world, "A1,nhs-number,objected,2026-11-20,2026-11-20,officer", days=1)
    assert seen(world, RECORD) == set()
    assert NUMBER not in kept(world)
    world.load(case("A1", nhs_number=NUMBER, family="Quill"), sequence=2)
    assert seen(world, RECORD) == set()
    assert NUMBER not in kept(world)


def test_an_objection_that_a_newer_feed_no_longer_lists_stays(world: World) -> None:
    at_home(world, case("A1"), case("A2"))
    choices(world, "A1,shared-record,objected,2026-11-20,2026-11-20,officer")
    choices(world, "A2,shared-record,objected,2026-11-20,2026-11-20,officer", days=1)
    assert (seen(world, RECORD, "A1"), seen(world, RECORD, "A2")) == (set(), set())


def test_an_objection_of_somebody_whose_record_is_yet_to_come_is_kept_for_them(world: World) -> None:
    choices(world, "A1,nhs-number,objected,2026-11-20,2026-11-20,officer")
    assert seen(world, SOCIAL_WORKER) == set()
    at_home(world, case("A1", nhs_number=NUMBER))
    assert NUMBER not in kept(world)
    assert "patient/carrier" in seen(world, SOCIAL_WORKER)


def test_a_restriction_in_the_feed_holds_until_the_feed_takes_it_back(world: World) -> None:
    at_home(world)
    choices(world, "A1,restricted,objected,2026-11-20,2026-11-20,officer")
    assert seen(world, WARD) == set()
    choices(world, "A1,restricted,none-recorded,2026-11-21,2026-11-21,officer", days=1)
    assert seen(world, WARD)


def test_an_older_feed_that_comes_later_moves_no_team_back(world: World) -> None:
    at_home(world)
    contacts(world, ROW)
    newer = told(world, WARD)
    with world.deployment.office.transaction() as transaction:
        transaction.execute("UPDATE feed_record SET spoken = spoken + :days", days=3 * 86_400_000)
    contacts(world, ROW.replace("Canal", "Elder"))
    assert told(world, WARD) == newer


def test_a_feed_leaves_the_time_of_the_records_as_it_was(world: World) -> None:
    at_home(world)
    before = world.rows("SELECT MAX(created) FROM extract WHERE feed = ''")
    contacts(world, ROW, days=1)
    ward = world.asker("hospital")
    assert world.rows("SELECT MAX(created) FROM extract WHERE feed = ''") == before
    assert "2026-11-22" in ward.get("Patient/none").text
    assert "2026-11-23" not in ward.get("Patient/none").text
