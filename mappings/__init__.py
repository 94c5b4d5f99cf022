"""What does a council's case record say?

A file is read as a stream of case records; a mapping makes of each record facets of FHIR resources.
Nothing is guessed, nothing is lost without a word, and every complaint has a place.

The layouts and the language of mappings: mappings/README.md ; FHIR R4: https://hl7.org/fhir/R4/
"""

from mappings.engine import Context, Mapping, MappingError, load
from mappings.mapped import Choice, Facet, Mapped, Organisation, Resource
from mappings.problems import Problem
from mappings.readers import Caps, Csv, read
from mappings.record import CaseRecord, Header, Node, Trailer

__all__ = [
    "Caps",
    "CaseRecord",
    "Choice",
    "Context",
    "Csv",
    "Facet",
    "Header",
    "Mapped",
    "Mapping",
    "MappingError",
    "Node",
    "Organisation",
    "Problem",
    "Resource",
    "Trailer",
    "load",
    "read",
]
