"""Is this text an NHS number, and can it occur here?

Rules it keeps:
- Ten digits whose last is the modulus 11 check digit; spaces and hyphens are the only decoration.
- 0000000000 and 9999999999 are result markers of the batch trace; ten equal digits are a placeholder.
  Some of them pass modulus 11, and all are refused.
- Which first digits can occur depends on the environment: only 4, 6 and 7 are issued in England and
  Wales, while the test environments of PDS hold synthetic people starting with 5 and 9 as well.
- A number never shows itself; neither does a refusal.

https://www.datadictionary.nhs.uk/attributes/nhs_number.html
"""

import re
from dataclasses import dataclass
from enum import Enum


class BadNhsNumber(ValueError):  # noqa: N818
    """What was given is not an NHS number; the text is never part of the message."""


class Environment(Enum):
    """Where a number is to be used; the value is the name a setting gives it."""

    ANY = "any"
    PRODUCTION = "production"
    INTEGRATION = "integration"
    SANDBOX = "sandbox"


ANY = Environment.ANY

_FIRST_DIGITS = {
    Environment.ANY: "0123456789",
    Environment.PRODUCTION: "467",
    Environment.INTEGRATION: "45679",
    Environment.SANDBOX: "45679",
}
_TEN_DIGITS = re.compile(r"[0-9]{10}")


@dataclass(frozen=True, slots=True, repr=False)
class NhsNumber:
    value: str

    def __post_init__(self) -> None:
        if not isinstance(self.value, str) or not _TEN_DIGITS.fullmatch(self.value):
            raise BadNhsNumber("an nhs number is ten digits, with spaces or hyphens between them at most")
        if len(set(self.value)) == 1:
            raise BadNhsNumber("ten equal digits are a placeholder, not an nhs number")
        if not _check_digit_holds(self.value):
            raise BadNhsNumber("the check digit does not fit the other nine digits")

    @classmethod
    def parse(cls, text: str, *, environment: Environment = ANY) -> "NhsNumber":
        if not isinstance(text, str):
            raise BadNhsNumber("an nhs number is text, so that its zeros are kept")
        number = cls(text.replace(" ", "").replace("-", ""))
        if not number.occurs_in(environment):
            raise BadNhsNumber(f"numbers of this range do not occur in the {environment.value} environment")
        return number

    def occurs_in(self, environment: Environment) -> bool:
        return self.value[0] in _FIRST_DIGITS[environment]

    def __repr__(self) -> str:
        return f"NhsNumber(***{self.value[-4:]})"

    __str__ = __repr__


def _check_digit_holds(digits: str) -> bool:
    weighted = sum(int(digit) * weight for digit, weight in zip(digits, range(10, 1, -1), strict=False))
    # A remainder of 0 asks for 11, written 0; a remainder of 1 asks for 10, which no digit can be.
    return (11 - weighted % 11) % 11 == int(digits[9])
