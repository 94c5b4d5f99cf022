"""How would the decision read, said again from POLICY.md alone?

A second, slow and obvious writing of sections 2, 4, 5 and 6, made without the policy file and without the code that
it is compared with. Where the two differ, one of them is wrong or POLICY.md says two things.
"""

from __future__ import annotations

from collections.abc import Callable

from consent.model import Asking, Category, Channel, Deceased, Lift, OptOut, Retention, Sensitive, Standing

# ---------------------------------------------------------------- section 3: purposes

DIRECT_WITHOUT_BREAKING_GLASS = ("TREAT", "CAREMGT", "ETREAT")
DIRECT = (*DIRECT_WITHOUT_BREAKING_GLASS, "BTG")
SECONDARY = ("HOPERAT", "HRESCH", "HQUALIMP")
KNOWN = (*DIRECT, *SECONDARY, "PUBHLTH", "HLEGAL", "PATRQT", "HSYSADMIN", "TRACE")

# ---------------------------------------------------------------- section 4: the matrix

P2P, SHARED = Channel.POINT_TO_POINT, Channel.INTEGRATED_RECORD


def words(text: str) -> list[str]:
    return text.split()


WARD = words("identity nhs-number contact gp family care-team services assessments communication capacity")
GP = words("identity nhs-number contact gp family care-team services assessments communication ethnicity capacity")
GP += ["legal-status"]
MENTAL_HEALTH = [*WARD, "legal-status", "ethnicity"]
RING = ["identity", "care-team"]
SUMMARY = words("identity nhs-number contact gp care-team services assessments communication")
PROVIDER = words("identity nhs-number contact gp emergency-contact care-team communication")
TRANSPORT = ["identity", "contact", "communication"]
SOCIAL_WORKER = sorted({*WARD, *GP, *MENTAL_HEALTH, *SUMMARY, *PROVIDER})
SOCIAL_WORKER += words("religion safeguarding housing lifestyle employment-education referrals case-file")
LEGAL = words("identity contact care-team services housing case-file safeguarding")
HELD_ABOUT_A_PERSON = [*SOCIAL_WORKER, "sexual-orientation", "choices", "audit"]
TRACED_WITH = words("identity contact nhs-number nhs-number-untraced")

# recipient, role, channel, purposes, categories of anybody's, categories of its own services only
ROWS = (
    ("gp", "clinician", P2P, DIRECT_WITHOUT_BREAKING_GLASS, GP, ()),
    ("hospital", "clinician", P2P, DIRECT, WARD, ()),
    ("community-health", "clinician", P2P, DIRECT_WITHOUT_BREAKING_GLASS, WARD, ()),
    ("ambulance", "clinician", P2P, DIRECT, WARD, ()),
    ("mental-health-trust", "clinician", P2P, DIRECT_WITHOUT_BREAKING_GLASS, MENTAL_HEALTH, ()),
    ("hospital", "administrator", P2P, DIRECT_WITHOUT_BREAKING_GLASS, RING, ()),
    ("gp", "administrator", P2P, DIRECT_WITHOUT_BREAKING_GLASS, RING, ()),
    ("integrated-record", "system", SHARED, DIRECT_WITHOUT_BREAKING_GLASS, SUMMARY, ()),
    ("commissioned-health", "clinician", P2P, DIRECT_WITHOUT_BREAKING_GLASS, PROVIDER, ("services",)),
    ("care-provider", "care-worker", P2P, DIRECT_WITHOUT_BREAKING_GLASS, PROVIDER, ("services",)),
    ("care-provider", "transport", P2P, DIRECT_WITHOUT_BREAKING_GLASS, TRANSPORT, ()),
    ("council", "social-worker", P2P, DIRECT_WITHOUT_BREAKING_GLASS, SOCIAL_WORKER, ()),
    ("council", "governance-officer", P2P, ("HSYSADMIN",), ["choices", "audit"], ()),
    ("local-authority", "social-worker", P2P, DIRECT_WITHOUT_BREAKING_GLASS, RING, ()),
    ("council-department", "officer", P2P, ("CAREMGT",), ["identity", "contact"], ()),
    ("government-department", "officer", P2P, ("HLEGAL",), LEGAL, ()),
    ("police", "officer", P2P, ("HLEGAL",), LEGAL, ()),
    ("fire", "officer", P2P, ("HLEGAL",), LEGAL, ()),
    ("probation", "officer", P2P, ("HLEGAL",), LEGAL, ()),
    ("planner", "analyst", P2P, SECONDARY, ["depersonalised"], ()),
    ("researcher", "analyst", P2P, SECONDARY, ["depersonalised"], ()),
    ("person", "subject", P2P, ("PATRQT",), HELD_ABOUT_A_PERSON, ()),
    ("pds", "system", P2P, ("TRACE",), TRACED_WITH, ()),
    ("national-opt-out-check", "system", P2P, ("TRACE",), ["identity", "nhs-number"], ()),
)

# What section 4 would give and the shipped file does not, which withholds: (recipient, role, purpose).
LEFT_OUT = {
    *((recipient, "administrator", "ETREAT") for recipient in ("hospital", "gp")),
    ("integrated-record", "system", "ETREAT"),
    ("commissioned-health", "clinician", "ETREAT"),
    ("care-provider", "care-worker", "ETREAT"),
    ("care-provider", "transport", "ETREAT"),
    ("local-authority", "social-worker", "ETREAT"),
    ("planner", "analyst", "HRESCH"),
    ("researcher", "analyst", "HOPERAT"),
    ("researcher", "analyst", "HQUALIMP"),
}


def _with_what_the_lead_added(recipient: str, categories: list[str]) -> set[str]:
    """The emergency contact is the part of the family that providers may see; an untraced number is the council's."""
    added = {"emergency-contact"} if "family" in categories else set()
    if recipient in ("council", "person") and "nhs-number" in categories:
        added.add("nhs-number-untraced")
    if recipient == "council" and "case-file" in categories:
        added.add("directory")
    return {*categories, *added}


MATRIX: dict[tuple[str, str, str, Channel], set[str]] = {
    (recipient, role, purpose, channel): _with_what_the_lead_added(recipient, categories) | set(own)
    for recipient, role, channel, purposes, categories, own in ROWS
    for purpose in purposes
}
OWN_ONLY = {(recipient, role): set(own) for recipient, role, _, _, _, own in ROWS}


def spoken_of(asking: Asking) -> bool:
    """Whether any row speaks of who asks, as what, for what."""
    view = asking.view
    key = (view.recipient, view.role, view.purpose, view.channel)
    return key in MATRIX and (view.recipient, view.role, view.purpose) not in LEFT_OUT


# ---------------------------------------------------------------- section 5: what an instrument lifts

LIFTS = {
    Lift.NONE: set(),
    Lift.COURT_OR_STATUTE: {"nhs", "shared", "national", "restricted or locked", "held"},
    Lift.SAFEGUARDING: {"nhs", "shared", "restricted or locked"},
    Lift.CRIME: {"shared", "restricted or locked"},
    Lift.APPROVED_USE: set(),
}


# ---------------------------------------------------------------- section 6: the stages
# Each says whether it withholds.


def purpose_refused(asking: Asking, standing: Standing, category: Category, locates: bool) -> bool:
    return asking.view.purpose not in KNOWN


def not_live(asking: Asking, standing: Standing, category: Category, locates: bool) -> bool:
    # Section 2: before the declaration nothing is live; the council and the person are not outsiders.
    return asking.view.recipient not in ("council", "person") and not standing.live


def erased(asking: Asking, standing: Standing, category: Category, locates: bool) -> bool:
    return standing.erased


def sealed(asking: Asking, standing: Standing, category: Category, locates: bool) -> bool:
    return standing.sealed


def past_retention(asking: Asking, standing: Standing, category: Category, locates: bool) -> bool:
    if standing.retention is Retention.WITHIN:
        return False
    if standing.retention is Retention.EXPIRED:
        return True
    if asking.view.purpose == "PATRQT":
        return False
    return "held" not in LIFTS[asking.lift]


def deceased(asking: Asking, standing: Standing, category: Category, locates: bool) -> bool:
    if standing.deceased is Deceased.NO:
        return False
    if asking.view.purpose in ("PATRQT", "HSYSADMIN"):
        return False
    if asking.view.purpose == "HLEGAL":
        return no_instrument(asking, standing, category, locates)
    if asking.view.purpose in DIRECT and asking.view.channel is P2P:
        return standing.deceased is Deceased.PAST
    return True


def outside_role(asking: Asking, standing: Standing, category: Category, locates: bool) -> bool:
    if not spoken_of(asking):
        return True
    view = asking.view
    return category.value not in MATRIX[view.recipient, view.role, view.purpose, view.channel]


def no_relationship(asking: Asking, standing: Standing, category: Category, locates: bool) -> bool:
    if asking.related:
        return False
    # Of an asking that no row speaks of nothing is known, so nothing ties it to the person either.
    if not spoken_of(asking):
        return True
    # A council's officer sees the council's own people: section 1, N4 counts that as a recorded relationship.
    if asking.view.recipient == "council":
        return True
    return asking.view.purpose in DIRECT and asking.view.channel is P2P


def no_instrument(asking: Asking, standing: Standing, category: Category, locates: bool) -> bool:
    if asking.view.purpose == "HLEGAL":
        return asking.lift not in (Lift.COURT_OR_STATUTE, Lift.SAFEGUARDING, Lift.CRIME)
    if asking.view.purpose == "PUBHLTH":
        return asking.lift is not Lift.APPROVED_USE
    return False


def nhs_number_objection(asking: Asking, standing: Standing, category: Category, locates: bool) -> bool:
    if asking.view.purpose == "PATRQT":
        return False
    about_the_number = category.value in ("nhs-number", "nhs-number-untraced")
    if not about_the_number and asking.view.purpose != "TRACE" and asking.view.channel is not SHARED:
        return False
    if standing.nhs_number_use is OptOut.CLEAR:
        return False
    return "nhs" not in LIFTS[asking.lift]


def shared_record_opt_out(asking: Asking, standing: Standing, category: Category, locates: bool) -> bool:
    if asking.view.channel is not SHARED:
        return False
    if standing.shared_record is OptOut.CLEAR:
        return False
    return "shared" not in LIFTS[asking.lift]


def national_data_opt_out(asking: Asking, standing: Standing, category: Category, locates: bool) -> bool:
    if asking.view.purpose not in SECONDARY:
        return False
    if standing.national_data_opt_out is OptOut.CLEAR:
        return False
    return "national" not in LIFTS[asking.lift]


def restricted(asking: Asking, standing: Standing, category: Category, locates: bool) -> bool:
    if asking.view.purpose in ("PATRQT", "HSYSADMIN"):
        return False
    if "restricted or locked" in LIFTS[asking.lift]:
        return False
    return standing.restricted


def locked(asking: Asking, standing: Standing, category: Category, locates: bool) -> bool:
    if asking.view.purpose in ("PATRQT", "HSYSADMIN", "BTG"):
        return False
    if "restricted or locked" in LIFTS[asking.lift]:
        return False
    return standing.locked


def location_protected(asking: Asking, standing: Standing, category: Category, locates: bool) -> bool:
    if asking.view.recipient in ("council", "person"):
        return False
    if standing.pds_sensitive is not Sensitive.YES:
        return False
    if asking.view.channel is SHARED:
        return True
    return locates or category.value in ("contact", "gp", "family", "emergency-contact")


def address_withheld(asking: Asking, standing: Standing, category: Category, locates: bool) -> bool:
    if asking.view.recipient in ("council", "person"):
        return False
    if category.value != "contact":
        return False
    if standing.do_not_disclose:
        return True
    # A trace is how a pending mark is settled.
    return standing.pds_sensitive is Sensitive.PENDING and asking.view.purpose != "TRACE"


Stage = Callable[[Asking, Standing, Category, bool], bool]

STAGES: dict[str, Stage] = {
    stage.__name__.replace("_", "-"): stage
    for stage in (
        purpose_refused,
        not_live,
        erased,
        sealed,
        past_retention,
        deceased,
        outside_role,
        no_relationship,
        no_instrument,
        nhs_number_objection,
        shared_record_opt_out,
        national_data_opt_out,
        restricted,
        locked,
        location_protected,
        address_withheld,
    )
}


def restated(asking: Asking, standing: Standing, category: Category, locates: bool) -> tuple[str, ...]:
    """Every stage that withholds, in order."""
    return tuple(name for name, stage in STAGES.items() if stage(asking, standing, category, locates))
