"""What do the rows of one person say of them together?

Where a row can be the latest, the person is as the latest row says that knows it: what is open counts as latest,
then what began last, and what is known comes before what is not. Else no two rows may say different things of them.
A person whose rows contradict each other is quarantined.
The same rows say the same in whatever order they stand, and a row that stands twice says nothing more.

The national rule: https://github.com/DataS-DHSC/ASC-CLD-LA-Dashboard
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from mappings import values
from mappings.problems import Problem
from mappings.readers.csv_columns import Columns
from mappings.readers.csv_layout import Csv, iso
from mappings.record import CaseRecord, Node, digest, plain

# Between the cells of a row that is kept: no cell holds one.
PART = "\0"

_OPEN = "9999-99-99"
_UNKNOWN = ("unknown", "not known", "no data", "undeclared")


class _Said(NamedTuple):
    """One row of a person: how late it is, what it says, and its line."""

    end: str
    start: str
    cells: tuple[str, ...]
    line: int

    @property
    def rank(self) -> tuple[str, str]:
        return self.end, self.start


@dataclass(frozen=True, repr=False)
class Person:
    _file: str
    _layout: Csv
    _columns: Columns
    _local_id: str

    def read(self, rows: list[bytes], decode: Callable[[bytes], str | None]) -> Iterator[CaseRecord | Problem]:
        said, problems = self._said(rows, decode)
        yield from problems
        if not said:
            return
        root = Node("Person", said[0].line)
        yield from (faults := self._describe(root, said))
        if any(fault.effect == "quarantined" for fault in faults):
            return
        for row in said:
            attributes = self._attributes(row)
            if attributes:
                root.children.append(Node(self._layout.row, row.line, None, attributes))
        if self._layout.derive is not None:
            self._layout.derive(root)
        yield CaseRecord(root.attributes[self._layout.id], "upsert", root.line, root, digest(root))

    def _said(self, rows: list[bytes], decode: Callable[[bytes], str | None]) -> tuple[list[_Said], list[Problem]]:
        """The rows, latest first, in the same order wherever they stood; each once."""
        lines: dict[tuple[str, ...], int] = {}
        problems: list[Problem] = []
        for packed in rows:
            text = decode(packed)
            if text is None:
                line = int(packed.partition(PART.encode())[0])
                return [], [self._quarantined(line, "row", "is not in the encoding of the file")]
            number, *cells = text.split(PART)
            pairs = zip(self._columns.attributes, cells, strict=True)
            content = tuple(self._clean(attribute, cell) for attribute, cell in pairs)
            if content in lines:
                reason = f"stands in line {lines[content]} already; it counts once"
                problems.append(Problem(self._file, int(number), "row", reason, "ignored"))
            else:
                lines[content] = int(number)
        said = [_Said(*self._rank(content), content, line) for content, line in sorted(lines.items())]
        said.sort(key=lambda row: row.rank, reverse=True)
        return said, problems

    def _clean(self, attribute: str, cell: str) -> str:
        if not cell:
            return cell
        text = plain(cell)
        if attribute in self._layout.dates:
            # What is no date is kept, so that the mapping can say so and show it.
            return iso(text, self._layout.formats) or text
        return text

    def _rank(self, content: tuple[str, ...]) -> tuple[str, str]:
        if self._layout.latest is None:
            return "", ""
        end, start = (self._cell(content, attribute) for attribute in self._layout.latest)
        read = values.partial_date(end) if end else values.PLACEHOLDER
        began = values.partial_date(start) if start else ""
        if read is values.PLACEHOLDER:
            read = _OPEN
        # A date that nobody can read makes no row the latest.
        return (read if isinstance(read, str) else ""), (began if isinstance(began, str) else "")

    def _cell(self, content: tuple[str, ...], attribute: str) -> str:
        if attribute not in self._columns.attributes:
            return ""
        return content[self._columns.attributes.index(attribute)]

    def _attributes(self, row: _Said) -> dict[str, str]:
        pairs = zip(self._columns.attributes, row.cells, strict=True)
        return {name: cell for name, cell in pairs if cell and name in self._layout.rows}

    def _describe(self, root: Node, said: list[_Said]) -> list[Problem]:
        problems = []
        for place, attribute in enumerate(self._columns.attributes):
            if attribute not in self._layout.person:
                continue
            cells = {row.cells[place] for row in said}
            if len(cells) == 1:
                # Most of what is repeated is repeated faithfully.
                (cell,) = cells
                if cell:
                    root.attributes[attribute] = cell
                continue
            stated = [(row, row.cells[place]) for row in said if row.cells[place]]
            known = [(row, cell) for row, cell in stated if self._is_known(attribute, cell)]
            value, fault = self._choose(attribute, known or stated)
            if value is not None:
                root.attributes[attribute] = value
            if fault is not None:
                problems.append(fault)
        return problems

    def _choose(self, attribute: str, stated: list[tuple[_Said, str]]) -> tuple[str | None, Problem | None]:
        if not stated:
            return None, None
        latest, value = stated[0]
        field = f"Person@{attribute}"
        # Bytes of two encodings may be one id and yet be read as two.
        everywhere = self._layout.latest is None or attribute in self._layout.agree | {self._layout.id}
        others = stated if everywhere else [pair for pair in stated if pair[0].rank == latest.rank]
        other = next((row for row, cell in others if not _same(cell, value)), None)
        if other is None:
            return value, None
        if everywhere:
            reason = f"is not what line {other.line} says of the same person; nothing of the person is read"
            return None, self._quarantined(latest.line, field, reason, value)
        reason = f"is not what line {other.line} says, and neither row is the later one; neither is used"
        return None, Problem(self._file, latest.line, field, reason, "dropped", value)

    def _is_known(self, attribute: str, cell: str) -> bool:
        if attribute in self._layout.dates and values.partial_date(cell) is values.PLACEHOLDER:
            return False
        return values.text(cell) is not values.PLACEHOLDER and not cell.casefold().startswith(_UNKNOWN)

    def _quarantined(self, line: int, field: str, reason: str, value: str | None = None) -> Problem:
        return Problem(self._file, line, field, reason, "quarantined", value, self._local_id)


def _same(one: str, other: str) -> bool:
    """Whether two cells write one value, in whatever case, with whatever between its letters."""
    return one == other or _letters(one) == _letters(other)


def _letters(cell: str) -> str:
    return "".join(letter for letter in cell.casefold() if letter.isalnum())
