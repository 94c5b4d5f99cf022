"""Are these the bytes that the council wrote?

The trailer's `sha256` is that of every byte before the trailer's first: the digest so far, when the trailer begins.

SHA-256: https://csrc.nist.gov/pubs/fips/180-4/upd1/final ; the layout: mappings/README.md
"""

from hashlib import sha256

_MARK = b"<Trailer"


class Seal:
    def __init__(self) -> None:
        self._digest = sha256()
        # The end of what was seen may be the beginning of the mark.
        self._held = b""
        self._stated: str | None = None

    def add(self, chunk: bytes) -> None:
        seen = self._held + chunk
        start = 0
        while (found := seen.find(_MARK, start)) >= 0:
            self._digest.update(seen[start:found])
            self._stated = self._digest.hexdigest()
            self._digest.update(_MARK)
            start = found + len(_MARK)
        keep = max(start, len(seen) - len(_MARK) + 1)
        self._digest.update(seen[start:keep])
        self._held = seen[keep:]

    @property
    def before_trailer(self) -> str | None:
        """None in an encoding, or under a prefix, that the mark does not stand in."""
        return self._stated
