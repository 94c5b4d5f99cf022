"""Who stands in the rows of a CSV file?

The rows of one person may stand anywhere, so all are kept until the last is read, each as one string of bytes.
A person with more rows than a person may have is quarantined, and the rest of the file goes on.

The layouts are specified in mappings/README.md.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mappings import values
from mappings.problems import Problem
from mappings.readers.caps import Caps
from mappings.readers.csv_columns import Columns
from mappings.readers.csv_layout import Csv
from mappings.readers.csv_lines import as_text
from mappings.readers.csv_person import PART, Person
from mappings.readers.csv_rows import Row
from mappings.readers.xml import StoppedError
from mappings.record import CaseRecord

# What a row and a person cost beside their bytes.
_OVERHEAD = 100


@dataclass(slots=True)
class _Held:
    rows: list[bytes]
    size: int = 0
    refused: Problem | None = None


class Persons:
    def __init__(self, file: str, layout: Csv, columns: Columns, caps: Caps) -> None:
        self._file = file
        self._layout = layout
        self._columns = columns
        self._caps = caps
        self._id = columns.places[columns.attributes.index(layout.id)]
        self._held: dict[str, _Held] = {}
        self._size = 0

    def add(self, row: Row) -> Problem | None:
        local_id = as_text(row.cells[self._id])
        if not local_id or values.text(local_id) is values.PLACEHOLDER:
            header = self._layout.person[self._layout.id]
            reason = "is missing; give every row the local id of its person"
            return Problem(self._file, row.line, header, reason, "quarantined", local_id or None)
        held = self._held.get(local_id)
        if held is None:
            held = self._held[local_id] = _Held([])
            self._grow(row, _OVERHEAD + len(local_id))
        if held.refused is None:
            self._keep(local_id, held, row)
        return None

    def refuse(self, row: Row, attribute: str, reason: str) -> None:
        """Read nothing of the person of this row."""
        local_id = as_text(row.cells[self._id])
        self._refuse(local_id, self._held[local_id], row.line, f"Person@{attribute}", reason)

    def read(self, decode: Callable[[bytes], str | None]) -> Iterator[CaseRecord | Problem]:
        """Every person once, and forgotten."""
        for local_id in list(self._held):
            held = self._held.pop(local_id)
            if held.refused is not None:
                yield held.refused
            else:
                yield from Person(self._file, self._layout, self._columns, local_id).read(held.rows, decode)

    def _keep(self, local_id: str, held: _Held, row: Row) -> None:
        cells = row.cells
        packed = PART.join([str(row.line), *[cells[place] for place in self._columns.places]]).encode("latin-1")
        held.rows.append(packed)
        held.size += len(packed)
        self._grow(row, len(packed) + _OVERHEAD)
        if any(as_text(cells[one]) != as_text(cells[other]) for one, other in self._columns.twins):
            reason = "has two columns of one name that differ; remove one of them"
            self._refuse(local_id, held, row.line, "Person", reason)
        elif held.size > self._caps.person_bytes or len(held.rows) > self._caps.elements:
            self._refuse(local_id, held, row.line, "Person", "has more rows than a person may have")

    def _grow(self, row: Row, more: int) -> None:
        self._size += more
        if self._size > self._caps.held_bytes:
            reason = f"holds more than {self._caps.held_bytes} bytes of rows; send it in parts, each person whole"
            raise StoppedError(row.line, "file", reason)

    def _refuse(self, local_id: str, held: _Held, line: int, field: str, reason: str) -> None:
        held.refused = Problem(self._file, line, field, reason, "quarantined", None, local_id)
        held.rows.clear()
