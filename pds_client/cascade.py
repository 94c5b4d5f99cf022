"""In which order is PDS searched for somebody without a number?

Rules it keeps:
- From the narrowest search to the widest; each row is asked only when the rows before it found nobody,
  and a row for many only when the row before it found too many.
- One row has no postcode: whoever is restricted is not found by one.
- The fuzzy row comes last and can only suggest. A production service removed its fuzzy step after it
  attached wrong numbers.
- A row that lacks what it needs is left out; so is a beginning that would be the whole name.

https://digital.nhs.uk/developer/api-catalogue/personal-demographics-service-fhir
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from pds_client.demographics import Demographics, known_postcode
from pds_client.errors import BadQuery
from pds_client.query import Query

_LONGEST_NAME = 35
_NAME_START = 3
_POSTCODE_START = 2


class Use(Enum):
    WHOLE = "whole"
    START = "start"
    IF_KNOWN = "if known"
    NOT = "not"


@dataclass(frozen=True, slots=True)
class Step:
    name: str
    family: Use = Use.WHOLE
    given: Use = Use.IF_KNOWN
    postcode: Use = Use.WHOLE
    history: bool = False
    fuzzy: bool = False
    after_many: bool = False


STEPS = (
    Step("everything, with history", history=True),
    Step("everything, without history", after_many=True),
    Step("beginning of the postcode", postcode=Use.START),
    Step("beginning of the given name", given=Use.START),
    Step("beginning of the family name", family=Use.START),
    Step("without postcode", given=Use.WHOLE, postcode=Use.NOT, history=True),
    Step("fuzzy", postcode=Use.IF_KNOWN, fuzzy=True),
)


def steps_for(ours: Demographics) -> Iterator[tuple[Step, Query]]:
    """The steps that can be taken with what we know, each with its search."""
    for step in STEPS:
        try:
            yield step, _query(step, ours)
        except BadQuery:
            # A step that needs what we lack, or would be refused, says nothing about the next one.
            continue


def _query(step: Step, ours: Demographics) -> Query:
    given = _part(step.given, ours.given[0] if ours.given else None, _NAME_START)
    postcode = _part(step.postcode, known_postcode(ours.postcode), _POSTCODE_START)
    gender_needed = step.fuzzy and given is None
    return Query(
        family=_part(step.family, ours.family, _NAME_START),
        given=() if given is None else (given,),
        birth_date=f"eq{ours.birth_date}",
        postcode=postcode,
        gender=ours.gender if gender_needed else None,
        history=step.history,
        fuzzy=step.fuzzy,
    )


def _part(use: Use, text: str | None, start: int) -> str | None:
    known = (text or "").strip()[:_LONGEST_NAME]
    if use is Use.NOT or (use is Use.IF_KNOWN and not known):
        return None
    if "*" in known:
        raise BadQuery("a wildcard of the council's own is no name")
    if use is not Use.START:
        return known
    if len(known) <= start:
        raise BadQuery("the beginning is the whole")
    return known[:start].strip() + "*"
