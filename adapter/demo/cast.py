"""Who plays which part in the demo?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace

from adapter.demo.invented import Invented, Pds
from adapter.demo.inventor import Inventor
from adapter.demo.twists import (
    NHS_NUMBER,
    SHARED_RECORD,
    choosing,
    closed,
    dead,
    with_mental_health,
    with_relative,
)


@dataclass(frozen=True, slots=True)
class Cast:
    """One person for each part, in the order in which they stand in the file.

    known              open case, PDS agrees, team, worker, two packages, next of kin
    number_objector    objects to the use of the NHS number; PDS knows the person
    shared_opt_out     opted out of the shared record, and of nothing else
    restricted         processing restricted
    locked             locked in the case system
    deceased_recently  died ten days ago
    expired            closed more than six years ago
    mental_health      closed ten years ago, for mental health support: kept for twenty
    mother             open case; her main carer is her son
    son                on file himself, opted out of the shared record
    sensitive          marked as restricted on PDS
    no_number          the council holds no number, PDS knows the person
    unknown_to_pds     the council holds a number that PDS does not know
    ordinary           nothing special
    """

    known: Invented
    number_objector: Invented
    shared_opt_out: Invented
    restricted: Invented
    locked: Invented
    deceased_recently: Invented
    expired: Invented
    mental_health: Invented
    mother: Invented
    son: Invented
    sensitive: Invented
    no_number: Invented
    unknown_to_pds: Invented
    ordinary: Invented

    def __iter__(self) -> Iterator[Invented]:
        return (getattr(self, part.name) for part in fields(self))


def cast_of(inventor: Inventor) -> Cast:
    """Let an inventor's first people be the cast."""
    mother, son = _mother_and_son(inventor)
    return Cast(
        known=with_relative(inventor, inventor.ordinary(81.4, packages=2), "daughter", "next-of-kin"),
        number_objector=_objecting(inventor, NHS_NUMBER),
        shared_opt_out=_objecting(inventor, SHARED_RECORD),
        restricted=replace(_plain(inventor), restricted=True),
        locked=replace(_plain(inventor), locked=True),
        deceased_recently=dead(_plain(inventor), inventor.ago(10), inventor.today),
        expired=closed(_plain(inventor), inventor.ago(8 * 365), inventor.today),
        mental_health=closed(with_mental_health(inventor, _plain(inventor)), inventor.ago(10 * 365), inventor.today),
        mother=mother,
        son=son,
        sensitive=replace(_plain(inventor), pds=Pds.SENSITIVE),
        no_number=replace(_plain(inventor), number_on_file=False),
        unknown_to_pds=replace(_plain(inventor), pds=Pds.UNKNOWN),
        ordinary=_plain(inventor),
    )


def _plain(inventor: Inventor) -> Invented:
    return inventor.ordinary(age=66 + inventor.random.random() * 18, packages=1)


def _objecting(inventor: Inventor, kind: str) -> Invented:
    return choosing(_plain(inventor), kind, "objected", inventor.ago(200))


def _mother_and_son(inventor: Inventor) -> tuple[Invented, Invented]:
    mother = inventor.ordinary(age=84.3, sex="female", packages=1)
    son = inventor.ordinary(age=55.7, sex="male", packages=1)
    son = replace(son, name=replace(son.name, family=mother.name.family))
    son = choosing(son, SHARED_RECORD, "objected", inventor.ago(120))
    return with_relative(inventor, mother, "son", "main-carer next-of-kin", son), son
