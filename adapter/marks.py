"""What is written down about a person, before it is read as facts?

The words of `consent.standing.Facts`, and beside them what only this side needs: birth dates, the stated practice.
"""

from __future__ import annotations

import json
from typing import Any

from adapter.database import Transaction


def marks(transaction: Transaction, person: int) -> dict[str, Any]:
    """Read a person's marks and dates as they are kept; nothing where there is no such person."""
    row = transaction.one("SELECT facts FROM person WHERE id = :person", person=person)
    return dict(json.loads(row[0])) if row else {}


def gone(transaction: Transaction, person: int) -> bool:
    """Whether a record is closed for good: merged into another, deleted by its council, or erased."""
    row = transaction.one("SELECT facts, merged_into FROM person WHERE id = :person", person=person)
    if row is None:
        return True
    kept = json.loads(row[0])
    return bool(row[1] or kept.get("sealed") or kept.get("erased"))


def birth_dates(transaction: Transaction, person: int) -> list[str]:
    """The birth dates on file, the council's and PDS's; empty where there is none."""
    kept = marks(transaction, person)
    return [kept.get("born") or "", kept.get("pds_birth_date") or ""]
