"""What may a server's own log say?

That something failed and what kind of fault it was. Its text and its values may hold what was asked for: they are
never written.
"""

from __future__ import annotations

import logging
from types import TracebackType

_Fault = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class Quiet(logging.Formatter):
    """One line for each record, with the kind of fault and no more."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """Write a record on one line."""
        return " ".join(super().format(record).split())

    def formatException(self, ei: _Fault) -> str:  # noqa: N802
        """Name the fault's kind."""
        return ei[0].__name__ if ei[0] else ""
