"""How does a mapping file become a mapping?

A name (`case-xml`) means the shipped file; a path means a council's own, whose code tables stand beside it.
The file is read whole and strictly, once: what is not understood is a `MappingError` that names file and section.

The language of mappings: mappings/README.md ; TOML: https://toml.io/en/v1.0.0
"""

import tomllib
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from mappings import elements, unless
from mappings.choices import compile_choices
from mappings.declared import MappingError, Section
from mappings.facts import compile_facts
from mappings.layouts import compile_layout
from mappings.mapped import CARRIER
from mappings.mapping import Mapping
from mappings.organisations import compile_organisations
from mappings.provenance import TYPE, compile_provenance
from mappings.resources import FacetRule, ResourceRule
from mappings.rows import LIST_KEYS, compile_rows
from mappings.run import Context
from mappings.stock import Filler, Stock, optional_path, template

__all__ = ["Context", "Mapping", "MappingError", "load"]

_HERE = Path(__file__).parent
_CODES = _HERE / "codes"
# Whom a feed speaks of: the case record makes this resource, and a feed may refer to it.
_PERSON = "Patient"
_HEAD = frozenset({"name", "layout", "version", "feed", "csv", "beside"})
_TOP = frozenset({"mapping", "fact", "choice", "organisation", "shape", "resource", "provenance"})
_RESOURCE = frozenset({"type", "key", "each", "unless", "facet"})
_FACET = frozenset({"part", "category", "locates", "mentions", "provider", "each", "unless", "shape"})


def load(name_or_path: str | Path, *, nhs_number: Callable[[str], str]) -> Mapping:
    """`nhs_number` gives the ten digits of a number, or raises ValueError."""
    return _load(_file(name_or_path), nhs_number, beside=False)


def _load(file: Path, nhs_number: Callable[[str], str], *, beside: bool) -> Mapping:
    top = _read(file)
    head = top.table("mapping")
    head.only(_HEAD)
    layout, feed = compile_layout(head), head.optional("feed") or ""
    if beside and not feed:
        head.fail("stands beside another mapping and is no feed")
    feeds = _beside(head, file, nhs_number, feed)
    version = head.content.get("version")
    if not isinstance(version, int):
        head.fail("`version` is missing or is no number")
    stock = _stock(file, top, nhs_number, feed)
    facts = compile_facts(top, stock, feed)
    choices = compile_choices(top, stock)
    organisations = compile_organisations(top, stock)
    resources = tuple(_resource(section, stock) for section in top.tables("resource"))
    provenance = compile_provenance(top, stock)
    for name in stock.shapes:
        stock.shape(top, name)
    return Mapping(
        name=head.text("name"),
        file=str(file),
        layout=layout,
        version=version,
        digest=_digest(file, stock, feeds),
        facts=facts,
        choices=choices,
        organisations=organisations,
        resources=resources,
        provenance=provenance,
        feed=feed,
        beside=feeds,
    )


def _beside(head: Section, file: Path, nhs_number: Callable[[str], str], feed: str) -> dict[str, Mapping]:
    """The mappings of the feeds that come in the same stream."""
    if feed and "beside" in head:
        head.fail("is a feed, and nothing stands beside one")
    found: dict[str, Mapping] = {}
    for name in head.words("beside"):
        own = file.parent / name if name.endswith(".toml") else name
        other = _load(_file(own), nhs_number, beside=True)
        if other.layout != head.text("layout") or other.feed in found:
            head.fail(f"`{name}` is of another layout, or of a feed that stands beside it already")
        found[other.feed] = other
    return found


def _file(name_or_path: str | Path) -> Path:
    path = Path(name_or_path)
    return path if path.suffix == ".toml" else _HERE / "sources" / f"{path.name}.toml"


def _read(file: Path) -> Section:
    try:
        content = tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        raise MappingError(file.name, "", "no such mapping") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MappingError(file.name, "", f"is not TOML: {error}") from None
    top = Section(file.name, "", content)
    top.only(_TOP)
    return top


def _stock(file: Path, top: Section, nhs_number: Callable[[str], str], feed: str) -> Stock:
    shapes = {name: top.table("shape").table(name) for name in top.content.get("shape", {})}
    for shape in shapes.values():
        shape.only(LIST_KEYS)
    types = frozenset(section.text("type") for section in top.tables("resource"))
    if TYPE in types:
        top.fail(f"{TYPE} is made for every resource; it is described in [provenance]")
    folders = (file.parent, file.parent / "codes", _CODES)
    elsewhere = frozenset({_PERSON}) - types if feed else frozenset()
    return Stock(folders, nhs_number, types, shapes, compile_rows, elsewhere)


def _resource(section: Section, stock: Stock) -> ResourceRule:
    type = section.text("type")
    section = section.named(type)
    section.only(_RESOURCE)
    facets = list(section.tables("facet"))
    carriers = [facet for facet in facets if facet.content.get("part") == CARRIER]
    if len(carriers) != 1 or "each" in carriers[0]:
        section.fail(f"needs exactly one facet with part `{CARRIER}`, and that without `each`")
    _check_owners(facets, stock)
    return ResourceRule(
        type=type,
        key=template(section, "key"),
        each=optional_path(section, "each"),
        skips=unless.unless(section),
        facets=tuple(_facet(facet, stock) for facet in facets),
    )


def _facet(section: Section, stock: Stock) -> FacetRule:
    section = section.named(section.text("part"))
    section.only(_FACET | LIST_KEYS)
    return FacetRule(
        part=template(section, "part"),
        category=section.text("category"),
        locates=section.flag("locates"),
        mentions=optional_path(section, "mentions"),
        provider=optional_path(section, "provider"),
        each=optional_path(section, "each"),
        skips=unless.unless(section),
        rows=_rows(section, stock),
    )


def _rows(section: Section, stock: Stock) -> Filler:
    if "shape" not in section:
        return compile_rows(section, stock)
    if not LIST_KEYS.isdisjoint(section.content):
        section.fail("has a shape and rows of its own; expected one of them")
    return stock.shape(section, section.text("shape"))


def _check_owners(facets: list[Section], stock: Stock) -> None:
    """An element belongs to one category; only the entries of an array may come from several facets."""
    owners: dict[str, str] = {}
    for facet in facets:
        holder = stock.shapes.get(str(facet.content.get("shape")), facet)
        for element in {row.text("element") for row in holder.tables("rows")}:
            name, part = elements.top(element), facet.text("part")
            if not elements.many(element) and owners.setdefault(name, part) != part:
                facet.fail(f"element `{name}` belongs to facet `{owners[name]}` already")


def _digest(file: Path, stock: Stock, feeds: dict[str, Mapping]) -> str:
    content = sha256(file.read_bytes())
    for name in sorted(stock.tables):
        content.update(b"\0" + name.encode() + b"\0" + stock.tables[name].content)
    for name in sorted(feeds):
        content.update(b"\0" + feeds[name].digest.encode())
    return content.hexdigest()
