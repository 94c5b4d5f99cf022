"""How is the endpoint run?

By uvicorn, any number of workers on one port. Requests are not logged: who asked for whom stands in the trail, and
nowhere else.
"""

from __future__ import annotations

import os
import socket
from typing import Annotated, Any

import typer
import uvicorn

from adapter.commands import screen
from adapter.commands.failure import WrongUse
from adapter.commands.opened import opened
from adapter.mailbox import mailbox_for
from adapter.pds import client_for
from adapter.settings import Settings
from adapter.wire import Wire

# A fault is logged as what kind it is: its text may hold what was asked for.
_LOG: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"quiet": {"()": "adapter.commands.quiet.Quiet"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "quiet", "stream": "ext://sys.stderr"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
}


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8080,
    workers: Annotated[int, typer.Option(min=1, help="How many processes answer.")] = 1,
    database: Annotated[str, typer.Option(help="Database URL; the setting's, when nothing is said.")] = "",
) -> None:
    """Answer FHIR requests."""
    settings = _settings(host, port, database)
    # Keys, tables and permits are there before the first worker starts, and what is set wrongly is said once.
    with opened(settings) as deployment:
        client_for(settings, deployment.policy)
        mailbox_for(settings)
    _free(host, port)
    # Only settings.py reads the environment; this is how what was typed reaches the workers' settings.
    os.environ["ASC_FHIR_DATABASE"] = settings.database
    os.environ["ASC_FHIR_BASE_URL"] = settings.base_url
    screen.note(f"answering at {settings.base_url}; Ctrl-C ends it")
    uvicorn.run(
        "adapter.app:serve_app",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        http=Wire,
        access_log=False,
        server_header=False,
        # Nothing here depends on where a request came from.
        proxy_headers=False,
        log_config=_LOG,
    )


def _settings(host: str, port: int, database: str) -> Settings:
    said = Settings()
    changes: dict[str, Any] = {"database": database} if database else {}
    if "base_url" not in said.model_fields_set:
        changes["base_url"] = f"http://{f'[{host}]' if ':' in host else host}:{port}/fhir"
    return said.model_copy(update=changes)


def _free(host: str, port: int) -> None:
    """Refuse a port that somebody else has, before anything is started."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        socket.create_server((host, port), family=family).close()
    except OSError:
        raise WrongUse(f"port {port} of {host} cannot be had: choose another with --port or --host") from None
