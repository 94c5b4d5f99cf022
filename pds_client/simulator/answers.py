"""What does an answer of PDS look like?

Rules it keeps:
- Everything about FHIR is an OperationOutcome with a Spine code, a Bundle, or a Patient.
- A search result holds less than a read; a restricted person has nothing that tells where they are.

https://digital.nhs.uk/developer/api-catalogue/personal-demographics-service-fhir
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from starlette.responses import Response

NHS_NUMBER = "https://fhir.nhs.uk/Id/nhs-number"
SPINE = "https://fhir.nhs.uk/R4/CodeSystem/Spine-ErrorOrWarningCode"

_WHERE_THEY_ARE = frozenset({"address", "telecom", "contact", "generalPractitioner", "managingOrganization"})
_ONLY_ON_READ = frozenset({"communication", "contact"})
_NAMES_IN_A_SEARCH = frozenset({"usual", "nickname", "temp"})
_PHARMACY_AND_BIRTH = ("Pharmacy", "DispenserOrganization", "ApplianceSupplier", "birthPlace")
_COMMUNICATION = ("NHSCommunication", "ContactPreference")


@dataclass(eq=False)
class Refusal(Exception):  # noqa: N818
    """An answer that is an OperationOutcome instead of what was asked for."""

    status: int
    code: str
    diagnostics: str
    issue: str = "value"

    def response(self) -> Response:
        return fhir(self.status, operation_outcome(self.code, self.diagnostics, self.issue))


def fhir(status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Response:
    return Response(orjson.dumps(body), status, headers, media_type="application/fhir+json")


def operation_outcome(code: str, diagnostics: str, issue: str = "value", severity: str = "error") -> dict[str, Any]:
    coding = {"system": SPINE, "version": "1", "code": code, "display": code.replace("_", " ").capitalize()}
    entry = {"severity": severity, "code": issue, "details": {"coding": [coding]}, "diagnostics": diagnostics}
    return {"resourceType": "OperationOutcome", "issue": [entry]}


def too_many_matches() -> Response:
    return fhir(200, operation_outcome("TOO_MANY_MATCHES", "", "multiple-matches", "information"))


def not_found() -> Response:
    return fhir(404, operation_outcome("RESOURCE_NOT_FOUND", "", "not-found", "information"))


def searchset(base: str, found: Iterable[tuple[float, Mapping[str, Any]]], at: datetime) -> dict[str, Any]:
    entries = [
        {
            "fullUrl": f"{base}/Patient/{patient['id']}",
            "search": {"score": score},
            "resource": as_found(patient),
        }
        for score, patient in found
    ]
    bundle = {"resourceType": "Bundle", "type": "searchset", "timestamp": at.isoformat(), "total": len(entries)}
    return {**bundle, "entry": entries} if entries else bundle


def related(entries: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    wrapped = [{"resource": entry} for entry in entries]
    bundle = {"resourceType": "Bundle", "type": "searchset", "total": len(wrapped)}
    return {**bundle, "entry": wrapped} if wrapped else bundle


def is_restricted(patient: Mapping[str, Any]) -> bool:
    return [label.get("code") for label in patient.get("meta", {}).get("security", [])] != ["U"]


def as_read(patient: Mapping[str, Any]) -> dict[str, Any]:
    return _without(patient, _WHERE_THEY_ARE, _PHARMACY_AND_BIRTH) if is_restricted(patient) else dict(patient)


def as_found(patient: Mapping[str, Any]) -> dict[str, Any]:
    found = _without(as_read(patient), _ONLY_ON_READ, (*_PHARMACY_AND_BIRTH, *_COMMUNICATION))
    narrowed = {
        "name": [name for name in found.get("name", []) if name.get("use") in _NAMES_IN_A_SEARCH],
        "address": [address for address in found.get("address", []) if address.get("use") == "home"],
    }
    return {**found, **{key: value for key, value in narrowed.items() if key in found}}


def _without(patient: Mapping[str, Any], elements: frozenset[str], extensions: tuple[str, ...]) -> dict[str, Any]:
    kept = {key: value for key, value in patient.items() if key not in elements}
    if "extension" in kept:
        kept["extension"] = [each for each in kept["extension"] if not each["url"].endswith(extensions)]
    return kept
