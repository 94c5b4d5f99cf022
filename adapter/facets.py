"""How is a record kept?

As facets: for each resource and category one fragment, whose versions never change. What a facet can be found by and
whom it names are kept beside it. The same content again changes nothing.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson

from adapter import terms
from adapter.database import Transaction
from adapter.forms import Form, Fragment, form, resolved, target
from adapter.terms import Term
from mappings.mapped import CARRIER, Resource

# A birth date that identifies is a whole one.
_WHOLE_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
COUNCIL = "council"
PDS = "pds"
OFFICER = "officer"
# What PDS says stands after what the council says; what an officer records is in no extract, and none ends it.
_PLACE_OF = {COUNCIL: 0, PDS: 1000, OFFICER: 2000}
# A feed beside the case records stands between the council's records and PDS.
_PLACE_OF_FEED = 500
_COLUMNS = {
    "resource": "id, public, type, person, key",
    "facet": "id, resource, person, part, origin, place, need, locates, provider, body, token, recorded",
    "mention": "facet, council, local_id",
    "term": "type, name, value, resource, facet, person, need, locates, provider",
}


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
    # What is to be written, in the order in which the tables refer to each other; at once, or all together.
    _rows: dict[str, list[tuple[Any, ...]]] = field(default_factory=lambda: {table: [] for table in _COLUMNS})
    _apart: bool = True

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
            number, public = self.transaction.next_id("resource"), self.new_id()
            self.publics[kind, key] = (number, public)
            self._rows["resource"].append((number, public, kind, self.person, key))
        return f"{kind}/{self.publics[kind, key][1]}"

    @contextmanager
    def together(self) -> Iterator[None]:
        """Write what is put within, all at once, when the block ends well."""
        self._apart = False
        yield
        self._apart = True
        self._write()

    def put(self, resource: Resource | Form, origin: str) -> set[str]:
        """Write the facets of a resource that changed; say which parts those were."""
        ready = resource if isinstance(resource, Form) else form(resource)
        changed = {fragment.part for fragment in ready.fragments if self._put(ready, fragment, origin)}
        number, _ = self.publics[ready.type, ready.key]
        parts = {fragment.part for fragment in ready.fragments}
        gone = [p for r, p, o in self.current if r == number and o == origin and p not in parts]
        for part in gone:
            self.end(number, part, origin)
        return changed | set(gone)

    def put_part(self, resource: Resource | Form, part: str, origin: str) -> bool:
        """Write one facet of a resource, if it changed; say whether it did."""
        ready = resource if isinstance(resource, Form) else form(resource)
        return self._put(ready, next(fragment for fragment in ready.fragments if fragment.part == part), origin)

    def end(self, resource: int, part: str, origin: str) -> None:
        """Supersede a facet: nobody finds it any more."""
        # What waits to be written may be the very one.
        self._write()
        number, _ = self.current.pop((resource, part, origin))
        self.transaction.execute("DELETE FROM term WHERE facet = :facet", facet=number)
        self.transaction.execute("UPDATE facet SET ended = :now WHERE id = :facet", facet=number, now=self.now)

    def end_absent(self, present: Iterable[tuple[str, str]], origin: str) -> None:
        """Supersede every facet of resources that the record no longer holds."""
        kept = {self.publics[which][0] for which in present if which in self.publics}
        for resource, part, of in list(self.current):
            if of == origin and resource not in kept:
                self.end(resource, part, origin)

    def find_by(self, facet: int, kind: str, resource: int, found: Iterable[Term], row: tuple[int, int, str]) -> None:
        """Write down what a facet can be found by; `row` is what its permit must hold."""
        self._rows["term"] += [(kind, name, value, resource, facet, self.person, *row) for name, value in found]
        if self._apart:
            self._write()

    def _put(self, ready: Form, fragment: Fragment, origin: str) -> bool:
        self.public(ready.type, ready.key)
        resource, public = self.publics[ready.type, ready.key]
        body = resolved(fragment.body, self.public)
        # The carrier, then by name: a place that hung on which other facets there are would tell of hidden ones.
        place = _PLACE_OF.get(origin, _PLACE_OF_FEED) + int(fragment.part != CARRIER)
        token = self._token(public, fragment, place, body)
        known = self.current.get((resource, fragment.part, origin))
        if known and known[1] == token:
            return False
        if known:
            self.end(resource, fragment.part, origin)
        number = self.transaction.next_id("facet")
        self.current[resource, fragment.part, origin] = (number, token)
        permit = (fragment.need, fragment.locates, fragment.provider)
        self._rows["facet"].append(
            (number, resource, self.person, fragment.part, origin, place, *permit, body, token, self.now)
        )
        self._rows["mention"] += [(number, self.council, other) for other in fragment.mentions]
        found = {(name, target(value, self.public)) for name, value in fragment.terms}
        if fragment.part == CARRIER:
            found.add(("_id", public))
        self.find_by(number, ready.type, resource, sorted(found), permit)
        return True

    def _token(self, public: str, fragment: Fragment, place: int, body: bytes) -> str:
        said = (public, fragment.part, fragment.need, fragment.provider, place, *fragment.mentions)
        return hashlib.blake2b(orjson.dumps(said) + body, key=self.key, digest_size=12).hexdigest()

    def _write(self) -> None:
        for table, rows in self._rows.items():
            self.transaction.rows(table, _COLUMNS[table], rows)
            rows.clear()


def identify(kept: Kept, birth_dates: Iterable[str]) -> None:
    """Write anew the terms by which the person as a whole can be identified."""
    resource, _ = kept.publics["Patient", "patient"]
    whole = sorted({born for born in birth_dates if _WHOLE_DATE.fullmatch(born)})
    for number, part, need, locates, provider, body in kept.transaction.all(
        "SELECT id, part, need, locates, provider, body FROM facet"
        " WHERE resource = :resource AND part IN ('carrier', 'nhs-number') AND ended IS NULL",
        resource=resource,
    ):
        by = terms.identifying_by_name if part == CARRIER else terms.identifying_by_number
        kept.transaction.execute(
            "DELETE FROM term WHERE facet = :facet AND name IN (:name, :number)",
            facet=number,
            name=terms.IDENTIFY_BY_NAME,
            number=terms.IDENTIFY_BY_NUMBER,
        )
        kept.find_by(number, "Patient", resource, by(orjson.loads(body), whole), (need, locates, provider))
