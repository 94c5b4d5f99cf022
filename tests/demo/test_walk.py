"""Does one command show that everything is as promised?"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def walk(home: Path, database_url: str) -> subprocess.CompletedProcess[str]:
    """Run the demo as a newcomer would, on a free port, in a folder of its own."""
    command = [sys.executable, "-m", "adapter", "demo", "--once", "--port", "0", "--database", database_url]
    environment = os.environ | {"ASC_FHIR_HOME": str(home)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)


def test_the_demo_walks_every_step_as_promised_and_ends(tmp_path: Path, database_url: str) -> None:
    ended = walk(tmp_path / "home", database_url)
    last = ended.stdout.rstrip().splitlines()[-1:]
    assert (ended.returncode, last) == (0, ["walk: 15 of 15 steps as promised"]), ended.stdout + ended.stderr
