"""What does the council's case system write about one person?

The layout is ours; mappings/README.md shows it whole.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from lxml import etree

from adapter.demo.invented import Address, Allocation, Choice, Invented, Name, Package, Relative

_SEXES = {"female": "F", "male": "M"}


def person_xml(person: Invented) -> etree._Element:
    root = etree.Element(
        "Person",
        {
            "localId": person.local_id,
            "operation": "upsert",
            "restricted": _yes(person.restricted),
            "locked": _yes(person.locked),
        },
    )
    _identity(root, person)
    _contact(root, person)
    _add_each(root, "Relationships", (_relative(relative) for relative in person.relatives))
    _add_each(root, "Allocations", (_allocation(person.allocation),))
    _add(root, "Involvement", {"psr": person.reason, "opened": _day(person.opened), "closed": _day(person.closed)})
    _add_each(root, "Services", (_service(package, person.section_117) for package in person.packages))
    _add_each(root, "Objections", (_objection(choice) for choice in person.choices))
    return root


def _identity(root: etree._Element, person: Invented) -> None:
    if person.number_on_file and person.nhs_number:
        _add(_add(root, "Identifiers"), "Identifier", {"type": "NHS", "status": "02"}, person.nhs_number)
    names = _add(root, "Names")
    names.append(_name(person.name, {"use": "usual"}))
    if person.previous_family:
        before = Name(person.name.given, person.previous_family)
        names.append(_name(before, {"use": "old", "from": _day(person.born), "to": _day(person.renamed)}))
    _add(root, "Birth", {"date": _day(person.born), "precision": "day", "estimated": "N"})
    if person.died:
        _add(root, "Death", {"date": _day(person.died), "precision": "day"})
    _add(root, "Sex", {"code": _SEXES[person.sex]})
    _add(root, "Ethnicity", {"scheme": "nhs2001", "code": person.ethnicity})
    _add(root, "Language", {"first": person.language, "interpreter": _yes(person.language != "en")})


def _contact(root: etree._Element, person: Invented) -> None:
    address = _address(person.address)
    address.set("from", _day(person.moved_in))
    address.set("doNotDisclose", _yes(person.do_not_disclose))
    _add(root, "Addresses").append(address)
    telecoms = _add(root, "Telecoms")
    telecoms.append(_phone(person.phone))
    if person.email:
        _add(telecoms, "Telecom", {"system": "email", "use": "home"}, person.email)
    practice = _add(root, "GP", {"odsPractice": person.practice.code})
    _add(practice, "PracticeName", text=person.practice.name)


def _name(name: Name, attributes: dict[str, str]) -> etree._Element:
    element = etree.Element("Name", attributes)
    if name.title:
        _add(element, "Title", text=name.title)
    for given in name.given:
        _add(element, "Given", text=given)
    _add(element, "Family", text=name.family)
    return element


def _address(address: Address) -> etree._Element:
    element = etree.Element("Address", {"type": "home"})
    _add(element, "Line", text=address.line)
    _add(element, "Town", text=address.town)
    _add(element, "Postcode", text=address.postcode)
    return element


def _phone(number: str) -> etree._Element:
    use = "mobile" if number.startswith("07") else "home"
    element = etree.Element("Telecom", {"system": "phone", "use": use})
    element.text = number
    return element


def _relative(relative: Relative) -> etree._Element:
    element = etree.Element("Relationship", {"id": relative.id, "type": relative.relation, "roles": relative.roles})
    if relative.person:
        element.set("personRef", relative.person)
    element.append(_name(relative.name, {"use": "usual"}))
    element.append(_phone(relative.phone))
    return element


def _allocation(allocation: Allocation) -> etree._Element:
    team, worker = allocation.team, allocation.worker
    element = etree.Element("Allocation", {"primary": "Y"} | _period(allocation.since, allocation.until))
    if worker:
        _add(element, "Worker", {"id": worker.id, "name": worker.name, "role": worker.role})
    named = {"id": team.id, "name": team.name, "phone": team.phone, "email": team.email, "hours": team.hours}
    _add(element, "Team", named)
    return element


def _service(package: Package, section_117: bool) -> etree._Element:
    provider = package.provider
    by = {"component": provider.component, "provider": provider.name, "providerOds": provider.code}
    held = {"status": package.status, "s117": _yes(section_117)}
    return etree.Element("Service", {"id": package.id} | by | _period(package.since, package.until) | held)


def _objection(choice: Choice) -> etree._Element:
    on = _day(choice.on)
    stated = {"kind": choice.kind, "value": choice.value, "recorded": on, "effective": on, "by": "person"}
    return etree.Element("Objection", stated)


def _add_each(root: etree._Element, tag: str, elements: Iterable[etree._Element]) -> None:
    # As in a real extract, what there is none of is an empty element.
    _add(root, tag).extend(elements)


def _add(
    parent: etree._Element, tag: str, attributes: dict[str, str] | None = None, text: str | None = None
) -> etree._Element:
    element = etree.SubElement(parent, tag, attributes)
    element.text = text
    return element


def _period(since: date, until: date | None) -> dict[str, str]:
    return {"from": _day(since), "to": _day(until)}


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def _yes(is_so: bool) -> str:
    return "Y" if is_so else "N"
