"""Is an asking held to its registration, and does naming a person in full do what the policy says and no more?"""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from adapter.outcome import CAUSES
from adapter.trail import read
from tests.fhir import cause, hold, resources, said, watched
from tests.town import (
    ADA,
    ADA_BORN,
    ADA_NUMBER,
    BEA,
    BEA_BORN,
    BEA_NUMBER,
    CYRIL,
    CYRIL_BORN,
    CYRIL_NUMBER,
    FERN,
    GUS_BORN,
    GUS_NUMBER,
    HAL_BORN,
    HAL_NUMBER,
    SYSTEM,
    TWAIN_BORN,
    ZOE,
    ZOE_BORN,
    by_name,
    by_number,
)
from tests.world import START, World, case, pds_record

once = pytest.mark.parametrize("town", ["sqlite"], indirect=True)
PURPOSE, ORGANISATION = "ASC-Purpose-Of-Use", "NHSD-End-User-Organisation-ODS"
USER, ROLE = "ASC-User-ID", "ASC-User-Role"
ABSENT = "00000000-0000-4000-8000-000000000000"

# What is wrong with the asking, the cause it is refused for, and who asks how.
FAULTS: list[tuple[str, str, str, dict[str, Any], dict[str, list[str]]]] = [
    ("no purpose", "no-purpose", "hospital", {}, {PURPOSE: []}),
    ("an empty purpose", "no-purpose", "hospital", {}, {PURPOSE: [""]}),
    ("a purpose said twice", "several-purposes", "hospital", {}, {PURPOSE: ["TREAT", "TREAT"]}),
    ("two purposes", "several-purposes", "hospital", {}, {PURPOSE: ["TREAT", "CAREMGT"]}),
    ("a list of purposes", "several-purposes", "hospital", {}, {PURPOSE: ["TREAT,CAREMGT"]}),
    ("a purpose of another client", "purpose-not-registered", "hospital", {}, {PURPOSE: ["CAREMGT"]}),
    ("research", "purpose-not-registered", "hospital", {}, {PURPOSE: ["HRESCH"]}),
    ("a purpose that nobody has", "purpose-not-registered", "hospital", {}, {PURPOSE: ["CURIOSITY"]}),
    ("a purpose in other letters", "purpose-not-registered", "hospital", {}, {PURPOSE: ["treat"]}),
    ("marketing", "purpose-refused", "hospital", {}, {PURPOSE: ["HMARKT"]}),
    ("insurance", "purpose-refused", "hospital", {}, {PURPOSE: ["COVERAGE"]}),
    ("payment", "purpose-refused", "hospital", {}, {PURPOSE: ["HPAYMT"]}),
    ("no organisation", "no-organisation", "hospital", {}, {ORGANISATION: []}),
    ("an organisation said twice", "no-organisation", "hospital", {}, {ORGANISATION: ["RYJ", "RYJ"]}),
    ("another organisation", "organisation-not-registered", "hospital", {}, {ORGANISATION: ["RXX"]}),
    ("an organisation in other letters", "organisation-not-registered", "hospital", {}, {ORGANISATION: ["ryj"]}),
    ("no user", "no-user", "hospital", {}, {USER: []}),
    ("a user said twice", "no-user", "hospital", {}, {USER: ["nurse-1", "nurse-2"]}),
    ("a user without a role", "no-user", "hospital", {}, {ROLE: []}),
    ("a role said twice", "no-user", "hospital", {}, {ROLE: ["R8001", "R8001"]}),
    ("a user of endless name", "no-user", "hospital", {}, {USER: ["x" * 129]}),
    ("an unknown role", "unknown-role", "hospital", {}, {ROLE: ["R9999"]}),
    ("a role in words", "unknown-role", "hospital", {}, {ROLE: ["clinician"]}),
    ("a role of another client", "unknown-role", "hospital", {}, {ROLE: ["R8010"]}),
    ("a social worker at a hospital", "unknown-role", "hospital", {}, {ROLE: ["R0243"]}),
    (
        "a role that sees nothing for the purpose",
        "no-such-view",
        "hospital",
        {"role": "administrator", "purposes": ("TREAT", "ETREAT"), "code": "R8010"},
        {PURPOSE: ["ETREAT"]},
    ),
    ("a planner and an identifiable record", "identifiable-not-allowed", "planner", {}, {}),
    (
        "a researcher and an identifiable record",
        "identifiable-not-allowed",
        "planner",
        {"recipient": "researcher", "purpose": "HRESCH"},
        {},
    ),
    (
        "a scope for another type",
        "scope-missing",
        "hospital",
        {"scopes": ("system/Bed.rs",), "scope": "system/Bed.rs"},
        {},
    ),
]


def ask(asker: Any, path: str, says: dict[str, list[str]]) -> httpx.Response:
    """Ask with headers replaced: each is said as often as it is listed."""
    kept = [(name, value) for name, value in asker.headers.items() if name not in says]
    headers = [("Authorization", f"Bearer {asker.token()}"), *kept]
    headers += [(name, value) for name, values in says.items() for value in values]
    answer: httpx.Response = asker.http.get(f"{asker.base}/{path}", headers=headers)
    return answer


def registered(town: World, kind: str, changes: dict[str, Any]) -> Any:
    asker = watched(town.asker(kind, **{name: value for name, value in changes.items() if name != "scope"}))
    asker.scope = changes.get("scope", asker.scope)
    return asker


# ---------------------------------------------------------------- faults of the asking


@pytest.mark.parametrize(
    ("expected", "kind", "changes", "says"), [row[1:] for row in FAULTS], ids=[r[0] for r in FAULTS]
)
def test_a_fault_of_the_asking_is_told_the_same_whoever_is_asked_about(
    town: World, expected: str, kind: str, changes: dict[str, Any], says: dict[str, list[str]]
) -> None:
    asker = registered(town, kind, changes)
    people = (town.public(ADA), town.public(CYRIL), town.public(FERN), ABSENT)
    paths = [path for public in people for path in (f"Patient/{public}", f"Patient?_id={public}")]
    paths += [f"CareTeam?patient={people[0]}", f"Patient?identifier={SYSTEM}|{ADA_NUMBER}&birthdate={ADA_BORN}"]
    answers = [ask(asker, path, says) for path in paths]
    assert ({cause(answer) for answer in answers}, _distinct(answers)) == ({(403, expected)}, 1)


def _distinct(answers: list[httpx.Response]) -> int:
    return len({(status, tuple(sorted(headers.items())), content) for status, headers, content in map(said, answers)})


@once
@pytest.mark.parametrize(
    ("starts", "ends"), [("0", "1763802000000"), ("1863802000000", "1963802000000")], ids=["ended", "not begun"]
)
def test_outside_its_agreement_a_client_is_told_so_whoever_it_asks_about(town: World, starts: str, ends: str) -> None:
    ward = watched(town.asker("hospital"))
    ward.search("Patient", by_number(ADA_NUMBER, ADA_BORN))
    _change(town, ward, f"starts = {starts}, ends = {ends}")
    answers = [ward.get(f"Patient/{public}") for public in (town.public(ADA), town.public(CYRIL), ABSENT)]
    assert ({cause(answer) for answer in answers}, _distinct(answers)) == ({(403, "agreement-ended")}, 1)


@once
def test_a_client_that_is_registered_no_more_is_told_so_though_its_token_is_valid(town: World) -> None:
    ward = watched(town.asker("hospital"))
    ward.token()
    with town.deployment.office.transaction() as transaction:
        transaction.execute("DELETE FROM client WHERE id = :client", client=ward.client_id)
    assert (cause(ward.get("Patient")), cause(ward.get("$my-access"))) == (
        (403, "unknown-client"),
        (403, "unknown-client"),
    )


def test_an_agreement_that_ends_acts_on_the_next_request(world: World) -> None:
    world.load(case("A1"))
    world.declare()
    council = watched(world.asker("council", ends=START.replace(minute=1)))
    before = council.get("Patient").status_code
    world.pass_time(minutes=1)
    assert (before, cause(council.get("Patient"))) == (200, (403, "agreement-ended"))


@once
def test_what_the_security_toolkit_says_is_kept_and_decides_nothing(town: World) -> None:
    ward = watched(town.asker("hospital"))
    before = ward.search("Patient", by_number(ADA_NUMBER, ADA_BORN))
    _change(town, ward, "toolkit = 'standards not met'")
    assert said(ward.search("Patient", by_number(ADA_NUMBER, ADA_BORN))) == said(before)


@once
def test_every_refusal_of_an_asking_has_been_seen(town: World) -> None:
    of_the_asking = {name for name, row in CAUSES.items() if row.status == 403}
    # The last is of those who bring records: test_push.py.
    seen = {row[1] for row in FAULTS} | {"unknown-client", "agreement-ended", "not-your-council"}
    assert of_the_asking - seen == set()


@once
@pytest.mark.parametrize(
    ("scopes", "scope", "reads", "searches"),
    [
        ("system/*.rs", "system/*.rs", 200, 200),
        ("system/*.rs", "system/Patient.r", 200, 403),
        ("system/*.rs", "system/Patient.s", 403, 200),
        ("system/*.r", "system/*.rs", 200, 403),
        ("system/Patient.rs", "system/Patient.rs", 200, 200),
        ("system/*.read", "system/*.read", 200, 200),
        ("system/*.rs", "system/CareTeam.rs", 403, 403),
    ],
)
def test_a_scope_allows_the_interactions_that_it_names(
    town: World, scopes: str, scope: str, reads: int, searches: int
) -> None:
    council = registered(town, "council", {"scopes": (scopes,), "scope": scope})
    ada = town.public(ADA)
    assert (council.get(f"Patient/{ada}").status_code, council.get(f"Patient?_id={ada}").status_code) == (
        reads,
        searches,
    )


@once
def test_a_system_needs_no_user_and_a_person_cannot_pass_for_one(town: World) -> None:
    shared = watched(town.asker("integrated-record"))
    posing = ask(shared, "Patient", {ROLE: ["R8001"], USER: ["nurse-1"]})
    assert (shared.get("Patient").status_code, cause(posing)) == (200, (403, "unknown-role"))


def _change(town: World, asker: Any, setting: str) -> None:
    with town.deployment.office.transaction() as transaction:
        transaction.execute(
            f"UPDATE client SET version = version + 1, {setting} WHERE id = :client", client=asker.client_id
        )


# ---------------------------------------------------------------- a relationship


def test_without_a_relationship_a_practice_sees_nobody(town: World) -> None:
    practice = watched(town.asker("gp", organisation="Y00001"))
    seen = [practice.get(f"{kind}").json()["total"] for kind in ("Patient", "CareTeam", "EpisodeOfCare", "Provenance")]
    assert (seen, practice.get(f"Patient/{town.public(ADA)}").status_code) == ([0, 0, 0, 0], 404)


def test_the_practice_that_pds_names_sees_its_people_and_no_others(town: World) -> None:
    practice = watched(town.asker("gp"))
    families = {name["name"][0]["family"] for name in resources(practice.get("Patient"))}
    assert families == {"Marlowe", "Thorne", "Brontë-Ó Néill", "Vale"}


def test_a_practice_may_not_assert_a_relationship_unless_it_is_registered_to(town: World) -> None:
    practice = watched(town.asker("gp", organisation="Y00001"))
    answer = practice.search("Patient", by_number(ADA_NUMBER, ADA_BORN))
    assert (answer.json()["total"], asserted(town, practice)) == (0, [])


@pytest.mark.parametrize("kind", ["integrated-record", "governance"])
def test_who_needs_no_relationship_asserts_none_though_registered_to(town: World, kind: str) -> None:
    asker = watched(town.asker(kind, may_assert=True))
    asker.search("Patient", by_number(ADA_NUMBER, ADA_BORN))
    assert asserted(town, asker) == []


NAMES = {
    "by number": by_number(ADA_NUMBER, ADA_BORN),
    "by a number written in groups": by_number("999 000 0018", ADA_BORN),
    "by name": by_name("Marlowe", "Ada", ADA_BORN),
    "by name in other letters": by_name("  mARLOWE ", "ADA", ADA_BORN),
    "by a previous name": by_name("Quill", "Ada", ADA_BORN),
    "in another order": [("birthdate", ADA_BORN), ("given", "Ada"), ("family", "Marlowe")],
    "with what is to come with it": [
        *by_number(ADA_NUMBER, ADA_BORN),
        ("_revinclude", "CareTeam:patient"),
        ("_count", "1"),
        ("_total", "none"),
    ],
}


@pytest.mark.parametrize("asked", NAMES.values(), ids=NAMES)
def test_who_names_one_person_in_full_sees_them_in_the_same_answer(town: World, asked: list[tuple[str, str]]) -> None:
    ward = watched(town.asker("hospital"))
    found = [resource["id"] for resource in resources(ward.search("Patient", asked), "Patient")]
    assert (found, asserted(town, ward)) == ([town.public(ADA)], [town.person(ADA)])


def test_who_has_accents_is_named_in_full_without_them(town: World) -> None:
    ward = watched(town.asker("hospital"))
    found = resources(ward.search("Patient", by_name("bronte-o neill", "Zoe", ZOE_BORN)))
    assert [resource["id"] for resource in found] == [town.public(ZOE)]


def test_what_was_asserted_opens_the_reads_that_follow(town: World) -> None:
    ward = watched(town.asker("hospital"))
    path = f"CareTeam?patient={town.public(ADA)}"
    before = ward.get(path).json()["total"]
    ward.search("Patient", by_number(ADA_NUMBER, ADA_BORN))
    assert (before, ward.get(path).json()["total"], ward.get(f"Patient/{town.public(ADA)}").status_code) == (0, 2, 200)


PARTS = {
    "the number alone": by_number(ADA_NUMBER, ADA_BORN)[:1],
    "the birth date alone": by_number(ADA_NUMBER, ADA_BORN)[1:],
    "another birth date": by_number(ADA_NUMBER, "1941-03-06"),
    "a month of birth": by_number(ADA_NUMBER, "1941-03"),
    "a range of birth dates": by_number(ADA_NUMBER, "ge1941-03-05"),
    "a birth date with a prefix": by_number(ADA_NUMBER, "eq1941-03-05"),
    "a list of birth dates": by_number(ADA_NUMBER, f"{ADA_BORN},{ZOE_BORN}"),
    "a birth date twice": [*by_number(ADA_NUMBER, ADA_BORN), ("birthdate", ADA_BORN)],
    "a list of numbers": by_number(f"{ADA_NUMBER},{SYSTEM}|9990000042", ADA_BORN),
    "a number without its system": [("identifier", ADA_NUMBER), ("birthdate", ADA_BORN)],
    "a number with an empty system": [("identifier", f"|{ADA_NUMBER}"), ("birthdate", ADA_BORN)],
    "a local number": [
        ("identifier", f"https://asc-fhir.example/fhir/Id/westminster/person|{ADA}"),
        ("birthdate", ADA_BORN),
    ],
    "a name and no birth date": by_name("Marlowe", "Ada", ADA_BORN)[:2],
    "a birth date and no given name": [("family", "Marlowe"), ("birthdate", ADA_BORN)],
    "the beginning of a family name": by_name("Marl", "Ada", ADA_BORN),
    "the beginning of a given name": by_name("Marlowe", "A", ADA_BORN),
    "a list of family names": by_name("Marlowe,Quill", "Ada", ADA_BORN),
    "a list of given names": by_name("Marlowe", "Ada,Zoe", ADA_BORN),
    "any name": [("name", "Marlowe"), ("birthdate", ADA_BORN)],
    "number and name": [*by_number(ADA_NUMBER, ADA_BORN), ("family", "Marlowe")],
    "one criterion more": [*by_name("Marlowe", "Ada", ADA_BORN), ("gender", "female")],
    "whether active": [*by_number(ADA_NUMBER, ADA_BORN), ("active", "true")],
    "somebody else's name": by_name("Marlowe", "Zoe", ADA_BORN),
    "a wildcard": by_name("%", "%", ADA_BORN),
}


@pytest.mark.parametrize("asked", PARTS.values(), ids=PARTS)
def test_who_names_less_or_more_than_one_person_in_full_asserts_nothing(
    town: World, asked: list[tuple[str, str]]
) -> None:
    ward = watched(town.asker("hospital"))
    answer = ward.search("Patient", asked)
    assert (answer.json()["total"], asserted(town, ward)) == (0, [])


@once
@pytest.mark.parametrize("modifier", ["family:exact", "given:contains", "birthdate:missing", "identifier:of-type"])
def test_who_names_with_a_modifier_asserts_nothing(town: World, modifier: str) -> None:
    ward = watched(town.asker("hospital"))
    name, _, _ = modifier.partition(":")
    asked = by_number(ADA_NUMBER, ADA_BORN) if name == "identifier" else by_name("Marlowe", "Ada", ADA_BORN)
    ward.search("Patient", [(modifier if said_ == name else said_, value) for said_, value in asked])
    assert asserted(town, ward) == []


def test_naming_a_person_in_a_search_for_something_else_asserts_nothing(town: World) -> None:
    ward = watched(town.asker("hospital"))
    ward.search("CareTeam", [*by_number(ADA_NUMBER, ADA_BORN), ("patient", town.public(ADA))])
    assert asserted(town, ward) == []


def test_several_of_one_name_nobody_and_somebody_withheld_are_one_and_the_same_answer(town: World) -> None:
    ward = watched(town.asker("hospital"))
    asked = {
        "twins": by_name("Twain", "Dora", TWAIN_BORN),
        "nobody": by_name("Nobody", "Norman", "1930-01-01"),
        "no such number": by_number("9990000573", ADA_BORN),
        "restricted": by_number(CYRIL_NUMBER, CYRIL_BORN),
        "restricted by name": by_name("Ashe", "Cyril", CYRIL_BORN),
        "locked": by_number(GUS_NUMBER, GUS_BORN),
        "past retention": by_number(HAL_NUMBER, HAL_BORN),
        "objector's number": by_number(BEA_NUMBER, BEA_BORN),
    }
    answers = {who: ward.search("Patient", criteria) for who, criteria in asked.items()}
    assert (_distinct(list(answers.values())), asserted(town, ward)) == (1, [])


def test_who_objects_to_the_nhs_number_is_found_by_name_and_shows_none(town: World) -> None:
    ward = watched(town.asker("hospital"))
    (bea,) = resources(ward.search("Patient", by_name("Thorne", "Bea", BEA_BORN)))
    systems = {identifier["system"] for identifier in bea["identifier"]}
    assert (bea["id"], SYSTEM in systems) == (town.public(BEA), False)


def test_what_one_client_asserted_is_not_anothers_of_the_same_organisation(town: World) -> None:
    ward, other = (watched(town.asker("hospital")) for _ in range(2))
    ward.search("Patient", by_number(ADA_NUMBER, ADA_BORN))
    assert [asker.get(f"Patient/{town.public(ADA)}").status_code for asker in (ward, other)] == [200, 404]


def test_what_was_asserted_for_one_organisation_is_not_anothers_of_the_same_client(town: World) -> None:
    ward = watched(town.asker("hospital"))
    _change(town, ward, 'organisations = \'["RYJ", "RXX"]\'')
    ward.search("Patient", by_number(ADA_NUMBER, ADA_BORN))
    here, there = (ask(ward, f"Patient/{town.public(ADA)}", {ORGANISATION: [ods]}) for ods in ("RYJ", "RXX"))
    assert (here.status_code, there.status_code) == (200, 404)


@once
def test_who_asserts_is_kept_with_what_was_asserted(town: World) -> None:
    ward = watched(town.asker("hospital", user="nurse-17"))
    ward.search("Patient", by_number(ADA_NUMBER, ADA_BORN))
    rows = town.rows(
        "SELECT organisation, asserted_by, kind FROM relationship WHERE client = :client", client=ward.client_id
    )
    assert rows == [("RYJ", "nurse-17", "asserted")]


def test_an_assertion_is_in_the_trail_when_the_client_has_its_answer(town: World) -> None:
    ward = watched(town.asker("hospital"))
    ward.search("Patient", by_number(ADA_NUMBER, ADA_BORN))
    recorded = [(event["outcome"], event["people"]) for event in _events(town, ward) if event["kind"] == "search"]
    assert recorded == [("asserted", [town.person(ADA)]), ("released", [town.person(ADA)])]


def test_naming_somebody_who_is_withheld_leaves_no_word_of_it_in_the_trail(town: World) -> None:
    ward = watched(town.asker("hospital"))
    ward.search("Patient", by_number(CYRIL_NUMBER, CYRIL_BORN))
    (event,) = [event for event in _events(town, ward) if event["kind"] == "search"]
    assert (event["people"], event["outcome"]) == ([], "nothing")


def test_an_assertion_lasts_as_long_as_the_policy_says_for_its_recipient(world: World) -> None:
    world.load(case("A1"))
    world.declare()
    kinds = ("hospital", "ambulance", "mental-health-trust")
    askers = {kind: world.asker("hospital", recipient=kind, name=kind) for kind in kinds}
    for asker in askers.values():
        asker.search("Patient", by_name("Marlowe", "Ada", ADA_BORN))
    sees: dict[int, list[str]] = {}
    for second in (12 * 3600 - 1, 12 * 3600, 24 * 3600 - 1, 24 * 3600, 72 * 3600 - 1, 72 * 3600):
        world.time = START
        world.pass_time(seconds=second)
        sees[second] = [kind for kind, asker in askers.items() if _sees(world, asker)]
    assert list(sees.values()) == [list(kinds), list(kinds[:2]), list(kinds[:2]), ["hospital"], ["hospital"], []]


def test_an_assertion_is_renewed_by_naming_the_person_again(world: World) -> None:
    world.load(case("A1"))
    world.declare()
    ward = world.asker("hospital")
    ward.search("Patient", by_name("Marlowe", "Ada", ADA_BORN))
    world.pass_time(hours=71)
    ward._token = ""
    ward.search("Patient", by_name("Marlowe", "Ada", ADA_BORN))
    world.pass_time(hours=71)
    kept = _sees(world, ward)
    world.pass_time(hours=1)
    assert (kept, _sees(world, ward)) == (True, False)


def test_a_person_is_named_by_the_birth_date_that_pds_holds_as_by_the_councils(world: World) -> None:
    world.load(case("A1", nhs_number=ADA_NUMBER))
    world.know(pds_record(ADA_NUMBER))
    world.declare()
    world.trace()
    world.load(case("A1", nhs_number=ADA_NUMBER, born="1941-05-03"), sequence=2)
    by_pds, by_council = (watched(world.asker("hospital")) for _ in range(2))
    by_pds.search("Patient", by_number(ADA_NUMBER, ADA_BORN))
    by_council.search("Patient", by_name("Marlowe", "Ada", "1941-05-03"))
    assert [asker.get(f"Patient/{world.public('A1')}").status_code for asker in (by_pds, by_council)] == [200, 200]


def test_who_is_restricted_after_an_assertion_is_seen_no_more(world: World) -> None:
    world.load(case("A1"))
    world.declare()
    ward = watched(world.asker("hospital"))
    ward.search("Patient", by_name("Marlowe", "Ada", ADA_BORN))
    world.load(case("A1", attributes='restricted="Y"'), sequence=2)
    assert ward.get(f"Patient/{world.public('A1')}").status_code == 404


def test_before_the_registers_are_declared_nobody_outside_finds_anybody(world: World) -> None:
    world.load(case("A1", practice="E87991"))
    ward, practice = watched(world.asker("hospital")), watched(world.asker("gp"))
    found = [
        ward.search("Patient", by_name("Marlowe", "Ada", ADA_BORN)).json()["total"],
        practice.get("Patient").json()["total"],
    ]
    assert (found, asserted(world, ward)) == ([0, 0], [])


def asserted(town: World, asker: Any) -> list[int]:
    """Whom a client has asserted a relationship with."""
    rows = town.rows("SELECT person FROM relationship WHERE client = :client", client=asker.client_id)
    return [row[0] for row in rows]


def _sees(world: World, asker: Any) -> bool:
    asker._token = ""
    answer = asker.get(f"Patient/{world.public('A1')}")
    hold(answer)
    return bool(answer.status_code == 200)


def _events(town: World, asker: Any) -> list[dict[str, Any]]:
    return [event for event in read(town.deployment.settings.trail) if event.get("client") == asker.client_id]
