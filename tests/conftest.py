"""What tests share: both databases, an invented world, keys made at run time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from joserfc.jwk import ECKey

from tests import postgres
from tests.town import settle
from tests.world import World


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Server]:
    with postgres.server() as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A new database, once on each engine."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'test.db'}"
        return
    server: postgres.Server = request.getfixturevalue("postgres_server")
    with server.database() as url:
        yield url


@pytest.fixture(scope="session")
def client_key() -> ECKey:
    return ECKey.generate_key("P-384")


@pytest.fixture
def world(database_url: str, tmp_path: Path, client_key: ECKey) -> Iterator[World]:
    """A deployment with nobody in it, on each engine."""
    made = World(database_url, tmp_path / "home", client_key)
    yield made
    made.close()


@pytest.fixture(scope="session")
def sqlite_town(tmp_path_factory: pytest.TempPathFactory, client_key: ECKey) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("town")
    made = settle(World(f"sqlite:///{folder / 'town.db'}", folder / "home", client_key))
    yield made
    made.close()


@pytest.fixture(scope="session")
def postgresql_town(
    postgres_server: postgres.Server, tmp_path_factory: pytest.TempPathFactory, client_key: ECKey
) -> Iterator[World]:
    with postgres_server.database() as url:
        made = settle(World(url, tmp_path_factory.mktemp("town") / "home", client_key))
        yield made
        made.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def town(request: pytest.FixtureRequest) -> World:
    """A town that tests only read, on each engine; whoever changes more than their own askers takes `world`."""
    made: World = request.getfixturevalue(f"{request.param}_town")
    return made
