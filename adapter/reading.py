"""What does an extract say, record by record, ready to be kept?

Reading, mapping and checking ask nothing of the database. For a large file a process of its own does them, while this
one keeps what is ready; a small one is not worth a process. Either way a record that is kept as it is, is not mapped.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice
from pathlib import Path
from typing import BinaryIO, NamedTuple

from adapter.forms import Ready, packed, ready, unpacked, whole
from adapter.instant import last_day
from adapter.resources import faults
from mappings.engine import Context, Mapping, load
from mappings.mapped import Mapped
from mappings.problems import Problem
from mappings.readers import Caps, read
from mappings.record import CaseRecord, Header, Trailer
from pds_client.nhs_number import NhsNumber

_ADULT = 18
# How many records cross from one process to the other at a time.
_AT_ONCE = 50


class Same(NamedTuple):
    """A record whose very content was kept when the reading began."""

    local_id: str
    digest: str
    feed: str = ""


Part = Header | CaseRecord | Trailer | Problem | Ready | Same


@dataclass(frozen=True)
class Reading:
    """How one council's extract is read: by which mapping, in which context."""

    mapping: Mapping
    context: Context
    # What a record's digest depends on beside the record.
    salt: str
    today: date
    caps: Caps

    def digest(self, record: CaseRecord) -> str:
        """The same for what would be kept the same."""
        return f"{record.digest}:{self.salt}"

    def feed(self, record: CaseRecord) -> str:
        """The feed beside the case records that says it; nothing where it is a case record."""
        return record.feed or self.mapping.feed

    def parts(self, stream: BinaryIO) -> Iterator[Part]:
        """Read a file; what it says of people is not mapped yet."""
        context = self.context
        return read(self.mapping.layout, stream, context.file, caps=self.caps, council=context.council_code)

    def ready(self, record: CaseRecord) -> Ready:
        """Map a record, check it, and make it ready to be kept."""
        mapped = self.mapping.apply(record, self.context)
        return ready(mapped, self.digest(record), self._faults(mapped))

    def of_extract(self, header: Header) -> Reading:
        """The same for the records below a header."""
        known = replace(self.context, extract_id=header.extract_id, encoding=header.encoding)
        return replace(self, context=known)

    def _faults(self, mapped: Mapped) -> Iterator[Problem]:
        """Why a mapped record may not be kept, where the mapping did not say."""
        if any(problem.effect == "quarantined" for problem in mapped.problems):
            return
        if _child(mapped.facts.get("born", ""), self.today):
            reason = "is or may be of a child; an officer opens a transition record"
            yield Problem(self.context.file, mapped.line, "Birth@date", reason, "quarantined")
            return
        for resource in mapped.resources:
            for fault in faults(whole(resource)):
                reason = f"is not FHIR once mapped: {resource.type} {fault}"
                yield Problem(self.context.file, mapped.line, "Person", reason, "quarantined")


def load_mapping(name_or_path: str) -> Mapping:
    """Load a shipped mapping by its name, or a council's own by its path; raises MappingError."""
    return load(name_or_path, nhs_number=lambda text: NhsNumber.parse(text).value)


def read_apart(reading: Reading, path: Path, kept: frozenset[str]) -> Iterator[Part]:
    """Read a file in a process of its own; `kept` are the digests of what need not be mapped."""
    # Of a mapping only its file crosses over: it is compiled there. What goes wrong there may name a person: it is
    # not shown.
    asked = pickle.dumps((replace(reading, mapping=None), reading.mapping.file, path, kept), 5)  # type: ignore[arg-type]
    command = [sys.executable, "-c", "from adapter.reading import tell; tell()"]
    process = subprocess.Popen(  # noqa: S603
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    with process, process.stdin as question, process.stdout as answer:  # type: ignore[union-attr]
        try:
            question.write(asked)
            question.close()
            while parts := pickle.load(answer):  # noqa: S301
                yield from (unpacked(*part) if type(part) is tuple else part for part in parts)
        except (EOFError, BrokenPipeError, pickle.UnpicklingError):
            reason = "is read no further: the process that reads it has ended; load it again"
            yield Problem(reading.context.file, 0, "file", reason, "stopped")
        finally:
            process.kill()


def tell() -> None:
    """Be the process of its own: read what is asked, and tell what the file says."""
    reading, mapping, path, kept = pickle.load(sys.stdin.buffer)  # noqa: S301
    reading = replace(reading, mapping=load_mapping(mapping))
    with path.open("rb") as stream:
        parts = _parts(reading, stream, kept)
        while some := list(islice(parts, _AT_ONCE)):
            pickle.dump([packed(part) if isinstance(part, Ready) else part for part in some], sys.stdout.buffer, 5)
    pickle.dump([], sys.stdout.buffer, 5)


def _parts(reading: Reading, stream: BinaryIO, kept: frozenset[str]) -> Iterator[Part]:
    for part in reading.parts(stream):
        if isinstance(part, Header):
            reading = reading.of_extract(part)
        if not isinstance(part, CaseRecord):
            yield part
        elif (digest := reading.digest(part)) in kept:
            yield Same(part.local_id, digest, reading.feed(part))
        else:
            yield reading.ready(part)


def _child(born: str, today: date) -> bool:
    """Whether a birth date, whole or partial, is or may be of somebody under eighteen."""
    day = last_day(born)
    if day is None:
        return False
    birthday_to_come = (today.month, today.day) < (day.month, day.day)
    return today.year - day.year - birthday_to_come < _ADULT
