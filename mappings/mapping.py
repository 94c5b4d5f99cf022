"""What does one case record say in FHIR?

A mapping is compiled once and then applied to any number of records; it keeps nothing of them.

The language of mappings: mappings/README.md
"""

from dataclasses import dataclass, field

from mappings import resources
from mappings.choices import Choices
from mappings.facts import UNSTATED, Absent, Fact
from mappings.mapped import Mapped
from mappings.organisations import Organisations
from mappings.provenance import ProvenanceRule
from mappings.readers import Csv
from mappings.record import CaseRecord
from mappings.resources import ResourceRule
from mappings.run import Context, Run


@dataclass(frozen=True)
class Mapping:
    name: str
    # The path of the mapping's own file.
    file: str = field(repr=False)
    # A shipped layout's name, or a CSV layout as data; `read` takes either.
    layout: str | Csv
    version: int
    # SHA-256 over the mapping and its code tables: two mappings with one digest say the same.
    digest: str
    facts: tuple[Fact | Absent, ...] = field(repr=False)
    choices: Choices | None = field(repr=False)
    organisations: tuple[Organisations, ...] = field(repr=False)
    resources: tuple[ResourceRule, ...] = field(repr=False)
    provenance: ProvenanceRule = field(repr=False)
    # Which part of a person the mapping speaks of; "" is the case record itself.
    feed: str = ""
    # The mappings of the feeds that come in the same stream as the case records, each by its feed.
    beside: dict[str, "Mapping"] = field(default_factory=dict, repr=False)

    @property
    def categories(self) -> frozenset[str]:
        used = {facet.category for resource in self.resources for facet in resource.facets}
        return frozenset(used | {self.provenance.officer_category}).union(*(m.categories for m in self.beside.values()))

    def apply(self, record: CaseRecord, context: Context) -> Mapped:
        """What the record says; a part of a person is said by the mapping of its feed."""
        if record.feed in self.beside:
            return self.beside[record.feed].apply(record, context)
        if record.feed not in ("", self.feed):
            return self._refused(record, context)
        run = Run(record, context, record.root)
        read = {fact.name: fact.read(run) for fact in self.facts}
        choices = self.choices.read(run) if self.choices else ()
        organisations = tuple(found for rule in self.organisations for found in rule.read(run))
        made = resources.read(self.resources, run)
        return Mapped(
            local_id=record.local_id,
            operation=record.operation,
            line=record.line,
            digest=record.digest,
            resources=made + tuple(self.provenance.of(run, resource) for resource in made),
            facts={name: value for name, value in read.items() if not (self.feed and value == UNSTATED)},
            choices=choices,
            organisations=organisations,
            problems=(*record.problems, *run.problems),
            merged_into=record.merged_into,
            sequence=record.sequence,
            feed=self.feed,
            unstated=frozenset(fact.name for fact in self.facts if isinstance(fact, Absent)),
        )

    def _refused(self, record: CaseRecord, context: Context) -> Mapped:
        """A part of a person is never taken for the whole; what it objects to is heard."""
        run = Run(record, context, record.root)
        choices = self.choices.read(run) if self.choices else ()
        reason = f"speaks of {record.feed} alone, and no mapping beside `{self.name}` reads that"
        run.complain(record.root, None, reason, "quarantined", None)
        return Mapped(
            local_id=record.local_id,
            operation=record.operation,
            line=record.line,
            digest=record.digest,
            resources=(),
            facts={},
            choices=choices,
            organisations=(),
            problems=(*record.problems, *run.problems),
            sequence=record.sequence,
            feed=record.feed,
        )
