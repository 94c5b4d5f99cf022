"""Does anything of a file, or any secret, appear in a log, a repr, a message or a trail, whatever happens to it?"""

from __future__ import annotations

import asyncio
import logging
import re
import traceback
from collections.abc import Iterator

import pytest

from adapter.app import _carry_post, service
from adapter.errand import Composed
from adapter.mailbox import Letter, Mailbox, MeshDownError, MeshRefusedError
from pds_client.simulator.mesh_services import cut, with_somebody_else
from tests.adapter.test_national_opt_out import ADA, BEA, CYRIL, DORA, settle
from tests.carried import KEY, OURS, PASSWORD, Carried, carried
from tests.world import World, case, pds_record

SECRETS = re.compile(rf"{ADA}|{BEA}|{CYRIL}|{DORA}|Marlowe|Quill|19410305|1941-03-05|SW1A|{PASSWORD}|{KEY}|NHSMESH")


class Everything(logging.Handler):
    """Keeps what is logged, with every attribute of the record and the trace of a fault."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        said = {name: value for name, value in vars(record).items() if name not in ("pathname", "filename")}
        fault = "".join(traceback.format_exception(*record.exc_info)) if record.exc_info else ""
        self.lines.append(f"{record.getMessage()} {said!r} {fault}")


@pytest.fixture
def log() -> Iterator[list[str]]:
    """All that is logged by anybody while the test runs, at every level."""
    handler, root = Everything(), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield handler.lines
    root.setLevel(level)
    root.removeHandler(handler)


def a_full_life(mesh: Carried) -> list[str]:
    """Both errands, answered and with every fault; gives the texts of what was raised."""
    world, raised = mesh.world, []
    for change in (cut, with_somebody_else(DORA), lambda body: b"{" + body, lambda body: body):
        mesh.opt_outs.change = change
        mesh.check()
        mesh.poll()
    world.load(case("A9", family="Quill", given="Ada"), sequence=2)
    world.declare()
    for change in (cut, lambda body: body + body.splitlines(keepends=True)[1], lambda body: body):
        mesh.traces.change = change
        mesh.trace_file()
        mesh.poll()
    world.pass_time(days=5)
    world.declare()
    for status, times in ((503, 3), (403, 1), (500, 1), (429, 2)):
        mesh.exchange.fail_next(status, times, operation="send" if status != 403 else "")
        try:
            mesh.check()
        except (MeshDownError, MeshRefusedError) as fault:
            raised.append("".join(traceback.format_exception(fault)))
        world.pass_time(days=1)
        mesh.poll()
        world.declare()
    return raised


def test_no_log_line_no_fault_and_no_event_holds_anything_of_a_file(
    world: World, log: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    settle(world)
    patients = (pds_record(DORA, family="Quill"),)
    with carried(world, opted_out=(BEA,), patients=patients) as mesh:
        log.clear()
        raised = a_full_life(mesh)
        told = [str(event) for event in mesh.told]
    printed = capfd.readouterr()
    assert len(raised) == 2
    assert len(log) > 100
    assert [line for line in [*log, *raised, *told, printed.out, printed.err] if SECRETS.search(line)] == []


def test_the_capture_would_notice_a_number(log: list[str]) -> None:
    logging.getLogger("anything").debug("sent %s", ADA)
    assert [line for line in log if SECRETS.search(line)]


def test_what_passes_through_hands_shows_nothing_of_itself(world: World) -> None:
    things = [
        Letter("m", False, "", "l", "s", ADA.encode()),
        Composed(ADA.encode(), {1: "mark"}),
        Mailbox(world.deployment.settings),
    ]
    assert not SECRETS.search(f"{things!r} {[str(thing) for thing in things]}")


def test_the_server_fetches_answers_and_sends_the_check_by_itself(world: World) -> None:
    settle(world)

    async def serve(mesh: Carried) -> None:
        parts = service(world.deployment)
        await parts.rest.release.door.open()
        working = asyncio.create_task(_carry_post(parts))
        try:
            async with asyncio.timeout(20):
                while not mesh.exchange.outbox:
                    await asyncio.sleep(0.01)
        finally:
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)
            await parts.rest.release.door.close()
            parts.trail.close()

    with carried(world) as mesh:
        asyncio.run(serve(mesh))
        assert sorted(mesh.opt_outs.asked[0]) == [ADA, BEA, CYRIL]
        assert len(mesh.exchange.inbox(OURS)) == 2
