"""What does PDS return for an invented person?

Rules it keeps:
- The shape of a Patient as the service returns it, with no more in it than was asked for: a minimal
  record has a number, a version and a label.
- Everybody built here must be invented; numbers come from the 999 range, which is never issued.

https://digital.nhs.uk/developer/api-catalogue/personal-demographics-service-fhir
"""

from collections.abc import Sequence
from typing import Any

from pds_client.simulator.answers import NHS_NUMBER

_UK_CORE = "https://fhir.hl7.org.uk"
_ODS = "https://fhir.nhs.uk/Id/ods-organization-code"
_LABELS = {"U": "unrestricted", "R": "restricted"}


def person(
    nhs_number: str,
    *,
    family: str | None = None,
    given: Sequence[str] = (),
    birth_date: str | None = None,
    postcode: str | None = None,
    gender: str | None = None,
    previous_family: str | None = None,
    previous_postcode: str | None = None,
    general_practitioner: str | None = None,
    deceased: str | None = None,
    death_notification: str | None = None,
    phone: str | None = None,
    email: str | None = None,
    security: str = "U",
    version: int = 1,
) -> dict[str, Any]:
    """A Patient; `death_notification` is 1 informal, 2 formal or U removed, `security` U or R."""
    parts = {
        "name": _names(family, given, previous_family),
        "gender": gender,
        "birthDate": birth_date,
        "address": [*_address("home", postcode), *_address("old", previous_postcode)],
        "telecom": [*_contact("phone", phone), *_contact("email", email)],
        "generalPractitioner": _practice(general_practitioner),
        "deceasedDateTime": deceased,
        "extension": _death(death_notification),
    }
    return {
        "resourceType": "Patient",
        "id": nhs_number,
        "identifier": [{"system": NHS_NUMBER, "value": nhs_number, "extension": [_verified()]}],
        "meta": {"versionId": str(version), "security": [_label(security)]},
        **{name: value for name, value in parts.items() if value},
    }


def _names(family: str | None, given: Sequence[str], previous: str | None) -> list[dict[str, Any]]:
    usual = {"use": "usual", "given": list(given), "family": family}
    old = {"use": "old", "given": list(given), "family": previous}
    written = [usual] if family or given else []
    return [{key: value for key, value in name.items() if value} for name in (*written, *([old] if previous else ()))]


def _address(use: str, postcode: str | None) -> list[dict[str, Any]]:
    return [{"use": use, "line": ["1 Invented Street"], "postalCode": postcode}] if postcode else []


def _contact(system: str, value: str | None) -> list[dict[str, Any]]:
    return [{"system": system, "value": value, "use": "home"}] if value else []


def _practice(code: str | None) -> list[dict[str, Any]]:
    return [{"type": "Organization", "identifier": {"system": _ODS, "value": code}}] if code else []


def _label(code: str) -> dict[str, str]:
    system = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
    return {"system": system, "code": code, "display": _LABELS.get(code, code)}


def _verified() -> dict[str, Any]:
    return _coded("NHSNumberVerificationStatus", "01")


def _death(code: str | None) -> list[dict[str, Any]]:
    if code is None:
        return []
    status = _coded("DeathNotificationStatus", code)
    inner = {**status, "url": "deathNotificationStatus"}
    return [{"url": status["url"], "extension": [inner]}]


def _coded(name: str, code: str) -> dict[str, Any]:
    coding = {"system": f"{_UK_CORE}/CodeSystem/UKCore-{name}", "version": "1.0.0", "code": code}
    return {
        "url": f"{_UK_CORE}/StructureDefinition/Extension-UKCore-{name}",
        "valueCodeableConcept": {"coding": [coding]},
    }
