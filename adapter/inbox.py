"""Which files of a folder are ready to be taken in, and where do they go?

    folder/            what is written here is taken up once it has stopped growing
    folder/working/    what somebody is at; what its process left behind when it was killed is taken up again
    folder/done/       what was read to its end, with a report beside it
    folder/failed/     what was not, with a report that says why

A file is somebody's from before it leaves the folder until it has come to its end, so that any number may watch one
folder. A name that begins with a dot or ends in .part or .tmp is still being written.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from adapter.claim import Claim, claim

_UNFINISHED = (".part", ".tmp")
_LONGEST_NAME = 120
_Look = tuple[int, int, int]


@dataclass
class Inbox:
    """A folder that is watched."""

    folder: Path
    _seen: dict[str, _Look] = field(default_factory=dict)

    def prepare(self) -> None:
        """Make the folders where there are none."""
        for place in (self.folder, self._place("working"), self._place("done"), self._place("failed")):
            place.mkdir(exist_ok=True)

    def look(self) -> list[Path]:
        """Look at what is there; give what has not changed since the look before, oldest first."""
        found = {path: _look(path) for path in self.folder.iterdir() if _is_meant(path)}
        before, self._seen = self._seen, {path.name: look for path, look in found.items() if look}
        steady = [path for path, look in found.items() if look is not None and before.get(path.name) == look]
        return sorted(steady, key=lambda path: (self._seen[path.name][1], path.name))

    def take(self, path: Path, now: datetime) -> Claim | None:
        """Make a file this process's own; none where somebody else was first."""
        held = claim(path)
        if held is not None:
            stamp = f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"
            held.move(self._place("working") / f"{stamp}-{path.name[-_LONGEST_NAME:]}")
        return held

    def left_behind(self) -> Iterator[Claim]:
        """Claim what somebody was at when they were killed."""
        for path in sorted(self._place("working").iterdir()):
            held = claim(path) if _is_meant(path) else None
            if held is not None:
                yield held

    def end(self, held: Claim, outcome: str, report: Mapping[str, Any]) -> Path:
        """Put a file where it belongs, with its report beside it: the report first, so that none is without."""
        goal = self._place(outcome) / held.path.name
        writing = self._place("working") / f".{held.path.name}.tmp"
        writing.write_bytes(orjson.dumps(report, option=orjson.OPT_INDENT_2))
        os.replace(writing, goal.with_name(f"{goal.name}.json"))
        held.move(goal)
        held.let_go()
        return goal

    def _place(self, name: str) -> Path:
        return self.folder / name


def called(held: Claim) -> str:
    """What its sender called a file, in what any database can hold."""
    return held.path.name.split("-", 2)[-1].encode("utf-8", "replace").decode()


def _is_meant(path: Path) -> bool:
    unfinished = path.name.startswith(".") or path.name.lower().endswith(_UNFINISHED)
    return not unfinished and path.is_file() and not path.is_symlink()


def _look(path: Path) -> _Look | None:
    try:
        now = path.lstat()
    except OSError:
        return None
    return now.st_size, now.st_mtime_ns, now.st_ino
