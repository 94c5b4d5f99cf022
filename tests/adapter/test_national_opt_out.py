"""Who is asked about in the national opt-out check, what an answer changes, and who can learn of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from adapter import errand
from adapter.consequence import wait_for_trace
from adapter.database.dialect import POSTGRES, SQLITE, VISIBLE, views
from adapter.errand import BadAnswerError
from adapter.national_opt_out import NationalOptOut, read_list
from adapter.outstanding import Request
from adapter.register import facts_of
from adapter.trace_file import TraceFile
from consent.model import OptOut
from consent.standing import standing_at
from pds_client.simulator.mesh_services import cut, with_somebody_else
from tests.adapter.sight import FAULTS, WARD, answers, asking, kept, through_door
from tests.adapter.test_door import CROWD, explained, is_postgres, scans
from tests.carried import OURS, carried
from tests.world import World, case, objection, pds_record

ADA, BEA, CYRIL, DORA = "9990000018", "9990000026", "9990000034", "9990000042"
PEOPLE = {"A1": (ADA, "Marlowe"), "A2": (BEA, "Quill"), "A3": (CYRIL, "Thorne")}


def settle(world: World, *more: str) -> None:
    """Three people whose numbers PDS has confirmed, and more who are only loaded."""
    world.load(*(case(who, family=family, nhs_number=number) for who, (number, family) in PEOPLE.items()), *more)
    world.know(*(pds_record(number, family=family) for number, family in PEOPLE.values()))
    world.declare()
    world.trace()


def opt_out(world: World, local_id: str) -> OptOut:
    """What holds of somebody's national opt-out now."""
    person, policy = world.person(local_id), world.deployment.policy
    with world.deployment.office.transaction() as transaction:
        return standing_at(facts_of(transaction, person, world.time), policy, world.time).national_data_opt_out


def opt_outs(world: World) -> dict[str, str]:
    """What holds of everybody's."""
    return {who: opt_out(world, who).value for (who,) in world.rows("SELECT local_id FROM person")}


def states(world: World) -> list[str]:
    """How each file stands, the oldest first."""
    return [state for (state,) in world.rows("SELECT state FROM mesh_request ORDER BY id")]


# ---------------------------------------------------------------- who is asked about


def test_only_confirmed_numbers_of_people_who_do_not_object_are_sent(world: World) -> None:
    settle(
        world,
        case("objects", family="Vale", nhs_number=DORA, objections=objection()),
        case("untraced", family="Wick", nhs_number="9990000050"),
    )
    with carried(world) as mesh:
        assert mesh.check() == 3
        assert sorted(mesh.opt_outs.asked[0]) == [ADA, BEA, CYRIL]


def test_who_objects_after_the_trace_and_before_the_check_is_not_sent(world: World) -> None:
    settle(world)
    world.choose("A2", "nhs-number", "objects")
    with carried(world) as mesh:
        mesh.check()
        assert sorted(mesh.opt_outs.asked[0]) == [ADA, CYRIL]


@pytest.mark.parametrize("attributes", ['restricted="Y"', 'restricted="N" locked="Y"'])
def test_whom_the_door_does_not_show_to_the_check_is_not_sent(world: World, attributes: str) -> None:
    settle(world)
    world.load(case("A1", nhs_number=ADA, attributes=attributes), sequence=2)
    with carried(world) as mesh:
        mesh.check()
        assert sorted(mesh.opt_outs.asked[0]) == [BEA, CYRIL]


def test_with_a_register_past_its_age_nobody_is_sent(world: World) -> None:
    settle(world)
    world.pass_time(days=7)
    with carried(world) as mesh:
        assert mesh.check() == 0
        assert mesh.exchange.outbox == []


def test_before_anything_is_sent_the_trail_says_about_whom(world: World) -> None:
    settle(world)

    async def broken(_event: dict[str, Any]) -> None:
        raise OSError("the disk is full")

    with carried(world) as mesh:
        mesh.record = broken  # type: ignore[method-assign]
        with pytest.raises(OSError, match="full"):
            mesh.check()
        assert mesh.exchange.outbox == []
        assert states(world) == ["unsent"]


def test_the_trail_names_everybody_in_the_file_and_nobodys_number(world: World) -> None:
    settle(world)
    with carried(world) as mesh:
        mesh.check()
        (event,) = mesh.told
        assert event["people"] == [world.person(who) for who in PEOPLE]
        assert not [number for number, _ in PEOPLE.values() if number in json.dumps(mesh.told)]


def test_a_file_holds_each_number_once_on_a_line_of_its_own_that_ends_in_a_comma(world: World) -> None:
    settle(world)
    with carried(world) as mesh:
        mesh.check()
        sent = mesh.exchange.outbox[0]
        assert sent.body.count(b"\n") == len(set(sent.body.split(b"\n")) - {b""}) == 3
        assert sent.body.endswith(b",\n")


def test_nobody_is_asked_about_twice_within_the_days_that_are_set(world: World) -> None:
    settle(world)
    with carried(world) as mesh:
        mesh.check()
        mesh.poll()
        world.pass_time(days=4, hours=23)
        assert mesh.check() == 0
        world.pass_time(hours=1)
        world.declare()
        assert mesh.check() == 3


# ---------------------------------------------------------------- what an answer changes


def test_who_was_asked_about_and_is_not_in_the_answer_has_opted_out(world: World) -> None:
    settle(world)
    with carried(world, opted_out=(BEA,)) as mesh:
        mesh.check()
        assert mesh.poll() == {"receipt": 1, "answered": 1}
        assert opt_outs(world) == {"A1": "clear", "A2": "objects", "A3": "clear"}
        assert mesh.exchange.inbox(OURS) == []


def test_where_everybody_has_opted_out_the_answer_is_empty_and_is_believed(world: World) -> None:
    settle(world)
    with carried(world, opted_out=(ADA, BEA, CYRIL)) as mesh:
        mesh.check()
        mesh.poll()
        assert set(opt_outs(world).values()) == {"objects"}


def test_before_the_answer_a_receipt_changes_nothing(world: World) -> None:
    settle(world)
    with carried(world) as mesh:
        mesh.opt_outs.answers = False
        mesh.check()
        assert mesh.poll() == {"receipt": 1}
        assert set(opt_outs(world).values()) == {"unknown"}
        assert states(world) == ["sent"]


def test_an_answer_that_holds_one_number_never_asked_for_is_refused_whole(world: World) -> None:
    settle(world)
    with carried(world) as mesh:
        mesh.opt_outs.change = with_somebody_else(DORA)
        mesh.check()
        assert mesh.poll() == {"receipt": 1, "refused": 1}
        assert set(opt_outs(world).values()) == {"unknown"}
        assert mesh.exchange.inbox(OURS) == []


def test_an_answer_that_ends_in_the_middle_of_a_number_is_refused_whole(world: World) -> None:
    settle(world)
    with carried(world) as mesh:
        mesh.opt_outs.change = cut
        mesh.check()
        assert mesh.poll() == {"receipt": 1, "refused": 1}
        assert set(opt_outs(world).values()) == {"unknown"}


def test_the_service_saying_that_the_file_was_wrong_changes_nothing(world: World) -> None:
    settle(world)
    with carried(world) as mesh:
        mesh.opt_outs.change = lambda _: b"ERROR: invalid NHS number in file\n"
        mesh.check()
        mesh.poll()
        assert states(world) == ["refused"]
        assert set(opt_outs(world).values()) == {"unknown"}


def test_of_who_objects_while_the_file_is_away_nothing_is_learnt(world: World) -> None:
    settle(world)
    with carried(world) as mesh:
        mesh.check()
        world.choose("A1", "nhs-number", "objects")
        assert ADA not in kept(world)
        assert mesh.poll()["answered"] == 1
        assert opt_outs(world) == {"A1": "unknown", "A2": "clear", "A3": "clear"}


def test_of_who_objects_afterwards_nothing_is_known_at_once_and_nothing_is_kept_from_the_next_look_on(
    world: World,
) -> None:
    settle(world)
    with carried(world, opted_out=(BEA,)) as mesh:
        mesh.check()
        mesh.poll()
        world.choose("A2", "nhs-number", "objects")
        assert opt_out(world, "A2") is OptOut.UNKNOWN
        assert mesh.poll() == {"forgotten": 1}
        assert '"national": "objects"' not in kept(world)
        assert world.rows("SELECT COUNT(*) FROM opt_out_check") == [(2,)]


def test_who_has_another_number_since_is_unknown_and_asked_about_anew(world: World) -> None:
    settle(world)
    with carried(world) as mesh:
        mesh.check()
        mesh.poll()
        world.pass_time(hours=1)
        person = world.person("A1")
        with world.deployment.office.transaction() as transaction:
            transaction.execute("UPDATE person SET nhs_number_status = '03' WHERE id = :person", person=person)
            wait_for_trace(transaction, person, world.time)
        world.load(case("A1", nhs_number=DORA), sequence=2)
        world.know(pds_record(DORA))
        world.pds.population.supersede(ADA, DORA)
        world.trace()
        assert mesh.poll()["forgotten"] == 1
        assert opt_out(world, "A1") is OptOut.UNKNOWN
        mesh.check()
        assert mesh.opt_outs.asked[-1] == (DORA,)


def test_a_person_traced_again_to_the_same_number_keeps_what_was_learnt(world: World) -> None:
    settle(world)
    with carried(world) as mesh:
        mesh.check()
        mesh.poll()
        world.pass_time(hours=1)
        with world.deployment.office.transaction() as transaction:
            transaction.execute(
                "INSERT INTO trace (person, at, outcome, status, evidence) SELECT person, at + 3600000, outcome,"
                " status, evidence FROM trace"
            )
        assert mesh.poll() == {}
        assert set(opt_outs(world).values()) == {"clear"}


def test_a_check_counts_from_when_it_was_asked_for_and_after_seven_days_nothing_is_known(world: World) -> None:
    settle(world)
    with carried(world) as mesh:
        mesh.exchange.late = True
        mesh.check()
        world.pass_time(hours=20)
        mesh.exchange.deliver()
        mesh.poll()
        world.time += timedelta(days=7, hours=-20, milliseconds=-1)
        assert opt_out(world, "A1") is OptOut.CLEAR
        world.time += timedelta(milliseconds=2)
        assert opt_out(world, "A1") is OptOut.UNKNOWN


def test_a_fresh_check_that_finds_an_opt_out_withdraws_the_one_that_did_not(world: World) -> None:
    settle(world)
    with carried(world) as mesh:
        mesh.check()
        mesh.poll()
        world.pass_time(days=5)
        world.declare()
        mesh.opt_outs.opted_out = (ADA,)
        mesh.check()
        mesh.poll()
        assert opt_out(world, "A1") is OptOut.OBJECTS


def test_an_answer_is_acknowledged_only_when_its_end_is_in_the_trail_and_is_fetched_again_until_then(
    world: World,
) -> None:
    settle(world)

    async def broken(_event: dict[str, Any]) -> None:
        raise OSError("the disk is full")

    with carried(world, opted_out=(BEA,)) as mesh:
        mesh.check()
        whole, mesh.record = mesh.record, broken  # type: ignore[method-assign]
        with pytest.raises(OSError, match="full"):
            mesh.poll()
        assert len(mesh.exchange.inbox(OURS)) == 1
        mesh.record = whole  # type: ignore[method-assign]
        assert mesh.poll() == {"answered": 1}
        assert opt_outs(world) == {"A1": "clear", "A2": "objects", "A3": "clear"}
        assert mesh.exchange.inbox(OURS) == []


def test_a_process_that_ends_in_the_middle_of_an_answer_leaves_the_rest_to_the_next(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle(world)
    monkeypatch.setattr(errand, "AT_ONCE", 1)
    keep, kept_of = NationalOptOut._keep, []

    def ending(self: NationalOptOut, request: Request, people: Sequence[tuple[int, str]], clear: set[str]) -> None:
        if len(kept_of) == 2:
            raise KeyboardInterrupt
        kept_of.append(people)
        keep(self, request, people, clear)

    with carried(world, opted_out=(BEA,)) as mesh:
        mesh.check()
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(NationalOptOut, "_keep", ending)
            mesh.poll()
        assert opt_outs(world) == {"A1": "clear", "A2": "objects", "A3": "unknown"}
        assert mesh.poll() == {"answered": 1}
        assert opt_outs(world) == {"A1": "clear", "A2": "objects", "A3": "clear"}


# ---------------------------------------------------------------- who can learn of it


def test_no_view_of_the_door_speaks_of_mesh_or_of_opt_outs() -> None:
    for dialect in (SQLITE, POSTGRES):
        text = " ".join(views(dialect, "asking").values())
        assert not [word for word in ("mesh_", "opt_out", "national") if word in text]
    assert not [name for name in VISIBLE if "mesh" in name or "opt_out" in name]


@pytest.mark.parametrize("table", ["mesh_request", "mesh_asked", "mesh_received", "mesh_turn", "opt_out_check"])
def test_outgoing_code_cannot_read(world: World, table: str) -> None:
    (answer,) = answers(world, f"SELECT * FROM {table}", ask=asking(world, WARD))
    assert isinstance(answer, FAULTS)


def test_a_ward_reads_the_same_bytes_whether_somebody_has_opted_out_or_not(world: World) -> None:
    settle(world)
    social_worker, public = world.asker("council"), world.public("A2")
    before = social_worker.get(f"Patient/{public}")
    with carried(world, opted_out=(BEA,)) as mesh:
        mesh.check()
        mesh.poll()
        after = social_worker.get(f"Patient/{public}")
    assert (after.content, after.headers["etag"]) == (before.content, before.headers["etag"])


def test_no_number_is_kept_in_any_table_of_the_check(world: World) -> None:
    settle(world)
    with carried(world) as mesh:
        mesh.exchange.late = True
        mesh.check()
        rows = [world.rows(f"SELECT * FROM {table}") for table in ("mesh_request", "mesh_asked", "opt_out_check")]
        assert not [number for number, _ in PEOPLE.values() if number in str(rows)]
        mesh.exchange.deliver()
        mesh.poll()
        assert world.rows("SELECT * FROM mesh_asked") == []


# ---------------------------------------------------------------- how much is read


@pytest.mark.parametrize("errand", [NationalOptOut, TraceFile])
def test_no_statement_of_a_file_reads_a_growing_table_from_end_to_end(
    world: World, errand: type[NationalOptOut] | type[TraceFile]
) -> None:
    settle(world)
    if is_postgres(world):
        with world.deployment.office.transaction() as transaction:
            for statement in CROWD:
                transaction.execute(statement)
    view = asking(world, WARD).view
    plans: list[tuple[str, Any]] = []
    steps = errand(world.deployment, world.deployment.engine.door())._shown(view, [(n, n) for n in range(1, 201)])
    through_door(world, explained(world, steps, plans))
    assert len(plans) == 1
    assert [scans(world, plan) for _, plan in plans] == [[]]


# ---------------------------------------------------------------- how the list is read


@pytest.mark.parametrize("ending", [",\n", ",\r\n", "\n"])
def test_a_list_is_read_with_either_end_of_line_and_with_or_without_the_comma(ending: str) -> None:
    assert read_list(f"{ADA}{ending}{BEA}{ending}".encode()) == {ADA, BEA}


@pytest.mark.parametrize("body", [b"", b"\n", b"\r\n"])
def test_an_empty_list_is_one_of_nobody(body: bytes) -> None:
    assert read_list(body) == set()


@pytest.mark.parametrize(
    "body",
    [
        b"9990000018,\n999000",
        b"9990000018",
        b"9990000019,\n",
        b"0000000000,\n",
        b"9999999999,\n",
        b"999 000 0018,\n",
        b"9990000018,yes\n",
        b"9990000018,\n9990000018,\n",
        b"ERROR\n",
        b"\xff\xfe\n",
        "９９９００００１８,\n".encode(),
    ],
)
def test_what_is_not_a_list_of_whole_numbers_is_refused_without_showing_it(body: bytes) -> None:
    with pytest.raises(BadAnswerError) as refused:
        read_list(body)
    assert "999" not in str(refused.value)
