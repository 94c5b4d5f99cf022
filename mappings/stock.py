"""What may the rows of one mapping draw on?

Code tables and shapes are loaded once, when a row first names them, however many rows share them.
What decides whether a number is an NHS number is passed in: a mapping knows no check digits.

The language is ours; mappings/README.md has it on one page.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path as File
from typing import Any, Protocol

from mappings import paths, tables
from mappings.declared import MappingError, Section
from mappings.record import Node
from mappings.run import Run
from mappings.tables import Table


class Filler(Protocol):
    """A list of rows, compiled."""

    def fill(self, run: Run, node: Node) -> dict[str, Any] | None: ...

    def lacking(self, body: dict[str, Any]) -> str | None: ...


@dataclass
class Stock:
    folders: tuple[File, ...]
    nhs_number: Callable[[str], str]
    # The types of the resources that the mapping makes, for the references between them.
    types: frozenset[str]
    shapes: dict[str, Section]
    compile: Callable[[Section, "Stock"], Filler]
    # The types of the resources that another mapping makes of the same person.
    elsewhere: frozenset[str] = frozenset()
    tables: dict[str, Table] = field(default_factory=dict)
    _compiled: dict[str, Filler] = field(default_factory=dict)
    _open: list[str] = field(default_factory=list)

    def table(self, section: Section, name: str) -> Table:
        if name not in self.tables:
            try:
                self.tables[name] = tables.load(name, self.folders)
            except MappingError as error:
                if error.where:
                    raise
                section.fail(f"code table `{name}`: {error.reason}")
        return self.tables[name]

    def shape(self, section: Section, name: str) -> Filler:
        if name in self._open:
            section.fail(f"shape `{name}` is within itself")
        if name not in self.shapes:
            section.fail(f"unknown shape `{name}`; known: {', '.join(sorted(self.shapes))}")
        if name not in self._compiled:
            self._open.append(name)
            self._compiled[name] = self.compile(self.shapes[name], self)
            self._open.pop()
        return self._compiled[name]


def path(section: Section, key: str) -> paths.Path:
    try:
        return paths.path(section.text(key))
    except paths.PathError as error:
        section.fail(f"`{key}`: {error}")


def optional_path(section: Section, key: str) -> paths.Path | None:
    return path(section, key) if key in section else None


def template(section: Section, key: str) -> paths.Template:
    try:
        return paths.template(section.text(key))
    except paths.PathError as error:
        section.fail(f"`{key}`: {error}")
