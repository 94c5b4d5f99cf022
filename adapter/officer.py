"""Who gives a command?

Whoever the operating system says sits at the keyboard: the trail names them, whatever name is typed.
"""

from __future__ import annotations

import os
import pwd


def officer() -> str:
    """The operating system's name for the user of this process."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"user {os.getuid()}"
