"""Which council and which person does an officer mean?

A council is named by its code, a person by the council's own id for them. Neither answer nor complaint holds
anything about the person.
"""

from __future__ import annotations

from adapter.database import Transaction
from adapter.deployment import council
from adapter.intake import UnknownCouncilError
from adapter.store import Council


class UnknownPersonError(LookupError):
    """The council holds nobody under that id."""


def find_council(transaction: Transaction, code: str) -> Council:
    """Find a council by its code; raises UnknownCouncilError."""
    known = council(transaction, code)
    if known is None:
        codes = ", ".join(row[0] for row in transaction.all("SELECT code FROM council ORDER BY code"))
        raise UnknownCouncilError(f"`{code}` is not a council of this deployment; known: {codes}")
    return known


def find_person(transaction: Transaction, code: str, local_id: str) -> tuple[Council, int]:
    """Find a person's number by the council's id for them; raises UnknownCouncilError or UnknownPersonError."""
    known = find_council(transaction, code)
    row = transaction.one(
        "SELECT id FROM person WHERE council = :council AND local_id = :local_id", council=known.id, local_id=local_id
    )
    if row is None:
        raise UnknownPersonError(f"nobody is on file at `{code}` under that local id; check it, or load their extract")
    return known, row[0]
