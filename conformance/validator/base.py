"""What is FHIR R4 itself?

The specification's types, extensions and the value sets they hold to, as `distil` took them from HL7's package. The
resources have the shape of any package's, so that one reader serves both.
https://hl7.org/fhir/R4/
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import orjson

from conformance.validator.package import Package, Resource

R4 = Path(__file__).with_name("r4.json")


@cache
def base() -> Package:
    """FHIR R4, read once."""
    resources: tuple[Resource, ...] = tuple(orjson.loads(R4.read_bytes()))
    return Package("FHIR R4 4.0.1", resources, ())
