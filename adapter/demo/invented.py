"""What is known of an invented person?

Everything that the council's extract or PDS says of them, and which of the two says it.
Nobody here exists: telephone numbers are of the ranges that Ofcom keeps for drama, e-mail is at example.org,
NHS numbers begin with 999.
https://www.ofcom.org.uk/phones-and-broadband/phone-numbers/numbers-for-drama
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import Enum


class Pds(Enum):
    """How PDS holds a person."""

    KNOWN = "known"
    SENSITIVE = "sensitive"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Name:
    given: tuple[str, ...]
    family: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Address:
    line: str
    town: str
    postcode: str


@dataclass(frozen=True, slots=True)
class Practice:
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Team:
    id: str
    name: str
    phone: str
    email: str
    hours: str


@dataclass(frozen=True, slots=True)
class Worker:
    id: str
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class Provider:
    """Who provides a service, and the one component that they provide."""

    code: str
    name: str
    component: str


@dataclass(frozen=True, slots=True)
class Allocation:
    """The team that looks after a person; `worker` is None where the duty desk does."""

    team: Team
    worker: Worker | None
    since: date
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Package:
    id: str
    provider: Provider
    since: date
    until: date | None = None
    status: str = "open"


@dataclass(frozen=True, slots=True)
class Relative:
    """Somebody named beside the person; `person` is their local id where they are on file themselves."""

    id: str
    relation: str
    roles: str
    name: Name
    phone: str
    person: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    kind: str
    value: str
    on: date


@dataclass(frozen=True, slots=True, repr=False)
class Invented:
    local_id: str
    # The number that PDS knows them by; the council's file holds it where `number_on_file`.
    nhs_number: str | None
    number_on_file: bool
    name: Name
    previous_family: str
    renamed: date
    born: date
    sex: str
    ethnicity: str
    language: str
    address: Address
    moved_in: date
    phone: str
    email: str
    practice: Practice
    reason: str
    opened: date
    allocation: Allocation
    closed: date | None = None
    died: date | None = None
    packages: tuple[Package, ...] = ()
    relatives: tuple[Relative, ...] = ()
    choices: tuple[Choice, ...] = ()
    restricted: bool = False
    locked: bool = False
    do_not_disclose: bool = False
    section_117: bool = False
    pds: Pds = Pds.KNOWN

    def __repr__(self) -> str:
        return f"Invented({self.local_id})"


def earlier(person: Invented, by: timedelta) -> Invented:
    """Let the whole of somebody's life have happened earlier."""
    return replace(
        person,
        renamed=person.renamed - by,
        born=person.born - by,
        moved_in=person.moved_in - by,
        opened=person.opened - by,
        allocation=replace(person.allocation, since=person.allocation.since - by),
        packages=tuple(_package_earlier(package, by) for package in person.packages),
        choices=tuple(replace(choice, on=choice.on - by) for choice in person.choices),
    )


def ended(person: Invented, on: date) -> Invented:
    """End all that the council does for somebody."""
    return replace(
        person,
        allocation=replace(person.allocation, until=person.allocation.until or on),
        packages=tuple(
            package if package.until else replace(package, status="ended", until=on) for package in person.packages
        ),
    )


def _package_earlier(package: Package, by: timedelta) -> Package:
    return replace(package, since=package.since - by, until=package.until and package.until - by)
