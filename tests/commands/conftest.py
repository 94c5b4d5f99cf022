"""An officer's desk: on SQLite, and on both databases where a command has SQL of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from joserfc.jwk import ECKey

from tests.commands.desk import Desk
from tests.world import World


@pytest.fixture
def desk(tmp_path: Path, client_key: ECKey, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A desk whose deployment keeps its records in SQLite."""
    world = World(f"sqlite:///{tmp_path / 'test.db'}", tmp_path / "home", client_key)
    yield Desk(world, tmp_path, monkeypatch)
    world.close()


@pytest.fixture
def desk_on_both(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk on each engine."""
    return Desk(world, tmp_path, monkeypatch)
