"""What did the council's file hold, before anybody says what it means?

Every layout is read into the same nodes, so that one mapping engine serves them all.
How a file is laid out is not content: white space is collapsed, and the digest ignores the order of attributes.
A node holds a person's data: none of these types shows content in its `repr`.

The layouts are specified in mappings/README.md.
"""

import json
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Literal

from mappings.problems import Problem

Operation = Literal["upsert", "merge", "delete"]
Mode = Literal["full", "delta"]


# Not frozen: a hundred nodes are made for each person, and a frozen one takes three times as long to make.
@dataclass(slots=True, repr=False)
class Node:
    """One element of a case record: an XML element today, a JSON object or a CSV row later."""

    name: str
    line: int
    text: str | None = None
    attributes: dict[str, str] = field(default_factory=dict)
    children: list["Node"] = field(default_factory=list)
    # Where it stands in the words of its file, for a layout whose lines do not tell: `[3].person.address`.
    path: str | None = None

    def place(self, attribute: str | None) -> str:
        """What a problem calls this node, or an attribute of it."""
        if self.path is not None:
            return ".".join(part for part in (self.path, attribute) if part) or self.name
        return f"{self.name}@{attribute}" if attribute else self.name


@dataclass(frozen=True)
class Header:
    council: str
    system: str | None
    system_version: str | None
    extract_id: str | None
    created: str | None
    mode: Mode
    sequence: int | None
    line: int
    # The first and the last day that the extract speaks of, where it speaks of some: who is absent is so only then.
    window: tuple[str, str] | None = None
    # In which encoding the file was read.
    encoding: str | None = None


@dataclass(frozen=True, repr=False)
class CaseRecord:
    local_id: str
    operation: Operation
    line: int
    root: Node
    digest: str
    # Whose record this one has become part of, when it was merged.
    merged_into: str | None = None
    # The record's own place in the order of what its source sends, where each record has one.
    sequence: int | None = None
    # Which part of the person it speaks of alone; "" is the whole person.
    feed: str = ""
    # What the reader found wrong in it: one that quarantines keeps it out, yet what it marks and objects to is heard.
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Trailer:
    """Yielded only when the whole file was read and the number of persons is the one it states."""

    persons: int | None
    sha256: str | None
    line: int


Item = Header | CaseRecord | Trailer


def plain(text: str) -> str:
    return " ".join(text.split())


def digest(root: Node) -> str:
    """The same for the same content, however the file is laid out."""
    canonical = json.dumps(_canonical(root), ensure_ascii=False, separators=(",", ":"))
    return sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()


def _canonical(node: Node) -> list[object]:
    return [
        node.name,
        node.text,
        sorted(node.attributes.items()),
        [_canonical(child) for child in node.children],
    ]
