"""Which secrets does a deployment hold?

Made at the first run, kept in the deployment's own folder, readable by its owner alone, never printed: the key that
signs access tokens, the key of seals and keyed hashes, and the password of the door's role in PostgreSQL.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from joserfc.jwk import ECKey


@dataclass(frozen=True, repr=False)
class Keys:
    """The secrets of one deployment."""

    signing: ECKey = field(repr=False)
    seal: bytes = field(repr=False)
    door_password: str = field(repr=False)


def keys(home: Path) -> Keys:
    """Read the deployment's secrets, making those that are not there yet."""
    folder = home / "keys"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    signing = _kept(folder / "signing.pem", _new_signing_key)
    return Keys(
        signing=ECKey.import_key(signing.decode(), {"use": "sig", "alg": "ES256"}),
        seal=bytes.fromhex(_kept(folder / "seal.hex", lambda: secrets.token_hex(32).encode()).decode()),
        door_password=_kept(folder / "door.password", lambda: secrets.token_urlsafe(24).encode()).decode(),
    )


def _new_signing_key() -> bytes:
    return bytes(ECKey.generate_key("P-256").as_pem(private=True))


def _kept(path: Path, make: Callable[[], bytes]) -> bytes:
    if not path.exists():
        handle, name = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(make())
        # A link fails where another process was first; then its secret is the one.
        with contextlib.suppress(FileExistsError):
            os.link(name, path)
        os.unlink(name)
    return path.read_bytes()
