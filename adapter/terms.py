"""What can a facet be found by?

Search values are made from the facet that holds the element, and carry its category: an element that cannot be seen
cannot be searched by. What identifies a person as a whole (number and birth date; family, given and birth date) is a
term of its own. https://hl7.org/fhir/R4/search.html
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any

from mappings.mapped import REFERENCE

NHS_NUMBER_SYSTEM = "https://fhir.nhs.uk/Id/nhs-number"
IDENTIFY_BY_NUMBER = "identify-number"
IDENTIFY_BY_NAME = "identify-name"

Term = tuple[str, str]


def normal(text: str) -> str:
    """Fold case, accents and spaces, as searching does."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join(plain.casefold().replace("’", "'").split())


def terms(kind: str, body: dict[str, Any]) -> set[Term]:
    """List what one facet of a resource can be found by, as (parameter, value)."""
    found = set(_codes(body))
    for element, parameter in _REFERENCES.get(kind, {}).items():
        found |= {(parameter, target) for target in _targets(body.get(element))}
    if kind == "Provenance":
        found |= {("patient", target) for _, target in found if target.startswith(_PATIENTS)}
    for element, parameter in _TOKENS.get(kind, {}).items():
        found |= {(parameter, value) for value in _tokens(body.get(element))}
    for element, parameter in _DATES.get(kind, {}).items():
        found |= {(parameter, value) for value in _listed(body.get(element)) if isinstance(value, str)}
    found |= set(_names(body))
    return found


def identifying_by_name(identity: dict[str, Any], birth_dates: Iterable[str]) -> set[Term]:
    """Every whole name, current or previous, with every birth date on file."""
    return {
        (IDENTIFY_BY_NAME, f"{family}|{given}|{born}")
        for name in identity.get("name", ())
        if (family := normal(name.get("family", "")))
        for given in _givens(name)
        for born in birth_dates
    }


def identifying_by_number(identifiers: dict[str, Any], birth_dates: Iterable[str]) -> set[Term]:
    """The NHS number with every birth date on file."""
    return {
        (IDENTIFY_BY_NUMBER, f"{identifier['value']}|{born}")
        for identifier in identifiers.get("identifier", ())
        if identifier.get("system") == NHS_NUMBER_SYSTEM
        for born in birth_dates
    }


_REFERENCES = {
    "CareTeam": {"subject": "patient"},
    "EpisodeOfCare": {"patient": "patient"},
    "RelatedPerson": {"patient": "patient"},
    "Consent": {"patient": "patient"},
    "Provenance": {"target": "target"},
}
# Provenance's `patient` finds those whose target is the person (https://hl7.org/fhir/R4/provenance.html#search).
_PATIENTS = ("Patient/", f"{REFERENCE}Patient:")
_TOKENS = {
    "Patient": {"identifier": "identifier", "gender": "gender"},
    "CareTeam": {"status": "status", "category": "category"},
    "EpisodeOfCare": {"status": "status", "type": "type"},
    "RelatedPerson": {"relationship": "relationship"},
    "Consent": {"status": "status", "category": "category"},
}
_DATES = {
    "Patient": {"birthDate": "birthdate"},
    "Consent": {"dateTime": "date"},
    "Provenance": {"recorded": "recorded"},
}


def _codes(body: dict[str, Any]) -> Iterator[Term]:
    if "active" in body:
        yield "active", "true" if body["active"] else "false"


def _names(body: dict[str, Any]) -> Iterator[Term]:
    for name in body.get("name", ()) if isinstance(body.get("name"), list) else ():
        parts = [("family", name["family"])] if "family" in name else []
        parts += [("given", given) for given in name.get("given", ())]
        for parameter, value in parts:
            yield parameter, normal(value)
            yield "name", normal(value)


def _givens(name: dict[str, Any]) -> set[str]:
    given = [normal(part) for part in name.get("given", ())]
    return {given[0], " ".join(given)} if given else set()


def _targets(value: Any) -> set[str]:
    return {item["reference"] for item in _listed(value) if "reference" in item}


def _tokens(value: Any) -> set[str]:
    found: set[str] = set()
    for item in _listed(value):
        codings = item.get("coding", [item]) if isinstance(item, dict) else [{"code": item}]
        for coding in codings:
            code = coding.get("code") or coding.get("value")
            if code:
                found |= {code, f"{coding.get('system', '')}|{code}"}
    return found


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
