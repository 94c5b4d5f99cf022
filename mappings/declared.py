"""What did the author of a mapping write, and is it something that we know?

A mapping is read strictly: an unknown key is a mistake, and a mistake names its file and its section.
A mapping that is not understood whole does not load, for half a rule may release what the other half would hide.

TOML: https://toml.io/en/v1.0.0
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn


class MappingError(Exception):
    """A mapping or a code table cannot be used as it stands."""

    def __init__(self, file: str, where: str, reason: str) -> None:
        super().__init__(f"{file} {where}: {reason}" if where else f"{file}: {reason}")
        self.file = file
        self.where = where
        self.reason = reason


@dataclass(frozen=True)
class Section:
    """One table of a TOML file, with its place in it."""

    file: str
    where: str
    content: dict[str, Any]

    def fail(self, reason: str) -> NoReturn:
        raise MappingError(self.file, self.where, reason)

    def only(self, known: frozenset[str]) -> None:
        for key in self.content:
            if key not in known:
                self.fail(f"unknown key `{key}`; known: {', '.join(sorted(known))}")

    def __contains__(self, key: str) -> bool:
        return key in self.content

    def text(self, key: str) -> str:
        value = self.content.get(key)
        if not isinstance(value, str) or not value:
            self.fail(f"`{key}` is missing or is no text")
        return value

    def optional(self, key: str) -> str | None:
        return self.text(key) if key in self.content else None

    def flag(self, key: str) -> bool:
        value = self.content.get(key, False)
        if not isinstance(value, bool):
            self.fail(f"`{key}` is neither true nor false")
        return value

    def words(self, key: str) -> tuple[str, ...]:
        value = self.content.get(key, [])
        if not isinstance(value, list) or not all(isinstance(word, str) and word for word in value):
            self.fail(f"`{key}` is no list of words")
        return tuple(value)

    def table(self, key: str) -> "Section":
        value = self.content.get(key)
        if not isinstance(value, dict):
            self.fail(f"`{key}` is missing or is no table")
        return Section(self.file, f"{self.where} {key}".strip(), value)

    def tables(self, key: str) -> Iterator["Section"]:
        value = self.content.get(key, [])
        if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
            self.fail(f"`{key}` is no list of tables")
        for number, entry in enumerate(value, 1):
            yield Section(self.file, f"{self.where} {key} {number}".strip(), entry)

    def named(self, name: str) -> "Section":
        """The same section, under a name that its author would look for."""
        return Section(self.file, f"{self.where} ({name})", self.content)
