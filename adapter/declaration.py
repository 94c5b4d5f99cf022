"""Is the list of those who object complete?

An officer says so, as at a date, and says how many are on it: where that is not how many are recorded here, somebody
is missing or stands here wrongly, and nothing is declared. From then on who is not on the list counts as not
objecting, so every person's standing is worked out anew in the transaction that records the declaration.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from adapter.database import Transaction
from adapter.deployment import Deployment
from adapter.instant import midnight, millis, moment, read_instant, shown
from adapter.officer import officer
from adapter.person import find_council
from adapter.register import KINDS, refresh
from consent.model import OptOut
from consent.policy import Policy
from consent.standing import NATIONAL, Choice, Facts, opt_out

_PEOPLE_AT_ONCE = 200
_FIELDS = {"nhs-number": "nhs_number_use", "shared-record": "shared_record"}
# How many people are done, of how many.
Progress = Callable[[int, int], None]


class RefusedDeclarationError(ValueError):
    """A declaration that does not hold; the message says why."""


@dataclass(frozen=True, slots=True)
class Declared:
    """A declaration on file. Times are milliseconds."""

    council: str
    kind: str
    as_of: int
    listed: int
    declared: int
    declared_by: str

    def state(self, policy: Policy, now: datetime) -> str:
        """What it still carries: everything, direct care of those already clear, or nothing."""
        age = now - moment(self.as_of)
        if age < policy.periods.register_max_age:
            return "live"
        grace = policy.periods.register_max_age + policy.periods.register_grace
        return "direct care only" if age < grace else "lapsed"

    def alarms(self, policy: Policy, now: datetime) -> bool:
        """Whether it is older than a register should ever be."""
        return now - moment(self.as_of) > policy.periods.register_alarm


def read_as_of(text: str, now: datetime) -> datetime:
    """Read the date of a list: a day is its end, and never later than now. Raises ValueError."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return read_instant(text)
    if day > now.date():
        return midnight(day)
    return min(midnight(day) + timedelta(days=1, milliseconds=-1), now)


def declare(
    deployment: Deployment,
    council: str,
    kind: str,
    as_of: datetime,
    listed: int,
    by: str,
    *,
    progress: Progress = lambda _done, _of: None,
) -> Counter[str]:
    """Declare a register complete; say how many people now object, are clear, and are unknown.

    Raises RefusedDeclarationError where it does not hold; the trail has the refusal too.
    """
    event: dict[str, object] = {"kind": "declaration", "at": shown(millis(deployment.now())), "by": officer()}
    event |= {"declared_by": by, "council": council, "register": kind, "as_of": shown(millis(as_of)), "listed": listed}
    with deployment.office.transaction() as transaction:
        known = find_council(transaction, council)
        refusal = _refusal(transaction, deployment, known.id, kind, as_of, listed, by)
        if not refusal:
            _write(transaction, known.id, kind, as_of, listed, by, deployment.now())
            found = _work_out(transaction, deployment, known.id, kind, progress)
        deployment.record(event | {"outcome": "refused" if refusal else "declared"})
    if refusal:
        raise RefusedDeclarationError(refusal)
    return found


def objecting(transaction: Transaction, policy: Policy, council: int, kind: str, at: datetime) -> int:
    """How many of a council's people are recorded as objecting at an instant."""
    rows = transaction.all(
        "SELECT c.person, c.value, c.effective, c.recorded, c.series FROM choice c JOIN person p ON p.id = c.person"
        " WHERE p.council = :council AND c.kind = :kind ORDER BY c.person",
        council=council,
        kind=kind,
    )
    people = (tuple(said) for _, said in groupby(rows, key=lambda row: row[0]))
    return sum(_objects(policy, kind, at, said) for said in people)


def declarations(transaction: Transaction) -> list[Declared]:
    """Every declaration on file, the newest of each council and kind first."""
    rows = transaction.all(
        "SELECT c.code, r.kind, r.as_of, r.listed, r.declared, r.declared_by FROM register r"
        " JOIN council c ON c.id = r.council ORDER BY c.code, r.kind, r.as_of DESC, r.id DESC"
    )
    return [Declared(*row) for row in rows]


def _refusal(
    transaction: Transaction, deployment: Deployment, council: int, kind: str, as_of: datetime, listed: int, by: str
) -> str:
    if kind == NATIONAL:
        return "the national data opt-out has no register here: the NHS is asked for it"
    if kind not in KINDS:
        return f"a register is of the kind {' or '.join(KINDS)}"
    if as_of > deployment.now():
        return "the list would be as of a time to come; a declaration speaks of what is known"
    if not by.strip():
        return "a declaration needs the name of the officer who makes it"
    recorded = objecting(transaction, deployment.policy, council, kind, as_of)
    if recorded != listed:
        return (
            f"the list has {listed}, and {recorded} are recorded here as objecting ({kind}, as of"
            f" {shown(millis(as_of))}); load or record who is missing, or correct the list, and declare again"
        )
    return ""


def _write(
    transaction: Transaction, council: int, kind: str, as_of: datetime, listed: int, by: str, now: datetime
) -> None:
    transaction.execute(
        "INSERT INTO register (council, kind, as_of, listed, declared, declared_by)"
        " VALUES (:council, :kind, :as_of, :listed, :declared, :by)",
        council=council,
        kind=kind,
        as_of=millis(as_of),
        listed=listed,
        declared=millis(now),
        by=by,
    )


def _work_out(
    transaction: Transaction, deployment: Deployment, council: int, kind: str, progress: Progress
) -> Counter[str]:
    rows = transaction.all("SELECT id FROM person WHERE council = :council ORDER BY id", council=council)
    people = [row[0] for row in rows]
    found: Counter[str] = Counter({value.value: 0 for value in OptOut})
    for some in _batches(people):
        standings = refresh(transaction, deployment.policy, some, deployment.now()).values()
        found.update(getattr(standing, _FIELDS[kind]).value for standing in standings)
        progress(found.total(), len(people))
    return found


def _batches(people: list[int]) -> Iterator[list[int]]:
    return (people[start : start + _PEOPLE_AT_ONCE] for start in range(0, len(people), _PEOPLE_AT_ONCE))


def _objects(policy: Policy, kind: str, at: datetime, said: tuple[tuple[int, str, int, int, str], ...]) -> bool:
    choices = tuple(
        Choice(kind, OptOut(value), moment(effective), moment(recorded), series)
        for _, value, effective, recorded, series in said
    )
    return opt_out(Facts(first_seen=at, choices=choices), policy, kind, at) is OptOut.OBJECTS
