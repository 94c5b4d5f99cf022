"""What did the engineer bring?

A directory of JSON files, or an npm-style package (.tgz) as FHIR registries give it out. Only StructureDefinition,
ValueSet and CodeSystem are taken; what cannot be read is named with its file and reason, and the rest goes on. A
package is somebody else's file: it is read in memory and nothing of it is written, so a name in it can lead nowhere;
links are not followed; sizes and counts are capped while it is read, not after.
https://confluence.hl7.org/display/FHIR/NPM+Package+Specification
"""

from __future__ import annotations

import io
import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

import orjson

Resource = dict[str, Any]
KINDS = frozenset({"StructureDefinition", "ValueSet", "CodeSystem"})


class PackageError(Exception):
    """A package that cannot be used at all; the message names its path."""


@dataclass(frozen=True, slots=True)
class Unread:
    """A file of a package that could not be read, and why."""

    file: str
    reason: str

    def __str__(self) -> str:
        return f"{self.file} {self.reason}"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a package may hold."""

    files: int = 20_000
    file_bytes: int = 16 * 2**20
    all_bytes: int = 512 * 2**20


@dataclass(frozen=True, slots=True)
class Package:
    """The definitions of one package, and what of it was not read."""

    name: str
    resources: tuple[Resource, ...]
    unread: tuple[Unread, ...]


def read_package(path: Path, limits: Limits | None = None) -> Package:
    """Read a directory or a .tgz; raises PackageError where it is neither or holds more than it may."""
    limits = limits or Limits()
    files = _directory(path, limits) if path.is_dir() else _archive(path, limits)
    resources: list[Resource] = []
    unread: list[Unread] = []
    for name, content in files:
        if isinstance(content, Unread):
            unread.append(content)
            continue
        read = _read(name, content)
        if isinstance(read, Unread):
            unread.append(read)
        elif read is not None:
            resources.append(read)
    return Package(str(path), tuple(resources), tuple(unread))


def _read(name: str, content: bytes) -> Resource | Unread | None:
    """One definition; None for JSON that is something else."""
    try:
        found = orjson.loads(content)
    except ValueError:
        return Unread(name, "is not JSON")
    if not isinstance(found, dict) or found.get("resourceType") not in KINDS:
        return None
    reason = ill_formed(found)
    return Unread(name, reason) if reason else found


def ill_formed(resource: Resource) -> str:
    """Why a definition cannot even be named; nothing where it can."""
    kind = resource["resourceType"]
    if not isinstance(resource.get("url"), str) or not resource["url"]:
        return f"is a {kind} without a url"
    texts = ("type", "baseDefinition", "derivation", "version", "kind", "content")
    wrong = [name for name in texts if not isinstance(resource.get(name, ""), str)]
    if kind == "StructureDefinition" and not resource.get("type"):
        wrong.append("type")
    return f"is a {kind} whose {wrong[0]} is no text" if wrong else ""


def _directory(root: Path, limits: Limits) -> Iterator[tuple[str, bytes | Unread]]:
    count = size = 0
    for path in sorted(root.rglob("*.json")):
        name = str(path)
        if path.is_symlink() or not path.is_file():
            yield name, Unread(name, "is a link or no plain file")
            continue
        count, size = count + 1, size + path.stat().st_size
        _hold(root, count, size, limits)
        if path.stat().st_size > limits.file_bytes:
            yield name, Unread(name, _too_large(limits))
        else:
            yield name, path.read_bytes()


def _archive(path: Path, limits: Limits) -> Iterator[tuple[str, bytes | Unread]]:
    try:
        with path.open("rb") as file, tarfile.open(fileobj=_Capped(file, path, limits), mode="r|") as archive:
            yield from _members(path, archive, limits)
    except (tarfile.TarError, zlib.error, EOFError, ValueError) as fault:
        raise PackageError(f"{path}: not a readable .tgz package") from fault


def _members(path: Path, archive: tarfile.TarFile, limits: Limits) -> Iterator[tuple[str, bytes | Unread]]:
    for count, member in enumerate(archive, 1):
        _hold(path, count, 0, limits)
        name = f"{path}!{member.name}"
        if member.isdir() or not member.name.endswith(".json"):
            continue
        if not member.isreg():
            yield name, Unread(name, "is a link or no plain file")
        elif not _harmless(member.name):
            yield name, Unread(name, "has a name that leads out of the package")
        elif member.size > limits.file_bytes:
            yield name, Unread(name, _too_large(limits))
        else:
            content = archive.extractfile(member)
            yield name, content.read() if content else b""


def _harmless(name: str) -> bool:
    path = PurePosixPath(name.replace("\\", "/"))
    return not path.is_absolute() and ".." not in path.parts and ":" not in path.parts[0]


def _too_large(limits: Limits) -> str:
    return f"is larger than {limits.file_bytes} bytes"


def _hold(path: Path, count: int, size: int, limits: Limits) -> None:
    if count > limits.files:
        raise PackageError(f"{path}: more than {limits.files} files")
    if size > limits.all_bytes:
        raise PackageError(f"{path}: more than {limits.all_bytes} bytes")


class _Capped(io.RawIOBase):
    """A gzip file as the bytes within it, never more of them than the limit."""

    def __init__(self, file: BinaryIO, path: Path, limits: Limits) -> None:
        self._file, self._path, self._limits = file, path, limits
        self._unpacking = zlib.decompressobj(wbits=31)
        self._size = 0

    def read(self, size: int = -1) -> bytes:
        """Give the next bytes."""
        found = b""
        while len(found) < size and not self._unpacking.eof:
            packed = self._unpacking.unconsumed_tail or self._file.read(2**16)
            if not packed:
                raise EOFError
            found += self._unpacking.decompress(packed, size - len(found))
        self._size += len(found)
        _hold(self._path, 0, self._size, self._limits)
        return found
