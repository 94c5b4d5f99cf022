"""What does one Person element hold, and can it be told from the others?

A person without a local id, or with one that this file has used already, is quarantined; the rest goes on.
A name that the layout does not know is reported once in a file, with the first place where it stood.

The layout is ours; mappings/README.md shows it whole.
"""

from collections.abc import Iterator
from hashlib import blake2b
from typing import get_args

from lxml import etree

from mappings.problems import Problem, shorten
from mappings.readers import xml
from mappings.readers.caps import Caps
from mappings.readers.vocabulary import CASE_XML, Known
from mappings.record import CaseRecord, Node, Operation, digest, plain

# What case systems write where there is no person.
_NOBODY = {"", "-1", "0"}
_OPERATIONS: dict[str, Operation] = {operation: operation for operation in get_args(Operation)}

# A hostile file could invent a name for every element; the report stays short.
_REPORTED_NAMES = 200
# These describe the XML itself; they belong to no layout.
_XML_ITSELF = ("{http://www.w3.org/XML/1998/namespace}", "{http://www.w3.org/2001/XMLSchema-instance}")


class _ExcessError(Exception):
    """A person passed a cap."""


class Persons:
    def __init__(self, file: str, caps: Caps, namespace: str) -> None:
        self._file = file
        self._caps = caps
        self._namespace = namespace
        # Sixteen bytes an id: a quarter of a million persons are remembered in 20 MB.
        self._seen: set[bytes] = set()
        self._reported: set[str] = set()
        self._unknown: list[Problem] = []
        self._room = 0
        self.found = 0

    def read(self, element: etree._Element) -> Iterator[CaseRecord | Problem]:
        self.found += 1
        self._room = self._caps.elements
        try:
            root = self._node(element, "Person", CASE_XML["Person"], 1)
        except _ExcessError as excess:
            root = None
            yield self._quarantined(xml.line(element), "Person", str(excess), None)
        yield from self._unknown
        self._unknown.clear()
        if root is not None:
            yield self._admit(root)

    def strangers(self, root: etree._Element, until: etree._Element | None) -> Iterator[Problem]:
        """Forget what stands before `until`, and report what is no part of an extract."""
        while len(root) and (first := root[0]) is not until:
            name = self._name(str(first.tag))
            if name not in ("Header", "Person", "Trailer"):
                self._report(f"CaseExtract/{name}", xml.line(first))
            del root[0]
        yield from self._unknown
        self._unknown.clear()

    def _admit(self, root: Node) -> CaseRecord | Problem:
        local_id = root.attributes.get("localId", "")
        if local_id in _NOBODY:
            reason = "is missing; give every person a local id"
            return self._quarantined(root.line, "Person@localId", reason, local_id or None)
        fingerprint = blake2b(local_id.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        if fingerprint in self._seen:
            reason = "stands twice in this file; the first one counts"
            return self._quarantined(root.line, "Person@localId", reason, local_id)
        self._seen.add(fingerprint)
        asked = root.attributes.get("operation") or "upsert"
        operation = _OPERATIONS.get(asked.lower())
        if operation is None:
            reason = "is no operation; expected upsert, merge or delete"
            return self._quarantined(root.line, "Person@operation", reason, asked)
        merged_into = root.attributes.get("mergedInto") or None
        return CaseRecord(local_id, operation, root.line, root, digest(root), merged_into)

    def _node(self, element: etree._Element, name: str, known: Known | None, depth: int) -> Node:
        at = xml.line(element)
        self._room -= 1
        if self._room < 0:
            raise _ExcessError(f"holds more than {self._caps.elements} elements")
        if depth > self._caps.depth:
            raise _ExcessError(f"is nested deeper than {self._caps.depth} elements")
        node = Node(name, at, _text(element), self._attributes(element, name, known, at))
        inside = None if known is None else known.children
        for child in element:
            child_name = self._name(str(child.tag))
            if inside is not None and child_name not in inside:
                self._report(f"{name}/{child_name}", xml.line(child))
                node.children.append(self._node(child, child_name, None, depth + 1))
            else:
                below = None if inside is None else CASE_XML[child_name]
                node.children.append(self._node(child, child_name, below, depth + 1))
        return node

    def _attributes(self, element: etree._Element, name: str, known: Known | None, at: int) -> dict[str, str]:
        if len(element.attrib) > self._caps.attributes:
            raise _ExcessError(f"has an element with more than {self._caps.attributes} attributes")
        found = {str(key): plain(str(value)) for key, value in element.attrib.items()}
        if known is not None and known.children is not None and not known.attributes.issuperset(found):
            for key in found:
                if key not in known.attributes and not key.startswith(_XML_ITSELF):
                    self._report(f"{name}@{key}", at)
        return found

    def _name(self, tag: str) -> str:
        return tag.removeprefix(self._namespace)

    def _report(self, field: str, line: int) -> None:
        if field in self._reported or len(self._reported) > _REPORTED_NAMES:
            return
        self._reported.add(field)
        reason = "is not known to the layout; it is not read"
        if len(self._reported) > _REPORTED_NAMES:
            field, reason = "file", f"holds more than {_REPORTED_NAMES} unknown names; no more are listed"
        self._unknown.append(Problem(self._file, line, shorten(field), reason, "ignored"))

    def _quarantined(self, line: int, field: str, reason: str, value: str | None) -> Problem:
        return Problem(self._file, line, field, reason, "quarantined", value)


def _text(element: etree._Element) -> str | None:
    text = element.text or ""
    for child in element:
        if child.tail and not child.tail.isspace():
            text = f"{text} {child.tail}"
    return plain(text) or None
