"""What may the author of a mapping write?

`python -m mappings.language` prints the tables of mappings/README.md from the code that reads mappings.

The language is ours; mappings/README.md has it on one page.
"""

import sys
from collections.abc import Iterable

from mappings.layouts import KEYS
from mappings.readers import csv_cld
from mappings.transforms import CONTEXTS, TRANSFORMS


def transforms() -> str:
    rows = (
        (f"`{name}`", ", ".join(f"`{key}`" for key in sorted(each.keys)), "yes" if each.fact else "", each.says)
        for name, each in TRANSFORMS.items()
    )
    return _table(("`as`", "further keys", "in a fact", "what it gives"), rows)


def contexts() -> str:
    return _table(("`context`", "what it gives"), ((f"`{name}`", each.says) for name, each in CONTEXTS.items()))


def csv_keys() -> str:
    return _table(("key", "what it says"), ((f"`{key}`", says) for key, says in KEYS.items()))


def cld() -> str:
    return _table(("column", "in a path", "speaks of"), csv_cld.table())


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    sys.stdout.write(f"{transforms()}\n\n{contexts()}\n\n{csv_keys()}\n\n{cld()}\n")
