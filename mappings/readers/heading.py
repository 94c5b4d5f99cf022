"""Whose JSON is it, and is it whole?

Nobody may be loaded into a guessed council: the file names it, or the caller does.
An unreadable `mode` counts as `delta`: only a file that says `full` may say by silence that a person is gone.

The layout is ours; mappings/README.md shows it whole.
"""

from datetime import datetime

from mappings.problems import Problem
from mappings.readers.xml import StoppedError
from mappings.record import Header, Mode, Node, Trailer

_COUNCIL_MISSING = "is missing; nothing says whose records these are"


def header(node: Node | None, council: str | None, encoding: str, problems: list[Problem], file: str) -> Header:
    """What the file's own header says, and the caller where it is silent."""
    said = {} if node is None else node.attributes
    line = 1 if node is None else node.line
    whose = said.get("council") or council
    if whose is None:
        raise StoppedError(line, "council", _COUNCIL_MISSING)
    reading = _Reading(file, line, said, problems)
    return Header(
        council=whose,
        system=said.get("system"),
        system_version=said.get("systemVersion"),
        extract_id=said.get("extractId"),
        created=reading.instant("created"),
        mode=reading.mode(),
        sequence=reading.count("sequence"),
        line=line,
        encoding=encoding,
    )


def trailer(node: Node, problems: list[Problem], file: str) -> Trailer:
    return Trailer(_Reading(file, node.line, node.attributes, problems).count("persons"), None, node.line)


def whole_number(raw: str) -> int | None:
    # A longer number is nobody's count, and Python refuses to read one of some thousands of digits.
    return int(raw) if raw.isascii() and raw.isdigit() and len(raw) <= 18 else None


def is_instant(raw: str) -> bool:
    try:
        datetime.fromisoformat(raw)
    except ValueError:
        return False
    return True


class _Reading:
    def __init__(self, file: str, line: int, said: dict[str, str], problems: list[Problem]) -> None:
        self._file = file
        self._line = line
        self._said = said
        self._problems = problems

    def mode(self) -> Mode:
        raw = self._said.get("mode", "delta")
        if raw.lower() == "full":
            return "full"
        if raw.lower() != "delta":
            self._ignored("mode", "is neither full nor delta; it counts as delta")
        return "delta"

    def count(self, name: str) -> int | None:
        if name not in self._said:
            return None
        read = whole_number(self._said[name])
        if read is None:
            self._ignored(name, "is not a whole number")
        return read

    def instant(self, name: str) -> str | None:
        if name not in self._said:
            return None
        if is_instant(self._said[name]):
            return self._said[name]
        self._ignored(name, "is not a point in time; expected yyyy-mm-ddThh:mm:ss")
        return None

    def _ignored(self, name: str, reason: str) -> None:
        self._problems.append(Problem(self._file, self._line, name, reason, "ignored", self._said[name]))
