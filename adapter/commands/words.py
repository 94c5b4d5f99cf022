"""What may be typed for an option, beside what typer checks?

A date or an instant; one of a few words; a duration in words for people.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from adapter.commands.failure import WrongUse
from adapter.instant import moment, read_instant, shown


def instant(option: str, text: str) -> datetime:
    """Read a date or an instant."""
    try:
        return read_instant(text)
    except ValueError:
        raise WrongUse(f"{option} is not a date or an instant; write 2026-11-22 or 2026-11-22T09:30") from None


def one_of(option: str, text: str, known: Iterable[str]) -> str:
    """Read one of a few words."""
    listed = list(known)
    if text not in listed:
        raise WrongUse(f"{option} is not one of {', '.join(listed)}")
    return text


def when(at: int | None) -> str:
    """An instant for people, or a dash."""
    return "-" if at is None else shown(at)


def age(at: int, now: datetime) -> str:
    """How long ago, in its largest units."""
    passed = max(now - moment(at), timedelta())
    hours, minutes = passed.seconds // 3600, passed.seconds // 60 % 60
    return f"{passed.days} d {hours} h" if passed.days else f"{hours} h {minutes} min"
