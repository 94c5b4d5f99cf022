"""How is a record kept?

As facets: for each resource and category one fragment, whose versions never change. What a facet can be found by and
whom it names are kept beside it. The same content again changes nothing.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from adapter import terms
from adapter.database import Transaction
from consent.model import Category, bit
from mappings.mapped import Facet, Resource

# A birth date that identifies is a whole one.
_WHOLE_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
COUNCIL = "council"
PDS = "pds"
OFFICER = "officer"
# What PDS says stands after what the council says; what an officer records is in no extract, and none ends it.
_PLACE_OF = {COUNCIL: 0, PDS: 1000, OFFICER: 2000}


@dataclass
class Kept:
    """The facets of one person as they stand, while they are being written."""

    transaction: Transaction
    council: int
    person: int
    key: bytes
    new_id: Callable[[], str]
    now: int
    publics: dict[tuple[str, str], tuple[int, str]] = field(default_factory=dict)
    current: dict[tuple[int, str, str], tuple[int, str]] = field(default_factory=dict)

    def load(self) -> Kept:
        """Read what is kept of the person now."""
        for number, public, kind, key in self.transaction.all(
            "SELECT id, public, type, key FROM resource WHERE person = :person", person=self.person
        ):
            self.publics[kind, key] = (number, public)
        for number, resource, part, origin, token in self.transaction.all(
            "SELECT id, resource, part, origin, token FROM facet WHERE person = :person AND ended IS NULL",
            person=self.person,
        ):
            self.current[resource, part, origin] = (number, token)
        return self

    def has(self, part: str, origin: str) -> bool:
        """Whether a current facet of this part and origin is kept."""
        return any((p, o) == (part, origin) for _, p, o in self.current)

    def public(self, kind: str, key: str) -> str:
        """The reference of a resource of this person, giving it a random id when it is first named."""
        if (kind, key) not in self.publics:
            public = self.new_id()
            number = self.transaction.number(
                "INSERT INTO resource (public, type, person, key) VALUES (:public, :type, :person, :key) RETURNING id",
                public=public,
                type=kind,
                person=self.person,
                key=key,
            )
            self.publics[kind, key] = (number, public)
        return f"{kind}/{self.publics[kind, key][1]}"

    def whole(self, resource: Resource) -> dict[str, Any]:
        """The resource with all its facets merged, as FHIR; for checking its structure."""
        kind, public = self.public(resource.type, resource.key).split("/")
        bodies = (self.resolved(facet.body) for facet in resource.facets)
        return {"resourceType": kind, "id": public} | merged(bodies)

    def resolved(self, value: Any) -> Any:
        """Replace the mapping's references between resources by their public ids."""
        if isinstance(value, dict):
            return {name: self._target(name, inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.resolved(item) for item in value]
        return value

    def put(self, resource: Resource, origin: str) -> set[str]:
        """Write the facets of a resource that changed; say which parts those were."""
        changed = {facet.part for facet in resource.facets if self.put_part(resource, facet.part, origin)}
        number, _ = self.publics[resource.type, resource.key]
        parts = {facet.part for facet in resource.facets}
        gone = [p for r, p, o in self.current if r == number and o == origin and p not in parts]
        for part in gone:
            self.end(number, part, origin)
        return changed | set(gone)

    def put_part(self, resource: Resource, part: str, origin: str) -> bool:
        """Write one facet of a resource, if it changed; say whether it did."""
        self.public(resource.type, resource.key)
        number, _ = self.publics[resource.type, resource.key]
        carrier = next(facet for facet in resource.facets if facet.part == "carrier")
        facet = next(facet for facet in resource.facets if facet.part == part)
        # The carrier, then by name: a place that hung on which other facets there are would tell of hidden ones.
        place = int(part != carrier.part)
        mentions = tuple(dict.fromkeys((*carrier.mentions, *facet.mentions)))
        return self._put_facet(resource.type, number, facet, _need(facet, carrier), mentions, place, origin)

    def end(self, resource: int, part: str, origin: str) -> None:
        """Supersede a facet: nobody finds it any more."""
        number, _ = self.current.pop((resource, part, origin))
        self.transaction.execute("DELETE FROM term WHERE facet = :facet", facet=number)
        self.transaction.execute("UPDATE facet SET ended = :now WHERE id = :facet", facet=number, now=self.now)

    def end_absent(self, present: Iterable[tuple[str, str]], origin: str) -> None:
        """Supersede every facet of resources that the record no longer holds."""
        kept = {self.publics[which][0] for which in present if which in self.publics}
        for resource, part, of in list(self.current):
            if of == origin and resource not in kept:
                self.end(resource, part, origin)

    def find_by(
        self, facet: int, kind: str, resource: int, found: set[terms.Term], need: int, row: Mapping[str, Any]
    ) -> None:
        """Write down what a facet can be found by."""
        self.transaction.many(
            "INSERT INTO term (type, name, value, resource, facet, person, need, locates, provider)"
            " VALUES (:type, :name, :value, :resource, :facet, :person, :need, :locates, :provider)",
            [
                {
                    "type": kind,
                    "name": name,
                    "value": value,
                    "resource": resource,
                    "facet": facet,
                    "person": self.person,
                    "need": need,
                    "locates": row["locates"],
                    "provider": row["provider"],
                }
                for name, value in sorted(found)
            ],
        )

    def _put_facet(
        self, kind: str, resource: int, facet: Facet, need: int, mentions: tuple[str, ...], place: int, origin: str
    ) -> bool:
        body = self.resolved(facet.body)
        row = {
            "need": need,
            "locates": int(facet.locates),
            "provider": facet.provider or "",
            "place": _PLACE_OF[origin] + place,
            "body": orjson.dumps(body),
        }
        token = self._token(resource, facet.part, row, mentions)
        known = self.current.get((resource, facet.part, origin))
        if known and known[1] == token:
            return False
        if known:
            self.end(resource, facet.part, origin)
        number = self.transaction.number(
            "INSERT INTO facet (resource, person, part, origin, place, need, locates, provider, body, token, recorded)"
            " VALUES (:resource, :person, :part, :origin, :place, :need, :locates, :provider, :body, :token, :now)"
            " RETURNING id",
            resource=resource,
            person=self.person,
            part=facet.part,
            origin=origin,
            token=token,
            now=self.now,
            **row,
        )
        self.current[resource, facet.part, origin] = (number, token)
        self._name_others(number, mentions)
        found = terms.terms(kind, body)
        if facet.part == "carrier":
            found.add(("_id", next(public for known, public in self.publics.values() if known == resource)))
        self.find_by(number, kind, resource, found, need, row)
        return True

    def _name_others(self, facet: int, mentions: tuple[str, ...]) -> None:
        self.transaction.many(
            "INSERT INTO mention (facet, council, local_id) VALUES (:facet, :council, :local_id)",
            [{"facet": facet, "council": self.council, "local_id": other} for other in mentions],
        )

    def _token(self, resource: int, part: str, row: Mapping[str, Any], mentions: tuple[str, ...]) -> str:
        public = next(public for number, public in self.publics.values() if number == resource)
        digest = hashlib.blake2b(key=self.key, digest_size=12)
        said = (public, part, row["need"], row["provider"], row["place"], *mentions)
        digest.update(orjson.dumps(said) + row["body"])
        return digest.hexdigest()

    def _target(self, name: str, value: Any) -> Any:
        if name == "reference" and isinstance(value, str) and value.startswith("key:"):
            _, kind, key = value.split(":", 2)
            return self.public(kind, key)
        return self.resolved(value)


def merged(bodies: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Put fragments together: arrays concatenate in order, every other element stands in one fragment only."""
    whole: dict[str, Any] = {}
    for body in bodies:
        for element, value in body.items():
            if isinstance(value, list) and element in whole:
                whole[element] = whole[element] + value
            elif isinstance(value, dict) and element in whole:
                whole[element] = merged((whole[element], value))
            else:
                whole[element] = value
    return whole


def identify(kept: Kept, birth_dates: Iterable[str]) -> None:
    """Write anew the terms by which the person as a whole can be identified."""
    resource, _ = kept.publics["Patient", "patient"]
    whole = sorted({born for born in birth_dates if _WHOLE_DATE.fullmatch(born)})
    for number, part, need, locates, provider, body in kept.transaction.all(
        "SELECT id, part, need, locates, provider, body FROM facet"
        " WHERE resource = :resource AND part IN ('carrier', 'nhs-number') AND ended IS NULL",
        resource=resource,
    ):
        by = terms.identifying_by_name if part == "carrier" else terms.identifying_by_number
        kept.transaction.execute(
            "DELETE FROM term WHERE facet = :facet AND name IN (:name, :number)",
            facet=number,
            name=terms.IDENTIFY_BY_NAME,
            number=terms.IDENTIFY_BY_NUMBER,
        )
        row = {"locates": locates, "provider": provider}
        kept.find_by(number, "Patient", resource, by(orjson.loads(body), whole), need, row)


def _need(facet: Facet, carrier: Facet) -> int:
    own = bit(Category(facet.category), locates=facet.locates)
    return own | bit(Category(carrier.category), locates=carrier.locates)
