"""How is a packed body unpacked without harm?

As it comes, piece by piece, and never past a number of bytes: a few packed kilobytes may be gigabytes. A body that
ends within a member, or is no gzip, is not whole. https://www.rfc-editor.org/rfc/rfc1952
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any, Protocol

from adapter.outcome import RefusedError

_PIECE = 1 << 18
# With the header and the checksum of gzip, and no other.
_GZIP = 31


class Unpacking(Protocol):
    """A body on its way in."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Give what these bytes say."""

    def end(self) -> None:
        """Raise RefusedError where the body is not whole."""


class Plain:
    """A body that came as it is."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Give the bytes themselves."""
        yield data

    def end(self) -> None:
        """It is whole: the server counted it."""


class Gzip:
    """A body that came as one gzip member, or several."""

    def __init__(self) -> None:
        self._member: Any = None
        self._members = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Give what these bytes unpack to, in pieces of a size that can be held; raises RefusedError."""
        try:
            yield from self._pieces(data)
        except zlib.error:
            raise RefusedError("cut-short") from None

    def end(self) -> None:
        """Raise RefusedError where the last member is not whole, or there was none."""
        if self._member is not None or not self._members:
            raise RefusedError("cut-short")

    def _pieces(self, data: bytes) -> Iterator[bytes]:
        full = False
        while data or full:
            if self._member is None:
                self._member = zlib.decompressobj(wbits=_GZIP)
                self._members += 1
            piece = self._member.decompress(data, _PIECE)
            yield piece
            # A piece that is full may have more behind it, even where nothing is left to feed.
            full = len(piece) == _PIECE
            data = self._member.unconsumed_tail
            if self._member.eof:
                data, full, self._member = self._member.unused_data, False, None


CODINGS: dict[str, type[Plain] | type[Gzip]] = {"": Plain, "identity": Plain, "gzip": Gzip, "x-gzip": Gzip}
