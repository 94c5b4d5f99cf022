"""Where does the next page begin, and whose page is it?

A page link is sealed (AES-256-GCM) and bound to who asked for what under which policy: anybody else's, or one from
before a change of policy, is not valid. Each page is decided anew. The search itself travels inside the seal, so
that nothing about a person stands in a link.
"""

from __future__ import annotations

import base64
import binascii
import secrets

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from adapter.asker import Asker
from adapter.outcome import RefusedError

Parameters = list[tuple[str, str]]


class Cursors:
    """Seals and opens page links of one deployment."""

    def __init__(self, seal: bytes) -> None:
        self._cipher = AESGCM(seal)

    def seal(self, asker: Asker, epoch: int, kind: str, parameters: Parameters, after: int) -> str:
        """Close a page link over the search and the place after which it goes on."""
        nonce = secrets.token_bytes(12)
        # Always as long: how many digits the place has would tell how many resources there are.
        said = orjson.dumps([parameters, f"{after:019d}"])
        closed = self._cipher.encrypt(nonce, said, _bound_to(asker, epoch, kind))
        return base64.urlsafe_b64encode(nonce + closed).decode().rstrip("=")

    def open(self, asker: Asker, epoch: int, kind: str, link: str) -> tuple[Parameters, int]:
        """Read a page link; raises RefusedError where it is not this asker's."""
        try:
            raw = base64.urlsafe_b64decode(link + "=" * (-len(link) % 4))
            said = self._cipher.decrypt(raw[:12], raw[12:], _bound_to(asker, epoch, kind))
        except (InvalidTag, binascii.Error, ValueError):
            raise RefusedError("bad-cursor") from None
        parameters, after = orjson.loads(said)
        return [(name, value) for name, value in parameters], int(after)


def _bound_to(asker: Asker, epoch: int, kind: str) -> bytes:
    said = asker.context
    return orjson.dumps([asker.client.id, said.organisation, said.user, said.purpose, said.role, epoch, kind])
