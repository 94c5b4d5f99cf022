"""Records that a council merged are one person: what one objects to, all do, and only the one that stays is found."""

from __future__ import annotations

from adapter.cluster import members
from tests.adapter.sight import GP, RECORD, SOCIAL_WORKER, WARD, involve, seen, told
from tests.world import World, case, objection, pds_record

NUMBER = "9990000018"
MERGED = 'restricted="N" operation="merge" mergedInto="A1"'


def merge(world: World, local_id: str = "A2", into: str = "A1", **changes: str) -> None:
    """Merge one record into another."""
    attributes = f'restricted="N" operation="merge" mergedInto="{into}"'
    world.load(case(local_id, attributes=attributes, **changes), sequence=9)


def cluster(world: World, local_id: str) -> list[str]:
    """The local ids of somebody's cluster."""
    person = world.person(local_id)
    with world.deployment.office.transaction() as transaction:
        people = members(transaction, person)
        names = dict(transaction.all("SELECT id, local_id FROM person"))
    return [names[person] for person in people]


def test_who_was_never_merged_is_alone(world: World) -> None:
    world.load(case("A1"), case("A2"))
    assert (cluster(world, "A1"), cluster(world, "A2")) == (["A1"], ["A2"])


def test_all_records_that_lead_to_each_other_are_one_cluster_even_in_a_circle(world: World) -> None:
    world.load(*map(case, ("A1", "A2", "A3", "A4")))
    merge(world, "A2", "A1")
    merge(world, "A3", "A2")
    assert [cluster(world, each) for each in ("A1", "A2", "A3")] == [["A1", "A2", "A3"]] * 3
    merge(world, "A1", "A3")
    assert (cluster(world, "A2"), cluster(world, "A4")) == (["A1", "A2", "A3"], ["A4"])


def test_an_objection_in_one_record_counts_for_the_one_that_stays(world: World) -> None:
    """N9: who objected under one id objects under all."""
    world.load(case("A1", nhs_number=NUMBER), case("A2", objections=objection() + objection("shared-record")))
    world.know(pds_record(NUMBER))
    world.declare()
    world.trace()
    involve(world, "A1")
    involve(world, "A1", GP)
    assert "patient/nhs-number" in seen(world, WARD, "A1")
    merge(world, objections=objection() + objection("shared-record"))
    assert "patient/nhs-number" not in seen(world, WARD, "A1")
    assert seen(world, RECORD, "A1") == set()
    assert NUMBER not in str(world.rows("SELECT body FROM facet"))


def test_a_later_word_in_one_record_takes_no_objection_of_another_back(world: World) -> None:
    world.load(case("A1"), case("A2", objections=objection("shared-record", effective="2025-01-01")))
    world.declare()
    merge(world, objections=objection("shared-record", effective="2025-01-01"))
    world.choose("A1", "shared-record", "clear")
    assert seen(world, RECORD, "A1") == set()


def test_a_restriction_of_the_merged_record_hides_the_one_that_stays(world: World) -> None:
    world.load(case("A1"), case("A2"))
    world.declare()
    involve(world, "A1")
    assert seen(world, WARD, "A1")
    world.load(case("A2", attributes='restricted="Y" operation="merge" mergedInto="A1"'), sequence=2)
    assert seen(world, WARD, "A1") == set()


def test_who_holds_the_id_of_a_merged_record_is_led_to_the_one_that_stays(world: World) -> None:
    world.load(case("A1"), case("A2"))
    world.declare()
    involve(world, "A2")
    merge(world)
    patient = told(world, WARD, "A2")
    assert seen(world, WARD, "A2") == {"patient/carrier"}
    assert "replaced-by" in str(patient)
    assert f"Patient/{public(world, 'A1')}" in str(patient)
    assert "Marlowe" not in str(patient)
    assert "patient/carrier" in seen(world, WARD, "A1")


def test_nobody_is_found_by_what_a_merged_record_said(world: World) -> None:
    world.load(case("A1", family="Quill"), case("A2", family="Marlowe"))
    merge(world)
    world.declare()
    values = {value for (value,) in world.rows("SELECT value FROM term WHERE person = :p", p=world.person("A2"))}
    assert not [value for value in values if "marlowe" in value or "1941" in value]


def test_a_record_that_is_merged_before_the_one_that_stays_has_come_is_led_to_it_then(world: World) -> None:
    world.load(case("A2"))
    world.declare()
    involve(world, "A2")
    merge(world)
    assert "replaced-by" not in str(told(world, WARD, "A2"))
    world.load(case("A1"), sequence=10)
    world.declare()
    assert f"Patient/{public(world, 'A1')}" in str(told(world, WARD, "A2"))
    assert "patient/carrier" in seen(world, WARD, "A1")


def test_a_merged_record_is_not_traced(world: World) -> None:
    world.load(case("A1"), case("A2"))
    world.declare()
    merge(world)
    people = world.rows("SELECT p.local_id FROM trace_queue q JOIN person p ON p.id = q.person")
    assert people == [("A1",)]


def test_a_record_that_stands_for_itself_again_is_whole_again(world: World) -> None:
    world.load(case("A1"), case("A2"))
    world.declare()
    before = seen(world, SOCIAL_WORKER, "A2")
    merge(world)
    world.load(case("A2"), sequence=11)
    assert seen(world, SOCIAL_WORKER, "A2") == before
    assert cluster(world, "A1") == ["A1"]


def test_a_record_that_is_merged_into_itself_or_into_none_is_sealed(world: World) -> None:
    world.load(case("A1"))
    world.declare()
    merge(world, "A1", "A1")
    assert seen(world, SOCIAL_WORKER, "A1") == set()


def public(world: World, local_id: str) -> str:
    """The id of somebody's Patient."""
    rows = world.rows(
        "SELECT public FROM resource WHERE person = :person AND type = 'Patient'", person=world.person(local_id)
    )
    return str(rows[0][0])
