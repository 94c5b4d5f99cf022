"""What the shipped `person-json` mapping says of a person, and what it keeps to itself."""

import json
from dataclasses import replace
from typing import Any

import pytest

from mappings.mapped import Mapped
from mappings.readers import read
from mappings.readers.person_vocabulary import MESSAGE, PERSON, Known
from mappings.record import CaseRecord
from mappings.tables import load
from tests.mappings.extracts import CONTEXT, DATA, facet, merged, of_type, only, plain, said
from tests.mappings.people import Json, mapped, message, of_person, person_json
from tests.mappings.test_uk_core import check

CODES = DATA.parent.parent / "mappings" / "codes"


def sample(name: str) -> list[Mapped]:
    context = replace(CONTEXT, file=name, extract_id="X-2025-11-21")
    with (DATA / name).open("rb") as stream:
        return [
            person_json().apply(item, context)
            for item in read("person-json", stream, name)
            if isinstance(item, CaseRecord)
        ]


@pytest.mark.parametrize(
    ("name", "twin"), [("person.json", "person.fhir.json"), ("person-legacy.ndjson", "person-legacy.fhir.json")]
)
def test_a_sample_is_mapped_as_its_twin_says(name: str, twin: str):
    assert [plain(each) for each in sample(name)] == json.loads((DATA / twin).read_text("utf-8"))


@pytest.mark.parametrize("name", ["person.json", "person-legacy.ndjson"])
def test_a_sample_is_fhir(name: str):
    for found in sample(name):
        check(found)


def test_the_mapping_tells_every_category_that_it_uses():
    assert person_json().categories == {
        "audit",
        "care-team",
        "choices",
        "communication",
        "contact",
        "ethnicity",
        "family",
        "gp",
        "identity",
        "nhs-number-untraced",
    }


# ---------------------------------------------------------------- who it is


@pytest.mark.parametrize("number", [9990001006, "9990001006", "999 000 1006"])
def test_an_nhs_number_is_read_as_a_number_and_as_a_text(number: object):
    (patient,) = of_type(of_person(nhsNumber=number), "Patient")
    (found,) = facet(patient, "untraced").body["identifier"]
    assert found["value"] == "9990001006"
    assert found["extension"][0]["valueCodeableConcept"]["coding"][0]["code"] == "02"


@pytest.mark.parametrize("number", [450557710, "45055771", 4505577105, 9.990001006e9, 456])
def test_a_number_that_lost_a_zero_or_is_none_is_dropped_and_never_completed(number: object):
    found = of_person(nhsNumber=number)
    assert said(found.problems) == [f"case.xml:1 nhsNumber `{number}` is not an NHS number"]
    assert [each.part for each in of_type(found, "Patient")[0].facets] == ["carrier"]


def test_of_two_numbers_neither_is_used():
    found = of_person(nhsNumber=[9990001006, 9990001014])
    assert [problem.field for problem in found.problems] == ["nhsNumber[0]", "nhsNumber[1]"]
    assert "nhs-number" not in json.dumps(plain(found)["resources"])


def test_a_local_id_is_the_same_as_a_number_and_as_a_text():
    for each in ({"id": 71}, {"id": "71"}, {"mosaicId": "71"}, {"id": 71, "mosaicId": "71"}):
        assert only(mapped(each | {"contextFlag": "A"}), "Patient")["identifier"] == [
            {"system": "https://anytown.example/fhir/Id/999/person", "value": "71"}
        ]


@pytest.mark.parametrize(
    ("born", "date"),
    [
        ("1941-07-09", "1941-07-09"),
        ("1941-07-09T00:00:00", "1941-07-09"),
        ("1941-07-09T00:00:00.0000000", "1941-07-09"),
        ("1941-07-09T00:00:00Z", "1941-07-09"),
        ("1941-07-09T00:00:00.000+00:00", "1941-07-09"),
        ("1941-07", "1941-07"),
        (1941, "1941"),
    ],
)
def test_a_date_is_as_partial_as_what_is_known_of_it(born: object, date: str):
    found = of_person(dateOfBirth=born)
    assert (only(found, "Patient")["birthDate"], found.facts["born"]) == (date, date)


@pytest.mark.parametrize("born", ["1941-07-08T23:00:00Z", "09/07/1941", "1900-05-11", "1941-02-30", "19410709"])
def test_a_date_that_may_be_another_day_is_dropped(born: str):
    found = of_person(dateOfBirth=born)
    assert "birthDate" not in only(found, "Patient")
    assert found.facts["born"] == "unknown"
    assert found.problems[0].field == "dateOfBirth"


@pytest.mark.parametrize("word", ["UNKNOWN", "Test", "Baby", "DUPLICATE", "Quill (duplicate)", "N/A", -1])
def test_a_placeholder_is_no_part_of_a_name(word: object):
    found = of_person(firstName="Ada", lastName=word)
    assert only(found, "Patient")["name"] == [{"use": "usual", "given": ["Ada"]}]
    assert said(found.problems) == [f"case.xml:1 lastName `{word}` is a placeholder, not a value"]


@pytest.mark.parametrize(("letter", "gender"), [("M", "male"), ("F", "female"), ("I", "other"), ("U", "unknown")])
def test_a_letter_is_a_gender(letter: str, gender: str):
    assert only(of_person(gender=letter), "Patient")["gender"] == gender


# ---------------------------------------------------------------- facts that restrict, hide, end or age


@pytest.mark.parametrize(
    ("restricted", "fact"),
    [("N", "no"), (False, "no"), ("Y", "yes"), (True, "yes"), ("", "yes"), (None, "yes"), ("perhaps", "yes")],
)
def test_who_is_not_said_to_be_unrestricted_is_restricted(restricted: object, fact: str):
    assert of_person(restricted=restricted).facts["restricted"] == fact


@pytest.mark.parametrize(
    ("said", "fact", "expected"),
    [
        ({}, "locked", "no"),
        ({"locked": "Y"}, "locked", "yes"),
        ({"locked": "perhaps"}, "locked", "yes"),
        ({"address": {"doNotDisclose": "Y"}}, "do_not_disclose", "yes"),
        ({"addressList": [{}, {"doNotDisclose": True}]}, "do_not_disclose", "yes"),
        ({"addressList": [{"doNotDisclose": "perhaps"}]}, "do_not_disclose", "yes"),
        ({"address": {}}, "do_not_disclose", "no"),
        ({}, "died", "no"),
        ({"dateOfDeath": "2024-05-01T00:00:00"}, "died", "2024-05-01"),
        ({"dateOfDeath": "last May"}, "died", "unknown"),
        ({}, "closed", "open"),
        ({"openCase": True}, "closed", "open"),
        ({"openCase": "N"}, "closed", "unknown"),
        ({"openCase": "perhaps"}, "closed", "unknown"),
        ({"primarySupportReason": "Mental Health (ELFT)"}, "mental_health", "yes"),
        ({"primarySupportReason": "Personal care"}, "mental_health", "no"),
        ({"primarySupportReason": "A reason of our own"}, "mental_health", "unknown"),
        ({"mentalHealthSectionStatus": "Section 117"}, "section_117", "yes"),
        ({"mentalHealthSectionStatus": "Informal"}, "section_117", "no"),
        ({"mentalHealthSectionStatus": "Section 3"}, "section_117", "unknown"),
    ],
)
def test_a_fact_is_what_the_record_says_of_it(said: Json, fact: str, expected: str):
    assert of_person(**said).facts[fact] == expected


@pytest.mark.parametrize("flag", ["Y", True, "perhaps"])
@pytest.mark.parametrize("name", ["address", "addressList"])
def test_an_address_that_may_not_be_disclosed_is_nowhere(name: str, flag: object):
    found = of_person(**{name: {"address": "Marker Lane", "uprn": "10033544614", "doNotDisclose": flag}})
    assert [each.part for each in of_type(found, "Patient")[0].facets] == ["carrier"]


# ---------------------------------------------------------------- how to reach the person


@pytest.mark.parametrize(
    ("type", "use"),
    [("Home", "home"), ("House", "home"), ("Mobile", "mobile"), ("WORK", "work"), ("", None), ("Main", None)],
)
def test_a_number_has_the_use_that_its_type_says(type: str, use: str | None):
    for shape in (
        {"phoneNumbers": [{"number": "1", "type": type}]},
        {"phoneNumber": [{"phoneNumber": "1", "phoneType": type}]},
    ):
        (telecom,) = only(of_person(**shape), "Patient")["telecom"]
        assert (telecom["value"], telecom.get("use")) == ("1", use)


@pytest.mark.parametrize("type", ["daughter's mobile", "Carer", "NOK", "Neighbour (Joan)"])
def test_a_number_that_may_be_somebody_elses_is_not_the_persons(type: str):
    found = of_person(phoneNumbers=[{"number": "01632 960999", "type": type}])
    assert "01632 960999" not in json.dumps(plain(found)["resources"])
    assert "is not in the code table" in said(found.problems)[0]


@pytest.mark.parametrize("postcode", ["XXXX", "nopostcode", "W1A", "NK1 0AA", "ZZ99 3VZ"])
@pytest.mark.parametrize("name", ["postcode", "postCode"])
def test_a_postcode_that_is_none_is_dropped_with_a_problem(name: str, postcode: str):
    found = of_person(address={"address": "1 Row", name: postcode})
    assert only(found, "Patient")["address"] == [{"line": ["1 Row"]}]
    assert [(problem.field, problem.value) for problem in found.problems] == [(f"address.{name}", postcode)]


@pytest.mark.parametrize("uprn", ["abcd", 10033544614.0, 1.0033e10, 0, 1234567890123])
def test_a_uprn_that_is_none_is_dropped_with_a_problem(uprn: object):
    found = of_person(address={"address": "1 Row", "uprn": uprn})
    assert only(found, "Patient")["address"] == [{"line": ["1 Row"]}]
    assert [problem.field for problem in found.problems] == ["address.uprn"]


def test_a_preferred_language_is_said_to_be_preferred():
    first, preferred = only(of_person(firstLanguage="Polish", preferredLanguage="English"), "Patient")["communication"]
    assert ("preferred" in first, preferred["preferred"]) == (False, True)


def test_a_word_that_no_table_holds_is_kept_as_text_or_dropped_and_said():
    found = of_person(preferredMethodOfContact="Carrier pigeon", firstLanguage="Elvish", ethnicity="A.A99")
    extensions = {each["url"].rsplit("-")[-1]: each for each in only(found, "Patient")["extension"]}
    assert extensions["EthnicCategory"]["valueCodeableConcept"] == {"text": "A.A99"}
    (method,) = extensions["ContactPreference"]["extension"]
    assert method["valueCodeableConcept"] == {"text": "Carrier pigeon"}
    assert "communication" not in only(found, "Patient")
    assert [problem.field for problem in found.problems] == ["ethnicity", "firstLanguage", "preferredMethodOfContact"]


# ---------------------------------------------------------------- codes

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


# ---------------------------------------------------------------- whom to ring


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


# ---------------------------------------------------------------- choices


@pytest.mark.parametrize("kind", ["nhs-number", "shared-record"])
@pytest.mark.parametrize(
    ("value", "read"), [("objected", "objects"), ("withdrawn", "withdrawn"), ("none-recorded", "clear")]
)
def test_an_objection_in_a_message_of_its_own_is_a_choice(kind: str, value: str, read: str):
    objection = {"kind": kind, "value": value, "recorded": "2024-06-03", "by": "person"}
    found = mapped({"operation": "objection", "personId": 71, "objection": objection})
    (choice,) = found.choices
    assert (choice.kind, choice.value, choice.recorded, choice.by) == (kind, read, "2024-06-03", "person")


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"objection": {}},
        {"objection": "nhs-number"},
        {"objections": ["yes"]},
        {"objection": {"kind": {"code": "nhs-number"}}},
        {"objection": {"kind": "nhs\ud800", "value": "objected"}},
    ],
)
def test_a_message_that_could_be_an_objection_counts_as_one_of_every_kind(said: Json):
    found = mapped({"operation": "objection", "personId": 71} | said)
    assert [(choice.kind, choice.value) for choice in found.choices] == [
        ("nhs-number", "objects"),
        ("shared-record", "objects"),
    ]


def test_a_message_about_choices_alone_restricts_nobody_and_is_not_kept_as_a_person():
    found = mapped({"operation": "objection", "personId": 71, "objection": {"kind": "nhs-number", "value": "objected"}})
    assert [problem.effect for problem in found.problems] == ["quarantined"]
    assert (found.facts["restricted"], found.operation) == ("no", "upsert")


@pytest.mark.parametrize("bad", [{"contextFlag": "C"}, {"contextFlag": None}, {"restricted": []}, {"title": "\ud800"}])
def test_a_record_that_is_not_kept_is_still_heard(bad: Json):
    objection = {"kind": "nhs-number", "value": "objected"}
    found = of_person(**(bad | {"objections": [objection]}))
    assert "quarantined" in [problem.effect for problem in found.problems]
    assert [(choice.kind, choice.value) for choice in found.choices] == [("nhs-number", "objects")]


def test_a_choice_within_a_record_is_a_consent_too():
    found = mapped(message(objection={"kind": "nhs-number", "value": "objected", "effective": "2024-06-01"}))
    assert only(found, "Consent")["provision"] == {"type": "deny"}


# ---------------------------------------------------------------- what nobody may see


def closed(known: Known, within: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found = [(*within, name) for name in sorted(known.closed)]
    return found + [path for name, inner in known.objects.items() for path in closed(inner, (*within, name))]


@pytest.mark.parametrize("path", sorted({*closed(PERSON), *closed(MESSAGE)}), ids=".".join)
def test_a_field_that_is_never_released_appears_nowhere(path: tuple[str, ...]):
    nested: Any = "MARKER"
    for name in reversed(path):
        nested = {name: nested}
    base = {"id": 71, "contextFlag": "A"}
    inner = nested.pop("person", {})
    for value in (base | nested | inner, nested | {"person": base | inner}):
        assert "MARKER" not in json.dumps(plain(mapped(value)))


def test_the_fields_that_must_never_be_released_are_closed():
    names = {path[-1] for path in closed(PERSON)}
    assert names >= {
        *("accessToHome", "immigrationStatus", "sexualOrientation", "techUse", "ragRating", "warningNotes"),
        *("warningNote", "createdBy", "accessNotes", "careProvider", "religion", "details", "disabilities"),
    }


def test_no_marker_of_a_sample_appears_anywhere():
    found = [plain(each) for name in ("person.json", "person-legacy.ndjson") for each in sample(name)]
    for each in found:
        each.pop("problems")
    told = json.dumps(found)
    assert "Ottoline" in told
    for word in ("arker", "07700 900999", "10033544699", "shoe", "4711"):
        assert word not in told
