"""Does the server go on tracing when an officer has acted after PDS did not accept who we are?"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import pytest

from adapter import app, identify
from adapter.full_stop import resume
from pds_client.auth import make_key_pair
from pds_client.simulator import Simulator, serve
from tests.adapter.test_identify import NUMBER, numbers
from tests.adapter.test_queue import halt
from tests.world import World, case, pds_record

PRIVATE, PUBLIC = make_key_pair("key-1", bits=2048)


async def until(said: Callable[[], object]) -> None:
    """Wait for what the server does beside us."""
    async with asyncio.timeout(30):
        while not said():
            await asyncio.sleep(0.01)


def test_the_server_stops_knocking_and_begins_anew_when_an_officer_says_so(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(app, "_PAUSE_SECONDS", 0.01)
    caplog.set_level(logging.ERROR, "adapter.app")
    looks: list[object] = []
    look = identify.stopped
    monkeypatch.setattr(identify, "stopped", lambda *about: (looks.append(about), look(*about))[1])
    world.load(case(nhs_number=NUMBER))
    world.declare()
    simulator = Simulator([pds_record(NUMBER)], clients={"api-key": PUBLIC})
    settings = world.deployment.settings
    settings.pds_key_file = settings.home / "pds.pem"
    settings.pds_key_file.write_text(PRIVATE)
    settings.pds_api_key, settings.pds_key_id, settings.pds_environment = "api-key", "key-1", "sandbox"

    async def go_on() -> None:
        parts = app.service(world.deployment)
        await parts.rest.release.door.open()
        simulator.fail_next(401, times=2)
        tracing = asyncio.create_task(app._trace(parts))
        try:
            await until(lambda: halt(world))
            asked, rounds = len(simulator.calls), len(looks)
            await until(lambda: len(looks) > rounds + 5)
            assert len(simulator.calls) == asked
            with world.deployment.office.transaction() as transaction:
                resume(transaction)
            await until(lambda: numbers(world))
        finally:
            tracing.cancel()
            await asyncio.gather(tracing, return_exceptions=True)
            await parts.rest.release.door.close()
            parts.trail.close()

    with serve(simulator) as served:
        settings.pds_base_url, settings.pds_token_url = served.base_url, served.token_url
        asyncio.run(go_on())
    assert numbers(world) == {"A1": NUMBER}
    (said,) = [record.getMessage() for record in caplog.records]
    assert said.startswith("tracing has stopped until an officer runs `asc-fhir trace`")
