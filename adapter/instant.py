"""What time is it, and how is it written?

Times are kept as milliseconds since 1970-01-01T00:00Z and shown as FHIR instants
(https://hl7.org/fhir/R4/datatypes.html#instant). The clock is passed in.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

Clock = Callable[[], datetime]

# Later than any instant that is ever asked for.
NEVER = 2**62


def system_clock() -> datetime:
    """The machine's clock, in UTC."""
    return datetime.now(UTC)


def millis(at: datetime) -> int:
    """Milliseconds since 1970-01-01T00:00Z."""
    return int(at.timestamp() * 1000)


def moment(at: int) -> datetime:
    """The datetime of a count of milliseconds."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at)


def shown(at: int) -> str:
    """Write milliseconds as a FHIR instant, to the second."""
    return _second(at // 1000)


@lru_cache(maxsize=4096)
def _second(at: int) -> str:
    return moment(at * 1000).strftime("%Y-%m-%dT%H:%M:%SZ")


def midnight(day: date) -> datetime:
    """The first instant of a day, in UTC."""
    return datetime.combine(day, time(), UTC)


def last_day(text: str) -> date | None:
    """The last day that a date, whole or partial, may mean; none where it is no date."""
    parts = re.fullmatch(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?", text)
    if parts is None:
        return None
    year, month = int(parts[1]), int(parts[2] or 12)
    return date(year, month, int(parts[3] or monthrange(year, month)[1]))


def read_instant(text: str) -> datetime:
    """Read a date or a date and time; a date is its first instant, and no zone is UTC. Raises ValueError."""
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)
