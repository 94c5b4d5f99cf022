"""In which words do these tests ask?

People about whom nothing withholds, askers who are directly involved, and what they see; a test changes what it is
about.
"""

from __future__ import annotations

from typing import Any

from consent.decide import decide
from consent.model import (
    Asking,
    Category,
    Channel,
    Deceased,
    Lift,
    OptOut,
    Retention,
    Sensitive,
    Standing,
    View,
)
from consent.policy import shipped

POLICY = shipped("westminster")


def someone(**facts: Any) -> Standing:
    """A person about whom every question has been settled, and settled so that nothing withholds."""
    settled: dict[str, Any] = {
        "live": True,
        "nhs_number_use": OptOut.CLEAR,
        "shared_record": OptOut.CLEAR,
        "national_data_opt_out": OptOut.CLEAR,
        "restricted": False,
        "locked": False,
        "pds_sensitive": Sensitive.NO,
        "do_not_disclose": False,
        "sealed": False,
        "erased": False,
        "retention": Retention.WITHIN,
        "deceased": Deceased.NO,
    }
    return Standing(**settled | facts)


def asks(
    recipient: str,
    role: str,
    purpose: str = "TREAT",
    *,
    channel: Channel = Channel.POINT_TO_POINT,
    related: bool = True,
    lift: Lift = Lift.NONE,
) -> Asking:
    return Asking(View(recipient, role, purpose, channel), related, lift)


def ward(purpose: str = "TREAT", **more: Any) -> Asking:
    return asks("hospital", "clinician", purpose, **more)


def practice(**more: Any) -> Asking:
    return asks("gp", "clinician", **more)


def ambulance(purpose: str = "TREAT", **more: Any) -> Asking:
    return asks("ambulance", "clinician", purpose, **more)


def social_worker(**more: Any) -> Asking:
    return asks("council", "social-worker", **more)


def governance_officer(**more: Any) -> Asking:
    return asks("council", "governance-officer", "HSYSADMIN", **more)


def integrated_record(**more: Any) -> Asking:
    return asks("integrated-record", "system", "CAREMGT", channel=Channel.INTEGRATED_RECORD, related=False, **more)


def police(lift: Lift) -> Asking:
    return asks("police", "officer", "HLEGAL", related=False, lift=lift)


def planner(**more: Any) -> Asking:
    return asks("planner", "analyst", "HOPERAT", related=False, **more)


def researcher(**more: Any) -> Asking:
    return asks("researcher", "analyst", "HRESCH", related=False, **more)


def the_person(**more: Any) -> Asking:
    return asks("person", "subject", "PATRQT", related=False, **more)


def trace(**more: Any) -> Asking:
    return asks("pds", "system", "TRACE", related=False, **more)


def everybody(*, lift: Lift = Lift.NONE, but: tuple[str, ...] = ()) -> list[Asking]:
    """Every asking of the shipped policy, directly involved, without the recipients left out."""
    return [Asking(view, True, lift) for view in POLICY.by_view if view.recipient not in but]


def sees(asking: Asking, standing: Standing, category: Category, *, locates: bool = False) -> bool:
    return decide(POLICY, asking, standing, category, locates=locates).released


def seen(asking: Asking, standing: Standing, *, locates: bool = False) -> set[str]:
    return {category.value for category in Category if sees(asking, standing, category, locates=locates)}


def reason(asking: Asking, standing: Standing, category: Category) -> str | None:
    return decide(POLICY, asking, standing, category).reason
