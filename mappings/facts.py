"""What does the record say of the person's standing?

Every fact states what a blank field means and what an unreadable one means: neither is ever a default of the program.
Values that contradict each other are unreadable; of several flags one that says yes is enough.
A layout that does not carry a fact says so, with what then counts and why: silence is never read as a no.
A feed speaks of a part of a person only: what it does not state is `unstated`, and stays as it is known.

Facts about a person: mappings/README.md
"""

from dataclasses import dataclass, field

from mappings.declared import Section
from mappings.paths import Path
from mappings.problems import Doubtful, Unreadable
from mappings.run import Run
from mappings.stock import Stock, path
from mappings.transforms import TRANSFORMS, Convert
from mappings.values import PLACEHOLDER

_KEYS = frozenset({"fact", "from", "as", "blank", "unreadable"})
_ABSENT_KEYS = frozenset({"fact", "absent", "because"})
_YES = "yes"

# What restricts, locks or hides: a mapping that does not speak of all of these does not load.
HIDING = ("restricted", "locked", "do_not_disclose")
UNSTATED = "unstated"


@dataclass(frozen=True)
class Fact:
    name: str
    blank: str
    unreadable: str
    several: bool
    source: Path = field(repr=False)
    convert: Convert = field(repr=False)

    def read(self, run: Run) -> str:
        found: set[str] = set()
        doubt = False
        for node, raw in self.source.values(run.root, run.root):
            value = self.convert(run, node, raw)
            if isinstance(value, Doubtful | Unreadable):
                # "For ever" and "never" are no date at all; they say what a blank says.
                doubt = doubt or not _says_nothing(value)
                reason = f"{value.reason}; {self.name} counts as {self._meaning(value)}"
                run.complain(node, self.source.attribute, reason, "dropped", raw)
            elif value is not None:
                found.add(value)
        if self.several and _YES in found:
            return _YES
        if doubt or len(found) > 1:
            return self.unreadable
        return next(iter(found), self.blank)

    @property
    def may_be(self) -> tuple[str, ...]:
        """What it is when the record does not say it."""
        return self.blank, self.unreadable

    def _meaning(self, value: Doubtful | Unreadable) -> str:
        return self.blank if _says_nothing(value) else self.unreadable


@dataclass(frozen=True)
class Absent:
    """A fact that the layout has no field for."""

    name: str
    value: str
    because: str

    def read(self, run: Run) -> str:
        return self.value

    @property
    def may_be(self) -> tuple[str, ...]:
        return (self.value,)


def _says_nothing(value: Doubtful | Unreadable) -> bool:
    return value is PLACEHOLDER


def compile_facts(top: Section, stock: Stock, feed: str) -> tuple[Fact | Absent, ...]:
    facts = tuple(_fact(section, stock) for section in top.tables("fact"))
    names = [fact.name for fact in facts]
    for name in names:
        if names.count(name) > 1:
            top.fail(f"fact `{name}` stands twice")
    for fact in facts:
        if fact.name in HIDING and not {"yes", "no", UNSTATED}.issuperset(fact.may_be):
            top.fail(f"fact `{fact.name}` is {' or '.join(fact.may_be)} when it is not said; expected yes or no")
    for name in () if feed else HIDING:
        if name not in names:
            top.fail(f"says nothing of the fact `{name}`; state what it is read from, or `absent` and `because`")
    if not feed and any(UNSTATED in fact.may_be for fact in facts):
        top.fail(f"only a feed may leave a fact `{UNSTATED}`")
    return facts


def _fact(section: Section, stock: Stock) -> Fact | Absent:
    name = section.text("fact")
    section = section.named(name)
    if "absent" in section:
        section.only(_ABSENT_KEYS)
        return Absent(name, section.text("absent"), section.text("because"))
    kind = section.optional("as") or "text"
    transform = TRANSFORMS.get(kind)
    if transform is None or not transform.fact:
        known = ", ".join(sorted(name for name, each in TRANSFORMS.items() if each.fact))
        section.fail(f"unknown transform `{kind}` for a fact; known: {known}")
    section.only(_KEYS | transform.keys)
    return Fact(
        name=name,
        blank=section.text("blank"),
        unreadable=section.text("unreadable"),
        several=kind == "any-yes",
        source=path(section, "from"),
        convert=transform.build(section, stock),
    )
