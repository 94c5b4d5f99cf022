"""Is the trail whole?

Recomputes every segment's chain and looks up the head that each segment says it follows. A last line that was torn
by a loss of power is a finding of its own: what it spoke of was never released.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from adapter.trail.segment import SUFFIX, link


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it was written, with its place."""

    segment: str
    line: int
    fault: str
    broken: bool = True


def read(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield every event of the trail, oldest segment first, with its place under `segment` and `line`."""
    for path in segments(folder):
        for number, raw in enumerate(path.read_bytes().split(b"\n"), 1):
            _, space, record = raw.partition(b" ")
            if space:
                try:
                    yield {"segment": path.name, "line": number} | orjson.loads(record)
                except orjson.JSONDecodeError:
                    # A torn or altered line is verify's to report.
                    continue


def verify(folder: Path) -> tuple[int, list[Finding]]:
    """Check the whole trail; give the number of whole records and everything that is wrong."""
    findings: list[Finding] = []
    heads: dict[str, set[str]] = {}
    follows: list[tuple[str, dict[str, str]]] = []
    count = 0
    for path in segments(folder):
        known = heads.setdefault(path.name, set())
        for line, head, record, finding in _lines(path):
            if finding is not None:
                findings.append(finding)
                continue
            known.add(head)
            count += 1
            if line == 1 and record.get("name") != path.name:
                findings.append(Finding(path.name, line, "the segment is not the one that its first line names"))
            elif line == 1 and record["follows"]:
                follows.append((path.name, record["follows"]))
    for name, before in follows:
        if before["head"] not in heads.get(before["name"], set()):
            findings.append(Finding(name, 1, f"follows {before['name']}, which is missing or was cut"))
    return count, findings


def segments(folder: Path) -> list[Path]:
    """The trail's files, oldest first."""
    return sorted(folder.glob(f"*{SUFFIX}"), key=_began)


def _began(path: Path) -> str:
    """When a segment began, as its name says; a file that is none comes first."""
    parts = path.name.rsplit("-", 3)
    return parts[1] if len(parts) == 4 else ""


def _lines(path: Path) -> Iterator[tuple[int, str, dict[str, Any], Finding | None]]:
    head = ""
    raws = path.read_bytes().split(b"\n")
    for number, raw in enumerate(raws, 1):
        last = number == len(raws)
        if last and not raw:
            return
        said, _, record = raw.partition(b" ")
        if last:
            yield number, "", {}, Finding(path.name, number, "the last line was torn", broken=False)
        elif said.decode("ascii", "replace") != (head := link(head, record)):
            yield number, "", {}, Finding(path.name, number, "the record or one before it was changed")
            head = said.decode("ascii", "replace")
        else:
            yield number, head, orjson.loads(record), None
