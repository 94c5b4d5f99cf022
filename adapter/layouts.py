"""By which mapping is a push read?

The one that it names, of those that are shipped or lie in the deployment's folder `mappings`; else the one whose name
is that of the content type's layout. A name is a plain word and never a path, and a mapping is only ever read for
the content types of its layout.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from adapter.intake import load_mapping
from adapter.outcome import RefusedError
from mappings.declared import MappingError
from mappings.engine import Mapping
from mappings.readers import LAYOUTS

_DESCRIBED = "described by its mapping"
# A content type may be of several layouts: the first is meant where no mapping is named.
_CONTENT: dict[str, tuple[str, ...]] = {
    "application/xml": ("case-xml",),
    "text/xml": ("case-xml",),
    "application/json": ("person-json",),
    "application/x-ndjson": ("person-json",),
    "application/ndjson": ("person-json",),
    "application/jsonl": ("person-json",),
    "text/csv": ("cld", _DESCRIBED),
}
# Each line is a document of its own.
_BY_LINE = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl"})
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


def by_line(content_type: str) -> bool:
    """Whether each line of such a body is a document of its own."""
    return _plain(content_type) in _BY_LINE


def choose(folder: Path, content_type: str, named: str) -> str:
    """Choose the mapping of a push by name; raises RefusedError."""
    layouts = _CONTENT.get(_plain(content_type), ())
    usual = next((layout for layout in layouts if layout in LAYOUTS), "")
    if not (usual or (layouts and named)):
        raise RefusedError("bad-content-type")
    name = named or usual
    if _layout(named_mapping(folder, name)) not in layouts:
        raise RefusedError("bad-content-type")
    return name


def named_mapping(folder: Path, name: str) -> Mapping:
    """Read the deployment's own mapping of that name, or the shipped one; raises RefusedError."""
    if not _NAME.fullmatch(name):
        raise RefusedError("bad-mapping")
    own = folder / f"{name}.toml"
    try:
        return _read(str(own), own.stat().st_mtime_ns) if own.is_file() else _read(name, 0)
    except MappingError:
        raise RefusedError("bad-mapping") from None


@lru_cache(maxsize=32)
def _read(name_or_path: str, _changed: int) -> Mapping:
    return load_mapping(name_or_path)


def _layout(mapping: Mapping) -> str:
    """The name of a layout; one that a mapping describes itself is comma-separated."""
    layout: object = mapping.layout
    return layout if isinstance(layout, str) else _DESCRIBED


def _plain(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()
