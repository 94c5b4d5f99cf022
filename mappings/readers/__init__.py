"""How is a council's file read?

One reader for each layout; each yields the header, the case records, the trailer and the problems as a stream.
Any bytes give records or problems, never an exception.

The layouts are specified in mappings/README.md.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import BinaryIO

from mappings.problems import Problem
from mappings.readers import case_xml, csv_file, person_json
from mappings.readers.caps import CAPS, Caps
from mappings.readers.csv_cld import CLD
from mappings.readers.csv_layout import Csv
from mappings.record import Item

__all__ = ["CAPS", "LAYOUTS", "Caps", "Csv", "read"]

_READERS: Mapping[str, Callable[[BinaryIO, str, Caps, str | None], Iterator[Item | Problem]]] = {
    "case-xml": lambda stream, name, caps, council: case_xml.read(stream, name, caps=caps),
    "cld": lambda stream, name, caps, council: csv_file.read(CLD, stream, name, caps=caps),
    "person-json": lambda stream, name, caps, council: person_json.read(stream, name, caps=caps, council=council),
}

LAYOUTS = tuple(_READERS)


def read(
    layout: str | Csv, stream: BinaryIO, name: str, *, caps: Caps = CAPS, council: str | None = None
) -> Iterator[Item | Problem]:
    """`layout` is a shipped layout's name, or the CSV layout that a mapping describes.

    `council` says whose records these are, for a layout that may come without a header.
    """
    if isinstance(layout, Csv):
        return csv_file.read(layout, stream, name, caps=caps)
    if layout not in _READERS:
        raise ValueError(f"unknown layout `{layout}`; known: {', '.join(LAYOUTS)}")
    return _READERS[layout](stream, name, caps, council)
