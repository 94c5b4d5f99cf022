"""Where does a council read every problem of its extract?

In a CSV file of its own, written as the problems come, so that any number of them takes no memory. It holds values of
the extract, so its owner alone may read it; a value that a spreadsheet would take for a formula gets an apostrophe.
"""

from __future__ import annotations

import csv
import os
from pathlib import Path
from types import TracebackType

from mappings.problems import Problem

COLUMNS = ("file", "line", "field", "effect", "reason", "value")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Report:
    """A CSV file of problems, open."""

    def __init__(self, path: Path) -> None:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        self._file = os.fdopen(handle, "w", encoding="utf-8", newline="")
        self._writer = csv.writer(self._file)
        self._writer.writerow(COLUMNS)

    def __enter__(self) -> Report:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: object, trace: TracebackType | None) -> None:
        self._file.close()

    def add(self, problem: Problem) -> None:
        """Write one problem."""
        told = (problem.file, problem.line, problem.field, problem.effect, problem.reason, problem.value or "")
        self._writer.writerow([harmless(str(cell)) for cell in told])


def harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
