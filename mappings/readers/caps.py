"""How much of a file is too much?

A cap keeps a hostile or broken file from filling the memory; a real record stays far below each of them.
Past the cap of depth, elements or attributes the person is quarantined; past the others the file is stopped.

Nothing outside specifies them; lxml's own limits (huge_tree off) stand behind them.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Caps:
    file_bytes: int = 2 << 30
    person_bytes: int = 2 << 20
    elements: int = 20_000
    depth: int = 16
    attributes: int = 64
    # What a file may hold of rows that must be grouped before any of them is understood.
    held_bytes: int = 512 << 20


CAPS = Caps()
