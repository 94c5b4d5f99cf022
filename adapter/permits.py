"""Which permits are on file?

`decide`, evaluated for every interned pair of view and standing, under the policy in force. A view is interned when a
client is registered, a standing when a fact is written; a new policy is built beside the old one and flips in one
transaction. A pair without a permit withholds.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from adapter.database import Transaction
from adapter.instant import millis
from consent.decide import mentionable
from consent.model import Channel, Sensitive, Standing, View
from consent.permit import permits
from consent.policy import Policy


def build_epoch(transaction: Transaction, policy: Policy, now: datetime) -> int:
    """Put a policy in force: its permits are built beside the old ones, then one row flips."""
    transaction.alone()
    current = transaction.one("SELECT e.id, e.digest FROM epoch e JOIN current_epoch c ON c.epoch = e.id")
    if current is not None and current[1] == policy.digest:
        return int(current[0])
    epoch = transaction.number(
        "INSERT INTO epoch (policy, version, digest, built) VALUES (:name, :version, :digest, :now) RETURNING id",
        name=policy.name,
        version=policy.version,
        digest=policy.digest,
        now=millis(now),
    )
    _write_permits(transaction, policy, epoch, _views(transaction), _standings(transaction))
    transaction.execute("DELETE FROM current_epoch")
    transaction.execute("INSERT INTO current_epoch (epoch) VALUES (:epoch)", epoch=epoch)
    transaction.execute("DELETE FROM permit WHERE epoch <> :epoch", epoch=epoch)
    return epoch


def intern_view(transaction: Transaction, policy: Policy, view: View) -> int:
    """Give a view its number, with permits for every standing there is."""
    words = asdict(view) | {"channel": view.channel.value}
    known = "SELECT id FROM view WHERE recipient = :recipient AND role = :role AND purpose = :purpose"
    number = _interned(transaction, f"{known} AND channel = :channel", words)
    if number is not None:
        return number
    number = transaction.number(
        "INSERT INTO view (recipient, role, purpose, channel) VALUES (:recipient, :role, :purpose, :channel)"
        " RETURNING id",
        **words,
    )
    _write_permits(transaction, policy, _epoch(transaction), {view: number}, _standings(transaction))
    return number


def intern_standing(transaction: Transaction, policy: Policy, standing: Standing) -> int:
    """Give a standing its number, with permits for every view there is."""
    facts = json.dumps(asdict(standing), sort_keys=True)
    number = _interned(transaction, "SELECT id FROM standing WHERE facts = :facts", {"facts": facts})
    if number is not None:
        return number
    named = mentionable(standing, locates=False)
    number = transaction.number(
        "INSERT INTO standing (facts, mentionable, label) VALUES (:facts, :mentionable, :label) RETURNING id",
        facts=facts,
        mentionable=int(named) + int(named and mentionable(standing, locates=True)),
        label="R" if standing.pds_sensitive is Sensitive.YES else "",
    )
    _write_permits(transaction, policy, _epoch(transaction), _views(transaction), {standing: number})
    return number


def _interned(transaction: Transaction, sql: str, words: Mapping[str, Any]) -> int | None:
    """Look for what is interned; where it is not, look again alone, so that every pair gets its permit."""
    row = transaction.one(sql, **words)
    if row is None:
        transaction.alone()
        row = transaction.one(sql, **words)
    return int(row[0]) if row else None


def _epoch(transaction: Transaction) -> int:
    return transaction.number("SELECT epoch FROM current_epoch")


def _views(transaction: Transaction) -> dict[View, int]:
    rows = transaction.all("SELECT id, recipient, role, purpose, channel FROM view")
    return {
        View(recipient, role, purpose, Channel(channel)): number for number, recipient, role, purpose, channel in rows
    }


def _standings(transaction: Transaction) -> dict[Standing, int]:
    return {read_standing(facts): number for number, facts in transaction.all("SELECT id, facts FROM standing")}


def read_standing(facts: str) -> Standing:
    """Read a standing as it is kept."""
    kinds = {name: type(value) for name, value in asdict(Standing()).items()}
    return Standing(**{name: kinds[name](value) for name, value in json.loads(facts).items()})


def _write_permits(
    transaction: Transaction,
    policy: Policy,
    epoch: int,
    views: Mapping[View, int],
    standings: Mapping[Standing, int],
) -> None:
    rows = [
        {
            "epoch": epoch,
            "view": views[view],
            "standing": standings[standing],
            "related": int(related),
            "lift": int(lift),
            "mask": permit.mask,
            "own": permit.own,
        }
        for view, standing, related, lift, permit in permits(policy, views, standings)
    ]
    if rows:
        transaction.many(
            "INSERT INTO permit (epoch, view, standing, related, lift, mask, own)"
            " VALUES (:epoch, :view, :standing, :related, :lift, :mask, :own)",
            rows,
        )
