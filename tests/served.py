"""A server on a free port of 127.0.0.1, in a thread of its own."""

from __future__ import annotations

import socket
import threading
import time
from typing import Any

import uvicorn

from adapter.wire import Wire


def free_socket() -> socket.socket:
    """A socket that is bound and waits for its server."""
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind(("127.0.0.1", 0))
    return bound


class Served:
    """An ASGI application that answers on a socket until it is ended."""

    def __init__(self, app: Any, bound: socket.socket) -> None:
        config = uvicorn.Config(app, log_level="critical", access_log=False, lifespan="on", http=Wire)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [bound]}, daemon=True)
        self._thread.start()
        deadline = time.monotonic() + 10
        while not self._server.started:
            if time.monotonic() > deadline or not self._thread.is_alive():
                raise RuntimeError("the server did not start")
            time.sleep(0.002)

    def end(self) -> None:
        """Stop answering."""
        self._server.should_exit = True
        self._thread.join(10)
