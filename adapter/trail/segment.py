"""How is one stretch of the trail written so that a change shows?

One file for each process that writes, each line a SHA-256 over the line before it and its own record. A segment is
never written to again after a failure or a restart: a new one begins, and names the head of the one it follows.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

SUFFIX = ".trail"
# A write to such a file returns once the disk has it: one call where fdatasync would make it two.
_DURABLE: int = getattr(os, "O_DSYNC", 0)
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | _DURABLE
Event = Mapping[str, Any]


class TrailError(Exception):
    """The trail cannot be written; nothing may be released."""


class Segment:
    """One process's file of the trail."""

    def __init__(self, folder: Path, node: str) -> None:
        self.folder = folder
        self.node = node
        self._file: int | None = None
        self.name = ""
        self.head = ""

    @property
    def open(self) -> bool:
        """Whether the next event needs no new segment."""
        return self._file is not None

    def lines(self, events: Sequence[Event]) -> tuple[bytes, str]:
        """The lines of events, and the hash of the last; nothing is written yet."""
        lines, head = [], self.head
        for event in events:
            record = orjson.dumps(event)
            head = link(head, record)
            lines.append(b"%b %b\n" % (head.encode(), record))
        return b"".join(lines), head

    def append(self, events: Sequence[Event]) -> None:
        """Write events so that they survive a loss of power; raise TrailError where they would not."""
        try:
            if self._file is None:
                self._begin()
        except OSError as fault:
            self.close()
            raise _unwritten(fault) from fault
        self.commit(*self.lines(events))

    def commit(self, lines: bytes, head: str) -> None:
        """Write lines so that they survive a loss of power; raise TrailError where they would not."""
        try:
            self._write(lines)
        except OSError as fault:
            self.close()
            raise _unwritten(fault) from fault
        self.head = head

    def close(self) -> None:
        """End the segment; the next event begins another."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _begin(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        began = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
        follows = self._newest()
        self.name = f"{self.node}-{began}-{os.getpid()}-{secrets.token_hex(3)}{SUFFIX}"
        self._file = os.open(self.folder / self.name, _FLAGS, 0o600)
        self.head = ""
        opening = {"kind": "segment", "name": self.name, "follows": follows}
        lines, head = self.lines([opening])
        try:
            self._write(lines)
            self._sync_folder()
        except OSError:
            # Nobody was answered on the strength of it; a disk that stays full is not littered.
            (self.folder / self.name).unlink()
            raise
        self.head = head

    def _write(self, data: bytes) -> None:
        file = self._file
        if file is None:
            raise OSError(0, "no segment is open")
        while data:
            data = data[os.write(file, data) :]
        if not _DURABLE:
            os.fsync(file)

    def _newest(self) -> dict[str, str] | None:
        names = sorted(path.name for path in self.folder.glob(f"{self.node}-*{SUFFIX}"))
        for name in reversed(names):
            head = last_hash(self.folder / name)
            if head:
                return {"name": name, "head": head}
        return None

    def _sync_folder(self) -> None:
        handle = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _unwritten(fault: OSError) -> TrailError:
    return TrailError(f"the trail cannot be written: {fault.strerror}")


def link(head: str, record: bytes) -> str:
    """The hash that ties a record to everything before it."""
    return hashlib.sha256(head.encode() + b" " + record).hexdigest()


def last_hash(path: Path) -> str:
    """The hash of a segment's last whole line; empty where there is none."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - (1 << 20)))
        lines = file.read().split(b"\n")[:-1]
    return lines[-1].split(b" ", 1)[0].decode("ascii", "replace") if lines else ""
