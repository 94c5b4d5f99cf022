"""Whose extract is it, and is it whole?

The header names the council: without it the file is stopped, for nobody may be loaded into a guessed council.
An unreadable `mode` counts as `delta`: only a file that says `full` may say by silence that a person is gone.

The layout is ours; mappings/README.md shows it whole.
"""

from datetime import datetime

from lxml import etree

from mappings.problems import Problem
from mappings.readers import xml
from mappings.record import Header, Mode, Trailer, plain


def header(file: str, element: etree._Element, problems: list[Problem]) -> Header:
    at = xml.line(element)
    council = _text(element, "council")
    if council is None:
        raise xml.StoppedError(at, "Header@council", "is missing; nothing says whose extract this is")
    return Header(
        council=council,
        system=_text(element, "system"),
        system_version=_text(element, "systemVersion"),
        extract_id=_text(element, "extractId"),
        created=_instant(file, element, "created", problems),
        mode=_mode(file, element, problems),
        sequence=_count(file, element, "sequence", problems),
        line=at,
    )


def trailer(file: str, element: etree._Element, problems: list[Problem]) -> Trailer:
    persons = _count(file, element, "persons", problems)
    return Trailer(persons, _text(element, "sha256"), xml.line(element))


def _text(element: etree._Element, attribute: str) -> str | None:
    return plain(str(element.get(attribute, ""))) or None


def _mode(file: str, element: etree._Element, problems: list[Problem]) -> Mode:
    raw = (_text(element, "mode") or "delta").lower()
    if raw == "full":
        return "full"
    if raw != "delta":
        problems.append(_ignored(file, element, "mode", "is neither full nor delta; it counts as delta", raw))
    return "delta"


def _count(file: str, element: etree._Element, attribute: str, problems: list[Problem]) -> int | None:
    raw = _text(element, attribute)
    if raw is None:
        return None
    # A longer number is nobody's count, and Python refuses to read one of some thousands of digits.
    if raw.isascii() and raw.isdigit() and len(raw) <= 18:
        return int(raw)
    problems.append(_ignored(file, element, attribute, "is not a whole number", raw))
    return None


def _instant(file: str, element: etree._Element, attribute: str, problems: list[Problem]) -> str | None:
    raw = _text(element, attribute)
    if raw is None:
        return None
    try:
        datetime.fromisoformat(raw)
    except ValueError:
        reason = "is not a point in time; expected yyyy-mm-ddThh:mm:ss"
        problems.append(_ignored(file, element, attribute, reason, raw))
        return None
    return raw


def _ignored(file: str, element: etree._Element, attribute: str, reason: str, value: str) -> Problem:
    name = etree.QName(element).localname
    return Problem(file, xml.line(element), f"{name}@{attribute}", reason, "ignored", value)
