"""What does one message say, and of whom?

A message is a person in a wrapper, or a person alone; what stands beside the person in the wrapper becomes theirs.
What is wrong with a record whose person is known goes with it: it is not kept, yet what it objects to is heard.
A message about choices alone is a record of that feed; about any other part alone it is kept out, for as a whole
record it would wipe out the rest.

The layout is ours; mappings/README.md shows it whole.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from hashlib import blake2b

from mappings.problems import Problem
from mappings.readers.heading import is_instant, whole_number
from mappings.readers.json_text import Number, Value
from mappings.readers.person_vocabulary import COMPANIONS, MESSAGE, PERSON
from mappings.readers.tree import ExcessError, Tree, shown
from mappings.record import CaseRecord, Node, Operation, digest

_OPERATIONS: dict[str, Operation] = {"upsert": "upsert", "merge": "merge", "delete": "delete"}
_OBJECTION = "objection"
# What marks a wrapper, whatever else it holds; without these and with an id it is a person alone.
_WRAPPER = frozenset({"messageId", "sequence", "occurredAt", "operation", "person", "personId"})
_IDS = frozenset({"id", "mosaicId"})
# What case systems write where there is no person, and the first rows of their tables, which are their own.
_NOBODY = frozenset({"-1", "0", "1", "2", "3", "4", "5", "6", "true", "false"})
_TEMPORARY = re.compile(r"(?:tmp|NC)[0-9].*", re.IGNORECASE)
_CONTEXTS = {"a": "", "b": "", "c": "is of children's services, whose records are never loaded"}
_ONE_NAME = {name: one for name, (one, _) in COMPANIONS.items()} | {"addressList": "address"}
# What has no key of its own is known by its place among the others.
_NUMBERED = frozenset({"allocations", "relationships", "keyContacts"})
_OWN_KEYS = frozenset({"id", "otherPersonId"})
_PART = "speaks of a part of a person alone; send it within the person's whole record"


class Messages:
    """The messages of one file."""

    def __init__(self, file: str, tree: Tree) -> None:
        self._file = file
        self._tree = tree
        # Sixteen bytes an id: a quarter of a million persons are remembered in 20 MB.
        self._seen: set[bytes] = set()
        self._unordered: set[bytes] = set()
        self.found = 0
        # Of how many nobody knows whose they are: whoever is in one of them is not absent.
        self.lost = 0

    def read(self, value: Value) -> Iterator[CaseRecord | Problem]:
        self.found += 1
        path = value.place
        if value.fault is not None:
            yield self._refused(value.line, path or "line", value.fault, value.about and shown(value.about))
        elif not isinstance(value.content, dict):
            yield self._refused(value.line, path or "line", "is no object; expected a person or a message", None)
        else:
            try:
                read = self._record(value.content, value.line, path)
            except ExcessError as excess:
                read = self._refused(value.line, path or "line", str(excess), None)
            yield from self._tree.strangers()
            yield read

    def _record(self, content: dict[str, object], line: int, path: str) -> CaseRecord | Problem:
        if odd := _odd_id(content):
            reason = "is no id; expected a text or a whole number"
            return self._refused(line, path or "id", reason, odd, odd)
        if _WRAPPER.isdisjoint(content) and not _IDS.isdisjoint(content):
            person = self._tree.grow("person", content, PERSON, line, path)
            message = Node("message", line, children=[person], path=path)
        else:
            message = self._tree.grow("message", content, MESSAGE, line, path)
        return self._admit(message, path)

    def _admit(self, message: Node, path: str) -> CaseRecord | Problem:
        persons = [child for child in message.children if child.name == "person"]
        asked = message.attributes.get("operation", "upsert").lower()
        if len(persons) > 1:
            return self._refused(message.line, message.place("person"), "holds several persons; send each alone", None)
        person = persons[0] if persons else Node("person", message.line, path=path)
        person.children.extend(child for child in message.children if child is not person)
        _gather(person)
        ids = _ids(message, person)
        if len(set(ids.values())) != 1:
            reason = "names more than one person" if ids else "has no id; say which person it is about"
            return self._refused(message.line, path or "message", reason, None)
        field, local_id = next(iter(ids.items()))
        if local_id in _NOBODY:
            reason = "is no person, but a row of the case system's own"
            return self._refused(message.line, field, reason, local_id, local_id)
        if asked == "upsert" and _TEMPORARY.fullmatch(local_id):
            reason = "is a temporary id; send a merge when the person has a lasting one"
            self._tree.complain(field, reason, "ignored", local_id)
        if asked == _OBJECTION or (asked == "upsert" and not persons):
            return self._part(message, person, local_id, asked)
        # Who is deleted or merged after all is withheld, whatever was said before.
        if self._again(local_id, "sequence" in message.attributes) and asked == "upsert":
            reason = "stands twice in this file without a sequence; the first one counts"
            return self._refused(message.line, field, reason, local_id, local_id)
        self._context(asked, person)
        return self._made(message, person, local_id, asked)

    def _made(self, message: Node, root: Node, local_id: str, asked: str, feed: str = "") -> CaseRecord:
        sequence, merged_into = self._sequence(message), message.attributes.get("mergedInto")
        if asked == "merge" and merged_into in (None, local_id):
            reason = "names nobody else into whom the person was merged"
            self._tree.complain(message.place("mergedInto"), reason, "quarantined", merged_into)
        operation = _OPERATIONS.get(asked)
        if operation is None:
            reason = "is no operation; expected upsert, merge, delete or objection"
            self._tree.complain(message.place("operation"), reason, "quarantined", asked)
        if (occurred := message.attributes.get("occurredAt")) and not is_instant(occurred):
            reason = "is not a point in time; expected yyyy-mm-ddThh:mm:ss"
            self._tree.complain(message.place("occurredAt"), reason, "ignored", occurred)
        for name in _IDS:
            root.attributes.pop(name, None)
        root.attributes |= {"id": local_id, "operation": operation or asked}
        if merged_into is not None:
            root.attributes["mergedInto"] = merged_into
        return CaseRecord(
            local_id=local_id,
            operation=operation or "upsert",
            line=message.line,
            root=root,
            digest=digest(root),
            merged_into=merged_into,
            sequence=sequence,
            feed=feed,
            problems=tuple(self._about(local_id, feed)),
        )

    def _about(self, local_id: str, feed: str) -> Iterator[Problem]:
        for problem in self._tree.problems:
            # What cannot be read of a choice counts as an objection: the mapping must see it, whatever else is wrong.
            effect = "dropped" if feed and problem.effect == "quarantined" else problem.effect
            yield replace(problem, person=local_id, effect=effect)

    def _part(self, message: Node, person: Node, local_id: str, asked: str) -> CaseRecord | Problem:
        """What the message says of choices; no other part of a person stands alone."""
        choices = [child for child in person.children if child.name == "objections"]
        if asked != _OBJECTION and not choices:
            return self._refused(message.line, person.place(None), _PART, None, local_id)
        if len(person.children) > len(choices):
            self._tree.complain(person.place(None), f"{_PART}; only the choices are read", "dropped")
        if not choices:
            # It says that it is one: which, the mapping decides as it does of every objection that cannot be read.
            choices = [Node("objections", person.line, path=person.path)]
        root = Node(_OBJECTION, person.line, None, {}, choices, person.path)
        return self._made(message, root, local_id, "upsert", feed="objections")

    def _context(self, asked: str, person: Node) -> None:
        """Only what says that it is of adults' services is kept; who is deleted or merged need not say it again."""
        flags = {name: person.attributes[name] for name in ("contextFlag", "ageContext") if name in person.attributes}
        if not flags and asked == "upsert":
            reason = "is missing; expected A or B, for only adults' records are loaded"
            self._tree.complain(person.place("contextFlag"), reason, "quarantined")
        for name, flag in flags.items():
            if fault := _CONTEXTS.get(flag.casefold(), "is none of A, B and C; only adults' records are loaded"):
                self._tree.complain(person.place(name), fault, "quarantined", flag)

    def _sequence(self, message: Node) -> int | None:
        raw = message.attributes.get("sequence")
        if raw is None:
            return None
        read = whole_number(raw)
        if read is None:
            reason = "is not a whole number; nothing says whether this is the latest"
            self._tree.complain(message.place("sequence"), reason, "quarantined", raw)
        return read

    def _again(self, local_id: str, ordered: bool) -> bool:
        fingerprint = blake2b(local_id.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        again = fingerprint in self._unordered or (not ordered and fingerprint in self._seen)
        self._seen.add(fingerprint)
        if not ordered:
            self._unordered.add(fingerprint)
        return again

    def _refused(self, line: int, field: str, reason: str, value: str | None, local_id: str | None = None) -> Problem:
        self.lost += local_id is None
        return Problem(self._file, line, field, reason, "quarantined", value, local_id)


def _gather(person: Node) -> None:
    """One name for one companion and for several; each of a type's relationships knows its type."""
    gathered: list[Node] = []
    for child in person.children:
        if child.name == "personalRelationships" and child.children:
            gathered.extend(_typed(each, child.attributes.get("type")) for each in child.children)
        else:
            child.name = _ONE_NAME.get(child.name, child.name)
            gathered.append(child)
    found: Counter[str] = Counter()
    for child in gathered:
        found[child.name] += 1
        if child.name in _NUMBERED and _OWN_KEYS.isdisjoint(child.attributes):
            child.attributes["number"] = str(found[child.name])
    person.children[:] = gathered


def _typed(relationship: Node, type: str | None) -> Node:
    """A relationship from the list of a type: there, `personId` is the other person."""
    relationship.name = "relationships"
    if type is not None:
        relationship.attributes.setdefault("type", type)
    if (other := relationship.attributes.pop("personId", None)) is not None:
        relationship.attributes.setdefault("otherPersonId", other)
    return relationship


def _ids(message: Node, person: Node) -> dict[str, str]:
    """Every id that says of whom the message is, by the field that it stands in."""
    stated = {node.place(name): node.attributes.get(name) for node, name in ((person, "id"), (person, "mosaicId"))}
    stated[message.place("personId")] = message.attributes.get("personId")
    for child in person.children:
        own = child.attributes.get("personId")
        if child.name == "relationships" and "otherPersonId" not in child.attributes and any(stated.values()):
            if own is not None and own not in stated.values():
                # One council's interface calls the other person so.
                child.attributes["otherPersonId"] = own
        elif child.name in ("allocations", "relationships", "objections"):
            stated[child.place("personId")] = own
    return {field: each for field, each in stated.items() if each is not None}


def _odd_id(content: dict[str, object]) -> str | None:
    """An id that was written as a number and is no whole one: the same person would have another as a whole one."""
    person = content.get("person")
    holders = [content, person] if isinstance(person, dict) else [content]
    stated = (holder.get(name) for holder in holders for name in ("id", "mosaicId", "personId"))
    return next((str(each) for each in stated if isinstance(each, Number) and not each.isdigit()), None)
