"""May it leave?

One asking, one person's standing, one category: the rules below are asked in order, and each that bites
withholds. The first is the reason; all are kept for the explanation. Nothing here reads a clock, a file or a
person: the same words in give the same decision out, and an error withholds.

What a rule means and which sentence of the privacy notice it rests on stands in the policy file, under the
rule's id.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from consent.model import (
    Asking,
    Category,
    Channel,
    Deceased,
    Decision,
    Group,
    Lift,
    OptOut,
    Retention,
    Sensitive,
    Standing,
)
from consent.policy import Policy, Row


@dataclass(frozen=True, slots=True)
class Case:
    """One thing to decide, with what the policy says of the asking."""

    policy: Policy
    asking: Asking
    standing: Standing
    category: Category
    locates: bool
    row: Row | None
    group: Group

    @property
    def shared(self) -> bool:
        """Whether the data would enter the integrated record."""
        return self.asking.view.channel != Channel.POINT_TO_POINT

    @property
    def outside(self) -> bool:
        """Whether the asker is neither the council whose record it is nor the person."""
        return self.row is None or not self.row.inside

    def lifts(self, what: str) -> bool:
        """Whether the asking rests on an instrument that lifts this kind of protection."""
        return what in self.policy.lifts[self.asking.lift]


@dataclass(frozen=True, slots=True)
class Rule:
    """One reason to withhold; `bites` says whether it does."""

    id: str
    bites: Callable[[Case], bool]


def decide(
    policy: Policy, asking: Asking, standing: Standing | None, category: Category, *, locates: bool = False
) -> Decision:
    """Decide on one category for one person; a person without a standing is not known and is withheld."""
    if standing is None:
        return Decision(("not-known",))
    case = Case(
        policy,
        asking,
        standing,
        category,
        locates,
        policy.row(asking.view),
        policy.group(asking.view.purpose),
    )
    return Decision(tuple(rule.id for rule in RULES if rule.bites(case)))


def mentionable(standing: Standing, *, locates: bool) -> bool:
    """Whether somebody else's facet may name this person, and, with `locates`, say where they are reached.

    Their own opt-outs, retention and relationships are not asked: it is the subject's record that leaves.
    """
    if standing.sealed or standing.erased or standing.restricted or standing.locked:
        return False
    protected = standing.pds_sensitive not in (Sensitive.NO, Sensitive.UNASKED) or standing.do_not_disclose
    return not (locates and protected)


# Words are compared by what they say, not by which object they are (a word may come back from a database as
# plain text), and each rule names the words that release: one that nobody knows withholds.

# An approved use is a project's ground, never that of an asking for a legal purpose.
_LEGAL_GROUNDS = (Lift.COURT_OR_STATUTE, Lift.SAFEGUARDING, Lift.CRIME)


def _refused(case: Case) -> bool:
    return case.group is Group.REFUSED


def _not_live(case: Case) -> bool:
    return case.outside and not case.standing.live


def _past_retention(case: Case) -> bool:
    if case.standing.retention == Retention.WITHIN:
        return False
    reached = case.group is Group.SUBJECT or case.lifts("expired-but-held")
    return not (reached and case.standing.retention == Retention.HELD)


def _died(case: Case) -> bool:
    if case.standing.deceased == Deceased.NO or case.group in (Group.SUBJECT, Group.GOVERNANCE):
        return False
    if case.group is Group.LEGAL:
        return case.asking.lift not in _LEGAL_GROUNDS
    recent_care = case.standing.deceased == Deceased.RECENT and case.group is Group.DIRECT
    return case.shared or not recent_care


def _outside_role(case: Case) -> bool:
    return case.row is None or case.category not in case.row.reach


def _no_relationship(case: Case) -> bool:
    needed = case.row is None or case.row.needs_relationship
    return needed and not case.asking.related


def _no_instrument(case: Case) -> bool:
    if case.group is Group.PUBLIC_HEALTH:
        return case.asking.lift != Lift.APPROVED_USE
    return case.group is Group.LEGAL and case.asking.lift not in _LEGAL_GROUNDS


def _objects_to_number(case: Case) -> bool:
    about_number = case.category in (Category.NHS_NUMBER, Category.NHS_NUMBER_UNTRACED)
    keyed_on_number = about_number or case.shared or case.group is Group.TRACE
    bound = keyed_on_number and case.group is not Group.SUBJECT
    return bound and case.standing.nhs_number_use != OptOut.CLEAR and not case.lifts("nhs-number-objection")


def _opted_out_of_sharing(case: Case) -> bool:
    objects = case.standing.shared_record != OptOut.CLEAR
    return case.shared and objects and not case.lifts("shared-record-opt-out")


def _opted_out_nationally(case: Case) -> bool:
    objects = case.standing.national_data_opt_out != OptOut.CLEAR
    return case.group is Group.SECONDARY and objects and not case.lifts("national-data-opt-out")


def _restricted(case: Case) -> bool:
    exempt = case.group in (Group.SUBJECT, Group.GOVERNANCE) or case.lifts("restricted")
    return case.standing.restricted and not exempt


def _locked(case: Case) -> bool:
    exempt = case.group in (Group.SUBJECT, Group.GOVERNANCE) or case.lifts("restricted")
    return case.standing.locked and not exempt and not case.policy.breaks_glass(case.asking.view.purpose)


_LOCATING = frozenset({Category.CONTACT, Category.GP, Category.FAMILY, Category.EMERGENCY_CONTACT})


def _location_protected(case: Case) -> bool:
    unmarked = case.standing.pds_sensitive in (Sensitive.NO, Sensitive.PENDING, Sensitive.UNASKED)
    if unmarked or not case.outside:
        return False
    return case.shared or case.locates or case.category in _LOCATING


def _address_withheld(case: Case) -> bool:
    pending = case.standing.pds_sensitive == Sensitive.PENDING
    protected = pending or case.standing.do_not_disclose
    # A trace is what settles a pending mark, so PDS itself is asked with the address that the council holds.
    tracing = case.group is Group.TRACE and not case.standing.do_not_disclose
    return case.outside and protected and case.category == Category.CONTACT and not tracing


# The order is the order of explanation: what ends every question first, what concerns one category last.
RULES: tuple[Rule, ...] = (
    Rule("purpose-refused", _refused),
    Rule("not-live", _not_live),
    Rule("erased", lambda case: case.standing.erased),
    Rule("sealed", lambda case: case.standing.sealed),
    Rule("past-retention", _past_retention),
    Rule("deceased", _died),
    Rule("outside-role", _outside_role),
    Rule("no-relationship", _no_relationship),
    Rule("no-instrument", _no_instrument),
    Rule("nhs-number-objection", _objects_to_number),
    Rule("shared-record-opt-out", _opted_out_of_sharing),
    Rule("national-data-opt-out", _opted_out_nationally),
    Rule("restricted", _restricted),
    Rule("locked", _locked),
    Rule("location-protected", _location_protected),
    Rule("address-withheld", _address_withheld),
)
