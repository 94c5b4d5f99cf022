"""Is it FHIR?

Structure is checked where data enters, with fhir.resources' R4B models (field for field those of R4 4.0.1 for the
types here). What is surely well formed by the compiled check is not taken apart by them. Nothing on the way out
imports this: the models rewrite instants and decimals, and are slow.
https://hl7.org/fhir/R4/resourcelist.html
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

from fhir_core.fhirabstractmodel import FHIRAbstractModel
from pydantic import ValidationError

from adapter.structure import surely_well_formed

_TYPES = {
    "CareTeam": "careteam",
    "Consent": "consent",
    "EpisodeOfCare": "episodeofcare",
    "Patient": "patient",
    "Provenance": "provenance",
    "RelatedPerson": "relatedperson",
}
# fhir.resources knows required bindings and does not hold to them.
_REQUIRED_CODES = {
    ("CareTeam", "status"): ("proposed", "active", "suspended", "inactive", "entered-in-error"),
    ("Consent", "status"): ("draft", "proposed", "active", "rejected", "inactive", "entered-in-error"),
    ("EpisodeOfCare", "status"): (
        "planned",
        "waitlist",
        "active",
        "onhold",
        "finished",
        "cancelled",
        "entered-in-error",
    ),
    ("Patient", "gender"): ("male", "female", "other", "unknown"),
    ("RelatedPerson", "gender"): ("male", "female", "other", "unknown"),
}


def faults(resource: dict[str, Any]) -> list[str]:
    """List what is wrong with a resource's structure: element and reason, never a value."""
    kind = resource.get("resourceType", "")
    if kind not in _TYPES:
        return ["resourceType is not one that is kept here"]
    sound = surely_well_formed(_model(kind), resource)
    return ([] if sound else _model_faults(kind, resource)) + _code_faults(kind, resource)


def _model_faults(kind: str, resource: dict[str, Any]) -> list[str]:
    try:
        _model(kind).model_validate(resource)
    except ValidationError as invalid:
        return [
            f"{'.'.join(str(step) for step in fault['loc'])} {fault['type'].replace('_', ' ')}"
            for fault in invalid.errors(include_input=False, include_url=False, include_context=False)
        ]
    return []


def _code_faults(kind: str, resource: dict[str, Any]) -> list[str]:
    return [
        f"{element} is not a code of its required value set"
        for (of, element), codes in _REQUIRED_CODES.items()
        if of == kind and element in resource and resource[element] not in codes
    ]


@cache
def _model(kind: str) -> type[FHIRAbstractModel]:
    model: type[FHIRAbstractModel] = getattr(import_module(f"fhir.resources.R4B.{_TYPES[kind]}"), kind)
    return model
