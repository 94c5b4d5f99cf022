"""Do two names sound alike?

Rules it keeps:
- American Soundex: the first letter and three digits; letters of one group that touch, or that only h or
  w parts, count once.
- Accents do not matter; a name without a Latin letter sounds like nothing, not even like itself.

https://www.archives.gov/research/census/soundex
"""

import unicodedata

_GROUPS = ("bfpv", "cgjkqsxz", "dt", "l", "mn", "r")
_DIGITS = {letter: str(digit) for digit, group in enumerate(_GROUPS, start=1) for letter in group}


def soundex(name: str) -> str:
    letters = [letter for letter in unicodedata.normalize("NFKD", name).lower() if "a" <= letter <= "z"]
    if not letters:
        return ""
    code, last = letters[0].upper(), _DIGITS.get(letters[0], "")
    for letter in letters[1:]:
        digit = _DIGITS.get(letter, "")
        if digit and digit != last:
            code += digit
        if letter not in "hw":
            last = digit
    return code[:4].ljust(4, "0")


def sounds_alike(one: str, other: str) -> bool:
    return soundex(one) == soundex(other) != ""
