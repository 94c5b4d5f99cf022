"""How is the file laid out that a mapping speaks of?

A layout of ours has a name. A council's own CSV has none: `[mapping.csv]` names its columns, and nothing else reads it.
What a mapping says of a layout is read as strictly as the rest of it.

The language is ours; mappings/README.md has it on one page.
"""

import re
from collections.abc import Mapping
from dataclasses import replace

from mappings.declared import Section
from mappings.readers import LAYOUTS
from mappings.readers.csv_cld import CLD
from mappings.readers.csv_layout import FORMATS, Csv, same_header
from mappings.record import Mode

OWN = "csv"

_CLD = frozenset({"councils", "delimiter", "mode"})
# What a mapping may say of a CSV of its own, and what each key means.
KEYS: Mapping[str, str] = {
    "id": "the name of the column that tells people apart; rows with the same id are one person",
    "person": "a table of columns that say one thing of a person: our name = the header",
    "rows": "a table of columns that say something in each row",
    "row": "what each row is called in a path; Row when nothing is said",
    "optional": "names whose column may be missing; any other missing column stops the file",
    "withheld": "headers that are known and never read",
    "delimiter": "comma, semicolon, bar or tab; a comma when nothing is said",
    "dates": "names of columns that hold a day",
    "formats": f"how a day is written, one or several of {', '.join(FORMATS)}; yyyy-mm-dd when nothing is said",
    "council": "whose file it is: the council's code, or `@` and the name of a column of the person",
    "councils": "a table of what the file calls a council = what this deployment calls it",
    "mode": "full when every file holds everybody; delta when nothing is said",
    "latest": "two names of the rows, when a row ends and when it begins: the latest row speaks for the person",
    "agree": "with `latest`: names of the person in which no two rows may differ",
}
_ATTRIBUTE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MODES: dict[str, Mode] = {"full": "full", "delta": "delta"}


def compile_layout(head: Section) -> str | Csv:
    name = head.text("layout")
    if name == OWN:
        return _own(head.table(OWN))
    if name not in LAYOUTS:
        head.fail(f"unknown layout `{name}`; known: {', '.join(LAYOUTS)}, {OWN}")
    if name == CLD.name:
        return _cld(head)
    if OWN in head:
        head.fail(f"[mapping.{OWN}] is of no use in the layout `{name}`")
    return name


def _cld(head: Section) -> Csv:
    section = head.table(OWN) if OWN in head else Section(head.file, f"{head.where} {OWN}", {})
    section.only(_CLD)
    mode = _mode(section)
    # A council whose files are not whole within their window says so, and then nobody is absent from them.
    window = None if "mode" in section else CLD.window
    if mode == "full":
        section.fail("`mode` may be delta; a file of this layout is full within its reporting period")
    withheld = CLD.withheld if window else (*CLD.withheld, *(CLD.window or ()))
    delimiter = _delimiter(section)
    return replace(CLD, councils=_councils(section), window=window, withheld=withheld, delimiter=delimiter)


def _own(section: Section) -> Csv:
    section.only(frozenset(KEYS))
    person, rows = _columns(section, "person"), _columns(section, "rows")
    council, attribute = _council(section, person)
    layout = Csv(
        name=OWN,
        person=person,
        rows=rows,
        id=_one_of(section, "id", person),
        row=_row(section),
        optional=_some_of(section, "optional", {**person, **rows}),
        dates=_some_of(section, "dates", {**person, **rows}),
        formats=_formats(section),
        delimiter=_delimiter(section),
        mode=_mode(section),
        council=council,
        council_attribute=attribute,
        councils=_councils(section),
        latest=_latest(section, rows),
        agree=_some_of(section, "agree", person),
        withheld=section.words("withheld"),
    )
    if layout.id in layout.optional:
        section.fail(f"`optional` names `{layout.id}`, which is the local id")
    seen = {same_header(header) for header in layout.withheld}
    for header in (*person.values(), *rows.values()):
        if same_header(header) in seen:
            section.fail(f"the column `{header}` is withheld; it cannot be read too")
    return layout


def _columns(section: Section, key: str) -> dict[str, str]:
    if key == "rows" and key not in section:
        return {}
    table = section.table(key)
    for attribute in table.content:
        if not _ATTRIBUTE.fullmatch(attribute):
            table.fail(f"`{attribute}` is no name; expected letters, digits and underscores")
        if not same_header(table.text(attribute)):
            table.fail(f"`{attribute}` has a header without a letter or a digit")
    return {attribute: table.text(attribute) for attribute in table.content}


def _one_of(section: Section, key: str, known: dict[str, str]) -> str:
    name = section.text(key)
    if name not in known:
        section.fail(f"`{key}` is `{name}`; expected one of {', '.join(sorted(known))}")
    return name


def _some_of(section: Section, key: str, known: dict[str, str]) -> frozenset[str]:
    names = section.words(key)
    for name in names:
        if name not in known:
            section.fail(f"`{key}` holds `{name}`; expected some of {', '.join(sorted(known))}")
    return frozenset(names)


def _council(section: Section, person: dict[str, str]) -> tuple[str, str | None]:
    stated = section.optional("council") or ""
    if not stated.startswith("@"):
        return stated, None
    attribute = stated.removeprefix("@")
    if attribute not in person:
        section.fail(f"`council` is `{stated}`; expected a code, or @ and one of {', '.join(sorted(person))}")
    return "", attribute


def _councils(section: Section) -> dict[str, str]:
    if "councils" not in section:
        return {}
    table = section.table("councils")
    return {code: table.text(code) for code in table.content}


def _row(section: Section) -> str:
    name = section.optional("row") or Csv.row
    if not _ATTRIBUTE.fullmatch(name):
        section.fail(f"`row` is `{name}`; expected letters, digits and underscores")
    return name


def _formats(section: Section) -> tuple[str, ...]:
    formats = section.words("formats") or Csv.formats
    for form in formats:
        if form not in FORMATS:
            section.fail(f"`formats` holds `{form}`; known: {', '.join(FORMATS)}")
    if {"dd/mm/yyyy", "mm/dd/yyyy"} <= set(formats):
        section.fail("`formats` holds dd/mm/yyyy and mm/dd/yyyy; nobody can tell which is meant")
    return formats


def _delimiter(section: Section) -> str:
    delimiter = section.optional("delimiter") or Csv.delimiter
    if delimiter not in (",", ";", "|", "\t"):
        section.fail("`delimiter` is none of comma, semicolon, bar and tab")
    return delimiter


def _mode(section: Section) -> Mode:
    mode = section.optional("mode") or Csv.mode
    if mode not in _MODES:
        section.fail(f"`mode` is `{mode}`; expected full or delta")
    return _MODES[mode]


def _latest(section: Section, rows: dict[str, str]) -> tuple[str, str] | None:
    if "latest" not in section:
        return None
    names = section.words("latest")
    if len(names) != 2 or not set(names) <= set(rows):
        section.fail("`latest` must be two of the rows' attributes: when a row ends, and when it begins")
    return names[0], names[1]
