"""Where does an upload wait until it is taken in?

In a file of the deployment's own folder that its owner alone may read, written as the body comes so that no more than
a piece of it is ever held, and destroyed once it was taken in. A file that is whole and that nobody works on is one
whose process ended: it is taken up again.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from adapter.claim import Claim, claim, claim_new
from adapter.outcome import RefusedError
from adapter.unpack import Unpacking

_NEW, _ARRIVING, _WHOLE = ".new", ".part", ".body"


class Upload:
    """One body, on its way in."""

    def __init__(self, held: Claim, handle: int, unpacking: Unpacking, most: int, key: bytes) -> None:
        self._held = held
        self._handle = handle
        self._unpacking = unpacking
        self._most = most
        self._digest = hashlib.blake2b(key=key, digest_size=32)
        self.size = 0

    @property
    def digest(self) -> str:
        """A keyed hash of what it says: the same for the same content, and of no use to anybody else."""
        return self._digest.hexdigest()

    def write(self, data: bytes) -> None:
        """Add bytes as they came; raises RefusedError past the cap, or where they cannot be unpacked."""
        for piece in self._unpacking.feed(data):
            self.size += len(piece)
            if self.size > self._most:
                raise RefusedError("too-long")
            self._digest.update(piece)
            _write(self._handle, piece)

    def end(self) -> Claim:
        """The body has come to its end: keep it, whatever happens; raises RefusedError where it is not whole."""
        self._unpacking.end()
        os.fsync(self._handle)
        self._held.move(self._held.path.with_suffix(_WHOLE))
        return self._held

    def destroy(self) -> None:
        """Have done with a body that did not become whole."""
        self._held.destroy()


class Spool:
    """The folder in which uploads wait."""

    def __init__(self, folder: Path, key: bytes) -> None:
        self._folder = folder
        self._key = key

    def begin(self, name: str, unpacking: Unpacking, most: int) -> Upload:
        """Make room for a body of so many bytes at most."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Nobody looks for it under its first name, so that it is claimed before anybody finds it.
        held, handle = claim_new(self._folder / f"{name}{_NEW}")
        held.move(held.path.with_suffix(_ARRIVING))
        return Upload(held, handle, unpacking, most, self._key)

    def left_behind(self) -> Iterator[Claim]:
        """Claim each whole upload that nobody works on; what never became whole is destroyed."""
        for path in sorted(self._folder.glob("*")):
            if path.suffix not in (_ARRIVING, _WHOLE):
                continue
            held = claim(path)
            if held is not None and path.suffix == _ARRIVING:
                held.destroy()
            elif held is not None:
                yield held


def _write(handle: int, data: bytes) -> None:
    while data:
        data = data[os.write(handle, data) :]
