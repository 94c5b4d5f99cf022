"""A large JSON stream is read as it comes: a person is forgotten before the next is held."""

import io
import json
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import pytest

from mappings.readers import read
from mappings.record import Trailer
from tests.mappings.people import somebody

_MORE = {
    "firstName": "Ada",
    "phoneNumbers": [{"number": f"01632 9600{number}", "type": "Home"} for number in range(20)],
}
_KILOBYTES_EACH = len(json.dumps(somebody(**_MORE))) / 1024


def _written(count: int, begin: str, between: str, end: str) -> Iterator[bytes]:
    yield f'{begin}{{"council": "999", "mode": "full"}}{between}'.encode()
    for number in range(10, count + 10):
        yield f"{json.dumps(somebody(id=number, **_MORE))}{between}".encode()
    yield f'{{"persons": {count}}}{end}'.encode()


class _Stream(io.RawIOBase):
    """A file that is written while it is read."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts = parts

    def read(self, size: int = -1) -> bytes:
        gathered = bytearray()
        while len(gathered) < 60_000 and (part := next(self._parts, b"")):
            gathered += part
        return bytes(gathered)


def read_and_tell(count: int, begin: str, between: str, end: str) -> None:
    """Read that many persons and print the most memory that this process has held, in kilobytes."""
    import resource

    stream = _Stream(_written(count, begin, between, end))
    (last,) = deque(read("person-json", stream, "case.json"), maxlen=1)  # type: ignore[arg-type]
    assert isinstance(last, Trailer)
    # Macs count in bytes.
    unit = 1024 if sys.platform == "darwin" else 1
    sys.stdout.write(str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // unit))


def _peak(count: int, marks: tuple[str, str, str]) -> int:
    told = ", ".join(repr(each) for each in (count, *marks))
    code = f"from tests.mappings.test_person_json_memory import read_and_tell; read_and_tell({told})"
    top = Path(__file__).parents[2]
    ended = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=top)
    return int(ended.stdout)


@pytest.mark.parametrize("marks", [("", "\n", "\n"), ("[", ",", "]")])
def test_memory_does_not_grow_with_the_number_of_persons(marks: tuple[str, str, str]):
    few, many = _peak(500, marks), _peak(12_000, marks)
    # Ids are remembered, as digests; the persons themselves are more than ten times as much.
    assert many - few < 11_500 * _KILOBYTES_EACH / 3
