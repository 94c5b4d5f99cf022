"""Who is in this PDS, and under which number?

Rules it keeps:
- A superseded number leads to the record that took its place, by a read and by a search.
- An invalidated number is found by no search, and a read of it is answered apart from one not held.
- Whoever is restricted is not found by a search that says where somebody lives or is registered.

https://digital.nhs.uk/developer/api-catalogue/personal-demographics-service-fhir
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from pds_client.simulator.answers import is_restricted
from pds_client.simulator.matching import score
from pds_client.simulator.parameters import Search


class Population:
    def __init__(
        self,
        patients: Iterable[Mapping[str, Any]],
        superseded: Mapping[str, str],
        invalidated: Collection[str],
    ) -> None:
        self._patients: dict[str, Mapping[str, Any]] = {}
        self._superseded = dict(superseded)
        self._invalidated = set(invalidated)
        for patient in patients:
            self.hold(patient)

    def hold(self, patient: Mapping[str, Any]) -> None:
        """Adds a person, or puts a new version in place of the old."""
        self._patients[patient["id"]] = patient

    def supersede(self, old: str, new: str) -> None:
        self._superseded[old] = new

    def invalidate(self, number: str) -> None:
        self._invalidated.add(number)

    def is_invalidated(self, number: str) -> bool:
        return self._latest(number) in self._invalidated

    def held_as(self, number: str) -> Mapping[str, Any] | None:
        return self._patients.get(self._latest(number))

    def matches(self, search: Search) -> list[tuple[float, Mapping[str, Any]]]:
        """Best first; each person once, by their latest record."""
        best: dict[str, float] = {}
        for number, patient in self._patients.items():
            fit = score(search, patient)
            if fit is not None and self._may_be_found(search, number):
                latest = self._latest(number)
                best[latest] = max(fit, best.get(latest, 0.0))
        return sorted(((fit, self._patients[number]) for number, fit in best.items()), key=lambda each: -each[0])

    def _may_be_found(self, search: Search, number: str) -> bool:
        latest = self._latest(number)
        if latest in self._invalidated or latest not in self._patients:
            return False
        return not (search.looks_for_a_place and is_restricted(self._patients[latest]))

    def _latest(self, number: str) -> str:
        seen = {number}
        while number in self._superseded and self._superseded[number] not in seen:
            number = self._superseded[number]
            seen.add(number)
        return number
