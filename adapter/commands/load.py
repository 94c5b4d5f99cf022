"""How does a council's file get in, and what was wrong with it?

Each file is taken in whole, one after the other; what cannot be read stops its own file and no other. The trail has
every load before its result is shown, and never the file's name, which may hold a person's.
"""

from __future__ import annotations

import hashlib
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, BinaryIO

import typer
from rich.progress import Progress

from adapter.commands import screen
from adapter.commands.failure import WrongUse
from adapter.commands.opened import opened
from adapter.commands.report import Report
from adapter.deployment import Deployment
from adapter.instant import millis, shown
from adapter.intake import Intake, Receipt, load_mapping, open_intake
from adapter.officer import officer
from adapter.person import find_council
from mappings.problems import Problem

_STDIN = Path("-")
_LINES = 20
_OUTCOMES = ("stored", "unchanged", "quarantined", "closed")


@dataclass
class _Problems:
    """Every problem counted, the first ones kept, all of them reported."""

    reports: Sequence[Report]
    counts: Counter[str] = field(default_factory=Counter)
    first: list[str] = field(default_factory=list)

    def __call__(self, problem: Problem) -> None:
        self.counts[problem.effect] += 1
        if len(self.first) < _LINES:
            self.first.append(str(problem))
        for report in self.reports:
            report.add(problem)


def load(
    paths: Annotated[list[Path], typer.Argument(help="Files, folders of *.xml files, or - for standard input.")],
    council: Annotated[str, typer.Option(help="Code of the council whose records these are.")],
    source: Annotated[str, typer.Option(help="Which of its systems they come from.")] = "case management",
    mapping: Annotated[str, typer.Option(help="A shipped mapping's name, or the path of one.")] = "case-xml",
    report: Annotated[Path | None, typer.Option(help="Write every problem to this CSV file.")] = None,
    yes_restrict: Annotated[
        bool, typer.Option("--yes-restrict", help="Let it restrict, lock, close or hide however many people.")
    ] = False,
    json: screen.Json = False,
) -> None:
    """Take in a council's extracts."""
    files = list(_files(paths))
    with ExitStack() as stack:
        deployment = stack.enter_context(opened())
        problems = _Problems([stack.enter_context(Report(report))] if report else [])
        intake = _intake(deployment, mapping, council, source, problems)
        intake.yes_restrict = yes_restrict
        receipts = [_receive(intake, file, council) for file in files]
    if json:
        screen.document(_document(receipts, problems))
    else:
        _show(receipts, problems, report)
    if not all(receipt.complete for receipt in receipts):
        raise typer.Exit(1)


def _files(paths: list[Path]) -> Iterator[Path]:
    """Every file that is meant; each can be opened, or nothing is begun."""
    for path in paths:
        inside = sorted(path.glob("*.xml")) if path.is_dir() else [path]
        if not inside:
            raise WrongUse(f"{path}: a folder without an .xml file")
        for file in inside:
            if file != _STDIN:
                file.open("rb").close()
            yield file


def _intake(deployment: Deployment, mapping: str, council: str, source: str, problems: _Problems) -> Intake:
    with deployment.office.transaction() as transaction:
        find_council(transaction, council)
    intake = open_intake(deployment, load_mapping(mapping), council, source)
    intake.on_problem = problems
    return intake


def _receive(intake: Intake, file: Path, council: str) -> Receipt:
    name = "standard input" if file == _STDIN else file.name
    with screen.progress() as progress, _stream(file, progress) as stream:
        task = progress.add_task(f"{name}: people", total=None)
        intake.on_record = lambda: progress.advance(task)
        receipt = intake.receive(stream, name)
    intake.deployment.record(_event(intake.deployment, receipt, council))
    return receipt


@contextmanager
def _stream(file: Path, progress: Progress) -> Iterator[BinaryIO]:
    if file == _STDIN:
        yield sys.stdin.buffer
        return
    with progress.open(file, "rb", description=f"{file.name}: bytes") as stream:
        yield stream


def _event(deployment: Deployment, receipt: Receipt, council: str) -> dict[str, object]:
    return {
        "kind": "load",
        "at": shown(millis(deployment.now())),
        "outcome": "done" if receipt.complete else "stopped",
        "by": officer(),
        "council": council,
        "file": hashlib.sha256(receipt.file.encode("utf-8", "surrogateescape")).hexdigest(),
        "counts": dict(receipt.counts),
        "problems": dict(receipt.problems),
    }


def _document(receipts: list[Receipt], problems: _Problems) -> dict[str, object]:
    files = [
        {"file": receipt.file, "complete": receipt.complete, "problems": dict(receipt.problems)}
        | {outcome: receipt.counts[outcome] for outcome in _OUTCOMES}
        for receipt in receipts
    ]
    return {"files": files, "problems": dict(problems.counts), "first_problems": problems.first}


def _show(receipts: list[Receipt], problems: _Problems, report: Path | None) -> None:
    rows = [
        (r.file, *(r.counts[outcome] for outcome in _OUTCOMES), "whole" if r.complete else "STOPPED") for r in receipts
    ]
    screen.table(("file", *_OUTCOMES, "read"), rows)
    screen.table(("problems", "what became of it"), [(n, effect) for effect, n in problems.counts.most_common()])
    for text in problems.first:
        screen.line(text)
    more = problems.counts.total() - len(problems.first)
    if more:
        screen.line(f"... and {more} more" + ("" if report else "; --report FILE writes them all"))
