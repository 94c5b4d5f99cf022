"""What of a mapped resource is written down?

A form is a resource ready to be kept: each facet as the bytes of its body, with what it can be found by and every bit
that a permit needs. Making forms needs no database, so that a process of its own can do it. A reference to another
resource of the same person stands in it as the mapping wrote it (`key:Type:key`) until the store gives that an id.
"""

from __future__ import annotations

import marshal
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any, NamedTuple

import orjson

from adapter import terms
from consent.model import Category, bit
from mappings.mapped import CARRIER, REFERENCE, Choice, Facet, Mapped, Organisation, Resource
from mappings.problems import Problem

# A reference as the mapping writes it, once it is JSON; a quote within a text is escaped there.
_REFERENCE = re.compile(rb'"reference":"key:([A-Za-z]+):((?:[^"\\]|\\.)*)"')
_MARK = b'"reference":"key:'


class Fragment(NamedTuple):
    """One facet, ready to be kept."""

    part: str
    need: int
    locates: int
    provider: str
    mentions: tuple[str, ...]
    body: bytes
    terms: tuple[terms.Term, ...]


class Form(NamedTuple):
    """One resource, ready to be kept; its carrier is among its fragments."""

    type: str
    key: str
    fragments: tuple[Fragment, ...]

    @property
    def carrier(self) -> Fragment:
        """The fragment that holds what FHIR demands."""
        return next(fragment for fragment in self.fragments if fragment.part == CARRIER)


class Ready(NamedTuple):
    """A case record, mapped and ready to be kept; its problems say what was wrong with it."""

    local_id: str
    operation: str
    line: int
    digest: str
    forms: tuple[Form, ...]
    facts: Mapping[str, str]
    choices: tuple[Choice, ...]
    organisations: tuple[Organisation, ...]
    problems: tuple[Problem, ...]
    merged_into: str | None
    sequence: int | None
    # The feed beside the case records that says it, and the facts that its layout has no field for.
    feed: str
    unstated: frozenset[str]

    @property
    def into(self) -> str:
        """The record that this one has become part of; nothing where it stands for itself."""
        into = self.merged_into or ""
        return into if self.operation == "merge" and into != self.local_id else ""

    @property
    def quarantined(self) -> bool:
        """Whether nothing of the record may be kept but what withholds."""
        return any(problem.effect == "quarantined" for problem in self.problems)


def packed(record: Ready) -> tuple[Ready, bytes]:
    """The record and its forms apart, as bytes that another process reads quickly."""
    plain = [(form.type, form.key, [tuple(fragment) for fragment in form.fragments]) for form in record.forms]
    return record._replace(forms=()), marshal.dumps(plain)


def unpacked(record: Ready, forms: bytes) -> Ready:
    """The record that was packed."""
    plain = marshal.loads(forms)  # noqa: S302
    made = (Form(kind, key, tuple(map(Fragment._make, fragments))) for kind, key, fragments in plain)
    return record._replace(forms=tuple(made))


def ready(mapped: Mapped, digest: str, problems: Iterable[Problem] = ()) -> Ready:
    """Make a mapped record ready to be kept, under the digest of its content."""
    return Ready(
        local_id=mapped.local_id,
        operation=mapped.operation,
        line=mapped.line,
        digest=digest,
        forms=tuple(form(resource) for resource in mapped.resources),
        facts=mapped.facts,
        choices=mapped.choices,
        organisations=mapped.organisations,
        problems=(*mapped.problems, *problems),
        merged_into=mapped.merged_into,
        sequence=mapped.sequence,
        feed=mapped.feed,
        unstated=mapped.unstated,
    )


def form(resource: Resource) -> Form:
    """Make a resource ready to be kept."""
    carrier = next(facet for facet in resource.facets if facet.part == CARRIER)
    needed = _bit(carrier.category, carrier.locates)
    return Form(
        resource.type,
        resource.key,
        tuple(_fragment(resource.type, facet, carrier, needed) for facet in resource.facets),
    )


def _fragment(kind: str, facet: Facet, carrier: Facet, needed: int) -> Fragment:
    mentions = (*carrier.mentions, *facet.mentions)
    return Fragment(
        part=facet.part,
        need=_bit(facet.category, facet.locates) | needed,
        locates=int(facet.locates),
        provider=facet.provider or "",
        mentions=tuple(dict.fromkeys(mentions)) if mentions else (),
        body=orjson.dumps(facet.body),
        terms=tuple(terms.terms(kind, facet.body)),
    )


@cache
def _bit(category: str, locates: bool) -> int:
    return bit(Category(category), locates=locates)


def resolved(body: bytes, public: Callable[[str, str], str]) -> bytes:
    """The body with every reference of the mapping's replaced by the one that `public` gives."""
    if _MARK not in body:
        return body

    def known(found: re.Match[bytes]) -> bytes:
        key = orjson.loads(b'"' + found[2] + b'"')
        return b'"reference":' + orjson.dumps(public(found[1].decode(), key))

    return _REFERENCE.sub(known, body)


def target(value: str, public: Callable[[str, str], str]) -> str:
    """What a term finds, where it is a reference of the mapping's."""
    if not value.startswith(REFERENCE):
        return value
    _, kind, key = value.split(":", 2)
    return public(kind, key)


def whole(resource: Resource) -> dict[str, Any]:
    """The resource with all its facets merged, as FHIR, for checking its structure; it has no id yet."""
    return {"resourceType": resource.type} | merged(facet.body for facet in resource.facets)


def merged(bodies: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Put fragments together: arrays concatenate in order, every other element stands in one fragment only."""
    together: dict[str, Any] = {}
    for body in bodies:
        for element, value in body.items():
            if isinstance(value, list) and element in together:
                together[element] = together[element] + value
            elif isinstance(value, dict) and element in together:
                together[element] = merged((together[element], value))
            else:
                together[element] = value
    return together
