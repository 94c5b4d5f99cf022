"""Does a FHIR request get the answer that FHIR and the policy promise, whatever way it is put?"""

from __future__ import annotations

import contextlib
from typing import Any

import httpx
import pytest

from adapter.interactions import TYPES
from tests.fhir import CONTEXT, cause, hold, ids, resources, said, watched
from tests.town import (
    ADA,
    ADA_BORN,
    ADA_NUMBER,
    CYRIL,
    FERN,
    FERN_BORN,
    FERN_NUMBER,
    GUS,
    HAL,
    ZOE_NUMBER,
    by_number,
    social_worker,
)
from tests.world import World, case, pds_record

# What is not about rows of a table is asked on one engine.
once = pytest.mark.parametrize("town", ["sqlite"], indirect=True)
ABSENT = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def council(town: World) -> Any:
    return social_worker(town)


# ---------------------------------------------------------------- read and vread


@pytest.mark.parametrize("kind", ["Patient", "CareTeam", "EpisodeOfCare", "RelatedPerson", "Provenance"])
def test_what_a_search_finds_can_be_read_by_its_id_and_is_the_same(town: World, council: Any, kind: str) -> None:
    public = town.public(ADA, kind)
    (found,) = resources(council.get(f"{kind}?_id={public}"))
    assert council.get(f"{kind}/{public}").json() == found


def test_a_read_gives_the_version_and_the_instant_as_validators(town: World, council: Any) -> None:
    answer = council.get(f"Patient/{town.public(ADA)}")
    version = f'W/"{answer.json()["meta"]["versionId"]}"'
    assert (answer.headers["etag"], answer.headers["last-modified"]) == (version, "Sun, 22 Nov 2026 09:00:00 GMT")


def test_the_current_version_can_be_read_as_a_version(town: World, council: Any) -> None:
    current = council.get(f"Patient/{town.public(ADA)}")
    version = current.json()["meta"]["versionId"]
    assert council.get(f"Patient/{town.public(ADA)}/_history/{version}").content == current.content


def test_a_version_is_of_what_the_asker_sees(town: World, council: Any) -> None:
    ward = watched(town.asker("hospital"))
    ward.search("Patient", by_number(ADA_NUMBER, ADA_BORN))
    seen = f"Patient/{town.public(ADA)}"
    # The council sees an ethnicity that the ward does not.
    assert ward.get(seen).json()["meta"]["versionId"] != council.get(seen).json()["meta"]["versionId"]


def _never_there(town: World) -> list[str]:
    ada = town.public(ADA)
    return [
        f"Patient/{town.public(CYRIL)}",
        f"Patient/{town.public(GUS)}",
        f"Patient/{town.public(HAL)}",
        f"Patient/{ada}/_history/1",
        f"Patient/{ada}/_history/{ABSENT}",
        f"CareTeam/{ada}",
        f"Patient/{town.public(ADA, 'CareTeam')}",
        f"Patient/{town.public(CYRIL)}/_history/1",
        f"CareTeam/{town.public(CYRIL, 'CareTeam')}",
        "Patient/no%20such%20id",
        "Patient/%F0%9F%98%80",
        f"Patient/{'x' * 2000}",
    ]


def test_what_is_withheld_another_type_or_an_old_version_is_answered_as_what_never_was(
    town: World, council: Any
) -> None:
    absent = said(council.get(f"Patient/{ABSENT}"))
    answers = {path: said(council.get(path)) for path in _never_there(town)}
    assert {path: answer for path, answer in answers.items() if answer != absent} == {}


def test_what_is_not_found_is_answered_with_the_fixed_text_and_no_other_cause(town: World, council: Any) -> None:
    answer = council.get(f"Patient/{ABSENT}")
    text = answer.json()["issue"][0]["details"]["text"]
    assert (cause(answer), "020 7641 2500" in text) == ((404, "not-found"), True)


def test_a_number_that_was_destroyed_is_not_shown_again_when_another_one_is_found(world: World) -> None:
    def without_a_practice(number: str) -> dict[str, Any]:
        record = pds_record(number)
        del record["generalPractitioner"]
        return record

    world.load(case("A1", nhs_number=ADA_NUMBER))
    world.know(without_a_practice(ADA_NUMBER))
    world.declare()
    world.trace()
    council = watched(world.asker("council"))
    before = council.get("Patient").text
    world.choose("A1", "nhs-number", "objects")
    world.pass_time(seconds=1)
    world.choose("A1", "nhs-number", "clear")
    world.know(without_a_practice(ZOE_NUMBER))
    world.trace()
    after = council.get("Patient").text
    assert [(ADA_NUMBER in text, ZOE_NUMBER in text) for text in (before, after)] == [(True, False), (False, True)]


def test_a_nul_in_an_id_is_an_id_that_nobody_has(council: Any) -> None:
    assert said(council.get("Patient/%00")) == said(council.get(f"Patient/{ABSENT}"))


def test_only_who_is_protected_by_pds_is_marked_restricted(town: World) -> None:
    ward = watched(town.asker("hospital"))
    (fern,) = resources(ward.search("Patient", by_number(FERN_NUMBER, FERN_BORN)))
    (ada,) = resources(ward.search("Patient", by_number(ADA_NUMBER, ADA_BORN)))
    assert ([code["code"] for code in fern["meta"]["security"]], "security" in ada["meta"]) == (["R"], False)


def test_whoever_is_protected_by_pds_is_shown_without_anything_that_tells_where(town: World) -> None:
    ward = watched(town.asker("hospital"))
    bundle = ward.search(
        "Patient",
        [
            *by_number(FERN_NUMBER, FERN_BORN),
            ("_revinclude", "CareTeam:patient"),
            ("_revinclude", "EpisodeOfCare:patient"),
            ("_revinclude", "RelatedPerson:patient"),
        ],
    )
    told = [mark for mark in ("Invented Row", "North Team", "Lantern", "A1B2C", "E87991") if mark in bundle.text]
    assert (bundle.json()["total"], told, ward.get(f"Patient/{town.public(FERN)}").status_code) == (1, [], 200)


# ---------------------------------------------------------------- what every answer carries


@once
@pytest.mark.parametrize(
    "path",
    ["metadata", "$my-access", "Patient", "Patient?_count=0", f"Patient/{ABSENT}", "Patient?family:exact=x", "Bed"],
)
def test_no_answer_may_be_kept_and_each_varies_with_who_asks_for_what(council: Any, path: str) -> None:
    answer = council.get(path)
    vary = set(answer.headers["vary"].split(", "))
    assert (answer.headers["cache-control"], {"authorization", *CONTEXT} - vary) == ("no-store", set())


@once
def test_a_request_keeps_the_name_that_it_came_with(council: Any) -> None:
    answer = council.get("Patient?_count=0", headers={"X-Request-ID": ABSENT})
    assert answer.headers["x-request-id"] == ABSENT


@once
@pytest.mark.parametrize("said_id", ["", "short", ADA_NUMBER, "Ada Marlowe, 1941", "x" * 65, f"{ABSENT}\u00e9"])
def test_a_request_without_a_proper_name_is_given_one(council: Any, said_id: str) -> None:
    headers = {"X-Request-ID": said_id.encode("latin-1")} if said_id else {}
    names = {council.get("Patient?_count=0", headers=headers).headers["x-request-id"] for _ in range(2)}
    assert len(names) == 2 and said_id not in names


# ---------------------------------------------------------------- the request


@once
@pytest.mark.parametrize("accept", ["application/fhir+xml", "application/xml", "text/html", "text/xml;q=0.9"])
def test_who_takes_only_what_is_not_offered_is_told_so(council: Any, accept: str) -> None:
    assert cause(council.get("Patient", headers={"Accept": accept})) == (406, "not-acceptable")


@once
@pytest.mark.parametrize(
    "accept",
    [
        "application/fhir+json",
        "application/json",
        "application/fhir+json; fhirVersion=4.0",
        "application/fhir+xml, application/fhir+json;q=0.5",
        "application/fhir+json, */*; q=0.1",
        "application/*",
        "*/*",
        "",
    ],
)
def test_who_takes_json_in_any_words_gets_it(council: Any, accept: str) -> None:
    assert council.get("Patient?_count=0", headers={"Accept": accept}).status_code == 200


@once
@pytest.mark.parametrize("path", ["Bed", "Bed/1", "Observation?code=x", "$export", "Patient2", "patient", "_history"])
def test_a_type_or_operation_that_is_not_here_is_not_found(council: Any, path: str) -> None:
    assert cause(council.get(path)) == (404, "unknown-type")


@once
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", f"Patient/{ABSENT}"),
        ("PATCH", f"Patient/{ABSENT}"),
        ("DELETE", f"Patient/{ABSENT}"),
        ("POST", "Patient"),
        ("POST", ""),
        ("GET", ""),
        ("GET", "Patient/_search"),
        ("GET", "Patient/_history"),
        ("GET", f"Patient/{ABSENT}/_history"),
        ("GET", f"Patient/{ABSENT}/$everything"),
        ("GET", f"Patient/{ABSENT}/CareTeam"),
        ("POST", "metadata"),
        ("POST", "$my-access"),
        ("OPTIONS", "Patient"),
    ],
)
def test_an_interaction_that_is_not_offered_is_refused_whoever_it_is_about(
    council: Any, method: str, path: str
) -> None:
    answer = council.http.request(method, f"{council.base}/{path}", headers=_headers(council))
    assert cause(answer) == (405, "method-not-allowed")


@once
def test_a_refused_interaction_says_the_same_of_a_person_on_file(town: World, council: Any) -> None:
    delete = [
        council.http.request("DELETE", f"{council.base}/Patient/{public}", headers=_headers(council))
        for public in (town.public(ADA), town.public(CYRIL), ABSENT)
    ]
    assert len({answer.content for answer in delete}) == 1


@once
@pytest.mark.parametrize("path", ["Patient/", "Patient//", "Patient/?_count=1", "metadata/"])
def test_a_slash_at_the_end_changes_nothing_and_redirects_nobody(council: Any, path: str) -> None:
    assert council.get(path).status_code == 200


@once
@pytest.mark.parametrize(
    "query", ["family=%", "family=%zz", "family=%E0%A4%A", "family=%ff%fe", "%=%", "&&&", "=", "family=%C3%28&%00=x"]
)
def test_broken_percent_encoding_finds_nobody_or_is_refused(council: Any, query: str) -> None:
    assert council.get(f"Patient?{query}").status_code in (200, 400)


@once
def test_a_search_body_that_is_too_large_is_refused(council: Any) -> None:
    assert cause(council.search("Patient", [("family", "x" * 70_000)])) == (413, "too-long")


@once
@pytest.mark.parametrize("kind", ["application/json", "application/fhir+json", "text/plain", "multipart/form-data", ""])
def test_a_search_body_that_is_no_form_is_refused(council: Any, kind: str) -> None:
    headers = _headers(council) | {"Content-Type": kind}
    answer = council.http.post(f"{council.base}/Patient/_search", content="family=x", headers=headers)
    assert cause(answer) == (415, "bad-body")


@once
@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "APPLICATION/X-WWW-Form-Urlencoded; charset=UTF-8"]
)
def test_a_search_body_that_is_a_form_is_read(council: Any, kind: str) -> None:
    headers = _headers(council) | {"Content-Type": kind}
    answer = council.http.post(f"{council.base}/Patient/_search", content="family=Marlowe", headers=headers)
    assert answer.json()["total"] == 1


@once
def test_a_search_by_post_reads_the_address_and_the_body(council: Any) -> None:
    headers = _headers(council) | {"Content-Type": "application/x-www-form-urlencoded"}
    answer = council.http.post(f"{council.base}/Patient/_search?family=Page", content="given=NumP3", headers=headers)
    assert answer.json()["total"] == 1


@once
def test_a_search_by_post_without_a_body_finds_what_the_type_alone_finds(council: Any) -> None:
    answer = council.http.post(f"{council.base}/Patient/_search", headers=_headers(council))
    assert ids(answer) == ids(council.get("Patient"))


# ---------------------------------------------------------------- who asks


@once
@pytest.mark.parametrize("authorization", [None, "", "Basic YTpi", "Bearer"])
def test_who_brings_no_token_is_told_where_to_get_one(town: World, authorization: str | None) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    answer = httpx.get(f"{town.base}/Patient", headers=headers)
    hold(answer)
    assert (cause(answer), answer.headers["www-authenticate"]) == ((401, "no-token"), "Bearer")


@once
def test_the_capabilities_are_told_without_a_token(town: World) -> None:
    answer = httpx.get(f"{town.base}/metadata")
    hold(answer)
    assert answer.json()["fhirVersion"] == "4.0.1"


@once
def test_everything_that_the_capabilities_promise_is_answered(council: Any) -> None:
    (rest,) = council.get("metadata").json()["rest"]
    asked = [
        f"{said['type']}?{search}"
        for said in rest["resource"]
        for search in (
            *(f"{parameter['name']}={_EXAMPLE[parameter['type']]}" for parameter in said["searchParam"]),
            *(f"_include={include}" for include in said.get("searchInclude", [])),
            *(f"_revinclude={include}" for include in said.get("searchRevInclude", [])),
        )
    ]
    refused = [path for path in asked if council.get(path, headers={"Prefer": "handling=strict"}).status_code != 200]
    assert (refused, len(asked) > 40) == ([], True)


_EXAMPLE = {"token": "x", "string": "x", "date": "2020-01-01", "reference": "Patient/x"}


@once
def test_the_capabilities_name_every_type_that_is_answered(council: Any) -> None:
    (rest,) = council.get("metadata").json()["rest"]
    assert [said["type"] for said in rest["resource"]] == list(TYPES)


@once
def test_a_client_learns_its_own_terms_and_its_own_rows_of_the_matrix(town: World) -> None:
    ward = watched(town.asker("hospital"))
    told = ward.get("$my-access").json()["parameter"]
    (access,) = [part["part"] for part in told if part["name"] == "access"]
    categories = {part["valueCode"] for part in access if part["name"] == "category"}
    assert ("services" in categories, "ethnicity" in categories, "financial" in categories) == (True, False, False)


@once
def test_a_client_learns_its_terms_without_naming_a_purpose(town: World) -> None:
    ward = watched(town.asker("hospital"))
    answer = ward.http.get(f"{ward.base}/$my-access", headers={"Authorization": f"Bearer {ward.token()}"})
    assert answer.status_code == 200


@once
def test_a_header_that_is_not_ascii_is_refused_and_breaks_nothing(town: World) -> None:
    ward = watched(town.asker("hospital"))
    odd = [{"ASC-User-Role": "R8001\u00e9".encode("latin-1")}, {"ASC-Purpose-Of-Use": b"\xff\xfe"}]
    assert {ward.get("Patient", headers=headers).status_code for headers in odd} == {403}


@once
def test_a_client_that_leaves_before_its_whole_question_is_sent_asks_nothing(town: World) -> None:
    ward = town.asker("hospital")
    question = "identifier=https://fhir.nhs.uk/Id/nhs-number|" + ADA_NUMBER + f"&birthdate={ADA_BORN}"
    _half(ward, question)
    assert town.rows("SELECT 1 FROM relationship WHERE client = :client", client=ward.client_id) == []


def _half(ward: Any, question: str) -> None:
    """Send a question whose end never comes."""

    def body() -> Any:
        yield question.encode()
        raise ConnectionResetError

    headers = _headers(ward) | {"Content-Type": "application/x-www-form-urlencoded"}
    with contextlib.suppress(ConnectionResetError):
        ward.http.post(f"{ward.base}/Patient/_search", content=body(), headers=headers)
    # The server has seen the end of that connection once it answers on another.
    ward.get("Patient?_count=0")


def _headers(asker: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {asker.token()}", **asker.headers}
