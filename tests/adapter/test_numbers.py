"""Do NHS numbers go back to the council whose people they are, and to nobody else?"""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from adapter.trail import read
from tests.adapter.pusher import Pusher
from tests.adapter.sight import WARD, answers, asking
from tests.fhir import cause
from tests.town import ADA, ADA_NUMBER, BEA, BEA_NUMBER, CYRIL, ESTER, FERN, GUS, HAL, PAGES, TWAINS, ZOE
from tests.world import World, case, objection, pds_record

BORN = "1941-03-05"
READS = "system/*.rs"


def fetch(client: Pusher, query: str = "", *, council: str = "westminster", **headers: str) -> httpx.Response:
    """Ask for the list."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    url = f"{client.root}/push/{council}/nhs-numbers{query}"
    return client.asker.http.get(url, headers={**client.token, **client.asker.headers, **named})


def council(world: World, **registered: Any) -> Pusher:
    return Pusher(world, scope=READS, **registered)


def told(answer: httpx.Response) -> dict[str, tuple[str, str | None]]:
    """Status and number of each person that is listed."""
    return {line["localId"]: (line["status"], line.get("nhsNumber")) for line in answer.json()["numbers"]}


# ---------------------------------------------------------------- who is listed


def test_each_answer_of_pds_is_listed_and_a_number_only_where_it_was_confirmed(town: World) -> None:
    listed = told(fetch(council(town)))
    assert listed[ADA] == ("01", ADA_NUMBER)
    assert {listed[page] for page in (*PAGES, *TWAINS)} == {("04", None)}
    assert {status for status, number in listed.values() if number} == {"01"}


def test_who_objects_is_restricted_locked_or_past_retention_is_not_listed(town: World) -> None:
    answer = fetch(council(town))
    assert set(told(answer)) == {ADA, ZOE, ESTER, FERN, *PAGES, *TWAINS}
    assert {BEA, CYRIL, GUS, HAL}.isdisjoint(told(answer)) and BEA_NUMBER not in answer.text


def test_the_evidence_names_steps_and_fields_and_no_value(town: World) -> None:
    (line,) = [line for line in fetch(council(town)).json()["numbers"] if line["localId"] == ADA]
    assert line["outcome"] == "Matched" and line["at"] == "2026-11-22T09:00:00Z"
    assert {"step", "fields", "outcome"} <= line["evidence"]["steps"][0].keys()
    assert not [word for word in ("Marlowe", BORN, "SW1A", ADA_NUMBER) if word in str(line["evidence"])]


def test_who_objects_is_answered_for_as_who_was_never_traced(world: World) -> None:
    world.load(case("A1", nhs_number=ADA_NUMBER))
    world.know(pds_record(ADA_NUMBER))
    world.declare()
    client = council(world)
    untraced = fetch(client).content
    world.trace()
    assert set(told(fetch(client))) == {"A1"}
    world.choose("A1", "nhs-number", "objects")
    assert fetch(client).content == untraced


def test_before_the_register_is_declared_nobody_is_listed(world: World) -> None:
    world.load(case("A1", nhs_number=ADA_NUMBER), case("A2", objections=objection(value="withdrawn")))
    world.know(pds_record(ADA_NUMBER))
    world.trace()
    assert "A1" not in told(fetch(council(world)))


def test_a_number_that_is_found_on_two_people_is_taken_back_from_the_first(world: World) -> None:
    world.load(case("A1", nhs_number=ADA_NUMBER))
    world.know(pds_record(ADA_NUMBER))
    world.declare()
    world.trace()
    then = fetch(council(world)).json()["nextSince"]
    world.pass_time(minutes=5)
    world.load(case("A2", nhs_number=ADA_NUMBER), sequence=2)
    world.declare()
    world.trace()
    assert told(fetch(council(world), f"?since={then}")) == {"A1": ("05", None), "A2": ("05", None)}


def test_a_call_that_pds_did_not_answer_is_no_result(world: World) -> None:
    world.load(case("A1"))
    world.declare()
    with world.deployment.office.transaction() as transaction:
        transaction.execute(
            "INSERT INTO trace (person, at, outcome, status, evidence) VALUES (:person, 1, 'Unavailable', '03', '{}')",
            person=transaction.number("SELECT id FROM person"),
        )
    assert told(fetch(council(world))) == {}


# ---------------------------------------------------------------- pages and since


def test_pages_list_everybody_once(town: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapter.way_back._MOST", 3)
    client = council(town)
    answer, seen = fetch(client), []
    while True:
        seen += list(told(answer))
        if "next" not in answer.json():
            break
        assert ADA_NUMBER not in answer.json()["next"]
        answer = client.asker.http.get(answer.json()["next"], headers={**client.token, **client.asker.headers})
    assert sorted(seen) == sorted({ADA, ZOE, ESTER, FERN, *PAGES, *TWAINS})


def test_a_page_link_is_its_askers_own(town: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapter.way_back._MOST", 3)
    link = fetch(council(town)).json()["next"]
    other = council(town)
    answer = other.asker.http.get(link, headers={**other.token, **other.asker.headers})
    assert cause(answer) == (400, "bad-cursor")


def test_only_what_was_settled_since_is_listed(world: World) -> None:
    world.load(case("A1"))
    world.declare()
    world.trace()
    then = fetch(council(world)).json()["nextSince"]
    world.pass_time(hours=1)
    world.load(case("A2"), sequence=2)
    world.declare()
    world.trace()
    client = council(world)
    assert set(told(fetch(client))) == {"A1", "A2"}
    assert set(told(fetch(client, "?since=2026-11-22T09:30:00Z"))) == {"A2"}
    assert then == "2026-11-22T08:59:00Z"


@pytest.mark.parametrize("since", ["yesterday", "2026-13-01", "0000-00-00", "9" * 40])
def test_a_day_that_is_none_is_refused(town: World, since: str) -> None:
    assert cause(fetch(council(town), f"?since={since}")) == (400, "bad-parameter")


# ---------------------------------------------------------------- who may fetch


@pytest.mark.parametrize("kind", ["hospital", "gp", "local-authority", "integrated-record"])
def test_an_outsider_fetches_nothing(town: World, kind: str) -> None:
    assert cause(fetch(Pusher(town, kind, scope=READS))) == (403, "not-your-council")


def test_a_council_fetches_its_own_people_only(world: World) -> None:
    world.load(case("A1"))
    with world.deployment.office.transaction() as transaction:
        transaction.execute("INSERT INTO council (code, name, ods) VALUES ('camden', 'Camden', '702')")
        camden = transaction.number("SELECT id FROM council WHERE code = 'camden'")
    world.declare()
    world.trace()
    client = council(world)
    assert (set(told(fetch(client))), cause(fetch(client, council="camden"))) == ({"A1"}, (403, "not-your-council"))
    with world.deployment.office.transaction() as transaction:
        transaction.execute("UPDATE client SET council = :camden, version = 2", camden=camden)
    assert (told(fetch(client, council="camden")), cause(fetch(client))) == ({}, (403, "not-your-council"))


def test_whoever_does_not_see_numbers_is_told_of_nobody(town: World) -> None:
    assert told(fetch(Pusher(town, "governance", scope=READS))) == {}


def test_a_list_needs_a_purpose_and_a_named_user(town: World) -> None:
    client = council(town)
    url = f"{client.root}/push/westminster/nhs-numbers"
    assert cause(client.asker.http.get(url, headers=client.token)) == (403, "no-purpose")
    assert cause(fetch(client, ASC_User_ID="")) == (403, "no-user")


@pytest.mark.parametrize("scope", ["system/*.cud", "system/CareTeam.rs", "system/Patient.r"])
def test_a_list_needs_scopes_that_read_and_search_people(town: World, scope: str) -> None:
    assert cause(fetch(Pusher(town, scope=scope))) == (403, "scope-missing")


def test_every_page_is_in_the_trail_as_a_release_with_its_counts_and_without_a_number(town: World) -> None:
    client = council(town)
    fetch(client)
    events = [e for e in read(town.deployment.settings.trail) if e.get("client") == client.asker.client_id]
    (event,) = [event for event in events if event["kind"] == "nhs-numbers"]
    assert (event["outcome"], event["purpose"], event["counts"]) == ("released", "TREAT", {"01": 4, "04": 9})
    assert len(event["people"]) == 13 and ADA_NUMBER not in str(event)


def test_the_database_itself_shows_a_trace_to_the_persons_own_council_alone(town: World) -> None:
    (rows,) = answers(town, "SELECT person FROM visible_trace", ask=asking(town, WARD))
    assert rows == []
