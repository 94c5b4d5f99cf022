"""How is one file of a council's taken in, whichever command does it?

The trail has it before its result is shown, and never the file's name, which may hold a person's.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, Protocol

from adapter.deployment import Deployment
from adapter.instant import millis, shown
from adapter.intake import Intake, Receipt, load_mapping, open_intake
from adapter.officer import officer
from adapter.person import find_council
from mappings.problems import Problem

_FIRST = 20


class Listing(Protocol):
    """Where every problem is written down."""

    def add(self, problem: Problem) -> None:
        """Write one problem."""


@dataclass
class Problems:
    """Every problem counted, the first ones kept, all of them reported."""

    reports: Sequence[Listing] = ()
    counts: Counter[str] = field(default_factory=Counter)
    first: list[str] = field(default_factory=list)

    def __call__(self, problem: Problem) -> None:
        self.counts[problem.effect] += 1
        if len(self.first) < _FIRST:
            self.first.append(str(problem))
        for report in self.reports:
            report.add(problem)


def ready(
    deployment: Deployment, mapping: str, council: str, source: str, problems: Callable[[Problem], None]
) -> Intake:
    """Make ready to take in files of a council; raises UnknownCouncilError or MappingError."""
    with deployment.office.transaction() as transaction:
        find_council(transaction, council)
    intake = open_intake(deployment, load_mapping(mapping), council, source)
    intake.on_problem = problems
    return intake


def receive(intake: Intake, stream: BinaryIO, name: str, on_record: Callable[[], None] = lambda: None) -> Receipt:
    """Take in one file, and tell the trail."""
    intake.on_record = on_record
    receipt = intake.receive(stream, name)
    intake.deployment.record(_event(intake, receipt))
    return receipt


def _event(intake: Intake, receipt: Receipt) -> dict[str, object]:
    return {
        "kind": "load",
        "at": shown(millis(intake.deployment.now())),
        "outcome": "done" if receipt.complete else "stopped",
        "by": officer(),
        "council": intake.council.code,
        "file": hashlib.sha256(receipt.file.encode("utf-8", "surrogateescape")).hexdigest(),
        "counts": dict(receipt.counts),
        "problems": dict(receipt.problems),
    }
