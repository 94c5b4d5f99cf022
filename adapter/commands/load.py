"""How does a council's file get in, and what was wrong with it?

Each file is taken in whole, one after the other; what cannot be read stops its own file and no other.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated, BinaryIO

import typer
from rich.progress import Progress

from adapter.commands import screen
from adapter.commands.failure import WrongUse
from adapter.commands.loading import Problems, ready, receive
from adapter.commands.opened import opened
from adapter.commands.report import Report
from adapter.extract import OUTCOMES
from adapter.intake import Intake, Receipt

_STDIN = Path("-")
_SUFFIXES = (".xml", ".csv", ".json", ".ndjson")


def load(
    paths: Annotated[list[Path], typer.Argument(help="Files, folders of them, or - for standard input.")],
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
    if report and report.exists() and any(file != _STDIN and file.samefile(report) for file in files):
        raise WrongUse(f"{report}: is to be read; write the report to another file")
    with ExitStack() as stack:
        deployment = stack.enter_context(opened())
        problems = Problems([stack.enter_context(Report(report))] if report else [])
        intake = ready(deployment, mapping, council, source, problems)
        intake.yes_restrict = yes_restrict
        receipts = [_receive(intake, file) for file in files]
    if json:
        screen.document(_document(receipts, problems))
    else:
        _show(receipts, problems, report)
    if not all(receipt.complete for receipt in receipts):
        raise typer.Exit(1)


def _files(paths: list[Path]) -> Iterator[Path]:
    """Every file that is meant; each can be opened, or nothing is begun."""
    for path in paths:
        inside = sorted(file for file in path.iterdir() if file.suffix in _SUFFIXES) if path.is_dir() else [path]
        if not inside:
            raise WrongUse(f"{path}: a folder without a file to read; known are {', '.join(_SUFFIXES)}")
        for file in inside:
            if file != _STDIN:
                file.open("rb").close()
            yield file


def _receive(intake: Intake, file: Path) -> Receipt:
    name = "standard input" if file == _STDIN else file.name
    with screen.progress() as progress, _stream(file, progress) as stream:
        task = progress.add_task(f"{name}: people", total=None)
        return receive(intake, stream, name, lambda: progress.advance(task))


@contextmanager
def _stream(file: Path, progress: Progress) -> Iterator[BinaryIO]:
    if file == _STDIN:
        yield sys.stdin.buffer
        return
    with progress.open(file, "rb", description=f"{file.name}: bytes") as stream:
        yield stream


def _document(receipts: list[Receipt], problems: Problems) -> dict[str, object]:
    files = [
        {"file": receipt.file, "complete": receipt.complete, "problems": dict(receipt.problems)}
        | {outcome: receipt.counts[outcome] for outcome in OUTCOMES}
        for receipt in receipts
    ]
    return {"files": files, "problems": dict(problems.counts), "first_problems": problems.first}


def _show(receipts: list[Receipt], problems: Problems, report: Path | None) -> None:
    rows = [
        (r.file, *(r.counts[outcome] for outcome in OUTCOMES), "whole" if r.complete else "STOPPED") for r in receipts
    ]
    screen.table(("file", *OUTCOMES, "read"), rows)
    screen.table(("problems", "what became of it"), [(n, effect) for effect, n in problems.counts.most_common()])
    for text in problems.first:
        screen.line(text)
    more = problems.counts.total() - len(problems.first)
    if more:
        screen.line(f"... and {more} more" + ("" if report else "; --report FILE writes them all"))
