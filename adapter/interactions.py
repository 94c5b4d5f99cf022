"""What can be asked of the endpoint?

One table: each resource type with its search parameters and what may be included. Routes, searching and the
CapabilityStatement read it. https://hl7.org/fhir/R4/searchparameter-registry.html
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """How a search parameter is read."""

    ID = "id"
    TOKEN = "token"  # noqa: S105
    STRING = "string"
    DATE = "date"
    REFERENCE = "reference"


@dataclass(frozen=True, slots=True)
class Searchable:
    """A resource type as it can be searched. An include is a parameter that holds a reference, with its targets."""

    parameters: dict[str, Kind]
    includes: dict[str, tuple[str, ...]]
    profile: str


_UKCORE = "https://fhir.hl7.org.uk/StructureDefinition/UKCore-"
_PATIENT = ("Patient",)

TYPES: dict[str, Searchable] = {
    "Patient": Searchable(
        {
            "_id": Kind.ID,
            "identifier": Kind.TOKEN,
            "family": Kind.STRING,
            "given": Kind.STRING,
            "name": Kind.STRING,
            "birthdate": Kind.DATE,
            "gender": Kind.TOKEN,
            "active": Kind.TOKEN,
        },
        {},
        f"{_UKCORE}Patient",
    ),
    "CareTeam": Searchable(
        {"_id": Kind.ID, "patient": Kind.REFERENCE, "subject": Kind.REFERENCE, "status": Kind.TOKEN},
        {"patient": _PATIENT, "subject": _PATIENT},
        f"{_UKCORE}CareTeam",
    ),
    "EpisodeOfCare": Searchable(
        {"_id": Kind.ID, "patient": Kind.REFERENCE, "status": Kind.TOKEN, "type": Kind.TOKEN},
        {"patient": _PATIENT},
        f"{_UKCORE}EpisodeOfCare",
    ),
    "RelatedPerson": Searchable(
        {
            "_id": Kind.ID,
            "patient": Kind.REFERENCE,
            "relationship": Kind.TOKEN,
            "name": Kind.STRING,
            "active": Kind.TOKEN,
        },
        {"patient": _PATIENT},
        f"{_UKCORE}RelatedPerson",
    ),
    "Consent": Searchable(
        {
            "_id": Kind.ID,
            "patient": Kind.REFERENCE,
            "status": Kind.TOKEN,
            "category": Kind.TOKEN,
            "date": Kind.DATE,
        },
        {"patient": _PATIENT},
        f"{_UKCORE}Consent",
    ),
    "Provenance": Searchable(
        {
            "_id": Kind.ID,
            "patient": Kind.REFERENCE,
            "target": Kind.REFERENCE,
            "recorded": Kind.DATE,
        },
        {
            "patient": _PATIENT,
            "target": ("Patient", "CareTeam", "EpisodeOfCare", "RelatedPerson", "Consent"),
        },
        f"{_UKCORE}Provenance",
    ),
}

# Parameters that are the same search under another name.
ALIASES = {("CareTeam", "subject"): "patient"}
