"""How does this deployment get a key for PDS?

The private half stays in a file that its owner alone may read; the public half is published as a JWKS, beside the
keys that are published already, so that a new key can be known before the old one ends.
"""

from __future__ import annotations

import json as json_text
import re
from pathlib import Path
from typing import Annotated, Any

import typer

from adapter.commands import screen
from adapter.commands.failure import WrongUse
from adapter.commands.private import write_private
from pds_client.auth import make_key_pair

app = typer.Typer(help="Keys for PDS.", no_args_is_help=True)
_KEY_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_PUBLISHED = "jwks.json"


@app.callback()
def pds() -> None:
    """Keys for PDS."""


@app.command()
def keys(
    key_id: Annotated[str, typer.Option(help="The key's id, as it will be registered.")],
    out: Annotated[Path, typer.Option(help="Folder to write to.")],
    json: screen.Json = False,
) -> None:
    """Make a key pair: KEY_ID.pem to keep, jwks.json to publish."""
    if not _KEY_ID.fullmatch(key_id):
        raise WrongUse("--key-id is made of letters, digits, full stops, dashes and underscores; at most 64")
    out.mkdir(parents=True, exist_ok=True, mode=0o700)
    private, published = out / f"{key_id}.pem", out / _PUBLISHED
    beside = _published(published)
    if any(key.get("kid") == key_id for key in beside["keys"]):
        raise WrongUse(f"{published}: a key of that id is published already; choose another")
    pem, jwks = make_key_pair(key_id, beside=beside)
    write_private(private, pem.encode())
    published.write_text(json_text.dumps(jwks, indent=2) + "\n", "utf-8")
    if json:
        screen.document({"private_key": str(private), "jwks": str(published), "keys": len(jwks["keys"])})
        return
    screen.line(f"{private}: the private key; set ASC_FHIR_PDS_KEY_FILE to it, and show it to nobody")
    screen.line(f"{published}: publish this; keys in it: {len(jwks['keys'])}")


def _published(file: Path) -> dict[str, list[Any]]:
    if not file.exists():
        return {"keys": []}
    try:
        said = json_text.loads(file.read_text("utf-8"))
    except ValueError:
        said = None
    if not isinstance(said, dict) or not isinstance(said.get("keys"), list):
        raise WrongUse(f"{file}: is no set of keys; move it away")
    return {"keys": said["keys"]}
