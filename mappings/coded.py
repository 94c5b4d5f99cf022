"""Which code does a council's word stand for?

A word outside its table is never guessed at: FHIR's `text` keeps it where one is allowed, or it is dropped.
Either way a problem says so.

CodeableConcept: https://hl7.org/fhir/R4/datatypes.html#CodeableConcept
"""

from collections.abc import Callable
from typing import Any

from mappings import values
from mappings.declared import Section
from mappings.paths import Path
from mappings.problems import Doubtful, Unreadable
from mappings.record import Node
from mappings.run import Run
from mappings.stock import Stock, optional_path, path
from mappings.tables import Table

Convert = Callable[[Run, Node, str | None], Any]


def code(section: Section, stock: Stock) -> Convert:
    table = stock.table(section, section.text("table"))

    def convert(run: Run, node: Node, raw: str | None) -> Any:
        if raw is None:
            return None
        found = table.find(raw)
        if found is None:
            return _outside(raw, table)
        return None if found.says_nothing else run.context.expand(found.code)

    return convert


def concepts(section: Section, stock: Stock) -> Convert:
    table = stock.table(section, section.text("table"))

    def convert(run: Run, node: Node, raw: str | None) -> Any:
        found: list[dict[str, Any]] = []
        strange = False
        for word in (raw or "").split():
            known = table.find(word)
            if known is None:
                strange = True
                found.append({"text": word})
            elif not known.says_nothing:
                found.append({"coding": [known.coding(run.context.canonical)]})
        if strange:
            return Doubtful(found, f"holds a word outside the code table `{table.name}`; it is kept as text")
        return found or None

    return convert


def concept(section: Section, stock: Stock) -> Convert:
    choose = _choose(section, stock)
    wording = optional_path(section, "text")
    drops = _drops(section)

    def convert(run: Run, node: Node, raw: str | None) -> Any:
        original = wording.first(node, run.root) if wording else None
        word = raw or original
        if word is None:
            return None
        table = choose(run, node)
        known = table.find(word) if table else None
        if known is None:
            return _kept(word, original, table, drops)
        if known.says_nothing:
            return None
        coded: dict[str, Any] = {"coding": [known.coding(run.context.canonical)]}
        # A bare code that stands for itself is no wording.
        if wording and (original or word) != known.code:
            coded["text"] = original or word
        return coded

    return convert


def _kept(word: str, original: str | None, table: Table | None, drops: bool) -> Doubtful | Unreadable:
    if table is None:
        reason = "is of a scheme without a code table"
    else:
        refused = _outside(word, table)
        if drops or refused is values.PLACEHOLDER:
            return refused
        reason = refused.reason
    return Unreadable(reason) if drops else Doubtful({"text": original or word}, f"{reason}; it is kept as text")


def _outside(word: str, table: Table) -> Unreadable:
    if values.text(word) is values.PLACEHOLDER:
        return values.PLACEHOLDER
    return Unreadable(f"is not in the code table `{table.name}`")


def _choose(section: Section, stock: Stock) -> Callable[[Run, Node], Table | None]:
    if "scheme" not in section:
        table = stock.table(section, section.text("table"))
        return lambda run, node: table
    scheme: Path = path(section, "scheme")
    named = section.table("tables")
    by_scheme = {key.casefold(): stock.table(section, named.text(key)) for key in named.content}
    return lambda run, node: by_scheme.get((scheme.first(node, run.root) or "").casefold())


def _drops(section: Section) -> bool:
    outside = section.optional("outside") or "text"
    if outside not in ("text", "drop"):
        section.fail(f"`outside` is `{outside}`; expected text or drop")
    return outside == "drop"
