"""On which deployment does a command work?

The one that the settings describe, for as long as the command lasts. A server that is away is found out at once,
and not after the pool's patience.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from adapter.commands.failure import WrongUse
from adapter.deployment import Deployment, open_deployment
from adapter.settings import Settings
from consent.policy import PolicyError

_PATIENCE_SECONDS = 5


@contextmanager
def opened(settings: Settings | None = None) -> Iterator[Deployment]:
    """Open the deployment and close it afterwards."""
    deployment = _open(settings or Settings())
    try:
        yield deployment
    finally:
        deployment.close()


def _open(settings: Settings) -> Deployment:
    if settings.database_url.startswith(("postgresql://", "postgres://")):
        psycopg.connect(settings.database_url, connect_timeout=_PATIENCE_SECONDS).close()
    try:
        return open_deployment(settings)
    except PolicyError:
        raise
    except ValueError as fault:
        raise WrongUse(str(fault)) from fault
