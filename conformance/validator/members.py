"""Are the members of a JSON object those that the element has?

Unknown names, two types of one choice, arrays where there are none and none where there are, how often something is
there: this is the part that runs for every object, so what can be decided once is decided when it is made.
https://hl7.org/fhir/R4/json.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from conformance.validator import primitives
from conformance.validator.element import Element
from conformance.validator.finding import Code
from conformance.validator.run import Run
from conformance.validator.slicing import sliced
from conformance.validator.snapshot import choice_key

if TYPE_CHECKING:
    from conformance.validator.walker import Check, Walker

_EXTENSIONS = ("extension", "modifierExtension")


@dataclass(frozen=True, slots=True)
class _Slot:
    """What a name in JSON stands for."""

    name: str
    step: str
    check: Check
    primitive: bool


def members(walker: Walker, element: Element, kind: str) -> Check:
    """Compile the check of an object by its children."""
    slots = {key: slot for child in (element.children or {}).values() for key, slot in _slots(walker, child)}
    required = tuple(_required(element))
    is_resource = walker.definitions.is_a(kind, "Resource")
    extensions = walker.extensions.of(element.path, kind)

    def check(value: Any, _extra: Any, path: str, run: Run) -> None:
        if type(value) is not dict:
            run.error(Code.STRUCTURE, path, "is no JSON object")
            return
        if not value or (not is_resource and value.keys() == {"id"}):
            run.error(Code.STRUCTURE, path, "is empty")
        present: dict[str, str] = {}
        for key in value:
            slot = slots.get(key)
            if slot is not None:
                _there(slot, key, present, path, run)
                slot.check(value[key], value.get("_" + key) if slot.primitive else None, path + slot.step, run)
            elif not (is_resource and key == "resourceType"):
                _otherwise(slots, value, key, present, path, run)
        for name, step, keys, said in required:
            if name not in present or (keys and present[name].removeprefix("_") not in keys):
                run.error(Code.REQUIRED, path + step, said)
        for key in _EXTENSIONS:
            if key in value:
                extensions(value, key, path, run)

    return check


def _there(slot: _Slot, key: str, present: dict[str, str], path: str, run: Run) -> None:
    """Note that an element is there; a choice is there with one type only."""
    if present.setdefault(slot.name, key).removeprefix("_") != key.removeprefix("_"):
        run.error(Code.STRUCTURE, path + slot.step, "is there with more than one type")


def _otherwise(
    slots: dict[str, _Slot], value: dict[str, Any], key: str, present: dict[str, str], path: str, run: Run
) -> None:
    """A name that is no element's: what stands beside a primitive, or what nobody knows."""
    slot = _beside(slots, key)
    if slot is None:
        choice = _choice(key, slots)
        said = "has a type that is not allowed here" if choice else "is not an element of this"
        run.error(Code.STRUCTURE, f"{path}.{_harmless(key)}", said)
        present.setdefault(choice, key)
    elif key[1:] not in value:
        _there(slot, key, present, path, run)
        slot.check(None, value[key], path + slot.step, run)


def _beside(slots: dict[str, _Slot], key: str) -> _Slot | None:
    slot = slots.get(key[1:]) if key[:1] == "_" else None
    return slot if slot and slot.primitive else None


def _choice(key: str, slots: dict[str, _Slot]) -> str:
    """The choice that a name is meant to be of, if it is."""
    for slot in slots.values():
        stem = slot.name.removesuffix("[x]")
        if stem != slot.name and key.startswith(stem) and key[len(stem) :][:1].isupper():
            return slot.name
    return ""


def _harmless(key: str) -> str:
    """A name that nobody defined may hold anything: only what looks like a name is shown."""
    return key if key.isidentifier() and key.isascii() and len(key) < 64 else "?"


def _slots(walker: Walker, child: Element) -> Iterator[tuple[str, _Slot]]:
    step = "." + child.name.removesuffix("[x]")
    for key, narrowed in _narrowed(child):
        code = narrowed.types[0].code if narrowed.types else ""
        check = sliced(walker, narrowed) if narrowed.slices else walker.element(narrowed)
        made = _repeated(check, child) if child.repeats else _single(_alone(check) if narrowed.slices else check)
        yield (
            key,
            _Slot(child.name, step, made if child.most and narrowed.most else _forbidden, code in primitives.NAMES),
        )


def _narrowed(child: Element) -> Iterator[tuple[str, Element]]:
    """The keys that an element may have in JSON, each with what is said of it there."""
    if not child.choice:
        yield child.name, child
        return
    for kind in child.types:
        key = choice_key(child.name, kind.code)
        by_type = [each for each in child.slices.values() if [t.code for t in each.types] == [kind.code]]
        if not by_type and child.slices and child.slicing and child.slicing.rules == "closed":
            continue
        told = by_type[0] if len(by_type) == 1 else child
        types = tuple(each for each in told.types if each.code == kind.code)
        other = {name: each for name, each in child.slices.items() if kind.code in {t.code for t in each.types}}
        rest = {} if by_type else other
        yield key, replace(told, types=types or (kind,), slices=rest)


def _required(element: Element) -> Iterator[tuple[str, str, frozenset[str], str]]:
    for child in (element.children or {}).values():
        step = "." + child.name.removesuffix("[x]")
        if child.least:
            yield child.name, step, frozenset(), "is required and missing"
        for name, each in child.slices.items():
            if not each.least:
                continue
            keys = {choice_key(child.name, kind.code) for kind in each.types} if child.choice else set()
            if child.choice or not child.least:
                yield child.name, step, frozenset(keys), f"has no {name}, which is required"


def _forbidden(_value: Any, _extra: Any, path: str, run: Run) -> None:
    run.error(Code.STRUCTURE, path, "is not allowed here")


def _single(check: Check) -> Check:
    def one(value: Any, extra: Any, path: str, run: Run) -> None:
        if type(value) is list:
            run.error(Code.STRUCTURE, path, "is a JSON array and may not be one")
        else:
            check(value, extra, path, run)

    return one


def _alone(check: Check) -> Check:
    """Slices of what is there only once."""
    return lambda value, extra, path, run: check([value], [extra], path, run)


def _repeated(check: Check, child: Element) -> Check:
    each_of: Callable[..., None] = check if child.slices else _every(check)
    least, most = child.least, child.most

    def several(value: Any, extra: Any, path: str, run: Run) -> None:
        if type(value) is not list and (value is not None or type(extra) is not list):
            run.error(Code.STRUCTURE, path, "is no JSON array")
            return
        if (extra is not None and type(extra) is not list) or (value and extra and len(value) != len(extra)):
            run.error(Code.STRUCTURE, path, "has beside it no array of the same length")
            extra = None
        count = len(value) if value is not None else len(extra)
        if not count:
            run.error(Code.STRUCTURE, path, "is an empty array")
        elif count < least:
            run.error(Code.REQUIRED, path, f"is there {count} times; at least {least}")
        if count > most:
            run.error(Code.STRUCTURE, path, f"is there {count} times; at most {most}")
        each_of(value if value is not None else [None] * count, extra, path, run)

    return several


def _every(check: Check) -> Check:
    def every(value: Any, extra: Any, path: str, run: Run) -> None:
        for n, item in enumerate(value):
            check(item, extra[n] if extra else None, f"{path}[{n}]", run)

    return every
