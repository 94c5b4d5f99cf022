"""Who lives in the town that tests only read?

One person for each thing that the rules tell apart. Tests register askers of their own and change nothing else: a
relationship that is asserted there is that asker's alone.
"""

from __future__ import annotations

from functools import cache

from conformance.asker import Asker
from tests.fhir import watched
from tests.world import World, case, named, objection, pds_record, relationship

SYSTEM = "https://fhir.nhs.uk/Id/nhs-number"
PRACTICE = "E87991"
PROVIDER = "A1B2C"

# Nothing withholds; PDS knows her, and her practice.
ADA, ADA_NUMBER, ADA_BORN = "A1", "9990000018", "1941-03-05"
# Objects to the use of the NHS number.
BEA, BEA_NUMBER, BEA_BORN = "A2", "9990000026", "1950-06-07"
# Restricted until a correction is made.
CYRIL, CYRIL_NUMBER, CYRIL_BORN = "A3", "9990000034", "1948-01-09"
# Has accents, and PDS knows her.
ZOE, ZOE_NUMBER, ZOE_BORN = "A4", "9990000042", "1933-02-01"
# Two people of one name and birth date.
TWAINS, TWAIN_BORN = ("A5", "A6"), "1960-10-10"
# Opted out of the shared record.
ESTER, ESTER_NUMBER, ESTER_BORN = "A7", "9990000050", "1955-05-05"
# PDS protects where she is.
FERN, FERN_NUMBER, FERN_BORN = "A8", "9990000069", "1962-12-12"
# Locked by the council's case system.
GUS, GUS_NUMBER, GUS_BORN = "A9", "9990000077", "1944-04-04"
# Kept past the retention period.
HAL, HAL_NUMBER, HAL_BORN = "A10", "9990000085", "1930-01-01"
PAGES = tuple(f"P{number}" for number in range(1, 8))

ETHNICITY = '<Ethnicity scheme="cld-r2" code="White: Roma">White: Roma</Ethnicity>'


@cache
def social_worker(town: World) -> Asker:
    """The council's own client in a town: it sees most, asserts nothing, and serves every test."""
    return watched(town.asker("council"))


def by_number(number: str, born: str) -> list[tuple[str, str]]:
    """The criteria that name a person in full by number."""
    return [("identifier", f"{SYSTEM}|{number}"), ("birthdate", born)]


def by_name(family: str, given: str, born: str) -> list[tuple[str, str]]:
    """The criteria that name a person in full by name."""
    return [("family", family), ("given", given), ("birthdate", born)]


def settle(town: World) -> World:
    """Load everybody, declare the registers, trace, and answer."""
    town.load(
        case(
            ADA,
            nhs_number=ADA_NUMBER,
            names=named("Quill", "Ada"),
            more=relationship() + ETHNICITY,
        ),
        case(
            BEA,
            family="Thorne",
            given="Bea",
            born=BEA_BORN,
            nhs_number=BEA_NUMBER,
            practice=PRACTICE,
            objections=objection(),
        ),
        case(
            CYRIL,
            family="Ashe",
            given="Cyril",
            born=CYRIL_BORN,
            nhs_number=CYRIL_NUMBER,
            attributes='restricted="Y"',
        ),
        case(ZOE, family="Brontë-Ó Néill", given="Zoë", born=ZOE_BORN, nhs_number=ZOE_NUMBER),
        *(case(twain, family="Twain", given="Dora", born=TWAIN_BORN) for twain in TWAINS),
        case(
            ESTER,
            family="Vale",
            given="Ester",
            born=ESTER_BORN,
            nhs_number=ESTER_NUMBER,
            objections=objection("shared-record"),
        ),
        case(FERN, family="Wick", given="Fern", born=FERN_BORN, nhs_number=FERN_NUMBER),
        case(
            GUS,
            family="Lock",
            given="Gus",
            born=GUS_BORN,
            nhs_number=GUS_NUMBER,
            attributes='restricted="N" locked="Y"',
        ),
        case(
            HAL,
            family="Olden",
            given="Hal",
            born=HAL_BORN,
            nhs_number=HAL_NUMBER,
            services="",
            involvement='<Involvement clientType="Service User" psr="Physical Support: Personal care support"'
            ' opened="2010-01-01" closed="2015-01-01"/>',
        ),
        *(case(page, family="Page", given=f"Num{page}", born=f"195{page[1:]}-01-01") for page in PAGES),
    )
    town.know(
        pds_record(ADA_NUMBER),
        pds_record(ZOE_NUMBER, family="Brontë-Ó Néill", given="Zoë", born=ZOE_BORN),
        pds_record(ESTER_NUMBER, family="Vale", given="Ester", born=ESTER_BORN),
        pds_record(FERN_NUMBER, family="Wick", given="Fern", born=FERN_BORN, security="R"),
    )
    town.declare()
    town.trace()
    town.serve()
    return town
