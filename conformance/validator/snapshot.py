"""What does a profile come to, with all that it builds upon?

Each element that a definition states, a differential's or a snapshot's alike, is laid onto the tree of its base. A tree
unfolds where a profile reaches below a data type, and a slice begins as a copy of the element it is a slice of.
https://hl7.org/fhir/R4/profiling.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from conformance.validator.element import DefinitionError, Element, Slicing, Type

# Gives the tree of a type by its name.
TypeTree = Callable[[str], Element]
_BY_URL = Slicing((("value", "url"),))
_BY_TYPE = Slicing((("type", "$this"),))


def lay(root: Element, stated: Iterable[dict[str, Any]], tree: TypeTree, *, own: bool) -> None:
    """Lay elements onto a tree; only a type's own definition (`own`) adds what its base does not have."""
    for steps, element in _addressed(stated):
        found = root
        for name, slice_name in steps[1:]:
            found = _step(found, name, slice_name, element, tree, own=own)
        found.take(element)
        if own and "max" in element:
            found.repeats = found.most > 1
    _settle(root)


def unfold(element: Element, tree: TypeTree) -> dict[str, Element]:
    """The children of an element; its type's, where it states none."""
    if element.children is None:
        if element.content:
            return _content(element, tree)
        if len(element.types) != 1:
            raise DefinitionError(f"{element.path} has children and not exactly one type")
        element.children = tree(element.types[0].code).grown().children or {}
    return element.children


def _content(element: Element, tree: TypeTree) -> dict[str, Element]:
    """The children of the element that this one is as."""
    first, *rest = element.content.split(".")
    found = tree(first)
    for name in rest:
        found = unfold(found, tree)[name]
    element.children = {name: each.grown() for name, each in unfold(found, tree).items()}
    return element.children


def _addressed(stated: Iterable[dict[str, Any]]) -> Iterator[tuple[list[tuple[str, str]], dict[str, Any]]]:
    """Each element with the way to it: name and slice, step by step."""
    within: dict[str, str] = {}
    for element in stated:
        path = element["path"]
        # A slice lasts until its own path is stated anew.
        within = {at: name for at, name in within.items() if path != at and (path + ".").startswith(at + ".")}
        if "sliceName" in element:
            within[path] = element["sliceName"]
        identified = element.get("id")
        if identified and identified.count(".") == path.count("."):
            steps = [step.partition(":")[::2] for step in identified.split(".")]
        else:
            names = path.split(".")
            steps = [(name, within.get(".".join(names[: n + 1]), "")) for n, name in enumerate(names)]
        yield steps, element


def _step(
    parent: Element, name: str, slice_name: str, element: dict[str, Any], tree: TypeTree, *, own: bool
) -> Element:
    children = unfold(parent, tree)
    if name not in children:
        choice = _choice(children, name)
        if choice:
            # `valueString` says the same as the slice `valueString` of `value[x]`.
            name, slice_name = choice, slice_name or name
        elif own:
            children[name] = Element(f"{parent.path}.{name}", name)
        else:
            raise DefinitionError(f"{element['path']} is no element of its base")
    found = children[name]
    return _slice(found, slice_name) if slice_name else found


def _choice(children: dict[str, Element], name: str) -> str:
    for key, child in children.items():
        if child.choice and any(name == choice_key(key, each.code) for each in child.types):
            return key
    return ""


def choice_key(name: str, code: str) -> str:
    """The key in JSON for one type of a choice."""
    return name.removesuffix("[x]") + code[:1].upper() + code[1:]


def _slice(element: Element, name: str) -> Element:
    if name not in element.slices:
        made = element.grown()
        made.slices, made.slicing, made.least = {}, None, 0
        if element.choice:
            narrowed = tuple(each for each in made.types if choice_key(element.name, each.code) == name)
            made.types = narrowed or made.types
            made.most = 1
        element.slices[name] = made
    return element.slices[name]


def _settle(element: Element) -> None:
    """Give slices that are told apart in the way everybody knows their discriminator."""
    if element.slices and (element.slicing is None or not element.slicing.discriminators):
        known = _BY_URL if element.name in ("extension", "modifierExtension") else _BY_TYPE if element.choice else None
        if known:
            rules = element.slicing.rules if element.slicing else "open"
            element.slicing = Slicing(known.discriminators, rules)
    for each in [*element.slices.values(), *(element.children or {}).values()]:
        _settle(each)


def root_of(type_name: str) -> Element:
    """Where the tree of a type begins that builds upon nothing."""
    return Element(type_name, type_name, types=(Type(type_name),), children={})
