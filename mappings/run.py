"""What is known while one record is mapped?

The context is what the caller knows and the record does not: whose extract it is, when it came, whom to ring.
A run belongs to one record and collects what is wrong with it, each value once in the place where it stood.

Problems are described in mappings/problems.py.
"""

from dataclasses import dataclass, field
from typing import Any

from mappings.problems import Effect, Problem
from mappings.record import CaseRecord, Node


@dataclass(frozen=True)
class Context:
    council_code: str
    council_name: str
    council_ods: str
    # The address under which the council publishes its code systems and identifier systems.
    canonical: str
    # FHIR ContactPoints of the council's duty desk.
    desk: tuple[dict[str, Any], ...]
    # When the extract came: an instant with a time zone.
    received: str
    file: str
    extract_id: str | None
    # In which encoding the file was read, where its reader says so.
    encoding: str | None = None

    @property
    def today(self) -> str:
        return self.received[:10]

    def expand(self, text: str) -> str:
        if "{" not in text:
            return text
        return text.replace("{canonical}", self.canonical).replace("{council}", self.council_code)


EXPANDED = frozenset({"canonical", "council"})


@dataclass(slots=True, repr=False)
class Run:
    record: CaseRecord
    context: Context
    root: Node
    problems: list[Problem] = field(default_factory=list)
    # Every reference to another resource of this person: its target, and who refers to it.
    references: list[tuple[str, Node]] = field(default_factory=list)
    # What everybody, and what officers, are told of where the record comes from; read once.
    provenance: tuple[dict[str, Any], dict[str, Any] | None] | None = None
    _said: set[tuple[int, str, str | None]] = field(default_factory=set)

    def complain(self, node: Node, attribute: str | None, reason: str, effect: Effect, value: str | None) -> None:
        """The first thing said of a value in its place is the one that is kept."""
        name = node.place(attribute)
        place = (node.line, name, value)
        # Without a value the complaint is about the element itself, which may lack several things.
        if value is not None and place in self._said:
            return
        self._said.add(place)
        self.problems.append(Problem(self.context.file, node.line, name, reason, effect, value))
