"""Who is in a trace by file, what its answer changes, and that nobody is traced twice or lost."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from adapter.outstanding import BusyError
from pds_client.simulator.mesh_services import cut
from tests.adapter.sight import GP, seen, told
from tests.adapter.test_identify import mark, numbers, statuses, waiting
from tests.carried import carried
from tests.world import World, case, objection, pds_record

NUMBER, OTHER, NEWER = "9990000018", "9990000026", "9990000034"
PATIENTS = (pds_record(NUMBER), pds_record(OTHER, family="Quill"))


def settle(world: World, *more: str) -> None:
    """One person with a number that the council typed, one without, and more; nobody is traced."""
    world.load(case("A1", nhs_number=NUMBER), case("A2", family="Quill"), *more)
    world.know(*PATIENTS)
    world.declare()


def change(answer: bytes, **fields: str) -> bytes:
    """An answer with other words in these columns of every row."""
    rows = list(csv.DictReader(io.StringIO(answer.decode(), newline="")))
    written = io.StringIO()
    file = csv.DictWriter(written, list(rows[0]), lineterminator="\n")
    file.writeheader()
    file.writerows({**row, **fields} for row in rows)
    return written.getvalue().encode()


# ---------------------------------------------------------------- who is in the file


def test_nobody_is_in_the_file_whose_standing_does_not_let_pds_be_asked(world: World) -> None:
    late = '<Involvement clientType="Service User" opened="2001-01-10" closed="2005-01-01"/>'
    world.load(
        case("objects", nhs_number=NUMBER, objections=objection()),
        case("restricted", attributes='restricted="Y"'),
        case("locked", attributes='restricted="N" locked="Y"'),
        case("dead", more='<Death date="2026-11-20"/>'),
        case("expired", involvement=late, services=""),
        case("erased"),
        case("sealed"),
    )
    mark(world, "erased", erased=True)
    mark(world, "sealed", sealed=True)
    world.declare()
    with carried(world, patients=PATIENTS) as mesh:
        assert mesh.trace_file() == 0
        assert mesh.exchange.outbox == []


def test_before_the_register_is_declared_and_past_its_age_nobody_is_in_the_file(world: World) -> None:
    world.load(case(nhs_number=NUMBER))
    with carried(world, patients=PATIENTS) as mesh:
        assert mesh.trace_file() == 0
        world.declare()
        world.pass_time(days=7)
        assert mesh.trace_file() == 0


def test_of_a_person_with_a_number_only_number_and_birth_date_are_sent(world: World) -> None:
    settle(world)
    with carried(world, patients=PATIENTS) as mesh:
        assert mesh.trace_file() == 2
        sent = {row["NHS_NO"]: {name for name, value in row.items() if value} for row in mesh.traces.asked[0]}
        assert sent[NUMBER] == {"UNIQUE REFERENCE", "NHS_NO", "DATE_OF_BIRTH"}
        assert sent[""] >= {"FAMILY_NAME", "GIVEN_NAME", "DATE_OF_BIRTH", "POSTCODE"}


def test_an_address_that_is_not_disclosed_is_not_in_the_file(world: World) -> None:
    world.load(case().replace('type="HOME"', 'type="HOME" doNotDisclose="Y"'))
    world.declare()
    with carried(world, patients=PATIENTS) as mesh:
        mesh.trace_file()
        assert mesh.traces.asked[0][0]["POSTCODE"] == ""


def test_the_references_of_a_file_say_nothing_of_the_people(world: World) -> None:
    settle(world)
    with carried(world, patients=PATIENTS) as mesh:
        mesh.trace_file()
        assert len({row["UNIQUE REFERENCE"] for row in mesh.traces.asked[0]}) == 2
        assert not [row for row in mesh.traces.asked[0] if row["LOCAL_PATIENT_ID"] or row["INTERNAL_ID"]]


def test_who_lacks_what_a_file_needs_waits_for_a_call(world: World) -> None:
    settle(world, case("unborn", family="Early", born="1950"))
    with carried(world, patients=PATIENTS) as mesh:
        assert mesh.trace_file() == 2
    assert world.trace() == {"Insufficient": 1}


def test_who_is_in_a_file_is_not_traced_by_calls_meanwhile(world: World) -> None:
    settle(world)
    with carried(world, patients=PATIENTS) as mesh:
        mesh.trace_file()
        assert world.trace() == {}
        with pytest.raises(BusyError):
            world.load(case("A3", family="Vale"), sequence=2)
            mesh.trace_file()


def test_the_trail_names_everybody_in_the_file_before_it_leaves(world: World) -> None:
    settle(world)
    with carried(world, patients=PATIENTS) as mesh:

        async def broken(_event: dict[str, Any]) -> None:
            assert mesh.exchange.outbox == []
            raise OSError("the disk is full")

        whole, mesh.record = mesh.record, broken  # type: ignore[method-assign]
        with pytest.raises(OSError, match="full"):
            mesh.trace_file()
        mesh.record = whole  # type: ignore[method-assign]
        assert mesh.trace_file() == 2
        assert mesh.told[0]["people"] == [world.person("A1"), world.person("A2")]


# ---------------------------------------------------------------- what an answer changes


def test_a_sure_answer_gives_the_number_the_practice_and_the_relationship(world: World) -> None:
    settle(world)
    with carried(world, patients=PATIENTS) as mesh:
        mesh.trace_file()
        assert mesh.poll() == {"answered": 1}
    assert numbers(world) == {"A1": NUMBER, "A2": OTHER}
    assert statuses(world) == {"A1": "01", "A2": "01"}
    assert {"patient/nhs-number", "patient/contact", "patient/gp"} <= seen(world, GP)
    assert "E87991" in told(world, GP)
    assert waiting(world) == []


def test_what_pds_protects_is_protected_by_a_file_too(world: World) -> None:
    settle(world)
    restricted = (pds_record(NUMBER, security="R"), *PATIENTS[1:])
    with carried(world, patients=restricted) as mesh:
        mesh.trace_file()
        mesh.poll()
    assert statuses(world)["A1"] == "01"
    assert ("A1", True) in [
        (who, '"pds_sensitive": true' in facts) for who, facts in world.rows("SELECT local_id, facts FROM person")
    ]


def test_a_superseded_number_gives_way_to_the_one_in_its_place(world: World) -> None:
    settle(world)
    with carried(world, patients=(pds_record(NEWER),)) as mesh:
        mesh.traces.superseded = {NUMBER: NEWER}
        mesh.trace_file()
        mesh.poll()
    assert numbers(world) == {"A1": NEWER}


@pytest.mark.parametrize(
    "fields",
    [
        {"MATCHED_CONFIDENCE_PERCENTAGE": "99"},
        {"MATCHED_ALGORITHM_INDICATOR": "4"},
        {"DATE_OF_BIRTH": "19500101"},
        {"ERROR/SUCCESS_CODE": "97", "MATCHED_NHS_NO": "9999999999"},
        {"ERROR/SUCCESS_CODE": "98", "MATCHED_NHS_NO": "0000000000"},
    ],
    ids=str,
)
def test_an_answer_short_of_sure_gives_nobody_a_number(world: World, fields: dict[str, str]) -> None:
    settle(world)
    with carried(world, patients=PATIENTS) as mesh:
        mesh.traces.change = lambda body: change(body, **fields)
        mesh.trace_file()
        assert mesh.poll() == {"answered": 1}
    assert numbers(world) == {}
    assert "01" not in statuses(world).values()
    assert waiting(world) == []


def test_a_row_that_was_not_carried_out_leaves_the_person_waiting_for_a_call(world: World) -> None:
    settle(world)
    with carried(world, patients=PATIENTS) as mesh:
        mesh.traces.change = lambda body: change(body, **{"ERROR/SUCCESS_CODE": "17", "MATCHED_NHS_NO": ""})
        mesh.trace_file()
        mesh.poll()
    assert waiting(world) == [("A1",), ("A2",)]
    world.pass_time(hours=6)
    assert world.trace() == {"Matched": 2}


def test_who_is_missing_from_the_answer_waits_for_a_call(world: World) -> None:
    settle(world)
    with carried(world, patients=PATIENTS) as mesh:
        mesh.traces.change = lambda body: b"".join(body.splitlines(keepends=True)[:2])
        mesh.trace_file()
        mesh.poll()
    assert len(numbers(world)) == 1
    assert world.trace() == {"Matched": 1}


def test_an_answer_about_somebody_never_asked_about_is_refused_whole(world: World) -> None:
    settle(world)
    with carried(world, patients=PATIENTS) as mesh:
        reference = "33333333-3333-4333-8333-333333333333"
        mesh.traces.change = lambda body: body + change(body, **{"UNIQUE REFERENCE": reference}).splitlines(True)[1]
        mesh.trace_file()
        assert mesh.poll() == {"refused": 1}
    assert numbers(world) == {}
    assert world.trace() == {"Matched": 2}


def test_an_answer_that_ends_in_the_middle_of_a_row_is_refused_whole(world: World) -> None:
    settle(world)
    with carried(world, patients=PATIENTS) as mesh:
        mesh.traces.change = cut
        mesh.trace_file()
        assert mesh.poll() == {"refused": 1}
    assert numbers(world) == {}


def test_of_who_objects_while_the_file_is_away_nothing_is_kept(world: World) -> None:
    settle(world)
    with carried(world, patients=PATIENTS) as mesh:
        mesh.trace_file()
        world.choose("A1", "nhs-number", "objects")
        mesh.poll()
    assert numbers(world) == {"A2": OTHER}
    assert statuses(world)["A1"] == "07"


def test_of_who_is_restricted_while_the_file_is_away_nothing_is_kept(world: World) -> None:
    settle(world)
    with carried(world, patients=PATIENTS) as mesh:
        mesh.trace_file()
        mark(world, "A1", restricted=True)
        mesh.poll()
    assert numbers(world) == {"A2": OTHER}


def test_an_answer_is_compared_with_the_record_of_the_day_it_comes(world: World) -> None:
    settle(world)
    with carried(world, patients=PATIENTS) as mesh:
        mesh.trace_file()
        world.load(case("A2", family="Quill", born="1941-05-03"), sequence=2)
        mesh.poll()
    assert numbers(world) == {"A1": NUMBER}


@pytest.mark.parametrize("way", ["undeliverable", "late"])
def test_whoever_is_in_a_file_without_an_answer_waits_for_a_call(world: World, way: str) -> None:
    settle(world)
    with carried(world, patients=PATIENTS) as mesh:
        setattr(mesh.exchange, way, True)
        mesh.trace_file()
        world.pass_time(days=1)
        mesh.poll()
        world.declare()
        assert world.trace() == {"Matched": 2}


def test_an_answer_that_comes_again_changes_nothing(world: World) -> None:
    settle(world)
    with carried(world, patients=PATIENTS) as mesh:
        mesh.trace_file()
        (answer,) = mesh.exchange.inbox("X26ABC1")
        mesh.poll()
        traces = world.rows("SELECT COUNT(*) FROM trace")
        mesh.exchange.put(answer)
        assert mesh.poll() == {"late": 1}
        assert world.rows("SELECT COUNT(*) FROM trace") == traces
