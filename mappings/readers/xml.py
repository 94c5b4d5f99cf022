"""How are bytes from a stranger parsed as XML without harm?

A first look, a few bytes at a time, finds the root element: a document type is refused there, before any content.
Nothing is resolved, loaded or fetched; the parser's own limits stay on; the file may not pass the cap.
What the parser finds wrong is said in our own words: its messages quote the file.

XML: https://www.w3.org/TR/xml/ ; the parser's options: https://lxml.de/api/lxml.etree.XMLPullParser-class.html
"""

from collections.abc import Iterator
from typing import BinaryIO, Literal, cast

from lxml import etree

CHUNK = 1 << 16

# The root element starts within the first 64 KiB of an honest file.
_PROLOG = 1 << 16
_PROBE = 512

# From here on libxml2 keeps no line for an element and answers with that of the text after it.
_LAST_KEPT_LINE = 65_534

_ENCODING = {
    etree.ErrorTypes.ERR_UNKNOWN_ENCODING,
    etree.ErrorTypes.ERR_UNSUPPORTED_ENCODING,
    etree.ErrorTypes.ERR_INVALID_ENCODING,
    etree.ErrorTypes.ERR_INVALID_CHAR,
}
_MALFORMED = "is not well-formed XML"
_ENTITY = {etree.ErrorTypes.ERR_UNDECLARED_ENTITY, etree.ErrorTypes.WAR_UNDECLARED_ENTITY}


class StoppedError(Exception):
    """Nothing more can be read from this file."""

    def __init__(self, line: int, field: str, reason: str, value: str | None = None) -> None:
        super().__init__(f"{field} {reason}")
        self.line = line
        self.field = field
        self.reason = reason
        self.value = value


def parser(event: Literal["start", "end"], tags: tuple[str, ...] | None) -> "etree.XMLPullParser":
    return etree.XMLPullParser(
        events=(event,),
        tag=tags,
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


def chunks(stream: BinaryIO, most: int) -> Iterator[bytes]:
    seen = 0
    while chunk := stream.read(CHUNK):
        seen += len(chunk)
        if seen > most:
            raise StoppedError(0, "file", f"is larger than {most} bytes")
        yield chunk


def prolog(source: Iterator[bytes], root: str) -> bytes:
    """The bytes read until the root element was found and could be trusted."""
    head = next(source, b"")
    if not head.strip():
        raise StoppedError(0, "file", "is empty")
    probe = parser("start", None)
    looked = 0
    while looked < _PROLOG:
        if looked >= len(head):
            more = next(source, b"")
            if not more:
                close(probe, 1 + head.count(b"\n"))
            head += more
        fault = feed(probe, head[looked : looked + _PROBE])
        looked += _PROBE
        for element in elements(probe):
            _trust(element, root)
            return head
        if fault is not None:
            raise fault
    raise StoppedError(0, "file", f"has no element within its first {_PROLOG} bytes")


def _trust(element: etree._Element, root: str) -> None:
    if element.getroottree().docinfo.internalDTD is not None:
        raise StoppedError(line(element), "DOCTYPE", "is refused; send the file without a document type or entities")
    if element.tag != root:
        namespace, _, name = root[1:].partition("}")
        reason = f"is not what the file must begin with; expected {name} in namespace {namespace}"
        raise StoppedError(line(element), "root", reason, str(element.tag))


def feed(parser: "etree.XMLPullParser", chunk: bytes) -> StoppedError | None:
    """The fault in these bytes, if there is one; the events before it can still be read."""
    try:
        parser.feed(chunk)
    except etree.XMLSyntaxError as error:
        return StoppedError(error.lineno or 0, "file", _reason(getattr(error, "code", None)))
    # Some faults are only noted: the parser goes on and says at the end that the document is empty.
    for noted in parser.feed_error_log:
        if noted.level >= etree.ErrorLevels.ERROR:
            return StoppedError(noted.line, "file", _reason(noted.type))
    return None


def elements(parser: "etree.XMLPullParser") -> Iterator[etree._Element]:
    for _, element in parser.read_events():
        yield cast(etree._Element, element)


def close(parser: "etree.XMLPullParser", lines: int) -> etree._Element:
    try:
        return parser.close()
    except etree.XMLSyntaxError as error:
        if getattr(error, "code", None) == etree.ErrorTypes.ERR_DOCUMENT_EMPTY:
            raise StoppedError(1, "file", _MALFORMED) from None
        raise StoppedError(lines, "file", "ends too early; send the whole file again") from None


def line(element: etree._Element) -> int:
    kept = cast(int | None, element.sourceline) or 0
    if kept <= _LAST_KEPT_LINE:
        return kept
    if element.text:
        return kept - element.text.count("\n")
    if not len(element) and element.tail:
        return kept - element.tail.count("\n")
    return kept


def _reason(code: int | None) -> str:
    if code in _ENCODING:
        return "is not in the encoding that it declares (UTF-8 when it declares none)"
    if code in _ENTITY:
        return "names an entity; write the character itself"
    return _MALFORMED
