"""Under which registration and view does an asking come in?

The client's registration is read in the same transaction as what it asks for, so that an agreement that has ended, or
a registration that has changed, acts on the next request. What a registration admits an asking to is worked out once
and kept by the registration's own row.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from adapter.asker import Asker, Context, admit, asserts, in_force
from adapter.clients import COLUMNS, Registration, read_registration
from adapter.database import Ask, Select
from adapter.outcome import RefusedError
from consent.model import View
from consent.policy import Policy

Row = tuple[Any, ...]

REGISTRATION = Select(f"SELECT {COLUMNS}, epoch FROM visible_registration")
VIEWS = Select("SELECT id, recipient, role, purpose, channel FROM visible_view")
_MOST_KEPT = 10_000


class Asking(NamedTuple):
    """One request at the door: whose token, what its headers say, and what it would do."""

    client: str
    context: Context
    interaction: str
    type: str
    request_id: str
    # What was searched for, for the trail's keyed hash; never kept in clear.
    searched: str = ""


@dataclass(frozen=True, slots=True)
class World:
    """What an interaction may know beside the visible views: who asks, under which policy, and whether it asserts."""

    asker: Asker
    epoch: int
    asserts: bool
    identifiable: bool


@dataclass(frozen=True, slots=True)
class _Known:
    row: Row
    world: World
    ask: Ask

    def asked(self, now: int) -> Ask:
        return Ask(now, *self.ask[1:])


@dataclass
class Admission:
    """Admits askings under one policy."""

    policy: Policy
    _views: dict[View, int] = field(default_factory=dict)
    _known: dict[tuple[str, Context], _Known] = field(default_factory=dict)

    def steps(self, asking: Asking, now: int) -> Generator[Ask | Select, list[Row], World]:
        """Admit an asking, so that the steps after it see what it may; raises RefusedError."""
        known = self._known.get((asking.client, asking.context))
        yield known.asked(now) if known else Ask(now=now, client=asking.client)
        rows = yield REGISTRATION
        if not rows:
            raise RefusedError("unknown-client")
        if known is None or known.row != rows[0] or not in_force(known.world.asker.client, now):
            known = yield from self._anew(asking, rows[0], now)
            yield known.ask
        return known.world

    def remembered(self, asking: Asking, now: int) -> tuple[World, Ask] | None:
        """How such an asking was admitted before. The visible views show nothing to one that would not be so now."""
        known = self._known.get((asking.client, asking.context))
        return (known.world, known.asked(now)) if known else None

    def registration(self, asking: Asking, now: int) -> Generator[Ask | Select, list[Row], Registration]:
        """Read the asking client's own registration; raises RefusedError where there is none in force."""
        yield Ask(now=now, client=asking.client)
        rows = yield REGISTRATION
        if not rows:
            raise RefusedError("unknown-client")
        client = read_registration(rows[0])
        if not in_force(client, now):
            raise RefusedError("agreement-ended")
        return client

    def _anew(self, asking: Asking, row: Row, now: int) -> Generator[Ask | Select, list[Row], _Known]:
        asker = admit(self.policy, read_registration(row), asking.context, now)
        if asker.own_view not in self._views:
            views = yield VIEWS
            self._views = {View(*view): number for number, *view in views}
        may_assert = asserts(self.policy, asker)
        ask = Ask(
            now=now,
            client=asker.client.id,
            organisation=asking.context.organisation or "",
            council=asker.client.council,
            view=self._views.get(asker.view, 0),
            own_view=self._views.get(asker.own_view, 0),
            may_assert=int(may_assert),
            registration=asker.client.version,
            epoch=row[-1],
        )
        if len(self._known) >= _MOST_KEPT:
            self._known.clear()
        known = _Known(row, World(asker, row[-1], may_assert, asker.row.identifiable), ask)
        self._known[asking.client, asking.context] = known
        return known
