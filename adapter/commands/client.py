"""How does an officer register a system that may ask, and see which are?"""

from __future__ import annotations

import json as json_text
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from joserfc.jwk import ECKey

from adapter import clients
from adapter.clients import NewClient
from adapter.commands import screen
from adapter.commands.failure import WrongUse
from adapter.commands.opened import opened
from adapter.commands.private import write_private
from adapter.commands.words import instant, when
from adapter.deployment import Deployment
from adapter.instant import millis, moment, shown
from adapter.officer import officer

app = typer.Typer(help="Register systems that may ask, and list them.", no_args_is_help=True)
_DAY = timedelta(days=1)
_SCOPES = ("system/*.rs",)
_SHOWN = (
    "client",
    "name",
    "recipient",
    "organisations",
    "purposes",
    "roles",
    "may_assert",
    "agreement",
    "ends",
    "state",
)


Name = Annotated[str, typer.Option(help="What the system is called.")]
Recipient = Annotated[str, typer.Option(help="Which recipient of the policy it is, such as hospital.")]
Organisations = Annotated[list[str], typer.Option(help="ODS code of an organisation that asks; again for more.")]
Purposes = Annotated[list[str], typer.Option(help="A purpose of use it may state, such as TREAT; again for more.")]
Roles = Annotated[list[str], typer.Option(help="A role of the policy that its users have; again for more.")]
Agreement = Annotated[str, typer.Option(help="Reference of the sharing agreement.")]
Toolkit = Annotated[str, typer.Option(help="Its status in the Data Security and Protection Toolkit.")]
Ends = Annotated[str, typer.Option(help="Last day of the agreement, or an instant.")]
Starts = Annotated[str, typer.Option(help="First day of the agreement; now, when nothing is said.")]
MayAssert = Annotated[bool, typer.Option("--may-assert", help="It may be related by identifying a person in full.")]
Council = Annotated[str, typer.Option(help="Code of the council, for a council's own system.")]
Scopes = Annotated[list[str] | None, typer.Option(help="A scope it may have; again for more.")]
Jwks = Annotated[Path | None, typer.Option(help="JSON file of its public keys.")]
MakeKey = Annotated[Path | None, typer.Option(help="Make a key pair, to try things out: file of the private half.")]


@app.command()
def add(
    name: Name,
    recipient: Recipient,
    organisation: Organisations,
    purpose: Purposes,
    role: Roles,
    agreement: Agreement,
    toolkit: Toolkit,
    ends: Ends,
    starts: Starts = "",
    may_assert: MayAssert = False,
    council: Council = "",
    scope: Scopes = None,
    jwks: Jwks = None,
    make_key: MakeKey = None,
    json: screen.Json = False,
) -> None:
    """Register a system; prints its client id."""
    keys = _keys(jwks, make_key)
    with opened() as deployment:
        new = NewClient(
            name=name,
            recipient=recipient,
            organisations=tuple(organisation),
            purposes=tuple(purpose),
            roles=tuple(role),
            agreement=agreement,
            toolkit=toolkit,
            starts=instant("--starts", starts) if starts else deployment.now(),
            ends=_end(ends),
            jwks=keys.public,
            scopes=tuple(scope or _SCOPES),
            may_assert=may_assert,
            council=council,
        )
        client = _register(deployment, new, keys)
    _told(client, keys, json)


@app.command("list")
def list_(json: screen.Json = False) -> None:
    """List every registered system."""
    with opened() as deployment:
        with deployment.office.transaction() as transaction:
            rows = transaction.all(f"SELECT {clients.COLUMNS}, agreement, toolkit FROM client ORDER BY name, id")
        now = millis(deployment.now())
    known = [_document(row, now) for row in rows]
    if json:
        screen.document(known)
    else:
        heads = [head.replace("_", " ") for head in _SHOWN]
        screen.table(heads, [[_cell(client[head]) for head in _SHOWN] for client in known], "clients")


@dataclass(frozen=True, repr=False)
class _Keys:
    public: dict[str, Any]
    private: bytes = b""
    file: Path | None = None


def _keys(jwks: Path | None, make_key: Path | None) -> _Keys:
    if (jwks is None) == (make_key is None):
        raise WrongUse("give the client's public keys with --jwks, or --make-key FILE to try things out; not both")
    if jwks is not None:
        return _Keys(_read(jwks))
    key = ECKey.generate_key("P-384", {"use": "sig", "alg": "ES384"}, auto_kid=True)
    return _Keys({"keys": [key.as_dict(private=False)]}, key.as_pem(private=True), make_key)


def _read(file: Path) -> dict[str, Any]:
    try:
        said = json_text.loads(file.read_text("utf-8"))
    except ValueError:
        said = None
    keys = said.get("keys") if isinstance(said, dict) else None
    if not isinstance(keys, list) or not all(isinstance(key, dict) and "kty" in key for key in keys):
        raise WrongUse(f'{file}: is no set of keys; expected JSON such as {{"keys": [...]}}')
    return {"keys": keys}


def _register(deployment: Deployment, new: NewClient, keys: _Keys) -> str:
    """Register, keep the private half where one was made, and tell the trail: together or not at all."""
    with deployment.office.transaction() as transaction:
        client = clients.add(transaction, deployment.policy, new, deployment.now())
        if keys.file:
            write_private(keys.file, keys.private)
        deployment.record(
            {
                "kind": "client",
                "at": shown(millis(deployment.now())),
                "outcome": "registered",
                "by": officer(),
                "client": client,
                "recipient": new.recipient,
                "organisations": sorted(new.organisations),
                "purposes": sorted(new.purposes),
                "roles": sorted(new.roles),
            }
        )
    return client


def _told(client: str, keys: _Keys, json: bool) -> None:
    if json:
        screen.document({"client": client, "key_ids": [key.get("kid") for key in keys.public["keys"]]})
        return
    screen.line(client)
    if keys.file:
        kid = keys.public["keys"][0]["kid"]
        screen.note(f"key {kid} is for trying things out: its private half is in {keys.file}; a real client keeps its")


def _end(text: str) -> datetime:
    """When an agreement ends: its last day belongs to it."""
    end = instant("--ends", text)
    return end + _DAY if len(text) == len("2026-11-22") else end


def _document(row: tuple[Any, ...], now: int) -> dict[str, Any]:
    client = clients.read_registration(row[:-2])
    return {
        "client": client.id,
        "name": client.name,
        "recipient": client.recipient,
        "organisations": sorted(client.organisations),
        "purposes": sorted(client.purposes),
        "roles": sorted(client.roles),
        "scopes": sorted(client.scopes),
        "may_assert": client.may_assert,
        "agreement": row[-2],
        "toolkit": row[-1],
        "starts": when(client.starts),
        "ends": when(client.ends),
        "state": _state(client, now),
    }


def _state(client: clients.Registration, now: int) -> str:
    if now < client.starts:
        return "not begun"
    if now >= client.ends:
        return "ended"
    days = (moment(client.ends) - moment(now)).days
    return f"ends in {days} days" if days < 30 else "in force"


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(value) if isinstance(value, list) else str(value)
