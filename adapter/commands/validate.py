"""Is a file FHIR R4 as its profiles have it?

Asked of `conformance.validator`, offline: FHIR R4 and the packages that are named, nothing fetched, and no deployment
needed. One line for each finding, and for each thing that was not checked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from adapter.commands import screen
from adapter.commands.failure import WrongUse
from conformance.validator import (
    Code,
    DefinitionError,
    Finding,
    Package,
    PackageError,
    Severity,
    Validator,
    failed,
    outcome,
    read_package,
)

# Below this many a bar is gone before it is seen.
_MANY = 20


def validate(
    paths: Annotated[list[Path], typer.Argument(help="FHIR JSON files, or folders of *.json files.", metavar="FILE")],
    package: Annotated[
        list[Path] | None, typer.Option(help="A package of definitions: a folder or a .tgz; may be given again.")
    ] = None,
    profile: Annotated[str, typer.Option(help="Address of the profile that every file must keep.")] = "",
    json: screen.Json = False,
) -> None:
    """Validate FHIR resources against R4 and the profiles of packages."""
    files = list(_files(paths))
    packages = [_package(path) for path in package or []]
    validator = _validator(packages, profile)
    found = _unread(packages)
    for finding in _validated(validator, files, profile):
        found.append(finding)
        if not json:
            screen.line(str(finding))
    if json:
        screen.document(_document(files, found))
    else:
        _sum(files, found)
    if failed(found):
        raise typer.Exit(1)


def _files(paths: list[Path]) -> Iterator[Path]:
    """Every file that is meant; each can be opened, or nothing is begun."""
    for path in paths:
        inside = sorted(each for each in path.glob("*.json") if each.is_file()) if path.is_dir() else [path]
        if not inside:
            raise WrongUse(f"{path}: a folder without a .json file")
        for file in inside:
            with _opening(file):
                file.open("rb").close()
            yield file


@contextmanager
def _opening(path: Path) -> Iterator[None]:
    """What cannot be opened cannot be validated, whatever the reason."""
    try:
        yield
    except OSError as fault:
        raise WrongUse(f"{path}: {(fault.strerror or 'cannot be used').lower()}") from fault


def _package(path: Path) -> Package:
    try:
        with _opening(path):
            found = read_package(path)
    except PackageError as fault:
        raise WrongUse(str(fault)) from fault
    if not found.resources and not found.unread:
        raise WrongUse(f"{path}: a package without a definition")
    return found


def _validator(packages: list[Package], profile: str) -> Validator:
    validator = Validator(packages)
    if profile:
        try:
            validator.require(profile)
        except DefinitionError as fault:
            raise WrongUse(f"--profile: {fault}") from fault
    return validator


def _unread(packages: list[Package]) -> list[Finding]:
    """What of a package was not read was not checked against; it is said first, and beside the answer."""
    found = [
        Finding(Severity.INFORMATION, Code.NOT_CHECKED, "", f"a file of a package {unread.reason}", unread.file)
        for package in packages
        for unread in package.unread
    ]
    for finding in found:
        screen.note(str(finding))
    return found


def _validated(validator: Validator, files: list[Path], profile: str) -> Iterator[Finding]:
    with screen.progress() as progress:
        task = progress.add_task("files", total=len(files), visible=len(files) >= _MANY)
        for file in files:
            yield from validator.validate_file(file, profile=profile)
            progress.advance(task)


def _counts(found: Iterable[Finding]) -> dict[str, int]:
    told = Counter("not checked" if each.code is Code.NOT_CHECKED else str(each.severity) for each in found)
    return {name: told[name] for name in ("error", "warning", "not checked")}


def _document(files: list[Path], found: list[Finding]) -> dict[str, object]:
    listed = [asdict(each) for each in found]
    return {"files": len(files), "counts": _counts(found), "findings": listed, "outcome": outcome(found)}


def _sum(files: list[Path], found: list[Finding]) -> None:
    counts = ", ".join(f"{count} {name}" for name, count in _counts(found).items())
    screen.line(f"{len(files)} {'file' if len(files) == 1 else 'files'}: {counts}")
