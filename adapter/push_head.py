"""What does the head of a push say of its body?

How it is read and packed, which system it comes from, what the sender calls the file and the message. Nothing of it
is trusted: a name leads nowhere, and what cannot be read is refused before the body is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from adapter.layouts import by_line, choose
from adapter.outcome import RefusedError
from adapter.rest import Request
from adapter.settings import Settings
from adapter.taken import EXTRACT, LINES, PERSON
from adapter.unpack import CODINGS, Gzip, Plain

_LONGEST_WORD = 128
_FILE_NAME = re.compile(r'filename="?([^";]*)')


@dataclass(frozen=True, slots=True)
class Sent:
    """The head of a push, read."""

    council: str
    source: str
    mapping: str
    file: str
    form: str
    # The sender's own name for the message; empty where it gives none.
    message: str
    coding: type[Plain] | type[Gzip]
    # Whether the sender would rather ask later than wait.
    may_wait: bool


def read_head(settings: Settings, request: Request, *, council: str, source: str, mapping: str, persons: bool) -> Sent:
    """Read the head of a push; raises RefusedError."""
    kind = _header(request, b"content-type")
    chosen = choose(settings.mappings, kind, mapping)
    several = LINES if by_line(kind) else PERSON
    coding = CODINGS.get(_header(request, b"content-encoding").strip().lower())
    if coding is None:
        raise RefusedError("bad-coding")
    length = _header(request, b"content-length")
    if length.isdigit() and int(length[:20]) > settings.extract_most_bytes:
        raise RefusedError("too-long")
    return Sent(
        council=council,
        source=_word(source) or "push",
        mapping=chosen,
        file=_file_name(_header(request, b"content-disposition")),
        form=several if persons else EXTRACT,
        message=_word(_header(request, b"idempotency-key")) or _request_id(request),
        coding=coding,
        may_wait="respond-async" in _header(request, b"prefer"),
    )


def read_place(said: str) -> int:
    """Read a place in a list; raises RefusedError."""
    if not (said.isascii() and said.isdigit() and len(said) <= 9):
        raise RefusedError("bad-word")
    return int(said)


def _header(request: Request, name: bytes) -> str:
    return request.headers.get(name, b"").decode("latin-1")


def _request_id(request: Request) -> str:
    """The id that the sender gave the request, where it is one."""
    return request.id if _header(request, b"x-request-id") == request.id else ""


def _word(said: str) -> str:
    if len(said) > _LONGEST_WORD or not said.isprintable():
        raise RefusedError("bad-word")
    return said.strip()


def _file_name(disposition: str) -> str:
    """What the sender calls the file, without what could lead anywhere or stand for anything."""
    said = _FILE_NAME.search(disposition)
    last = re.split(r"[/\\]", said[1])[-1] if said else ""
    return re.sub(r"[^A-Za-z0-9._-]", "_", last)[:80].lstrip(".") or "push"
