"""What does a council's code mean in FHIR's words?

A table is a CSV file that says where it comes from; case and white space make no difference in a look-up.
A row without a code is a word that is known to say nothing ("not recorded"): no value, and no problem.
A word that no row holds is not guessed at: the caller keeps it as text or drops it, and raises a problem.

Codings: https://hl7.org/fhir/R4/datatypes.html#Coding
"""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mappings.declared import MappingError

COLUMNS = ["source", "code", "display", "system", "note"]
_PROVENANCE = "# provenance: "


@dataclass(frozen=True)
class Code:
    code: str
    display: str
    system: str

    @property
    def says_nothing(self) -> bool:
        return not self.code

    def coding(self, canonical: str) -> dict[str, Any]:
        coding = {"code": self.code}
        if self.system:
            coding = {"system": self.system.replace("{canonical}", canonical), **coding}
        if self.display:
            coding["display"] = self.display
        return coding


@dataclass(frozen=True)
class Table:
    name: str
    provenance: str
    content: bytes = field(repr=False)
    rows: Mapping[str, Code] = field(repr=False)

    def find(self, raw: str) -> Code | None:
        return self.rows.get(_key(raw))


def load(name: str, folders: tuple[Path, ...]) -> Table:
    """The first folder that holds the table wins: a council's own before the shipped one."""
    for folder in folders:
        file = folder / f"{name}.csv"
        if file.is_file():
            return _read(name, file.name, file.read_bytes())
    raise MappingError(f"{name}.csv", "", f"no such code table in {', '.join(f.name for f in folders)}")


def _read(name: str, file: str, content: bytes) -> Table:
    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise MappingError(file, "", "is not UTF-8") from None
    if not lines or not lines[0].startswith(_PROVENANCE):
        raise MappingError(file, "line 1", f"must begin with `{_PROVENANCE}`")
    reader = csv.reader(io.StringIO("\n".join(lines[1:])), strict=True)
    if next(reader, None) != COLUMNS:
        raise MappingError(file, "line 2", f"must be `{','.join(COLUMNS)}`")
    rows: dict[str, Code] = {}
    try:
        for row in reader:
            _add(rows, row, file, f"line {reader.line_num + 1}")
    except csv.Error as error:
        raise MappingError(file, f"line {reader.line_num + 1}", f"is no CSV: {error}") from None
    return Table(name, lines[0].removeprefix(_PROVENANCE), content, rows)


def _add(rows: dict[str, Code], row: list[str], file: str, where: str) -> None:
    if len(row) != len(COLUMNS):
        raise MappingError(file, where, f"has {len(row)} columns; expected {len(COLUMNS)}")
    key = _key(row[0])
    if not key or key in rows:
        raise MappingError(file, where, f"`{row[0]}` is blank or stands twice")
    rows[key] = Code(code=row[1], display=row[2], system=row[3])


def _key(raw: str) -> str:
    return " ".join(raw.split()).casefold()
