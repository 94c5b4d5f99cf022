"""Which column stands where?

A header is known whatever its case, blanks, underscores and punctuation, in any order.
A column that the layout does not know is reported once in a file and not read; fillers and blank headers likewise.
A column that must be there and is not stops the file: its silence would be taken for a blank in every row.
Of two columns with one header the first counts, and a row in which they differ is nobody's.

The layouts are specified in mappings/README.md.
"""

import re
from dataclasses import dataclass

from mappings.problems import Problem, shorten
from mappings.readers.csv_layout import Csv, same_header
from mappings.readers.csv_lines import as_text
from mappings.readers.csv_rows import Row
from mappings.readers.xml import StoppedError

_FILLER = re.compile(r"(?:column|field|unnamed)?[0-9]*")
# A hostile file could invent a header for every column; the report stays short.
_REPORTED = 200


@dataclass(frozen=True)
class Columns:
    width: int
    # Which attributes are kept, and the places of their cells.
    attributes: tuple[str, ...]
    places: tuple[int, ...]
    # The places of two columns with one header.
    twins: tuple[tuple[int, int], ...]
    window: tuple[int, int] | None


def columns(file: str, layout: Csv, row: Row, problems: list[Problem]) -> Columns:
    headers = [as_text(cell) for cell in row.cells]
    first: dict[str, int] = {}
    twins: list[tuple[int, int]] = []
    known = {same_header(header) for header in (*_kept(layout).values(), *layout.withheld, *(layout.window or ()))}
    strange: list[str] = []
    for place, header in enumerate(headers):
        name = same_header(header)
        if name not in known:
            strange.append(header)
        elif name in first:
            twins.append((first[name], place))
            problems.append(_ignored(file, row, header, "stands twice; the first column counts"))
        else:
            first[name] = place
    problems += _strangers(file, row, strange)
    places = _places(file, layout, row, first, problems)
    withheld = {first[name] for name in map(same_header, layout.withheld) if name in first}
    return Columns(
        width=len(headers),
        attributes=tuple(places),
        places=tuple(places.values()),
        # What is withheld is not looked at, not even to compare it.
        twins=tuple(pair for pair in twins if pair[0] not in withheld),
        window=_window(layout, first),
    )


def _kept(layout: Csv) -> dict[str, str]:
    return {**layout.person, **layout.rows}


def _places(file: str, layout: Csv, row: Row, first: dict[str, int], problems: list[Problem]) -> dict[str, int]:
    places: dict[str, int] = {}
    for attribute, header in _kept(layout).items():
        place = first.get(same_header(header))
        if place is not None:
            places[attribute] = place
        elif attribute in layout.optional:
            problems.append(_ignored(file, row, header, "is no column of the file; it counts as blank in every row"))
        else:
            reason = f"is no column of the file; expected a header row with all columns, parted by `{layout.delimiter}`"
            raise StoppedError(row.line, header, reason)
    return places


def _strangers(file: str, row: Row, strange: list[str]) -> list[Problem]:
    named = [header for header in strange if not _FILLER.fullmatch(same_header(header))]
    found = [_ignored(file, row, header, "is not known to the layout; it is not read") for header in named[:_REPORTED]]
    if len(named) > _REPORTED:
        reason = f"holds more than {_REPORTED} unknown columns; no more are listed"
        found.append(Problem(file, row.line, "file", reason, "ignored"))
    if len(strange) > len(named):
        reason = f"holds {len(strange) - len(named)} columns without a header of their own; they are not read"
        found.append(Problem(file, row.line, "file", reason, "ignored"))
    return found


def _window(layout: Csv, first: dict[str, int]) -> tuple[int, int] | None:
    if layout.window is None:
        return None
    begins, ends = (first.get(same_header(header)) for header in layout.window)
    return None if begins is None or ends is None else (begins, ends)


def _ignored(file: str, row: Row, header: str, reason: str) -> Problem:
    return Problem(file, row.line, shorten(header), reason, "ignored")
