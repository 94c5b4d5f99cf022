"""How does work that waits for a disk or a database keep nobody else waiting?"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


async def off_loop(work: Callable[..., T], *arguments: Any) -> T:
    """Work in a thread, while the loop goes on answering."""
    return await asyncio.get_running_loop().run_in_executor(None, work, *arguments)
