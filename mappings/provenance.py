"""Where does a resource come from, and who may know?

Each resource has one Provenance, visible exactly when its target is: its carrier repeats the target's carrier.
Where in the extract it stood depends on what others may not see: that is a facet of its own, for the officers.

UK Core Provenance: https://simplifier.net/hl7fhirukcorer4/ukcore-provenance
"""

from dataclasses import dataclass, field
from typing import Any

from mappings.declared import Section
from mappings.mapped import CARRIER, Facet, Resource, reference
from mappings.run import Run
from mappings.stock import Filler, Stock

_KEYS = frozenset({"rows", "officer_category", "officer_rows"})
_PLACE = "place"
TYPE = "Provenance"


@dataclass(frozen=True)
class ProvenanceRule:
    officer_category: str
    rows: Filler = field(repr=False)
    officer_rows: Filler = field(repr=False)

    def of(self, run: Run, resource: Resource) -> Resource:
        target = next(facet for facet in resource.facets if facet.part == CARRIER)
        if run.provenance is None:
            # The same for every resource of the record.
            run.provenance = self.rows.fill(run, run.root) or {}, self.officer_rows.fill(run, run.root)
        shared, place = run.provenance
        body: dict[str, Any] = {"target": [reference(resource.type, resource.key)], **shared}
        carrier = Facet(CARRIER, target.category, body, target.locates, target.mentions, target.provider)
        facets = (carrier,) if place is None else (carrier, Facet(_PLACE, self.officer_category, place))
        return Resource(TYPE, f"provenance:{resource.type}:{resource.key}", facets)


def compile_provenance(top: Section, stock: Stock) -> ProvenanceRule:
    section = top.table("provenance")
    section.only(_KEYS)
    officers = Section(section.file, "provenance officer_rows", {"rows": section.content.get("officer_rows")})
    return ProvenanceRule(
        officer_category=section.text("officer_category"),
        rows=stock.compile(section, stock),
        officer_rows=stock.compile(officers, stock),
    )
