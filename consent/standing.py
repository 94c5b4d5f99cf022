"""What is known of a person at one instant?

From the facts on file (choices, declared registers, marks, dates) to the standing that decisions ask, and to the
next instant at which it changes by itself. The instant is passed in; nothing here reads a clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from consent.model import Deceased, OptOut, Retention, Sensitive, Standing
from consent.policy import Policy

NHS_NUMBER = "nhs-number"
SHARED_RECORD = "shared-record"
NATIONAL = "national-data-opt-out"


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody said of one kind of use. `series` names whose record of it this is."""

    kind: str
    value: OptOut
    effective: datetime
    recorded: datetime
    series: str


@dataclass(frozen=True, slots=True)
class Register:
    """An officer's word that the list of those who object is complete as at a date."""

    kind: str
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Facts:
    """What is on file about one person. The defaults withhold."""

    first_seen: datetime
    choices: tuple[Choice, ...] = ()
    registers: Mapping[str, Register] = field(default_factory=dict)
    restricted: bool = True
    locked: bool = True
    do_not_disclose: bool = True
    sealed: bool = False
    erased: bool = False
    # PDS's mark when it was last read; None before that.
    pds_sensitive: bool | None = None
    died: date | None = None
    death_learnt: datetime | None = None
    closed: date | None = None
    mental_health: bool = False
    hold: bool = False
    national: OptOut = OptOut.UNKNOWN
    national_checked: datetime | None = None


def standing_at(facts: Facts, policy: Policy, instant: datetime) -> Standing:
    """Say what holds at the instant."""
    nhs_number_use = opt_out(facts, policy, NHS_NUMBER, instant)
    return Standing(
        live=_live(facts, policy, instant),
        nhs_number_use=nhs_number_use,
        shared_record=opt_out(facts, policy, SHARED_RECORD, instant),
        national_data_opt_out=_national(facts, policy, instant, nhs_number_use),
        restricted=facts.restricted,
        locked=facts.locked,
        pds_sensitive=_sensitive(facts, nhs_number_use),
        do_not_disclose=facts.do_not_disclose,
        sealed=facts.sealed,
        erased=facts.erased,
        retention=_retention(facts, policy, instant),
        deceased=_deceased(facts, policy, instant),
    )


def next_change(facts: Facts, policy: Policy, instant: datetime) -> datetime | None:
    """Find the next instant after this one at which the standing may change by itself."""
    return min((at for at in _turning_points(facts, policy) if at > instant), default=None)


def opt_out(facts: Facts, policy: Policy, kind: str, instant: datetime) -> OptOut:
    """Say whether a person objects to one kind of use: their own choice first, else a declared register."""
    chosen = _chosen(c for c in facts.choices if c.kind == kind and c.effective <= instant)
    if chosen is not None:
        return chosen
    register = facts.registers.get(kind)
    if register is None or facts.first_seen > register.as_of:
        return OptOut.UNKNOWN
    declared = register.as_of <= instant < _register_ends(register, policy)
    return OptOut.CLEAR if declared else OptOut.UNKNOWN


def _live(facts: Facts, policy: Policy, instant: datetime) -> bool:
    register = facts.registers.get(NHS_NUMBER)
    return register is not None and register.as_of <= instant < _register_ends(register, policy)


def _chosen(choices: Iterable[Choice]) -> OptOut | None:
    latest: dict[str, list[Choice]] = {}
    for choice in choices:
        tied = latest.setdefault(choice.series, [])
        when = (choice.effective, choice.recorded)
        then = (tied[0].effective, tied[0].recorded) if tied else when
        if when > then:
            tied.clear()
        if when >= then:
            tied.append(choice)
    values = {choice.value for tied in latest.values() for choice in tied}
    # Within a series the latest replaces and a tie withholds; across series withholding wins.
    return next((value for value in (OptOut.OBJECTS, OptOut.UNKNOWN, OptOut.CLEAR) if value in values), None)


def _register_ends(register: Register, policy: Policy) -> datetime:
    # Direct care goes on for a while by the last word on the number; the shared record does not.
    grace = policy.periods.register_grace if register.kind == NHS_NUMBER else timedelta(0)
    return register.as_of + policy.periods.register_max_age + grace


def _national(facts: Facts, policy: Policy, instant: datetime, nhs_number_use: OptOut) -> OptOut:
    # Whoever objects has no number here, and a check is by number.
    if facts.national_checked is None or nhs_number_use is OptOut.OBJECTS:
        return OptOut.UNKNOWN
    fresh = facts.national_checked <= instant < facts.national_checked + policy.periods.national_check
    return facts.national if fresh else OptOut.UNKNOWN


def _sensitive(facts: Facts, nhs_number_use: OptOut) -> Sensitive:
    if facts.pds_sensitive is not None:
        return Sensitive.YES if facts.pds_sensitive else Sensitive.NO
    # Of whoever objects PDS will never be asked, and the council's own address flag decides.
    return Sensitive.UNASKED if nhs_number_use is OptOut.OBJECTS else Sensitive.PENDING


def retention_ends(facts: Facts, policy: Policy) -> date | None:
    """Say when the record may no longer be kept: years after the case closed or the person died, or never yet."""
    ended = min((day for day in (facts.closed, facts.died) if day is not None), default=None)
    if ended is None:
        return None
    periods = policy.periods
    years = periods.retention_mental_health_years if facts.mental_health else periods.retention_years
    return _years_after(ended, years)


def _retention(facts: Facts, policy: Policy, instant: datetime) -> Retention:
    ends = retention_ends(facts, policy)
    if ends is None or instant < _midnight(ends):
        return Retention.WITHIN
    return Retention.HELD if facts.hold else Retention.EXPIRED


def _deceased(facts: Facts, policy: Policy, instant: datetime) -> Deceased:
    if facts.death_learnt is None:
        return Deceased.NO
    recent = instant < facts.death_learnt + policy.periods.deceased_direct_care
    return Deceased.RECENT if recent else Deceased.PAST


def _turning_points(facts: Facts, policy: Policy) -> Iterable[datetime]:
    yield from (choice.effective for choice in facts.choices)
    for register in facts.registers.values():
        yield from (register.as_of, _register_ends(register, policy))
    if facts.national_checked is not None:
        yield facts.national_checked
        yield facts.national_checked + policy.periods.national_check
    if facts.death_learnt is not None:
        yield facts.death_learnt + policy.periods.deceased_direct_care
    ends = retention_ends(facts, policy)
    if ends is not None:
        yield _midnight(ends)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _years_after(day: date, years: int) -> date:
    if day.year + years > date.max.year:
        return date.max
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        # 29 February: the period ends with the month.
        return day.replace(year=day.year + years, day=28) + timedelta(days=1)
