"""How does an answer reach the wire in one piece?

The server writes the head of an answer and its body one after the other. Each write is a call to the kernel and a
packet; what is written in one turn of the event loop goes out together here.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class Wire(HttpToolsProtocol):
    """uvicorn's own HTTP protocol, on a transport that gathers."""

    def connection_made(self, transport: Any) -> None:
        """Begin a connection."""
        super().connection_made(Gathering(transport))  # type: ignore[arg-type]


class Gathering:
    """A transport that sends what was written in one turn of the loop in one write; in all else the one given."""

    def __init__(self, transport: Any) -> None:
        self._transport = transport
        self._soon = asyncio.get_running_loop().call_soon
        self._waiting: list[bytes] = []

    def write(self, data: bytes) -> None:
        """Send data, by the end of this turn."""
        if not self._waiting:
            self._soon(self._flush)
        self._waiting.append(data)

    def close(self) -> None:
        """Close, once what was written is sent."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        data = b"".join(self._waiting)
        self._waiting.clear()
        if data and not self._transport.is_closing():
            self._transport.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
