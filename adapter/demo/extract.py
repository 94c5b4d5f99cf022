"""How does the invented council's case system write its people into a file?

Layout `case-xml`. A person is written and forgotten, so memory does not grow with the file.
The trailer's `sha256` is that of every byte before the trailer's first.
The layout is ours; mappings/README.md shows it whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import BinaryIO

from lxml import etree

from adapter.demo.dirt import Dirt, soiled
from adapter.demo.invented import Invented
from adapter.demo.person_xml import person_xml

_NAMESPACE = "urn:asc-fhir:case-extract:1"
# After every so many people one record that a real extract would hold too.
_DIRTY_EVERY = 33


@dataclass(frozen=True, slots=True)
class Written:
    """How many persons the file holds, the dirty ones included, and how many of these there are of each kind."""

    persons: int
    dirty: Mapping[Dirt, int]


def write_extract(
    stream: BinaryIO,
    people: Iterable[Invented],
    *,
    council: str,
    created: datetime,
    extract_id: str,
    sequence: int,
    dirty: bool = True,
) -> Written:
    """Write a whole file; a dirty one holds every kind of dirt, unless there is nobody to soil."""
    writing = _Writing(stream)
    writing.head(council=council, created=created.isoformat(), extractId=extract_id, sequence=str(sequence))
    person = None
    for nth, person in enumerate(people, 1):
        writing.person(person_xml(person))
        if dirty and nth % _DIRTY_EVERY == 0:
            writing.dirt(person)
    while dirty and person is not None and len(writing.dirty) < len(Dirt):
        writing.dirt(person)
    return writing.trailer()


class _Writing:
    """One file as it is written: what went into it, and the digest of its bytes."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._digest = sha256()
        self._persons = 0
        self.dirty: Counter[Dirt] = Counter()

    def head(self, **attributes: str) -> None:
        header = etree.Element("Header", {"system": "other", "systemVersion": "demo", "mode": "full"} | attributes)
        self._write(f'<?xml version="1.0" encoding="UTF-8"?>\n<CaseExtract xmlns="{_NAMESPACE}">\n'.encode())
        self._write(etree.tostring(header) + b"\n")

    def person(self, element: etree._Element) -> None:
        # Written without a namespace, it takes the one of the element that it is written into.
        self._write(etree.tostring(element, encoding="UTF-8", pretty_print=True))
        self._persons += 1

    def dirt(self, person: Invented) -> None:
        total = self.dirty.total()
        kind = tuple(Dirt)[total % len(Dirt)]
        self.person(soiled(kind, person, nth=total + 1))
        self.dirty[kind] += 1

    def trailer(self) -> Written:
        trailer = etree.Element("Trailer", {"persons": str(self._persons), "sha256": self._digest.hexdigest()})
        self._stream.write(etree.tostring(trailer) + b"\n</CaseExtract>\n")
        return Written(self._persons, dict(self.dirty))

    def _write(self, written: bytes) -> None:
        self._digest.update(written)
        self._stream.write(written)
