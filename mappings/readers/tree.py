"""What does a JSON object hold, as a node of a case record?

A value is an attribute, an object a child, a list as many children; what is null, empty or blank is not there.
Names are put in order, so that the same content has the same digest in whatever order it was written.
What is closed makes no node; what is unknown makes none either, and is reported once in a file.

JSON: https://www.rfc-editor.org/rfc/rfc8259 ; the names: mappings/readers/person_vocabulary.py
"""

import re
from collections.abc import Iterator

from mappings.problems import Effect, Problem, shorten
from mappings.readers.caps import Caps
from mappings.readers.person_vocabulary import Known
from mappings.record import Node, plain

# A hostile file could invent a name for every value; the report stays short.
_REPORTED_NAMES = 200
# FHIR and XML have no place for these, and half a pair is what bytes that are no UTF-8 come through as.
_NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def shown(text: str) -> str:
    """A name of the stream's own, as it can be printed."""
    return _NO_TEXT.sub("\ufffd", text)


class ExcessError(Exception):
    """A record passed a cap."""


class Tree:
    """Makes the nodes of one file's records, one record at a time."""

    def __init__(self, file: str, caps: Caps) -> None:
        self._file = file
        self._caps = caps
        self._reported: set[str] = set()
        self._room = 0
        self._line = 0
        # Names that the layout does not know: about the file. What is wrong with the record at hand: about it.
        self._strange: list[Problem] = []
        self.problems: list[Problem] = []

    def grow(self, name: str, content: dict[str, object], known: Known, line: int, path: str) -> Node:
        """The node of a whole record; raises ExcessError."""
        self._room = self._caps.elements
        self._line = line
        self.problems = []
        if _deeper(content, self._caps.depth):
            raise ExcessError(f"is nested deeper than {self._caps.depth} objects and lists")
        return self._node(name, content, known, path)

    def strangers(self) -> list[Problem]:
        """The unknown names that were found since this was last asked."""
        found, self._strange = self._strange, []
        return found

    def complain(self, field: str, reason: str, effect: Effect, value: str | None = None) -> None:
        self.problems.append(Problem(self._file, self._line, shorten(field), reason, effect, value))

    def _node(self, name: str, content: dict[str, object], known: Known, path: str) -> Node:
        node = Node(name, self._line, path=path)
        for key in sorted(content):
            self._count()
            value, place = content[key], f"{path}.{key}" if path else key
            if key in known.closed or value is None:
                continue
            if key in known.values:
                self._attribute(node, key, value, place)
            elif key in known.texts:
                node.children.extend(self._texts(key, value, place))
            elif key in known.objects:
                node.children.extend(self._children(key, value, known.objects[key], place))
            else:
                self._strange_name(f"{name}.{key}")
        return node

    def _attribute(self, node: Node, key: str, value: object, place: str) -> None:
        if isinstance(value, dict | list):
            self.complain(place, "is no single value", "quarantined")
        elif text := self._text(value, place):
            node.attributes[key] = text

    def _texts(self, key: str, value: object, place: str) -> Iterator[Node]:
        for each, where in self._each(value, place):
            if isinstance(each, dict | list):
                self.complain(where, "is no single value; it is not read", "dropped")
            elif text := self._text(each, where):
                yield Node(key, self._line, text, path=where)

    def _children(self, key: str, value: object, known: Known, place: str) -> Iterator[Node]:
        for each, where in self._each(value, place):
            if isinstance(each, dict):
                yield self._node(key, each, known, where)
            elif isinstance(each, list):
                self.complain(where, "is a list within a list; it is not read", "dropped")
            elif text := self._text(each, where):
                # What it says may matter: whether it does, the mapping says.
                self.complain(where, "is no object; its names cannot be read", "dropped")
                yield Node(key, self._line, text, path=where)

    def _each(self, value: object, place: str) -> Iterator[tuple[object, str]]:
        if not isinstance(value, list):
            yield value, place
            return
        for number, each in enumerate(value):
            self._count()
            if each is not None:
                yield each, f"{place}[{number}]"

    def _text(self, value: object, place: str) -> str:
        if isinstance(value, bool):
            return "true" if value else "false"
        raw = str(value)
        if _NO_TEXT.search(raw):
            reason = "holds a character that no text may hold, or bytes that are not of its encoding"
            self.complain(place, reason, "quarantined")
            return ""
        return plain(raw)

    def _count(self) -> None:
        self._room -= 1
        if self._room < 0:
            raise ExcessError(f"holds more than {self._caps.elements} values")

    def _strange_name(self, field: str) -> None:
        field = shown(field)
        if field in self._reported or len(self._reported) > _REPORTED_NAMES:
            return
        self._reported.add(field)
        reason = "is not known to the layout; it is not read"
        if len(self._reported) > _REPORTED_NAMES:
            field, reason = "file", f"holds more than {_REPORTED_NAMES} unknown names; no more are listed"
        self._strange.append(Problem(self._file, self._line, shorten(field), reason, "ignored"))


def _deeper(content: object, most: int) -> bool:
    level = [content]
    for _ in range(most):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer if isinstance(outer, list) else ())
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True
