"""What is written goes out whole, in order, in one piece, and not after the connection has gone."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from adapter.wire import Gathering
from tests.served import Served, free_socket

LARGE = bytes(range(256)) * 20_000


class Sink:
    """A transport that remembers what it was given."""

    def __init__(self) -> None:
        self.said: list[Any] = []
        self.gone = False

    def write(self, data: bytes) -> None:
        self.said.append(data)

    def close(self) -> None:
        self.said.append("closed")
        self.gone = True

    def is_closing(self) -> bool:
        return self.gone

    def get_extra_info(self, name: str) -> str:
        return name.upper()


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Say back the path, and a lot if asked for it; end the connection if asked to."""
    body = LARGE if scope["path"] == "/large" else scope["path"].encode()
    headers = [(b"content-length", str(len(body)).encode())]
    if scope["path"] == "/last":
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await asyncio.sleep(0)
    await send({"type": "http.response.body", "body": body[:3], "more_body": True})
    await send({"type": "http.response.body", "body": body[3:]})


async def lifespan(scope: Any, receive: Any, send: Any) -> None:
    """The same, with a beginning and an end."""
    if scope["type"] == "http":
        await app(scope, receive, send)
        return
    for event in ("startup", "shutdown"):
        await receive()
        await send({"type": f"lifespan.{event}.complete"})


@pytest.fixture
def address() -> Iterator[tuple[str, int]]:
    bound = free_socket()
    served = Served(lifespan, bound)
    yield bound.getsockname()
    served.end()
    bound.close()


def gathered(*writes: bytes, close: bool = False, lost: bool = False) -> list[Any]:
    """What a transport is given when these are written in one turn of the loop."""

    async def turn() -> list[Any]:
        sink = Sink()
        transport = Gathering(sink)
        for data in writes:
            transport.write(data)
        sink.gone = lost
        if close:
            transport.close()
        await asyncio.sleep(0)
        return sink.said

    return asyncio.run(turn())


def test_what_is_written_in_one_turn_goes_out_in_one_write() -> None:
    assert gathered(b"head", b"", b"body") == [b"headbody"]


def test_what_was_written_goes_out_before_the_connection_is_closed() -> None:
    assert gathered(b"head", b"body", close=True) == [b"headbody", "closed"]


def test_nothing_is_written_to_a_connection_that_has_gone() -> None:
    assert gathered(b"head", b"body", lost=True) == []


def test_in_all_else_the_transport_is_the_one_given() -> None:
    async def asked() -> Any:
        return Gathering(Sink()).get_extra_info("peername")

    assert asyncio.run(asked()) == "PEERNAME"


def test_requests_that_come_at_once_are_answered_whole_and_in_order(address: tuple[str, int]) -> None:
    lines = [b"GET /first HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n"]
    lines += [b"GET /third HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /last HTTP/1.1\r\nHost: x\r\n\r\n"]
    with socket.create_connection(address) as connection:
        connection.sendall(b"".join(lines))
        answer = b"".join(iter(lambda: connection.recv(1 << 16), b""))
    bodies = [part.partition(b"\r\n\r\n")[2] for part in answer.split(b"HTTP/1.1 200 OK\r\n")[1:]]
    assert bodies == [b"/first", LARGE, b"/third", b"/last"]


def test_who_goes_away_in_the_middle_disturbs_nobody(address: tuple[str, int]) -> None:
    for _ in range(20):
        with socket.create_connection(address) as connection:
            connection.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
    with socket.create_connection(address) as connection:
        connection.sendall(b"GET /last HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(1 << 16), b""))
    assert answer.endswith(b"\r\n\r\n/last")
