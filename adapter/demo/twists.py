"""What sets some people apart, and how many of them?

Rows: a share of everybody, and what is done to those it falls on; each row is drawn on its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta

from adapter.demo.council import MENTAL_HEALTH
from adapter.demo.invented import Choice, Invented, Pds, earlier, ended
from adapter.demo.inventor import Inventor
from adapter.demo.pools import pick

NHS_NUMBER = "nhs-number"
SHARED_RECORD = "shared-record"
_KIN_OF_THE_OLD = {"daughter": "female", "son": "male", "sister": "female", "nephew": "male"}
_KIN_OF_THE_YOUNG = {"mother": "female", "father": "male", "sister": "female", "brother": "male"}
_KIN = _KIN_OF_THE_OLD | _KIN_OF_THE_YOUNG
# What a carer who is on file is to the person: much younger, or not.
_CHILD = {"female": "daughter", "male": "son"}
_NEAR = ("friend", "neighbour")

Twist = Callable[[Inventor, Invented], Invented]


def twisted(inventor: Inventor, person: Invented, on_file: Sequence[Invented]) -> Invented:
    """Draw what sets a person apart; `on_file` are others who may be their carer."""
    for share, twist in _TWISTS:
        if inventor.random.random() < share:
            person = twist(inventor, person)
    if inventor.random.random() < 0.3:
        return _cared_for(inventor, person, on_file)
    return person


def choosing(person: Invented, kind: str, value: str, on: date) -> Invented:
    return replace(person, choices=(*person.choices, Choice(kind, value, on)))


def with_relative(
    inventor: Inventor, person: Invented, relation: str, roles: str, by: Invented | None = None
) -> Invented:
    """Name somebody beside a person: `by`, who is on file too, or somebody who is not."""
    name, on_file = (by.name, by.local_id) if by else (inventor.name(_KIN[relation]), "")
    relative = inventor.relative(person, relation, roles, name, on_file)
    return replace(person, relatives=(*person.relatives, relative))


def closed(person: Invented, on: date, today: date) -> Invented:
    """Shift a case, as long as it has run until today, to where it ends on that day."""
    return replace(ended(earlier(person, today - on), on), closed=on)


def dead(person: Invented, on: date, today: date) -> Invented:
    """Let a person die on a day with the case open."""
    return replace(ended(earlier(person, today - on), on), died=on)


def with_mental_health(inventor: Inventor, person: Invented) -> Invented:
    allocation = inventor.allocation(person.opened, MENTAL_HEALTH)
    return replace(person, reason=MENTAL_HEALTH, allocation=allocation)


def _objects_to_number(inventor: Inventor, person: Invented) -> Invented:
    return choosing(person, NHS_NUMBER, "objected", inventor.between(1, 1_500))


def _opts_out(inventor: Inventor, person: Invented) -> Invented:
    return choosing(person, SHARED_RECORD, "objected", inventor.between(1, 1_500))


def _is_clear(inventor: Inventor, person: Invented) -> Invented:
    return _says(inventor, person, "none-recorded")


def _withdraws(inventor: Inventor, person: Invented) -> Invented:
    return _says(inventor, person, "withdrawn")


def _says(inventor: Inventor, person: Invented, value: str) -> Invented:
    kind = SHARED_RECORD if inventor.random.random() < 0.7 else NHS_NUMBER
    if any(choice.kind == kind for choice in person.choices):
        return person
    return choosing(person, kind, value, inventor.between(1, 1_500))


def _duty_desk_only(inventor: Inventor, person: Invented) -> Invented:
    return replace(person, allocation=replace(person.allocation, worker=None))


def _suspended(inventor: Inventor, person: Invented) -> Invented:
    return replace(person, packages=tuple(replace(package, status="suspended") for package in person.packages))


def _first_package_ended(inventor: Inventor, person: Invented) -> Invented:
    if not person.packages:
        return person
    first = person.packages[0]
    until = first.since + (inventor.today - first.since) / 2
    return replace(person, packages=(replace(first, status="ended", until=until), *person.packages[1:]))


def _mental_health(inventor: Inventor, person: Invented) -> Invented:
    entitled = inventor.random.random() < 0.2
    return replace(with_mental_health(inventor, person), section_117=entitled)


def _closed(inventor: Inventor, person: Invented) -> Invented:
    return closed(person, inventor.between(10, 4_000), inventor.today)


def _died(inventor: Inventor, person: Invented) -> Invented:
    if person.closed:
        return replace(person, died=person.closed + (inventor.today - person.closed) / 2)
    on = inventor.between(1, 1_200)
    person, closes = dead(person, on, inventor.today), on + timedelta(days=30)
    return replace(person, closed=closes) if closes < inventor.today else person


def _has_next_of_kin(inventor: Inventor, person: Invented) -> Invented:
    roles = "next-of-kin emergency-contact" if inventor.random.random() < 0.3 else "next-of-kin"
    return with_relative(inventor, person, _relation(inventor, person), roles)


def _cared_for(inventor: Inventor, person: Invented, on_file: Sequence[Invented]) -> Invented:
    carers = [other for other in on_file if not other.died]
    if not carers or inventor.random.random() < 0.8:
        return with_relative(inventor, person, _relation(inventor, person), "main-carer")
    carer = pick(inventor.random, carers)
    child = carer.born - person.born > timedelta(days=18 * 365)
    relation = _CHILD[carer.sex] if child else pick(inventor.random, _NEAR)
    return with_relative(inventor, person, relation, "main-carer", carer)


def _relation(inventor: Inventor, person: Invented) -> str:
    old = inventor.today - person.born > timedelta(days=50 * 365)
    return pick(inventor.random, tuple(_KIN_OF_THE_OLD if old else _KIN_OF_THE_YOUNG))


_TWISTS: tuple[tuple[float, Twist], ...] = (
    (0.02, _objects_to_number),
    (0.05, _opts_out),
    (0.02, _is_clear),
    (0.01, _withdraws),
    (0.02, lambda _, person: replace(person, restricted=True)),
    (0.01, lambda _, person: replace(person, locked=True)),
    (0.01, lambda _, person: replace(person, do_not_disclose=True)),
    (0.10, lambda _, person: replace(person, number_on_file=False)),
    (0.01, lambda _, person: replace(person, pds=Pds.SENSITIVE)),
    (0.03, lambda _, person: replace(person, pds=Pds.UNKNOWN)),
    (0.10, _suspended),
    (0.15, _first_package_ended),
    (0.08, _mental_health),
    (0.05, _duty_desk_only),
    (0.20, _closed),
    (0.03, _died),
    (0.40, _has_next_of_kin),
)
