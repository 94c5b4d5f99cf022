"""How many requests a second does a server answer?

With wrk where it is on the machine; otherwise with a client of our own on asyncio, which is slower and takes more of
the shared cores, so that ratios come out closer to one. The report says which it was.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence

WRK = shutil.which("wrk")


def rate(port: int, paths: Sequence[str], headers: dict[str, str], connections: int, seconds: float) -> float:
    """Requests a second, every answer a 200; raises RuntimeError where one is not."""
    if WRK:
        return _wrk(port, paths, headers, connections, seconds)
    return asyncio.run(_own(port, paths, headers, connections, seconds))


def _wrk(port: int, paths: Sequence[str], headers: dict[str, str], connections: int, seconds: float) -> float:
    lines = [f"wrk.headers[{_lua(name)}] = {_lua(value)}" for name, value in headers.items()]
    listed = ", ".join(_lua(path) for path in paths)
    lines += [
        f"local paths = {{{listed}}}",
        "local n = 0",
        "request = function() n = n + 1; return wrk.format('GET', paths[n % #paths + 1]) end",
    ]
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write("\n".join(lines))
        script.flush()
        said = subprocess.run(
            [str(WRK), "-t1", f"-c{connections}", f"-d{seconds:.0f}s", "-s", script.name, f"http://127.0.0.1:{port}"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    if "Non-2xx" in said or "Socket errors" in said:
        raise RuntimeError("an answer under load was not a 200")
    found = re.search(r"Requests/sec:\s+([0-9.]+)", said)
    if found is None:
        raise RuntimeError("wrk said nothing of its rate")
    return float(found[1])


async def _own(port: int, paths: Sequence[str], headers: dict[str, str], connections: int, seconds: float) -> float:
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    requests = [f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{head}\r\n".encode() for path in paths]
    began = time.perf_counter()
    counts = await asyncio.gather(*(_one(port, requests, n, began + seconds) for n in range(connections)))
    return sum(counts) / (time.perf_counter() - began)


async def _one(port: int, requests: Sequence[bytes], first: int, until: float) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    count = 0
    while time.perf_counter() < until:
        writer.write(requests[(first + count) % len(requests)])
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError("an answer under load was not a 200")
        length = re.search(rb"content-length: (\d+)", head)
        await reader.readexactly(int(length[1]) if length else 0)
        count += 1
    writer.close()
    return count


def _lua(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
