"""What does a profile say of one element?

The element with what is below it and the slices beside it. A tree is grown by `snapshot` and only read afterwards.
Where an element says nothing of what is below it (`children` is None), that is as its type has it.
https://hl7.org/fhir/R4/elementdefinition.html
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass, field
from typing import Any

Json = Any
_SYSTEM = "http://hl7.org/fhirpath/System."
UNBOUNDED = 2**31


# A package is somebody else's file: any shape in it may be wrong, and these are what comes of it.
BAD_SHAPES = (KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError)


class DefinitionError(Exception):
    """A definition that cannot be used; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Type:
    """One type an element may have; which profiles it must keep, and what a reference of it may lead to."""

    code: str
    profiles: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Binding:
    """Which value set a coded element holds to, and how strictly."""

    strength: str
    value_set: str


@dataclass(frozen=True, slots=True)
class Constraint:
    """A rule in FHIRPath."""

    key: str
    severity: str
    human: str
    expression: str


@dataclass(frozen=True, slots=True)
class Slicing:
    """How the slices of an element are told apart."""

    discriminators: tuple[tuple[str, str], ...]
    rules: str = "open"
    ordered: bool = False


@dataclass(slots=True)
class Element:
    """One element, as one profile has it."""

    path: str
    name: str
    types: tuple[Type, ...] = ()
    least: int = 0
    most: int = 1
    # Whether JSON writes an array: the specification's maximum decides, and no profile changes it.
    repeats: bool = False
    # The key is `fixed` or `pattern`, the value what must be there.
    values: dict[str, Json] = field(default_factory=dict)
    bounds: dict[str, Json] = field(default_factory=dict)
    binding: Binding | None = None
    constraints: dict[str, Constraint] = field(default_factory=dict)
    content: str = ""
    modifier: bool = False
    slicing: Slicing | None = None
    slices: dict[str, Element] = field(default_factory=dict)
    children: dict[str, Element] | None = None

    @property
    def choice(self) -> bool:
        """Whether the key in JSON names the type as well."""
        return self.name.endswith("[x]")

    def grown(self) -> Element:
        """A copy that may be changed without this one changing."""
        made = copy(self)
        made.values, made.bounds, made.constraints = dict(self.values), dict(self.bounds), dict(self.constraints)
        made.slices = {name: each.grown() for name, each in self.slices.items()}
        if self.children is not None:
            made.children = {name: each.grown() for name, each in self.children.items()}
        return made

    def take(self, stated: dict[str, Json]) -> None:
        """Take on what an ElementDefinition states."""
        self.least = int(stated.get("min", self.least))
        if "max" in stated:
            self.most = UNBOUNDED if stated["max"] == "*" else int(stated["max"])
        # What a system type stands for is said once, where the specification defines the element.
        if stated.get("type") and not (self.types and stated["type"][0]["code"].startswith(_SYSTEM)):
            self.types = tuple(_types(stated))
        self.content = stated.get("contentReference", self.content).partition("#")[2] or self.content
        if "valueSet" in stated.get("binding", {}):
            self.binding = Binding(stated["binding"]["strength"], stated["binding"]["valueSet"])
        for each in stated.get("constraint", []):
            made = Constraint(each["key"], each["severity"], each.get("human", ""), each.get("expression", ""))
            self.constraints[made.key] = made
        self.modifier = bool(stated.get("isModifier", self.modifier))
        if "slicing" in stated:
            self.slicing = _slicing(stated["slicing"])
        for key, value in stated.items():
            self._take_value(key, value)

    def _take_value(self, key: str, value: Json) -> None:
        for word in ("fixed", "pattern"):
            if key.startswith(word):
                self.values[word] = value
        for word in ("maxLength", "minValue", "maxValue"):
            if key.startswith(word):
                self.bounds[word] = value


def _types(stated: dict[str, Json]) -> Iterator[Type]:
    for each in stated["type"]:
        code = each["code"]
        if code.startswith(_SYSTEM):
            code = _system_type(stated["path"])
        yield Type(code, tuple(each.get("profile", ())), tuple(each.get("targetProfile", ())))


def _system_type(path: str) -> str:
    """The specification writes FHIRPath's own types for ids, for the url of an extension and inside primitives."""
    return {"Resource.id": "System.id", "Extension.url": "uri"}.get(path, "System.string")


def _slicing(stated: dict[str, Json]) -> Slicing:
    told = tuple((each["type"], each["path"]) for each in stated.get("discriminator", []))
    return Slicing(told, stated.get("rules", "open"), bool(stated.get("ordered", False)))
