"""Which case records does a `person-json` stream hold?

One object, one array, or a message a line; a record is given out when it ends and is then forgotten.

JSON: https://www.rfc-editor.org/rfc/rfc8259 ; the layout: mappings/README.md
"""

from collections.abc import Iterator
from typing import BinaryIO

from mappings.problems import Problem
from mappings.readers.caps import CAPS, Caps
from mappings.readers.json_stream import Stream
from mappings.readers.messages import Messages
from mappings.readers.tree import Tree
from mappings.record import CaseRecord, Item


def read(stream: BinaryIO, name: str, *, caps: Caps = CAPS, council: str | None = None) -> Iterator[Item | Problem]:
    tree = Tree(name, caps)
    yield from Stream[CaseRecord](name, caps, council, tree, Messages(name, tree)).items(stream)
