"""Which case records does a `case-xml` file hold?

The file is a stream: a person is yielded when its element ends and is then forgotten, so memory does not grow.
Whatever cannot be read becomes a problem, and never an exception; everything read before it has been yielded.
No document type, no entity, nothing from the net: a file that brings one is stopped before its content is read.
The trailer is yielded last, and only by a file that was read to its end and is what the trailer says it is.

XML: https://www.w3.org/TR/xml/ ; the layout: mappings/README.md
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from typing import BinaryIO

from lxml import etree

from mappings.problems import Problem
from mappings.readers import envelope, xml
from mappings.readers.caps import CAPS, Caps
from mappings.readers.persons import Persons
from mappings.readers.seal import Seal
from mappings.record import Header, Item, Trailer

NAMESPACE = "urn:asc-fhir:case-extract:1"
ROOT = "CaseExtract"


def read(stream: BinaryIO, name: str, *, caps: Caps = CAPS) -> Iterator[Item | Problem]:
    reading = _Reading(name, caps)
    try:
        yield from reading.items(stream)
    except xml.StoppedError as stopped:
        yield Problem(name, stopped.line, stopped.field, stopped.reason, "stopped", stopped.value)


class _Reading:
    """One way through one file."""

    def __init__(self, name: str, caps: Caps) -> None:
        self._name = name
        self._caps = caps
        self._persons = Persons(name, caps, f"{{{NAMESPACE}}}")
        self._seal = Seal()
        self._header: Header | None = None
        self._trailer: Trailer | None = None
        self._tags = {part: f"{{{NAMESPACE}}}{part}" for part in ("Header", "Person", "Trailer")}

    def items(self, stream: BinaryIO) -> Iterator[Item | Problem]:
        chunks = xml.chunks(stream, self._caps.file_bytes)
        head = xml.prolog(chunks, f"{{{NAMESPACE}}}{ROOT}")
        parser = xml.parser("end", tuple(self._tags.values()))
        unfinished, lines = 0, 1
        for chunk in chain([head], chunks):
            fault = xml.feed(parser, chunk)
            self._seal.add(chunk)
            unfinished += len(chunk)
            lines += chunk.count(b"\n")
            for element in xml.elements(parser):
                yield from self._item(element)
                unfinished = 0
            if fault is not None:
                raise fault
            if unfinished > self._caps.person_bytes:
                raise xml.StoppedError(lines, "Person", f"is larger than {self._caps.person_bytes} bytes")
        root = xml.close(parser, lines)
        yield from self._persons.strangers(root, None)
        yield from self._end(root)

    def _item(self, element: etree._Element) -> Iterator[Item | Problem]:
        root = element.getparent()
        if root is None or root.getparent() is not None:
            return
        if element.tag == self._tags["Person"]:
            if self._header is None:
                raise xml.StoppedError(xml.line(element), "Person", "stands before the Header; put the Header first")
            yield from self._persons.read(element)
        elif element.tag == self._tags["Header"]:
            yield from self._read_header(element)
        else:
            yield from self._read_trailer(element)
        yield from self._persons.strangers(root, element)

    def _read_header(self, element: etree._Element) -> Iterator[Item | Problem]:
        if self._header is not None:
            yield self._ignored(element, "Header", "stands twice; the first one counts")
            return
        problems: list[Problem] = []
        self._header = replace(
            envelope.header(self._name, element, problems), encoding=element.getroottree().docinfo.encoding
        )
        yield from problems
        yield self._header

    def _read_trailer(self, element: etree._Element) -> Iterator[Problem]:
        if self._trailer is not None:
            yield self._ignored(element, "Trailer", "stands twice; the first one counts")
            return
        problems: list[Problem] = []
        self._trailer = envelope.trailer(self._name, element, problems)
        yield from problems

    def _end(self, root: etree._Element) -> Iterator[Item | Problem]:
        if self._header is None:
            raise xml.StoppedError(xml.line(root), "Header", "is missing; nothing says whose extract this is")
        if self._trailer is None:
            yield self._ignored(root, "Trailer", "is missing; nothing says whether the file is whole")
            return
        stated, found = self._trailer.persons, self._persons.found
        if stated is not None and stated != found:
            reason = f"does not match: the file holds {found} persons; send the whole file again"
            raise xml.StoppedError(self._trailer.line, "Trailer@persons", reason, str(stated))
        if (sum := self._trailer.sha256) is not None and sum.lower() != self._seal.before_trailer:
            reason = "is not that of the bytes before the Trailer; send the whole file again"
            raise xml.StoppedError(self._trailer.line, "Trailer@sha256", reason, sum)
        yield self._trailer

    def _ignored(self, element: etree._Element, field: str, reason: str) -> Problem:
        return Problem(self._name, xml.line(element), field, reason, "ignored")
