"""May this search be sent, and how is it written?

Rules it keeps:
- Every rule of the search that PDS states is checked before anything leaves: lengths, wildcards, dates,
  and the smallest sets of parameters for a non-fuzzy and a fuzzy search.
- A wildcard stands in neither of the first two places, only in the first given name, never in a fuzzy
  search, and not in an address of e-mail or a phone number.
- Application-restricted access returns one unique match, so more results cannot be asked for.
- No message holds a value, only the name of the parameter.

https://digital.nhs.uk/developer/api-catalogue/personal-demographics-service-fhir
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pds_client.dates import is_full_date
from pds_client.errors import BadQuery

_LONGEST_NAME = 35
_GENDERS = ("male", "female", "other", "unknown")
_COMPARISON = re.compile(r"(eq|ge|le)?(.*)")
_POSTCODE = re.compile(r"[A-Za-z0-9* ]+")
_ODS = re.compile(r"[A-Za-z0-9]+")
_CONTACT = re.compile(r"[!-)+-~ ]+")

_FUZZY_SETS: tuple[frozenset[str], ...] = (
    frozenset({"given", "family", "birthdate"}),
    frozenset({"family", "birthdate", "gender", "address-postalcode"}),
    frozenset({"given", "birthdate", "gender", "address-postalcode"}),
)
_PLAIN_SETS: tuple[frozenset[str], ...] = (frozenset({"family", "birthdate"}),)


@dataclass(frozen=True, slots=True, repr=False)
class Query:
    """A search; dates are full, with eq, ge or le before them, and a range is two of them."""

    family: str | None = None
    given: tuple[str, ...] = ()
    birth_date: str | tuple[str, ...] = ()
    death_date: str | tuple[str, ...] = ()
    gender: str | None = None
    postcode: str | None = None
    general_practitioner: str | None = None
    phone: str | None = None
    email: str | None = None
    fuzzy: bool = False
    exact: bool = False
    history: bool = False
    max_results: int | None = None

    def __post_init__(self) -> None:
        for name, value in self.parameters():
            _check(name, value)
            if self.fuzzy and "*" in value:
                raise BadQuery(f"{name}: a fuzzy search takes no wildcard")
        if any("*" in each for each in self.given[1:]):
            raise BadQuery("given: only the first given name takes a wildcard")
        for name, dates in (("birthdate", self.birth_date), ("death-date", self.death_date)):
            if len(_several(dates)) > 1 and sorted(date[:2] for date in dates) != ["ge", "le"]:
                raise BadQuery(f"{name}: a range is one date with ge and one with le")
        if self.max_results not in (None, 1):
            raise BadQuery("_max-results: application-restricted access returns one match; leave it out")
        if not any(needed <= set(self.fields) for needed in (_FUZZY_SETS if self.fuzzy else _PLAIN_SETS)):
            raise BadQuery("the search has not the fewest parameters that pds accepts")

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of the search parameters about the person, never their values."""
        return tuple(dict.fromkeys(name for name, _ in self.parameters() if not name.startswith("_")))

    def parameters(self) -> list[tuple[str, str]]:
        return [*self._about_the_person(), *self._about_the_search()]

    def _about_the_person(self) -> Iterator[tuple[str, str]]:
        written = (
            ("family", self.family),
            *(("given", each) for each in self.given),
            *(("birthdate", each) for each in _several(self.birth_date)),
            *(("death-date", each) for each in _several(self.death_date)),
            ("gender", self.gender),
            ("address-postalcode", self.postcode),
            ("general-practitioner", self.general_practitioner),
            ("phone", self.phone),
            ("email", self.email),
        )
        return ((name, value) for name, value in written if value is not None)

    def _about_the_search(self) -> Iterator[tuple[str, str]]:
        switches = (("_fuzzy-match", self.fuzzy), ("_exact-match", self.exact), ("_history", self.history))
        yield from ((name, "true") for name, on in switches if on)
        if self.max_results is not None:
            yield "_max-results", str(self.max_results)

    def __repr__(self) -> str:
        return f"Query({', '.join(self.fields)})"


def _several(dates: str | tuple[str, ...]) -> tuple[str, ...]:
    return (dates,) if isinstance(dates, str) else dates


def _check(name: str, value: str) -> None:
    if not value.strip() or not value.isprintable():
        raise BadQuery(f"{name}: empty or not printable")
    if "*" in value[:2]:
        raise BadQuery(f"{name}: a wildcard cannot be one of the first two characters")
    if name in ("family", "given") and len(value) > _LONGEST_NAME:
        raise BadQuery(f"{name}: longer than {_LONGEST_NAME} characters")
    if name in ("birthdate", "death-date"):
        _check_date(name, value)
    if name == "gender" and value not in _GENDERS:
        raise BadQuery(f"gender: one of {', '.join(_GENDERS)}")
    written = {"address-postalcode": _POSTCODE, "general-practitioner": _ODS, "phone": _CONTACT, "email": _CONTACT}
    if name in written and not written[name].fullmatch(value):
        raise BadQuery(f"{name}: has a character that does not belong there")


def _check_date(name: str, value: str) -> None:
    comparison = _COMPARISON.fullmatch(value)
    if comparison is None or not is_full_date(comparison[2]):
        raise BadQuery(f"{name}: a full date, with eq, ge or le before it or nothing")
