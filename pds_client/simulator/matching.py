"""How well does this person fit that search?

Rules it keeps:
- A non-fuzzy search needs every parameter to fit, with wildcards, and looks at previous names and
  addresses only when asked for history. The date of birth has no history.
- A fuzzy search always looks at history, takes homophones and swapped names, and lets a wrong postcode,
  practice, phone or gender pass at a price; a wrong date of birth or e-mail does not fit.
- The order of scores is the service's: 1 is exact, less is partial. The amounts are invented here.

https://digital.nhs.uk/developer/api-catalogue/personal-demographics-service-fhir
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pds_client.simulator.parameters import Search
from pds_client.simulator.soundex import sounds_alike

_PREVIOUS = ("old", "maiden")
_WILDCARD, _HISTORIC = 0.01, 0.02
_HOMOPHONE, _SWAPPED, _ONE_NAME = 0.05, 0.1, 0.05
_WRONG_POSTCODE, _WRONG_GENDER, _WRONG_DETAIL = 0.1, 0.05, 0.03

Patient = Mapping[str, Any]


def score(search: Search, patient: Patient) -> float | None:
    """Between 0 and 1, or None when the person does not fit."""
    if not _in_range(search.born, patient.get("birthDate")):
        return None
    price = _fuzzy_price(search, patient) if search.fuzzy else _plain_price(search, patient)
    if price is None or (search.exact and price > 0):
        return None
    return round(1 - price, 4)


def _plain_price(search: Search, patient: Patient) -> float | None:
    named = [_name_price(search, name) for name in _names(patient, search.history)]
    named = [price for price in named if price is not None]
    placed = _postcode_price(search, patient)
    if not named or placed is None or not _details_fit(search, patient):
        return None
    return min(each for each in named if each is not None) + placed


def _name_price(search: Search, name: Patient) -> float | None:
    given = [str(each) for each in name.get("given", ())]
    if not _fits(search.family or "", str(name.get("family", ""))) or not _given_fits(search.given, given):
        return None
    wild = sum("*" in each for each in (search.family or "", *search.given))
    return _WILDCARD * wild + (_HISTORIC if name.get("use") in _PREVIOUS else 0)


def _given_fits(asked: Sequence[str], held: Sequence[str]) -> bool:
    if asked and "*" in asked[0]:
        return _fits(asked[0], " ".join(held))
    words = iter(word for each in held for word in each.split())
    return all(any(_word_fits(word, other) for other in words) for each in asked for word in each.split())


def _word_fits(asked: str, held: str) -> bool:
    return held.casefold().startswith(asked.casefold()) if len(asked) == 1 else _fits(asked, held)


def _postcode_price(search: Search, patient: Patient) -> float | None:
    if search.postcode is None:
        return 0
    wild = _WILDCARD if "*" in search.postcode else 0
    for address in patient.get("address", ()):
        historic = address.get("use") == "old"
        if _postcode_fits(search.postcode, address) and (search.history or not historic):
            return wild + (_HISTORIC if historic else 0)
    return None


def _details_fit(search: Search, patient: Patient) -> bool:
    return (
        search.gender in (None, patient.get("gender"))
        and (not search.died or _in_range(search.died, str(patient.get("deceasedDateTime", ""))[:10]))
        and search.general_practitioner in (None, *_practices(patient))
        and _reachable(patient, "phone", search.phone)
        and _reachable(patient, "email", search.email)
    )


def _fuzzy_price(search: Search, patient: Patient) -> float | None:
    named = [_fuzzy_name_price(search, name) for name in _names(patient, history=True)]
    named = [price for price in named if price is not None]
    if not named or not _reachable(patient, "email", search.email):
        return None
    addresses = patient.get("address", ())
    wrong = {
        _WRONG_POSTCODE: search.postcode is not None
        and not any(_postcode_fits(search.postcode, each) for each in addresses),
        _WRONG_GENDER: search.gender not in (None, patient.get("gender")),
        _WRONG_DETAIL: search.general_practitioner not in (None, *_practices(patient))
        or not _reachable(patient, "phone", search.phone),
    }
    return min(each for each in named if each is not None) + sum(price for price, is_so in wrong.items() if is_so)


def _fuzzy_name_price(search: Search, name: Patient) -> float | None:
    family, given = str(name.get("family", "")), str(next(iter(name.get("given", ())), ""))
    asked_given = search.given[0] if search.given else None
    straight = _sound_price(search.family, family), _sound_price(asked_given, given)
    swapped = _sound_price(search.family, given), _sound_price(asked_given, family)
    for pair, price in ((straight, 0.0), (swapped, _SWAPPED)):
        first, second = pair
        if first is not None and second is not None:
            return first + second + price
    return None


def _sound_price(asked: str | None, held: str) -> float | None:
    if asked is None:
        return _ONE_NAME
    if asked.casefold() == held.casefold():
        return 0
    return _HOMOPHONE if sounds_alike(asked, held) else None


def _names(patient: Patient, history: bool) -> Iterator[Patient]:
    return (name for name in patient.get("name", ()) if history or name.get("use") not in _PREVIOUS)


def _practices(patient: Patient) -> Iterator[str]:
    return (each.get("identifier", {}).get("value", "") for each in patient.get("generalPractitioner", ()))


def _reachable(patient: Patient, system: str, value: str | None) -> bool:
    held = [each.get("value", "") for each in patient.get("telecom", ()) if each.get("system") == system]
    return value is None or value.casefold() in [each.casefold() for each in held]


def _postcode_fits(asked: str, address: Patient) -> bool:
    return _fits(asked.replace(" ", ""), str(address.get("postalCode", "")).replace(" ", ""))


def _fits(pattern: str, text: str) -> bool:
    written = ".*".join(re.escape(part) for part in pattern.casefold().split("*"))
    return re.fullmatch(written, text.casefold()) is not None


def _in_range(wanted: tuple[tuple[str, str], ...], held: object) -> bool:
    # A date known in part lies in no range that is asked for by the day.
    if not isinstance(held, str) or len(held) != len("yyyy-mm-dd"):
        return False
    tests = {"eq": held.__eq__, "ge": held.__ge__, "le": held.__le__}
    return all(tests[comparison](day) for comparison, day in wanted)
