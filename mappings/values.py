"""What does a field's text mean, if it means anything?

Each function takes the text of one field, never blank, and gives a value for FHIR or says why it cannot be read.
Nothing is guessed, completed or corrected; only the way of writing changes (blanks, case).
What stands for "we do not know" is a value of nobody, whatever it looks like: it is dropped.

Dates: https://hl7.org/fhir/R4/datatypes.html#date ; postcodes: BS 7666
"""

import re
from collections.abc import Callable
from datetime import date as calendar
from typing import Any

from mappings.problems import Unreadable

Scalar = Callable[[str], Any]

PLACEHOLDER = Unreadable("is a placeholder, not a value")

# The words that councils' files use for "nothing", in national returns and case systems alike.
_NOTHING = {
    "unknown",
    "not known",
    "not recorded",
    "not stated",
    "not applicable",
    "refused",
    "none",
    "null",
    "n/a",
    "-",
    "-1",
    "0",
    "99991231",
    "9999-12-31",
}
_NO_NAME = {"test", "baby", "missing nhs number", "no name", "xxx", "xxxx"}
_DUPLICATE = re.compile(r"\bduplicate\b", re.IGNORECASE)

_DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:T00:00(?::00(?:\.0+)?)?(?:Z|\+00:00)?)?")
_PARTIAL = re.compile(r"[0-9]{4}(?:-[0-9]{2})?")
# Records of 1900 are the case systems' own filler, and 9999 is their "for ever".
_FIRST_YEAR, _LAST_YEAR = 1901, 9000

_YES = {"y", "yes", "true", "1"}
_NO = {"n", "no", "false", "0"}

_POSTCODE = re.compile(r"([A-Z]{1,2}[0-9][A-Z0-9]?)([0-9][A-Z]{2})|(GIR)(0AA)")
# Pseudo-postcodes: no fixed abode, not known, abroad.
_NOWHERE = ("ZZ99", "NF1", "NK1")
_ODS = re.compile(r"[A-Z0-9]{3,12}")
# What GP systems write for no practice, a practice that does not apply, and one that nobody knows.
_NO_PRACTICE = {"V81997", "V81998", "V81999"}
_UPRN = re.compile(r"[1-9][0-9]{0,11}")
_SCHEME = re.compile(r"(?:tel|mailto|sms):", re.IGNORECASE)


def text(raw: str) -> str | Unreadable:
    return PLACEHOLDER if raw.casefold() in _NOTHING else raw


def name(raw: str) -> str | Unreadable:
    low = raw.casefold()
    return PLACEHOLDER if low in _NOTHING or low in _NO_NAME or _DUPLICATE.search(raw) else raw


def date(raw: str) -> str | Unreadable:
    if raw.casefold() in _NOTHING:
        return PLACEHOLDER
    matched = _DAY.fullmatch(raw)
    return _day(matched.group(1)) if matched else Unreadable("is not a date; expected yyyy-mm-dd")


def partial_date(raw: str) -> str | Unreadable:
    if raw.casefold() in _NOTHING or _DAY.fullmatch(raw):
        return date(raw)
    if not _PARTIAL.fullmatch(raw):
        return Unreadable("is not a date; expected yyyy, yyyy-mm or yyyy-mm-dd")
    first = _day((raw + "-01-01")[:10])
    return raw if isinstance(first, str) else first


def _day(raw: str) -> str | Unreadable:
    try:
        day = calendar.fromisoformat(raw)
    except ValueError:
        return Unreadable("is not a date; there is no such day")
    return raw if _FIRST_YEAR <= day.year < _LAST_YEAR else PLACEHOLDER


def yes_no(raw: str) -> str | Unreadable:
    low = raw.casefold()
    if low in _YES:
        return "yes"
    return "no" if low in _NO else Unreadable("is neither yes nor no")


def boolean(raw: str) -> bool | Unreadable:
    read = yes_no(raw)
    return read if isinstance(read, Unreadable) else read == "yes"


def postcode(raw: str) -> str | Unreadable:
    matched = _POSTCODE.fullmatch(raw.upper().replace(" ", ""))
    if matched is None:
        return Unreadable("is not a postcode")
    outward, inward = [part for part in matched.groups() if part]
    return PLACEHOLDER if outward in _NOWHERE else f"{outward} {inward}"


def ods_code(raw: str) -> str | Unreadable:
    code = raw.upper()
    if code in _NO_PRACTICE:
        return PLACEHOLDER
    return code if _ODS.fullmatch(code) else Unreadable("is not an ODS code")


def uprn(raw: str) -> str | Unreadable:
    return raw if _UPRN.fullmatch(raw) else Unreadable("is not a UPRN; expected up to 12 digits")


def contact(raw: str) -> str | Unreadable:
    """A number or an address without the scheme that some systems write before it."""
    return text(_SCHEME.sub("", raw, count=1).strip() or "-")


def phone(raw: str) -> dict[str, str] | Unreadable:
    read = contact(raw)
    if isinstance(read, Unreadable):
        return read
    if sum(letter.isdigit() for letter in read) < 3:
        return Unreadable("is not a phone number")
    return {"system": "phone", "value": read, "use": "work"}


def email(raw: str) -> dict[str, str] | Unreadable:
    read = contact(raw)
    if isinstance(read, Unreadable):
        return read
    return {"system": "email", "value": read, "use": "work"} if "@" in read else Unreadable("is not an e-mail address")


_LENGTHS = {"day": 10, "month": 7, "year": 4}


def cut_date(raw: str | None, precision: str) -> str | Unreadable | None:
    """The part of a date that is known; what a form filled in beyond it was never said."""
    known = precision.casefold()
    if known == "none":
        return Unreadable("is not known, says its precision")
    if raw is None:
        return None
    if known not in _LENGTHS:
        return Unreadable("has a precision that is none of day, month, year and none")
    read = partial_date(raw)
    return read if isinstance(read, Unreadable) else read[: _LENGTHS[known]]


def before(one: str, other: str) -> bool:
    """Whether one date, partial or not, is surely before another."""
    shared = min(len(one), len(other))
    return one[:shared] < other[:shared]


def has_ended(raw: str | None, today: str) -> bool | Unreadable:
    """Something lasts through the whole of the day, month or year that it ends in; a placeholder ends nothing."""
    if raw is None or not raw:
        return False
    read = partial_date(raw)
    if isinstance(read, Unreadable):
        return False if read is PLACEHOLDER else read
    return before(read, today)
