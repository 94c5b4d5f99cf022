"""What did the case record say, once it is FHIR?

A resource is a set of facets; each holds the elements of one category, and the `carrier` holds the mandatory ones.
A reference between two resources of one person is `key:Type:key`; the store gives it an id.
All of it is about a person: no `repr` here shows a key, a body or a value.

FHIR R4: https://hl7.org/fhir/R4/ ; facets: mappings/README.md
"""

from dataclasses import dataclass, field
from typing import Any, Literal

from mappings.problems import Problem
from mappings.record import Operation

CARRIER = "carrier"
REFERENCE = "key:"


@dataclass(frozen=True)
class Facet:
    part: str = field(repr=False)
    category: str
    body: dict[str, Any] = field(repr=False)
    # The facet tells where the person lives or is looked after.
    locates: bool = False
    # The local ids of other persons whom the facet names.
    mentions: tuple[str, ...] = field(default=(), repr=False)
    # The ODS code of the organisation whose own service the facet describes.
    provider: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Resource:
    type: str
    key: str = field(repr=False)
    facets: tuple[Facet, ...]


@dataclass(frozen=True, repr=False)
class Choice:
    kind: Literal["nhs-number", "shared-record"]
    value: Literal["objects", "clear", "withdrawn"]
    effective: str | None
    recorded: str | None
    by: str | None
    # What shows that the choice was made: a reference to a letter, a call, a form.
    evidence: str | None = None


@dataclass(frozen=True, repr=False)
class Organisation:
    kind: Literal["gp", "provider"]
    code: str
    starts: str | None
    ends: str | None


@dataclass(frozen=True, repr=False)
class Mapped:
    local_id: str
    operation: Operation
    line: int
    digest: str
    resources: tuple[Resource, ...]
    facts: dict[str, str]
    choices: tuple[Choice, ...]
    organisations: tuple[Organisation, ...]
    problems: tuple[Problem, ...]
    merged_into: str | None = None
    sequence: int | None = None
    # Which part of the person this is; "" is the case record itself.
    feed: str = ""
    # The facts that the layout does not carry: they count only where nobody else has said anything of them.
    unstated: frozenset[str] = frozenset()


def reference(type: str, key: str) -> dict[str, str]:
    return {"reference": f"{REFERENCE}{type}:{key}"}
