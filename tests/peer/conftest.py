"""What the checks share: the sandbox, empty, and a world on the smaller engine."""

from __future__ import annotations

import os
from pathlib import Path

import httpx
import pytest

from tests.peer.sandbox import ADDRESS


@pytest.fixture(scope="session")
def address() -> str:
    """Where the sandbox is; without it nothing of this folder runs, and none of it is skipped."""
    url = os.environ.get(ADDRESS, "")
    if not url:
        pytest.exit(f"tests/peer: {ADDRESS} does not say where a MESH sandbox is; run `make peer`", returncode=1)
    return url


@pytest.fixture(autouse=True)
def peer(address: str) -> str:
    """The sandbox with nothing in any mailbox."""
    httpx.delete(f"{address}/admin/reset", trust_env=False).raise_for_status()
    return address


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """What a file does at MESH does not hang on the engine."""
    return f"sqlite:///{tmp_path / 'test.db'}"
