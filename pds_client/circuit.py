"""Is it worth asking PDS now?

Rules it keeps:
- After a run of failures nothing is asked for a while; then one call is let through as a probe in each
  such while, until one succeeds.
- A 429 is not a failure: it says that PDS works and that we are too fast. A refusal is not one either.

https://learn.microsoft.com/azure/architecture/patterns/circuit-breaker
"""

from collections.abc import Callable


class Circuit:
    def __init__(self, *, failures: int, rest: float, time: Callable[[], float]) -> None:
        self._limit = failures
        self._rest = rest
        self._time = time
        self._failures = 0
        self._resting_until: float | None = None

    def admits(self) -> bool:
        if self._resting_until is None:
            return True
        if self._time() < self._resting_until:
            return False
        # The probe begins the next rest, so that one that never returns does not block the circuit.
        self._resting_until = self._time() + self._rest
        return True

    def succeeded(self) -> None:
        self._failures = 0
        self._resting_until = None

    def failed(self) -> None:
        self._failures += 1
        if self._failures >= self._limit:
            self._resting_until = self._time() + self._rest
