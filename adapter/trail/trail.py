"""How does a server write the trail without waiting for each answer's disk?

Group commit: what arrives while the disk is busy is written together, with one fdatasync, by a thread of its own.
Each answer still waits for its own record.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from adapter.trail.segment import Event, Segment, TrailError

Waiting = list[tuple[Event, "asyncio.Future[None]"]]


class Trail:
    """One event loop's trail."""

    def __init__(self, folder: Path, node: str) -> None:
        self._segment = Segment(folder, node)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="trail")
        self._waiting: Waiting = []
        self._writing = False

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
            loop.call_soon(self._begin, loop)
        return written

    def close(self) -> None:
        """End the segment."""
        self._thread.shutdown(wait=True)
        self._segment.close()

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        batch, self._waiting = self._waiting, []
        self._thread.submit(self._write, loop, batch)

    def _write(self, loop: asyncio.AbstractEventLoop, batch: Waiting) -> None:
        fault: TrailError | None = None
        try:
            self._segment.append([event for event, _ in batch])
        except TrailError as raised:
            fault = raised
        except Exception as raised:
            fault = TrailError("the trail cannot be written")
            fault.__cause__ = raised
        loop.call_soon_threadsafe(self._ended, loop, batch, fault)

    def _ended(self, loop: asyncio.AbstractEventLoop, batch: Waiting, fault: TrailError | None) -> None:
        if self._waiting:
            self._begin(loop)
        else:
            self._writing = False
        for _, written in batch:
            if written.cancelled():
                continue
            if fault is None:
                written.set_result(None)
            else:
                written.set_exception(fault)
