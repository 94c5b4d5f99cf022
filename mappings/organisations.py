"""Which organisations does the record name as the person's own: the practice, the providers of open services?

An organisation without a code that can be read is nobody: no relationship follows from a name.

ODS: https://digital.nhs.uk/services/organisation-data-service
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from mappings.declared import Section
from mappings.fields import Field, compile_field, optional_field
from mappings.mapped import Organisation
from mappings.paths import Path
from mappings.run import Run
from mappings.stock import Stock, path

Kind = Literal["gp", "provider"]
_KINDS: dict[str, Kind] = {"gp": "gp", "provider": "provider"}
_KEYS = frozenset({"kind", "each", "code", "starts", "ends"})


@dataclass(frozen=True)
class Organisations:
    kind: Kind
    each: Path = field(repr=False)
    code: Field
    starts: Field | None
    ends: Field | None

    def read(self, run: Run) -> Iterator[Organisation]:
        for node in self.each.nodes(run.root, run.root):
            code = self.code.text(run, node)
            if code is not None:
                starts = self.starts.text(run, node) if self.starts else None
                ends = self.ends.text(run, node) if self.ends else None
                yield Organisation(self.kind, code, starts, ends)


def compile_organisations(top: Section, stock: Stock) -> tuple[Organisations, ...]:
    return tuple(_organisations(section, stock) for section in top.tables("organisation"))


def _organisations(section: Section, stock: Stock) -> Organisations:
    section.only(_KEYS)
    return Organisations(
        kind=_kind(section),
        each=path(section, "each"),
        code=compile_field(section, "code", stock),
        starts=optional_field(section, "starts", stock),
        ends=optional_field(section, "ends", stock),
    )


def _kind(section: Section) -> Kind:
    kind = section.text("kind")
    if kind not in _KINDS:
        section.fail(f"unknown kind `{kind}`; known: {', '.join(_KINDS)}")
    return _KINDS[kind]
