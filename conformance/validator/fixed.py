"""Is what is there what a profile says must be there?

A fixed value is the whole of it; a pattern is what must at least be there, in lists among other things.
https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.fixed_x_
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def equal(value: Any, wanted: Any) -> bool:
    """Equal as FHIR is: true is not 1, and a number is what it says."""
    if isinstance(value, bool) or isinstance(wanted, bool):
        return value is wanted
    if isinstance(wanted, dict):
        return (
            isinstance(value, dict)
            and value.keys() == wanted.keys()
            and all(equal(value[key], inner) for key, inner in wanted.items())
        )
    if isinstance(wanted, list):
        same = isinstance(value, list) and len(value) == len(wanted)
        return same and all(equal(each, inner) for each, inner in zip(value, wanted, strict=True))
    return bool(value == wanted)


def holds(value: Any, pattern: Any) -> bool:
    """Whether a value has all that a pattern has."""
    if isinstance(pattern, dict):
        return isinstance(value, dict) and all(
            key in value and holds(value[key], inner) for key, inner in pattern.items()
        )
    if isinstance(pattern, list):
        return isinstance(value, list) and all(any(holds(each, inner) for each in value) for inner in pattern)
    return equal(value, pattern)


def fault(value: Any, wanted: Mapping[str, Any]) -> str:
    """What is wrong with a value beside a fixed value or a pattern; nothing where it is right."""
    if "fixed" in wanted and not equal(value, wanted["fixed"]):
        return f"is not the fixed value{_shown(wanted['fixed'])}"
    if "pattern" in wanted and not holds(value, wanted["pattern"]):
        return f"does not hold the pattern{_shown(wanted['pattern'])}"
    return ""


def _shown(wanted: Any) -> str:
    return f" {wanted}" if isinstance(wanted, str | int | float) else " of the profile"
