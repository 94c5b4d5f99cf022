"""From which names, streets and numbers are people put together?

Faker is slow for each call and a population is large, so its names are drawn once and then picked from.
https://digital.nhs.uk/services/nhs-number
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import gcd
from operator import mul
from random import Random
from typing import TypeVar

from faker import Faker

# 999 and six digits more, before the check digit.
_STEMS = 1_000_000
_WEIGHTS = range(10, 1, -1)
# It passes modulus 11 and is a result marker in batch traces, so it is nobody's number.
_MARKER = "9999999999"
_OUTWARD = ("W2", "W9", "W10", "W1H", "NW1", "NW8", "SW1P", "SW1V", "WC2H")
# The letters that an inward code may hold.
_INWARD = "ABDEFGHJLNPQRSTUWXYZ"

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Pools:
    given: Mapping[str, Sequence[str]]
    families: Sequence[str]
    streets: Sequence[str]


def draw_pools(seed: int) -> Pools:
    faker = Faker("en_GB")
    faker.seed_instance(seed)
    return Pools(
        given={
            "female": _distinct(faker.first_name_female() for _ in range(400)),
            "male": _distinct(faker.first_name_male() for _ in range(400)),
        },
        families=_distinct(faker.last_name() for _ in range(1_200)),
        streets=_distinct(faker.street_name() for _ in range(600)),
    )


def nhs_numbers(random: Random) -> Iterator[str]:
    """Yield each valid number of the 999 range once, in an order that the seed decides."""
    start, step = random.randrange(_STEMS), _coprime(random)
    for count in range(_STEMS):
        stem = f"999{(start + count * step) % _STEMS:06}"
        digit = check_digit(stem)
        if digit is not None and stem + digit != _MARKER:
            yield stem + digit


def check_digit(stem: str) -> str | None:
    """Work out the tenth digit by modulus 11; some stems have none."""
    remainder = -sum(map(mul, _WEIGHTS, map(int, stem))) % 11
    return None if remainder == 10 else str(remainder)


def pick(random: Random, items: Sequence[Item]) -> Item:
    # Several times faster than choice().
    return items[int(random.random() * len(items))]


def postcode(random: Random) -> str:
    inward = f"{int(random.random() * 10)}{pick(random, _INWARD)}{pick(random, _INWARD)}"
    return f"{pick(random, _OUTWARD)} {inward}"


def mobile(random: Random) -> str:
    return f"07700 900{int(random.random() * 1000):03}"


def landline(random: Random) -> str:
    # 0100 to 0199 are the teams'.
    return f"020 7946 0{200 + int(random.random() * 800)}"


def landline_elsewhere(random: Random) -> str:
    return f"01632 960{int(random.random() * 1000):03}"


def _coprime(random: Random) -> int:
    return next(step for step in iter(lambda: random.randrange(_STEMS // 10, _STEMS), 0) if gcd(step, _STEMS) == 1)


def _distinct(names: Iterator[str]) -> Sequence[str]:
    return tuple(dict.fromkeys(names))
