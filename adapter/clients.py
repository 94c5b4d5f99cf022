"""Which systems may ask, as whom, and for what?

A registration carries what the sharing agreement says: organisations, purposes, roles, until when. Its views are
interned here, so that a pair of view and standing without a permit is one that nobody decided: it withholds.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from adapter.database import Transaction
from adapter.instant import millis
from adapter.permits import intern_view
from consent.model import Group, View
from consent.policy import Policy


@dataclass(frozen=True, slots=True)
class Registration:
    """A client as registered. Times are milliseconds."""

    id: str
    name: str
    recipient: str
    # The council that the client belongs to (0: none): it sees that council's people as the council itself.
    council: int
    organisations: frozenset[str]
    purposes: frozenset[str]
    roles: frozenset[str]
    scopes: frozenset[str]
    may_assert: bool
    starts: int
    ends: int
    version: int


# The columns that `read_registration` reads, in its order.
COLUMNS = "id, name, recipient, council, organisations, purposes, roles, scopes, may_assert, starts, ends, version"


def read_registration(row: tuple[Any, ...]) -> Registration:
    """Read a row of COLUMNS."""
    organisations, purposes, roles, scopes = (frozenset(json.loads(listed)) for listed in row[4:8])
    return Registration(
        id=row[0],
        name=row[1],
        recipient=row[2],
        council=row[3],
        organisations=organisations,
        purposes=purposes,
        roles=roles,
        scopes=scopes,
        may_assert=bool(row[8]),
        starts=row[9],
        ends=row[10],
        version=row[11],
    )


@dataclass(frozen=True, slots=True)
class NewClient:
    """What an officer says of a client that is to be registered."""

    name: str
    recipient: str
    organisations: tuple[str, ...]
    purposes: tuple[str, ...]
    roles: tuple[str, ...]
    agreement: str
    toolkit: str
    starts: datetime
    ends: datetime
    jwks: dict[str, Any]
    scopes: tuple[str, ...] = ("system/*.rs",)
    may_assert: bool = False
    council: str = ""


class BadClientError(ValueError):
    """A registration that the policy does not allow; the message says what and why."""


def add(transaction: Transaction, policy: Policy, new: NewClient, now: datetime) -> str:
    """Register a client and intern what it may ask; give its id."""
    _check(policy, new)
    council = _council(transaction, new.council)
    client = secrets.token_urlsafe(12)
    transaction.execute(
        "INSERT INTO client (id, version, name, recipient, council, organisations, purposes, roles, scopes, may_assert,"
        " agreement, toolkit, starts, ends, jwks, registered) VALUES (:id, 1, :name, :recipient, :council,"
        " :organisations, :purposes, :roles, :scopes, :may_assert, :agreement, :toolkit, :starts, :ends, :jwks, :now)",
        id=client,
        name=new.name,
        recipient=new.recipient,
        council=council,
        organisations=json.dumps(sorted(new.organisations)),
        purposes=json.dumps(sorted(new.purposes)),
        roles=json.dumps(sorted(new.roles)),
        scopes=json.dumps(sorted(new.scopes)),
        may_assert=int(new.may_assert),
        agreement=new.agreement,
        toolkit=new.toolkit,
        starts=millis(new.starts),
        ends=millis(new.ends),
        jwks=json.dumps(new.jwks),
        now=millis(now),
    )
    for view in views(policy, new):
        intern_view(transaction, policy, view)
    return client


def views(policy: Policy, new: NewClient) -> list[View]:
    """Every view that the client may take; a council's client is an outsider to other councils' people."""
    recipients = {new.recipient} | ({"local-authority"} if new.council else set())
    return [
        view
        for view in policy.by_view
        if view.recipient in recipients and view.purpose in new.purposes and view.role in new.roles
    ]


def _check(policy: Policy, new: NewClient) -> None:
    rows = [row for row in policy.rows if row.recipient == new.recipient]
    if not rows:
        raise BadClientError(f"`{new.recipient}` is not a recipient that the policy names")
    purposes = {purpose for row in rows for purpose in row.purposes}
    if not new.purposes or set(new.purposes) - purposes:
        raise BadClientError(f"a {new.recipient} may be registered for {', '.join(sorted(purposes))} only")
    if any(policy.group(purpose) is Group.TRACE for purpose in new.purposes):
        raise BadClientError("what this product asks itself, such as a trace, is no client's to ask")
    roles = {role for row in rows for role in row.roles}
    if not new.roles or set(new.roles) - roles:
        raise BadClientError(f"a {new.recipient} may be registered with the roles {', '.join(sorted(roles))} only")
    if not new.organisations:
        raise BadClientError("a client needs at least one organisation (ODS code)")
    if not new.agreement or new.ends <= new.starts:
        raise BadClientError("a client needs a sharing agreement that ends after it starts")
    if not new.jwks.get("keys") or any("d" in key or "k" in key for key in new.jwks["keys"]):
        raise BadClientError("a client needs a set of public keys (JWKS), and no private ones")


def _council(transaction: Transaction, code: str) -> int:
    if not code:
        return 0
    row = transaction.one("SELECT id FROM council WHERE code = :code", code=code)
    if row is None:
        raise BadClientError(f"`{code}` is not a council of this deployment")
    return int(row[0])
