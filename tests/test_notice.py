"""Does the whole product keep what the privacy notice promises, as somebody who asks it over HTTP would see?

Each test was written from the sentence of the notice that its docstring quotes, not from the policy's table.
"""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from typing import Any

import pytest

from adapter.instant import millis
from adapter.register import change_facts
from adapter.trail import read, verify
from tests.consent.notice import NOTICE
from tests.fhir import by_type, cause, resources, watched
from tests.town import SYSTEM, by_name, by_number
from tests.world import World, case, objection, pds_record, relationship

NUMBER, BORN = "9990000018", "1941-03-05"
BY_NUMBER, BY_NAME = by_number(NUMBER, BORN), by_name("Marlowe", "Ada", BORN)
ALL_ABOUT = [("_revinclude", f"{kind}:patient") for kind in ("CareTeam", "EpisodeOfCare", "RelatedPerson")]


@pytest.fixture
def ada(world: World) -> World:
    """Ada Marlowe is supported at home; PDS knows her; her council has declared its registers."""
    world.load(case(nhs_number=NUMBER, more=relationship(person="A2")))
    world.know(pds_record(NUMBER))
    world.declare()
    world.trace()
    return world


def asks(world: World, kind: str, **changes: Any) -> Any:
    return watched(world.asker(kind, **changes))


def found(asker: Any, criteria: list[tuple[str, str]]) -> int:
    """How many people a search finds, by an asker whose token is fresh."""
    asker._token = ""
    total: int = asker.search("Patient", criteria).json()["total"]
    return total


def afterwards(world: World, kind: str, value: str) -> None:
    """A choice is recorded a second later."""
    world.pass_time(seconds=1)
    world.choose("A1", kind, value)


def test_every_test_here_quotes_the_notice() -> None:
    """This privacy notice broadly explains what information we collect, the purpose for processing it, and the
    types of personal information and who we may share it with."""
    tests = [made for name, made in vars(sys.modules[__name__]).items() if name.startswith("test_")]
    unquoted = [made.__name__ for made in tests if " ".join(made.__doc__.split()) not in NOTICE]
    assert unquoted == []


# ---------------------------------------------------------------- the ward


def test_the_ward_sees_in_one_request_whether_support_is_in_place_and_whom_to_ring(ada: World) -> None:
    """The linking of social care and health information via the NHS Number will help hospital staff quickly identify
    if social care support is already in place and who the most appropriate contact is."""
    told = by_type(asks(ada, "hospital").search("Patient", [*BY_NUMBER, *ALL_ABOUT]))
    (involvement,) = [e for e in told["EpisodeOfCare"] if e["type"][0]["coding"][0]["code"] == "involvement"]
    team = next(team for team in told["CareTeam"] if team.get("name") == "North Team")
    phones = {telecom["value"] for telecom in team["telecom"]}
    assert (involvement["status"], "020 7946 0101" in phones, team["participant"][0]["member"]["display"]) == (
        "active",
        True,
        "Rosa Finch",
    )


def test_the_ward_sees_which_package_runs_since_when_and_by_whom(ada: World) -> None:
    """Ongoing care can be planned earlier in the process, because hospital staff will know who to talk to."""
    told = by_type(asks(ada, "hospital").search("Patient", [*BY_NUMBER, *ALL_ABOUT]))
    (package,) = [e for e in told["EpisodeOfCare"] if e["period"]["start"] == "2024-02-01"]
    provider = next(team for team in told["CareTeam"] if f"CareTeam/{team['id']}" == package["team"][0]["reference"])
    assert (package["status"], provider["name"]) == ("active", "Lantern Home Support")


# ---------------------------------------------------------------- the NHS number


def test_an_objection_to_the_nhs_number_acts_on_the_next_request_and_so_does_its_withdrawal(ada: World) -> None:
    """You have the right to object to the processing of your NHS Number in this way."""
    ward = asks(ada, "hospital")
    before = found(ward, BY_NUMBER)
    afterwards(ada, "nhs-number", "objects")
    objecting = found(ward, BY_NUMBER)
    afterwards(ada, "nhs-number", "clear")
    ada.trace()
    assert (before, objecting, found(ward, BY_NUMBER)) == (1, 0, 1)


def test_care_by_other_identifiers_goes_on_without_the_nhs_number(ada: World) -> None:
    """This will not stop you from receiving care, but will result in the benefits outlined above not being
    realised."""
    ward = asks(ada, "hospital")
    afterwards(ada, "nhs-number", "objects")
    told = by_type(ward.search("Patient", [*BY_NAME, *ALL_ABOUT]))
    (patient,) = told["Patient"]
    systems = [identifier["system"] for identifier in patient["identifier"]]
    assert (SYSTEM in systems, len(told["CareTeam"]), len(told["EpisodeOfCare"])) == (False, 2, 2)


def test_who_objects_to_the_nhs_number_shows_it_to_nobody_not_even_the_council(ada: World) -> None:
    """You have the right to object to the processing of your NHS Number in this way."""
    afterwards(ada, "nhs-number", "objects")
    askers = [asks(ada, kind) for kind in ("hospital", "gp", "integrated-record", "council", "governance")]
    for asker in askers:
        asker.search("Patient", BY_NAME)
    told = [asker.get(kind).text for asker in askers for kind in ("Patient", "CareTeam", "Consent", "Provenance")]
    assert [text for text in told if NUMBER in text] == []


def test_pds_hears_nothing_of_who_objects(world: World) -> None:
    """If you wish to opt out from the use of your NHS Number for social care purposes, please talk with your social
    worker or contact us:"""
    world.load(case(nhs_number=NUMBER, objections=objection()))
    world.know(pds_record(NUMBER))
    world.declare()
    world.trace()
    assert world.pds.calls == []


def test_without_the_nhs_number_nothing_reaches_the_integrated_record(ada: World) -> None:
    """it is also available for use in an integrated care record system across a number of support services including
    GPs, hospitals, community matrons, district nurses and social care practitioners"""
    shared = asks(ada, "integrated-record")
    before = found(shared, [])
    afterwards(ada, "nhs-number", "objects")
    assert (before, found(shared, [])) == (1, 0)


# ---------------------------------------------------------------- the shared record


def test_an_opt_out_of_the_shared_record_acts_on_the_next_request(ada: World) -> None:
    """Your GP will record your choice and your information will not be shared."""
    shared = asks(ada, "integrated-record")
    everything = ("Patient", "CareTeam", "EpisodeOfCare", "Provenance")
    before = [shared.get(kind).json()["total"] > 0 for kind in everything]
    afterwards(ada, "shared-record", "objects")
    after = [shared.get(kind).json()["total"] for kind in everything]
    assert (before, after, shared.get(f"Patient/{ada.public('A1')}").status_code) == ([True] * 4, [0] * 4, 404)


def test_who_changes_their_mind_is_shared_again(ada: World) -> None:
    """If you change your mind and want your information shared, you can inform the GP practice or care professional
    treating you, and they will mark your record."""
    shared = asks(ada, "integrated-record")
    afterwards(ada, "shared-record", "objects")
    opted_out = found(shared, [])
    afterwards(ada, "shared-record", "clear")
    assert (opted_out, found(shared, [])) == (0, 1)


def test_an_opt_out_of_the_shared_record_changes_nothing_in_direct_care(ada: World) -> None:
    """Opting-out won’t affect your care in anyway."""
    askers = [asks(ada, kind) for kind in ("hospital", "gp", "council")]
    before = [asker.search("Patient", [*BY_NUMBER, *ALL_ABOUT]).content for asker in askers]
    afterwards(ada, "shared-record", "objects")
    assert [asker.search("Patient", [*BY_NUMBER, *ALL_ABOUT]).content for asker in askers] == before


def test_nobody_learns_from_a_carers_opt_out_that_he_has_a_record(ada: World) -> None:
    """It’s your choice to share your information through the WSIC dashboard."""
    ward = asks(ada, "hospital")
    before = ward.search("Patient", [*BY_NUMBER, *ALL_ABOUT])
    ada.load(
        case(
            "A2", given="Basil", born="1969-01-01", objections=objection("shared-record"), attributes='restricted="N"'
        ),
        sequence=2,
    )
    ada.know(pds_record("9990000042", given="Basil", born="1969-01-01", practice="Y99999"))
    ada.declare()
    ada.trace()
    after = ward.search("Patient", [*BY_NUMBER, *ALL_ABOUT])
    assert after.json()["entry"][:-1] == before.json()["entry"][:-1]


# ---------------------------------------------------------------- the national data opt-out


def national(world: World, value: str) -> None:
    """What the check service says of Ada."""
    world.pass_time(seconds=1)
    person = world.person("A1")
    with world.deployment.office.transaction() as transaction:
        checked = {"national": value, "national_checked": millis(world.time)}
        change_facts(transaction, world.deployment.policy, person, world.time, **checked)


@pytest.mark.parametrize("purpose", ["HOPERAT", "HRESCH"])
def test_no_planner_or_researcher_gets_a_record_that_names_anybody_whatever_was_chosen(
    ada: World, purpose: str
) -> None:
    """Currently, we ensure that anonymised data is used so that you cannot be identified, in which case your
    confidential patient information isn’t needed."""
    recipient = "planner" if purpose == "HOPERAT" else "researcher"
    asker = asks(ada, "planner", recipient=recipient, purpose=purpose)
    answers = []
    for value in ("unknown", "clear", "objects", "clear"):
        national(ada, value)
        answers += [asker.get("Patient"), asker.get(f"Patient/{ada.public('A1')}"), asker.search("Patient", BY_NUMBER)]
    assert ({cause(answer) for answer in answers}, len({answer.content for answer in answers})) == (
        {(403, "identifiable-not-allowed")},
        1,
    )


def test_a_national_opt_out_changes_nothing_in_individual_care(ada: World) -> None:
    """If you do choose to opt out your confidential patient information will still be used to support your individual
    care."""
    askers = [asks(ada, kind) for kind in ("hospital", "gp", "council", "integrated-record")]
    told = []
    for value in ("unknown", "objects", "clear"):
        national(ada, value)
        told.append([asker.search("Patient", BY_NUMBER).content for asker in askers])
    assert told[0] == told[1] == told[2]


def test_a_national_opt_out_can_be_seen_by_nobody(ada: World) -> None:
    """You can change your mind about your choice at any time."""
    national(ada, "objects")
    askers = [asks(ada, kind) for kind in ("hospital", "gp", "council", "integrated-record", "governance")]
    told = [asker.get(kind).text for asker in askers for kind in ("Patient", "Consent", "Provenance", "CareTeam")]
    assert [text for text in told if "national" in text.lower()] == []


def test_what_planners_are_told_holds_nothing_that_names_anybody(ada: World) -> None:
    """De-personalised data is information about your care. It doesn’t include:"""
    planner = asks(ada, "planner")
    told = "".join(
        planner.get(path).text for path in ("Patient", "CareTeam", "EpisodeOfCare", "$my-access", "metadata")
    )
    marks = ("Marlowe", BORN, "020 7946 0999", "Invented Row", "SW1A 1AA", NUMBER)
    assert [mark for mark in marks if mark in told] == []


# ---------------------------------------------------------------- who, and when


def test_the_role_decides_what_is_seen(ada: World) -> None:
    """Access to information is strictly controlled, based on the role of the professional."""
    nurse = asks(ada, "hospital")
    clerk = asks(ada, "hospital", role="administrator", code="R8010")
    authority = asks(ada, "local-authority", may_assert=True)
    seen = [by_type(asker.search("Patient", [*BY_NAME, *ALL_ABOUT])) for asker in (nurse, clerk, authority)]
    kinds = [{kind: len(found_) for kind, found_ in told.items()} for told in seen]
    whole = {"Patient": 1, "CareTeam": 2, "EpisodeOfCare": 2, "RelatedPerson": 1}
    part = {"Patient": 1, "CareTeam": 1, "EpisodeOfCare": 1}
    reached = ["address" in told["Patient"][0] or "telecom" in told["Patient"][0] for told in seen]
    assert (kinds, reached) == ([whole, part, part], [True, False, False])


def test_whoever_keeps_the_choices_reads_nothing_of_the_care(ada: World) -> None:
    """For example, social workers will only have access to information that is relevant to the execution of their
    care duties."""
    afterwards(ada, "shared-record", "objects")
    officer, worker = asks(ada, "governance"), asks(ada, "council")
    care = [officer.get(kind).json()["total"] for kind in ("Patient", "CareTeam", "EpisodeOfCare", "RelatedPerson")]
    assert (care, worker.get("Consent").json()["total"]) == ([0, 0, 0, 0], 0)


def test_nobody_looks_at_a_person_before_or_long_after_they_are_in_front_of_them(ada: World) -> None:
    """It will do this by sharing appropriate information between health and social care services at the time of
    patient contact."""
    ward = asks(ada, "hospital")
    before = (found(ward, []), ward.get(f"Patient/{ada.public('A1')}").status_code)
    ward.search("Patient", BY_NUMBER)
    during = (found(ward, []), ward.get(f"Patient/{ada.public('A1')}").status_code)
    ada.pass_time(days=4)
    assert (before, during, found(ward, [])) == ((0, 404), (1, 200), 0)


def test_a_practice_that_is_not_hers_sees_nothing_of_her(ada: World) -> None:
    """The council’s IT security and confidentiality policies ensure that your information is protected, and available
    only to staff directly involved in your care."""
    hers, another = asks(ada, "gp"), asks(ada, "gp", organisation="Y00002")
    assert (found(hers, BY_NAME), found(another, BY_NAME)) == (1, 0)


@pytest.mark.parametrize("kind", ["hospital", "gp", "council", "integrated-record", "planner", "governance"])
@pytest.mark.parametrize("purpose", ["HMARKT", "COVERAGE", "HPAYMT"])
def test_nothing_is_given_for_marketing_insurance_or_payment(sqlite_town: World, kind: str, purpose: str) -> None:
    """Data being used or shared for purposes beyond individual care does not include your data being shared with
    insurance companies or used for marketing purposes and data would only be used in this way with your specific
    agreement."""
    asker = asks(sqlite_town, kind)
    answer = asker.get("Patient", headers={"ASC-Purpose-Of-Use": purpose})
    assert cause(answer) == (403, "purpose-refused")


def test_nothing_is_given_for_a_purpose_that_the_asker_was_not_registered_for(ada: World) -> None:
    """Your personal information is only used for a specified purpose(s) but if we intend to use it for any other new
    purposes we will normally ask you first."""
    ward = asks(ada, "hospital")
    purposes = ("", "CAREMGT", "HRESCH", "HOPERAT", "PUBHLTH", "HLEGAL", "PATRQT", "BTG", "CURIOSITY")
    statuses = [ward.get("Patient", headers={"ASC-Purpose-Of-Use": purpose}).status_code for purpose in purposes]
    assert statuses == [403] * len(purposes)


# ---------------------------------------------------------------- how long, and how much


def closed(world: World, last_day: str, reason: str) -> Any:
    """An asker of the council, and one person whose support ended."""
    involvement = f'<Involvement clientType="Service User" psr="{reason}" opened="2001-01-01" closed="{last_day}"/>'
    world.load(case(involvement=involvement, services=""))
    world.declare()
    return asks(world, "council")


def test_six_years_after_support_ended_nothing_is_given_any_more(world: World) -> None:
    """In general, we retain information related to adult social care for 6 years after we have ceased to assess your
    needs or provide services to you."""
    tomorrow = world.time + timedelta(days=1)
    last_day = tomorrow.replace(year=tomorrow.year - 6).date().isoformat()
    council = closed(world, last_day, "Physical Support: Personal care support")
    before = found(council, [])
    world.pass_time(days=1)
    assert (before, found(council, [])) == (1, 0)


def test_a_mental_health_case_is_kept_for_twenty_years(world: World) -> None:
    """In mental health cases, this period rises to 20 years."""
    tomorrow = world.time + timedelta(days=1)
    council = closed(world, tomorrow.replace(year=tomorrow.year - 20).date().isoformat(), "Mental Health Support")
    before = found(council, [])
    world.pass_time(days=1)
    assert (before, found(council, [])) == (1, 0)


def test_a_restricted_record_is_given_to_nobody_until_the_correction_is_made(ada: World) -> None:
    """You may also request that access to your information is restricted until the correction is made."""
    askers = [asks(ada, kind) for kind in ("hospital", "gp", "council", "integrated-record")]
    seen = []
    for sequence, mark in ((2, "Y"), (3, "N")):
        ada.pass_time(seconds=1)
        ada.load(case(nhs_number=NUMBER, attributes=f'restricted="{mark}"'), sequence=sequence)
        seen.append([asker.search("Patient", BY_NUMBER).json()["total"] for asker in askers])
    assert seen == [[0, 0, 0, 0], [1, 1, 1, 1]]


def test_before_the_council_has_said_who_objects_nobody_outside_sees_anybody(world: World) -> None:
    """We will only share information where it is appropriate and legal to do so."""
    world.load(case(nhs_number=NUMBER, practice="E87991"))
    askers = [asks(world, kind) for kind in ("hospital", "gp", "integrated-record")]
    before = [asker.search("Patient", BY_NAME).json()["total"] for asker in askers]
    world.know(pds_record(NUMBER))
    world.declare()
    world.trace()
    assert (before, [asker.search("Patient", BY_NAME).json()["total"] for asker in askers]) == ([0, 0, 0], [1, 1, 1])


# ---------------------------------------------------------------- what can be checked afterwards


def test_everything_that_was_given_and_refused_can_be_looked_up_and_the_record_of_it_is_whole(ada: World) -> None:
    """The facilities and services we use are audited annually to make sure the highest standards are maintained."""
    ward = asks(ada, "hospital")
    ward.search("Patient", BY_NUMBER)
    ward.get("Patient", headers={"ASC-Purpose-Of-Use": "HMARKT"})
    events = list(read(ada.deployment.settings.trail))
    about_her = [e for e in events if ada.person("A1") in e.get("people", ()) and e["client"] == ward.client_id]
    refused = [e["cause"] for e in events if e.get("client") == ward.client_id and e["outcome"] == "refused"]
    assert ({e["outcome"] for e in about_her}, refused, verify(ada.deployment.settings.trail)[1]) == (
        {"asserted", "released"},
        ["purpose-refused"],
        [],
    )


def test_an_asker_whose_agreement_has_ended_is_given_nothing(ada: World) -> None:
    """We will strive to ensure that any personal data in our care will be kept safe and that where your information
    is disclosed to a third party, we will seek to ensure that the third party has sufficient systems and procedures
    in place to prevent the loss or damage of personal data."""
    ward = asks(ada, "hospital", ends=ada.time + timedelta(minutes=1))
    before = ward.search("Patient", BY_NUMBER).json()["total"]
    ada.pass_time(minutes=2)
    assert (before, cause(ward.search("Patient", BY_NUMBER))) == (1, (403, "agreement-ended"))


def test_nothing_financial_and_no_image_is_ever_given(ada: World) -> None:
    """To meet our statutory obligations under law, as well as to provide you with a service where appropriate, we may
    need to share the information you provide us with other professionals such as:"""
    marked = '<Identifiers><Identifier type="NI">QQ123456C</Identifier></Identifiers><Photo>AAAA</Photo>'
    ada.load(case("A3", family="Marked", more=marked), sequence=2)
    told = json.dumps([resources(asks(ada, kind).get("Patient")) for kind in ("council", "gp", "integrated-record")])
    assert [mark for mark in ("Marked", "QQ123456C", "AAAA", "photo") if mark in told] == ["Marked"]
