"""What does one field of a choice or of an organisation say?

A field is a path with a transform: `{ from = "@recorded", as = "date" }`.

The language is ours; mappings/README.md has it on one page.
"""

from dataclasses import dataclass, field
from typing import Any

from mappings.declared import Section
from mappings.paths import Path
from mappings.problems import Unreadable
from mappings.record import Node
from mappings.run import Run
from mappings.stock import Stock, path
from mappings.transforms import TRANSFORMS, Convert

_KEYS = frozenset({"from", "as"})


@dataclass(frozen=True)
class Field:
    source: Path = field(repr=False)
    convert: Convert = field(repr=False)

    def read(self, run: Run, node: Node) -> str | Unreadable | None:
        """The first value; what cannot be read is said."""
        for found, raw in self.source.values(node, run.root):
            value: Any = self.convert(run, found, raw)
            if isinstance(value, Unreadable):
                run.complain(found, self.source.attribute, value.reason, "dropped", raw)
            if value is not None:
                return value if isinstance(value, Unreadable) else str(value)
        return None

    def text(self, run: Run, node: Node) -> str | None:
        read = self.read(run, node)
        return read if isinstance(read, str) else None


def compile_field(owner: Section, key: str, stock: Stock) -> Field:
    section = owner.table(key)
    kind = section.optional("as") or "text"
    transform = TRANSFORMS.get(kind)
    if transform is None or not transform.fact:
        known = ", ".join(sorted(name for name, each in TRANSFORMS.items() if each.fact))
        section.fail(f"unknown transform `{kind}` for a field; known: {known}")
    section.only(_KEYS | transform.keys)
    return Field(path(section, "from"), transform.build(section, stock))


def optional_field(owner: Section, key: str, stock: Stock) -> Field | None:
    return compile_field(owner, key, stock) if key in owner else None
