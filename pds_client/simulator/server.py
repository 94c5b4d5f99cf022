"""Where can this PDS, or this MESH, be reached?

Rules it keeps:
- On loopback, on a port that is free, from a thread of its own, until the `with` block ends.
- No access log: the paths hold numbers and names.

https://www.uvicorn.org/settings/
"""

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn

from pds_client.auth import make_key_pair
from pds_client.simulator.app import BASE_PATH, TOKEN_PATH, Simulator


@dataclass(frozen=True)
class Served:
    base_url: str
    token_url: str


@contextmanager
def serve(simulator: Simulator, host: str = "127.0.0.1", port: int = 0) -> Iterator[Served]:
    with listening(simulator.app, host, port) as origin:
        yield Served(origin + BASE_PATH, origin + TOKEN_PATH)


@contextmanager
def listening(app: Any, host: str = "127.0.0.1", port: int = 0, **tls: Any) -> Iterator[str]:
    """`tls` is in uvicorn's words, such as ssl_certfile."""
    # Listening begins before the thread does, so whoever connects early waits in the backlog.
    bound = socket.create_server((host, port))
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        ws="none",
        timeout_graceful_shutdown=1,
        **tls,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([bound],), name="simulator", daemon=True)
    thread.start()
    try:
        yield f"{'https' if tls else 'http'}://{host}:{bound.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        bound.close()


@contextmanager
def simulated(*patients: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """A PDS that knows these people, with a key made on the spot: the arguments of a PdsClient that it accepts."""
    private, public = make_key_pair("key-1", bits=2048)
    with serve(Simulator(patients, clients={"api-key": public})) as served:
        yield {
            "base_url": served.base_url,
            "token_url": served.token_url,
            "api_key": "api-key",
            "key_id": "key-1",
            "private_key": private,
            "end_user_organisation": "X26",
        }
