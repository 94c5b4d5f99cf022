"""Where do the lines of a stranger's text end, and in which encoding are they written?

A mark at the beginning declares UTF-8 or UTF-16, and what then cannot be read is wrong.
Without a mark a file is UTF-8 when every line of it is, else Windows-1252; nothing else is tried, and nothing guessed.
That is known after the last line only, and a stream is read once: lines are handed on as bytes, to be decoded later.
Both encodings write delimiters, quotes and line breaks as ASCII does, so that bytes can be told apart before that.

Byte order marks: https://www.unicode.org/faq/utf_bom.html
"""

import codecs
from collections.abc import Iterator
from typing import BinaryIO

from mappings.readers.caps import Caps
from mappings.readers.xml import StoppedError, chunks
from mappings.record import plain

UTF_8, UTF_16, WINDOWS = "utf-8", "utf-16", "windows-1252"

_UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Lines:
    def __init__(self, stream: BinaryIO, caps: Caps) -> None:
        self._chunks = chunks(stream, caps.file_bytes)
        self._longest = caps.person_bytes
        self._declared: str | None = None
        self._not_utf_8 = False
        self._beyond_ascii = False
        # Where bytes that are not UTF-8 first stood among others that are.
        self.mixed: int | None = None
        # The number of the line that was given last.
        self.number = 0

    @property
    def encoding(self) -> str:
        """Certain once every line was given."""
        return self._declared or (WINDOWS if self._not_utf_8 else UTF_8)

    def decode(self, raw: bytes) -> str | None:
        """None when the bytes are not of the file's encoding."""
        try:
            return raw.decode(WINDOWS if self.encoding == WINDOWS else UTF_8)
        except UnicodeDecodeError:
            return None

    def __iter__(self) -> Iterator[bytes]:
        held = b""
        for chunk in self._unmarked():
            *whole, held = (held + chunk).splitlines(keepends=True) or [b""]
            for line in whole:
                yield self._given(line)
            if len(held) > self._longest:
                raise StoppedError(self.number + 1, "line", f"is larger than {self._longest} bytes")
        if held:
            yield self._given(held)

    def _given(self, line: bytes) -> bytes:
        self.number += 1
        if not line.isascii() and self._declared is None:
            self._judge(line)
        return line

    def _judge(self, line: bytes) -> None:
        try:
            line.decode(UTF_8)
            self._beyond_ascii = True
            mixed = self._not_utf_8
        except UnicodeDecodeError:
            self._not_utf_8 = True
            mixed = self._beyond_ascii
        if mixed and self.mixed is None:
            self.mixed = self.number

    def _unmarked(self) -> Iterator[bytes]:
        head = b""
        for chunk in self._chunks:
            head += chunk
            if len(head) >= len(codecs.BOM_UTF8):
                break
        if head.startswith(codecs.BOM_UTF8):
            self._declared = UTF_8
            yield head.removeprefix(codecs.BOM_UTF8)
        elif head.startswith(_UTF_16_MARKS):
            self._declared = UTF_16
            yield from self._from_utf_16(head)
            return
        else:
            yield head
        yield from self._chunks

    def _from_utf_16(self, head: bytes) -> Iterator[bytes]:
        decoder = codecs.getincrementaldecoder(UTF_16)()
        try:
            yield decoder.decode(head).encode(UTF_8)
            for chunk in self._chunks:
                yield decoder.decode(chunk).encode(UTF_8)
            yield decoder.decode(b"", final=True).encode(UTF_8)
        except UnicodeDecodeError:
            reason = "is not in the encoding that its mark declares (UTF-16), or ends too early"
            raise StoppedError(self.number + 1, "file", reason) from None


def as_text(cell: str) -> str:
    """One cell of bytes, before the encoding of the file is known: white space aside, equal cells give equal text."""
    if cell.isascii():
        return plain(cell)
    raw = cell.encode("latin-1")
    try:
        return plain(raw.decode(UTF_8))
    except UnicodeDecodeError:
        return plain(raw.decode(WINDOWS, "replace"))
