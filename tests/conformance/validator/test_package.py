"""Packages: what is read, what is said of what is not, and what a hostile one cannot do."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from conformance.validator import Limits, PackageError, Validator, read_package
from tests.conformance.validator.profiles import PROFILE, element, patient, structure

PROFILED = structure("Patient", element("Patient.birthDate", min=1))
SMALL = Limits(files=5, file_bytes=4_000, all_bytes=40_000)


def content(value: Any = PROFILED) -> bytes:
    return json.dumps(value).encode()


def archive(*members: tuple[str | tarfile.TarInfo, bytes]) -> bytes:
    """An npm-style package."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as made:
        for name, inside in members:
            member = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
            member.size = len(inside)
            made.addfile(member, io.BytesIO(inside))
    return packed.getvalue()


def link(name: str, to: str, kind: bytes = tarfile.SYMTYPE) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, to
    return member


def packed(folder: Path, *members: tuple[str | tarfile.TarInfo, bytes]) -> Path:
    path = folder / "package.tgz"
    path.write_bytes(archive(*members))
    return path


def unread(path: Path, limits: Limits | None = None) -> list[tuple[str, str]]:
    package = read_package(path, limits)
    return [(each.file.removeprefix(str(path)), each.reason) for each in package.unread]


def test_a_tgz_and_a_directory_are_the_same_package(tmp_path: Path) -> None:
    folder = tmp_path / "package"
    folder.mkdir()
    (folder / "profile.json").write_bytes(content())
    (folder / "example.json").write_bytes(content(patient()))
    (folder / "README.md").write_text("words")
    tgz = packed(tmp_path, ("package/profile.json", content()), ("package/example.json", content(patient())))
    assert read_package(folder).resources == read_package(tgz).resources == (PROFILED,)
    assert (unread(folder), unread(tgz)) == ([], [])


def test_a_profile_of_a_package_is_held_to(tmp_path: Path) -> None:
    validator = Validator([read_package(packed(tmp_path, ("package/profile.json", content())))])
    (only,) = validator.validate(patient(), profile=PROFILE)
    assert (only.path, only.code) == ("Patient.birthDate", "required")


@pytest.mark.parametrize(
    ("inside", "reason"),
    [
        (b"{", "is not JSON"),
        (b"\xff\xfe", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (content(PROFILED | {"url": ""}), "is a StructureDefinition without a url"),
        (content(PROFILED | {"url": 5}), "is a StructureDefinition without a url"),
        (content(PROFILED | {"type": ["Patient"]}), "is a StructureDefinition whose type is no text"),
        (content(PROFILED | {"baseDefinition": {}}), "is a StructureDefinition whose baseDefinition is no text"),
    ],
)
def test_what_cannot_be_read_is_named_and_the_rest_goes_on(tmp_path: Path, inside: bytes, reason: str) -> None:
    members = (("package/broken.json", inside), ("package/profile.json", content()))
    tgz = packed(tmp_path, *members)
    folder = tmp_path / "folder"
    folder.mkdir()
    for name, each in members:
        (folder / Path(name).name).write_bytes(each)
    assert unread(tgz) == [("!package/broken.json", reason)]
    assert unread(folder) == [("/broken.json", reason)]
    assert read_package(tgz).resources == read_package(folder).resources == (PROFILED,)


@pytest.mark.parametrize("name", ["../out.json", "/out.json", "package/../../out.json", "..\\out.json", "C:/out.json"])
def test_a_name_that_leads_out_of_the_package_is_not_read(tmp_path: Path, name: str) -> None:
    inside = tmp_path / "in" / "deeper"
    inside.mkdir(parents=True)
    path = packed(inside, (name, content()), ("package/profile.json", content()))
    assert unread(path) == [(f"!{name}", "has a name that leads out of the package")]
    assert [each.name for each in tmp_path.rglob("*.json")] == []


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_a_link_or_a_device_in_a_tgz_is_not_followed(tmp_path: Path, kind: bytes) -> None:
    (tmp_path / "secret.json").write_bytes(content())
    path = packed(tmp_path, (link("package/a.json", str(tmp_path / "secret.json"), kind), b""))
    assert read_package(path).resources == ()
    assert unread(path) == [("!package/a.json", "is a link or no plain file")]


def test_a_link_in_a_directory_is_not_followed(tmp_path: Path) -> None:
    outside, folder = tmp_path / "outside", tmp_path / "folder"
    outside.mkdir()
    folder.mkdir()
    (outside / "secret.json").write_bytes(content())
    (folder / "a.json").symlink_to(outside / "secret.json")
    (folder / "b").symlink_to(outside)
    assert read_package(folder).resources == ()
    assert unread(folder) == [("/a.json", "is a link or no plain file")]


def test_a_file_that_is_too_large_is_named(tmp_path: Path) -> None:
    large = ("package/large.json", content(PROFILED | {"description": "a" * 5_000}))
    path = packed(tmp_path, large, ("package/profile.json", content()))
    assert unread(path, SMALL) == [("!package/large.json", "is larger than 4000 bytes")]
    assert read_package(path, SMALL).resources == (PROFILED,)


def test_a_file_of_a_directory_that_is_too_large_is_named(tmp_path: Path) -> None:
    (tmp_path / "large.json").write_bytes(content(PROFILED | {"description": "a" * 5_000}))
    assert unread(tmp_path, SMALL) == [("/large.json", "is larger than 4000 bytes")]


def test_a_package_that_unpacks_past_all_sense_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.tgz"
    path.write_bytes(archive(("package/zeros.bin", bytes(400_000))))
    assert path.stat().st_size < 2_000
    with pytest.raises(PackageError, match=f"{path}: more than 40000 bytes"):
        read_package(path, SMALL)


def test_a_package_of_too_many_files_is_refused(tmp_path: Path) -> None:
    path = packed(tmp_path, *((f"package/{n}.json", b"{}") for n in range(6)))
    folder = tmp_path / "folder"
    folder.mkdir()
    for n in range(6):
        (folder / f"{n}.json").write_bytes(b"{}")
    for each in (path, folder):
        with pytest.raises(PackageError, match="more than 5 files"):
            read_package(each, SMALL)


WHOLE = archive(("package/profile.json", content()), ("package/noise.json", content({"a": list(range(2_000))})))
TAR = gzip.decompress(WHOLE)
BROKEN = {
    "nothing": b"",
    "no gzip": b"a package",
    "a zip": b"PK\x03\x04" + bytes(100),
    "gzip of nothing": gzip.compress(b""),
    "gzip of no tar": gzip.compress(b"a package" * 200),
    "half a gzip": WHOLE[: len(WHOLE) // 2],
    "a gzip that is wrong inside": WHOLE[:300] + bytes(60) + WHOLE[360:],
    "half a tar": gzip.compress(TAR[:700]),
    "a tar with a wrong sum": gzip.compress(b"x" * 100 + TAR[100:]),
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_a_broken_package_is_refused_by_its_path(tmp_path: Path, broken: bytes) -> None:
    path = tmp_path / "package.tgz"
    path.write_bytes(broken)
    with pytest.raises(PackageError, match=f"{path}: "):
        read_package(path)


def test_a_package_that_is_not_there_is_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_package(tmp_path / "package.tgz")
