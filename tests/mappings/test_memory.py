"""A large extract is a stream: what is read is forgotten; what must be grouped first is held as small as it can be."""

import io
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from mappings.readers import read
from mappings.record import Trailer
from tests.mappings.extracts import HEADER, NAMESPACE, numbered
from tests.mappings.sheets import ADA, HEADERS, written

_INNER = '<Names><Name use="usual"><Given>Ada</Given></Name></Names>' + '<Birth date="1950-01-01"/>' * 20
_KILOBYTES_EACH = len(numbered("10000", _INNER)) / 1024


def _written(count: int) -> Iterator[bytes]:
    yield f'<CaseExtract xmlns="{NAMESPACE}">{HEADER}'.encode()
    for number in range(1, count + 1):
        yield numbered(str(number), _INNER).encode()
    yield f'<Trailer persons="{count}"/></CaseExtract>'.encode()


class _Stream(io.RawIOBase):
    """A file that is written while it is read."""

    def __init__(self, count: int) -> None:
        self._parts = _written(count)

    def read(self, size: int = -1) -> bytes:
        gathered = bytearray()
        while len(gathered) < 60_000 and (part := next(self._parts, b"")):
            gathered += part
        return bytes(gathered)


def read_and_tell(count: int) -> None:
    """Read that many persons and print the most memory that this process has held, in kilobytes."""
    import resource

    (last,) = deque(read("case-xml", _Stream(count), "case.xml"), maxlen=1)  # type: ignore[arg-type]
    assert isinstance(last, Trailer)
    # Macs count in bytes.
    unit = 1024 if sys.platform == "darwin" else 1
    sys.stdout.write(str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // unit))


class _Rows(_Stream):
    """A file of events, three of each person, far from each other."""

    def __init__(self, count: int) -> None:
        self._parts = _events(count)


def _events(count: int) -> Iterator[bytes]:
    yield written([HEADERS])
    for number in range(count):
        person = {"LA Person Unique Identifier": f"P{number % (count // 3)}", "Event Reference": f"E{number}"}
        yield written([[(_LONG | person).get(header, "") for header in HEADERS]])


_LONG = ADA | {
    "Ethnicity": "White: English, Welsh, Scottish, Northern Irish or British",
    "Primary Support Reason": "Physical Support: Personal care support",
    "Accommodation Status": "Owner occupier or shared ownership scheme",
    "Service Type": "Long term support: Community",
    "Provider CQC Location Name": "Threeways Homecare, Anytown",
    "Event Description": "never looked at, and so never held " * 10,
}


def group_and_tell(count: int) -> None:
    """Read that many events and print the most memory that this process has held, in kilobytes."""
    import resource

    (last,) = deque(read("cld", _Rows(count), "cld.csv"), maxlen=1)  # type: ignore[arg-type]
    assert isinstance(last, Trailer)
    unit = 1024 if sys.platform == "darwin" else 1
    sys.stdout.write(str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // unit))


def _peak(count: int, of: str = "read_and_tell") -> int:
    code = f"from tests.mappings.test_memory import {of}; {of}({count})"
    top = Path(__file__).parents[2]
    ended = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=top)
    return int(ended.stdout)


def test_memory_does_not_grow_with_the_number_of_persons():
    few, many = _peak(1_000), _peak(20_000)
    # Ids are remembered, as digests; the persons themselves are more than ten times as much.
    assert many - few < 19_000 * _KILOBYTES_EACH / 3


def test_the_rows_of_a_national_return_are_held_in_less_than_a_kilobyte_each():
    few, many = _peak(3_000, "group_and_tell"), _peak(30_000, "group_and_tell")
    # A quarter of a million rows, the most that a council sends, then take less than 200 MB.
    assert (many - few) / 27_000 * 250_000 < 190 * 1024
