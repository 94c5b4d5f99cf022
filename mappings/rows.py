"""How does one list of rows fill one body?

Each row has one source: a field (`from`), a constant, a `reference` to another resource, or the caller (`context`).
Rows are compiled to functions once, and run for every record.
What was read in vain is said; what was blank is not; a body that lacks what it `needs` is not written.

The language is ours; mappings/README.md has it on one page.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from mappings import constants, elements
from mappings.declared import Section
from mappings.elements import Body, Entries, Put
from mappings.mapped import reference
from mappings.paths import Path
from mappings.problems import Doubtful, Unreadable
from mappings.record import Node
from mappings.run import Run
from mappings.stock import Stock, optional_path, path, template
from mappings.transforms import CONTEXTS, TRANSFORMS, Convert, ConvertAll, Transform
from mappings.unless import Skips, unless

# True when the row has written something that was read from the record.
Write = Callable[[Run, Node, Body, Entries], bool]

SOURCES = ("from", "value", "reference", "context")
ROW_KEYS = frozenset({"element", "as", "each", "unless", *SOURCES})
LIST_KEYS = frozenset({"rows", "needs", "needs_one"})


@dataclass(frozen=True)
class Rows:
    writes: tuple[Write, ...] = field(repr=False)
    needs: tuple[str, ...]
    needs_one: tuple[str, ...]

    def fill(self, run: Run, node: Node) -> Body | None:
        body: Body = {}
        entries: Entries = {}
        read = False
        for write in self.writes:
            if write(run, node, body, entries):
                read = True
        lacking = self.lacking(body)
        if lacking is None:
            return body
        if read:
            run.complain(node, None, f"is left out: it has no {lacking}", "dropped", None)
        return None

    def lacking(self, body: Body) -> str | None:
        for need in self.needs:
            if need not in body:
                return need
        if self.needs_one and not any(need in body for need in self.needs_one):
            return " or ".join(self.needs_one)
        return None if body else "element"


def compile_rows(section: Section, stock: Stock) -> Rows:
    writes = tuple(_row(row, stock) for row in section.tables("rows"))
    if not writes:
        section.fail("has no rows")
    return Rows(writes, section.words("needs"), section.words("needs_one"))


def _row(row: Section, stock: Stock) -> Write:
    element = row.text("element")
    row = row.named(element)
    source = [key for key in SOURCES if key in row]
    if len(source) != 1:
        row.fail(f"needs exactly one of {', '.join(SOURCES)}; has {', '.join(source) or 'none'}")
    try:
        put = elements.writer(element)
    except elements.ElementError as error:
        row.fail(str(error))
    return _SOURCES[source[0]](row, stock, put)


def _from(row: Section, stock: Stock, put: Put) -> Write:
    transform = _transform(row)
    row.only(ROW_KEYS - {"each"} | transform.keys)
    if transform.many and not row.text("element").endswith("[]"):
        row.fail(f"gives several values; write `{row.text('element')}[]`")
    source, skips = path(row, "from"), unless(row)
    if transform.build_all is not None:
        return _all_at_once(source, skips, transform.build_all(row, stock), put)
    return _one_by_one(source, skips, transform.build(row, stock), put)


def _one_by_one(source: Path, skips: Skips, convert: Convert, put: Put) -> Write:
    def write(run: Run, node: Node, body: Body, entries: Entries) -> bool:
        written = False
        for found, raw in source.values(node, run.root):
            if skips is not None and skips(run, found):
                continue
            value = convert(run, found, raw)
            if value is None:
                continue
            if isinstance(value, Doubtful):
                run.complain(found, source.attribute, value.reason, "ignored", raw)
                value = value.value
            if isinstance(value, Unreadable):
                run.complain(found, source.attribute, value.reason, "dropped", raw)
            elif put(body, entries, found, value):
                written = True
            else:
                run.complain(found, source.attribute, "stands twice; the first counts", "dropped", raw)
        return written

    return write


def _all_at_once(source: Path, skips: Skips, convert: ConvertAll, put: Put) -> Write:
    def write(run: Run, node: Node, body: Body, entries: Entries) -> bool:
        found = source.values(node, run.root)
        if skips is not None:
            found = [pair for pair in found if not skips(run, pair[0])]
        value = convert(run, found)
        return value is not None and put(body, entries, found[0][0], value)

    return write


def _transform(row: Section) -> Transform:
    name = row.optional("as") or "text"
    if name not in TRANSFORMS:
        row.fail(f"unknown transform `{name}`; known: {', '.join(sorted(TRANSFORMS))}")
    return TRANSFORMS[name]


def _value(row: Section, stock: Stock, put: Put) -> Write:
    row.only(frozenset({"element", "value", "each", "unless"}))
    fresh = constants.constant(row, row.content["value"])

    def write(run: Run, node: Node, body: Body, entries: Entries) -> bool:
        put(body, entries, node, fresh(run.context))
        return False

    return _for_each(row, write)


def _reference(row: Section, stock: Stock, put: Put) -> Write:
    row.only(frozenset({"element", "reference", "each", "unless"}))
    type, colon, _ = row.text("reference").partition(":")
    if not colon or type not in stock.types | stock.elsewhere:
        row.fail(f"`reference` begins with `{type}`; known: {', '.join(sorted(stock.types | stock.elsewhere))}")
    target, here = template(row, "reference"), type in stock.types

    def write(run: Run, node: Node, body: Body, entries: Entries) -> bool:
        filled = target.fill(node, run.root)
        if filled is None:
            return False
        refers = reference(*filled.split(":", 1))
        if here:
            run.references.append((refers["reference"], node))
        return put(body, entries, node, refers)

    return _for_each(row, write)


def _context(row: Section, stock: Stock, put: Put) -> Write:
    row.only(frozenset({"element", "as", "context", "each", "unless"}))
    if (row.optional("as") or "context") != "context":
        row.fail("a row with `context` is read `as` context")
    give = TRANSFORMS["context"].build(row, stock)
    if CONTEXTS[row.text("context")].many and not row.text("element").endswith("[]"):
        row.fail(f"gives several values; write `{row.text('element')}[]`")

    def write(run: Run, node: Node, body: Body, entries: Entries) -> bool:
        value = give(run, node, None)
        if value is not None:
            put(body, entries, node, value)
        return False

    return _for_each(row, write)


_SOURCES: dict[str, Callable[[Section, Stock, Put], Write]] = {
    "from": _from,
    "value": _value,
    "reference": _reference,
    "context": _context,
}


def _for_each(row: Section, write: Write) -> Write:
    each, skips = optional_path(row, "each"), unless(row)
    if each is None and skips is None:
        return write

    def write_each(run: Run, node: Node, body: Body, entries: Entries) -> bool:
        written = False
        for found in each.nodes(node, run.root) if each else [node]:
            if not (skips is not None and skips(run, found)) and write(run, found, body, entries):
                written = True
        return written

    return write_each
