"""How much of a date is this text?

Rules it keeps:
- FHIR allows a year, a year and month, or a full date; PDS holds people with each, and with none.
- A full date must be on the calendar. Dates stay text: nothing is filled in, nothing is rounded.

https://hl7.org/fhir/R4/datatypes.html#date
"""

import re
from datetime import date

_PARTIAL = re.compile(r"[0-9]{4}(-(0[1-9]|1[0-2]))?")
_FULL = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def is_full_date(text: object) -> bool:
    if not isinstance(text, str) or not _FULL.fullmatch(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def date_or_none(text: object) -> str | None:
    """The date of a FHIR date or dateTime as far as it is known, or None when it is none."""
    if not isinstance(text, str):
        return None
    day = text.split("T", 1)[0]
    return day if is_full_date(day) or _PARTIAL.fullmatch(day) else None
