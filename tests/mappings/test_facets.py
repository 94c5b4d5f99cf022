"""Whom a facet names, where it leads, and whose it is."""

import json

import pytest

from tests.mappings.extracts import (
    SERVICE,
    TEAM,
    facet,
    mapped,
    of_type,
    only,
    plain,
    relative,
    said,
)


@pytest.mark.parametrize(("roles", "category"), [("", "family"), ("emergency-contact", "emergency-contact")])
def test_every_facet_that_names_a_relative_mentions_him_in_one_category(roles: str, category: str):
    found = mapped(relative(roles) + TEAM)
    naming = [
        each
        for resource in found.resources
        for each in resource.facets
        if "Barnaby" in json.dumps(each.body) or "relationship:R1" in json.dumps(each.body)
    ]
    assert len(naming) == 3
    assert {(each.mentions, each.category) for each in naming} == {(("77",), category)}


def test_who_is_hidden_with_the_son_is_not_the_worker():
    (team,) = of_type(mapped(relative() + TEAM), "CareTeam")
    mentions = {each.part: each.mentions for each in team.facets}
    assert mentions == {"carrier": (), "team": (), "carer:R1": ("77",)}


def test_a_relative_without_a_record_is_nobodys_mention():
    found = mapped(relative().replace('personRef="77"', 'personRef=""'))
    assert facet(of_type(found, "RelatedPerson")[0], "carrier").mentions == ()


def test_what_tells_where_somebody_lives_or_is_looked_after_locates():
    inner = '<Addresses><Address><Line>1 Row</Line></Address></Addresses><GP odsPractice="Y99001"/>'
    found = mapped(inner + relative() + TEAM + SERVICE.format(status="open"))
    locating = {
        (resource.type, each.part)
        for resource in found.resources
        for each in resource.facets
        if each.locates and resource.type != "Provenance"
    }
    assert locating == {
        ("Patient", "contact"),
        ("Patient", "gp"),
        ("RelatedPerson", "contact"),
        ("CareTeam", "team"),
        ("CareTeam", "provider"),
    }


def test_every_facet_of_a_package_carries_its_provider():
    found = mapped(SERVICE.format(status="open"))
    providers = {
        each.provider for resource in found.resources for each in resource.facets if each.category == "services"
    }
    assert providers == {"A9X9Y"}


@pytest.mark.parametrize(
    ("status", "codes"),
    [
        ("open", ("active", "active")),
        ("Suspended", ("onhold", "suspended")),
        ("closed", ("finished", "inactive")),
    ],
)
def test_a_package_has_the_status_of_its_service(status: str, codes: tuple[str, str]):
    found = mapped(SERVICE.format(status=status))
    assert (only(found, "EpisodeOfCare")["status"], only(found, "CareTeam")["status"]) == codes


def test_a_package_of_unknown_status_is_no_episode():
    found = mapped(SERVICE.format(status="hm"))
    assert of_type(found, "EpisodeOfCare") == []
    assert "case.xml:1 Service is left out: it has no status" in said(found.problems)


@pytest.mark.parametrize(("status", "named"), [("open", True), ("suspended", True), ("closed", False)])
def test_only_the_provider_of_an_open_service_is_the_persons_own(status: str, named: bool):
    found = mapped(SERVICE.format(status=status)).organisations
    assert [(each.kind, each.code, each.starts) for each in found] == [("provider", "A9X9Y", "2024-02-12")] * named


@pytest.mark.parametrize(
    ("to", "status"),
    [
        ("", "active"),
        ("2025-11-21", "inactive"),
        ("2025-11-22", "active"),
        ("2025", "active"),
        ("2024", "inactive"),
        ("9999-12-31", "active"),
        ("31/12/2024", "inactive"),
    ],
)
def test_an_allocation_is_active_until_it_has_surely_ended(to: str, status: str):
    found = mapped(TEAM.replace('from="2024-02-05"', f'from="2024-02-05" to="{to}"'))
    assert only(found, "CareTeam")["status"] == status


def test_a_period_that_ends_before_it_begins_is_dropped_with_a_problem():
    found = mapped(TEAM.replace('from="2024-02-05"', 'from="2024-02-05" to="2023-01-01"'))
    assert "period" not in only(found, "CareTeam")
    assert [problem.field for problem in found.problems] == ["Allocation@to"]


def test_the_case_leads_to_the_teams_that_are_allocated():
    episode = only(mapped(TEAM + '<Involvement opened="2019-02-20" closed="2024-01-31"/>'), "EpisodeOfCare")
    assert episode["team"] == [{"reference": "key:CareTeam:allocation:T2:W7:2024-02-05"}]
    assert (episode["status"], episode["period"]) == ("finished", {"start": "2019-02-20", "end": "2024-01-31"})


def test_every_reference_leads_to_a_resource_of_the_record():
    found = mapped(relative() + TEAM + SERVICE.format(status="open") + "<Involvement/>")
    keys = {f"key:{resource.type}:{resource.key}" for resource in found.resources}
    text = json.dumps(plain(found)["resources"])
    references = {each.split('"')[0] for each in text.split('"reference": "')[1:]}
    assert references <= keys
    assert len(references) == 6


def test_of_two_relatives_with_one_id_the_first_counts():
    two = relative()[: -len("</Relationships>")] + relative()[len("<Relationships>") :].replace("Barnaby", "Marker")
    found = mapped(two)
    assert "Marker" not in json.dumps(plain(found)["resources"])
    assert said(found.problems) == ["case.xml:1 Relationship stands twice; the first RelatedPerson counts"]


def test_a_relative_without_an_id_is_left_out_with_a_problem():
    found = mapped(relative().replace('id="R1"', "") + TEAM)
    assert "Barnaby" not in json.dumps(plain(found)["resources"])
    assert said(found.problems) == ["case.xml:1 Relationship has no relationship:{@id}; no RelatedPerson is made of it"]


def test_nobody_is_the_worker_minus_one():
    team = only(mapped(TEAM.replace("W7", "-1").replace("Farah Ockenden", "Unknown")), "CareTeam")
    assert team["participant"] == [{"role": [{"text": "Social worker"}]}]
