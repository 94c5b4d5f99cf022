"""What do we know about the person we ask PDS about?

Rules it keeps:
- These are the council's words, as recorded; what is missing is None and nothing is guessed.
- A postcode counts only when it is a whole one and a place: ZZ99 stands for no fixed abode and for
  countries, so it says nothing about who somebody is.
- Nothing about the person appears in a repr.

https://digital.nhs.uk/developer/api-catalogue/personal-demographics-service-fhir
"""

import re
from dataclasses import dataclass

from pds_client.dates import is_full_date
from pds_client.nhs_number import NhsNumber

_POSTCODE = re.compile(r"[A-Z]{1,2}[0-9][A-Z0-9]?[0-9][A-Z]{2}")
_NO_PLACE = "ZZ99"


@dataclass(frozen=True, slots=True, repr=False)
class Demographics:
    family: str | None
    given: tuple[str, ...] = ()
    birth_date: str | None = None
    postcode: str | None = None
    gender: str | None = None
    nhs_number: NhsNumber | None = None

    @property
    def missing(self) -> tuple[str, ...]:
        """The fields without which PDS accepts no search, and that are not there in a form it accepts."""
        present = {"family": _is_name(self.family), "birth_date": is_full_date(self.birth_date)}
        return tuple(field for field, value in present.items() if not value)

    def __repr__(self) -> str:
        return "Demographics(***)"


def _is_name(text: str | None) -> bool:
    # A star would be taken for a wildcard.
    return bool(text and text.strip() and text.isprintable() and "*" not in text)


def known_postcode(text: str | None) -> str | None:
    """The postcode without spaces and in capitals, or None when it names no place."""
    compact = re.sub(r"\s", "", text or "").upper()
    return compact if _POSTCODE.fullmatch(compact) and not compact.startswith(_NO_PLACE) else None
