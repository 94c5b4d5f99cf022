"""Which slice does each item belong to, and are there as many of each as there may be?

The first slice whose discriminators all fit is the one. What a discriminator needs and is not at hand leaves the item
unchecked against slices, and that is said.
https://hl7.org/fhir/R4/profiling.html#slicing
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conformance.validator.discriminator import Fits, discriminator
from conformance.validator.element import UNBOUNDED, DefinitionError, Element
from conformance.validator.finding import Code
from conformance.validator.run import Run

if TYPE_CHECKING:
    from conformance.validator.walker import Check, Walker

_OPEN_AT_END, _CLOSED = "openAtEnd", "closed"


@dataclass(frozen=True, slots=True)
class _Slice:
    name: str
    fits: tuple[Fits, ...]
    check: Check
    least: int
    most: int


def sliced(walker: Walker, element: Element) -> Check:
    """Compile the check of all items of a sliced element."""
    plain = element.grown()
    plain.slices, plain.slicing = {}, None
    other = walker.element(plain)
    # A slash in its name makes it a slice of a slice.
    told = {name: each for name, each in element.slices.items() if "/" not in name}
    try:
        if len(told) < len(element.slices):
            raise DefinitionError("there are slices of slices")
        slices = [_slice(walker, element, name, each) for name, each in told.items()]
    except DefinitionError as fault:
        return _unsliced(other, element, f"slices of {element.path}: {fault}")
    choose = _chooser(slices)
    said = f"slices of {element.path}: a discriminator needs what is not at hand"

    def check(value: Any, extra: Any, path: str, run: Run) -> None:
        chosen: list[int] = []
        for n, item in enumerate(value):
            at = f"{path}[{n}]" if element.repeats else path
            found = choose(item, at, run)
            if found is None:
                run.unchecked(at, said)
                found = -2
            chosen.append(found)
            made = slices[found].check if found >= 0 else other
            made(item, extra[n] if extra else None, at, run)
        _count(slices, chosen, path, run)
        _order(element, chosen, path, run)

    return check


def _slice(walker: Walker, element: Element, name: str, each: Element) -> _Slice:
    told = element.slicing
    if told is None or not told.discriminators:
        raise DefinitionError("nothing says how they are told apart")
    fits = tuple(discriminator(walker, kind, path, each) for kind, path in told.discriminators)
    most = 0 if each.most == 0 else each.most if element.repeats else UNBOUNDED
    return _Slice(name, fits, walker.element(each), each.least, most)


def _chooser(slices: list[_Slice]) -> Callable[[Any, str, Run], int | None]:
    def choose(item: Any, path: str, run: Run) -> int | None:
        """The number of the slice, -1 for none, None where that cannot be told."""
        doubt = False
        for n, each in enumerate(slices):
            found: bool | None = True
            for fits in each.fits:
                one = fits(item, path, run)
                if one is False:
                    found = False
                    break
                found = None if one is None else found
            if found:
                return n
            doubt = doubt or found is None
        return None if doubt else -1

    return choose


def _unsliced(other: Check, element: Element, said: str) -> Check:
    def check(value: Any, extra: Any, path: str, run: Run) -> None:
        run.unchecked(path, said)
        for n, item in enumerate(value):
            other(item, extra[n] if extra else None, f"{path}[{n}]" if element.repeats else path, run)

    return check


def _count(slices: list[_Slice], chosen: list[int], path: str, run: Run) -> None:
    doubt = -2 in chosen
    for n, each in enumerate(slices):
        count = chosen.count(n)
        if count < each.least and not doubt:
            run.error(Code.REQUIRED, path, f"has {count} of {each.name}; at least {each.least}")
        if count > each.most:
            run.error(Code.STRUCTURE, path, f"has {count} of {each.name}; at most {each.most}")


def _order(element: Element, chosen: list[int], path: str, run: Run) -> None:
    told = element.slicing
    if told is None or -2 in chosen:
        return
    inside = [n for n in chosen if n >= 0]
    if told.rules == _CLOSED and -1 in chosen:
        at = f"{path}[{chosen.index(-1)}]" if element.repeats else path
        run.error(Code.STRUCTURE, at, "belongs to no slice, and the slicing is closed")
    if told.ordered and inside != sorted(inside):
        run.error(Code.STRUCTURE, path, "has its slices in another order than the profile")
    if told.rules == _OPEN_AT_END and chosen[: len(inside)] != inside:
        run.error(Code.STRUCTURE, path, "has what belongs to no slice before the end")
