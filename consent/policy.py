"""What does the controller's policy say?

Reads one policy file and refuses it unless every row is complete: known words only, each asking answered by one
row, a reason and a sentence of the notice for every rule. The default of anything that is not stated withholds.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from importlib import resources
from pathlib import Path

from consent.model import Group, Lift, View
from consent.row import Row as Row
from consent.row import read_row
from consent.section import Section

_LIFTABLE = frozenset(
    {
        "nhs-number-objection",
        "shared-record-opt-out",
        "national-data-opt-out",
        "restricted",
        "expired-but-held",
    }
)
_BASES = {
    "court-or-statute": Lift.COURT_OR_STATUTE,
    "safeguarding": Lift.SAFEGUARDING,
    "crime": Lift.CRIME,
    "approved-use": Lift.APPROVED_USE,
}
# The ids of the rules of `decide`, each of which needs its grounds.
_RULES = frozenset(
    {
        "not-known",
        "purpose-refused",
        "not-live",
        "erased",
        "sealed",
        "past-retention",
        "deceased",
        "outside-role",
        "no-relationship",
        "no-instrument",
        "nhs-number-objection",
        "shared-record-opt-out",
        "national-data-opt-out",
        "restricted",
        "locked",
        "location-protected",
        "address-withheld",
    }
)


class PolicyError(ValueError):
    """A policy file that cannot be used; the message names the file, the place and the fault."""


@dataclass(frozen=True, slots=True)
class Grounds:
    """Why a rule withholds, in plain words, and the sentence of the notice on which it rests."""

    because: str
    notice: str


@dataclass(frozen=True, slots=True)
class Council:
    """A council whose records the policy governs."""

    code: str
    name: str
    ods: str


@dataclass(frozen=True, slots=True)
class Desk:
    """Whom to ring, whatever the answer was."""

    name: str
    phone: str
    hours: str


@dataclass(frozen=True, slots=True)
class Periods:
    """How long things last."""

    register_max_age: timedelta
    register_grace: timedelta
    register_alarm: timedelta
    national_check: timedelta
    deceased_direct_care: timedelta
    provider_relationship: timedelta
    retention_years: int
    retention_mental_health_years: int


@dataclass(frozen=True)
class Policy:
    """One controller's policy, whole. `digest` is the SHA-256 of the file that was read."""

    name: str
    version: int
    controller: str
    digest: str
    councils: tuple[Council, ...]
    desk: Desk
    periods: Periods
    assertion_hours: Mapping[str, int]
    purposes: Mapping[str, Group]
    job_roles: Mapping[str, str]
    rows: tuple[Row, ...]
    lifts: Mapping[Lift, frozenset[str]]
    rules: Mapping[str, Grounds]
    by_view: Mapping[View, Row]

    def row(self, view: View) -> Row | None:
        """Find the row that speaks of this view; none means that nothing may be seen."""
        return self.by_view.get(view)

    def group(self, purpose: str) -> Group:
        """Say what a purpose counts as; one that the policy does not name is refused."""
        return self.purposes.get(purpose, Group.REFUSED)

    def breaks_glass(self, purpose: str) -> bool:
        """Whether the purpose looks past a case system's own access lock."""
        return purpose == "BTG"

    def assertion(self, recipient: str) -> timedelta:
        """How long a relationship lasts that a recipient of this class asserts."""
        return timedelta(hours=self.assertion_hours.get(recipient, self.assertion_hours["default"]))


def shipped(name: str) -> Policy:
    """Load a policy that comes with the product, by its name."""
    return load(Path(str(resources.files("consent") / "policies" / f"{name}.toml")))


def load(path: Path) -> Policy:
    """Read a policy file; raise PolicyError where it is incomplete or contradicts itself."""
    try:
        text = path.read_bytes()
        table = tomllib.loads(text.decode("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        raise PolicyError(f"{path.name}: cannot be read as a policy: {fault}") from fault
    try:
        return _policy(Section("", table), hashlib.sha256(text).hexdigest())
    except ValueError as fault:
        raise PolicyError(f"{path.name}: {fault}") from fault


def _policy(file: Section, digest: str) -> Policy:
    file.only(
        "policy", "council", "desk", "periods", "assertion_hours", "purposes", "job_roles", "row", "lift", "rules"
    )
    head = file.section("policy")
    head.only("name", "version", "controller")
    purposes = _purposes(file.section("purposes"))
    rows = tuple(read_row(row, purposes) for row in file.sections("row"))
    return Policy(
        name=head.text("name"),
        version=head.number("version", most=1_000_000),
        controller=head.text("controller"),
        digest=digest,
        councils=tuple(_council(council) for council in file.sections("council")),
        desk=_desk(file.section("desk")),
        periods=_periods(file.section("periods")),
        assertion_hours=_assertion_hours(file.section("assertion_hours")),
        purposes=purposes,
        job_roles=_job_roles(file.section("job_roles"), rows),
        rows=rows,
        lifts=_lifts(file.sections("lift")),
        rules=_rules(file.section("rules")),
        by_view=_views(rows),
    )


def _views(rows: tuple[Row, ...]) -> dict[View, Row]:
    found: dict[View, Row] = {}
    for row in rows:
        for role in row.roles:
            for purpose in row.purposes:
                view = View(row.recipient, role, purpose, row.channel)
                if view in found:
                    raise ValueError(f"two rows speak of {row.recipient}, {role}, {purpose}")
                found[view] = row
    return found


def _purposes(table: Section) -> dict[str, Group]:
    for code in table.entries:
        if table.text(code) not in list(Group):
            raise ValueError(f"{table.where}: {code} must be one of {', '.join(Group)}")
    return {code: Group(group) for code, group in table.entries.items()}


def _job_roles(table: Section, rows: tuple[Row, ...]) -> dict[str, str]:
    known = {role for row in rows for role in row.roles}
    for code in table.entries:
        if table.text(code) not in known:
            raise ValueError(f"{table.where}: {code} is `{table.text(code)}`, a role that no row has")
    return dict(table.entries)


def _council(table: Section) -> Council:
    table.only("code", "name", "ods")
    return Council(code=table.text("code"), name=table.text("name"), ods=table.text("ods"))


def _desk(table: Section) -> Desk:
    table.only("name", "phone", "hours")
    return Desk(name=table.text("name"), phone=table.text("phone"), hours=table.text("hours"))


def _assertion_hours(table: Section) -> dict[str, int]:
    return {recipient: table.number(recipient) for recipient in ("default", *table.entries)}


def _periods(table: Section) -> Periods:
    table.only(*_PERIOD_WORDS)
    return Periods(
        register_max_age=timedelta(days=table.number("register_max_age_days")),
        register_grace=timedelta(days=table.number("register_grace_days", least=0)),
        register_alarm=timedelta(hours=table.number("register_alarm_hours")),
        # A check of the national opt-out is good for three weeks at the very most.
        national_check=timedelta(days=table.number("national_check_days", most=21)),
        deceased_direct_care=timedelta(days=table.number("deceased_direct_care_days", least=0)),
        provider_relationship=timedelta(days=table.number("provider_relationship_days")),
        retention_years=table.number("retention_years"),
        retention_mental_health_years=table.number("retention_mental_health_years"),
    )


_PERIOD_WORDS = (
    "register_max_age_days",
    "register_grace_days",
    "register_alarm_hours",
    "national_check_days",
    "deceased_direct_care_days",
    "provider_relationship_days",
    "retention_years",
    "retention_mental_health_years",
)


def _lifts(rows: list[Section]) -> dict[Lift, frozenset[str]]:
    lifts: dict[Lift, frozenset[str]] = {}
    for row in rows:
        row.only("basis", "lifts", "notice")
        row.text("notice")
        basis, lifted = _BASES.get(row.text("basis")), frozenset(row.words("lifts", least=0))
        if basis is None or not lifted <= _LIFTABLE:
            raise ValueError(f"{row.where}: names a basis or a protection that cannot be lifted")
        if basis in lifts:
            raise ValueError(f"{row.where}: two rows speak of the basis {row.text('basis')}")
        lifts[basis] = lifted
    return dict.fromkeys(Lift, frozenset()) | lifts


def _rules(table: Section) -> dict[str, Grounds]:
    table.only(*sorted(_RULES))
    return {rule: _grounds(table.section(rule)) for rule in sorted(_RULES)}


def _grounds(table: Section) -> Grounds:
    table.only("because", "notice")
    return Grounds(because=table.text("because"), notice=table.text("notice"))
