"""Does an element keep the rules that a definition gives in FHIRPath?

Each expression is parsed once. One that the engine cannot run, or that gives no answer for what it was asked of, is not
checked, and that is said: it never passes in silence.
https://hl7.org/fhir/R4/fhirpath.html
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache
from textwrap import shorten
from typing import TYPE_CHECKING, Any, NoReturn

from conformance.validator.element import Constraint
from conformance.validator.finding import Code, Severity
from conformance.validator.native import Keeps, native
from conformance.validator.run import Run

if TYPE_CHECKING:
    from conformance.validator.walker import Check

_LONGEST = 4_000
_SHOWN = 200
# The engine keeps one clock for all that it runs.
_ENGINE = threading.Lock()


def invariant(told: Constraint, path: str) -> Check | None:
    """Compile one rule of the element that has this path in its definition."""
    severity = Severity.WARNING if told.severity == "warning" else Severity.ERROR
    # The specification's own table has the rule and not its prose.
    said = f"breaks {told.key}: {shorten(told.human or told.expression, _SHOWN, placeholder=' ...')}"
    unchecked = f"the rule {told.key}: its expression gives no answer here"
    if not told.expression:
        return lambda _value, _extra, at, run: run.unchecked(at, f"the rule {told.key}: it has no expression")
    by_hand = native(told.key, told.expression)
    keeps = _guarded(by_hand or _engine(told.expression, path), simple=by_hand is None)

    def check(value: Any, _extra: Any, at: str, run: Run) -> None:
        answer = keeps(value, run)
        if answer is None:
            run.unchecked(at, unchecked)
        elif not answer:
            run.note(severity, Code.INVARIANT, at, said)

    return check


def _guarded(keeps: Keeps, *, simple: bool) -> Keeps:
    """A rule is asked only of what has the shape for it; the wrong shape has been told already."""

    def guarded(value: Any, run: Run) -> bool | None:
        if not isinstance(value, dict) and not (simple and isinstance(value, str | int | float)):
            return True
        return keeps(value, run)

    return guarded


def _engine(expression: str, path: str) -> Keeps:
    def keeps(value: Any, run: Run) -> bool | None:
        run_it = compiled(expression)
        if run_it is None:
            return None
        around = {"resource": run.scope.resource, "rootResource": run.scope.root.resource}
        return run_it(value, path, around)

    return keeps


@cache
def compiled(expression: str) -> Callable[[Any, str, dict[str, Any]], bool | None] | None:
    """An expression ready to run; None where it cannot be parsed."""
    # The engine and its grammar take time to load: only who has a rule to run waits for them.
    import fhirpathpy
    from fhirpathpy.engine.nodes import ResourceNode
    from fhirpathpy.models import models

    # The engine knows the type of a value by the path it has in its definition; its own annotations are not so exact.
    typed: Callable[[Any, str], Any] = ResourceNode
    if len(expression) > _LONGEST or not _well_formed(expression):
        return None
    table = {"hasValue": {"fn": _has_value, "arity": {0: []}}}
    # Without a function of ours the engine prints what an expression traces: that may be a person's.
    options = {"userInvocationTable": table, "traceFn": _silent}
    try:
        with _ENGINE:
            parsed = fhirpathpy.compile(expression, models["r4"], options)
    except Exception:  # An expression may be wrong in any way, and what the engine raises for it differs.
        return None

    def run_it(value: Any, path: str, around: dict[str, Any]) -> bool | None:
        try:
            with _ENGINE:
                found = parsed(typed(value, path), around)
        except Exception:
            return None
        return found[0] if len(found) == 1 and isinstance(found[0], bool) else None

    return run_it


def _well_formed(expression: str) -> bool:
    """Whether all of an expression is FHIRPath: the engine itself runs the part of it that is."""
    from antlr4 import CommonTokenStream, InputStream  # type: ignore[import-untyped]
    from antlr4.error.Errors import LexerNoViableAltException  # type: ignore[import-untyped]
    from fhirpathpy.parser.generated.FHIRPathLexer import FHIRPathLexer
    from fhirpathpy.parser.generated.FHIRPathParser import FHIRPathParser

    def refuse(fault: Exception) -> NoReturn:
        raise fault

    lexer = FHIRPathLexer(InputStream(expression))
    lexer.recover = refuse
    lexer.removeErrorListeners()
    parser: Any = FHIRPathParser(CommonTokenStream(lexer))
    parser.removeErrorListeners()
    try:
        parser.entireExpression()
    except LexerNoViableAltException:
        return False
    return bool(parser.getNumberOfSyntaxErrors() == 0)


def _silent(*_traced: Any) -> None:
    """Say nothing."""


def _has_value(given: list[Any]) -> list[bool]:
    values = [getattr(each, "data", each) for each in given]
    return [len(values) == 1 and values[0] is not None and not isinstance(values[0], dict | list)]
