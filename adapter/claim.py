"""Whose is this file now?

A file is claimed by a lock that the operating system lets go of when its process ends, however it ends: what somebody
was at when they were killed is free again at once, and what somebody is at is nobody else's.
https://man7.org/linux/man-pages/man2/flock.2.html
"""

from __future__ import annotations

import fcntl
import os
import stat
from pathlib import Path


class Claim:
    """A file that is this process's to work on, until it is let go."""

    def __init__(self, handle: int, path: Path) -> None:
        self._handle = handle
        self.path = path

    def move(self, to: Path) -> None:
        """Give the file another name; the claim goes with it."""
        os.rename(self.path, to)
        self.path = to

    def destroy(self) -> None:
        """Remove the file, and let go of it."""
        self.path.unlink(missing_ok=True)
        self.let_go()

    def let_go(self) -> None:
        """Leave the file to whoever comes next."""
        os.close(self._handle)


def claim(path: Path) -> Claim | None:
    """Claim a plain file; none where it is somebody else's, has gone, or is no plain file; raises PermissionError."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except PermissionError:
        raise
    except OSError:
        return None
    if _lock(handle) and _is_still(handle, path):
        return Claim(handle, path)
    os.close(handle)
    return None


def claim_new(path: Path) -> tuple[Claim, int]:
    """Make a file that its owner alone may read, claimed; give the handle by which it is written too."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    fcntl.flock(handle, fcntl.LOCK_EX)
    return Claim(handle, path), handle


def _lock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _is_still(handle: int, path: Path) -> bool:
    """Whether the file that is locked is a plain one and has its name still: another may have moved it meanwhile."""
    ours = os.fstat(handle)
    try:
        named = path.lstat()
    except OSError:
        return False
    return stat.S_ISREG(ours.st_mode) and (ours.st_dev, ours.st_ino) == (named.st_dev, named.st_ino)
