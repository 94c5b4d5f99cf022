"""Why is something released or withheld, and what would have to change?

For each category: every rule that withholds, with its reason and its sentence of the notice; the facts on which it
rests; and each single fact whose change alone would release it, found by asking `decide` again. What the explanation
says is what the door does: both ask the same function. It speaks of the person as the subject of the record; who is
named in it beside them has a standing of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from enum import StrEnum

from adapter.asker import Asker, Context, admit
from adapter.clients import COLUMNS, Registration, read_registration
from adapter.database import Transaction
from adapter.deployment import Deployment
from adapter.instant import millis, shown
from adapter.officer import officer
from adapter.outcome import RefusedError
from adapter.permits import read_standing
from adapter.person import find_person
from consent.decide import decide
from consent.model import Asking, Category, Deceased, OptOut, Retention, Sensitive, Standing
from consent.policy import Policy

# A person about whom no fact withholds anything.
_OPEN = Standing(
    live=True,
    nhs_number_use=OptOut.CLEAR,
    shared_record=OptOut.CLEAR,
    national_data_opt_out=OptOut.CLEAR,
    restricted=False,
    locked=False,
    pds_sensitive=Sensitive.NO,
    do_not_disclose=False,
    sealed=False,
    erased=False,
    retention=Retention.WITHIN,
    deceased=Deceased.NO,
)
RELATIONSHIP = "relationship"


class UnknownClientError(LookupError):
    """No client is registered under that id."""


class RoleNeededError(ValueError):
    """The client has several roles, and which of them asks was not said."""


class Remedy(StrEnum):
    """How many facts would have to change: none, any one of `changes`, several, or no fact at all would do."""

    NONE = "none"
    ONE = "one"
    SEVERAL = "several"
    NO_FACT = "no-fact"


@dataclass(frozen=True, slots=True)
class Ground:
    """A rule that withholds, why, and the sentence of the notice."""

    rule: str
    because: str
    notice: str


@dataclass(frozen=True, slots=True)
class Change:
    """One fact, and what it would have to be."""

    fact: str
    value: str


@dataclass(frozen=True, slots=True)
class Explained:
    """One category; `locates` speaks of what in it tells where somebody is, `own` of the asker's own services only."""

    category: Category
    locates: bool
    own: bool
    rules: tuple[Ground, ...]
    changes: tuple[Change, ...]
    remedy: Remedy

    @property
    def released(self) -> bool:
        """Whether the category may leave."""
        return not self.rules


@dataclass(frozen=True, slots=True)
class Relationship:
    """A relationship on file with an organisation of the client's."""

    organisation: str
    kind: str
    ends: int


@dataclass(frozen=True, slots=True)
class Explanation:
    """One asking about one person: the facts, and what follows for each category."""

    asking: Asking
    standing: Standing | None
    relationships: tuple[Relationship, ...]
    explained: tuple[Explained, ...]

    def __iter__(self) -> Iterator[Explained]:
        return iter(self.explained)


def explain(
    deployment: Deployment,
    council: str,
    local_id: str,
    client: str,
    purpose: str,
    *,
    role: str = "",
    categories: tuple[Category, ...] = tuple(Category),
) -> Explanation:
    """Explain what a client would see of a person now; the trail says that it was asked.

    Raises RefusedError where the asking itself is at fault, whoever it is about.
    """
    event = {"kind": "explain", "at": shown(millis(deployment.now())), "by": officer(), "client": client}
    event |= {"purpose": purpose, "role": role}
    with deployment.office.transaction() as transaction:
        known, person = find_person(transaction, council, local_id)
        registration = _registration(transaction, client)
        standing = _standing(transaction, person, millis(deployment.now()))
        relationships = _relationships(transaction, registration, person, millis(deployment.now()))
    try:
        asker = _asker(deployment, registration, purpose, role)
    except RefusedError as refused:
        deployment.record(event | {"outcome": "refused", "cause": refused.cause, "people": [person]})
        raise
    deployment.record(event | {"outcome": "released", "people": [person]})
    own_council = registration.council == known.id
    asking = Asking(asker.own_view if own_council else asker.view, related=own_council or bool(relationships))
    found = tuple(explained(deployment.policy, asking, standing, categories))
    return Explanation(asking, standing, relationships, found)


def explained(
    policy: Policy, asking: Asking, standing: Standing | None, categories: tuple[Category, ...]
) -> Iterator[Explained]:
    """Explain each category; what tells where somebody is has a line of its own where its answer differs."""
    for category in categories:
        plain = _explained(policy, asking, standing, category, locates=False)
        locating = _explained(policy, asking, standing, category, locates=True)
        yield plain
        if locating.rules != plain.rules:
            yield locating


def _explained(
    policy: Policy, asking: Asking, standing: Standing | None, category: Category, *, locates: bool
) -> Explained:
    def releases(asked: Asking, of: Standing | None) -> bool:
        return decide(policy, asked, of, category, locates=locates).released

    rules = decide(policy, asking, standing, category, locates=locates).withheld_by
    changes = tuple(change for change, asked, of in _worlds(asking, standing) if rules and releases(asked, of))
    row = policy.row(asking.view)
    return Explained(
        category=category,
        locates=locates,
        own=row is not None and category in row.own,
        rules=tuple(Ground(rule, policy.rules[rule].because, policy.rules[rule].notice) for rule in rules),
        changes=changes,
        remedy=_remedy(rules, changes, releases(replace(asking, related=True), _OPEN)),
    )


def _worlds(asking: Asking, standing: Standing | None) -> Iterator[tuple[Change, Asking, Standing | None]]:
    """Every world that differs from this one in a single fact, which there withholds nothing."""
    if not asking.related:
        yield Change(RELATIONSHIP, "on file"), replace(asking, related=True), standing
    for fact in fields(Standing) if standing is not None else ():
        value = getattr(_OPEN, fact.name)
        if standing is not None and getattr(standing, fact.name) != value:
            yield Change(fact.name, spoken(value)), asking, replace(standing, **{fact.name: value})


def _remedy(rules: tuple[str, ...], changes: tuple[Change, ...], open_releases: bool) -> Remedy:
    if not rules:
        return Remedy.NONE
    if changes:
        return Remedy.ONE
    return Remedy.SEVERAL if open_releases else Remedy.NO_FACT


def spoken(value: object) -> str:
    """A fact's value in a word."""
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def _registration(transaction: Transaction, client: str) -> Registration:
    row = transaction.one(f"SELECT {COLUMNS} FROM client WHERE id = :client", client=client)
    if row is None:
        raise UnknownClientError("no client is registered under that id; see `asc-fhir client list`")
    return read_registration(row)


def _asker(deployment: Deployment, client: Registration, purpose: str, role: str) -> Asker:
    said = Context(purpose, min(client.organisations), officer(), role or _only_role(deployment.policy, client))
    return admit(deployment.policy, client, said, millis(deployment.now()))


def _only_role(policy: Policy, client: Registration) -> str:
    """The job role code that stands for the client's one role; none for a role that no user takes."""
    codes = {policy.job_roles[code]: code for code in sorted(policy.job_roles, reverse=True)}
    taken = sorted(codes[role] for role in client.roles if role in codes)
    if len(taken) > 1:
        raise RoleNeededError(f"the client has several roles; say which asks with --role: {', '.join(taken)}")
    return taken[0] if taken else ""


def _standing(transaction: Transaction, person: int, now: int) -> Standing | None:
    """The standing that the door would use now; none once it is overdue."""
    row = transaction.one(
        "SELECT s.facts FROM person p JOIN standing s ON s.id = CASE WHEN :now < p.standing_until THEN p.standing"
        " WHEN :now < p.after_until THEN p.standing_after END WHERE p.id = :person",
        now=now,
        person=person,
    )
    return read_standing(row[0]) if row else None


def _relationships(transaction: Transaction, client: Registration, person: int, now: int) -> tuple[Relationship, ...]:
    rows = transaction.all(
        "SELECT organisation, kind, ends FROM relationship WHERE person = :person AND client IN ('', :client)"
        " AND starts <= :now AND :now < ends ORDER BY organisation, kind",
        person=person,
        client=client.id,
        now=now,
    )
    return tuple(Relationship(*row) for row in rows if row[0] in client.organisations)
