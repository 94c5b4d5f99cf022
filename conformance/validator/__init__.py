"""Is it FHIR R4 as its profiles have it?

An offline validator: FHIR R4 and the packages that an engineer brings, nothing fetched.
"""

from conformance.validator.element import DefinitionError
from conformance.validator.finding import Code, Finding, Severity, failed, outcome
from conformance.validator.package import Limits, Package, PackageError, Unread, read_package
from conformance.validator.validator import Validator

__all__ = [
    "Code",
    "DefinitionError",
    "Finding",
    "Limits",
    "Package",
    "PackageError",
    "Severity",
    "Unread",
    "Validator",
    "failed",
    "outcome",
    "read_package",
]
