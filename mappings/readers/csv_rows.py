"""Which rows does a CSV file hold?

Strictly: a quote that stands alone, a field without end and a NUL byte make a row unreadable, and never an exception.
After an unreadable row the next line is tried as a row of its own, so that one stray quote costs one row.
A row knows the line that it begins in, whatever line breaks its fields hold.

CSV: https://www.rfc-editor.org/rfc/rfc4180 ; the parser: https://docs.python.org/3/library/csv.html
"""

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from mappings.problems import Problem
from mappings.readers.csv_lines import Lines
from mappings.readers.xml import StoppedError

# A field with more line breaks is a quote that was never closed.
_MOST_LINES = 1000
# So many unreadable rows are no accident.
_MOST_UNREADABLE = 1000
# Each is tried again from its second line, and a hostile file would have everything tried a thousand times.
_MOST_TRIED_AGAIN = 64 << 20


@dataclass(frozen=True, slots=True, repr=False)
class Row:
    line: int
    # Bytes as text: each letter is one byte. The encoding is known after the last row.
    cells: list[str]


class _EndlessError(Exception):
    """A row goes on for too long."""


class Rows:
    def __init__(self, name: str, lines: Lines, delimiter: str, longest: int) -> None:
        self._name = name
        self._source = iter(lines)
        self._delimiter = delimiter
        self._again: deque[str] = deque()
        self._longest = longest
        self._taken: list[str] = []
        self._size = 0
        self._tried_again = 0
        self._line = 0
        self._nul = False
        self.unreadable = 0

    def __iter__(self) -> Iterator[Row | Problem]:
        reader = self._reader()
        while True:
            begun = self._line + 1
            self._taken.clear()
            self._size = 0
            self._nul = False
            try:
                cells = next(reader)
            except StopIteration:
                return
            except (csv.Error, _EndlessError):
                self._try_again(begun)
                reader = self._reader()
                yield self._refused(begun, "is not CSV: a quote is not closed or stands alone, or a field is too long")
                continue
            if self._nul:
                yield self._refused(begun, "holds a NUL byte")
            elif cells:
                yield Row(begun, cells)

    def lines(self) -> Iterator[str]:
        """The physical lines, for the parser."""
        while True:
            if self._again:
                line = self._again.popleft()
            else:
                raw = next(self._source, None)
                if raw is None:
                    return
                line = raw.decode("latin-1")
            self._line += 1
            self._taken.append(line)
            self._size += len(line)
            if len(self._taken) > _MOST_LINES or self._size > self._longest:
                raise _EndlessError
            if "\0" in line:
                self._nul = True
            yield line

    def _try_again(self, begun: int) -> None:
        self._line = begun
        self._again.extendleft(reversed(self._taken[1:]))
        self._tried_again += self._size
        if self._tried_again > _MOST_TRIED_AGAIN:
            raise StoppedError(begun, "file", "holds quotes that are never closed; is it a CSV file?")

    def _reader(self) -> Iterator[list[str]]:
        return csv.reader(self.lines(), delimiter=self._delimiter, strict=True)

    def _refused(self, line: int, reason: str) -> Problem:
        self.unreadable += 1
        if self.unreadable > _MOST_UNREADABLE:
            raise StoppedError(line, "file", f"holds more than {_MOST_UNREADABLE} rows that cannot be read")
        return Problem(self._name, line, "row", f"{reason}; the row is not read", "quarantined")
