"""Do the national opt-out check and the trace by file go through the national MESH sandbox, whole?"""

from __future__ import annotations

import httpx
import pytest

from adapter.mailbox import MeshRefusedError
from pds_client.simulator.mesh_file import File
from pds_client.simulator.mesh_services import OPT_OUT_WORKFLOW
from tests.adapter import test_trace_file as tracing
from tests.adapter.test_identify import numbers, statuses, waiting
from tests.adapter.test_national_opt_out import ADA, BEA, CYRIL, opt_outs, settle, states
from tests.carried import OURS
from tests.peer.sandbox import CHECKER, carried_by, client_at, mailbox_at, post
from tests.world import World


def test_a_whole_opt_out_check_tells_who_has_opted_out(peer: str, world: World) -> None:
    settle(world)
    with carried_by(peer, world, opted_out=(BEA,)) as (mesh, services):
        assert mesh.check() == 3
        assert services.answer() == 2
        assert sorted(mesh.opt_outs.asked[0]) == [ADA, BEA, CYRIL]
        assert mesh.poll() == {"receipt": 1, "answered": 1}
    assert opt_outs(world) == {"A1": "clear", "A2": "objects", "A3": "clear"}
    assert mailbox_at(peer).inbox() == []


def test_before_the_check_is_answered_nobody_is_clear(peer: str, world: World) -> None:
    settle(world)
    with carried_by(peer, world) as (mesh, _):
        mesh.check()
        assert mesh.poll() == {}
    assert set(opt_outs(world).values()) == {"unknown"}
    assert states(world) == ["sent"]


def test_a_whole_trace_by_file_gives_the_numbers(peer: str, world: World) -> None:
    tracing.settle(world)
    with carried_by(peer, world, patients=tracing.PATIENTS) as (mesh, services):
        assert mesh.trace_file() == 2
        assert services.answer() == 1
        assert mesh.poll() == {"answered": 1}
    assert numbers(world) == {"A1": tracing.NUMBER, "A2": tracing.OTHER}
    assert statuses(world) == {"A1": "01", "A2": "01"}
    assert waiting(world) == []
    assert mailbox_at(peer).inbox() == []


def test_a_report_that_the_file_was_not_delivered_is_no_answer(peer: str, world: World) -> None:
    settle(world)
    with carried_by(peer, world) as (mesh, _):
        mesh.check()
        ((message,),) = world.rows("SELECT message FROM mesh_request")
        report = {"mailbox_id": OURS, "workflow_id": OPT_OUT_WORKFLOW, "code": "14", "description": "not collected"}
        address = f"{peer}/messageexchange/admin/report"
        httpx.post(address, json=report | {"linked_message_id": message}, trust_env=False).raise_for_status()
        assert mesh.poll() == {"undelivered": 1}
    assert set(opt_outs(world).values()) == {"unknown"}
    assert mailbox_at(peer).inbox() == []


def test_a_file_of_an_unknown_workflow_that_answers_nothing_is_left_where_it_is(peer: str, world: World) -> None:
    with carried_by(peer, world) as (mesh, _), client_at(peer, CHECKER) as client:
        post(client, File(CHECKER, OURS, "NOBODY_REGISTERED_THIS", "theirs", "x", "x.dat", b"somebody else's\n"))
        assert mesh.poll() == {"not ours": 1}
    assert len(mailbox_at(peer).inbox()) == 1


def test_nothing_is_sent_for_a_mailbox_that_nobody_has(peer: str, world: World) -> None:
    settle(world)
    with carried_by(peer, world) as (mesh, _):
        world.deployment.settings.mesh_opt_out_mailbox = "X26NOBODY"
        with pytest.raises(MeshRefusedError, match="417"):
            mesh.check()
    assert states(world) == ["unsent"]
