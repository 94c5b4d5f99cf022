"""What the `person-json` mapping says of a person's family and team, and by which codes."""

import json
from typing import Any

import pytest

from mappings.mapped import Mapped
from mappings.tables import load
from tests.mappings.extracts import DATA, merged, of_type, only, plain, said
from tests.mappings.people import Json, of_person

CODES = DATA.parent.parent / "mappings" / "codes"

GROUPS = {"A": "ABC", "B": "DEFG", "C": "HJKL", "D": "MNP", "E": "RS"}


def test_each_of_the_fifty_four_ethnic_sub_codes_stays_within_its_group():
    table = load("ethnicity-mosaic", (CODES,))
    assert len(table.rows) == 54
    for source, code in table.rows.items():
        assert code.code in GROUPS[source[0].upper()]


@pytest.mark.parametrize(
    ("sub_code", "category"),
    [
        ("A.A1", "A"),
        ("A.A12", "C"),
        ("A.A2", "B"),
        ("B.B1", "D"),
        ("C.C3", "K"),
        ("D.D3", "N"),
        ("E.E1", "R"),
        ("E.EX", "S"),
    ],
)
def test_an_ethnic_category_is_a_2001_code_that_keeps_the_finer_one(sub_code: str, category: str):
    (extension,) = only(of_person(ethnicity=sub_code), "Patient")["extension"]
    (coding,) = extension["valueCodeableConcept"]["coding"]
    assert (coding["code"], extension["valueCodeableConcept"]["text"]) == (category, sub_code)


RELATIONS = [
    *("parent", "child", "other", "greatGrandchild", "greatGrandparent", "grandchild", "grandparent"),
    *("stepParent", "auntUncle", "stepChild", "unbornChild", "partner", "exPartner", "sibling", "halfSibling"),
    *("stepSibling", "unbornSibling", "spouse", "cousin", "nieceNephew", "fosterCarer", "friend", "exSpouse"),
    *("parentOfUnbornChild", "siblingOfUnbornChild", "fosterCarerSupportCarer", "privateFosterCarer"),
    *("privateFosterChild", "fosterChild", "supportCarerFosterCarer", "neighbour", "inContactWith"),
    "acquaintance",
]
NOBODY = {relation for relation in RELATIONS if "unborn" in relation.lower() or "foster" in relation.lower()}


def related(type: str, **more: Any) -> Mapped:
    relation = {"id": 9, "otherPersonId": 77, "type": type, "firstName": "Barnaby"} | more
    return of_person(relationships=[relation], allocations=[{"id": 8, "allocatedWorkerTeam": "North"}])


@pytest.mark.parametrize("type", RELATIONS)
def test_each_of_the_thirty_three_relations_is_known(type: str):
    found = related(type)
    assert not any("code table" in text for text in said(found.problems))
    assert bool(of_type(found, "RelatedPerson")) is (type not in NOBODY | {"other"})


@pytest.mark.parametrize("type", sorted(NOBODY))
def test_a_child_who_is_not_born_or_is_fostered_is_nobody_whatever_else_is_said(type: str):
    found = related(type, isMainCarer="Y", isInformalCarer="Y")
    assert "Barnaby" not in json.dumps(plain(found)["resources"])
    assert "77" not in json.dumps(
        [each["facets"] for each in plain(found)["resources"] if each["type"] == "RelatedPerson"]
    )


@pytest.mark.parametrize("flag", ["Y", "yes", True, "perhaps"])
def test_a_sensitive_relationship_is_nowhere(flag: object):
    assert "Barnaby" not in json.dumps(plain(related("sibling", sensitive=flag, isMainCarer="Y"))["resources"])


def test_a_main_carer_is_part_of_the_care_team_in_a_facet_of_the_family():
    found = related("sibling", isMainCarer="y")
    (team,) = of_type(found, "CareTeam")
    assert [(each.part, each.category, each.mentions) for each in team.facets][2:] == [
        ("carer:9:77:", "family", ("77",))
    ]
    relationship = only(found, "RelatedPerson")["relationship"]
    assert [each["coding"][0]["code"] for each in relationship] == ["SIB", "main-carer"]


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({}, "active"),
        ({"caseStatus": "Open"}, "active"),
        ({"caseStatus": "closed"}, "inactive"),
        ({"caseStatus": "Open", "allocationEndDate": "2024-01-01T00:00:00"}, "inactive"),
        ({"allocationEndDate": "2099-01-01"}, "active"),
        ({"allocationEndDate": "some day"}, "inactive"),
    ],
)
def test_a_care_team_ends_with_its_allocation(said: Json, status: str):
    found = of_person(allocations=[{"id": 8, "allocatedWorkerTeam": "North"} | said])
    assert only(found, "CareTeam")["status"] == status


def test_a_care_team_has_the_desk_and_the_names_that_are_told():
    team = only(
        of_person(allocations=[{"id": 8, "allocatedWorker": "Farah", "workerType": "Social worker"}]), "CareTeam"
    )
    assert team["telecom"] == [{"system": "phone", "value": "01632 960000", "use": "work"}]
    assert team["participant"] == [{"role": [{"text": "Social worker"}], "member": {"display": "Farah"}}]


def test_two_allocations_without_ids_are_two_care_teams():
    found = of_person(allocations=[{"allocatedWorkerTeam": "North"}, {"allocatedWorkerTeam": "South"}])
    assert [merged(team)["name"] for team in of_type(found, "CareTeam")] == ["North", "South"]


def test_the_team_of_the_person_is_a_care_team():
    assert only(of_person(allocatedTeam="North"), "CareTeam")["name"] == "North"


@pytest.mark.parametrize(
    ("open_case", "status"), [(True, "active"), ("Y", "active"), (False, "finished"), ("N", "finished")]
)
def test_whether_a_case_is_open_is_an_episode(open_case: object, status: str):
    assert only(of_person(openCase=open_case), "EpisodeOfCare")["status"] == status


@pytest.mark.parametrize("open_case", [None, "", "perhaps"])
def test_a_case_that_is_neither_open_nor_closed_is_no_episode(open_case: object):
    assert of_type(of_person(openCase=open_case), "EpisodeOfCare") == []
