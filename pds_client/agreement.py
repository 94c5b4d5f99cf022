"""Do our words about this person and those of PDS agree?

Rules it keeps:
- A field agrees, conflicts, or cannot be compared; only the first of these counts for anything.
- Names are compared with current and previous ones, without case, accents and punctuation. A family name
  agrees with a double-barrelled one that holds it. A first given name agrees with its own beginning of
  three letters or more; an initial or two letters prove nothing.
- A date of birth agrees only when both are full and the same.
- A postcode agrees with any that PDS gives; no fixed abode agrees with nothing.

https://digital.nhs.uk/developer/api-catalogue/personal-demographics-service-fhir
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pds_client.dates import is_full_date
from pds_client.demographics import Demographics, known_postcode
from pds_client.patient import PdsPatient

# True agrees, False conflicts, None cannot be told.
Verdict = bool | None

FIELDS = ("family", "given", "birth_date", "postcode")
_SHORTEST_BEGINNING = 3


@dataclass(frozen=True, slots=True)
class Agreement:
    """The names of the fields that agree and that conflict, never their values."""

    agreed: tuple[str, ...] = ()
    conflicting: tuple[str, ...] = ()

    @property
    def verifies(self) -> bool:
        """Enough to believe a number that the council already holds."""
        return "birth_date" in self.agreed and len(self.agreed) > 1

    @property
    def identifies(self) -> bool:
        """Enough to believe a number that a search found."""
        return set(self.agreed) == set(FIELDS)


def compare(ours: Demographics, theirs: PdsPatient) -> Agreement:
    verdicts = {
        "family": _any((ours.family,), (name.family for name in theirs.names), _family),
        "given": _any(ours.given[:1], (name.given[0] for name in theirs.names if name.given), _given),
        "birth_date": _birth_date(ours.birth_date, theirs.birth_date),
        "postcode": _any((known_postcode(ours.postcode),), map(known_postcode, theirs.postcodes), _same),
    }
    return Agreement(
        tuple(field for field in FIELDS if verdicts[field] is True),
        tuple(field for field in FIELDS if verdicts[field] is False),
    )


def _any(ours: Iterable[str | None], theirs: Iterable[str | None], verdict: Callable[[str, str], Verdict]) -> Verdict:
    """Agrees if any pair does; conflicts only if every pair does, and there is one."""
    others = [other for other in theirs if other]
    verdicts = {verdict(one, other) for one in ours if one for other in others}
    if True in verdicts:
        return True
    return False if verdicts == {False} else None


def _same(one: str, other: str) -> Verdict:
    return one == other


def _family(one: str, other: str) -> Verdict:
    ours, theirs = _words(one), _words(other)
    if not ours or not theirs:
        return None
    return ours <= theirs or theirs <= ours or _letters(one) == _letters(other)


def _given(one: str, other: str) -> Verdict:
    shorter, longer = sorted((_first_word(one), _first_word(other)), key=len)
    if not shorter or not longer.startswith(shorter):
        return None if not shorter else False
    return True if shorter == longer or len(shorter) >= _SHORTEST_BEGINNING else None


def _birth_date(one: str | None, other: str | None) -> Verdict:
    return one == other if is_full_date(one) and is_full_date(other) else None


def _words(name: str) -> set[str]:
    return {letters for word in re.split(r"[\s\-]+", name) if (letters := _letters(word))}


def _first_word(name: str) -> str:
    return _letters(re.split(r"[\s\-]+", name.strip())[0])


def _letters(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).casefold()
    return "".join(letter for letter in plain if letter.isalnum())
