"""What may this client ask for, and what would it see?

Answered from the registration and the policy alone; nothing about a person is looked at.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from adapter.clients import Registration
from adapter.instant import shown
from consent.policy import Policy, Row

Parameter = dict[str, Any]


def my_access(policy: Policy, client: Registration) -> dict[str, Any]:
    """Write a Parameters resource: the client's terms, and each of its rows of the policy's matrix."""
    terms = [
        _named("client", valueString=client.name),
        _named("recipient", valueCode=client.recipient),
        _named("agreementEnds", valueInstant=shown(client.ends)),
        _named("mayAssert", valueBoolean=client.may_assert),
        *(_named("organisation", valueString=ods) for ods in sorted(client.organisations)),
    ]
    rows = [row for row in policy.rows if row.recipient == client.recipient]
    return {"resourceType": "Parameters", "parameter": terms + list(_access(rows, client))}


def _access(rows: Iterable[Row], client: Registration) -> Iterable[Parameter]:
    for row in rows:
        purposes = [purpose for purpose in row.purposes if purpose in client.purposes]
        roles = [role for role in row.roles if role in client.roles]
        if purposes and roles:
            part = [_named("purpose", valueCode=purpose) for purpose in purposes]
            part += [_named("role", valueCode=role) for role in roles]
            part += [_named("category", valueCode=category.value) for category in sorted(row.categories)]
            part += [_named("categoryOfOwnServices", valueCode=category.value) for category in sorted(row.own)]
            yield {"name": "access", "part": part}


def _named(name: str, **value: Any) -> Parameter:
    return {"name": name, **value}
