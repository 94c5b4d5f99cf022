"""Who lives in the invented council?

A population is a stream: the same seed and day give the same people, and a hundred thousand of them need no more
memory than ten. Its first people are the cast, so that the demo finds its actors without looking for them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from datetime import date

from adapter.demo.cast import Cast, cast_of
from adapter.demo.council import PRACTICES
from adapter.demo.extract import Written, write_extract
from adapter.demo.invented import Invented
from adapter.demo.inventor import Inventor
from adapter.demo.pds_record import pds_patient
from adapter.demo.twists import twisted

__all__ = ["PRACTICES", "Cast", "Invented", "Written", "cast", "pds_patient", "people", "write_extract"]

_FEWEST_WITH_CAST = 20
# How many of the people drawn last may be the next one's carer.
_NEARBY = 50


def people(seed: int, count: int, today: date) -> Iterator[Invented]:
    """Invent that many people; the cast comes first where there are twenty or more."""
    inventor = Inventor(seed, today)
    first = tuple(cast_of(inventor)) if count >= _FEWEST_WITH_CAST else ()
    yield from first
    on_file: deque[Invented] = deque(maxlen=_NEARBY)
    for _ in range(count - len(first)):
        person = twisted(inventor, inventor.ordinary(), on_file)
        on_file.append(person)
        yield person


def cast(seed: int, count: int, today: date) -> Cast:
    if count < _FEWEST_WITH_CAST:
        raise ValueError(f"a population of {count} has no cast; ask for {_FEWEST_WITH_CAST} or more")
    return cast_of(Inventor(seed, today))
