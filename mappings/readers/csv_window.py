"""Of which days does a CSV file speak?

The stated period is often longer than what the file holds: it counts only as far as events begin or end in it.
Rows that state different periods, or none that can be read, state none: then nobody's absence says anything.

The national rule: https://github.com/DataS-DHSC/ASC-CLD-LA-Dashboard
"""

from mappings.readers.csv_columns import Columns
from mappings.readers.csv_layout import Csv, iso
from mappings.readers.csv_lines import as_text
from mappings.readers.csv_rows import Row

# One is a period; the second already is a contradiction.
_PERIODS = 2


class Window:
    def __init__(self, layout: Csv, columns: Columns) -> None:
        self._formats = layout.formats
        self._places = columns.window
        end, start = layout.latest or ("", "")
        self._ends = _place(columns, end)
        self._starts = _place(columns, start)
        self._periods: set[tuple[str | None, str | None]] = set()
        self._first_end: str | None = None
        self._last: str | None = None

    def add(self, row: Row) -> None:
        if self._places is None:
            return
        begins, ends = (self._day(row, place) for place in self._places)
        if len(self._periods) < _PERIODS:
            self._periods.add((begins, ends))
        # What is planned for after the period says nothing of how far the file reaches.
        start, end = (self._day(row, place, ends) for place in (self._starts, self._ends))
        if end is not None:
            self._first_end = min(self._first_end or end, end)
        for day in (start, end):
            if day is not None:
                self._last = max(self._last or day, day)

    @property
    def days(self) -> tuple[str, str] | None:
        if len(self._periods) != 1:
            return None
        ((begins, ends),) = self._periods
        if begins is None or ends is None or self._last is None:
            return None
        first, last = max(begins, self._first_end or begins), min(ends, self._last)
        return (first, last) if first <= last else None

    def _day(self, row: Row, place: int | None, latest: str | None = None) -> str | None:
        day = None if place is None else iso(as_text(row.cells[place]), self._formats)
        return None if day is None or (latest is not None and day > latest) else day


def _place(columns: Columns, attribute: str) -> int | None:
    if attribute not in columns.attributes:
        return None
    return columns.places[columns.attributes.index(attribute)]
