"""When may this deployment ask PDS again?

Its workers share one rate, on however many machines: each call takes the next free place in the database before it
leaves. A place that was missed is not used late: another is taken, or calls that were held up would leave together.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime

from adapter.deployment import Deployment
from adapter.full_stop import fingerprint

# Two hundredths of space more than the rate asks for, because calls do not all travel equally fast.
_MARGIN = 1.02
_SECOND = 1_000_000
# A clock that was set back must not hold everybody up: a place so far off is nobody's.
_FURTHEST = 60 * _SECOND


@dataclass(frozen=True, slots=True)
class SharedPace:
    """The rate of one deployment, `settings` being what PDS knows it by; times are microseconds."""

    deployment: Deployment
    settings: str

    async def turn(self) -> None:
        """Return when it is the caller's turn to send."""
        loop = asyncio.get_running_loop()
        while True:
            place = await loop.run_in_executor(None, self.take)
            await asyncio.sleep(max(place - self._now(), 0) / _SECOND)
            if self._now() - place <= self._space:
                return

    def take(self) -> int:
        """Take the next free place."""
        now = self._now()
        with self.deployment.office.transaction() as transaction:
            transaction.execute(
                "INSERT INTO pds_pace (settings, free_at) VALUES (:settings, 0) ON CONFLICT (settings) DO NOTHING",
                settings=self.settings,
            )
            free_at = transaction.number(
                "UPDATE pds_pace SET free_at = CASE WHEN free_at > :now AND free_at < :furthest THEN free_at"
                " ELSE :now END + :space WHERE settings = :settings RETURNING free_at",
                now=now,
                furthest=now + _FURTHEST,
                space=self._space,
                settings=self.settings,
            )
        return free_at - self._space

    @property
    def _space(self) -> int:
        return round(_MARGIN * _SECOND / self.deployment.settings.pds_rate)

    def _now(self) -> int:
        return _microseconds(self.deployment.now())


def shared_pace(deployment: Deployment) -> SharedPace:
    """The pace of the deployment as PDS knows it now."""
    return SharedPace(deployment, fingerprint(deployment))


def _microseconds(at: datetime) -> int:
    return round(at.timestamp() * _SECOND)
