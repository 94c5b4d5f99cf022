"""An officer at a keyboard, beside a world whose deployment the commands work on.

desk.run("status")            runs `asc-fhir status`; what it says on standard error never holds anything of a person
desk.json("status")           the same with --json, read
"""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from adapter.cli import app
from adapter.commands import opened
from adapter.deployment import open_deployment
from adapter.trail import read
from tests.world import World, case

NUMBER = "9990000018"
# What no line on standard error and no event of the trail may hold.
PERSONAL = ("Marlowe", "Ada", "1941-03-05", NUMBER, "SW1A", "Invented Row", "020 7946 0999")


class Desk:
    """Runs commands on a world's deployment, at the world's time."""

    def __init__(self, world: World, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        settings = world.deployment.settings
        self.world = world
        self.folder = folder
        monkeypatch.chdir(folder)
        monkeypatch.setenv("ASC_FHIR_HOME", str(settings.home))
        monkeypatch.setenv("ASC_FHIR_DATABASE", settings.database)
        monkeypatch.setattr(opened, "open_deployment", partial(open_deployment, clock=lambda: world.time))

    def run(self, *words: str, code: int = 0, stdin: bytes | None = None) -> Result:
        """Run a command that ends with this code."""
        result = CliRunner().invoke(app, list(words), input=stdin, prog_name="asc-fhir")
        assert result.exit_code == code, (result.exit_code, result.stdout, result.stderr, result.exception)
        assert not [word for word in PERSONAL if word in result.stderr]
        return result

    def json(self, *words: str, code: int = 0) -> Any:
        """Run a command and read the document it prints."""
        return json.loads(self.run(*words, "--json", code=code).stdout)

    def refused(self, *words: str, code: int = 1) -> str:
        """Run a command that is refused, and give the one line it says."""
        said = self.run(*words, code=code).stderr
        assert said.count("\n") == 1
        assert said[0] == said[0].lower() or said.startswith(("PDS", "MESH", "ASC_FHIR_"))
        return said

    def file(self, content: bytes, name: str = "case.xml") -> str:
        """Put a file into the folder where the officer sits."""
        (self.folder / name).write_bytes(content)
        return name

    def events(self, kind: str) -> list[dict[str, Any]]:
        """What the trail holds of a kind."""
        return [event for event in read(self.world.deployment.settings.trail) if event["kind"] == kind]


def known(local_id: str = "A1", **more: Any) -> str:
    """A person with a number."""
    return case(local_id, nhs_number=NUMBER, **more)
