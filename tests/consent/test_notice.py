"""Does the shipped policy keep what the privacy notice promises?

Each test was written from the sentence of the notice that its docstring quotes, not from the policy's table. Only
promises that the decision alone can keep are here; the others are kept where the product meets the world.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from consent.decide import mentionable
from consent.model import Asking, Category, Channel, Deceased, Lift, OptOut, Retention, Sensitive, View
from consent.standing import Facts, standing_at
from tests.consent.builders import (
    POLICY,
    ambulance,
    asks,
    everybody,
    governance_officer,
    integrated_record,
    planner,
    police,
    practice,
    researcher,
    seen,
    sees,
    social_worker,
    someone,
    the_person,
    trace,
    ward,
)
from tests.consent.notice import NOTICE

ANY_LIFT = list(Lift)
NOT_CLEAR = [OptOut.OBJECTS, OptOut.UNKNOWN]
ABOUT_CARE = {"assessments", "services", "care-team", "capacity", "communication"}


def test_every_test_here_quotes_the_notice():
    """This privacy notice broadly explains what information we collect, the purpose for processing it, and the
    types of personal information and who we may share it with."""
    tests = [made for name, made in vars(sys.modules[__name__]).items() if name.startswith("test_")]
    unquoted = [made.__name__ for made in tests if " ".join(made.__doc__.split()) not in NOTICE]
    assert unquoted == []


# ---------------------------------------------------------------- a specified purpose (N1), recipients (N2)


def test_a_purpose_that_nobody_specified_shows_nothing():
    """Your personal information is only used for a specified purpose(s) but if we intend to use it for any other
    new purposes we will normally ask you first."""
    curious = [Asking(View(a.view.recipient, a.view.role, "CURIOSITY", a.view.channel), True) for a in everybody()]
    assert [asking for asking in curious if seen(asking, someone())] == []


def test_a_ward_that_asks_for_research_sees_nothing():
    """Your personal information is only used for a specified purpose(s) but if we intend to use it for any other
    new purposes we will normally ask you first."""
    assert seen(ward("HRESCH"), someone()) == set()


@pytest.mark.parametrize(
    "recipient",
    [
        "gp",
        "hospital",
        "mental-health-trust",
        "community-health",
        "ambulance",
        "commissioned-health",
        "care-provider",
        "council-department",
        "government-department",
        "police",
        "fire",
        "probation",
        "local-authority",
        "integrated-record",
        "planner",
        "researcher",
    ],
)
def test_everybody_whom_the_notice_lists_can_be_given_something(recipient: str):
    """To meet our statutory obligations under law, as well as to provide you with a service where appropriate, we
    may need to share the information you provide us with other professionals such as:"""
    askings = [a for lift in ANY_LIFT for a in everybody(lift=lift) if a.view.recipient == recipient]
    assert any(seen(asking, someone()) for asking in askings)


@pytest.mark.parametrize("recipient", ["community-pharmacy", "insurer", "employer", "landlord", "newspaper", ""])
@pytest.mark.parametrize("lift", ANY_LIFT)
def test_somebody_whom_the_notice_does_not_list_sees_nothing(recipient: str, lift: Lift):
    """We will only share information where it is appropriate and legal to do so."""
    askings = [Asking(View(recipient, a.view.role, a.view.purpose, a.view.channel), True, lift) for a in everybody()]
    assert [asking for asking in askings if seen(asking, someone())] == []


# ---------------------------------------------------------------- the role of the professional (N3)


@pytest.mark.parametrize("recipient", ["hospital", "gp"])
def test_an_administrator_sees_who_it_is_and_whom_to_ring(recipient: str):
    """Access to information is strictly controlled, based on the role of the professional."""
    assert seen(asks(recipient, "administrator"), someone()) == {"identity", "care-team"}


@pytest.mark.parametrize("lift", ANY_LIFT)
def test_an_instrument_shows_an_administrator_no_more_than_the_role(lift: Lift):
    """Access to information is strictly controlled, based on the role of the professional."""
    assert seen(asks("hospital", "administrator", lift=lift), someone()) == {"identity", "care-team"}


def test_a_driver_sees_a_name_an_address_and_how_to_speak_with_the_person():
    """other commissioned services such as home care, care home, day care and transport providers"""
    assert seen(asks("care-provider", "transport"), someone()) == {"identity", "contact", "communication"}


def test_another_authority_sees_who_it_is_and_whom_to_ring():
    """other local authorities (Children and Adults Social Care and Education departments)"""
    assert seen(asks("local-authority", "social-worker"), someone()) == {"identity", "care-team"}


def test_a_role_that_is_not_known_sees_nothing():
    """Access to information is strictly controlled, based on the role of the professional."""
    assert seen(asks("hospital", "porter"), someone()) == set()


@pytest.mark.parametrize("category", [Category.RELIGION, Category.CASE_FILE, Category.LIFESTYLE, Category.REFERRALS])
def test_what_social_workers_need_for_their_duties_is_for_no_health_professional(category: Category):
    """For example, social workers will only have access to information that is relevant to the execution of their
    care duties."""
    clinicians = [asking for asking in everybody() if asking.view.role == "clinician"]
    assert [asking for asking in clinicians if sees(asking, someone(), category)] == []


def test_sexual_orientation_is_seen_by_the_person_alone():
    """We may also collect and share additional information known as ‘special categories of personal data’ where
    appropriate including:"""
    seeing = {asking.view.recipient for asking in everybody() if sees(asking, someone(), Category.SEXUAL_ORIENTATION)}
    assert seeing == {"person"}


@pytest.mark.parametrize("category", [Category.FINANCIAL, Category.IMAGES, Category.BIOMETRICS, Category.APPEARANCE])
@pytest.mark.parametrize("lift", ANY_LIFT)
def test_bank_details_and_pictures_are_seen_by_nobody(category: Category, lift: Lift):
    """We will only share information where it is appropriate and legal to do so."""
    assert [asking for asking in everybody(lift=lift) if sees(asking, someone(), category)] == []


# ---------------------------------------------------------------- directly involved (N4), the discharge question (N18)


@pytest.mark.parametrize("purpose", ["TREAT", "CAREMGT", "ETREAT", "BTG"])
def test_who_is_not_directly_involved_in_the_care_sees_nothing(purpose: str):
    """The council’s IT security and confidentiality policies ensure that your information is protected, and
    available only to staff directly involved in your care."""
    views = [asking.view for asking in everybody() if asking.view.channel is Channel.POINT_TO_POINT]
    strangers = [Asking(view, related=False) for view in views if view.purpose == purpose]
    assert [seen(asking, someone()) for asking in strangers] == [set()] * len(strangers)


def test_a_department_sees_only_people_whom_it_gives_a_service():
    """to provide you with a service you have requested"""
    assert seen(asks("council-department", "officer", "CAREMGT", related=False), someone()) == set()


def test_a_ward_sees_whether_support_is_in_place_and_whom_to_contact():
    """The linking of social care and health information via the NHS Number will help hospital staff quickly
    identify if social care support is already in place and who the most appropriate contact is."""
    assert {"identity", "nhs-number", "services", "care-team"} <= seen(ward(), someone())


def test_a_care_provider_is_shown_services_only_where_they_are_its_own():
    """commissioned health care providers"""
    row = POLICY.row(View("commissioned-health", "clinician", "TREAT"))
    assert (Category.SERVICES in row.categories, Category.SERVICES in row.own) == (False, True)


# ---------------------------------------------------------------- the NHS number (N5, N6, N20)


def test_a_trace_sends_what_finds_the_number_and_no_care():
    """Westminster City Council’s Adult Social Care Department sends basic information we collect from you, such as
    your name, address and date of birth to the PDS in order to find your NHS Number."""
    sent = seen(trace(), someone(pds_sensitive=Sensitive.PENDING))
    assert {"identity", "contact"} <= sent <= {"identity", "contact", "nhs-number", "nhs-number-untraced"}


@pytest.mark.parametrize("use", NOT_CLEAR)
def test_who_objects_to_the_nhs_number_is_never_traced(use: OptOut):
    """You have the right to object to the processing of your NHS Number in this way."""
    assert seen(trace(), someone(nhs_number_use=use)) == set()


@pytest.mark.parametrize("use", NOT_CLEAR)
@pytest.mark.parametrize("category", [Category.NHS_NUMBER, Category.NHS_NUMBER_UNTRACED])
def test_the_number_of_who_objects_to_it_is_shown_to_the_person_alone(use: OptOut, category: Category):
    """You have the right to object to the processing of your NHS Number in this way."""
    objecting = someone(nhs_number_use=use)
    assert {asking.view.recipient for asking in everybody() if sees(asking, objecting, category)} == {"person"}


@pytest.mark.parametrize("use", NOT_CLEAR)
def test_care_of_who_objects_to_the_nhs_number_goes_on_without_it(use: OptOut):
    """This will not stop you from receiving care, but will result in the benefits outlined above not being
    realised."""
    assert seen(ward(), someone(nhs_number_use=use)) == seen(ward(), someone()) - {"nhs-number"}


@pytest.mark.parametrize("use", NOT_CLEAR)
def test_the_record_of_who_objects_to_the_nhs_number_does_not_enter_the_integrated_record(use: OptOut):
    """it is also available for use in an integrated care record system across a number of support services
    including GPs, hospitals, community matrons, district nurses and social care practitioners"""
    assert seen(integrated_record(), someone(nhs_number_use=use)) == set()


def test_a_number_that_pds_has_not_confirmed_stays_with_council_person_and_pds():
    """Once retrieved from the PDS the NHS Number is stored in the council’s dedicated adult social care case
    management system, to ensure that security controls are in place, and access is controlled"""
    seeing = {a.view.recipient for a in everybody() if sees(a, someone(), Category.NHS_NUMBER_UNTRACED)}
    assert seeing == {"council", "person", "pds"}


# ---------------------------------------------------------------- the integrated record (N7, N19)


@pytest.mark.parametrize("choice", NOT_CLEAR)
def test_nothing_about_who_opted_out_of_sharing_enters_the_integrated_record(choice: OptOut):
    """Your GP will record your choice and your information will not be shared."""
    assert seen(integrated_record(), someone(shared_record=choice)) == set()


@pytest.mark.parametrize("choice", NOT_CLEAR)
def test_opting_out_of_sharing_takes_nothing_from_anybody_else(choice: OptOut):
    """Opting-out won’t affect your care in anyway."""
    others = everybody(but=("integrated-record",))
    assert [a for a in others if seen(a, someone(shared_record=choice)) != seen(a, someone())] == []


def test_who_opts_in_again_is_in_the_integrated_record_again():
    """If you change your mind and want your information shared, you can inform the GP practice or care professional
    treating you, and they will mark your record."""
    assert {"identity", "nhs-number", "services"} <= seen(integrated_record(), someone(shared_record=OptOut.CLEAR))


# ---------------------------------------------------------------- the national opt-out (N8, N9)


@pytest.mark.parametrize("choice", NOT_CLEAR)
@pytest.mark.parametrize("asking", [planner(), researcher()], ids=["planning", "research"])
def test_without_a_fresh_check_nothing_is_used_beyond_care(choice: OptOut, asking: Asking):
    """Should a situation arise where we did need to use or share confidential patient information for one of these
    purposes, and we had a lawful right to do so, we would first consult the NHS National Data Opt-Out information
    in order to determine whether we could or could not include your confidential patient information."""
    assert seen(asking, someone(national_data_opt_out=choice)) == set()


@pytest.mark.parametrize("choice", NOT_CLEAR)
def test_the_national_opt_out_takes_nothing_from_individual_care(choice: OptOut):
    """If you do choose to opt out your confidential patient information will still be used to support your
    individual care."""
    carers = everybody(but=("planner", "researcher"))
    assert [a for a in carers if seen(a, someone(national_data_opt_out=choice)) != seen(a, someone())] == []


@pytest.mark.parametrize("lift", ANY_LIFT)
@pytest.mark.parametrize("who", [planner, researcher])
def test_planners_and_researchers_see_nothing_that_names_anybody(who, lift: Lift):
    """Authorised researchers will be able to view your de-personalised data, but this will not identify you."""
    assert seen(who(lift=lift), someone()) == {"depersonalised"}


# ---------------------------------------------------------------- marketing and insurance (N10)


@pytest.mark.parametrize("purpose", ["HMARKT", "COVERAGE", "HPAYMT"])
@pytest.mark.parametrize("lift", ANY_LIFT)
def test_nothing_is_ever_released_for_marketing_insurance_or_payment(purpose: str, lift: Lift):
    """We will not use your personal data for third party marketing purposes without your prior express consent."""
    views = [View(a.view.recipient, a.view.role, purpose, a.view.channel) for a in everybody()]
    assert [view for view in views if seen(Asking(view, True, lift), someone())] == []


# ---------------------------------------------------------------- without consent, with an instrument (N11)


@pytest.mark.parametrize("recipient", ["police", "fire", "probation", "government-department"])
def test_without_an_instrument_no_authority_sees_anything(recipient: str):
    """We may also share information, for example, if there is a risk of serious harm or threat to life, for the
    prevention and detection of fraud or crime, assessment of any tax or duty or if we are required to do so by any
    court or law."""
    assert seen(asks(recipient, "officer", "HLEGAL"), someone()) == set()


@pytest.mark.parametrize("recipient", ["police", "fire", "probation", "government-department"])
@pytest.mark.parametrize("lift", [Lift.COURT_OR_STATUTE, Lift.SAFEGUARDING, Lift.CRIME])
def test_with_an_instrument_an_authority_sees_at_most_its_list(recipient: str, lift: Lift):
    """where the disclosure is necessary for the purposes of the prevention and/or detection of crime"""
    listed = {"identity", "contact", "care-team", "services", "housing", "case-file", "safeguarding"}
    assert seen(asks(recipient, "officer", "HLEGAL", related=False, lift=lift), someone()) == listed


def test_an_approved_use_opens_nothing_to_the_police():
    """Where this is necessary, we are required to comply with all aspects of the data protection laws."""
    assert seen(police(Lift.APPROVED_USE), someone()) == set()


@pytest.mark.parametrize(
    ("lift", "shown"),
    [
        (Lift.NONE, False),
        (Lift.COURT_OR_STATUTE, True),
        (Lift.SAFEGUARDING, True),
        (Lift.CRIME, False),
        (Lift.APPROVED_USE, False),
    ],
)
def test_an_objection_to_the_number_gives_way_to_courts_and_to_danger_but_not_to_crime_or_tax(lift, shown):
    """Where this is necessary, we are required to comply with all aspects of the data protection laws."""
    objecting = someone(nhs_number_use=OptOut.OBJECTS)
    assert sees(ward(lift=lift), objecting, Category.NHS_NUMBER) is shown


@pytest.mark.parametrize(("lift", "shown"), [(Lift.COURT_OR_STATUTE, True), (Lift.APPROVED_USE, False)])
def test_the_national_opt_out_gives_way_to_courts_alone(lift: Lift, shown: bool):
    """Confidential patient information about your health and care is only used like this where allowed by law."""
    assert bool(seen(planner(lift=lift), someone(national_data_opt_out=OptOut.OBJECTS))) is shown


# ---------------------------------------------------------------- restriction and erasure (N12, N13)


def test_a_restricted_record_is_released_to_the_person_and_no_professional():
    """You may also request that access to your information is restricted until the correction is made."""
    held = someone(restricted=True)
    assert {a.view.recipient for a in everybody() if seen(a, held) - {"choices", "audit"}} == {"person"}


def test_a_restricted_record_is_shown_whole_to_the_person():
    """You have the right to request a copy of the information that we hold about you."""
    assert seen(the_person(), someone(restricted=True, locked=True)) == seen(the_person(), someone())


def test_a_court_reaches_a_restricted_record():
    """if we are required to do so by any court or law"""
    assert "case-file" in seen(police(Lift.COURT_OR_STATUTE), someone(restricted=True))


def test_an_approved_use_does_not_reach_a_restricted_record():
    """the right to object and restrict further processing of your data; however, this may affect service delivery
    to you."""
    assert seen(planner(lift=Lift.APPROVED_USE), someone(restricted=True)) == set()


def test_breaking_the_glass_opens_a_locked_record_to_the_ambulance():
    """if there is a risk of serious harm or threat to life"""
    assert seen(ambulance("BTG"), someone(locked=True)) == seen(ambulance(), someone())


def test_a_locked_record_stays_shut_to_who_does_not_break_the_glass():
    """Access to information is strictly controlled, based on the role of the professional."""
    assert seen(ambulance("ETREAT"), someone(locked=True)) == set()


@pytest.mark.parametrize(
    "kept",
    [
        {"restricted": True},
        {"sealed": True},
        {"erased": True},
        {"retention": Retention.EXPIRED},
        {"retention": Retention.HELD},
        {"deceased": Deceased.PAST},
    ],
    ids=str,
)
def test_breaking_the_glass_opens_nothing_but_a_lock(kept: dict[str, object]):
    """Access to information is strictly controlled, based on the role of the professional."""
    assert seen(ward("BTG"), someone(**kept)) == set()


def test_breaking_the_glass_does_not_show_an_objected_number_or_a_protected_address():
    """We will strive to ensure that any personal data in our care will be kept safe"""
    protected = someone(nhs_number_use=OptOut.OBJECTS, pds_sensitive=Sensitive.YES)
    assert seen(ward("BTG"), protected).isdisjoint({"nhs-number", "contact", "gp", "family", "emergency-contact"})


def test_only_hospitals_and_ambulances_may_break_the_glass():
    """Access to information is strictly controlled, based on the role of the professional."""
    assert {a.view.recipient for a in everybody() if a.view.purpose == "BTG"} == {"hospital", "ambulance"}


@pytest.mark.parametrize("lift", ANY_LIFT)
def test_an_erased_record_is_shown_to_nobody(lift: Lift):
    """request to have your data deleted where there is no compelling reason for its continued processing and
    provided that there are no legitimate grounds for retaining it."""
    assert [asking for asking in everybody(lift=lift) if seen(asking, someone(erased=True))] == []


@pytest.mark.parametrize("lift", ANY_LIFT)
def test_a_sealed_record_is_shown_to_nobody(lift: Lift):
    """We will only share information where it is appropriate and legal to do so."""
    assert [asking for asking in everybody(lift=lift) if seen(asking, someone(sealed=True))] == []


# ---------------------------------------------------------------- the copy (N15), the officers


def test_a_person_may_have_a_copy_of_every_kind_of_thing_that_is_held():
    """You have the right to request a copy of the information that we hold about you."""
    not_held = {"financial", "images", "appearance", "biometrics"}
    not_about_anybody = {"directory", "depersonalised"}
    everything = {category.value for category in Category} - not_held - not_about_anybody
    assert seen(the_person(), someone()) == everything


def test_no_choice_of_a_person_is_held_against_the_person():
    """You have the right to access information we hold about you."""
    unwilling = someone(
        nhs_number_use=OptOut.OBJECTS,
        shared_record=OptOut.OBJECTS,
        national_data_opt_out=OptOut.OBJECTS,
        pds_sensitive=Sensitive.YES,
        do_not_disclose=True,
    )
    assert seen(the_person(), unwilling) == seen(the_person(), someone())


def test_a_governance_officer_reads_choices_and_trail_and_no_care():
    """Access to information is strictly controlled, based on the role of the professional."""
    assert seen(governance_officer(), someone()) == {"choices", "audit"}


@pytest.mark.parametrize(
    "facts", [{"restricted": True}, {"locked": True}, {"deceased": Deceased.RECENT}, {"deceased": Deceased.PAST}]
)
def test_a_governance_officer_sees_the_choices_of_people_whose_record_is_shut(facts: dict[str, object]):
    """If you wish to opt out from the use of your NHS Number for social care purposes, please talk with your social
    worker or contact us:"""
    assert seen(governance_officer(), someone(**facts)) == {"choices", "audit"}


def test_choices_are_shown_to_no_client_of_another_organisation():
    """It’s your choice to share your information through the WSIC dashboard."""
    seeing = {a.view.recipient for a in everybody() if sees(a, someone(), Category.CHOICES)}
    assert seeing == {"council", "person"}


# ---------------------------------------------------------------- how long (N17)


def closed(on: date, **facts) -> Facts:
    return Facts(
        first_seen=datetime(2010, 1, 1, tzinfo=UTC),
        restricted=False,
        locked=False,
        do_not_disclose=False,
        closed=on,
        **facts,
    )


@pytest.mark.parametrize(
    ("day", "shown"), [(date(2024, 3, 14), True), (date(2024, 3, 15), False), (date(2060, 1, 1), False)]
)
def test_six_years_after_support_ceased_nothing_is_released(day: date, shown: bool):
    """In general, we retain information related to adult social care for 6 years after we have ceased to assess
    your needs or provide services to you."""
    standing = standing_at(closed(date(2018, 3, 15)), POLICY, datetime(day.year, day.month, day.day, tzinfo=UTC))
    assert bool(seen(ward(), replace(standing, live=True))) is shown


@pytest.mark.parametrize(("day", "shown"), [(date(2038, 3, 14), True), (date(2038, 3, 15), False)])
def test_twenty_years_after_a_mental_health_case_nothing_is_released(day: date, shown: bool):
    """In mental health cases, this period rises to 20 years."""
    facts = closed(date(2018, 3, 15), mental_health=True)
    standing = standing_at(facts, POLICY, datetime(day.year, day.month, day.day, tzinfo=UTC))
    assert bool(seen(ward(), replace(standing, live=True))) is shown


def test_what_is_held_past_its_date_is_for_the_person_and_the_courts():
    """We will only keep your information for as long as is required by law and to provide you with the necessary
    services in line with our stated retention policy."""
    held = someone(retention=Retention.HELD)
    reaching = {(a.view.recipient, a.lift) for lift in Lift for a in everybody(lift=lift) if seen(a, held)}
    assert {recipient for recipient, lift in reaching if lift is not Lift.COURT_OR_STATUTE} == {"person"}


def test_a_court_reaches_what_is_held_past_its_date():
    """if we are required to do so by any court or law"""
    assert "case-file" in seen(police(Lift.COURT_OR_STATUTE), someone(retention=Retention.HELD))


@pytest.mark.parametrize("lift", ANY_LIFT)
def test_what_has_expired_is_released_to_nobody_at_all(lift: Lift):
    """We will only keep your information for as long as is required by law and to provide you with the necessary
    services in line with our stated retention policy."""
    expired = someone(retention=Retention.EXPIRED)
    assert [asking for asking in everybody(lift=lift) if seen(asking, expired)] == []


# ---------------------------------------------------------------- after death


LEARNT = datetime(2024, 5, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(("days", "shown"), [(0, True), (27, True), (28, False), (400, False)])
def test_direct_care_reads_for_four_weeks_after_a_death_is_learnt(days: int, shown: bool):
    """The council will share information only to provide health and social care professionals directly involved in
    your care access to the most up-to-date information about you."""
    facts = Facts(first_seen=datetime(2010, 1, 1, tzinfo=UTC), restricted=False, locked=False, death_learnt=LEARNT)
    standing = standing_at(facts, POLICY, LEARNT + timedelta(days=days))
    assert bool(seen(ward(), replace(standing, live=True))) is shown


@pytest.mark.parametrize("when", [Deceased.RECENT, Deceased.PAST])
@pytest.mark.parametrize(
    "asking", [trace(), integrated_record(), planner(), researcher()], ids=lambda a: a.view.purpose
)
def test_nobody_who_died_is_traced_submitted_or_counted(when: Deceased, asking: Asking):
    """The council will share information only to provide health and social care professionals directly involved in
    your care access to the most up-to-date information about you."""
    assert seen(asking, someone(deceased=when)) == set()


def test_the_representative_and_the_court_reach_the_record_of_who_died():
    """You have the right to access information we hold about you."""
    died = someone(deceased=Deceased.PAST)
    askings = [*everybody(), police(Lift.COURT_OR_STATUTE)]
    reaching = {a.view.recipient for a in askings if seen(a, died) - {"choices", "audit"}}
    assert reaching == {"person", "police"}


def test_an_objection_outlives_the_person_who_made_it():
    """You have the right to object to the processing of your NHS Number in this way."""
    died = someone(deceased=Deceased.RECENT, nhs_number_use=OptOut.OBJECTS)
    assert not sees(ward(), died, Category.NHS_NUMBER)


# ---------------------------------------------------------------- where somebody is


@pytest.mark.parametrize("lift", ANY_LIFT)
@pytest.mark.parametrize("category", [Category.CONTACT, Category.GP, Category.FAMILY, Category.EMERGENCY_CONTACT])
def test_nothing_that_tells_where_a_protected_person_is_leaves_the_council(category: Category, lift: Lift):
    """We will strive to ensure that any personal data in our care will be kept safe and that where your information
    is disclosed to a third party, we will seek to ensure that the third party has sufficient systems and
    procedures in place to prevent the loss or damage of personal data."""
    outsiders = everybody(lift=lift, but=("council", "person"))
    assert [a for a in outsiders if sees(a, someone(pds_sensitive=Sensitive.YES), category)] == []


def test_the_place_and_team_of_a_service_are_withheld_for_a_protected_person():
    """We will strive to ensure that any personal data in our care will be kept safe"""
    outsiders = everybody(but=("council", "person"))
    assert [a for a in outsiders if seen(a, someone(pds_sensitive=Sensitive.YES), locates=True)] == []


def test_a_ward_still_learns_that_a_protected_person_has_support():
    """Ongoing care can be planned earlier in the process, because hospital staff will know who to talk to."""
    assert {"identity", "services", "care-team"} <= seen(ward(), someone(pds_sensitive=Sensitive.YES))


def test_a_protected_person_is_never_in_the_integrated_record():
    """We will strive to ensure that any personal data in our care will be kept safe"""
    assert seen(integrated_record(), someone(pds_sensitive=Sensitive.YES)) == set()


def test_until_pds_is_read_the_address_is_withheld_and_the_team_is_not():
    """We will strive to ensure that any personal data in our care will be kept safe"""
    pending = someone(pds_sensitive=Sensitive.PENDING)
    assert seen(ward(), pending, locates=True) == seen(ward(), someone(), locates=True) - {"contact"}


@pytest.mark.parametrize("pds", list(Sensitive))
def test_an_address_that_the_council_may_not_disclose_is_unlocked_by_nothing_that_pds_says(pds: Sensitive):
    """We will strive to ensure that any personal data in our care will be kept safe"""
    flagged = someone(pds_sensitive=pds, do_not_disclose=True)
    outsiders = everybody(but=("council", "person"))
    assert [asking for asking in outsiders if sees(asking, flagged, Category.CONTACT)] == []


def test_who_may_not_be_traced_has_an_address_that_the_council_alone_decides_on():
    """This will not stop you from receiving care, but will result in the benefits outlined above not being
    realised."""
    untraced = someone(nhs_number_use=OptOut.OBJECTS, pds_sensitive=Sensitive.UNASKED)
    assert sees(ward(), untraced, Category.CONTACT)


def test_the_council_itself_keeps_sight_of_a_protected_person():
    """plan and provide appropriate care and support"""
    protected = someone(pds_sensitive=Sensitive.YES, do_not_disclose=True)
    assert seen(social_worker(), protected, locates=True) == seen(social_worker(), someone(), locates=True)


# ---------------------------------------------------------------- people who are mentioned


@pytest.mark.parametrize("shut", ["sealed", "erased", "restricted", "locked"])
def test_who_is_shut_away_is_not_named_on_the_record_of_another(shut: str):
    """the right to object and restrict further processing of your data; however, this may affect service delivery
    to you."""
    assert not mentionable(someone(**{shut: True}), locates=False)


def test_a_carers_own_opt_outs_do_not_hide_them_from_the_record_of_who_they_care_for():
    """Opting-out won’t affect your care in anyway."""
    carer = someone(
        nhs_number_use=OptOut.OBJECTS,
        shared_record=OptOut.OBJECTS,
        national_data_opt_out=OptOut.OBJECTS,
        retention=Retention.EXPIRED,
        deceased=Deceased.PAST,
    )
    assert mentionable(carer, locates=True)


@pytest.mark.parametrize(
    "facts",
    [
        {"pds_sensitive": Sensitive.YES},
        {"pds_sensitive": Sensitive.PENDING},
        {"do_not_disclose": True},
        {"do_not_disclose": True, "pds_sensitive": Sensitive.UNASKED},
    ],
    ids=str,
)
def test_a_carer_whose_whereabouts_are_protected_is_named_and_not_located(facts: dict[str, object]):
    """We will strive to ensure that any personal data in our care will be kept safe"""
    carer = someone(**facts)
    assert (mentionable(carer, locates=False), mentionable(carer, locates=True)) == (True, False)


@pytest.mark.parametrize("pds", [Sensitive.NO, Sensitive.UNASKED])
def test_a_carer_without_protection_may_be_rung(pds: Sensitive):
    """personal and family details"""
    assert mentionable(someone(pds_sensitive=pds), locates=True)


def test_the_policy_that_is_tested_here_names_the_controller_of_the_notice():
    """Westminster City Council adult social care service collects and processes personal information about you."""
    assert POLICY.controller == "Westminster City Council"


def test_a_practice_sees_what_its_patients_care_team_knows_of_their_care():
    """general practitioners and other health professionals (including hospitals and mental health trusts)"""
    assert seen(practice(), someone()) >= ABOUT_CARE


def test_before_the_register_of_objections_is_declared_nobody_outside_the_council_sees_anything():
    """You have the right to object to the processing of your NHS Number in this way."""
    shown = [
        asking for asking in (ward(), practice(), integrated_record(), trace()) if seen(asking, someone(live=False))
    ]
    assert shown == []


def test_the_councils_own_social_workers_go_on_before_the_declaration():
    """This will not stop you from receiving care, but will result in the benefits outlined above not being realised."""
    assert seen(social_worker(), someone(live=False)) == seen(social_worker(), someone())
