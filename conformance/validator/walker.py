"""Is a piece of JSON what its definition says?

Every element of every definition is compiled once into a closure, when it is first met; walking an instance calls them.
A closure is given the value, what stands beside it under `_name`, where it is, and the run that takes the findings.
https://hl7.org/fhir/R4/json.html
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from conformance.validator import primitives
from conformance.validator.bindings import Bindings
from conformance.validator.definitions import Definitions
from conformance.validator.element import BAD_SHAPES, Constraint, DefinitionError, Element, Type
from conformance.validator.extensions import Extensions
from conformance.validator.finding import Code
from conformance.validator.fixed import fault
from conformance.validator.invariants import invariant
from conformance.validator.members import members
from conformance.validator.references import References
from conformance.validator.run import Run

# The value, what stands beside it under `_name`, its path, the run.
Check = Callable[[Any, Any, str, Run], None]
# Held to by the walk itself: nothing may be empty.
_BY_THE_WALK = frozenset({"ele-1"})


class Walker:
    """The compiled definitions."""

    def __init__(self, definitions: Definitions, resource: Callable[[Any, str, Run, tuple[Type, ...]], None]) -> None:
        self.definitions = definitions
        self._resource = resource
        self._compiled: dict[str, Check] = {}
        self._broken: dict[str, DefinitionError] = {}
        self.bindings = Bindings(definitions)
        self.extensions = Extensions(definitions, self.profile)
        self.references = References(definitions, self.profile)

    def profile(self, canonical: str) -> Check:
        """The check for a definition, compiled when it is first called."""
        return self._compiled.get(canonical) or self._later(canonical, lambda: self._root(canonical))

    def type(self, name: str) -> Check:
        """The check for a type of the specification."""
        return self.profile("http://hl7.org/fhir/StructureDefinition/" + name)

    def _later(self, key: str, make: Callable[[], Check]) -> Check:
        def check(value: Any, extra: Any, path: str, run: Run) -> None:
            made = self._compiled.get(key)
            if made is None:
                made = self._compiled[key] = self._made(make)
            made(value, extra, path, run)

        return check

    def _made(self, make: Callable[[], Check]) -> Check:
        try:
            return make()
        except DefinitionError as found:
            said = str(found)
            return lambda _value, _extra, path, run: run.unchecked(path, said)

    def compile(self, canonical: str) -> None:
        """Compile a definition now; raises DefinitionError where that cannot be done."""
        if canonical in self._broken:
            raise self._broken[canonical]
        if canonical not in self._compiled:
            try:
                self._compiled[canonical] = self._root(canonical)
            except DefinitionError as fault:
                self._broken[canonical] = fault
                raise

    def _root(self, canonical: str) -> Check:
        tree = self.definitions.tree(canonical)
        name = str((self.definitions.structure(canonical) or {}).get("type"))
        try:
            return self.element(replace(tree, types=(Type(name),), repeats=False))
        except BAD_SHAPES as fault:
            raise DefinitionError(
                f"{canonical} cannot be used: it is not a StructureDefinition as R4 has it"
            ) from fault

    def element(self, element: Element) -> Check:
        """Compile one element that has one type: what is in it, then what is said of it as a whole."""
        kind = element.types[0] if element.types else Type("")
        inner = self._inner(element, kind)
        rules = [each for each in self._rules(element, kind) if each]
        if not rules:
            return inner

        def check(value: Any, extra: Any, path: str, run: Run) -> None:
            inner(value, extra, path, run)
            # What has the wrong shape is told once.
            if value is not None:
                for rule in rules:
                    rule(value, extra, path, run)

        return check

    def _inner(self, element: Element, kind: Type) -> Check:
        if kind.code in primitives.NAMES:
            return self._primitive(element, kind.code)
        if "." in element.path and self.definitions.is_a(kind.code, "Resource"):
            return self._inside(element)
        if element.children is not None:
            return members(self, element, kind.code)
        if element.content:
            return self._content(element.content)
        if not kind.code:
            said = f"{element.path}: the profile gives it no type"
            return lambda _value, _extra, path, run: run.unchecked(path, said)
        return self.type(kind.code)

    def _inside(self, element: Element) -> Check:
        """A resource in a resource is looked at as what it says that it is."""
        said = f"{element.path}: what a profile says of the inside of a resource, beside naming a profile for it"

        def check(value: Any, _extra: Any, path: str, run: Run) -> None:
            self._resource(value, path, run, element.types)
            if element.children is not None:
                run.unchecked(path, said)

        return check

    def _content(self, path: str) -> Check:
        def make() -> Check:
            found = self.definitions.type_tree(path.partition(".")[0])
            for name in path.split(".")[1:]:
                found = (found.children or {})[name]
            return self.element(found)

        return self._compiled.get("#" + path) or self._later("#" + path, make)

    def _primitive(self, element: Element, name: str) -> Check:
        said = primitives.primitive(name)
        beside = self._beside(element, name)

        def check(value: Any, extra: Any, path: str, run: Run) -> None:
            if value is not None:
                found = said(value)
                if found:
                    run.error(Code.VALUE, path, found)
            elif extra is None:
                run.error(Code.STRUCTURE, path, "is null, and nothing stands beside it")
            if extra is not None:
                beside(extra, None, path, run)

        return check

    def _beside(self, element: Element, name: str) -> Check:
        """What may stand beside a primitive value: an id and extensions."""
        if name.startswith("System."):
            return lambda _value, _extra, path, run: run.error(Code.STRUCTURE, path, "may have nothing beside it")

        def make() -> Check:
            children = element.children or self.definitions.type_tree(name).children or {}
            kept = {key: each for key, each in children.items() if key != "value"}
            return members(self, replace(element, children=kept), name)

        if element.children is None:
            return self._later(f"_{element.path}_{name}", make)
        return self._made(make)

    def _rules(self, element: Element, kind: Type) -> list[Check | None]:
        return [
            _value(element),
            _bounds(element),
            self.bindings.check(element, kind.code),
            self.references.check(kind),
            self._profiles(kind),
            *(self._invariant(element, kind)),
        ]

    def _profiles(self, kind: Type) -> Check | None:
        """One of the profiles that a type names must be kept; a resource's are looked at with the resource."""
        if not kind.profiles or self.definitions.is_a(kind.code, "Resource"):
            return None
        if kind.code == "Extension":
            return _one_of(frozenset(each.partition("|")[0] for each in kind.profiles))
        checks = [self.profile(each) for each in kind.profiles]
        if len(checks) == 1:
            return checks[0]

        def check(value: Any, extra: Any, path: str, run: Run) -> None:
            fits = [run.fits(lambda each=each: each(value, extra, path, run)) for each in checks]  # type: ignore[misc]
            if True not in fits and None in fits:
                run.unchecked(path, "none of the profiles that it may have could be checked whole")
            elif True not in fits:
                run.error(Code.STRUCTURE, path, "keeps none of the profiles that it may have")

        return check

    def _invariant(self, element: Element, kind: Type) -> list[Check]:
        known = self._of_type(kind.code)
        own = element.constraints
        if element.children is None:
            # What a type says of itself is asked where the type is checked.
            own = {key: each for key, each in own.items() if not _same(each, known.get(key))}
            known = {}
        # The engine knows a choice by its type.
        path = kind.code if element.choice else element.path
        made = [invariant(each, path) for key, each in (known | own).items() if key not in _BY_THE_WALK]
        return [each for each in made if each]

    def _of_type(self, name: str) -> dict[str, Constraint]:
        try:
            return dict(self.definitions.type_tree(name.removeprefix("System.")).constraints)
        except DefinitionError:
            return {}


def _one_of(urls: frozenset[str]) -> Check:
    """An extension is one of those that a profile lets be here; its url says which, and finds its definition."""

    def check(value: Any, _extra: Any, path: str, run: Run) -> None:
        if isinstance(value, dict) and isinstance(value.get("url"), str) and value["url"] not in urls:
            run.error(Code.EXTENSION, path, f"is not {' or '.join(sorted(urls))}")

    return check


def _same(told: Constraint, other: Constraint | None) -> bool:
    return other is not None and told.expression == other.expression


def _value(element: Element) -> Check | None:
    wanted = element.values
    if not wanted:
        return None

    def check(value: Any, _extra: Any, path: str, run: Run) -> None:
        said = fault(value, wanted)
        if said:
            run.error(Code.VALUE, path, said)

    return check


def _bounds(element: Element) -> Check | None:
    bounds = element.bounds
    if not bounds:
        return None
    longest, low, high = (bounds.get(key) for key in ("maxLength", "minValue", "maxValue"))

    def check(value: Any, _extra: Any, path: str, run: Run) -> None:
        if isinstance(longest, int) and isinstance(value, str) and len(value) > longest:
            run.error(Code.VALUE, path, f"is longer than {longest} characters")
        for bound, beyond in ((low, _less), (high, _more)):
            if bound is not None and not _comparable(value, bound):
                run.unchecked(path, f"the bounds of {element.path}: not a number or a date")
            elif bound is not None and beyond(value, bound):
                run.error(Code.VALUE, path, "is beyond the bound of the profile")

    return check


def _comparable(value: Any, bound: Any) -> bool:
    return all(isinstance(each, int | float) for each in (value, bound)) or (
        # Dates of one precision are in the order of their letters.
        isinstance(value, str) and isinstance(bound, str) and len(value) == len(bound) <= len("2000-01-01")
    )


def _less(value: Any, bound: Any) -> bool:
    return bool(value < bound)


def _more(value: Any, bound: Any) -> bool:
    return bool(value > bound)
