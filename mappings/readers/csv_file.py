"""Which case records does a CSV file hold?

The file is read to its end before anybody is yielded, for a person's rows may stand anywhere in it.
So a file that is stopped yields nobody, and the header can say what only all rows tell: whose file it is, and of when.
A file says `full` only within a window: all rows name one first and one last day, narrowed to what the events cover.
The trailer states no count; it is yielded when no row was lost, so that silence is never taken from a damaged file.
A register in which somebody cannot be read is no whole register: who is missing from it may be the one who objects.

The layouts are specified in mappings/README.md.
"""

from collections.abc import Iterator
from typing import BinaryIO

from mappings.problems import Problem
from mappings.readers.caps import CAPS, Caps
from mappings.readers.csv_columns import Columns, columns
from mappings.readers.csv_layout import Csv
from mappings.readers.csv_lines import Lines, as_text
from mappings.readers.csv_persons import Persons
from mappings.readers.csv_rows import Row, Rows
from mappings.readers.csv_window import Window
from mappings.readers.xml import StoppedError
from mappings.record import Header, Item, Trailer

# A file of more councils than that is listed no further.
_LISTED = 5


def read(layout: Csv, stream: BinaryIO, name: str, *, caps: Caps = CAPS) -> Iterator[Item | Problem]:
    reading = _Reading(layout, name, caps)
    try:
        yield from reading.items(stream)
    except StoppedError as stopped:
        yield Problem(name, stopped.line, stopped.field, stopped.reason, "stopped", stopped.value)


class _Reading:
    """One way through one file."""

    def __init__(self, layout: Csv, name: str, caps: Caps) -> None:
        self._layout = layout
        self._name = name
        self._caps = caps
        self._councils: dict[str, int] = {}
        self._lost = 0
        self._ragged = False

    def items(self, stream: BinaryIO) -> Iterator[Item | Problem]:
        lines = Lines(stream, self._caps)
        rows = Rows(self._name, lines, self._layout.delimiter, self._caps.person_bytes)
        found: list[Problem] = []
        source = iter(rows)
        first = self._first(source)
        shape = columns(self._name, self._layout, first, found)
        yield from found
        persons = Persons(self._name, self._layout, shape, self._caps)
        window = Window(self._layout, shape)
        for row in source:
            problem = row if isinstance(row, Problem) else self._add(row, shape, persons, window)
            if problem is not None:
                self._lost += problem.effect == "quarantined"
                yield problem
        yield from self._of_the_file(lines)
        yield self._header(lines.encoding, window, first.line)
        for item in persons.read(lines.decode):
            # Where the latest row speaks, contradictions are daily bread; elsewhere they make a file less than whole.
            if isinstance(item, Problem) and item.effect == "quarantined" and self._layout.latest is None:
                self._lost += 1
            yield item
        if not self._lost:
            yield Trailer(None, None, lines.number)

    def _first(self, rows: Iterator[Row | Problem]) -> Row:
        """The row of headers."""
        for row in rows:
            if isinstance(row, Problem):
                raise StoppedError(row.line, "header", "cannot be read; expected a first row of column names")
            if any(as_text(cell) for cell in row.cells):
                return row
        raise StoppedError(0, "file", "is empty")

    def _add(self, row: Row, shape: Columns, persons: Persons, window: Window) -> Problem | None:
        beyond = row.cells[shape.width :]
        if not any(cell.strip() for cell in row.cells):
            return None
        if len(row.cells) < shape.width or any(cell.strip() for cell in beyond):
            reason = f"has {len(row.cells)} cells where the header has {shape.width}; the row is not read"
            return Problem(self._name, row.line, "row", reason, "quarantined")
        problem = persons.add(row)
        if problem is None:
            self._add_council(row, shape, persons)
        window.add(row)
        if problem is None and beyond and not self._ragged:
            self._ragged = True
            reason = "has empty cells beyond the last header; this is said once"
            return Problem(self._name, row.line, "row", reason, "ignored")
        return problem

    def _add_council(self, row: Row, shape: Columns, persons: Persons) -> None:
        attribute = self._layout.council_attribute
        if attribute is None or attribute not in shape.attributes:
            return
        code = as_text(row.cells[shape.places[shape.attributes.index(attribute)]])
        if not code:
            persons.refuse(row, attribute, "is missing; nothing says whose row this is")
        elif len(self._councils) <= _LISTED:
            self._councils.setdefault(code, row.line)

    def _of_the_file(self, lines: Lines) -> Iterator[Problem]:
        if lines.mixed is not None:
            reason = "is in one encoding and the lines before in another; the file is read as Windows-1252"
            yield Problem(self._name, lines.mixed, "line", reason, "ignored")

    def _header(self, encoding: str, window: Window, line: int) -> Header:
        # Who is in a row that was lost is not absent.
        days = None if self._lost else window.days
        return Header(
            council=self._council(line),
            system=None,
            system_version=None,
            extract_id=None,
            created=None,
            mode="full" if days else self._layout.mode,
            sequence=None,
            line=line,
            window=days,
            encoding=encoding,
        )

    def _council(self, line: int) -> str:
        layout = self._layout
        if layout.council_attribute is None or (layout.council_attribute in layout.optional and not self._councils):
            return layout.council
        header = layout.person[layout.council_attribute]
        if not self._councils:
            raise StoppedError(line, header, "stands in no row; nothing says whose file this is")
        if len(self._councils) > 1:
            listed = ", ".join(sorted(self._councils)[:_LISTED])
            raise StoppedError(line, header, "is not one and the same; send a file for each council", listed)
        (code,) = self._councils
        return layout.councils.get(code, code)
