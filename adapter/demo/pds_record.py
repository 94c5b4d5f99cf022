"""How does PDS hold an invented person?

https://digital.nhs.uk/developer/api-catalogue/personal-demographics-service-fhir
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from adapter.demo.invented import Invented, Pds

_UK_CORE = "https://fhir.hl7.org.uk"
_CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
_NHS_NUMBER = "https://fhir.nhs.uk/Id/nhs-number"
_ODS = "https://fhir.nhs.uk/Id/ods-organization-code"
_SECURITY = {Pds.KNOWN: ("U", "unrestricted"), Pds.SENSITIVE: ("R", "restricted")}


def pds_patient(person: Invented) -> dict[str, Any] | None:
    """Write the Patient that PDS returns, or None where PDS does not know the person."""
    if person.pds is Pds.UNKNOWN or person.nhs_number is None:
        return None
    located = _where(person) if person.pds is Pds.KNOWN else {}
    return _who(person, person.nhs_number) | located | (_death(person.died) if person.died else {})


def _who(person: Invented, nhs_number: str) -> dict[str, Any]:
    return {
        "resourceType": "Patient",
        "id": nhs_number,
        "meta": {"versionId": "2" if person.previous_family else "1", "security": [_security(person.pds)]},
        "identifier": [{"system": _NHS_NUMBER, "value": nhs_number, "extension": [_verified()]}],
        "name": _names(person),
        "gender": person.sex,
        "birthDate": person.born.isoformat(),
    }


def _security(pds: Pds) -> dict[str, str]:
    code, display = _SECURITY[pds]
    return {"system": _CONFIDENTIALITY, "code": code, "display": display}


def _verified() -> dict[str, Any]:
    return _coded("NHSNumberVerificationStatus", "01", "Number present and verified") | {
        "url": f"{_UK_CORE}/StructureDefinition/Extension-UKCore-NHSNumberVerificationStatus"
    }


def _names(person: Invented) -> list[dict[str, Any]]:
    if not person.previous_family:
        return [_name(person, "usual", person.name.family, {"start": person.born.isoformat()})]
    before = {"start": person.born.isoformat(), "end": (person.renamed - timedelta(days=1)).isoformat()}
    return [
        _name(person, "usual", person.name.family, {"start": person.renamed.isoformat()}),
        _name(person, "old", person.previous_family, before),
    ]


def _name(person: Invented, use: str, family: str, period: dict[str, str]) -> dict[str, Any]:
    name: dict[str, Any] = {"id": f"{use}-1", "use": use, "period": period}
    return name | {"given": list(person.name.given), "family": family, "prefix": [person.name.title]}


def _where(person: Invented) -> dict[str, Any]:
    since = {"start": person.moved_in.isoformat()}
    address, practice = person.address, person.practice
    return {
        "telecom": [_phone(person, since)],
        "address": [
            {
                "id": "home-1",
                "use": "home",
                "period": since,
                "line": [address.line, address.town],
                "postalCode": address.postcode,
            }
        ],
        "generalPractitioner": [
            {
                "id": "gp-1",
                "type": "Organization",
                "identifier": {"system": _ODS, "value": practice.code, "period": since},
            }
        ],
    }


def _phone(person: Invented, since: dict[str, str]) -> dict[str, Any]:
    use = "mobile" if person.phone.startswith("07") else "home"
    return {"id": "phone-1", "system": "phone", "value": person.phone, "use": use, "period": since}


def _death(died: date) -> dict[str, Any]:
    at = f"{died.isoformat()}T00:00:00+00:00"
    status = _coded("DeathNotificationStatus", "2", "Formal - death notice received from Registrar of Deaths")
    return {
        "deceasedDateTime": at,
        "extension": [
            {
                "url": f"{_UK_CORE}/StructureDefinition/Extension-UKCore-DeathNotificationStatus",
                "extension": [
                    status | {"url": "deathNotificationStatus"},
                    {"url": "systemEffectiveDate", "valueDateTime": at},
                ],
            }
        ],
    }


def _coded(system: str, code: str, display: str) -> dict[str, Any]:
    coding = {"system": f"{_UK_CORE}/CodeSystem/UKCore-{system}", "code": code, "display": display}
    return {"valueCodeableConcept": {"coding": [coding]}}
