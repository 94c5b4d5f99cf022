"""What stands first and last in a JSON stream, and is it whole?

The first object may be a header, which says whose records these are; where the caller knows, there need be none.
The last may be a trailer, which says how many there were; a full file without one closes nobody.
Whatever cannot be read becomes a problem, and never an exception; everything read before it has been yielded.

The layouts are ours; mappings/README.md shows them whole.
"""

from collections.abc import Iterator
from typing import BinaryIO, Generic, Protocol, TypeVar

from mappings.problems import Problem
from mappings.readers import heading
from mappings.readers.caps import Caps
from mappings.readers.json_text import Value, Values
from mappings.readers.person_vocabulary import HEADER, TRAILER, Known
from mappings.readers.tree import ExcessError, Tree
from mappings.readers.xml import StoppedError
from mappings.record import Header, Node, Trailer

Record_co = TypeVar("Record_co", covariant=True)
Record = TypeVar("Record")


class Records(Protocol[Record_co]):
    """What the objects between header and trailer are."""

    found: int
    # Of how many nobody knows what they are: whoever is in one of them is not absent.
    lost: int

    def read(self, value: Value) -> Iterator[Record_co | Problem]: ...


class Stream(Generic[Record]):
    """One way through one stream."""

    def __init__(self, name: str, caps: Caps, council: str | None, tree: Tree, records: Records[Record]) -> None:
        self._name = name
        self._caps = caps
        self._council = council
        self._tree = tree
        self._records = records
        self._header: Header | None = None
        self._trailer: Trailer | None = None

    def items(self, stream: BinaryIO) -> Iterator[Header | Record | Trailer | Problem]:
        try:
            yield from self._items(stream)
        except StoppedError as stopped:
            yield Problem(self._name, stopped.line, stopped.field, stopped.reason, "stopped", stopped.value)

    def _items(self, stream: BinaryIO) -> Iterator[Header | Record | Trailer | Problem]:
        values = Values(stream, self._caps)
        for value in values:
            if self._header is None:
                named = _is_header(value)
                yield from self._head(value if named else None, values.encoding)
                if named:
                    continue
            if self._trailer is not None:
                raise StoppedError(value.line, "persons", "is followed by more; the trailer stands last")
            if _is_trailer(value):
                yield from self._end_stated(value)
            else:
                yield from self._records.read(value)
        yield from self._end(values.line)

    def _head(self, value: Value | None, encoding: str) -> Iterator[Header | Problem]:
        problems: list[Problem] = []
        node = None if value is None else self._grow(value, HEADER)
        self._header = heading.header(node, self._council, encoding, problems, self._name)
        yield from self._tree.strangers()
        yield from problems
        yield self._header

    def _end_stated(self, value: Value) -> Iterator[Problem]:
        problems: list[Problem] = []
        self._trailer = heading.trailer(self._grow(value, TRAILER), problems, self._name)
        yield from self._tree.strangers()
        yield from problems

    def _end(self, line: int) -> Iterator[Trailer | Problem]:
        if self._trailer is None:
            if self._header is not None and self._header.mode == "full":
                reason = "is missing; nothing says whether the file is whole"
                yield Problem(self._name, line, "persons", reason, "ignored")
            return
        stated, found = self._trailer.persons, self._records.found
        if stated is not None and stated != found:
            reason = f"does not match: the file holds {found} records; send the whole file again"
            raise StoppedError(self._trailer.line, "persons", reason, str(stated))
        if self._records.lost:
            reason = "holds for a file of which some records are nobody's; who is not in it does not count as absent"
            yield Problem(self._name, self._trailer.line, "persons", reason, "ignored")
        else:
            yield self._trailer

    def _grow(self, value: Value, known: Known) -> Node:
        content = value.content if isinstance(value.content, dict) else {}
        try:
            return self._tree.grow("file", content, known, value.line, value.place)
        except ExcessError as excess:
            raise StoppedError(value.line, "file", str(excess)) from None


# What a header never holds, and every record one of.
_PERSONAL = frozenset({"id", "mosaicId", "person", "personId", "operation", "messageId", "team", "worker"})


def _is_header(value: Value) -> bool:
    return isinstance(value.content, dict) and "council" in value.content and _PERSONAL.isdisjoint(value.content)


def _is_trailer(value: Value) -> bool:
    return isinstance(value.content, dict) and value.content.keys() == {"persons"}
