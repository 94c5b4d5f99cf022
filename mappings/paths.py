"""Where in a case record does a value stand?

    Names/Name                       the Name elements within Names, from the node at hand
    @from                            an attribute of the node at hand
    Team@name                        an attribute of an element below it
    /Birth@date                      the same from the top of the record
    .                                the node at hand itself
    Service[status=open|suspended]   those whose attribute is one of these words
    Telecom[thirdParty!=Y]           those whose attribute is none of them
    Relationship[roles~main-carer]   those whose attribute holds one of these words among others
    Relationship[roles!~main-carer]  those whose attribute holds none of them

`blank` among the words stands for an attribute that is empty or missing.
Case makes no difference in a comparison: `y` hides what `Y` hides.

The language is ours; mappings/README.md has it on one page.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from mappings.record import Node

_NAME = r"[A-Za-z_][\w.-]*"
_WORDS = r"[^\[\]|]+(?:\|[^\[\]|]+)*"
_ONE_TEST = rf"\[{_NAME}(?:!=|!~|=|~){_WORDS}\]"
_ONE_STEP = rf"(?:\.|{_NAME})(?:{_ONE_TEST})*"

_TEST = re.compile(rf"\[({_NAME})(!=|!~|=|~)({_WORDS})\]")
_STEP = re.compile(rf"(\.|{_NAME})((?:{_ONE_TEST})*)/?")
_PATH = re.compile(rf"(/?)((?:{_ONE_STEP}(?:/{_ONE_STEP})*)?)(?:@({_NAME}))?")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")

_BLANK = "blank"

# What case systems write for "no key"; two records that both say so are not the same record.
_NO_KEY = {"-1", "n/a"}

# From the node at hand and the top of its record.
Find = Callable[[Node, Node], list[Node]]
# Every node that a path leads to, with what it says: None when it is blank.
Values = Callable[[Node, Node], list[tuple[Node, str | None]]]
Step = Callable[[list[Node]], list[Node]]
Test = Callable[[Node], bool]


class PathError(ValueError):
    """A path that is not of the language."""


@dataclass(frozen=True)
class Path:
    text: str
    attribute: str | None
    nodes: Find = field(repr=False)
    values: Values = field(repr=False)

    def first(self, node: Node, root: Node) -> str | None:
        for _, value in self.values(node, root):
            if value:
                return value
        return None


def path(text: str) -> Path:
    matched = _PATH.fullmatch(text)
    if matched is None or not (matched.group(2) or matched.group(3)):
        raise PathError(f"`{text}` is no path")
    top, steps, attribute = matched.groups()
    find = _find(bool(top), tuple(_steps(steps)))
    values = _own(attribute) if attribute and not (top or steps) else _values(find, attribute)
    return Path(text, attribute, find, values)


def _find(absolute: bool, steps: tuple[Step, ...]) -> Find:
    if len(steps) == 1 and not absolute:
        (only,) = steps
        return lambda node, root: only([node])

    def find(node: Node, root: Node) -> list[Node]:
        found = [root if absolute else node]
        for step in steps:
            found = step(found)
        return found

    return find


def _values(find: Find, attribute: str | None) -> Values:
    if attribute is None:
        return lambda node, root: [(found, found.text or None) for found in find(node, root)]
    return lambda node, root: [(found, found.attributes.get(attribute) or None) for found in find(node, root)]


def _own(attribute: str) -> Values:
    # Half of all rows read an attribute of the node at hand.
    return lambda node, root: [(node, node.attributes.get(attribute) or None)]


def _steps(text: str) -> Iterator[Step]:
    for name, tests in _STEP.findall(text):
        chosen = tuple(_test(*found) for found in _TEST.findall(tests))
        if name != ".":
            yield _children(name, chosen)
        elif chosen:
            yield _themselves(chosen)


def _themselves(tests: tuple[Test, ...]) -> Step:
    return lambda nodes: [node for node in nodes if all(test(node) for test in tests)]


def _children(name: str, tests: tuple[Test, ...]) -> Step:
    if not tests:
        return lambda nodes: [child for node in nodes for child in node.children if child.name == name]
    return lambda nodes: [
        child for node in nodes for child in node.children if child.name == name and all(test(child) for test in tests)
    ]


def _test(attribute: str, operator: str, alternatives: str) -> Test:
    words = frozenset(word.strip().casefold() for word in alternatives.split("|"))
    blank = _BLANK in words
    wanted = not operator.startswith("!")

    def is_one(node: Node) -> bool:
        value = node.attributes.get(attribute, "").casefold()
        return (value in words if value else blank) is wanted

    def holds(node: Node) -> bool:
        held = node.attributes.get(attribute, "").casefold().split()
        return (not words.isdisjoint(held) if held else blank) is wanted

    return holds if operator.endswith("~") else is_one


@dataclass(frozen=True)
class Template:
    """Text with paths in braces: `allocation:{Team@id}:{@from}`."""

    text: str
    parts: tuple[str | Path, ...] = field(repr=False)
    constant: bool

    def fill(self, node: Node, root: Node) -> str | None:
        """None when it has paths and every one of them leads to nothing."""
        found = False
        filled = []
        for part in self.parts:
            if isinstance(part, str):
                filled.append(part)
                continue
            value = part.first(node, root) or ""
            if value and value.casefold() not in _NO_KEY:
                found = True
                filled.append(value)
        return "".join(filled) if found or self.constant else None


def template(text: str) -> Template:
    pieces = _PLACEHOLDER.split(text)
    if any("{" in piece or "}" in piece for piece in pieces):
        raise PathError(f"`{text}` has a brace without its other half")
    parts: list[str | Path] = []
    for number, piece in enumerate(pieces):
        if number % 2:
            parts.append(path(piece))
        elif piece:
            parts.append(piece)
    return Template(text, tuple(parts), constant=len(pieces) == 1)
