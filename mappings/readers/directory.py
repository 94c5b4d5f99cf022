"""Which teams and workers has a council?

The directory is no one's record: it stands in a stream of its own, in the JSON of `person-json`.
An object holds a `team` or a `worker`; what has no id of its own or no name is left out.
Only what is for work is known: a private number or address of a worker has no name here.

The layout is ours; mappings/README.md shows it whole.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, Literal

from mappings import values
from mappings.problems import Problem, Unreadable
from mappings.readers.caps import CAPS, Caps
from mappings.readers.json_stream import Stream
from mappings.readers.json_text import Value
from mappings.readers.person_vocabulary import DIRECTORY
from mappings.readers.tree import ExcessError, Tree
from mappings.record import Header, Node, Trailer

Kind = Literal["duty-desk", "team"]
_KINDS: dict[str, Kind] = {"duty-desk": "duty-desk", "team": "team"}
# What case systems write where there is nobody.
_NOBODY = frozenset({"", "-1", "0"})


@dataclass(frozen=True)
class Team:
    id: str
    name: str
    # The duty desk takes the calls about anybody; a team those about its own people.
    kind: Kind
    phone: str | None
    email: str | None
    # In the council's words.
    hours: str | None
    line: int


@dataclass(frozen=True)
class Worker:
    id: str
    # A worker is known to outsiders by the team first.
    name: str = field(repr=False)
    role: str | None
    team: str | None
    # The code of the job role in the Spine Directory Service.
    sds_code: str | None
    line: int


def read(
    stream: BinaryIO, name: str, *, caps: Caps = CAPS, council: str | None = None
) -> Iterator[Header | Team | Worker | Trailer | Problem]:
    tree = Tree(name, caps)
    yield from Stream[Team | Worker](name, caps, council, tree, _Entries(name, tree)).items(stream)


class _Entries:
    """The teams and workers of one stream."""

    def __init__(self, file: str, tree: Tree) -> None:
        self._file = file
        self._tree = tree
        self._seen: set[tuple[str, str]] = set()
        self.found = 0
        self.lost = 0

    def read(self, value: Value) -> Iterator[Team | Worker | Problem]:
        self.found += 1
        if value.fault is not None or not isinstance(value.content, dict):
            yield self._refused(
                value.line, value.place or "line", value.fault or "is no object; expected a team or a worker"
            )
            return
        try:
            entry = self._tree.grow("entry", value.content, DIRECTORY, value.line, value.place)
        except ExcessError as excess:
            yield self._refused(value.line, value.place or "line", str(excess))
            return
        yield from self._tree.strangers()
        faults = self._tree.problems
        yield from faults
        if any(problem.effect == "quarantined" for problem in faults):
            self.lost += 1
        elif len(entry.children) != 1:
            yield self._refused(value.line, value.place or "line", "holds not exactly one team or worker")
        else:
            yield from self._entry(entry.children[0])

    def _entry(self, node: Node) -> Iterator[Team | Worker | Problem]:
        id, name = node.attributes.get("id", ""), self._name(node)
        if id in _NOBODY or name is None:
            lacking = "name" if id not in _NOBODY else "id"
            yield self._refused(node.line, node.place(lacking), "is missing or a placeholder; the entry is left out")
        elif (node.name, id) in self._seen:
            reason = "stands twice in this directory; the first one counts"
            yield self._refused(node.line, node.place("id"), reason, id)
        else:
            self._seen.add((node.name, id))
            yield from self._team(node, id, name) if node.name == "team" else self._worker(node, id, name)

    def _team(self, node: Node, id: str, name: str) -> Iterator[Team | Problem]:
        said = node.attributes
        stated = said.get("kind", "team")
        kind = _KINDS.get(stated.casefold())
        if kind is None:
            yield self._said(node, "kind", "is neither duty-desk nor team; it counts as team", stated)
        yield Team(id, name, kind or "team", said.get("phone"), said.get("email"), said.get("hours"), node.line)

    def _worker(self, node: Node, id: str, name: str) -> Iterator[Worker]:
        said = node.attributes
        team = said.get("teamId")
        role = said.get("role")
        yield Worker(id, name, role, None if team in _NOBODY else team, said.get("sdsCode"), node.line)

    def _name(self, node: Node) -> str | None:
        said = node.attributes
        parts = [said[part] for part in ("name", "firstName", "lastName") if part in said]
        read = [values.name(part) for part in parts]
        return None if not read or any(isinstance(each, Unreadable) for each in read) else " ".join(parts)

    def _said(self, node: Node, attribute: str, reason: str, value: str) -> Problem:
        return Problem(self._file, node.line, node.place(attribute), reason, "ignored", value)

    def _refused(self, line: int, field: str, reason: str, value: str | None = None) -> Problem:
        self.lost += 1
        return Problem(self._file, line, field, reason, "quarantined", value)
