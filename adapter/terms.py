"""What can a facet be found by?

Search values are made from the facet that holds the element, and carry its category: an element that cannot be seen
cannot be searched by. What identifies a person as a whole (number and birth date; family, given and birth date) is a
term of its own. https://hl7.org/fhir/R4/search.html
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from mappings.mapped import REFERENCE

NHS_NUMBER_SYSTEM = "https://fhir.nhs.uk/Id/nhs-number"
IDENTIFY_BY_NUMBER = "identify-number"
IDENTIFY_BY_NAME = "identify-name"

Term = tuple[str, str]


def normal(text: str) -> str:
    """Fold case, accents and spaces, as searching does."""
    if text.isascii():
        return " ".join(text.lower().split())
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join(plain.casefold().replace("’", "'").split())


def terms(kind: str, body: dict[str, Any]) -> set[Term]:
    """List what one facet of a resource can be found by, as (parameter, value)."""
    found: set[Term] = set()
    readers = _READERS[kind]
    for element, value in body.items():
        reader = readers.get(element)
        if reader is not None:
            found.update(reader(value))
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


Reader = Callable[[Any], Iterable[Term]]


def _reference(parameter: str) -> Reader:
    return lambda value: [(parameter, item["reference"]) for item in _listed(value) if "reference" in item]


def _target(value: Any) -> Iterator[Term]:
    # Provenance's `patient` finds those whose target is the person (https://hl7.org/fhir/R4/provenance.html#search).
    for item in _listed(value):
        target = item.get("reference", "")
        yield "target", target
        if target.startswith(_PATIENTS):
            yield "patient", target


def _token(parameter: str) -> Reader:
    def read(value: Any) -> Iterator[Term]:
        for item in _listed(value):
            codings = item.get("coding", [item]) if isinstance(item, dict) else [{"code": item}]
            for coding in codings:
                code = coding.get("code") or coding.get("value")
                if code:
                    yield parameter, code
                    yield parameter, f"{coding.get('system', '')}|{code}"

    return read


def _date(parameter: str) -> Reader:
    return lambda value: [(parameter, said) for said in _listed(value) if isinstance(said, str)]


def _active(value: Any) -> list[Term]:
    return [("active", "true" if value else "false")]


def _names(value: Any) -> Iterator[Term]:
    for name in value if isinstance(value, list) else ():
        parts = [("family", name["family"])] if "family" in name else []
        parts += [("given", given) for given in name.get("given", ())]
        for parameter, said in parts:
            plain = normal(said)
            yield parameter, plain
            yield "name", plain


_PATIENTS = ("Patient/", f"{REFERENCE}Patient:")
# How each element of each type is read.
_READERS: dict[str, dict[str, Reader]] = {
    "Patient": {
        "identifier": _token("identifier"),
        "gender": _token("gender"),
        "birthDate": _date("birthdate"),
        "name": _names,
        "active": _active,
    },
    "CareTeam": {"subject": _reference("patient"), "status": _token("status"), "category": _token("category")},
    "EpisodeOfCare": {"patient": _reference("patient"), "status": _token("status"), "type": _token("type")},
    "RelatedPerson": {
        "patient": _reference("patient"),
        "relationship": _token("relationship"),
        "name": _names,
        "active": _active,
    },
    "Consent": {
        "patient": _reference("patient"),
        "status": _token("status"),
        "category": _token("category"),
        "dateTime": _date("date"),
    },
    "Provenance": {"target": _target, "recorded": _date("recorded")},
}


def _givens(name: dict[str, Any]) -> set[str]:
    given = [normal(part) for part in name.get("given", ())]
    return {given[0], " ".join(given)} if given else set()


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
