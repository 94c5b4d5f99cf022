"""Which resources does a record become, and which facets has each?

A resource is made for each node that it names, under a key that the record gives: without the key there is none.
The `carrier` holds what FHIR demands: without it there is no resource, and no reference to it either.
A key that two nodes share belongs to the first of them.

FHIR R4: https://hl7.org/fhir/R4/ ; facets: mappings/README.md
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from mappings import elements, values
from mappings.mapped import CARRIER, Facet, Resource, reference
from mappings.paths import Path, Template
from mappings.problems import Unreadable
from mappings.record import Node
from mappings.run import Run
from mappings.stock import Filler
from mappings.unless import Skips


@dataclass(frozen=True)
class FacetRule:
    part: Template
    category: str
    locates: bool
    mentions: Path | None = field(repr=False)
    provider: Path | None = field(repr=False)
    each: Path | None = field(repr=False)
    skips: Skips = field(repr=False)
    rows: Filler = field(repr=False)

    def read(self, run: Run, node: Node) -> Iterator[Facet]:
        for found in self.each.nodes(node, run.root) if self.each else [node]:
            hidden = self.skips is not None and self.skips(run, found)
            part = None if hidden else self.part.fill(found, run.root)
            body = None if part is None else self.rows.fill(run, found)
            if part is not None and body is not None:
                mentions, provider = self._mentions(run, found), self._provider(run, found)
                yield Facet(part, self.category, body, self.locates, mentions, provider)

    def _mentions(self, run: Run, node: Node) -> tuple[str, ...]:
        if self.mentions is None:
            return ()
        named = (value for _, value in self.mentions.values(node, run.root) if value)
        return tuple(value for value in named if values.text(value) is not values.PLACEHOLDER)

    def _provider(self, run: Run, node: Node) -> str | None:
        raw = self.provider.first(node, run.root) if self.provider else None
        code = values.ods_code(raw) if raw else None
        return None if isinstance(code, Unreadable) else code


@dataclass(frozen=True)
class ResourceRule:
    type: str
    key: Template
    each: Path | None = field(repr=False)
    skips: Skips = field(repr=False)
    facets: tuple[FacetRule, ...]

    def read(self, run: Run, taken: set[str]) -> Iterator[Resource]:
        for node in self.each.nodes(run.root, run.root) if self.each else [run.root]:
            if self.skips is not None and self.skips(run, node):
                continue
            key = self.key.fill(node, run.root)
            if key is None:
                run.complain(node, None, f"has no {self.key.text}; no {self.type} is made of it", "dropped", None)
                continue
            target = reference(self.type, key)["reference"]
            if target in taken:
                run.complain(node, None, f"stands twice; the first {self.type} counts", "dropped", None)
                continue
            facets = self._facets(run, node)
            if any(facet.part == CARRIER for facet in facets):
                taken.add(target)
                yield Resource(self.type, key, facets)

    def _facets(self, run: Run, node: Node) -> tuple[Facet, ...]:
        facets: dict[str, Facet] = {}
        for rule in self.facets:
            for facet in rule.read(run, node):
                facets.setdefault(facet.part, facet)
        return tuple(facets.values())

    @property
    def carrier(self) -> FacetRule:
        return next(rule for rule in self.facets if rule.part.text == CARRIER)


def read(rules: tuple[ResourceRule, ...], run: Run) -> tuple[Resource, ...]:
    taken: set[str] = set()
    made = [(rule, resource) for rule in rules for resource in rule.read(run, taken)]
    # A resource that is dropped may leave another without what it refers to.
    while lost := _lost(run, taken):
        made = [(rule, left) for rule, resource in made if (left := _without(rule, resource, lost)) is not None]
        taken = {reference(resource.type, resource.key)["reference"] for _, resource in made}
    return tuple(resource for _, resource in made)


def _lost(run: Run, taken: set[str]) -> frozenset[str]:
    lost = [(target, node) for target, node in run.references if target not in taken]
    if not lost:
        return frozenset()
    for target, node in lost:
        type = target.split(":", 2)[1]
        run.complain(node, None, f"leads to no {type} of this record; the reference is dropped", "dropped", None)
    run.references[:] = [each for each in run.references if each[0] in taken]
    return frozenset(target for target, _ in lost)


def _without(rule: ResourceRule, resource: Resource, lost: frozenset[str]) -> Resource | None:
    facets = tuple(left for facet in resource.facets if (left := _prune(facet, lost)) is not None)
    carrier = next((facet for facet in facets if facet.part == CARRIER), None)
    if carrier is None or rule.carrier.rows.lacking(carrier.body) is not None:
        return None
    return Resource(resource.type, resource.key, facets)


def _prune(facet: Facet, lost: frozenset[str]) -> Facet | None:
    if lost.isdisjoint(elements.references(facet.body)):
        return facet
    body = elements.without(facet.body, lost)
    if body is None:
        return None
    return Facet(facet.part, facet.category, body, facet.locates, facet.mentions, facet.provider)
