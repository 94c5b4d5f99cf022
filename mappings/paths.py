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
from collections.abc import Callable
from dataclasses import dataclass, field

from mappings.record import Node

_NAME = r"[A-Za-z_][\w.-]*"
_TEST = re.compile(rf"\[({_NAME})(!=|!~|=|~)([^\[\]|]+(?:\|[^\[\]|]+)*)\]")
_STEP = re.compile(rf"(\.|{_NAME})((?:{_TEST.pattern})*)")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")

_BLANK = "blank"

# What case systems write for "no key"; two records that both say so are not the same record.
_NO_KEY = {"-1", "n/a"}

Step = Callable[[list[Node]], list[Node]]
Test = Callable[[Node], bool]


class PathError(ValueError):
    """A path that is not of the language."""


@dataclass(frozen=True)
class Path:
    text: str
    absolute: bool
    steps: tuple[Step, ...] = field(repr=False)
    attribute: str | None

    def nodes(self, node: Node, root: Node) -> list[Node]:
        found = [root if self.absolute else node]
        for step in self.steps:
            found = step(found)
        return found

    def values(self, node: Node, root: Node) -> list[tuple[Node, str | None]]:
        """Every node that the path leads to, with what it says: None when it is blank."""
        attribute = self.attribute
        if attribute is None:
            return [(found, found.text or None) for found in self.nodes(node, root)]
        return [(found, found.attributes.get(attribute) or None) for found in self.nodes(node, root)]

    def first(self, node: Node, root: Node) -> str | None:
        for _, value in self.values(node, root):
            if value:
                return value
        return None


def path(text: str) -> Path:
    body, _, attribute = text.partition("@") if "[" not in text else _split_attribute(text)
    if attribute and not re.fullmatch(_NAME, attribute):
        raise PathError(f"`{text}` is no path: `{attribute}` is no attribute name")
    if not body and not attribute:
        raise PathError("an empty path")
    absolute = body.startswith("/")
    steps = tuple(_step(part, text) for part in _parts(body.removeprefix("/"))) if body.strip("/") else ()
    return Path(text, absolute, tuple(step for step in steps if step is not None), attribute or None)


def _split_attribute(text: str) -> tuple[str, str, str]:
    end = text.rindex("]") + 1 if "]" in text else len(text)
    inside, after = text[:end], text[end:]
    before, at, attribute = after.partition("@")
    return inside + before, at, attribute


def _parts(body: str) -> list[str]:
    """The steps; a slash within brackets belongs to a word."""
    return re.split(r"/(?![^\[]*\])", body)


def _step(part: str, whole: str) -> Step | None:
    matched = _STEP.fullmatch(part)
    if matched is None:
        raise PathError(f"`{whole}` is no path: `{part}` is not understood")
    name = matched.group(1)
    tests = tuple(_test(*found) for found in _TEST.findall(matched.group(2)))
    if name == ".":
        return (lambda nodes: [node for node in nodes if all(test(node) for test in tests)]) if tests else None
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
