"""What is wired together?

One deployment: its settings, policy, secrets, database and clock. The command line and the server both start here.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from adapter.database import Engine, Office, Transaction, connect
from adapter.instant import Clock, system_clock
from adapter.keys import Keys, keys
from adapter.permits import build_epoch
from adapter.settings import Settings
from adapter.store import Council
from adapter.trail import Segment
from consent.policy import Policy, load, shipped


@dataclass
class Deployment:
    """Everything that lasts from one request or command to the next."""

    settings: Settings
    policy: Policy
    keys: Keys
    engine: Engine
    clock: Clock
    new_id: Callable[[], str]

    @property
    def office(self) -> Office:
        """The controller's own way into the database."""
        return self.engine.office

    def now(self) -> datetime:
        """The instant, by this deployment's clock."""
        return self.clock()

    def record(self, *events: dict[str, object]) -> None:
        """Write events of a command to the trail, durably; raises TrailError."""
        segment = Segment(self.settings.trail, self.settings.node)
        try:
            segment.append(events)
        finally:
            segment.close()

    def close(self) -> None:
        """Let go of the database."""
        self.engine.close()


def open_deployment(
    settings: Settings, *, clock: Clock = system_clock, new_id: Callable[[], str] = lambda: str(uuid.uuid4())
) -> Deployment:
    """Open the database, put the policy in force, make known its councils."""
    policy = load_policy(settings.policy)
    secrets = keys(settings.home)
    engine = connect(settings.database_url, door_password=secrets.door_password)
    with engine.office.transaction() as transaction:
        build_epoch(transaction, policy, clock())
        _know_councils(transaction, policy)
    return Deployment(settings, policy, secrets, engine, clock, new_id)


def council(transaction: Transaction, code: str) -> Council | None:
    """Find a council of this deployment by its code."""
    row = transaction.one("SELECT id, code, name, ods FROM council WHERE code = :code", code=code)
    return Council(*row) if row else None


def load_policy(name: str) -> Policy:
    """Load a shipped policy by its name, or one of the controller's own by its path; raises PolicyError."""
    return load(Path(name)) if "/" in name or name.endswith(".toml") else shipped(name)


def _know_councils(transaction: Transaction, policy: Policy) -> None:
    for known in policy.councils:
        transaction.execute(
            "INSERT INTO council (code, name, ods) VALUES (:code, :name, :ods)"
            " ON CONFLICT (code) DO UPDATE SET name = excluded.name, ods = excluded.ods",
            code=known.code,
            name=known.name,
            ods=known.ods,
        )
