"""How does one try out a registered client by hand?

Asks the endpoint for an access token as the client would, and prints it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import httpx
import typer
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from adapter.commands.failure import Refused
from conformance.asker import Asker, NoTokenError


def token(
    base: Annotated[str, typer.Argument(help="FHIR base of the endpoint.")],
    client: Annotated[str, typer.Option(help="The client's id.")],
    key: Annotated[Path, typer.Option(help="PEM file of the client's private key (P-384).")],
    key_id: Annotated[str, typer.Option(help="The key's id, as registered.")],
    scope: Annotated[str, typer.Option(help="Scopes to ask for.")] = "system/*.rs",
) -> None:
    """Ask for an access token and print it."""
    try:
        asker = Asker(base.rstrip("/"), client, ECKey.import_key(key.read_bytes()), key_id, scope=scope)
        typer.echo(asker.token())
    except (OSError, ValueError, JoseError) as fault:
        raise Refused(f"{key.name} is not the PEM file of a P-384 key, or cannot be read") from fault
    except NoTokenError as refused:
        raise Refused(f"the endpoint gave no token: {refused}") from None
    except httpx.TransportError:
        raise Refused(f"{base} does not answer") from None
