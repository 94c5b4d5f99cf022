"""How is the value of a field read?

Each transform is a row: its name in a mapping's `as`, what it does, and the further keys that it takes.
Paths in these keys begin at the node that the value stands in.
A transform gives a value, nothing, a value in doubt, or the reason why there is none; it never guesses.

UK Core: https://simplifier.net/hl7fhirukcorer4 ; the data types: https://hl7.org/fhir/R4/datatypes.html
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mappings import coded, identifiers, paths, values
from mappings.declared import Section
from mappings.problems import Doubtful, Unreadable
from mappings.record import Node
from mappings.run import Context, Run
from mappings.stock import Stock, optional_path

Convert = Callable[[Run, Node, str | None], Any]
# A transform that must see every value at once, because at most one of them may be used.
ConvertAll = Callable[[Run, list[tuple[Node, str | None]]], Any]


@dataclass(frozen=True)
class Transform:
    says: str
    build: Callable[[Section, Stock], Convert]
    keys: frozenset[str] = frozenset()
    # Gives several values: its element must be an array.
    many: bool = False
    # May be used in a fact.
    fact: bool = False
    build_all: Callable[[Section, Stock], ConvertAll] | None = None


def _scalar(read: values.Scalar) -> Callable[[Section, Stock], Convert]:
    def convert(run: Run, node: Node, raw: str | None) -> Any:
        return None if raw is None else read(raw)

    return lambda section, stock: convert


def _partial_date(section: Section, stock: Stock) -> Convert:
    precision = optional_path(section, "precision")

    def convert(run: Run, node: Node, raw: str | None) -> Any:
        known = precision.first(node, run.root) if precision else None
        if known is None:
            return None if raw is None else values.partial_date(raw)
        return values.cut_date(raw, known)

    return convert


def _ended(section: Section, stock: Stock) -> Convert:
    words = section.content.get("words")
    if not isinstance(words, list) or len(words) != 2:
        section.fail("`words` must be two: for what goes on, and for what has ended")
    going, ended = words

    def convert(run: Run, node: Node, raw: str | None) -> Any:
        over = values.has_ended(raw, run.context.today)
        if isinstance(over, Unreadable):
            return Doubtful(ended, f"{over.reason}; it counts as ended")
        return ended if over else going

    return convert


def _period(section: Section, stock: Stock) -> Convert:
    start = optional_path(section, "start") or paths.path("@from")
    end = optional_path(section, "end") or paths.path("@to")

    def convert(run: Run, node: Node, raw: str | None) -> Any:
        period = {}
        for element, bound in (("start", start), ("end", end)):
            for found, stated in bound.values(node, run.root)[:1]:
                read = values.partial_date(stated) if stated else None
                if isinstance(read, Unreadable):
                    run.complain(found, bound.attribute, read.reason, "dropped", stated)
                elif read is not None:
                    period[element] = read
        if len(period) == 2 and values.before(period["end"], period["start"]):
            reason = "is before its beginning; the period is dropped"
            run.complain(node, end.attribute, reason, "dropped", period["end"])
            return None
        return period or None

    return convert


def _shape(section: Section, stock: Stock) -> Convert:
    shape = stock.shape(section, section.text("shape"))
    return lambda run, node, raw: shape.fill(run, node)


@dataclass(frozen=True)
class Given:
    """Something that the context gives, and no field of the record."""

    says: str
    give: Callable[[Run], Any]
    many: bool = False


CONTEXTS: Mapping[str, Given] = {
    "council": Given("the council, by its ODS code and name", lambda run: _council(run.context)),
    "desk": Given(
        "the contact points of the council's duty desk", lambda run: [*map(dict, run.context.desk)], many=True
    ),
    "received": Given("when the extract came", lambda run: run.context.received),
    "place": Given("file, line and digest of the record", lambda run: identifiers.place(run)),
    "extract": Given("the extract's own id", lambda run: run.context.extract_id),
}


def _council(context: Context) -> dict[str, Any]:
    return {
        "type": "Organization",
        "identifier": {"system": identifiers.ODS, "value": context.council_ods},
        "display": context.council_name,
    }


def _context(section: Section, stock: Stock) -> Convert:
    name = section.text("context")
    if name not in CONTEXTS:
        section.fail(f"unknown context `{name}`; known: {', '.join(sorted(CONTEXTS))}")
    give = CONTEXTS[name].give
    return lambda run, node, raw: give(run) or None


_TABLE = frozenset({"table"})

TRANSFORMS: Mapping[str, Transform] = {
    "text": Transform("the text as it stands, unless it is a placeholder", _scalar(values.text), fact=True),
    "name": Transform("a part of a name; also drops Test, Baby, DUPLICATE and their like", _scalar(values.name)),
    "date": Transform("a whole date, yyyy-mm-dd", _scalar(values.date), fact=True),
    "partial-date": Transform(
        "a date, a month or a year, cut to what `precision` says is known",
        _partial_date,
        frozenset({"precision"}),
        fact=True,
    ),
    "period": Transform(
        "a Period from `start` and `end`, which are @from and @to when nothing is said",
        _period,
        frozenset({"start", "end"}),
    ),
    "ended": Transform(
        "the first of `words` while the date is blank or to come, then the second", _ended, frozenset({"words"})
    ),
    "yes-no": Transform("yes or no", _scalar(values.yes_no), fact=True),
    "any-yes": Transform("yes when any of several says so", _scalar(values.yes_no), fact=True),
    "boolean": Transform("true or false", _scalar(values.boolean)),
    "code": Transform("the code that `table` gives; none for a word outside it", coded.code, _TABLE, fact=True),
    "concept": Transform(
        "a CodeableConcept from `table`, or from the one of `tables` that `scheme` names;"
        " `text` keeps the original wording; a word outside is kept as text, or dropped when `outside` says so",
        coded.concept,
        frozenset({"table", "tables", "scheme", "text", "outside"}),
    ),
    "concepts": Transform("a CodeableConcept for each word", coded.concepts, _TABLE, many=True),
    "identifier": Transform("an Identifier of `system`", identifiers.identifier, frozenset({"system"})),
    "ods-identifier": Transform("an Identifier of an organisation: its ODS code", _scalar(identifiers.ods_identifier)),
    "nhs-identifier": Transform(
        "the NHS number as a council gives it: present, not traced (02); none when there are two",
        identifiers.none_alone,
        build_all=identifiers.nhs_identifier,
    ),
    "ods-code": Transform("an ODS code", _scalar(values.ods_code), fact=True),
    "uprn-key": Transform("the UPRN as an address key", _scalar(identifiers.uprn_key)),
    "postcode": Transform("a UK postcode, in capitals with its one blank", _scalar(values.postcode)),
    "contact": Transform("a number or address, without tel: or mailto:", _scalar(values.contact)),
    "phone": Transform("a ContactPoint: work telephone", _scalar(values.phone)),
    "email": Transform("a ContactPoint: work e-mail", _scalar(values.email)),
    "shape": Transform("the rows of `shape`, filled from the node", _shape, frozenset({"shape"})),
    "context": Transform("what the caller knows: `context`", _context, frozenset({"context"})),
}
