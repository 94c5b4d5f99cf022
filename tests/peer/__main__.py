"""Starts the national MESH sandbox on a free port, runs the checks of this folder against it, and ends it.

The first argument is the Python of the environment that the sandbox is installed in.
https://github.com/NHSDigital/mesh-sandbox
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import httpx

from tests.peer.sandbox import ADDRESS, KEY
from tests.served import free_socket

_CHECKS = ["pytest", "-o", "python_files=check_*.py", "tests/peer"]


def main(python: str) -> int:
    """How pytest ended."""
    # Whoever ends this program ends the sandbox with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryFile("w+") as log, _sandbox(python, log) as url:
        return subprocess.run([sys.executable, "-m", *_CHECKS], env=os.environ | {ADDRESS: url}).returncode


@contextmanager
def _sandbox(python: str, log: IO[str]) -> Iterator[str]:
    port = _free_port()
    command = [python, "-m", "uvicorn", "mesh_sandbox.api:app", "--host", "127.0.0.1", "--port", str(port)]
    said = {"AUTH_MODE": "full", "STORE_MODE": "memory", "SHARED_KEY": KEY}
    running = subprocess.Popen(command, env=os.environ | said, stdout=log, stderr=log)
    try:
        _wait(f"http://127.0.0.1:{port}", running, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        running.terminate()
        running.wait(20)


def _wait(url: str, running: subprocess.Popen[Any], log: IO[str]) -> None:
    deadline = time.monotonic() + 60
    while running.poll() is None and time.monotonic() < deadline:
        try:
            httpx.get(f"{url}/health", trust_env=False).raise_for_status()
            return
        except httpx.HTTPError:
            time.sleep(0.1)
    log.seek(0)
    last = (log.read().splitlines() or ["it said nothing"])[-1]
    sys.exit(f"make peer: the MESH sandbox did not start: {last}")


def _free_port() -> int:
    with free_socket() as bound:
        port: int = bound.getsockname()[1]
        return port


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
