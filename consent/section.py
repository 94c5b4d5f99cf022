"""What does one table of a policy file say, and is every word of it known?

Each question asks for one entry in the shape that it must have; a complaint names the place, the entry and what to
write instead. The name of the file is added by the caller.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Section:
    """One table of the file; `where` is its name there."""

    where: str
    entries: Mapping[str, Any]

    def only(self, *known: str) -> None:
        """Refuse an entry that the file's language does not have."""
        for name in self.entries:
            if name not in known:
                raise ValueError(f"{self.where}: `{name}` is not a word here; known are {', '.join(known)}")

    def text(self, name: str) -> str:
        """Read an entry that must say something."""
        said = self._entry(name)
        if not isinstance(said, str) or not said.strip():
            raise self._fault(name, "must be a text that is not blank")
        return said

    def words(self, name: str, *, least: int = 1) -> tuple[str, ...]:
        """Read a list of words."""
        said = self._entry(name)
        if not isinstance(said, list) or len(said) < least:
            raise self._fault(name, f"must be a list of at least {least} words")
        if not all(isinstance(word, str) and word.strip() for word in said):
            raise self._fault(name, "must hold words only")
        return tuple(said)

    def flag(self, name: str, default: bool) -> bool:
        """Read true or false; the default is what withholds."""
        said = self.entries.get(name, default)
        if not isinstance(said, bool):
            raise self._fault(name, "must be true or false")
        return said

    def number(self, name: str, *, least: int = 1, most: int = 1000) -> int:
        """Read a whole number within its bounds."""
        said = self._entry(name)
        if not isinstance(said, int) or isinstance(said, bool) or not least <= said <= most:
            raise self._fault(name, f"must be a whole number from {least} to {most}")
        return said

    def section(self, name: str) -> Section:
        """Open a table inside this one."""
        said = self._entry(name)
        if not isinstance(said, dict):
            raise self._fault(name, "must be a table")
        return Section(f"{self.where} {name}".strip(), said)

    def sections(self, name: str) -> list[Section]:
        """Open every table of a list, each named by its place in it."""
        said = self._entry(name)
        if not isinstance(said, list) or not all(isinstance(table, dict) for table in said):
            raise self._fault(name, f"must be tables, each headed [[{name}]]")
        return [Section(f"{self.where} {name} {place}".strip(), table) for place, table in enumerate(said, 1)]

    def _entry(self, name: str) -> Any:
        if name not in self.entries:
            raise self._fault(name, "is missing")
        return self.entries[name]

    def _fault(self, name: str, fault: str) -> ValueError:
        return ValueError(f"{self.where}: {name} {fault}" if self.where else f"{name} {fault}")
