"""Who asks, as what, for what?

The client is known by its access token; the purpose and the named user come in headers, and are held to what the
client is registered for. Whatever is missing, doubled or not registered ends the request with one fixed sentence,
before anything about a person is looked at.

    ASC-Purpose-Of-Use               one HL7 v3 ActReason code, such as TREAT
    NHSD-End-User-Organisation-ODS   the ODS code of the organisation that asks
    ASC-User-ID                      who asks there, as that organisation names them
    ASC-User-Role                    their SDS job role code, such as R8000
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from adapter.clients import Registration
from adapter.outcome import RefusedError
from consent.model import Channel, Group, View
from consent.policy import Policy, Row

PURPOSE = b"asc-purpose-of-use"
ORGANISATION = b"nhsd-end-user-organisation-ods"
USER = b"asc-user-id"
ROLE = b"asc-user-role"
CONTEXT_HEADERS = (PURPOSE, ORGANISATION, USER, ROLE)
SYSTEM_ROLES = ("system", "analyst")
_LONGEST = 128


class Context(NamedTuple):
    """What the request says of itself in its headers; None where it says it twice, or not in plain text."""

    purpose: str | None = ""
    organisation: str | None = ""
    user: str | None = ""
    role: str | None = ""


@dataclass(frozen=True, slots=True)
class Asker:
    """A client's asking, admitted: `view` of people elsewhere, `own_view` of its own council's people."""

    client: Registration
    context: Context
    view: View
    own_view: View
    row: Row


def context(headers: list[tuple[bytes, bytes]], once: dict[bytes, bytes]) -> Context:
    """Read the context headers of an ASGI scope, given as they came and by name."""
    said = [once.get(PURPOSE, b""), once.get(ORGANISATION, b""), once.get(USER, b""), once.get(ROLE, b"")]
    if len(once) == len(headers):
        return _context(*said)
    names = [name for name, _ in headers]
    return _context(
        *(None if names.count(name) > 1 else value for name, value in zip(CONTEXT_HEADERS, said, strict=True))
    )


@lru_cache(maxsize=4096)
def _context(*said: bytes | None) -> Context:
    return Context(*(None if value is None else _plain(value) for value in said))


def _plain(value: bytes) -> str | None:
    text = value.decode("latin-1").strip()
    return text if len(text) <= _LONGEST and text.isprintable() else None


def admit(policy: Policy, client: Registration, said: Context, now: int) -> Asker:
    """Hold an asking to the registration and the policy; raises RefusedError."""
    if not in_force(client, now):
        raise RefusedError("agreement-ended")
    purpose = _purpose(policy, client, said)
    if not said.organisation:
        raise RefusedError("no-organisation")
    if said.organisation not in client.organisations:
        raise RefusedError("organisation-not-registered")
    channel = Channel.INTEGRATED_RECORD if client.recipient == Channel.INTEGRATED_RECORD else Channel.POINT_TO_POINT
    role = _role(policy, client, said)
    own_view = View(client.recipient, role, purpose, channel)
    view = View("local-authority", role, purpose, channel) if client.council else own_view
    row = policy.row(own_view)
    if row is None:
        raise RefusedError("no-such-view")
    if row.named_user and not said.user:
        raise RefusedError("no-user")
    return Asker(client, said, view, own_view, row)


def in_force(client: Registration, now: int) -> bool:
    """Whether the client's agreement has begun and has not ended."""
    return client.starts <= now < client.ends


def asserts(policy: Policy, asker: Asker) -> bool:
    """Whether this asking may assert a relationship by identifying a person."""
    direct = policy.group(asker.own_view.purpose) is Group.DIRECT
    return asker.client.may_assert and direct and asker.row.needs_relationship


def _purpose(policy: Policy, client: Registration, said: Context) -> str:
    if said.purpose is None or "," in said.purpose:
        raise RefusedError("several-purposes")
    if not said.purpose:
        raise RefusedError("no-purpose")
    if policy.group(said.purpose) is Group.REFUSED:
        raise RefusedError("purpose-refused" if said.purpose in policy.purposes else "purpose-not-registered")
    if said.purpose not in client.purposes:
        raise RefusedError("purpose-not-registered")
    return said.purpose


def _role(policy: Policy, client: Registration, said: Context) -> str:
    if not said.role:
        system = [role for role in SYSTEM_ROLES if role in client.roles]
        if said.role is None or not system:
            raise RefusedError("no-user")
        return system[0]
    role = policy.job_roles.get(said.role)
    if role is None or role not in client.roles:
        raise RefusedError("unknown-role")
    return role
