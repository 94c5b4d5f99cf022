"""Is every file answered, given up or reported, and every message stored before MESH forgets it?"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from adapter import mailbox, outstanding
from adapter.mailbox import Mailbox, MeshDownError, MeshRefusedError, MeshSettingError, mailbox_for
from adapter.outstanding import BusyError
from adapter.settings import Settings
from pds_client.simulator.mesh_file import File
from tests.adapter.test_national_opt_out import ADA, BEA, DORA, opt_outs, settle, states
from tests.carried import CHECKER, OURS, Carried, carried
from tests.world import World, case


def operations(mesh: Carried) -> list[str]:
    """What was asked of the exchange."""
    return [call.operation for call in mesh.exchange.calls]


# ---------------------------------------------------------------- one file at a time


def test_while_a_file_waits_no_other_is_sent(world: World) -> None:
    settle(world)
    world.load(case("A9", family="Vale", nhs_number=DORA), sequence=2)
    with carried(world) as mesh:
        mesh.opt_outs.receipt = mesh.opt_outs.answers = False
        mesh.check()
        world.declare()
        for send in (mesh.check, mesh.trace_file):
            with pytest.raises(BusyError):
                send()
        assert mesh.round() == {}
        assert len(mesh.exchange.outbox) == 1


def test_two_processes_do_not_work_one_mailbox(world: World) -> None:
    settle(world)
    with carried(world) as mesh:
        with world.deployment.office.transaction() as transaction:
            outstanding.take_turn(transaction, OURS, world.time)
        with pytest.raises(BusyError):
            mesh.poll()
        world.pass_time(minutes=10)
        assert mesh.poll() == {}


def test_a_turn_that_lapsed_is_not_ended_for_whoever_has_it_now(world: World) -> None:
    with world.deployment.office.transaction() as transaction:
        lapsed = outstanding.take_turn(transaction, OURS, world.time)
        world.pass_time(minutes=10)
        outstanding.take_turn(transaction, OURS, world.time)
        outstanding.end_turn(transaction, OURS, lapsed)
        with pytest.raises(BusyError):
            outstanding.take_turn(transaction, OURS, world.time)


def test_the_server_sends_the_next_check_when_somebody_is_due_and_never_the_trace_by_file(world: World) -> None:
    settle(world)
    world.load(case("A9", family="Vale", nhs_number=DORA), sequence=2)
    with carried(world) as mesh:
        assert mesh.round() == {"sent opt-out-check": 3}
        assert mesh.round() == {"receipt": 1, "answered": 1}
        assert mesh.round() == {}
        assert mesh.traces.asked == []


# ---------------------------------------------------------------- what comes, and what does not


def test_a_report_that_the_file_was_not_delivered_is_no_answer(world: World) -> None:
    settle(world)
    with carried(world) as mesh:
        mesh.exchange.undeliverable = True
        mesh.check()
        assert mesh.poll() == {"undelivered": 1}
        assert set(opt_outs(world).values()) == {"unknown"}
        assert mesh.exchange.inbox(OURS) == []


def test_a_report_under_our_id_of_the_file_is_understood_where_it_names_no_message(world: World) -> None:
    settle(world)
    with carried(world) as mesh:
        mesh.opt_outs.receipt = mesh.opt_outs.answers = False
        mesh.check()
        (sent,) = mesh.exchange.outbox
        mesh.exchange.put(File("", OURS, sent.workflow_id, sent.local_id, "NDR", "", b"", report="unknown"))
        assert mesh.poll() == {"undelivered": 1}


def test_a_file_without_an_answer_after_a_day_is_given_up_and_its_late_answer_changes_nothing(world: World) -> None:
    settle(world)
    with carried(world) as mesh:
        mesh.exchange.late = True
        mesh.check()
        world.pass_time(hours=23, minutes=59)
        assert mesh.poll() == {}
        world.pass_time(minutes=1)
        assert mesh.poll() == {"unanswered": 1}
        mesh.exchange.deliver()
        assert mesh.poll() == {"late": 2}
        assert set(opt_outs(world).values()) == {"unknown"}
        assert mesh.exchange.inbox(OURS) == []


def test_after_a_failure_the_server_waits_before_the_next_file(world: World) -> None:
    settle(world)
    with carried(world) as mesh:
        mesh.exchange.undeliverable = True
        mesh.check()
        mesh.poll()
        mesh.exchange.undeliverable = False
        world.pass_time(hours=5, minutes=59)
        assert mesh.round() == {}
        world.pass_time(minutes=1)
        assert mesh.round() == {"sent opt-out-check": 3}


def test_who_asks_by_hand_need_not_wait_after_a_failure(world: World) -> None:
    settle(world)
    with carried(world) as mesh:
        mesh.exchange.undeliverable = True
        mesh.check()
        mesh.poll()
        assert mesh.check() == 3


def test_a_message_that_answers_nothing_asked_here_is_left_where_it_is_and_fetched_once(world: World) -> None:
    settle(world)
    with carried(world) as mesh:
        mesh.exchange.put(File(CHECKER, OURS, "SOMETHING_ELSE", "theirs", "x", "x.dat", b"somebody else's\n"))
        assert mesh.poll() == {"not ours": 1}
        assert mesh.poll() == {"not ours": 1}
        assert operations(mesh).count("retrieve") == 1
        assert "acknowledge" not in operations(mesh)
        next(iter(mesh.exchange._inboxes[OURS].values())).acknowledged = True
        mesh.poll()
        assert world.rows("SELECT * FROM mesh_received") == []


def test_a_message_that_could_not_be_acknowledged_is_not_settled_twice(world: World) -> None:
    settle(world)
    with carried(world) as mesh:
        mesh.check()
        mesh.poll()
        held = next(iter(mesh.exchange._inboxes[OURS].values()))
        held.acknowledged = False
        before = len(mesh.told)
        assert mesh.poll() == {"receipt": 1}
        assert len(mesh.told) == before
        assert held.acknowledged


def test_nothing_is_acknowledged_before_it_is_stored(world: World) -> None:
    settle(world)
    with carried(world) as mesh:
        mesh.opt_outs.receipt = False
        mesh.check()
        mesh.exchange.fail_next(403, operation="acknowledge")
        with pytest.raises(MeshRefusedError):
            mesh.poll()
        assert set(opt_outs(world).values()) == {"clear"}
        assert len(mesh.exchange.inbox(OURS)) == 1


def test_a_message_that_is_gone_before_it_is_acknowledged_keeps_nobody_from_the_next(world: World) -> None:
    settle(world)
    with carried(world) as mesh:
        mesh.check()
        mesh.exchange.fail_next(410, operation="acknowledge")
        assert mesh.poll() == {"receipt": 1, "answered": 1}


def test_a_message_larger_than_any_answer_is_left_where_it_is(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    settle(world)
    monkeypatch.setattr(mailbox, "_MOST_BYTES", 100)
    with carried(world, chunk_bytes=64) as mesh:
        mesh.exchange.put(File(CHECKER, OURS, "W", "theirs", "x", "x", b"x" * 101))
        assert mesh.poll() == {"not ours": 1}


def test_an_inbox_of_several_pages_is_read_to_its_end(world: World) -> None:
    settle(world)
    with carried(world) as mesh:
        for number in range(601):
            mesh.exchange.put(File(CHECKER, OURS, "W", f"theirs-{number}", "x", "x", b"x"))
        assert len(Mailbox(world.deployment.settings).inbox()) == 601


def test_an_answer_in_chunks_is_put_together(world: World) -> None:
    settle(world)
    with carried(world, opted_out=(BEA,), chunk_bytes=5) as mesh:
        mesh.check()
        mesh.poll()
        assert opt_outs(world) == {"A1": "clear", "A2": "objects", "A3": "clear"}


# ---------------------------------------------------------------- when MESH fails


@pytest.mark.parametrize("status", [429, 503])
def test_what_passes_is_tried_again_and_each_attempt_is_signed_afresh(world: World, status: int) -> None:
    settle(world)
    with carried(world) as mesh:
        mesh.exchange.fail_next(status, times=2)
        assert mesh.check() == 3
        said = [call.authorization for call in mesh.exchange.calls]
        assert len(set(said)) == len(said) == 4


def test_a_mesh_that_stays_away_is_given_up_and_nobody_is_lost(world: World) -> None:
    settle(world)
    with carried(world) as mesh:
        mesh.exchange.fail_next(503, times=3)
        with pytest.raises(MeshDownError):
            mesh.check()
        assert mesh.check() == 3


def test_a_file_that_mesh_did_not_take_is_sent_again_with_who_is_due_then(world: World) -> None:
    settle(world)
    with carried(world) as mesh:
        mesh.poll()
        world.deployment.settings.mesh_opt_out_mailbox = "X26NOBODY"
        with pytest.raises(MeshRefusedError, match="417"):
            mesh.check()
        assert states(world) == ["unsent"]
        assert [event["outcome"] for event in mesh.told] == ["released", "unsent"]
        world.deployment.settings.mesh_opt_out_mailbox = CHECKER
        world.choose("A1", "nhs-number", "objects")
        mesh.check()
        assert ADA not in mesh.opt_outs.asked[0]
        assert mesh.poll()["answered"] == 1


def test_a_file_of_which_nobody_knows_whether_mesh_took_it_is_waited_for_and_not_sent_twice(world: World) -> None:
    settle(world)
    with carried(world) as mesh:
        carry = mesh.exchange._carry

        def taken_and_broken(message_id: str) -> None:
            carry(message_id)
            raise RuntimeError("a fault after the file was taken")

        mesh.exchange._carry = taken_and_broken  # type: ignore[method-assign]
        assert mesh.check() == 3
        assert states(world) == ["written"]
        assert operations(mesh).count("send") == 1
        mesh.exchange._carry = carry  # type: ignore[method-assign]
        assert mesh.poll() == {"receipt": 1, "answered": 1}
        assert set(opt_outs(world).values()) == {"clear"}


def test_who_is_not_accepted_is_told_what_to_check_and_sends_nothing(world: World) -> None:
    settle(world)
    with carried(world) as mesh:
        mesh.exchange.mailboxes = {OURS: "another password"}
        with pytest.raises(MeshRefusedError, match="403"):
            mesh.check()
        assert mesh.exchange.outbox == []
        assert states(world) == []


def test_an_exchange_that_nobody_answers_at_is_down_and_not_in_doubt(world: World) -> None:
    settle(world)
    with carried(world) as mesh:
        pass
    world.deployment.settings = world.deployment.settings.model_copy(update={"mesh_url": "http://127.0.0.1:9"})
    with pytest.raises(MeshDownError):
        mesh.check()


def test_an_answer_that_breaks_off_on_the_way_is_fetched_again(world: World) -> None:
    settle(world)
    with carried(world) as mesh:
        mesh.check()
        mesh.exchange.fail_next(500, operation="retrieve")
        assert mesh.poll() == {"receipt": 1, "answered": 1}


# ---------------------------------------------------------------- how it is set


def settings(**said: object) -> Settings:
    """Settings of a mailbox that lacks nothing, with these words in the place of others."""
    whole = {
        "mesh_url": "https://mesh.example",
        "mesh_mailbox": OURS,
        "mesh_password": "p",
        "mesh_shared_key": "k",
        "mesh_cert_file": "cert.pem",
        "mesh_key_file": "key.pem",
    }
    return Settings(**(whole | said))  # type: ignore[arg-type]


def test_without_an_address_no_files_are_carried() -> None:
    assert mailbox_for(Settings()) is None


@pytest.mark.parametrize("missing", ["mailbox", "password", "shared_key", "cert_file", "key_file"])
def test_a_mesh_that_is_set_halfway_says_what_is_missing(missing: str) -> None:
    empty: object = None if missing.endswith("file") else ""
    with pytest.raises(MeshSettingError, match=f"ASC_FHIR_MESH_{missing.upper()}"):
        mailbox_for(settings(**{f"mesh_{missing}": empty}))


@pytest.mark.parametrize("absent", ["cert", "key", "ca"])
def test_a_file_that_is_set_and_not_there_is_named(absent: str, tmp_path: Path) -> None:
    files = {f"mesh_{name}_file": tmp_path / f"{name}.pem" for name in ("cert", "key", "ca")}
    for name, file in files.items():
        if name != f"mesh_{absent}_file":
            file.write_bytes(b"x")
    with pytest.raises(MeshSettingError, match=f"ASC_FHIR_MESH_{absent.upper()}_FILE"):
        mailbox_for(settings(**files))


def test_files_travel_in_the_open_to_no_other_machine() -> None:
    with pytest.raises(MeshSettingError, match="https"):
        mailbox_for(settings(mesh_url="http://mesh.example"))


def test_neither_password_nor_key_is_shown_by_settings_mailbox_or_post(world: World) -> None:
    said = settings(mesh_password="secret-1", mesh_shared_key="secret-2")
    shown = f"{said!r} {said} {Mailbox(said)!r} {dataclasses.replace(Mailbox(said))}"
    assert "secret" not in shown
