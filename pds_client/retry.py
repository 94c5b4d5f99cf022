"""Is this worth another try, and when?

Rules it keeps:
- Only what the documentation of PDS calls passing is tried again, and never without end.
- Between tries the wait doubles and is blurred, so that many clients do not come back together. What
  Retry-After says goes before that, blurred upwards only.

https://digital.nhs.uk/developer/api-catalogue/personal-demographics-service-fhir
"""

import secrets
from collections.abc import AsyncIterator
from datetime import datetime
from email.utils import parsedate_to_datetime

import httpx
import stamina

TOO_MANY_REQUESTS = 429
WORTH_ANOTHER_TRY = frozenset({408, TOO_MANY_REQUESTS, 500, 502, 503, 504})

_FIRST_WAIT = 0.5
_LONGEST_WAIT = 8.0
_JITTER = 1.0
_chance = secrets.SystemRandom()


class TryAgain(Exception):  # noqa: N818
    """No answer this time; the reason names no person."""

    def __init__(
        self, reason: str, status: int | None = None, wait: float | None = None, *, again: bool = True
    ) -> None:
        super().__init__(reason)
        self.status = status
        self.wait = wait
        self.again = again


def tries(attempts: int) -> AsyncIterator[stamina.Attempt]:
    # The deadline of the call ends the tries, so they need no time-out of their own.
    return aiter(
        stamina.retry_context(
            on=_wait_before_next,
            attempts=attempts,
            timeout=None,
            wait_initial=_FIRST_WAIT,
            wait_max=_LONGEST_WAIT,
            wait_jitter=_JITTER,
        )
    )


def retry_after(response: httpx.Response, now: datetime) -> float | None:
    """The seconds that Retry-After asks for, whether it gives seconds or a date."""
    said = response.headers.get("Retry-After", "")
    if said.isascii() and said.isdigit():
        return float(said)
    try:
        return max((parsedate_to_datetime(said) - now).total_seconds(), 0.0)
    except (TypeError, ValueError):
        return None


def _wait_before_next(problem: Exception) -> bool | float:
    if not isinstance(problem, TryAgain) or not problem.again:
        return False
    return True if problem.wait is None else problem.wait + _chance.uniform(0, _JITTER)
