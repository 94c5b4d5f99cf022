"""Which organisations give somebody a service?

A provider is directly involved from the first day of its first open service to the last day of its last one, while
the case is open and the person lives, and no longer than the policy lets an extract confirm it.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from adapter.consequence import relate
from adapter.database import Transaction
from adapter.forms import Ready
from adapter.instant import NEVER, midnight, millis, read_instant
from consent.policy import Policy
from mappings.mapped import Organisation


def relate_providers(
    transaction: Transaction, policy: Policy, person: int, ready: Ready, spoken: datetime, now: datetime
) -> None:
    """Record the providers that a record names as directly involved, and nobody else as a provider."""
    transaction.execute("DELETE FROM relationship WHERE person = :person AND kind = 'provider'", person=person)
    if ready.facts["died"] != "no" or ready.facts["closed"] != "open":
        return
    confirmed = millis(spoken + policy.periods.provider_relationship)
    for code, services in _providers(ready.organisations).items():
        ends = max(_ends(service) for service in services)
        relate(
            transaction,
            code,
            person,
            "provider",
            starts=min(_starts(service, now) for service in services),
            ends=min(confirmed, ends),
            at_latest=ends,
        )


def _providers(organisations: tuple[Organisation, ...]) -> dict[str, list[Organisation]]:
    """The services of each provider, by its code."""
    providers: dict[str, list[Organisation]] = {}
    for organisation in organisations:
        if organisation.kind == "provider":
            providers.setdefault(organisation.code, []).append(organisation)
    return providers


def _starts(service: Organisation, now: datetime) -> int:
    return millis(read_instant(service.starts) if service.starts else now)


def _ends(service: Organisation) -> int:
    if not service.ends:
        return NEVER
    return millis(midnight(date.fromisoformat(service.ends)) + timedelta(days=1))
