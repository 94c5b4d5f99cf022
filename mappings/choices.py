"""What has the person chosen about their number and their shared record?

When in doubt, withhold: an entry that could be an objection counts as one, whatever in it cannot be read.
"Nothing recorded" is worth its date: without one it says nothing, and there is no choice.
Nobody records the national data opt-out here: the national service alone says who has it.

Policy: mappings/README.md; the national opt-out: https://digital.nhs.uk/services/national-data-opt-out
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from mappings.declared import Section
from mappings.fields import Field, compile_field, optional_field
from mappings.mapped import Choice
from mappings.paths import Path
from mappings.problems import Unreadable
from mappings.record import Node
from mappings.run import Run
from mappings.stock import Stock, path

_KEYS = frozenset({"each", "kind", "value", "effective", "recorded", "by", "evidence"})

Kind = Literal["nhs-number", "shared-record"]
_KINDS: tuple[Kind, ...] = ("nhs-number", "shared-record")
_NATIONAL = "national-data-opt-out"


@dataclass(frozen=True)
class Choices:
    each: Path = field(repr=False)
    kind: Field
    value: Field
    effective: Field
    recorded: Field
    by: Field
    evidence: Field | None

    def read(self, run: Run) -> tuple[Choice, ...]:
        return tuple(choice for node in self.each.nodes(run.root, run.root) for choice in self._choices(run, node))

    def _choices(self, run: Run, node: Node) -> Iterator[Choice]:
        kind = self.kind.read(run, node)
        if kind == _NATIONAL:
            reason = "is not recorded by a council; the entry is dropped"
            run.complain(node, "kind", reason, "dropped", self.kind.source.first(node, run.root))
            return
        known: tuple[Kind, ...] = tuple(each for each in _KINDS if each == kind)
        value = self.value.read(run, node)
        if known and isinstance(value, str) and value != "objects":
            yield from self._permit(run, node, known[0], value)
        elif known or value not in ("clear", "withdrawn"):
            yield from self._objection(run, node, known, value)
        else:
            run.complain(node, None, "is of no known kind and changes nothing; it is dropped", "dropped", None)

    def _objection(
        self, run: Run, node: Node, known: tuple[Kind, ...], value: str | Unreadable | None
    ) -> Iterator[Choice]:
        if not known:
            run.complain(node, None, "is of no known kind; it counts as an objection of every kind", "dropped", None)
        if value != "objects":
            run.complain(node, None, "has no value that can be read; it counts as an objection", "dropped", None)
        effective, recorded = self.effective.text(run, node), self.recorded.text(run, node)
        for kind in known or _KINDS:
            yield Choice(kind, "objects", effective, recorded, *self._word(run, node))

    def _permit(self, run: Run, node: Node, kind: Kind, value: str) -> Iterator[Choice]:
        """A choice that lets something be told: in doubt it changes nothing."""
        effective, recorded = self.effective.read(run, node), self.recorded.read(run, node)
        if isinstance(effective, Unreadable) or isinstance(recorded, Unreadable):
            run.complain(node, None, "has a date that cannot be read; it is dropped", "dropped", None)
        elif value == "withdrawn":
            yield Choice(kind, "withdrawn", effective, recorded, *self._word(run, node))
        elif effective or recorded:
            yield Choice(kind, "clear", effective, recorded, *self._word(run, node))
        else:
            run.complain(node, None, "says that nothing is recorded, and not when; it is dropped", "dropped", None)

    def _word(self, run: Run, node: Node) -> tuple[str | None, str | None]:
        """Who said so, and what shows it."""
        return self.by.text(run, node), self.evidence.text(run, node) if self.evidence else None


def compile_choices(top: Section, stock: Stock) -> Choices | None:
    if "choice" not in top:
        return None
    section = top.table("choice")
    section.only(_KEYS)
    return Choices(
        each=path(section, "each"),
        kind=compile_field(section, "kind", stock),
        value=compile_field(section, "value", stock),
        effective=compile_field(section, "effective", stock),
        recorded=compile_field(section, "recorded", stock),
        by=compile_field(section, "by", stock),
        evidence=optional_field(section, "evidence", stock),
    )
