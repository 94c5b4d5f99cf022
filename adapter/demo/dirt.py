"""What is wrong in a real extract?

Each kind is a row: the record of somebody who is nobody else in the file, and what is done to it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from enum import StrEnum

from lxml import etree

from adapter.demo.invented import Invented, Pds
from adapter.demo.person_xml import person_xml
from adapter.demo.pools import check_digit


class Dirt(StrEnum):
    NO_LOCAL_ID = "no local id"
    SAME_LOCAL_ID_TWICE = "same local id twice"
    IMPOSSIBLE_BIRTH_DATE = "impossible birth date"
    NHS_NUMBER_FAILS_CHECK = "nhs number fails modulus 11"
    UNKNOWN_ELEMENT = "unknown element"
    CODE_OUTSIDE_TABLE = "code outside its table"
    BLANK_RESTRICTED = "blank restricted"
    TWO_GIVEN_NAMES_IN_CAPITALS = "two given names in one field, in capitals"
    PLACEHOLDER_SURNAME = "placeholder surname"


def soiled(kind: Dirt, after: Invented, nth: int) -> etree._Element:
    """Write a dirty record that follows somebody's own."""
    element = person_xml(_stranger(after, nth))
    _SOIL[kind](element, after)
    return element


def _stranger(person: Invented, nth: int) -> Invented:
    # Another birth date and no number: no trace takes them for the person they were made from.
    return replace(
        person,
        local_id=f"D{nth:06}",
        number_on_file=False,
        born=person.born - timedelta(days=400 + nth % 7),
        pds=Pds.UNKNOWN,
        relatives=(),
        packages=(),
        choices=(),
        restricted=False,
    )


def _lose_local_id(element: etree._Element, _: Invented) -> None:
    del element.attrib["localId"]


def _repeat_local_id(element: etree._Element, after: Invented) -> None:
    element.set("localId", after.local_id)


def _impossible_birth(element: etree._Element, after: Invented) -> None:
    _found(element, "Birth").set("date", f"{after.born.year}-02-31")


def _failing_number(element: etree._Element, after: Invented) -> None:
    stem = f"999{after.born:%d%m%y}"
    wrong = (int(check_digit(stem) or 0) + 1) % 10
    identifiers = etree.Element("Identifiers")
    etree.SubElement(identifiers, "Identifier", {"type": "NHS", "status": "02"}).text = f"{stem}{wrong}"
    element.insert(0, identifiers)


def _unknown_element(element: etree._Element, _: Invented) -> None:
    etree.SubElement(element, "ShoeSize").text = "43"


def _unknown_code(element: etree._Element, _: Invented) -> None:
    _found(element, "Sex").set("code", "Q7")


def _blank_restricted(element: etree._Element, _: Invented) -> None:
    element.set("restricted", "")


def _in_capitals(element: etree._Element, after: Invented) -> None:
    name = _found(element, "Names/Name")
    for given in name.findall("Given")[1:]:
        name.remove(given)
    _found(name, "Given").text = f"{after.name.given[0]} Marie".upper()
    _found(name, "Family").text = after.name.family.upper()


def _placeholder(element: etree._Element, _: Invented) -> None:
    _found(element, "Names/Name/Family").text = "UNKNOWN"


def _found(element: etree._Element, path: str) -> etree._Element:
    found = element.find(path)
    if found is None:
        raise LookupError(f"a written person has no {path}")
    return found


_SOIL: dict[Dirt, Callable[[etree._Element, Invented], None]] = {
    Dirt.NO_LOCAL_ID: _lose_local_id,
    Dirt.SAME_LOCAL_ID_TWICE: _repeat_local_id,
    Dirt.IMPOSSIBLE_BIRTH_DATE: _impossible_birth,
    Dirt.NHS_NUMBER_FAILS_CHECK: _failing_number,
    Dirt.UNKNOWN_ELEMENT: _unknown_element,
    Dirt.CODE_OUTSIDE_TABLE: _unknown_code,
    Dirt.BLANK_RESTRICTED: _blank_restricted,
    Dirt.TWO_GIVEN_NAMES_IN_CAPITALS: _in_capitals,
    Dirt.PLACEHOLDER_SURNAME: _placeholder,
}
