"""When may the next call go out?

Rules it keeps:
- One call leaves at a time, evenly spaced, so that no second ever holds more than the rate allows; a
  bucket that lets a second's worth out at once would hold twice that.
- After a 429 everybody waits, not only who was told; then the space doubles, and shrinks again with
  each answer.

https://digital.nhs.uk/developer/api-catalogue/personal-demographics-service-fhir
"""

import asyncio

from aiolimiter import AsyncLimiter

# Two hundredths of space more than the rate asks for, because calls do not all travel equally fast.
_MARGIN = 1.02
_SLOWEST = 8.0
_RECOVERY = 0.9


class Pace:
    def __init__(self, rate: float) -> None:
        self._space = _MARGIN / rate
        self._limiter = AsyncLimiter(1, self._space)
        self._line = asyncio.Lock()
        self._held_until = 0.0
        self.slowness = 1.0

    async def turn(self) -> None:
        """Returns when it is the caller's turn to send."""
        async with self._line:
            if self.slowness > 1:
                await asyncio.sleep(self._space * self.slowness)
            await self._limiter.acquire()
            # A 429 may have come while we waited; whoever was held takes a new place in the bucket.
            while (held := self._held_until - _now()) > 0:
                await asyncio.sleep(held)
                await self._limiter.acquire()

    def slow_down(self, hold: float) -> None:
        self._held_until = max(self._held_until, _now() + hold)
        self.slowness = min(self.slowness * 2, _SLOWEST)

    def speed_up(self) -> None:
        self.slowness = max(self.slowness * _RECOVERY, 1.0)


def _now() -> float:
    return asyncio.get_running_loop().time()
