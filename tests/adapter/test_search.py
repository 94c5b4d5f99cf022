"""Does a search find what it asks for, all of it, and nothing that the asker may not see?"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from adapter.interactions import TYPES
from tests.fhir import NO_PROOF, by_type, cause, ids, link, resources, watched
from tests.town import (
    ADA,
    ADA_BORN,
    ADA_NUMBER,
    BEA_BORN,
    BEA_NUMBER,
    CYRIL,
    CYRIL_BORN,
    PAGES,
    PROVIDER,
    SYSTEM,
    ZOE,
    by_name,
    by_number,
    social_worker,
)
from tests.world import World, case

once = pytest.mark.parametrize("town", ["sqlite"], indirect=True)
_LOCAL = "https://asc-fhir.example/fhir/Id/westminster/person"
_EPISODE = "https://asc-fhir.example/fhir/CodeSystem/episode-type"


@pytest.fixture
def council(town: World) -> Any:
    return social_worker(town)


def people(town: World, found: list[str]) -> list[str]:
    """The local ids of Patients."""
    known = dict(
        town.rows("SELECT r.public, p.local_id FROM resource r JOIN person p ON p.id = r.person WHERE type = 'Patient'")
    )
    return sorted(known[public] for public in found)


# ---------------------------------------------------------------- parameters


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        # identifier: a token, with and without its system
        (f"identifier={SYSTEM}|{ADA_NUMBER}", [ADA]),
        (f"identifier={SYSTEM}|999 000 0018", [ADA]),
        (f"identifier={SYSTEM}|999-000-0018", [ADA]),
        (f"identifier={ADA_NUMBER}", [ADA]),
        (f"identifier={_LOCAL}|{ADA}", [ADA]),
        (f"identifier={ADA}", [ADA]),
        (f"identifier={SYSTEM}|{ADA}", []),
        (f"identifier=|{ADA_NUMBER}", []),
        (f"identifier={_LOCAL}|{ADA},{_LOCAL}|{ZOE}", [ADA, ZOE]),
        (f"identifier={_LOCAL}|{ADA}&identifier={SYSTEM}|{ADA_NUMBER}", [ADA]),
        (f"identifier={_LOCAL}|{ADA}&identifier={_LOCAL}|{ZOE}", []),
        # names: from the beginning, whatever the case and the accents, current and previous
        ("family=Marlowe", [ADA]),
        ("family=mar", [ADA]),
        ("family=MARLOWE", [ADA]),
        ("family=arlowe", []),
        ("family=Quill", [ADA]),
        ("given=Ada", [ADA]),
        ("name=quill", [ADA]),
        ("name=ada", [ADA]),
        ("family=brontë-ó néill", [ZOE]),
        ("family=BRONTE-O NEILL", [ZOE]),
        ("family=bronte-o  neill", [ZOE]),
        ("given=zoe", [ZOE]),
        ("given=Zoe%CC%88", [ZOE]),
        ("family=Marlowe,Twain", [ADA, "A5", "A6"]),
        ("family=Marlowe&given=Ada", [ADA]),
        ("family=Marlowe&given=Zoe", []),
        ("family=Page&given=NumP3,NumP5", ["P3", "P5"]),
        ("family=%25", []),
        ("family=_arlowe", []),
        ("family=*", []),
        # dates: whole, parts, ranges
        ("birthdate=1941-03-05", [ADA]),
        ("birthdate=eq1941-03-05", [ADA]),
        ("birthdate=1941-03", [ADA]),
        ("birthdate=1941", [ADA]),
        ("birthdate=1941-03-06", []),
        ("birthdate=1941-03-05,1933-02-01", [ADA, ZOE]),
        ("family=Page&birthdate=ge1953-01-01", ["P3", "P4", "P5", "P6", "P7"]),
        ("family=Page&birthdate=gt1953-01-01", ["P4", "P5", "P6", "P7"]),
        ("family=Page&birthdate=gt1953", ["P4", "P5", "P6", "P7"]),
        ("family=Page&birthdate=le1953-01-01", ["P1", "P2", "P3"]),
        ("family=Page&birthdate=le1953", ["P1", "P2", "P3"]),
        ("family=Page&birthdate=lt1953-01-01", ["P1", "P2"]),
        ("family=Page&birthdate=lt1953", ["P1", "P2"]),
        ("family=Page&birthdate=ge1952&birthdate=lt1954", ["P2", "P3"]),
        # codes
        ("family=Marlowe&gender=female", [ADA]),
        ("family=Marlowe&gender=male", []),
        ("family=Marlowe&active=true", [ADA]),
        ("family=Marlowe&active=false", []),
    ],
)
def test_a_person_is_found_by_each_parameter(town: World, council: Any, query: str, expected: list[str]) -> None:
    answer = council.get(f"Patient?{query}")
    assert (people(town, ids(answer)), answer.json()["total"]) == (sorted(expected), len(expected))


def test_a_search_by_post_finds_what_the_search_by_get_finds(council: Any) -> None:
    asked = [("family", "Page"), ("birthdate", "ge1953"), ("_count", "2"), ("_revinclude", "CareTeam:patient")]
    by_get = council.get("Patient?family=Page&birthdate=ge1953&_count=2&_revinclude=CareTeam:patient")
    by_post = council.search("Patient", asked)
    assert by_post.json()["entry"] == by_get.json()["entry"]


def test_a_person_is_found_by_id_alone_and_among_several(town: World, council: Any) -> None:
    ada, zoe = town.public(ADA), town.public(ZOE)
    assert (ids(council.get(f"Patient?_id={ada}")), ids(council.get(f"Patient?_id={ada},{zoe},x"))) == (
        [ada],
        sorted([ada, zoe], key=lambda public: int(public.removeprefix("id-"))),
    )


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("CareTeam?patient={ada}", 2),
        ("CareTeam?patient=Patient/{ada}", 2),
        ("CareTeam?subject=Patient/{ada}", 2),
        ("CareTeam?patient=http://127.0.0.1/fhir/Patient/{ada}", 2),
        ("CareTeam?patient={ada}&status=active", 2),
        ("CareTeam?patient={ada}&status=inactive", 0),
        ("CareTeam?patient=nobody", 0),
        ("EpisodeOfCare?patient={ada}", 2),
        ("EpisodeOfCare?patient={ada}&status=active", 2),
        ("EpisodeOfCare?patient={ada}&type=involvement", 1),
        (f"EpisodeOfCare?patient={{ada}}&type={_EPISODE}|involvement", 1),
        (f"EpisodeOfCare?patient={{ada}}&type={_EPISODE}|home-support", 0),
        ("RelatedPerson?patient={ada}", 1),
        ("RelatedPerson?patient={ada}&relationship=N", 1),
        ("RelatedPerson?patient={ada}&relationship=http://terminology.hl7.org/CodeSystem/v2-0131|N", 1),
        ("RelatedPerson?patient={ada}&relationship=C", 0),
        ("RelatedPerson?patient={ada}&name=basil", 1),
        ("RelatedPerson?patient={ada}&active=true", 1),
        ("Provenance?patient={ada}", 1),
        ("Provenance?target=Patient/{ada}", 1),
        ("Provenance?target=Patient/{ada}&recorded=2026-11-22", 1),
        ("Provenance?target=Patient/{ada}&recorded=ge2026-11-22T09:00:00Z", 1),
        ("Provenance?target=Patient/{ada}&recorded=gt2026-11-22T09:00:00Z", 0),
        ("Provenance?target=CareTeam/{ada}", 0),
    ],
)
def test_what_is_about_a_person_is_found_by_each_parameter(town: World, council: Any, query: str, count: int) -> None:
    answer = council.get(query.format(ada=town.public(ADA)))
    assert (answer.json()["total"], len(ids(answer))) == (count, count)


@pytest.mark.parametrize("query", ["status=active", "category=nhs-number", "date=ge2020"])
def test_a_governance_officer_finds_choices_and_nobody_else_does(town: World, council: Any, query: str) -> None:
    officer = watched(town.asker("governance"))
    choices = officer.get("Consent").json()["total"]
    assert (choices > 0, council.get(f"Consent?{query}").json()["total"], officer.get("Patient").json()["total"]) == (
        True,
        0,
        0,
    )


def test_a_choice_is_found_by_its_person_and_its_date(town: World) -> None:
    officer = watched(town.asker("governance"))
    (first, *_) = resources(officer.get("Consent"))
    found = officer.get(f"Consent?patient={first['patient']['reference']}&date={first['dateTime']}")
    assert first["id"] in ids(found)


def test_a_birth_date_known_by_its_month_lies_in_every_range_that_it_may_lie_in(world: World) -> None:
    world.load(case("A1", born="1941-03"))
    world.declare()
    council = watched(world.asker("council"))
    inside = ["1941-03", "1941", "ge1941-03-05", "gt1941-03-05", "le1941-03-05", "lt1941-03-05", "ge1941", "le1941"]
    outside = ["1941-03-05", "gt1941-03", "lt1941-03", "ge1941-04", "le1941-02", "gt1941", "lt1941"]
    found = {asked: council.get(f"Patient?birthdate={asked}").json()["total"] for asked in (*inside, *outside)}
    assert found == dict.fromkeys(inside, 1) | dict.fromkeys(outside, 0)


@pytest.mark.parametrize(
    ("asked", "found"),
    [("ge2026-11-22T10:00:00%2B01:00", 1), ("gt2026-11-22T10:00:00%2B01:00", 0), ("2026-11-22T09:00:00Z", 1)],
)
def test_an_instant_is_the_same_in_every_time_zone(town: World, council: Any, asked: str, found: int) -> None:
    target = f"target=Patient/{town.public(ADA)}"
    assert council.get(f"Provenance?{target}&recorded={asked}").json()["total"] == found


# ---------------------------------------------------------------- includes


def _pairs() -> list[tuple[str, str, str]]:
    return [
        (source, parameter, target)
        for source, searchable in TYPES.items()
        for parameter, targets in searchable.includes.items()
        for target in targets
    ]


@pytest.mark.parametrize(("source", "parameter", "target"), _pairs())
def test_each_declared_include_brings_what_the_match_refers_to(
    town: World, source: str, parameter: str, target: str
) -> None:
    asker = watched(town.asker("governance" if "Consent" in (source, target) else "council"))
    bundle = asker.get(f"{source}?_include={source}:{parameter}:{target}&_count=200")
    referred = {
        reference["reference"]
        for match in resources(bundle, source)
        for reference in _references(match, parameter)
        if reference["reference"].startswith(f"{target}/")
    }
    included = {f"{target}/{public}" for public in ids(bundle, "include")}
    # A governance officer sees choices and no person.
    seen = referred if target == "Consent" or source != "Consent" else set()
    assert (included, bool(referred)) == (seen, True)


@pytest.mark.parametrize(("source", "parameter", "target"), _pairs())
def test_each_declared_reverse_include_brings_what_refers_to_the_match(
    town: World, source: str, parameter: str, target: str
) -> None:
    asker = watched(town.asker("governance" if "Consent" in (source, target) else "council"))
    bundle = asker.get(f"{target}?_revinclude={source}:{parameter}&_count=200")
    matches = {f"{target}/{public}" for public in ids(bundle)}
    alone = resources(asker.get(f"{source}?_count=200"), source)
    referring = {
        each["id"] for each in alone if matches & {reference["reference"] for reference in _references(each, parameter)}
    }
    assert set(ids(bundle, "include")) == referring


def _references(resource: dict[str, Any], parameter: str) -> list[dict[str, str]]:
    if parameter == "target" or resource["resourceType"] == "Provenance":
        targets: list[dict[str, str]] = resource["target"]
        about_a_person = [one for one in targets if one["reference"].startswith("Patient/")]
        return targets if parameter == "target" else about_a_person
    return [resource["subject" if resource["resourceType"] == "CareTeam" else "patient"]]


@once
@pytest.mark.parametrize(
    "query",
    [
        "_include=CareTeam:nothing",
        "_include=Bed:patient",
        "_include=EpisodeOfCare:patient",
        "_include=CareTeam",
        "_include=*",
        "_include=CareTeam:*",
        "_include=CareTeam:patient:Bed",
        "_include:iterate=CareTeam:patient",
        "_revinclude=CareTeam:patient",
        "_revinclude:iterate=Provenance:target",
        "_revinclude=Bed:patient",
        "_include=",
    ],
)
def test_an_include_that_is_not_declared_is_refused(council: Any, query: str) -> None:
    assert cause(council.get(f"CareTeam?{query}")) == (400, "bad-parameter")


def test_a_resource_stands_in_a_bundle_once_however_many_ways_lead_to_it(council: Any) -> None:
    ways = "_revinclude=Provenance:target&_revinclude=Provenance:patient&_revinclude=CareTeam:patient"
    included = ids(council.get(f"Patient?family=Marlowe&{ways}&_revinclude=CareTeam:subject"), "include")
    assert len(included) == len(set(included)) == 3


def test_an_include_brings_nothing_that_the_asker_may_not_see(town: World) -> None:
    administrator = watched(town.asker("hospital", role="administrator", code="R8010", may_assert=True))
    everything = [("_revinclude", f"{source}:patient") for source in TYPES if source != "Patient"]
    found = by_type(administrator.search("Patient", [*by_number(ADA_NUMBER, ADA_BORN), *everything]))
    by_name_ = by_type(administrator.search("Patient", [*by_name("Marlowe", "Ada", ADA_BORN), *everything]))
    assert (found, {kind: len(each) for kind, each in by_name_.items()}) == (
        {},
        {"Patient": 1, "CareTeam": 1, "EpisodeOfCare": 1, "Provenance": 1},
    )


# ---------------------------------------------------------------- pages


@pytest.mark.parametrize("count", [1, 2, 3, 7, 8])
def test_the_next_links_lead_through_every_match_exactly_once(council: Any, count: int) -> None:
    walked = _walk(council, f"Patient?family=Page&_count={count}&_revinclude=CareTeam:patient")
    whole = ids(council.get("Patient?family=Page"))
    assert ([public for page in walked for public in ids(page)], len(walked)) == (whole, -(-len(PAGES) // count))


def test_every_page_tells_the_same_total_and_brings_its_own_includes(council: Any) -> None:
    pages = _walk(council, "Patient?family=Page&_count=3&_revinclude=CareTeam:patient")
    assert [(page.json()["total"], len(ids(page, "include"))) for page in pages] == [(7, 6), (7, 6), (7, 2)]


def test_what_is_withheld_neither_shortens_a_page_nor_adds_one(council: Any) -> None:
    pages = _walk(council, "Patient?_count=2")
    assert {len(ids(page)) for page in pages} == {2} and sum(len(ids(page)) for page in pages) == pages[0].json()[
        "total"
    ]


def test_a_page_of_none_tells_the_total_alone(council: Any) -> None:
    answer = council.get("Patient?family=Page&_count=0")
    assert (answer.json()["total"], ids(answer), link(answer, "next")) == (7, [], "")


@once
def test_a_page_of_none_tells_the_total_even_to_who_wants_none(council: Any) -> None:
    assert council.get("Patient?family=Page&_count=0&_total=none").json()["total"] == 7


def test_who_wants_no_total_gets_none(council: Any) -> None:
    answer = council.get("Patient?family=Page&_total=none")
    assert ("total" in answer.json(), len(ids(answer))) == (False, 7)


@once
@pytest.mark.parametrize("asked", ["accurate", "estimate"])
def test_who_wants_a_total_gets_the_exact_one(council: Any, asked: str) -> None:
    assert council.get(f"Patient?family=Page&_total={asked}").json()["total"] == 7


@once
def test_a_page_is_as_long_as_the_server_allows_at_most(town: World, council: Any) -> None:
    answer = council.get("Patient?_count=5000")
    assert answer.status_code == 200 and len(ids(answer)) <= town.deployment.settings.page_most


@once
@pytest.mark.parametrize(
    "query",
    [
        "_count=-1",
        "_count=x",
        "_count=",
        "_count=1.5",
        "_count=1e3",
        "_count=%D9%A3",
        "_count=9999999999",
        "_total=all",
        "birthdate=x",
        "birthdate=",
        "birthdate=ne1941",
        "birthdate=1941-3-5",
        "birthdate=05/03/1941",
        "birthdate=ap1941",
        "birthdate=1941-03-05,",
        "family=",
        "family=,",
        "identifier=",
        "family=%00",
        "identifier=%00",
        "_id=%00x",
        "family=%20",
        "birthdate=" + ",".join(["1941"] * 51),
    ],
)
def test_a_parameter_that_cannot_be_read_is_refused_unless_it_is_empty_at_its_end(council: Any, query: str) -> None:
    answer = council.get(f"Patient?{query}")
    expected = 200 if query == "birthdate=1941-03-05," else 400
    assert answer.status_code == expected


@once
@pytest.mark.parametrize(
    "query",
    ["family:exact=x", "family:contains=x", "birthdate:missing=true", "identifier:of-type=a|b|c", "_id:not=x"],
)
@pytest.mark.parametrize("handling", ["handling=lenient", "handling=strict", "return=minimal"])
def test_a_modifier_is_refused_however_lenient_the_asker_is(council: Any, query: str, handling: str) -> None:
    assert cause(council.get(f"Patient?{query}", headers={"Prefer": handling})) == (400, "bad-parameter")


@once
@pytest.mark.parametrize(
    "query", ["CareTeam?patient.identifier=x", "CareTeam?patient.name=x", "Patient?_has:CareTeam:patient:status=active"]
)
def test_a_chain_is_refused_since_passing_over_it_would_show_other_people(council: Any, query: str) -> None:
    assert cause(council.get(query)) == (400, "bad-parameter")


@once
@pytest.mark.parametrize("query", ["shoe=44", "_sort=family", "_summary=count", "_totalMethod=count", "_elements=id"])
def test_an_unknown_parameter_is_passed_over_for_the_lenient_and_refused_for_the_strict(
    council: Any, query: str
) -> None:
    lenient = council.get(f"Patient?family=Marlowe&{query}", headers={"Prefer": "handling=lenient"})
    strict = council.get(f"Patient?family=Marlowe&{query}", headers={"Prefer": "return=minimal, handling = strict"})
    assert (lenient.json()["total"], cause(strict)) == (1, (400, "unknown-parameter"))


@once
def test_more_parameters_than_a_question_has_are_refused(council: Any) -> None:
    assert cause(council.get("Patient?" + "&".join(["family=x"] * 101))) == (413, "too-long")


@once
def test_as_many_parameters_as_are_read_are_read(council: Any) -> None:
    asked = [("family", "Page,Marlowe"), ("birthdate", "ge1900"), ("given", "N,A"), ("active", "true")] * 25
    assert council.search("Patient", asked).json()["total"] == 8


# ---------------------------------------------------------------- what section 8 of the policy promises


@pytest.mark.parametrize("kind", list(TYPES))
@pytest.mark.parametrize("query", ["", "_id=nobody", "_count=0"])
def test_every_search_ends_with_the_same_words_that_are_not_counted(council: Any, kind: str, query: str) -> None:
    answer = council.get(f"{kind}?{query}")
    entry = answer.json()["entry"][-1]
    (issue,) = entry["resource"]["issue"]
    assert (entry["search"]["mode"], issue["severity"], issue["details"]["text"].startswith(NO_PROOF)) == (
        "outcome",
        "information",
        True,
    )


def test_the_last_words_are_the_same_whatever_was_found(council: Any) -> None:
    asked = ["Patient?family=Page", "Patient?family=Ashe", "Patient?family=Nobody", "CareTeam", "Patient?_count=1"]
    assert len({str(council.get(path).json()["entry"][-1]) for path in asked}) == 1


@pytest.mark.parametrize(
    "asked",
    [
        [("family", "Marlowe"), ("given", "Ada"), ("birthdate", "1941-03-05")],
        [("identifier", f"{SYSTEM}|{ADA_NUMBER}"), ("birthdate", ADA_BORN), ("_revinclude", "CareTeam:patient")],
        [("name", "Page"), ("_count", "2")],
        [("active", "true"), ("_count", "1"), ("shoe", "Marlowe")],
    ],
)
def test_no_link_holds_what_was_searched_for(council: Any, asked: list[tuple[str, str]]) -> None:
    links = " ".join(entry["url"] for entry in council.search("Patient", asked).json()["link"])
    told = {name for name, _ in parse_qsl(urlsplit(links).query)}
    said = [value for name, value in asked if not name.startswith("_") and value in links]
    assert (said, told - {"_count", "_revinclude", "_cursor"}) == ([], set())


def test_what_is_withheld_is_in_no_search_however_it_is_asked_for(town: World, council: Any) -> None:
    cyril = town.public(CYRIL)
    asked = [
        f"Patient?_id={cyril}",
        "Patient?family=Ashe",
        f"Patient?birthdate={CYRIL_BORN}",
        f"Patient?identifier={CYRIL}",
        f"CareTeam?patient={cyril}",
        f"EpisodeOfCare?patient={cyril}",
        f"Provenance?patient={cyril}",
        f"Provenance?target=Patient/{cyril}",
    ]
    assert {path: total for path in asked if (total := council.get(path).json()["total"])} == {}


def test_a_category_that_the_asker_does_not_see_cannot_be_searched_by(town: World) -> None:
    driver = watched(town.asker("hospital", role="administrator", code="R8010"))
    driver.search("Patient", by_name("Marlowe", "Ada", ADA_BORN))
    found = [driver.get(f"Patient?identifier={ADA_NUMBER}"), driver.get("RelatedPerson?name=basil")]
    assert [answer.json()["total"] for answer in found] == [0, 0]


def test_who_objects_to_the_nhs_number_is_found_by_no_number_even_by_the_council(council: Any) -> None:
    answers = [
        council.search("Patient", by_number(BEA_NUMBER, BEA_BORN)),
        council.get(f"Patient?identifier={BEA_NUMBER}"),
    ]
    assert [answer.json()["total"] for answer in answers] == [0, 0]


def test_a_provider_sees_the_service_that_it_gives_and_no_other(world: World) -> None:
    services = "".join(
        f'<Service id="S{number}" type="Long term support: Community" component="Home Support"'
        f' provider="Provider {ods}" providerOds="{ods}" from="2024-02-01" status="open"/>'
        for number, ods in enumerate((PROVIDER, "Z9Z9Z"))
    )
    world.load(case("A1", services=services))
    world.declare()
    provider = watched(world.asker("gp", recipient="commissioned-health", organisation=PROVIDER))
    episodes = provider.get("EpisodeOfCare?type=home-support")
    assert (episodes.json()["total"], "Z9Z9Z" in provider.get("CareTeam").text) == (1, False)


# ---------------------------------------------------------------- page links


def _next(asker: Any, path: str = "Patient?family=Page&_count=2") -> str:
    return link(asker.get(path), "next")


def test_a_page_link_is_of_no_use_to_another_client(town: World, council: Any) -> None:
    other = watched(town.asker("council"))
    assert cause(other.get(_next(council))) == (400, "bad-cursor")


@pytest.mark.parametrize(
    "headers", [{"ASC-User-ID": "nurse-2"}, {"ASC-Purpose-Of-Use": "CAREMGT"}, {"ASC-User-Role": "R8001"}]
)
def test_a_page_link_is_of_no_use_for_another_asking_of_the_same_client(town: World, headers: dict[str, str]) -> None:
    practice = watched(town.asker("gp", purposes=("TREAT", "CAREMGT")))
    assert cause(practice.get(_next(practice, "Patient?_count=2"), headers=headers)) == (400, "bad-cursor")


@once
@pytest.mark.parametrize("change", ["x", "!", "", "A" * 200, "AAAA", "%00", "é"])
def test_a_page_link_that_was_made_up_is_refused(council: Any, change: str) -> None:
    assert cause(council.get(f"Patient?_cursor={change}")) == (400, "bad-cursor")


@once
def test_a_page_link_that_was_changed_is_refused(council: Any) -> None:
    good = _next(council)
    changed = good[:-5] + ("A" if good[-5] != "A" else "B") + good[-4:]
    assert cause(council.get(changed)) == (400, "bad-cursor")


@once
def test_a_page_link_is_for_the_type_that_it_was_given_for(council: Any) -> None:
    assert cause(council.get(_next(council).replace("/Patient?", "/CareTeam?"))) == (400, "bad-cursor")


@once
def test_a_page_link_takes_no_further_parameter(council: Any) -> None:
    assert cause(council.get(f"{_next(council)}&family=Ashe")) == (400, "bad-cursor")


def test_a_page_link_ends_with_the_policy_under_which_it_was_given(world: World) -> None:
    world.load(*(case(f"A{number}") for number in range(3)))
    world.declare()
    council = watched(world.asker("council"))
    before = _next(council, "Patient?_count=1")
    with world.deployment.office.transaction() as transaction:
        transaction.execute("UPDATE permit SET epoch = epoch + 1")
        transaction.execute("INSERT INTO epoch (policy, version, digest, built) VALUES ('next', 2, 'x', 0)")
        transaction.execute("UPDATE current_epoch SET epoch = epoch + 1")
    assert (cause(council.get(before)), council.get("Patient").json()["total"]) == ((400, "bad-cursor"), 3)


def test_every_page_is_decided_anew(world: World) -> None:
    world.load(*(case(f"A{number}") for number in range(4)))
    world.declare()
    council = watched(world.asker("council"))
    second = _next(council, "Patient?_count=2")
    world.load(case("A2", attributes='restricted="Y"'), sequence=2)
    assert len(ids(council.get(second))) == 1


# ---------------------------------------------------------------- whatever is asked

_words = st.one_of(
    st.sampled_from(
        [
            *{name for searchable in TYPES.values() for name in searchable.parameters},
            *("_include", "_revinclude", "_count", "_total", "_cursor", "_format", "_sort", "_has", "_id:missing"),
        ]
    ),
    st.text(max_size=12),
)
_values = st.one_of(
    st.sampled_from(
        [
            *(
                "Marlowe",
                ADA_BORN,
                f"{SYSTEM}|{ADA_NUMBER}",
                "ge1941",
                "true",
                "Patient/id-1",
                "id-1",
                "1",
                "0",
                "none",
            ),
            *("CareTeam:patient", "Provenance:target", "Provenance:target:Patient", "|", ",", "a|b|c", "\\,", "%", "'"),
        ]
    ),
    st.text(max_size=20),
    st.text(alphabet="\x00\x1f'\"%;|,\\/:\u0130\ufdfa\U0001f600\U0010ffff", max_size=8),
    st.dates().map(str),
)


@once
@settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.sampled_from(list(TYPES)),
    st.lists(st.tuples(_words, _values), max_size=6),
    st.sampled_from(["GET", "POST"]),
    st.sampled_from(["handling=strict", "handling=lenient"]),
)
@example("Patient", [("family", "\ufdfa" * 300)], "GET", "handling=lenient")
@example("Patient", [("birthdate", "9999-99-99T99:99:99.9Z")], "GET", "handling=lenient")
@example("Provenance", [("target", "/x")], "GET", "handling=lenient")
def test_no_question_breaks_the_server(
    town: World, kind: str, asked: list[tuple[str, str]], method: str, prefer: str
) -> None:
    asker = social_worker(town)
    answer = asker.search(kind, asked) if method == "POST" else _get(asker, kind, asked, prefer)
    assert answer.status_code in (200, 400)


def _get(asker: Any, kind: str, asked: list[tuple[str, str]], prefer: str) -> Any:
    headers = {"Authorization": f"Bearer {asker.token()}", **asker.headers, "Prefer": prefer}
    return asker.http.get(f"{asker.base}/{kind}", params=asked, headers=headers)


def _walk(asker: Any, path: str) -> list[Any]:
    pages = [asker.get(path)]
    while following := link(pages[-1], "next"):
        assert len(pages) < 50
        pages.append(asker.get(following))
    return pages
