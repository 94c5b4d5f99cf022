"""Does an item have what makes it belong to a slice?

A discriminator names a way from the item to what tells slices apart, and what of it is looked at: its value (or
pattern, which is the same question), whether it exists, its type, or which profile it keeps.
https://hl7.org/fhir/R4/profiling.html#discriminator
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conformance.validator import primitives
from conformance.validator.element import DefinitionError, Element, Type
from conformance.validator.fixed import fault
from conformance.validator.run import Run
from conformance.validator.snapshot import choice_key, unfold

if TYPE_CHECKING:
    from conformance.validator.walker import Check, Walker

# True, False, or None where it cannot be told.
Fits = Callable[[Any, str, Run], bool | None]
_STEPS = re.compile(r"extension\('(?P<url>[^']+)'\)|(?P<resolve>resolve\(\))|ofType\((?P<type>\w+)\)|(?P<name>\$?\w+)")
_SEPARATED = re.compile(r"\.(?![^(]*\))")
_MANY = 64


def discriminator(walker: Walker, kind: str, path: str, element: Element) -> Fits:
    """Compile one discriminator of one slice; raises DefinitionError where it has nothing to look at."""
    steps = [_STEPS.fullmatch(step) for step in _SEPARATED.split(path)]
    if None in steps:
        raise DefinitionError(f"the discriminator {path} is not one that is known")
    told = _Way(walker, [step for step in steps if step], element)
    made: dict[str, Callable[[_Way, str], Fits]] = {
        "value": _by_value, "pattern": _by_value, "exists": _by_existence, "type": _by_type, "profile": _by_profile,
    }  # fmt: skip
    if kind not in made:
        raise DefinitionError(f"a discriminator cannot be of type {kind}")
    return made[kind](told, path)


class _Way:
    """A discriminator's way, through the slice's definition and through an instance."""

    def __init__(self, walker: Walker, steps: list[re.Match[str]], element: Element) -> None:
        self.walker = walker
        self._steps = steps
        self.element: Element | None = element.grown()
        for step in steps:
            self.element = self._down(self.element, step) if self.element else None

    def _down(self, element: Element, step: re.Match[str]) -> Element | None:
        if step["resolve"]:
            targets = tuple(target for kind in element.types for target in kind.targets)
            return Element(element.path, element.name, types=(Type("Resource", targets),), least=element.least)
        if step["type"]:
            return replace(element, types=tuple(each for each in element.types if each.code == step["type"]))
        if step["url"]:
            return self._extension(element, step["url"])
        if step["name"] == "$this":
            return element
        return self._child(element, step["name"])

    def _child(self, element: Element, name: str) -> Element | None:
        own = _named(unfold(element, self.walker.definitions.type_tree), name)
        profiles = [profile for kind in element.types for profile in kind.profiles]
        if len(profiles) != 1 or (own and _stated(own)):
            return own
        if name == "url" and element.types[0].code == "Extension":
            # An extension's url is the address of its definition, at hand or not.
            return Element("Extension.url", "url", values={"fixed": profiles[0].partition("|")[0]})
        return _named(self.walker.definitions.tree(profiles[0]).children or {}, name)

    def _extension(self, element: Element, url: str) -> Element | None:
        children = unfold(element, self.walker.definitions.type_tree)
        for each in children["extension"].slices.values():
            if url in [profile for kind in each.types for profile in kind.profiles]:
                return each
        return None

    def values(self, item: Any, run: Run) -> list[tuple[str, Any]] | None:
        """What an instance has at the end of the way, with the key that it has in JSON; None where it is elsewhere."""
        found: list[tuple[str, Any]] = [("", item)]
        for step in self._steps:
            reached: list[tuple[str, Any]] = []
            for key, value in found:
                more = self._next(key, value, step, run)
                if more is None:
                    return None
                reached += more
            if len(reached) > _MANY:
                return None
            found = reached
        return found

    def _next(self, key: str, value: Any, step: re.Match[str], run: Run) -> list[tuple[str, Any]] | None:
        if step["resolve"]:
            target = self.walker.references.resolve(value, run)
            return [(key, target)] if target is not None else None
        if step["type"]:
            return [(key, value)] if key.endswith(step["type"][0].upper() + step["type"][1:]) else []
        if step["url"]:
            inside = _members(value, "extension")
            return [one for one in inside if isinstance(one[1], dict) and one[1].get("url") == step["url"]]
        return [(key, value)] if step["name"] == "$this" else list(_members(value, step["name"]))


def _members(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    if not isinstance(value, dict):
        return
    for key, inner in value.items():
        if key == name or (key.startswith(name) and key[len(name) :][:1].isupper() and name not in value):
            for each in inner if isinstance(inner, list) else [inner]:
                yield key, each


def _named(children: dict[str, Element], name: str) -> Element | None:
    found = children.get(name) or children.get(f"{name}[x]")
    if found and found.choice and len(found.slices) == 1:
        return next(iter(found.slices.values()))
    return found


def _stated(element: Element) -> bool:
    return bool(element.values) or any(_stated(each) for each in (element.children or {}).values())


def _by_value(way: _Way, path: str) -> Fits:
    element = way.element
    if element is None:
        raise DefinitionError(f"the discriminator {path} leads nowhere")
    wanted = _wanted(way, element, path)

    def fits(item: Any, _path: str, run: Run) -> bool | None:
        values = way.values(item, run)
        if values is None:
            return None
        answers = [wanted(value, run) for _, value in values]
        return True if True in answers else None if None in answers else False

    return fits


def _wanted(way: _Way, element: Element, path: str) -> Callable[[Any, Run], bool | None]:
    """What a value at the end of the way must be."""
    if element.values:
        return lambda value, _run: not fault(value, element.values)
    stated = [each for each in (element.children or {}).values() if _stated(each)]
    if stated:
        inner = [(each.name, _wanted(way, each, path)) for each in stated]
        return lambda value, run: _all_of(inner, value, run)
    if element.binding and element.binding.strength == "required":
        check = way.walker.bindings.member(element.binding.value_set)
        return lambda value, _run: check(value)
    raise DefinitionError(f"nothing fixes what the discriminator {path} looks at")


def _all_of(inner: list[tuple[str, Callable[[Any, Run], bool | None]]], value: Any, run: Run) -> bool | None:
    answers = []
    for name, wanted in inner:
        found = [wanted(each, run) for _, each in _members(value, name)]
        answers.append(True if True in found else None if None in found else False)
    return False if False in answers else None if None in answers else True


def _by_existence(way: _Way, path: str) -> Fits:
    element = way.element
    if element is None or (element.least == 0 and element.most > 0):
        raise DefinitionError(f"the slice says neither that {path} is there nor that it is not")
    there = element.most > 0

    def fits(item: Any, _path: str, run: Run) -> bool | None:
        values = way.values(item, run)
        return None if values is None else bool(values) is there

    return fits


def _by_type(way: _Way, path: str) -> Fits:
    if way.element is None or not way.element.types:
        raise DefinitionError(f"the discriminator {path} leads nowhere")
    resolved = [target.rpartition("/")[2] for kind in way.element.types for target in kind.profiles]
    resource = way.element.types[0].code == "Resource" and bool(resolved)
    codes = tuple(resolved if resource else [kind.code for kind in way.element.types])
    is_a, element = way.walker.definitions.is_a, way.element

    def of(key: str, value: Any) -> bool:
        if isinstance(value, dict) and "resourceType" in value:
            return any(is_a(str(value["resourceType"]), code) for code in codes)
        if key and element.choice:
            return any(key == choice_key(element.name, code) for code in codes)
        return any(_looks_like(value, code) for code in codes)

    def fits(item: Any, _path: str, run: Run) -> bool | None:
        values = way.values(item, run)
        return None if values is None else any(of(key, value) for key, value in values)

    return fits


def _looks_like(value: Any, code: str) -> bool:
    """Where the key does not name the type, the shape must."""
    return not primitives.primitive(code)(value) if code in primitives.NAMES else isinstance(value, dict)


def _by_profile(way: _Way, path: str) -> Fits:
    profiles = [profile for kind in (way.element.types if way.element else ()) for profile in kind.profiles]
    if not profiles:
        raise DefinitionError(f"the slice names no profile for {path}")
    checks = [way.walker.profile(each) for each in profiles]

    def fits(item: Any, at: str, run: Run) -> bool | None:
        values = way.values(item, run)
        if values is None:
            return None
        tried = [_keeps(check, value, at, run) for _, value in values for check in checks]
        return True if True in tried else None if None in tried else False

    return fits


def _keeps(check: Check, value: Any, path: str, run: Run) -> bool | None:
    if not isinstance(value, dict) or "resourceType" not in value:
        return run.fits(lambda: check(value, None, path, run))
    with run.within(run.scope.inside(value, path)):
        return run.fits(lambda: check(value, None, path, run))
