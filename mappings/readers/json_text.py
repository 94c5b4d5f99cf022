"""How are bytes from a stranger parsed as JSON without harm?

The stream is one object, one array, or a value a line; a value is given out when it ends, and is then forgotten.
Numbers stay the text that they were written as, so that no digit is lost.
A value that says a name twice or holds a number that is none is given out with its fault, and never as a guess.
Where one value ends badly in an array nobody knows where the next begins: the file is stopped; a bad line is only one.

JSON: https://www.rfc-editor.org/rfc/rfc8259 ; a value a line: https://github.com/ndjson/ndjson-spec
"""

import codecs
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import BinaryIO

from mappings.readers import xml
from mappings.readers.caps import Caps
from mappings.readers.xml import StoppedError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Bytes that are no UTF-8 come through as characters that no text may hold, so that only their own record is lost.
_ERRORS = {"utf-8": "surrogateescape", "utf-16-le": "surrogatepass", "utf-16-be": "surrogatepass"}
_SPACE = re.compile(r"[ \t\r\n]*")
# A cut within a literal or an escape is complained of a few characters before the end.
_NEAR = 16
_TOO_DEEP = "is nested deeper than any record"


class Number(str):
    """A number as it was written."""

    __slots__ = ()


@dataclass(frozen=True, repr=False)
class Value:
    line: int
    # `[3]` for what an array holds.
    place: str
    content: object
    fault: str | None = None
    # The name or the word that the fault is about.
    about: str | None = None


class _Pieces:
    """The characters of a stream, and the encoding that its first bytes tell."""

    def __init__(self, stream: BinaryIO, most: int) -> None:
        chunks = xml.chunks(stream, most)
        first = next(chunks, b"")
        while len(first) < 4 and (more := next(chunks, b"")):
            first += more
        mark, self.encoding = next(((mark, name) for mark, name in _MARKS if first.startswith(mark)), (b"", "utf-8"))
        self._bytes = chain([first[len(mark) :]], chunks)
        self._decoder = codecs.getincrementaldecoder(self.encoding)(errors=_ERRORS[self.encoding])

    def next(self) -> str | None:
        chunk = next(self._bytes, None)
        try:
            if chunk is not None:
                return self._decoder.decode(chunk)
            return self._decoder.decode(b"", True) or None
        except UnicodeDecodeError:
            raise StoppedError(0, "file", "is not in the encoding that its first bytes tell") from None


class Values:
    """One way through the values of one stream."""

    def __init__(self, stream: BinaryIO, caps: Caps) -> None:
        self._caps = caps
        self._pieces = _Pieces(stream, caps.file_bytes)
        self._parser = _Parser()
        self._held = ""
        self._at = 0
        self.line = 1

    @property
    def encoding(self) -> str:
        return self._pieces.encoding

    def __iter__(self) -> Iterator[Value]:
        self._skip_space()
        begins = self._held[self._at : self._at + 1]
        if not begins:
            raise StoppedError(0, "file", "is empty")
        if begins == "[":
            return self._array()
        if begins != "{":
            raise StoppedError(self.line, "file", "is not JSON; expected an object, an array, or an object a line")
        first = self._line() or ""
        return self._lines(first) if self._parser.whole(first) else self._sequence(first)

    def _lines(self, first: str) -> Iterator[Value]:
        line: str | None = first
        while line is not None:
            if not line.isspace() and line:
                yield self._parser.parse(line, self.line)
            self.line += 1
            line = self._line()

    def _sequence(self, first: str) -> Iterator[Value]:
        """Objects that are written over several lines."""
        self._held, self._at = first + "\n" + self._held[self._at :], 0
        while self._skip_space():
            yield self._value("")

    def _array(self) -> Iterator[Value]:
        self._at += 1
        number = 0
        while self._skip_space() and (number or self._held[self._at] != "]"):
            yield self._value(f"[{number}]")
            number += 1
            self._skip_space()
            follows = self._held[self._at : self._at + 1]
            if follows == "]":
                break
            if follows != ",":
                raise self._broken(ended=not follows)
            self._at += 1
        if self._held[self._at : self._at + 1] != "]":
            raise self._broken(ended=True)
        self._at += 1
        if self._skip_space():
            raise StoppedError(self.line, "file", "goes on behind the end of its array; send one array")

    def _value(self, place: str) -> Value:
        while True:
            begin, line = self._at, self.line
            try:
                value, end = self._parser.begin(self._held, begin, line, place)
            except json.JSONDecodeError as error:
                self._need_more(error)
                continue
            if end - begin > self._caps.person_bytes:
                raise self._too_large()
            self.line += self._held.count("\n", begin, end)
            self._at = end
            return value

    def _need_more(self, error: json.JSONDecodeError) -> None:
        """Read on where the value may only not have come whole; a fault far from the end is there to stay."""
        unfinished = error.msg.startswith("Unterminated") or error.pos + _NEAR >= len(self._held)
        if not unfinished:
            raise self._broken(ended=False)
        held = len(self._held) - self._at
        if held > self._caps.person_bytes:
            raise self._too_large()
        # Each try begins anew: what is held must double, or a large value would cost its square.
        while self._more():
            if len(self._held) >= 2 * held:
                return
        if len(self._held) - self._at == held:
            ended = error.msg.startswith("Unterminated") or error.pos >= len(self._held)
            raise self._broken(ended=ended)

    def _line(self) -> str | None:
        """The next line without its end; None when there is no more."""
        searched = self._at
        while (end := self._held.find("\n", searched)) < 0:
            if len(self._held) - self._at > self._caps.person_bytes:
                raise self._too_large()
            searched = len(self._held) - self._at
            if not self._more():
                end = len(self._held)
                if self._at == end:
                    return None
                break
        if end - self._at > self._caps.person_bytes:
            raise self._too_large()
        line = self._held[self._at : end]
        self._at = min(end + 1, len(self._held))
        return line

    def _skip_space(self) -> bool:
        """Whether anything follows."""
        while True:
            matched = _SPACE.match(self._held, self._at)
            end = matched.end() if matched else self._at
            self.line += self._held.count("\n", self._at, end)
            self._at = end
            if end < len(self._held):
                return True
            if not self._more():
                return False

    def _more(self) -> bool:
        """Read on, and let go of what was used."""
        piece = self._pieces.next()
        if piece is None:
            return False
        self._held, self._at = self._held[self._at :] + piece, 0
        return True

    def _too_large(self) -> StoppedError:
        return StoppedError(self.line, "file", f"holds a record larger than {self._caps.person_bytes} characters")

    def _broken(self, ended: bool) -> StoppedError:
        reason = "ends too early; send the whole file again" if ended else "is not JSON"
        return StoppedError(self.line, "file", reason)


class _Parser:
    """The parser of the standard library, made strict."""

    def __init__(self) -> None:
        self._fault: tuple[str | None, str | None] = None, None
        self._json = json.JSONDecoder(
            object_pairs_hook=self._object,
            parse_int=Number,
            parse_float=Number,
            parse_constant=self._constant,
        )

    def whole(self, line: str) -> bool:
        """Whether a line is a value, or can be nothing but a bad one: an object over several lines ends it early."""
        try:
            self._json.decode(line)
        except json.JSONDecodeError as error:
            return error.pos < len(line.rstrip())
        except RecursionError:
            return True
        return True

    def parse(self, line: str, number: int) -> Value:
        """The value of a line, whatever is wrong with it."""
        self._fault = None, None
        try:
            content = self._json.decode(line)
        except json.JSONDecodeError:
            return Value(number, "", None, "is not JSON")
        except RecursionError:
            return Value(number, "", None, _TOO_DEEP)
        return Value(number, "", content, *self._fault)

    def begin(self, text: str, at: int, line: int, place: str) -> tuple[Value, int]:
        """The value that begins there, and where it ends; raises JSONDecodeError."""
        self._fault = None, None
        try:
            content, end = self._json.raw_decode(text, at)
        except RecursionError:
            raise StoppedError(line, "file", _TOO_DEEP) from None
        return Value(line, place, content, *self._fault), end

    def _object(self, pairs: list[tuple[str, object]]) -> dict[str, object]:
        held: dict[str, object] = {}
        for name, value in pairs:
            if name in held:
                self._fault = "holds the same name twice", name
            held[name] = value
        return held

    def _constant(self, word: str) -> str:
        self._fault = "holds a number that is none", word
        return word
