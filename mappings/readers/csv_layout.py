"""Which columns does a CSV layout have, and what is each called in a mapping?

A layout is data: the reader of every CSV file is one, and what differs from file to file stands here.
A column of the person says one thing of them in all of their rows; a column of the row says something in each.
What nobody may see is named as withheld: the column is known, and its cells are never looked at.

Dates are written as the layout says; a time of day after a date is dropped, a time with a zone is no date.

CSV: https://www.rfc-editor.org/rfc/rfc4180
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from mappings.record import Mode, Node

FORMATS: Mapping[str, str] = {
    "dd/mm/yyyy": r"(?P<day>[0-9]{1,2})/(?P<month>[0-9]{1,2})/(?P<year>[0-9]{4})",
    "mm/dd/yyyy": r"(?P<month>[0-9]{1,2})/(?P<day>[0-9]{1,2})/(?P<year>[0-9]{4})",
    "dd-mm-yyyy": r"(?P<day>[0-9]{1,2})-(?P<month>[0-9]{1,2})-(?P<year>[0-9]{4})",
    "dd.mm.yyyy": r"(?P<day>[0-9]{1,2})\.(?P<month>[0-9]{1,2})\.(?P<year>[0-9]{4})",
    "yyyy-mm-dd": r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})",
    "yyyymmdd": r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})",
}
_TIME = r"(?:[ T][0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?: ?[AaPp][Mm])?)?"


@dataclass(frozen=True)
class Csv:
    name: str
    # Attribute and header of each column that speaks of the person, and of each that speaks of the row.
    person: Mapping[str, str]
    rows: Mapping[str, str]
    # The attribute of the person that is the local id.
    id: str
    # The name of the node that each row becomes.
    row: str = "Row"
    # Attributes whose column may be missing.
    optional: frozenset[str] = frozenset()
    dates: frozenset[str] = frozenset()
    formats: tuple[str, ...] = ("yyyy-mm-dd",)
    delimiter: str = ","
    mode: Mode = "delta"
    # The council's code; or, where a column says it, the attribute of the person that does.
    council: str = ""
    council_attribute: str | None = None
    # What the file calls a council, and what this deployment calls it.
    councils: Mapping[str, str] = field(default_factory=dict)
    # The attributes of the row that say when it ends and begins; the latest row then speaks for the person.
    latest: tuple[str, str] | None = None
    # Attributes of the person in which no two rows may differ; all of them when nothing makes a row the latest.
    agree: frozenset[str] = frozenset()
    # The headers of the first and the last day of which the file speaks.
    window: tuple[str, str] | None = None
    withheld: tuple[str, ...] = ()
    # What else a person's rows say together.
    derive: Callable[[Node], None] | None = field(default=None, repr=False)

    def __str__(self) -> str:
        return self.name


def same_header(header: str) -> str:
    """A header without what councils write differently: case, blanks, underscores and punctuation."""
    return "".join(letter for letter in header.casefold() if letter.isalnum())


# A file holds a few thousand different days in some hundred thousand cells.
@lru_cache(maxsize=8192)
def iso(raw: str, formats: tuple[str, ...]) -> str | None:
    """The day that is written, as yyyy-mm-dd; None when nothing is written that one of the formats can read."""
    for form in formats:
        matched = re.fullmatch(FORMATS[form] + _TIME, raw)
        if matched is None:
            continue
        year, month, day = (int(matched.group(part)) for part in ("year", "month", "day"))
        try:
            return date(year, month, day).isoformat()
        except ValueError:
            continue
    return None
