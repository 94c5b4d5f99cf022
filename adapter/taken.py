"""What becomes of an upload when it is taken in?

The same intake as any file's. Of its problems the first ones are kept, without the values that they are about; all
are counted. Where each line is a document, each is taken in by itself, so that each has an outcome of its own.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO

from adapter.brake import BrakeError
from adapter.deployment import Deployment
from adapter.extract import OUTCOMES
from adapter.intake import Intake, Receipt, open_intake
from adapter.layouts import named_mapping
from mappings.problems import Problem

# An extract, one person, or one person on each line.
EXTRACT, PERSON, LINES = "extract", "person", "lines"
# More than anybody reads; the counts go on.
_MOST_LISTED = 10_000
# No line of a person is longer; what is, ends there and is no document.
_LONGEST_LINE = 4 << 20


@dataclass
class Taken:
    """What became of one upload."""

    state: str = "done"
    counts: Counter[str] = field(default_factory=Counter)
    problems: Counter[str] = field(default_factory=Counter)
    listed: list[Problem] = field(default_factory=list)
    persons: list[dict[str, Any]] = field(default_factory=list)

    def note(self, problem: Problem, first_line: int = 1) -> None:
        """Count a problem, and keep its place."""
        self.problems[problem.effect] += 1
        if len(self.listed) < _MOST_LISTED:
            self.listed.append(replace(problem, line=problem.line + first_line - 1, value=None))

    def add(self, receipt: Receipt, line: int) -> None:
        """Add what became of one document."""
        self.counts += receipt.counts
        if not receipt.complete:
            self.state = "stopped"
        self.persons.append({"line": line, "outcome": _outcome(receipt)})


@dataclass(frozen=True)
class What:
    """An upload that is whole: where it lies, whose it is, and how it is read."""

    path: Path
    council: str
    source: str
    mapping: str
    file: str
    form: str


def take_in(deployment: Deployment, what: What, on_record: Callable[[], None]) -> Taken:
    """Take in an upload; `on_record` may raise, and ends it there."""
    mapping = named_mapping(deployment.settings.mappings, what.mapping)
    intake = open_intake(deployment, mapping, what.council, what.source)
    intake.on_record = on_record
    taken, brake, restricted = Taken(), intake.brake(), 0
    with what.path.open("rb") as stream:
        for line, document in _documents(stream, what.form == LINES):
            receipt = _receive(intake, document, what.file, taken, line)
            # Many small documents restrict as many people as one large one.
            restricted += receipt.restricted
            try:
                brake.hold(restricted)
            except BrakeError as held:
                taken.state = "stopped"
                if receipt.complete:
                    taken.note(Problem(what.file, 1, "file", str(held), "stopped"), line)
                break
    return taken


def _receive(intake: Intake, document: BinaryIO, file: str, taken: Taken, line: int) -> Receipt:
    intake.on_problem = lambda problem: taken.note(problem, line)
    receipt = intake.receive(document, file)
    taken.add(receipt, line)
    return receipt


def _documents(stream: BinaryIO, by_line: bool) -> Iterator[tuple[int, BinaryIO]]:
    if not by_line:
        yield 1, stream
        return
    number = 0
    while line := stream.readline(_LONGEST_LINE):
        number += 1
        if line.strip():
            yield number, io.BytesIO(line)


def _outcome(receipt: Receipt) -> str:
    """What became of the one person of a document; of a document with several, or with none, what they came to."""
    found = [outcome for outcome in OUTCOMES if receipt.counts[outcome]]
    if receipt.records == 1:
        return found[0]
    return "several" if found else "nothing" if receipt.complete else "stopped"
