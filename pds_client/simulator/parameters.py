"""Is this search one that PDS would carry out?

Rules it keeps:
- The rules of the service, written apart from the client's own, so that the two can test each other.
- Any parameter that is not listed is refused: there is no search by identifier.
- The access mode is application-restricted, so more than one result cannot be asked for.

https://digital.nhs.uk/developer/api-catalogue/personal-demographics-service-fhir
"""

import datetime
import re
from collections.abc import Iterable
from dataclasses import dataclass

from pds_client.simulator.answers import Refusal

_SWITCHES = ("_fuzzy-match", "_exact-match", "_history")
_ONCE = (
    *("family", "gender", "address-postalcode", "address-postcode", "general-practitioner", "phone", "email"),
    *(*_SWITCHES, "_max-results"),
)
_KNOWN = frozenset({*_ONCE, "given", "birthdate", "death-date"})
_WILD = ("family", "given", "address-postalcode", "address-postcode")
_DATE = re.compile(r"(eq|ge|le)?([0-9]{4}-[0-9]{2}-[0-9]{2})")
_CRITERIA = "no searches were performed as the search criteria did not meet the minimum requirements"
_FUZZY_CRITERIA = "no searches were performed as the search did not meet the fuzzy search criteria"


@dataclass(frozen=True)
class Search:
    family: str | None
    given: tuple[str, ...]
    born: tuple[tuple[str, str], ...]
    died: tuple[tuple[str, str], ...]
    gender: str | None
    postcode: str | None
    general_practitioner: str | None
    phone: str | None
    email: str | None
    fuzzy: bool
    exact: bool
    history: bool

    @property
    def looks_for_a_place(self) -> bool:
        return self.postcode is not None or self.general_practitioner is not None


def read_search(pairs: Iterable[tuple[str, str]]) -> Search:
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    _check_names(values)
    _check_values(values)
    once = {name: values[name][0] for name in _ONCE if name in values}
    search = Search(
        family=once.get("family"),
        given=tuple(values.get("given", ())),
        born=_dates(values, "birthdate"),
        died=_dates(values, "death-date"),
        gender=once.get("gender"),
        postcode=once.get("address-postalcode", once.get("address-postcode")),
        general_practitioner=once.get("general-practitioner"),
        phone=once.get("phone"),
        email=once.get("email"),
        fuzzy=once.get("_fuzzy-match") == "true",
        exact=once.get("_exact-match") == "true",
        history=once.get("_history") == "true",
    )
    _check_enough(search)
    return search


def _check_names(values: dict[str, list[str]]) -> None:
    if not values:
        raise Refusal(400, "UNSUPPORTED_SERVICE", "no parameters")
    unknown = [name for name in values if name not in _KNOWN]
    if unknown:
        raise Refusal(400, "ADDITIONAL_PROPERTIES", f"additional properties are not allowed ({unknown[0]!r})")
    if "address-postalcode" in values and "address-postcode" in values:
        raise Refusal(400, "INVALID_SEARCH_DATA", "address-postalcode and its old name together")
    if any(len(values.get(name, ())) > 1 for name in _ONCE):
        raise Refusal(400, "TOO_MANY_VALUES_SUBMITTED", "a parameter that stands once stands twice")


def _check_values(values: dict[str, list[str]]) -> None:
    for name in _SWITCHES:
        if values.get(name, ["true"])[0] not in ("true", "false"):
            raise Refusal(400, "INVALID_VALUE", f"invalid value in field {name!r}")
    if values.get("_max-results", ["1"]) != ["1"]:
        raise Refusal(403, "INVALID_VALUE", "_max-results must be 1", "token")
    if values.get("gender", ["unknown"])[0] not in ("male", "female", "other", "unknown"):
        raise Refusal(400, "INVALID_VALUE", "invalid value in field 'gender'")
    if any(len(each) > 35 for name in ("family", "given") for each in values.get(name, ())):
        raise Refusal(400, "INVALID_VALUE", "a name is longer than 35 characters")
    wild = [each for name in _WILD for each in values.get(name, ()) if "*" in each]
    if any("*" in each[:2] for each in wild):
        raise Refusal(400, "INVALID_SEARCH_DATA", "a wildcard in the first two characters")
    if wild and values.get("_fuzzy-match") == ["true"]:
        raise Refusal(400, "INVALID_SEARCH_DATA", _FUZZY_CRITERIA)


def _dates(values: dict[str, list[str]], name: str) -> tuple[tuple[str, str], ...]:
    return tuple(_date(name, each) for each in values.get(name, ()))


def _date(name: str, text: str) -> tuple[str, str]:
    written = _DATE.fullmatch(text)
    try:
        datetime.date.fromisoformat(written[2] if written else "")
    except ValueError:
        raise Refusal(400, "INVALID_VALUE", f"invalid value in field {name!r}") from None
    return (written[1] or "eq", written[2]) if written else ("eq", text)


def _check_enough(search: Search) -> None:
    if not search.born:
        raise Refusal(400, "MISSING_VALUE", "missing value - 'birth_date'")
    if not search.fuzzy:
        if search.family is None:
            raise Refusal(400, "INVALID_SEARCH_DATA", _CRITERIA)
        return
    by_both_names = search.family is not None and search.given
    by_one_name = (search.family is not None or search.given) and search.gender and search.postcode
    if not by_both_names and not by_one_name:
        raise Refusal(400, "INVALID_SEARCH_DATA", _FUZZY_CRITERIA)
