"""A council's mailbox in a world, and the MESH at its other end.

with carried(world, opted_out=("9990000018",)) as mesh:
    mesh.poll(), mesh.check(), mesh.trace_file()       what a command does
    mesh.round()                                       what the server does by itself
    mesh.exchange, mesh.opt_outs, mesh.traces          the other end
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import stamina
from pydantic import SecretStr

from adapter.mailbox import Mailbox
from adapter.post import Post, post_for
from pds_client.simulator.mesh import Mesh, serve_mesh
from pds_client.simulator.mesh_services import OptOutCheck, TraceByFile
from tests.world import World

OURS, CHECKER, TRACER = "X26ABC1", "X26OPT1", "X26PDS1"
PASSWORD, KEY = "a password of the tests", "a shared key of the tests"


@dataclass
class Carried:
    """One mailbox, both of its ends."""

    world: World
    exchange: Mesh
    opt_outs: OptOutCheck
    traces: TraceByFile
    told: list[dict[str, Any]] = field(default_factory=list)

    def check(self) -> int:
        """Send the opt-out check."""
        return self._run(lambda post: post.send("opt-out-check"))

    def trace_file(self) -> int:
        """Send the trace by file."""
        return self._run(lambda post: post.send("trace-file"))

    def poll(self) -> Counter[str]:
        """Fetch what came."""
        return self._run(lambda post: post.poll())

    def round(self) -> Counter[str]:
        """What the server does every few minutes."""
        return self._run(lambda post: post.round("opt-out-check"))

    async def record(self, event: dict[str, Any]) -> None:
        """The trail."""
        self.told.append(event)

    def _run(self, work: Callable[[Post], Any]) -> Any:
        async def run() -> Any:
            deployment = self.world.deployment
            door = deployment.engine.door()
            await door.open()
            try:
                return await work(post_for(deployment, door, Mailbox(deployment.settings), self.record))
            finally:
                await door.close()

        return asyncio.run(run())


@contextmanager
def carried(
    world: World, *, opted_out: Collection[str] = (), patients: Collection[Mapping[str, Any]] = (), **exchange: Any
) -> Iterator[Carried]:
    """Set MESH in a world's deployment, with a simulator at the other end; no attempt waits for the next."""
    opt_outs, traces = OptOutCheck(CHECKER, opted_out), TraceByFile(TRACER, patients)
    mesh = Mesh({OURS: PASSWORD}, KEY, (opt_outs, traces), **exchange)
    before = world.deployment.settings
    with serve_mesh(mesh) as url, stamina.set_testing(True, attempts=3):
        world.deployment.settings = before.model_copy(
            update={
                "mesh_url": url,
                "mesh_mailbox": OURS,
                "mesh_password": SecretStr(PASSWORD),
                "mesh_shared_key": SecretStr(KEY),
                "mesh_opt_out_mailbox": CHECKER,
                "mesh_trace_mailbox": TRACER,
                "pds_environment": "sandbox",
            }
        )
        try:
            yield Carried(world, mesh, opt_outs, traces)
        finally:
            world.deployment.settings = before
