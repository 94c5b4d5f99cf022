"""Builders of invented extracts and what is made of them; the defaults are somebody whom nothing is wrong with."""

from __future__ import annotations

import io
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from mappings.engine import Context, Mapping, load
from mappings.mapped import Facet, Mapped, Resource
from mappings.problems import Problem
from mappings.readers import CAPS, Caps, read
from mappings.record import CaseRecord, Header, Trailer

DATA = Path(__file__).parent.parent / "data"
NAMESPACE = "urn:asc-fhir:case-extract:1"
HEADER = '<Header council="999" extractId="X-1" mode="full" sequence="1"/>'
NUMBERS = ("9990001006", "9990001014", "9990001022")

CONTEXT = Context(
    council_code="999",
    council_name="Anytown Council",
    council_ods="E9999",
    canonical="https://anytown.example/fhir",
    desk=({"system": "phone", "value": "01632 960000", "use": "work"},),
    received="2025-11-22T10:00:00+00:00",
    file="case.xml",
    extract_id="X-1",
)


def nhs_number(number: str) -> str:
    """Modulus 11, as the caller of a mapping brings it."""
    if len(number) != 10 or not (number.isascii() and number.isdigit()):
        raise ValueError("an NHS number has ten digits")
    check = 11 - sum((10 - place) * int(digit) for place, digit in enumerate(number[:9])) % 11
    if check % 11 != int(number[9]):
        raise ValueError("the check digit is wrong")
    return number


# A mapping keeps nothing of what it maps, so that all tests can share one.
@cache
def case_xml() -> Mapping:
    return load("case-xml", nhs_number=nhs_number)


def person(inner: str = "", attributes: str = 'localId="1" restricted="N"') -> str:
    return f"<Person {attributes}>{inner}</Person>"


def numbered(local_id: str, inner: str = "") -> str:
    return person(inner, f'localId="{local_id}" restricted="N"')


def extract(*persons: str, header: str = HEADER, trailer: str | None = None) -> bytes:
    end = f'<Trailer persons="{len(persons)}"/>' if trailer is None else trailer
    return f'<CaseExtract xmlns="{NAMESPACE}">{header}{"".join(persons)}{end}</CaseExtract>'.encode()


def items(content: bytes, caps: Caps = CAPS) -> list[Header | CaseRecord | Trailer | Problem]:
    return list(read("case-xml", io.BytesIO(content), "case.xml", caps=caps))


def problems(content: bytes, caps: Caps = CAPS) -> list[Problem]:
    return [item for item in items(content, caps) if isinstance(item, Problem)]


def records(content: bytes, caps: Caps = CAPS) -> list[CaseRecord]:
    return [item for item in items(content, caps) if isinstance(item, CaseRecord)]


def mapped(inner: str = "", attributes: str = 'localId="1" restricted="N"', context: Context = CONTEXT) -> Mapped:
    (record,) = records(extract(person(inner, attributes)))
    return case_xml().apply(record, context)


def of_type(found: Mapped, type: str) -> list[Resource]:
    return [resource for resource in found.resources if resource.type == type]


def only(found: Mapped, type: str) -> dict[str, Any]:
    (resource,) = of_type(found, type)
    return merged(resource)


def facet(resource: Resource, part: str) -> Facet:
    return next(facet for facet in resource.facets if facet.part == part)


def merged(resource: Resource) -> dict[str, Any]:
    """The resource as a store merges it: what is one value is taken over, what is an array is joined."""
    body: dict[str, Any] = {"resourceType": resource.type}
    for each in resource.facets:
        for element, value in each.body.items():
            if isinstance(value, list):
                body[element] = [*body.get(element, []), *value]
            else:
                body[element] = value
    return body


def said(found: Iterable[Problem]) -> list[str]:
    return [str(problem) for problem in found]


RELATIVE = (
    '<Relationships><Relationship id="R1" personRef="77" type="son" roles="main-carer{roles}" {more}>'
    "<Name><Given>Barnaby</Given><Family>Quill</Family></Name>"
    '<Telecom system="mobile">07700 900102</Telecom></Relationship></Relationships>'
)
TEAM = (
    '<Allocations><Allocation from="2024-02-05"><Worker id="W7" name="Farah Ockenden" role="Social worker"/>'
    '<Team id="T2" name="North Team" phone="01632 960200" email="north@anytown.example"/></Allocation></Allocations>'
)
SERVICE = (
    '<Services><Service id="S1" component="Home support" provider="Threeways" providerOds="a9x9y" from="2024-02-12"'
    ' status="{status}"/></Services>'
)


def relative(roles: str = "", more: str = "") -> str:
    return RELATIVE.format(roles=f" {roles}" if roles else "", more=more)


def plain(found: Mapped) -> dict[str, Any]:
    return {
        "localId": found.local_id,
        "facts": found.facts,
        "choices": [vars(choice) for choice in found.choices],
        "organisations": [vars(organisation) for organisation in found.organisations],
        "problems": said(found.problems),
        "resources": [
            {
                "type": resource.type,
                "key": resource.key,
                "facets": [vars(each) | {"mentions": list(each.mentions)} for each in resource.facets],
            }
            for resource in found.resources
        ],
    }
