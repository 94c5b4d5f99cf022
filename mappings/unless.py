"""When does a record itself say that something may not be told?

A row, a facet or a resource names the flag in `unless`: what the flag marks is left out without a word.
A flag that cannot be read counts as raised, with a problem; a blank one is not raised.

The language is ours; mappings/README.md has it on one page.
"""

from collections.abc import Callable

from mappings import values
from mappings.declared import Section
from mappings.problems import Unreadable
from mappings.record import Node
from mappings.run import Run
from mappings.stock import optional_path

# None where no flag is named: most rows have none.
Skips = Callable[[Run, Node], bool] | None


def unless(section: Section) -> Skips:
    flag = optional_path(section, "unless")
    if flag is None:
        return None

    def skips(run: Run, node: Node) -> bool:
        skip = False
        for found, raw in flag.values(node, run.root):
            read = values.yes_no(raw) if raw else "no"
            if isinstance(read, Unreadable):
                run.complain(found, flag.attribute, f"{read.reason}; it counts as yes", "dropped", raw)
            skip = skip or read != "no"
        return skip

    return skips
