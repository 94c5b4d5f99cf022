"""Who is the next ordinary person of the invented council?

Ordinary: an open case, a number that both the council and PDS hold, nothing stated about choices.
What makes others of them is in `twists`.
"""

from __future__ import annotations

from datetime import date, timedelta
from itertools import count
from random import Random

from adapter.demo.council import AT_HOME, HOMES, MENTAL_HEALTH, PRACTICES, TEAMS_FOR, WORKERS
from adapter.demo.invented import Address, Allocation, Invented, Name, Package, Relative
from adapter.demo.pools import draw_pools, landline, landline_elsewhere, mobile, nhs_numbers, pick, postcode

_REASONS = tuple(reason for reason in TEAMS_FOR if reason != MENTAL_HEALTH)
_YEAR = 365.25
_TITLES = {"female": ("Mrs", "Ms", "Miss"), "male": ("Mr",)}
_ETHNICITIES = ("A", "A", "A", "A", "B", "C", "H", "J", "K", "M", "N", "R", "S", "Z")
_LANGUAGES = ("en",) * 12 + ("ar", "bn", "pt", "so", "pl")


class Inventor:
    """Draws people from one seed; the same seed and day draw the same people."""

    def __init__(self, seed: int, today: date) -> None:
        self.random = Random(seed)  # noqa: S311 -- an invention, not a secret.
        self.today = today
        self._pools = draw_pools(seed)
        self._numbers = nhs_numbers(self.random)
        self._serials = count(100_001)

    def ordinary(self, age: float | None = None, sex: str | None = None, packages: int | None = None) -> Invented:
        random, serial = self.random, next(self._serials)
        years = self._age() if age is None else age
        sex = sex or ("female" if random.random() < 0.58 else "male")
        name = self.name(sex)
        # Nobody's case opened before they were eighteen.
        opened = self.ago(30 + random.random() * min(2_500.0, (years - 18) * _YEAR - 31))
        number, reason = next(self._numbers, None), pick(random, _REASONS)
        return Invented(
            local_id=f"W{serial}",
            nhs_number=number,
            number_on_file=number is not None,
            name=name,
            previous_family=self._previous_family(sex),
            renamed=self.ago(random.random() * (years - 18) * _YEAR),
            born=self.ago(years * _YEAR),
            sex=sex,
            ethnicity=pick(random, _ETHNICITIES),
            language=pick(random, _LANGUAGES),
            address=self._address(),
            moved_in=self.ago(random.random() * years * _YEAR),
            phone=landline(random) if random.random() < 0.6 else mobile(random),
            email=f"person.{serial}@mail.example.org" if random.random() < 0.25 else "",
            practice=pick(random, PRACTICES),
            reason=reason,
            opened=opened,
            allocation=self.allocation(opened, reason),
            packages=self._packages(serial, opened, packages),
        )

    def ago(self, days: float) -> date:
        return self.today - timedelta(days=int(days))

    def between(self, fewest: int, most: int) -> date:
        return self.ago(fewest + self.random.random() * (most - fewest))

    def name(self, sex: str) -> Name:
        given, random = self._pools.given[sex], self.random
        first = pick(random, given)
        both = (first, pick(random, given)) if random.random() < 0.4 else (first,)
        return Name(given=both, family=self._family(), title=pick(random, _TITLES[sex]))

    def allocation(self, opened: date, reason: str) -> Allocation:
        team = pick(self.random, TEAMS_FOR[reason])
        return Allocation(team, pick(self.random, WORKERS[team.id]), since=self._soon_after(opened))

    def relative(self, person: Invented, relation: str, roles: str, name: Name, on_file: str = "") -> Relative:
        phone = mobile(self.random) if self.random.random() < 0.7 else landline_elsewhere(self.random)
        return Relative(f"{person.local_id}-R{len(person.relatives) + 1}", relation, roles, name, phone, on_file)

    def _packages(self, serial: int, opened: date, how_many: int | None) -> tuple[Package, ...]:
        """Draw that many packages at home; where nothing is asked for, now and then a care home."""
        if how_many is None and self.random.random() < 0.12:
            return (Package(f"{serial}-1", pick(self.random, HOMES), self._soon_after(opened)),)
        first = int(self.random.random() * len(AT_HOME))
        return tuple(
            Package(f"{serial}-{nth + 1}", AT_HOME[(first + nth) % len(AT_HOME)], self._soon_after(opened))
            for nth in range(int(self.random.random() * 3) if how_many is None else how_many)
        )

    def _soon_after(self, opened: date) -> date:
        return opened + timedelta(days=int(self.random.random() * 28))

    def _age(self) -> float:
        # Most who are supported are old; some are not.
        random = self.random
        return random.triangular(65, 97, 84) if random.random() < 0.7 else 19 + random.random() * 46

    def _family(self) -> str:
        family = pick(self.random, self._pools.families)
        return f"{family}-{pick(self.random, self._pools.families)}" if self.random.random() < 0.03 else family

    def _previous_family(self, sex: str) -> str:
        return self._family() if self.random.random() < (0.18 if sex == "female" else 0.02) else ""

    def _address(self) -> Address:
        house, street = 1 + int(self.random.random() * 180), pick(self.random, self._pools.streets)
        return Address(f"{house} {street}", "London", postcode(self.random))
