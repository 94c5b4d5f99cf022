"""What does the README say of the validator?

The tables in it, printed from the code: `python -m conformance.validator.tables` writes them into the README anew.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType

from conformance.validator import (
    bindings,
    discriminator,
    extensions,
    fixed,
    invariants,
    members,
    narrative,
    package,
    primitives,
    reading,
    references,
    resources,
    slicing,
    snapshot,
    valuesets,
)
from conformance.validator.finding import Code
from conformance.validator.native import BY_KEY, NATIVE
from conformance.validator.package import Limits

README = Path(__file__).parent.parent / "README.md"
_MODULES: tuple[ModuleType, ...] = (
    *(reading, members, primitives, fixed, slicing, discriminator, extensions, bindings, valuesets, references),
    *(invariants, resources, narrative, snapshot, package),
)
_MEANING = {
    Code.STRUCTURE: "the shape: an unknown element, an array or none, a type or slice that may not be there, too many",
    Code.REQUIRED: "something that must be there is missing",
    Code.VALUE: "a value is not written as its type, not what is fixed, or not where it may lead",
    Code.CODE_INVALID: "a code is outside its value set",
    Code.EXTENSION: "an extension is where it may not be, or a modifier is not known",
    Code.INVARIANT: "a rule in FHIRPath, or of the narrative, is broken",
    Code.NOT_FOUND: "a reference leads to nothing that is in the file",
    Code.DUPLICATE: "something is there twice that may be there once",
    Code.NOT_CHECKED: "not checked: the message says why",
}


def questions() -> str:
    """Which module answers which question."""
    rows = ((f"`{each.__name__.rpartition('.')[2]}`", (each.__doc__ or "").partition("\n")[0]) for each in _MODULES)
    return _table(("module", "question"), rows)


def codes() -> str:
    """What the code of a finding means."""
    return _table(("code", "what is wrong"), ((f"`{code}`", _MEANING[code]) for code in Code))


def native() -> str:
    """The invariants that need no FHIRPath engine."""
    held = {**{key: "" for key, _ in NATIVE}, **dict.fromkeys(BY_KEY, ""), "ele-1": ""}
    return ", ".join(f"`{key}`" for key in sorted(held))


def limits() -> str:
    """What a package may hold."""
    told = Limits()
    rows = [("files", f"{told.files:,}"), ("bytes of a file", f"{told.file_bytes:,}"), ("bytes", f"{told.all_bytes:,}")]
    return _table(("what a package may hold", "at most"), rows)


TABLES: dict[str, Callable[[], str]] = {
    "questions": questions,
    "codes": codes,
    "native": native,
    "limits": limits,
}


def printed(text: str) -> str:
    """A README with its tables as the code has them."""
    for name, table in TABLES.items():
        made = f"<!-- {name} -->\n{table()}\n<!-- end -->"
        text = re.sub(rf"<!-- {name} -->\n.*?<!-- end -->", lambda _, made=made: made, text, flags=re.DOTALL)  # type: ignore[misc]
    return text


def _table(heads: tuple[str, str], rows: Iterable[tuple[str, str]]) -> str:
    lines = [f"| {' | '.join(heads)} |", "| --- | --- |", *(f"| {' | '.join(row)} |" for row in rows)]
    return "\n".join(lines)


if __name__ == "__main__":
    README.write_text(printed(README.read_text("utf-8")), "utf-8")
