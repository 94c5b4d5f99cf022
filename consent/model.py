"""In which words is it decided whether a record may leave?

The vocabulary of the decision: categories of data, standings of people, views of askers. Nothing here knows a
name, a number, a clock or a file. POLICY terms are the notice's; purposes are HL7 v3 ActReason codes
(http://terminology.hl7.org/CodeSystem/v3-ActReason).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Category(StrEnum):
    """A kind of personal information; every element that a mapping emits carries exactly one."""

    IDENTITY = "identity"
    NHS_NUMBER = "nhs-number"
    NHS_NUMBER_UNTRACED = "nhs-number-untraced"
    CONTACT = "contact"
    GP = "gp"
    FAMILY = "family"
    EMERGENCY_CONTACT = "emergency-contact"
    CARE_TEAM = "care-team"
    SERVICES = "services"
    ASSESSMENTS = "assessments"
    REFERRALS = "referrals"
    COMMUNICATION = "communication"
    ETHNICITY = "ethnicity"
    RELIGION = "religion"
    SEXUAL_ORIENTATION = "sexual-orientation"
    CAPACITY = "capacity"
    LEGAL_STATUS = "legal-status"
    SAFEGUARDING = "safeguarding"
    HOUSING = "housing"
    LIFESTYLE = "lifestyle"
    EMPLOYMENT_EDUCATION = "employment-education"
    FINANCIAL = "financial"
    IMAGES = "images"
    APPEARANCE = "appearance"
    BIOMETRICS = "biometrics"
    CASE_FILE = "case-file"
    CHOICES = "choices"
    AUDIT = "audit"
    DIRECTORY = "directory"
    DEPERSONALISED = "depersonalised"


# A permit holds a bit for each category, and beside it one for the facets of that category that tell where
# somebody is. Thirty-one places each, so that both halves fit a signed 64-bit integer.
LOCATING_SHIFT = 31
_PLACE = {category: place for place, category in enumerate(Category)}


def bit(category: Category, *, locates: bool = False) -> int:
    """The category's place in a permit's mask."""
    return 1 << (_PLACE[category] + (LOCATING_SHIFT if locates else 0))


class OptOut(StrEnum):
    """What is known of a choice; `unknown` withholds what `objects` withholds."""

    OBJECTS = "objects"
    CLEAR = "clear"
    UNKNOWN = "unknown"


class Sensitive(StrEnum):
    """PDS's word on whether a person's whereabouts are protected; `unasked` where no trace is allowed."""

    YES = "yes"
    NO = "no"
    PENDING = "pending"
    UNASKED = "unasked"


class Retention(StrEnum):
    """Whether the period for which the record may be kept has passed; `held` is past it, under a hold."""

    WITHIN = "within"
    EXPIRED = "expired"
    HELD = "held"


class Deceased(StrEnum):
    """`recent` while direct care may still read; `past` after that."""

    NO = "no"
    RECENT = "recent"
    PAST = "past"


@dataclass(frozen=True, slots=True)
class Standing:
    """Everything about a person that a decision asks, at one instant. The defaults withhold."""

    # The council's register of objections to the NHS number is declared complete, and the word has not lapsed.
    live: bool = False
    nhs_number_use: OptOut = OptOut.UNKNOWN
    shared_record: OptOut = OptOut.UNKNOWN
    national_data_opt_out: OptOut = OptOut.UNKNOWN
    restricted: bool = True
    locked: bool = True
    pds_sensitive: Sensitive = Sensitive.PENDING
    do_not_disclose: bool = True
    sealed: bool = False
    erased: bool = False
    retention: Retention = Retention.WITHIN
    deceased: Deceased = Deceased.NO


class Group(StrEnum):
    """What a purpose of use counts as."""

    DIRECT = "direct"
    SECONDARY = "secondary"
    PUBLIC_HEALTH = "public-health"
    LEGAL = "legal"
    SUBJECT = "subject"
    GOVERNANCE = "governance"
    TRACE = "trace"
    REFUSED = "refused"


class Channel(StrEnum):
    """The way on which data leaves: to one asker, or into the integrated record."""

    POINT_TO_POINT = "point-to-point"
    INTEGRATED_RECORD = "integrated-record"


@dataclass(frozen=True, slots=True)
class View:
    """Who asks, as what, for what: the part of an asking that is the same for many requests."""

    recipient: str
    role: str
    purpose: str
    channel: Channel = Channel.POINT_TO_POINT


class Lift(IntEnum):
    """The strength of the instrument that an asking rests on; what each lifts is the policy's table."""

    NONE = 0
    COURT_OR_STATUTE = 1
    SAFEGUARDING = 2
    CRIME = 3
    APPROVED_USE = 4


@dataclass(frozen=True, slots=True)
class Asking:
    """One view, with what ties it to one person: a relationship, or an instrument that names them."""

    view: View
    related: bool = False
    lift: Lift = Lift.NONE


@dataclass(frozen=True, slots=True)
class Decision:
    """Released when no rule bites; otherwise the ids of every rule that does, the first being the reason."""

    withheld_by: tuple[str, ...]

    @property
    def released(self) -> bool:
        """Whether the data may leave."""
        return not self.withheld_by

    @property
    def reason(self) -> str | None:
        """The first rule that withholds."""
        return self.withheld_by[0] if self.withheld_by else None
