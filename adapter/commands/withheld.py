"""How many people are withheld, from whom, and why?

Counted over the standings that people have now, with the function that the door's permits are made of; nobody's
record is read. A relationship is taken to be there, so that what is counted is a fact about people.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from adapter.database import Transaction
from adapter.permits import read_standing
from consent.decide import decide
from consent.model import Asking, Category, Channel, Standing, View
from consent.policy import Policy

# Whose eyes the counts are seen through.
VIEWS = {
    "hospital clinician": View("hospital", "clinician", "TREAT"),
    "integrated record": View("integrated-record", "system", "TREAT", Channel.INTEGRATED_RECORD),
}
CATEGORIES = (Category.IDENTITY, Category.NHS_NUMBER)


@dataclass
class Withheld:
    """One asker and category: from how many people it is withheld, and how many each rule concerns."""

    asker: str
    category: Category
    people: int = 0
    rules: Counter[str] = field(default_factory=Counter)

    def document(self) -> dict[str, object]:
        """As a program reads it."""
        return {"asker": self.asker, "category": self.category, "people": self.people, "rules": dict(self.rules)}


def withheld(policy: Policy, people: dict[Standing | None, int]) -> list[Withheld]:
    """Count who is withheld; a person may be withheld by several rules."""
    found = []
    for asker, view in VIEWS.items():
        for category in CATEGORIES:
            counted = Withheld(asker, category)
            for standing, number in people.items():
                decision = decide(policy, Asking(view, related=True), standing, category)
                counted.people += 0 if decision.released else number
                counted.rules.update(dict.fromkeys(decision.withheld_by, number))
            found.append(counted)
    return found


def people_by_standing(transaction: Transaction, now: int) -> dict[Standing | None, int]:
    """How many people have each standing now; none where it is overdue."""
    rows = transaction.all(
        "SELECT s.facts, COUNT(*) FROM person p LEFT JOIN standing s ON s.id ="
        " CASE WHEN :now < p.standing_until THEN p.standing WHEN :now < p.after_until THEN p.standing_after END"
        " GROUP BY s.facts",
        now=now,
    )
    return {read_standing(facts) if facts else None: number for facts, number in rows}
