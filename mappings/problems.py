"""What is wrong with an extract, and where?

A problem names the file, the line, the field and the reason, and says what became of what it is about.
`str()` is one line for the council, which sent the value and must find it again.
`repr()` never shows the value: it may end in a log.

Nothing outside specifies a problem; mappings/README.md lists the effects.
"""

import dataclasses
from dataclasses import dataclass
from typing import Any, Literal

Effect = Literal["quarantined", "dropped", "ignored", "stopped"]

# A problem is one line on a screen: whatever the file holds, no more than this is shown of it.
SHOWN = 80


@dataclass(frozen=True)
class Problem:
    file: str
    line: int
    field: str
    reason: str
    effect: Effect
    value: str | None = dataclasses.field(default=None, repr=False)
    # The local id of who is quarantined, where it is known: somebody who cannot be read is not absent.
    person: str | None = dataclasses.field(default=None, repr=False)

    def __str__(self) -> str:
        shown = "" if self.value is None else f" `{shorten(self.value)}`"
        return f"{self.file}:{self.line} {self.field}{shown} {self.reason}"


@dataclass(frozen=True)
class Unreadable:
    """A value that a transform could not read; the reason completes the sentence `<field> <value> ...`."""

    reason: str


@dataclass(frozen=True)
class Doubtful:
    """A value that is used although something is wrong with what it was read from."""

    value: Any
    reason: str


def shorten(value: str) -> str:
    plain = " ".join(value.split())
    return plain if len(plain) <= SHOWN else plain[: SHOWN - 1] + "…"
