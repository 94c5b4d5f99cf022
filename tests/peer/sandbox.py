"""Our mailbox at the national MESH sandbox, and the simulated services of the NHS at two others of it.

with carried_by(url, world, opted_out=("9990000018",)) as (mesh, services):
    mesh.check()          what a command does, as in tests.carried
    services.answer()     the services fetch what lies in their mailboxes and answer it
    mesh.poll()
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from mesh_client import MeshClient
from pydantic import SecretStr

from adapter.mailbox import Mailbox, mailbox_for
from adapter.settings import Settings
from pds_client.simulator.mesh import Service
from pds_client.simulator.mesh_file import File
from tests.carried import KEY, OURS, Carried, carried
from tests.world import World

# Where the address of the sandbox is told.
ADDRESS = "MESH_PEER_URL"
# The sandbox has three mailboxes and one password.
CHECKER, TRACER, PASSWORD = "X26ABC2", "X26ABC3", "password"
_WORDS = ("sender", "recipient", "workflow_id", "local_id", "subject", "filename")


@dataclass(frozen=True)
class Services:
    """Whoever answers at mailboxes of the sandbox, when told to."""

    url: str
    all: tuple[Service, ...]

    def answer(self) -> int:
        """Fetch, answer and acknowledge everything; say how many files went back."""
        return sum(self._answer(service) for service in self.all)

    def _answer(self, service: Service) -> int:
        count = 0
        with client_at(self.url, service.mailbox) as client:
            for message in client.iterate_all_messages():
                with message:
                    words = {name: getattr(message, name) or "" for name in _WORDS}
                    for back in service.answer(message.id(), File(**words, body=message.read())):
                        post(client, back)
                        count += 1
        return count


def client_at(url: str, mailbox: str) -> MeshClient:
    """The client of the NHS at a mailbox."""
    return MeshClient(url, mailbox, PASSWORD, shared_key=KEY.encode(), max_retries=0)


def post(client: MeshClient, file: File, **how: Any) -> str:
    """Send a file as the client of the NHS does."""
    words = {name: getattr(file, name) for name in _WORDS[2:]}
    return client.send_message(file.recipient, file.body, **words, **how)


def mailbox_at(url: str, name: str = OURS, **changes: str) -> Mailbox:
    """Our own client at a mailbox, with these words of its settings in the place of the right ones."""
    right = {"mesh_url": url, "mesh_mailbox": name, "mesh_password": PASSWORD, "mesh_shared_key": KEY}
    made = mailbox_for(Settings(**(right | changes)))
    assert made is not None
    return made


@contextmanager
def carried_by(url: str, world: World, **ends: Any) -> Iterator[tuple[Carried, Services]]:
    """Set the sandbox in a world's deployment, in the place of the simulated MESH."""
    with carried(world, **ends) as mesh:
        mesh.opt_outs.mailbox, mesh.traces.mailbox = CHECKER, TRACER
        world.deployment.settings = world.deployment.settings.model_copy(
            update={
                "mesh_url": url,
                "mesh_password": SecretStr(PASSWORD),
                "mesh_opt_out_mailbox": CHECKER,
                "mesh_trace_mailbox": TRACER,
            }
        )
        yield mesh, Services(url, (mesh.opt_outs, mesh.traces))
        assert mesh.exchange.calls == []
