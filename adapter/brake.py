"""How many people may one extract restrict before somebody is asked?

A fault in a council's system may mark everybody as restricted, or leave half of them out, and a ward would then find
nobody. An extract that would restrict, lock, close or hide more than two in a hundred of those on file stops, keeps
nothing of the records at hand, and says how to go on. A handful of people is never too many.
"""

from __future__ import annotations

from dataclasses import dataclass

_SHARE = 0.02
_HANDFUL = 10


class BrakeError(Exception):
    """The extract would restrict too many people; the message says how many, and what to do."""


@dataclass(frozen=True)
class Brake:
    """Holds a load to a share of the people on file when it began."""

    people: int
    released: bool

    def hold(self, restricted: int) -> None:
        """Raise BrakeError where so many would be restricted, locked, closed or hidden that somebody must be asked."""
        if not self.released and restricted > max(_HANDFUL, self.people * _SHARE):
            raise BrakeError(
                f"would restrict, lock, close or hide {restricted} of {self.people} people or more; if that is right,"
                " load it again with --yes-restrict"
            )
