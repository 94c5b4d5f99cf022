"""Who may be traced, what a trace changes, and that nobody is lost when PDS cannot answer."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from adapter.instant import millis
from adapter.register import change_facts
from pds_client.simulator import Simulator, person
from tests.adapter.sight import GP, SOCIAL_WORKER, WARD, everything, found, involve, seen, told
from tests.world import World, case, objection, pds_record

NUMBER, OTHER, NEWER = "9990000018", "9990000026", "9990000034"
MINUTE = 60_000


def waiting(world: World) -> list[tuple[Any, ...]]:
    """Who waits for a trace."""
    return world.rows("SELECT p.local_id FROM trace_queue q JOIN person p ON p.id = q.person ORDER BY p.local_id")


def statuses(world: World) -> dict[str, str]:
    """The status of each person's number: https://www.datadictionary.nhs.uk."""
    return dict(world.rows("SELECT local_id, nhs_number_status FROM person"))  # type: ignore[arg-type]


def numbers(world: World) -> dict[str, str]:
    """The confirmed number of each person who has one."""
    rows = world.rows(
        "SELECT p.local_id, f.body FROM facet f JOIN person p ON p.id = f.person"
        " WHERE f.part = 'nhs-number' AND f.ended IS NULL"
    )
    return {local_id: json.loads(bytes(body))["identifier"][0]["value"] for local_id, body in rows}


def mark(world: World, local_id: str, **facts: Any) -> None:
    """Put marks on file, as an officer does."""
    person = world.person(local_id)
    with world.deployment.office.transaction() as transaction:
        change_facts(transaction, world.deployment.policy, person, world.time, **facts)


# ---------------------------------------------------------------- who is never asked about


def test_pds_is_not_asked_about_anybody_whose_standing_does_not_let_it_be(world: World) -> None:
    late = '<Involvement clientType="Service User" opened="2001-01-10" closed="2005-01-01"/>'
    world.load(
        case("objects", nhs_number=NUMBER, objections=objection()),
        case("restricted", attributes='restricted="Y"'),
        case("blank", attributes=""),
        case("locked", attributes='restricted="N" locked="Y"'),
        case("dead", more='<Death date="2026-11-20"/>'),
        case("expired", involvement=late, services=""),
        case("deleted", attributes='restricted="N" operation="delete"'),
        case("erased"),
        case("sealed"),
    )
    mark(world, "erased", erased=True)
    mark(world, "sealed", sealed=True)
    world.know(pds_record(NUMBER))
    world.declare()
    outcomes = world.trace()
    assert world.pds.calls == []
    assert set(outcomes) == {"Withheld"}
    assert numbers(world) == {}
    assert waiting(world) == []


def test_before_the_register_is_declared_nobody_is_traced(world: World) -> None:
    world.load(case(nhs_number=NUMBER))
    world.know(pds_record(NUMBER))
    assert world.trace() == Counter()
    world.declare("shared-record")
    assert world.trace() == Counter()
    assert world.pds.calls == []


def test_somebody_first_seen_after_the_declaration_is_not_traced_until_the_next(world: World) -> None:
    world.know(pds_record(NUMBER))
    world.declare()
    world.pass_time(hours=1)
    world.load(case(nhs_number=NUMBER))
    assert world.trace() == Counter()
    assert world.pds.calls == []
    world.declare()
    assert world.trace() == {"Matched": 1}


def test_who_says_with_a_date_that_they_do_not_object_is_traced_also_when_first_seen_later(world: World) -> None:
    world.know(pds_record(NUMBER))
    world.declare()
    world.pass_time(hours=1)
    world.load(case(nhs_number=NUMBER, objections=objection(value="none-recorded")))
    assert world.trace() == {"Matched": 1}


def test_an_objection_made_while_somebody_waits_is_heard_before_pds_is_asked(world: World) -> None:
    world.load(case(nhs_number=NUMBER))
    world.know(pds_record(NUMBER))
    world.declare()
    world.choose("A1", "nhs-number", "objects")
    assert world.trace() == Counter()
    assert world.pds.calls == []


def test_a_restriction_made_while_somebody_waits_is_heard_and_lifting_it_lets_them_be_traced(world: World) -> None:
    world.load(case(nhs_number=NUMBER))
    world.know(pds_record(NUMBER))
    world.declare()
    mark(world, "A1", restricted=True)
    assert world.trace() == {"Withheld": 1}
    assert world.pds.calls == []
    mark(world, "A1", restricted=False)
    assert world.trace() == {"Matched": 1}


def test_a_register_past_its_age_stops_traces_and_within_its_grace_not_direct_care(world: World) -> None:
    world.load(case())
    world.know(pds_record(NUMBER))
    world.declare()
    involve(world)
    world.pass_time(days=7)
    assert world.trace() == {"Withheld": 1}
    assert world.pds.calls == []
    assert "patient/carrier" in seen(world, WARD)
    world.declare()
    assert world.trace() == {"Matched": 1}


def test_a_traced_persons_number_lapses_with_the_register_and_its_grace(world: World) -> None:
    world.load(case(nhs_number=NUMBER))
    world.know(pds_record(NUMBER))
    world.declare()
    world.trace()
    involve(world)
    world.pass_time(days=20, hours=23)
    assert "patient/nhs-number" in seen(world, WARD)
    world.pass_time(hours=1)
    assert seen(world, WARD) == set()
    assert "patient/nhs-number" not in seen(world, SOCIAL_WORKER)


def test_the_status_of_a_number_says_how_far_its_trace_has_come(world: World) -> None:
    world.load(
        case("sure", nhs_number=NUMBER),
        case("nobody", family="Nobody", given="Nora", born="1930-01-01"),
        case("conflicting", family="Finch", given="Flora", born="1950-05-05", nhs_number=OTHER),
        case("objects", objections=objection()),
        case("stated", nhs_number=NEWER, attributes='restricted="Y"'),
        case("unborn", family="Early", given="Eve", born="1950"),
    )
    world.know(pds_record(NUMBER), pds_record(OTHER, family="Finch", given="Flora", born="1951-06-06"))
    assert statuses(world) == dict.fromkeys(statuses(world), "03") | {"objects": "07"}
    world.declare()
    assert statuses(world) == dict.fromkeys(statuses(world), "06") | {"objects": "07"}
    world.trace()
    assert statuses(world) == {
        "sure": "01",
        "nobody": "04",
        "conflicting": "05",
        "objects": "07",
        "stated": "02",
        "unborn": "03",
    }


# ---------------------------------------------------------------- what a match changes


def test_a_match_gives_the_number_the_practice_and_where_they_may_be_told(world: World) -> None:
    world.load(case(nhs_number="", practice="X99999"))
    world.know(pds_record(NUMBER))
    world.declare()
    assert world.trace() == {"Matched": 1}
    assert numbers(world) == {"A1": NUMBER}
    assert statuses(world) == {"A1": "01"}
    # The practice that PDS names stands in the place of the council's, and is involved.
    assert "E87991" in told(world, GP)
    assert "X99999" not in told(world, SOCIAL_WORKER)
    assert {"patient/nhs-number", "patient/contact", "patient/gp"} <= seen(world, GP)
    assert ("identify-number", f"{NUMBER}|1941-03-05") in found(world, GP)
    assert world.rows("SELECT organisation, kind FROM relationship WHERE kind LIKE 'gp%'") == [("E87991", "gp")]
    assert waiting(world) == []


def test_the_practice_that_the_council_names_is_involved_only_where_no_trace_is_allowed(world: World) -> None:
    world.load(case(practice="E87991", objections=objection()), case("A2", practice="E87991"))
    world.declare()
    assert "patient/carrier" in seen(world, GP)
    assert seen(world, GP, "A2") == set()


def test_the_number_that_the_council_typed_gives_way_to_the_one_that_pds_confirms(world: World) -> None:
    world.load(case(nhs_number=NUMBER))
    world.pds = Simulator([pds_record(NEWER)], superseded={NUMBER: NEWER}, clients=world.pds.tokens._clients)
    world.declare()
    assert world.trace() == {"Superseded": 1}
    assert numbers(world) == {"A1": NEWER}
    assert "patient/untraced" not in everything(world)
    # And an extract that still holds the old one does not bring it back.
    world.load(case(nhs_number=NUMBER, postcode="SW1A 2AA"), sequence=2)
    assert "patient/untraced" not in everything(world)
    assert NUMBER not in told(world, SOCIAL_WORKER)


def test_a_practice_that_pds_names_is_not_taken_back_by_the_councils_next_extract(world: World) -> None:
    world.load(case(nhs_number=NUMBER, practice="X99999"))
    world.know(pds_record(NUMBER))
    world.declare()
    world.trace()
    world.load(case(nhs_number=NUMBER, practice="X99999", postcode="SW1A 2AA"), sequence=2)
    assert "X99999" not in told(world, SOCIAL_WORKER)
    assert "patient/gp" in seen(world, GP)


def test_who_is_found_by_name_birth_date_and_postcode_is_believed(world: World) -> None:
    world.load(case())
    world.know(pds_record(NUMBER), pds_record(OTHER, family="Quill"))
    world.declare()
    assert world.trace() == {"Matched": 1}
    assert numbers(world) == {"A1": NUMBER}


def test_what_pds_protects_is_protected_from_that_moment(world: World) -> None:
    world.load(case(nhs_number=NUMBER, practice="E87991"))
    world.know(pds_record(NUMBER, security="R"))
    world.declare()
    involve(world)
    assert {"patient/gp", "allocation:T1:W1:2024-01-11/team"} <= seen(world, WARD)
    assert world.trace() == {"Restricted": 1}
    assert {"patient/gp", "patient/contact", "allocation:T1:W1:2024-01-11/team"} & seen(world, WARD) == set()
    assert "patient/nhs-number" in seen(world, WARD)
    assert seen(world, GP) == set()


def test_a_death_that_pds_knows_of_is_learnt_when_pds_says_so(world: World) -> None:
    world.load(case(nhs_number=NUMBER))
    world.know(pds_record(NUMBER) | {"deceasedDateTime": "2026-11-01"})
    world.declare()
    world.trace()
    involve(world)
    world.pass_time(days=27)
    world.declare()
    assert "patient/carrier" in seen(world, WARD)
    world.pass_time(days=1)
    assert seen(world, WARD) == set()


def test_a_death_is_learnt_from_the_notification_alone_and_a_notification_that_was_removed_is_none(
    world: World,
) -> None:
    people = {"A1": (NUMBER, "Marlowe", "2"), "A2": (OTHER, "Quill", "U")}
    world.load(*(case(who, nhs_number=number, family=family) for who, (number, family, _) in people.items()))
    world.know(
        *(
            pds_record(number, family=family) | {"extension": person(number, death_notification=code)["extension"]}
            for number, family, code in people.values()
        )
    )
    world.declare()
    world.trace()
    for who in people:
        involve(world, who)
    world.pass_time(days=28)
    world.declare()
    assert seen(world, WARD, "A1") == set()
    assert seen(world, WARD, "A2")


def test_a_death_that_pds_knows_of_outlasts_an_extract_of_a_council_that_does_not(world: World) -> None:
    world.load(case(nhs_number=NUMBER))
    world.know(pds_record(NUMBER) | {"deceasedDateTime": "2026-11-01"})
    world.declare()
    world.trace()
    involve(world)
    world.load(case(nhs_number=NUMBER, postcode="SW1A 2AA"), sequence=2)
    world.pass_time(days=28)
    world.declare()
    assert seen(world, WARD) == set()


def test_a_person_is_identified_by_the_birth_date_that_the_council_or_pds_holds(world: World) -> None:
    world.load(case(nhs_number=NUMBER))
    world.know(pds_record(NUMBER))
    world.declare()
    world.trace()
    world.load(case(nhs_number=NUMBER, born="1941-05-03"), sequence=2)
    involve(world)
    identifying = {value for name, value in found(world, WARD) if name.startswith("identify-")}
    assert identifying == {
        f"{NUMBER}|1941-03-05",
        f"{NUMBER}|1941-05-03",
        "marlowe|ada|1941-03-05",
        "marlowe|ada|1941-05-03",
    }


# ---------------------------------------------------------------- what is not sure


def test_whoever_is_not_surely_found_has_no_number_and_waits_for_a_person_to_look(world: World) -> None:
    world.load(
        case("nobody", family="Nobody", given="Nora", born="1930-01-01"),
        case("several", family="Twain", given="Dora", born="1960-10-10"),
        case("doubtful", family="Finch", given="Flora", born="1950-05-05", nhs_number=OTHER),
        case("hidden", family="Wick", given="Fern", born="1962-12-12"),
        case("unborn", family="Early", given="Eve", born="1950"),
    )
    world.know(
        pds_record("9990000042", family="Twain", given="Dora", born="1960-10-10"),
        pds_record("9990000050", family="Twain", given="Dora", born="1960-10-10"),
        pds_record(OTHER, family="Finch", given="Flora", born="1951-06-06"),
        pds_record("9990000069", family="Wick", given="Fern", born="1962-12-12", security="R"),
    )
    world.declare()
    outcomes = world.trace()
    assert outcomes == {"NoMatch": 1, "Ambiguous": 2, "Restricted": 1, "Insufficient": 1}
    assert numbers(world) == {}
    assert "01" not in statuses(world).values()
    assert waiting(world) == []
    assert world.rows("SELECT COUNT(*) FROM relationship WHERE kind = 'gp'") == [(0,)]


def test_one_number_on_two_people_is_neithers(world: World) -> None:
    world.load(case("A1", nhs_number=NUMBER), case("A2", nhs_number=NUMBER))
    world.know(pds_record(NUMBER))
    world.declare()
    world.trace()
    for who in ("A1", "A2"):
        involve(world, who)
    assert numbers(world) == {}
    assert statuses(world) == {"A1": "05", "A2": "05"}
    assert not any(NUMBER in value for who in ("A1", "A2") for _, value in found(world, WARD, who))
    assert NUMBER not in told(world, WARD) + told(world, WARD, "A2")


def test_somebody_who_was_in_doubt_is_traced_again_when_their_record_has_changed(world: World) -> None:
    world.load(case(family="Marlow", born="1914-03-05"))
    world.know(pds_record(NUMBER))
    world.declare()
    world.trace()
    assert numbers(world) == {}
    world.load(case(), sequence=2)
    assert world.trace() == {"Matched": 1}


def test_what_is_kept_of_a_trace_is_steps_and_names_of_fields_and_no_value(world: World) -> None:
    world.load(case())
    world.know(pds_record(NUMBER))
    world.declare()
    world.trace()
    ((outcome, evidence),) = world.rows("SELECT outcome, evidence FROM trace")
    assert outcome == "Matched"
    assert "family" in evidence
    assert [value for value in ("Marlowe", "Ada", "1941", "SW1A", NUMBER) if value.lower() in evidence.lower()] == []


def test_an_address_that_is_not_disclosed_is_not_sent_to_pds_either(world: World) -> None:
    world.load(case().replace('type="HOME"', 'type="HOME" doNotDisclose="Y"'), case("A2", family="Quill"))
    world.know()
    world.declare()
    world.trace()
    sent = {
        local_id: {field for step in json.loads(evidence)["steps"] for field in step[1]}
        for local_id, evidence in world.rows(
            "SELECT p.local_id, t.evidence FROM trace t JOIN person p ON p.id = t.person"
        )
    }
    assert "address-postalcode" in sent["A2"]
    assert sent["A1"] == sent["A2"] - {"address-postalcode"}


# ---------------------------------------------------------------- when PDS cannot answer


def test_while_pds_is_down_nobody_is_lost_and_the_pauses_grow(world: World) -> None:
    world.load(case("A1"))
    world.know(pds_record(NUMBER))
    world.declare()
    pauses = []
    for _ in range(3):
        world.pds.fail_next(503, times=1)
        assert world.trace(attempts=1) == {"Unavailable": 1}
        ((due,),) = world.rows("SELECT due FROM trace_queue")
        pauses.append((due - millis(world.time)) // MINUTE)
        world.pass_time(minutes=pauses[-1])
    assert waiting(world) == [("A1",)]
    assert pauses == [2, 4, 8]
    assert world.trace() == {"Matched": 1}


def test_a_pause_is_never_longer_than_six_hours(world: World) -> None:
    world.load(case())
    world.know(pds_record(NUMBER))
    world.declare()
    with world.deployment.office.transaction() as transaction:
        transaction.execute("UPDATE trace_queue SET attempts = 5000")
    world.pds.fail_next(503)
    world.trace(attempts=1)
    ((due,),) = world.rows("SELECT due FROM trace_queue")
    assert due - millis(world.time) == 6 * 60 * MINUTE


def test_when_pds_refuses_the_ones_behind_are_not_asked_about_and_go_on_waiting(world: World) -> None:
    world.load(*(case(f"A{place}", family=f"Name{place}") for place in range(1, 5)))
    world.know(pds_record(NUMBER))
    world.declare()
    world.pds.fail_next(403)
    assert world.trace() == {"Refused": 1}
    asked = [call for call in world.pds.calls if call.operation != "token"]
    assert len(asked) == 1
    assert len(waiting(world)) == 4
    assert world.rows("SELECT COUNT(*) FROM trace_queue WHERE claimed_until > 0") == [(0,)]


def test_a_failure_is_not_taken_for_no_match(world: World) -> None:
    world.load(case(nhs_number=NUMBER))
    world.know(pds_record(NUMBER))
    world.declare()
    world.pds.fail_next(503)
    world.trace(attempts=1)
    assert statuses(world) == {"A1": "06"}
    world.pass_time(hours=1)
    assert world.trace() == {"Matched": 1}


def test_an_objection_made_while_pds_is_asked_leaves_nothing_of_the_answer(world: World) -> None:
    world.load(case(nhs_number=NUMBER))
    world.know(pds_record(NUMBER))
    world.declare()

    async def object_now(_event: dict[str, Any]) -> None:
        world.choose("A1", "nhs-number", "objects")

    world.trace(record=object_now)
    assert numbers(world) == {}
    assert statuses(world) == {"A1": "07"}
    assert world.rows("SELECT COUNT(*) FROM facet WHERE part IN ('nhs-number', 'untraced')") == [(0,)]
    world.pass_time(hours=1)
    world.choose("A1", "nhs-number", "clear")
    assert waiting(world) == [("A1",)]


def test_an_objection_made_while_pds_fails_ends_the_waiting(world: World) -> None:
    world.load(case(nhs_number=NUMBER))
    world.know(pds_record(NUMBER))
    world.declare()
    world.pds.fail_next(503)

    async def object_now(_event: dict[str, Any]) -> None:
        world.choose("A1", "nhs-number", "objects")

    assert world.trace(record=object_now, attempts=1) == {"Unavailable": 1}
    assert waiting(world) == []


# ---------------------------------------------------------------- trail and workers


def test_a_trace_is_on_the_trail_before_pds_is_asked(world: World) -> None:
    world.load(case())
    world.know(pds_record(NUMBER))
    world.declare()
    events: list[dict[str, Any]] = []

    async def record(event: dict[str, Any]) -> None:
        assert world.pds.calls == []
        events.append(event)

    world.trace(record=record)
    assert world.pds.calls
    assert [(e["kind"], e["outcome"], e["purpose"], e["people"]) for e in events] == [
        ("trace", "released", "TRACE", [world.person("A1")])
    ]


def test_where_the_trail_cannot_be_written_pds_is_not_asked_and_the_person_goes_on_waiting(world: World) -> None:
    world.load(case())
    world.know(pds_record(NUMBER))
    world.declare()

    async def full(_event: dict[str, Any]) -> None:
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space left"):
        world.trace(record=full)
    assert world.pds.calls == []
    world.pass_time(minutes=11)
    assert world.trace() == {"Matched": 1}


def test_two_workers_share_the_queue_and_trace_nobody_twice(world: World) -> None:
    world.load(*(case(f"A{place}", family=f"Name{place}") for place in range(1, 7)))
    world.know()
    world.declare()
    traced: list[int] = []
    others: list[Counter[str]] = []

    async def record(event: dict[str, Any]) -> None:
        traced.extend(event["people"])
        if len(traced) == 1:
            others.append(await world.tracing(record=record))

    first = world.trace(4, record=record)
    assert sum(first.values()) == 4
    assert sum(others[0].values()) == 2
    assert len(traced) == len(set(traced)) == 6


def test_a_worker_that_was_slow_leaves_to_others_whom_it_no_longer_holds(world: World) -> None:
    world.load(*(case(f"A{place}", family=f"Name{place}") for place in range(1, 4)))
    world.know()
    world.declare()
    traced: list[int] = []

    async def record(event: dict[str, Any]) -> None:
        traced.extend(event["people"])
        if len(traced) == 1:
            world.pass_time(minutes=9)
        if len(traced) == 2:
            world.pass_time(minutes=9)
            await world.tracing(record=record)

    world.trace(record=record)
    assert sorted(traced) == sorted(set(traced))
    assert len(traced) == 3
