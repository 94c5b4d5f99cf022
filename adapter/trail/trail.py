"""How does a server write the trail without waiting for each answer's disk?

Group commit: what arrives while the disk is busy is written together, with one fdatasync, by a thread of its own.
Under load a batch waits a moment for company, which costs an answer less than another write would. Each answer still
waits for its own record.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any

from adapter.trail.segment import Event, Segment, TrailError

# How long a batch waits for company, and after how large a one it is worth while.
_MOMENT_SECONDS = 0.001
_MANY = 16

Waiting = list[tuple[Event, "asyncio.Future[None]"]]


class Trail:
    """One event loop's trail."""

    def __init__(self, folder: Path, node: str) -> None:
        self._segment = Segment(folder, node)
        # A thread with as little to do as may be: whatever else it did, it would do instead of answering.
        self._writes: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._thread: Thread | None = None
        self._waiting: Waiting = []
        self._writing = False
        self._last = 0

    @property
    def head(self) -> str:
        """The hash of the newest durable record."""
        return self._segment.head

    def record(self, event: Event) -> asyncio.Future[None]:
        """Await the answer's record; raises TrailError where it cannot be made durable."""
        loop = asyncio.get_running_loop()
        written = loop.create_future()
        self._waiting.append((event, written))
        if not self._writing:
            self._writing = True
            self._soon(loop)
        return written

    def close(self) -> None:
        """End the segment."""
        if self._thread is not None:
            self._writes.put(None)
            self._thread.join()
            self._thread = None
        self._segment.close()

    def _soon(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._last >= _MANY:
            loop.call_later(_MOMENT_SECONDS, self._begin, loop)
        else:
            loop.call_soon(self._begin, loop)

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        batch, self._waiting = self._waiting, []
        events = [event for event, _ in batch]
        if not self._segment.open:
            self._submit(partial(self._write, loop, batch, self._segment.append, events))
            return
        # The lines are made here, so that the thread has little to do but wait for the disk.
        try:
            lines = self._segment.lines(events)
        except TypeError as raised:
            self._ended(loop, batch, _cannot(raised))
        else:
            self._submit(partial(self._write, loop, batch, self._segment.commit, *lines))

    def _submit(self, write: Callable[[], None]) -> None:
        if self._thread is None:
            self._thread = Thread(target=self._work, name="trail", daemon=True)
            self._thread.start()
        self._writes.put(write)

    def _work(self) -> None:
        while (write := self._writes.get()) is not None:
            write()

    def _write(self, loop: asyncio.AbstractEventLoop, batch: Waiting, write: Callable[..., None], *what: Any) -> None:
        fault: TrailError | None = None
        try:
            write(*what)
        except TrailError as raised:
            fault = raised
        except Exception as raised:
            fault = _cannot(raised)
        loop.call_soon_threadsafe(self._ended, loop, batch, fault)

    def _ended(self, loop: asyncio.AbstractEventLoop, batch: Waiting, fault: TrailError | None) -> None:
        self._last = len(batch)
        if self._waiting:
            self._soon(loop)
        else:
            self._writing = False
        for _, written in batch:
            if written.cancelled():
                continue
            if fault is None:
                written.set_result(None)
            else:
                written.set_exception(fault)


def _cannot(raised: Exception) -> TrailError:
    fault = TrailError("the trail cannot be written")
    fault.__cause__ = raised
    return fault
