"""Who is it?

A trace sends a name, an address and a date of birth to PDS, so it is decided like any release: what is sent is what
the door shows to PDS for this purpose, and whoever objects, or is not known not to, is not there at all. Traces wait
in a queue; what fails is tried again later and is never taken for "no match". A doubtful match is never accepted
here: a person decides. Where PDS does not accept who we are, nothing is asked any more until somebody acts.
https://digital.nhs.uk/developer/api-catalogue/personal-demographics-service-fhir
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from adapter import queue
from adapter.consequence import PDS
from adapter.database import Door
from adapter.deployment import Deployment
from adapter.full_stop import fingerprint, stop, stopped
from adapter.instant import millis, shown
from adapter.loop import off_loop
from adapter.sent import Ground, Sent, ground
from adapter.sent import shown as shown_to_pds
from adapter.traced import settle
from pds_client.client import PdsClient
from pds_client.errors import FullStop
from pds_client.outcomes import Refused, Unavailable
from pds_client.trace import Trace, trace

Event = dict[str, Any]

# PDS is not to be had, or does not allow it: those behind would fare no better.
DOWN = frozenset({Refused.__name__, Unavailable.__name__})
_NOT_ALLOWED = 403
_FIRST_REST = timedelta(minutes=1)
_LONGEST_REST = timedelta(minutes=15)


@dataclass
class Identify:
    """Works the trace queue of one deployment."""

    deployment: Deployment
    door: Door
    client: PdsClient
    record: Callable[[Event], Any]
    outcomes: Counter[str] = field(default_factory=Counter)
    calls: int = 0
    _settings: str = ""
    _last_council: int = 0
    _failed_rounds: int = 0
    _rests_until: datetime | None = None

    def __post_init__(self) -> None:
        self._settings = fingerprint(self.deployment)

    async def work(self, most: int, *, since: int = 0, on_person: Callable[[], None] = lambda: None) -> Counter[str]:
        """Trace up to so many people who wait; say how each came out. Raises FullStop, once."""
        worked: Counter[str] = Counter()
        if self._rests_until is not None and self.deployment.now() < self._rests_until:
            return worked
        people, claimed = await off_loop(self._claim, most, since)
        for place, person in enumerate(people):
            try:
                outcome = await self._one(person, claimed)
            except FullStop as fault:
                await off_loop(self._stop, people[place:], claimed, str(fault))
                raise
            worked[outcome] += 1
            on_person()
            if outcome in DOWN:
                await off_loop(self._unclaim, people[place + 1 :], claimed)
                break
        self._rest(down=bool(worked.keys() & DOWN))
        self.outcomes += worked
        return worked

    async def _one(self, person: int, claimed: int) -> str:
        mine, stands = await off_loop(self._ready, person, claimed)
        if not mine:
            return "Left"
        sent = await shown_to_pds(self.deployment, self.door, stands) if stands else None
        if sent is None:
            await off_loop(self._withhold, person)
            return "Withheld"
        await self.record(self._event(person))
        traced = await self._traced(person, sent)
        self.calls += traced.evidence.calls
        if isinstance(traced.outcome, Refused | Unavailable):
            await off_loop(self._later, person, traced.outcome)
        else:
            await off_loop(self._settle, person, traced, sent.compared)
        return type(traced.outcome).__name__

    async def _traced(self, person: int, sent: Sent) -> Trace:
        version, let_stand = await off_loop(self._believed, person, sent.compared)
        return await trace(
            self.client,
            sent.demographics,
            clock=self.deployment.clock,
            etag=f'W/"{version}"' if version else None,
            let_stand=let_stand,
            organisation=sent.organisation,
        )

    def _claim(self, most: int, since: int) -> tuple[list[int], int]:
        now = self.deployment.now()
        with self.deployment.office.transaction() as transaction:
            if stopped(transaction, self._settings):
                return [], 0
            queue.let_aged_wait(transaction, now, timedelta(days=self.deployment.settings.pds_refresh_days))
            people, claimed = queue.claim(transaction, most, now, after=self._last_council, since=since)
        if people:
            self._last_council = people[-1][1]
        return [person for person, _ in people], claimed

    def _ready(self, person: int, claimed: int) -> tuple[bool, Ground | None]:
        """Whether the claim still holds, and where the person stands in the door's views."""
        with self.deployment.office.transaction() as transaction:
            if not queue.renew(transaction, person, claimed, self.deployment.now()):
                return False, None
            return True, ground(transaction, self.deployment, person)

    def _believed(self, person: int, compared: int) -> tuple[str, frozenset[str]]:
        """Which version was believed of just these words, and which fields a person let stand then."""
        with self.deployment.office.transaction() as transaction:
            row = transaction.one(
                "SELECT version, let_stand FROM pds_read WHERE person = :person AND compared = :compared",
                person=person,
                compared=compared,
            )
        return (row[0], frozenset(row[1].split())) if row else ("", frozenset())

    def _unclaim(self, people: list[int], claimed: int) -> None:
        with self.deployment.office.transaction() as transaction:
            queue.unclaim(transaction, people, claimed)

    def _withhold(self, person: int) -> None:
        with self.deployment.office.transaction() as transaction:
            queue.withhold(transaction, person, self.deployment.now())

    def _later(self, person: int, outcome: Refused | Unavailable) -> None:
        now = self.deployment.now()
        with self.deployment.office.transaction() as transaction:
            queue.defer(transaction, person, type(outcome).__name__, now)
            if isinstance(outcome, Refused) and outcome.status == _NOT_ALLOWED:
                reason = f"pds answered {outcome.status} {outcome.code or 'without a code'}"
                stop(transaction, self._settings, reason, now)

    def _stop(self, people: list[int], claimed: int, reason: str) -> None:
        with self.deployment.office.transaction() as transaction:
            # The first one's claim was renewed when they were taken up.
            queue.unclaim(transaction, people[:1])
            queue.unclaim(transaction, people[1:], claimed)
            stop(transaction, self._settings, reason, self.deployment.now())

    def _settle(self, person: int, traced: Trace, compared: int) -> None:
        with self.deployment.office.transaction() as transaction:
            settle(transaction, self.deployment, person, traced, compared)

    def _rest(self, *, down: bool) -> None:
        """After a round that failed, leave PDS alone for a while, longer the more rounds have failed."""
        self._failed_rounds = self._failed_rounds + 1 if down else 0
        rest = min(_FIRST_REST * 2 ** min(self._failed_rounds - 1, 10), _LONGEST_REST) if down else timedelta()
        self._rests_until = self.deployment.now() + rest if down else None

    def _event(self, person: int) -> Event:
        return {
            "kind": "trace",
            "at": shown(millis(self.deployment.now())),
            "outcome": "released",
            "client": "pds",
            "purpose": PDS.purpose,
            "people": [person],
        }
