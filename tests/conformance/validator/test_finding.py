"""Findings, as lines and as an OperationOutcome."""

from __future__ import annotations

import pytest

from conformance.validator import Code, Finding, Severity, failed, outcome
from tests.conformance.validator.profiles import TEXT, errors, found, patient

EVERY = [Finding(severity, code, "Patient.name[0]", "is wrong", "a.json") for severity in Severity for code in Code]


@pytest.mark.parametrize("findings", [[], EVERY, found({}), found(patient(gender="robot", name=[]))])
def test_an_outcome_is_an_operation_outcome_of_fhir_r4(findings: list[Finding]) -> None:
    told = outcome(findings)
    assert errors(told | {"text": TEXT}) == []
    assert len(told["issue"]) == max(1, len(findings))


def test_an_issue_says_file_path_and_message() -> None:
    (issue,) = outcome([Finding(Severity.ERROR, Code.VALUE, "Patient.name[0]", "is wrong", "a.json")])["issue"]
    assert issue == {
        "severity": "error",
        "code": "value",
        "diagnostics": "a.json: is wrong",
        "expression": ["Patient.name[0]"],
    }


def test_a_line_says_file_path_severity_and_message() -> None:
    wrong = Finding(Severity.WARNING, Code.VALUE, "Patient.name[0]", "is odd", "a.json")
    left = Finding(Severity.INFORMATION, Code.NOT_CHECKED, "Patient", "the rule a-1", "a.json")
    assert [str(wrong), str(left)] == [
        "a.json:Patient.name[0] warning is odd",
        "a.json:Patient not checked the rule a-1",
    ]


@pytest.mark.parametrize("severity", Severity)
def test_only_an_error_fails(severity: Severity) -> None:
    assert failed([Finding(severity, Code.VALUE, "", "")]) is (severity == "error")
