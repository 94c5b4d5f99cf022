"""What was found?

One finding says one thing about one place of one file. What could not be checked is a finding too, of severity
`information` and code `not-supported`, so that nothing passes in silence.
https://hl7.org/fhir/R4/operationoutcome.html
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """How bad it is."""

    ERROR = "error"
    WARNING = "warning"
    INFORMATION = "information"


class Code(StrEnum):
    """What kind of fault: FHIR's own issue types."""

    STRUCTURE = "structure"
    REQUIRED = "required"
    VALUE = "value"
    CODE_INVALID = "code-invalid"
    EXTENSION = "extension"
    INVARIANT = "invariant"
    NOT_FOUND = "not-found"
    DUPLICATE = "duplicate"
    NOT_CHECKED = "not-supported"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing about one place."""

    severity: Severity
    code: Code
    path: str
    message: str
    file: str = ""

    def __str__(self) -> str:
        said = "not checked" if self.code is Code.NOT_CHECKED else str(self.severity)
        return f"{self.file}:{self.path} {said} {self.message}"

    def issue(self) -> dict[str, Any]:
        """This finding as an issue of an OperationOutcome."""
        issue: dict[str, Any] = {"severity": str(self.severity), "code": str(self.code)}
        issue["diagnostics"] = f"{self.file}: {self.message}" if self.file else self.message
        return issue | ({"expression": [self.path]} if self.path else {})


def outcome(findings: Iterable[Finding]) -> dict[str, Any]:
    """The findings as an OperationOutcome; one that says so where there are none."""
    issues = [finding.issue() for finding in findings]
    clean = {"severity": "information", "code": "informational", "diagnostics": "nothing was found"}
    return {"resourceType": "OperationOutcome", "issue": issues or [clean]}


def failed(findings: Iterable[Finding]) -> bool:
    """Whether one of the findings is an error."""
    return any(finding.severity is Severity.ERROR for finding in findings)
