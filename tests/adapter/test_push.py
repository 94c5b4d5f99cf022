"""Does what a council's own system brings come in as any extract does, and what anybody else brings not at all?"""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from adapter.outcome import CAUSES
from adapter.scopes import pushes
from tests.adapter.pusher import Pusher, waiting
from tests.adapter.test_trail import full_disk
from tests.fhir import cause
from tests.world import World, case, extract

once = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
KEY = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
TWO = extract(case("A1"), case("A2"))
BAD_DATE = extract(case("A1", born="1941-02-31"), case("A2"))


@pytest.fixture
def pusher(world: World) -> Pusher:
    return Pusher(world)


def people(world: World) -> list[Any]:
    return [row[0] for row in world.rows("SELECT local_id FROM person ORDER BY local_id")]


# ---------------------------------------------------------------- what comes in


def test_an_extract_that_is_pushed_is_stored_and_answered_with_its_counts(world: World, pusher: Pusher) -> None:
    answer = pusher.extract(TWO)
    assert (answer.status_code, answer.json()["state"]) == (200, "done")
    assert answer.json()["counts"] == {"stored": 2, "unchanged": 0, "quarantined": 0, "closed": 0}
    assert people(world) == ["A1", "A2"]


def test_the_same_content_again_is_unchanged(pusher: Pusher) -> None:
    pusher.extract(TWO)
    assert pusher.extract(TWO).json()["counts"] == {"stored": 0, "unchanged": 2, "quarantined": 0, "closed": 0}


def test_a_packed_extract_is_unpacked(world: World, pusher: Pusher) -> None:
    packed = gzip.compress(extract(case("A1"))[:300]) + gzip.compress(extract(case("A1"))[300:])
    assert pusher.extract(packed, Content_Encoding="gzip").json()["counts"]["stored"] == 1


def test_a_problem_is_answered_with_its_place_and_without_its_value(pusher: Pusher) -> None:
    answer = pusher.extract(BAD_DATE, Content_Disposition='attachment; filename="cases.xml"')
    (problem,) = answer.json()["listed"]
    assert (problem["file"], problem["field"], problem["effect"]) == ("cases.xml", "Birth@date", "dropped")
    assert problem["line"] == 1 and problem["reason"] and "1941-02-31" not in answer.text


def test_nothing_of_an_upload_is_left_behind(world: World, pusher: Pusher) -> None:
    pusher.extract(TWO)
    pusher.extract(b"no xml")
    assert waiting(world) == []


def test_what_cannot_be_read_to_its_end_is_answered_as_stopped_and_what_came_before_is_kept(
    world: World, pusher: Pusher
) -> None:
    answer = pusher.extract(extract(case("A1"))[:-20])
    assert (answer.status_code, answer.json()["state"], people(world)) == (422, "stopped", ["A1"])


def test_an_extract_of_another_council_is_stopped(world: World, pusher: Pusher) -> None:
    answer = pusher.extract(extract(case("A1"), council_code="camden"))
    assert (answer.status_code, people(world)) == (422, [])


def test_a_person_is_answered_with_what_became_of_them(pusher: Pusher) -> None:
    one = extract(case("A1"))
    outcomes = [pusher.persons(body).json()["persons"] for body in (one, one, extract(case("")))]
    assert [said[0]["outcome"] for said in outcomes] == ["stored", "unchanged", "quarantined"]


def person(number: int, **changes: Any) -> dict[str, Any]:
    """One person as a case system in JSON has them."""
    named = {"id": number, "firstName": "Ada", "lastName": "Marlowe", "gender": "F", "contextFlag": "A"}
    return named | {"restricted": "N", "dateOfBirth": "1941-03-05T00:00:00Z"} | changes


def test_a_person_in_json_is_taken_in_without_a_header(world: World, pusher: Pusher) -> None:
    answer = pusher.persons(json.dumps(person(100201)), Content_Type="application/json")
    assert (answer.status_code, answer.json()["persons"]) == (200, [{"line": 1, "outcome": "stored"}])
    assert people(world) == ["100201"]


def test_each_person_of_a_line_each_is_answered_for(world: World, pusher: Pusher) -> None:
    pusher.persons(json.dumps(person(100201)), Content_Type="application/json")
    sent = [person(100201), person(100202), person(100203, contextFlag="C"), {"operation": "upsert"}]
    lines = "\n".join(map(json.dumps, sent)) + "\n{bad\n"
    answer = pusher.persons(lines, Content_Type="application/x-ndjson").json()
    outcomes = [said["outcome"] for said in answer["persons"]]
    assert outcomes == ["unchanged", "stored", "quarantined", "quarantined", "quarantined"]
    assert [problem["line"] for problem in answer["listed"]] == [3, 4, 5]


@once
def test_a_feed_beside_the_records_is_pushed_under_its_mappings_name(pusher: Pusher) -> None:
    feed = (Path(__file__).parents[1] / "data" / "objections.csv").read_bytes()
    answer = pusher.extract(feed, Content_Type="text/csv", query="?mapping=objections")
    assert (answer.status_code, answer.json()["mapping"]) == (200, "objections")
    assert cause(pusher.extract(feed, query="?mapping=objections")) == (415, "bad-content-type")


# ---------------------------------------------------------------- messages


def test_a_message_that_was_answered_gets_the_same_answer_again(world: World, pusher: Pusher) -> None:
    answers = [pusher.extract(TWO, Idempotency_Key="message 1") for _ in range(2)]
    assert answers[0].json()["counts"]["stored"] == 2
    assert answers[0].content == answers[1].content
    assert len(world.rows("SELECT 1 FROM extract")) == 1


def test_a_request_id_names_a_message_where_nothing_else_does(world: World, pusher: Pusher) -> None:
    answers = [pusher.extract(TWO, X_Request_ID=KEY) for _ in range(2)]
    assert answers[0].content == answers[1].content


def test_another_content_under_the_same_message_id_is_refused_and_not_taken_in(world: World, pusher: Pusher) -> None:
    pusher.extract(TWO, Idempotency_Key="message 1")
    assert cause(pusher.extract(extract(case("A3")), Idempotency_Key="message 1")) == (409, "message-reused")
    assert people(world) == ["A1", "A2"]


def test_two_clients_may_give_their_messages_one_id(world: World, pusher: Pusher) -> None:
    pusher.extract(TWO, Idempotency_Key="message 1")
    answer = Pusher(world).extract(extract(case("A3")), Idempotency_Key="message 1")
    assert answer.json()["counts"]["stored"] == 1


# ---------------------------------------------------------------- who may push


def refused(answer: httpx.Response) -> tuple[int, str]:
    """A refusal is one of the fixed outcomes, and nothing else."""
    assert answer.headers["content-type"] == "application/fhir+json; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    status, name = cause(answer)
    assert answer.json()["issue"][0]["details"]["text"] == CAUSES[name].text
    return status, name


def test_nobody_pushes_without_a_token(world: World, pusher: Pusher) -> None:
    url = f"{pusher.root}/push/westminster/extracts"
    assert refused(httpx.post(url, content=TWO)) == (401, "no-token")
    assert refused(httpx.post(url, content=TWO, headers={"Authorization": "Bearer x"})) == (401, "bad-token")


OUTSIDERS = ["hospital", "gp", "local-authority", "planner"]


@pytest.mark.parametrize("kind", OUTSIDERS)
def test_an_outsider_pushes_nothing_and_is_on_record(world: World, kind: str) -> None:
    outsider = Pusher(world, kind)
    assert refused(outsider.extract(TWO)) == (403, "not-your-council")
    (event,) = outsider.events()
    assert (event["outcome"], event["cause"], people(world)) == ("refused", "not-your-council", [])


def test_a_council_that_there_is_not_is_answered_as_one_that_is_not_the_clients(world: World, pusher: Pusher) -> None:
    with world.deployment.office.transaction() as transaction:
        transaction.execute("INSERT INTO council (code, name, ods) VALUES ('camden', 'Camden', '702')")
    codes = ["camden", "atlantis", "x" * 500, "%00", "a%2e%2e", "west%20minster", "WESTMINSTER"]
    answers = [pusher.extract(TWO, council=code) for code in codes]
    assert {answer.content for answer in answers} == {answers[0].content}
    assert refused(answers[0]) == (403, "not-your-council")


@pytest.mark.parametrize("scope", ["system/*.rs", "system/Patient.cud", "system/*.cu", "system/*.read"])
def test_a_client_whose_scopes_do_not_push_is_refused(world: World, scope: str) -> None:
    assert refused(Pusher(world, scope=scope).extract(TWO)) == (403, "scope-missing")


def test_a_scope_of_the_first_version_that_writes_everything_pushes(world: World) -> None:
    assert Pusher(world, scope="system/*.write").extract(TWO).status_code == 200


@pytest.mark.parametrize("held", [("system/*.c", "system/*.u", "system/*.d"), ("system/*.*",), ("system/*.cruds",)])
def test_scopes_that_together_write_everything_push(held: tuple[str, ...]) -> None:
    assert pushes(frozenset(held))


@pytest.mark.parametrize("held", ["", "system/*.cu", "system/Patient.cud", "user/*.cud", "system/*.CUD", "system/*"])
def test_scopes_that_write_less_than_everything_do_not_push(held: str) -> None:
    assert not pushes(frozenset({held}))


def test_a_client_whose_agreement_has_ended_is_refused(world: World, pusher: Pusher) -> None:
    token = pusher.token
    with world.deployment.office.transaction() as transaction:
        transaction.execute("UPDATE client SET ends = starts")
    url = f"{pusher.root}/push/westminster/extracts"
    assert refused(httpx.post(url, content=TWO, headers=token)) == (403, "agreement-ended")


@once
def test_who_is_refused_is_answered_before_anything_is_read(world: World) -> None:
    outsider = Pusher(world, "hospital")
    head = "POST /push/westminster/extracts HTTP/1.1\r\nHost: x\r\nContent-Type: application/xml\r\n"
    head += f"Content-Length: 1000000\r\nAuthorization: {outsider.token['Authorization']}\r\n\r\n"
    with begun(world, head.encode()) as connection:
        assert connection.recv(1000).startswith(b"HTTP/1.1 403 ")
    assert waiting(world) == []


@contextlib.contextmanager
def begun(world: World, sent: bytes) -> Iterator[socket.socket]:
    """A connection on which so much was sent, and no more."""
    address = urlsplit(world.base)
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=10) as connection:
        connection.sendall(sent)
        yield connection


# ---------------------------------------------------------------- on record


def test_a_push_is_in_the_trail_with_its_counts_and_without_the_name_of_its_file(world: World, pusher: Pusher) -> None:
    pusher.extract(BAD_DATE, Content_Disposition='attachment; filename="ada-marlowe.xml"')
    (event,) = pusher.events()
    assert (event["outcome"], event["counts"], event["problems"]) == ("done", {"stored": 2}, {"dropped": 1})
    assert "ada-marlowe" not in str(event)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_where_the_trail_cannot_be_written_nothing_is_told_and_the_push_waits(world: World, pusher: Pusher) -> None:
    pusher.extract(b"", council="atlantis")
    (segment,) = world.deployment.settings.trail.iterdir()
    while segment.stat().st_size < 2 * len(TWO):
        pusher.extract(b"", council="atlantis")
    with full_disk(segment.stat().st_size):
        answer = pusher.extract(TWO)
    assert refused(answer) == (503, "no-trail")
    assert (len(waiting(world)), pusher.events()[-1]["outcome"]) == (1, "refused")
