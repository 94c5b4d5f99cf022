"""Does a push that is meant to harm, or that goes wrong on the way, do nothing and leave nothing?"""

from __future__ import annotations

import asyncio
import gzip
import os
import sqlite3
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from adapter.app import service
from adapter.doors import add_push, add_unknown
from adapter.layouts import by_line, choose
from adapter.outcome import RefusedError
from adapter.taken import LINES, What, take_in
from adapter.unpack import Gzip
from adapter.way_back import add_way_back
from tests.adapter.pusher import Pusher, waiting
from tests.adapter.test_push import TWO, begun, people
from tests.fhir import cause
from tests.world import COUNCIL, World, case, extract

once = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ENTITIES = TWO.replace(
    b"<CaseExtract", b'<!DOCTYPE x [<!ENTITY a "b"><!ENTITY s SYSTEM "file:///etc/passwd">]><CaseExtract', 1
)


@pytest.fixture
def pusher(world: World) -> Pusher:
    return Pusher(world)


def nothing_came(world: World) -> bool:
    """Nobody is kept, nothing waits, and no push is on file."""
    return (people(world), waiting(world), world.rows("SELECT 1 FROM push")) == ([], [], [])


# ---------------------------------------------------------------- packed


@once
def test_a_gzip_bomb_ends_at_the_cap_and_leaves_nothing(world: World, pusher: Pusher) -> None:
    world.deployment.settings.extract_most_bytes = 1 << 20
    bomb = gzip.compress(bytes(1 << 28))
    assert cause(pusher.extract(bomb, Content_Encoding="gzip")) == (413, "too-long")
    assert nothing_came(world)


def test_a_bomb_is_unpacked_in_pieces_that_can_be_held() -> None:
    sizes = [len(piece) for piece in Gzip().feed(gzip.compress(bytes(1 << 24)))]
    assert (max(sizes) <= 1 << 18, sum(sizes)) == (True, 1 << 24)


@pytest.mark.parametrize("size", [0, 1, 5, (1 << 18) - 1, 1 << 18, (1 << 18) + 1, 3 << 18])
@pytest.mark.parametrize("step", [1 << 20, 7])
def test_what_was_packed_is_what_comes_out_however_it_is_cut(size: int, step: int) -> None:
    content = os.urandom(size // 2) + bytes(size - size // 2)
    packed = gzip.compress(content) + gzip.compress(b"end")
    unpacking, step = Gzip(), max(step, len(packed) // 5000)
    pieces = [piece for at in range(0, len(packed), step) for piece in unpacking.feed(packed[at : at + step])]
    unpacking.end()
    assert b"".join(pieces) == content + b"end"


PACKED = gzip.compress(TWO)
BROKEN = {
    "cut": PACKED[: len(PACKED) // 2],
    "without its checksum": PACKED[:-8],
    "with another checksum": PACKED[:-8] + b"\0" * 8,
    "with something behind it": PACKED + b"<more/>",
    "nothing": b"",
    "no gzip": TWO,
    "deflate": zlib.compress(TWO),
}


@once
@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
def test_a_packed_body_that_is_not_whole_is_refused_and_nothing_of_it_taken_in(
    world: World, pusher: Pusher, body: bytes
) -> None:
    assert cause(pusher.extract(body, Content_Encoding="gzip")) == (400, "cut-short")
    assert nothing_came(world)


@once
@pytest.mark.parametrize("coding", ["br", "deflate", "gzip, gzip", "\xff"])
def test_a_packing_that_is_not_offered_is_refused(world: World, pusher: Pusher, coding: str) -> None:
    assert cause(pusher.extract(TWO, Content_Encoding=coding)) == (415, "bad-coding")
    assert nothing_came(world)


# ---------------------------------------------------------------- size, and bodies that stop


@once
def test_a_body_that_says_that_it_is_too_long_is_refused_before_it_comes(world: World, pusher: Pusher) -> None:
    head = "POST /push/westminster/extracts HTTP/1.1\r\nHost: x\r\nContent-Type: application/xml\r\n"
    head += f"Content-Length: {1 << 40}\r\nAuthorization: {pusher.token['Authorization']}\r\n\r\n"
    with begun(world, head.encode()) as connection:
        assert connection.recv(1000).startswith(b"HTTP/1.1 413 ")


@once
def test_a_body_that_grows_too_long_without_saying_so_is_refused(world: World, pusher: Pusher) -> None:
    world.deployment.settings.extract_most_bytes = 1000
    assert cause(pusher.extract(iter([TWO[:600], TWO[600:]]))) == (413, "too-long")
    assert nothing_came(world)


@once
def test_a_body_that_stops_in_the_middle_is_on_record_and_nothing_of_it_taken_in(world: World, pusher: Pusher) -> None:
    head = "POST /push/westminster/extracts HTTP/1.1\r\nHost: x\r\nContent-Type: application/xml\r\n"
    head += f"Content-Length: {len(TWO)}\r\nAuthorization: {pusher.token['Authorization']}\r\n\r\n"
    with begun(world, head.encode() + TWO[:500]):
        pass
    while not (events := pusher.events()):
        pusher.get(f"{pusher.root}/health/live")
    assert events[0]["cause"] == "cut-short"
    assert nothing_came(world)


@once
def test_a_sender_that_sends_no_more_is_not_waited_for(
    world: World, pusher: Pusher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapter.push._IDLE_SECONDS", 0.05)
    head = "POST /push/westminster/extracts HTTP/1.1\r\nHost: x\r\nContent-Type: application/xml\r\n"
    head += f"Content-Length: {len(TWO)}\r\nAuthorization: {pusher.token['Authorization']}\r\n\r\n"
    with begun(world, head.encode() + TWO[:500]) as connection:
        assert connection.recv(1000).startswith(b"HTTP/1.1 400 ")
    assert nothing_came(world)


# ---------------------------------------------------------------- content


@once
@pytest.mark.parametrize("kind", ["", "text/plain", "application/octet-stream", "application/zip", "\xff", "a" * 5000])
def test_a_content_type_that_no_mapping_reads_is_refused(world: World, pusher: Pusher, kind: str) -> None:
    assert cause(pusher.extract(TWO, Content_Type=kind)) == (415, "bad-content-type")
    assert nothing_came(world)


NAMES = ["../secret", "..%2Fsecret", "/etc/passwd", "none", "case-xml.toml", "a/b.toml", "%00", "CASE-XML", "x" * 500]


@once
@pytest.mark.parametrize("name", NAMES)
def test_a_mapping_is_named_by_a_plain_word_and_never_by_a_path(world: World, pusher: Pusher, name: str) -> None:
    world.deployment.settings.mappings.mkdir(parents=True)
    (world.deployment.settings.home / "secret.toml").write_text("")
    assert cause(pusher.extract(TWO, query=f"?mapping={name}")) == (400, "bad-mapping")
    assert nothing_came(world)


@once
def test_a_mapping_of_the_deployments_own_is_read(world: World, pusher: Pusher) -> None:
    folder = world.deployment.settings.mappings
    folder.mkdir(parents=True)
    shipped = Path(__file__).parents[2] / "mappings" / "sources" / "case-xml.toml"
    (folder / "ours.toml").write_text(shipped.read_text("utf-8"), "utf-8")
    assert pusher.extract(TWO, query="?mapping=ours").json()["mapping"] == "ours"
    (folder / "ours.toml").write_text("no mapping")
    assert cause(pusher.extract(TWO, query="?mapping=ours")) == (400, "bad-mapping")


def test_each_line_of_some_content_types_is_a_document() -> None:
    kinds = ["application/x-ndjson", "Application/NDJSON; charset=utf-8", "application/json", "application/xml"]
    assert [by_line(kind) for kind in kinds] == [True, True, False, False]


def test_a_mapping_is_not_read_for_another_layouts_content(tmp_path: Path) -> None:
    assert choose(tmp_path, "text/xml; charset=utf-8", "") == "case-xml"
    with pytest.raises(RefusedError, match="bad-content-type"):
        choose(tmp_path, "text/csv", "case-xml")


@once
def test_xml_with_entities_is_stopped_before_its_content(world: World, pusher: Pusher) -> None:
    answer = pusher.extract(ENTITIES)
    assert (answer.status_code, answer.json()["state"], people(world)) == (422, "stopped", [])
    assert answer.json()["listed"][0]["field"] == "DOCTYPE" and "root:" not in answer.text


FILES = {
    'attachment; filename="../../etc/passwd"': "passwd",
    'attachment; filename="..\\..\\boot.ini"': "boot.ini",
    'attachment; filename="a b\tc<script>.xml"': "a_b_c_script_.xml",
    'attachment; filename=".."': "push",
    'attachment; filename=".hidden"': "hidden",
    f'attachment; filename="{"x" * 300}.xml"': "x" * 80,
    "attachment": "push",
}


@once
@pytest.mark.parametrize(("said", "kept"), FILES.items(), ids=FILES.values())
def test_the_name_of_a_file_leads_nowhere(world: World, pusher: Pusher, said: str, kept: str) -> None:
    assert pusher.extract(TWO, Content_Disposition=said).json()["file"] == kept
    assert world.rows("SELECT file FROM extract") == [(kept,)]


@once
@pytest.mark.parametrize("headers", [{"Idempotency_Key": "x" * 129}, {"Idempotency_Key": "a\tb"}])
def test_a_message_id_that_cannot_be_kept_is_refused(world: World, pusher: Pusher, headers: Any) -> None:
    assert cause(pusher.extract(TWO, **headers)) == (400, "bad-word")
    assert cause(pusher.extract(TWO, query="?source=%00")) == (400, "bad-word")
    assert nothing_came(world)


@once
@pytest.mark.parametrize("path", ["/push/", "/push/westminster", "/push/a/b/c/d", "/push/westminster/extract"])
def test_any_other_address_is_answered_by_the_one_table(world: World, pusher: Pusher, path: str) -> None:
    assert cause(pusher.post(path, b"")) == (404, "unknown-type")


# ---------------------------------------------------------------- many at once


def test_of_many_at_once_each_is_taken_in_once_or_asked_to_come_again(world: World, pusher: Pusher) -> None:
    bodies = [extract(case(f"A{number}"), sequence=number) for number in range(20)]
    pusher.asker.token()

    def push(body: bytes) -> int:
        while (answer := pusher.extract(body)).status_code == 429:
            assert (cause(answer), answer.headers["retry-after"]) == ((429, "too-many"), "1")
        assert answer.json()["counts"] == {"stored": 1, "unchanged": 0, "quarantined": 0, "closed": 0}
        return answer.status_code

    with ThreadPoolExecutor(20) as senders:
        assert set(senders.map(push, bodies)) == {200}
    assert (len(people(world)), waiting(world)) == (20, [])


def test_one_message_that_comes_many_times_at_once_is_taken_in_once(world: World, pusher: Pusher) -> None:
    pusher.asker.token()
    with ThreadPoolExecutor(8) as senders:
        answers = list(senders.map(lambda _: pusher.extract(TWO, Idempotency_Key="one"), range(8)))
    assert {answer.status_code for answer in answers} <= {200, 202}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(world.rows("SELECT 1 FROM extract")) == 1


@once
def test_past_so_many_at_once_a_client_is_asked_to_come_again(
    world: World, pusher: Pusher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapter.push._MOST_AT_ONCE", 0)
    assert cause(pusher.extract(TWO)) == (429, "too-many")
    assert nothing_came(world)


# ---------------------------------------------------------------- long ones


@pytest.fixture
def long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is short."""
    monkeypatch.setattr("adapter.push._SHORT_BYTES", 0)


def ended(pusher: Pusher, answer: Any) -> Any:
    """What became of a push, once it has."""
    while (told := pusher.status(answer).json())["state"] in ("waiting", "reading"):
        continue
    return told


def test_a_long_push_is_answered_with_an_address_that_says_how_it_goes(
    world: World, pusher: Pusher, long: None
) -> None:
    answer = pusher.extract(TWO)
    assert (answer.status_code, answer.json()["state"] in ("waiting", "reading")) == (202, True)
    assert ended(pusher, answer)["counts"] == {"stored": 2, "unchanged": 0, "quarantined": 0, "closed": 0}
    assert [event["outcome"] for event in pusher.events()] == ["accepted", "done"]


@once
def test_who_would_rather_not_wait_does_not(world: World, pusher: Pusher) -> None:
    assert pusher.extract(TWO, Prefer="respond-async").status_code == 202


def test_problems_are_told_page_by_page(world: World, pusher: Pusher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapter.pushed._PAGE", 3)
    answer = pusher.extract(extract(*(case(f"A{number}", born="never") for number in range(7))))
    pages = [told := answer.json()]
    while "next" in told:
        pages.append(told := pusher.get(told["next"]).json())
    assert [len(page["listed"]) for page in pages] == [3, 3, 1]
    assert pages[0]["problems"] == {"dropped": 7}


def test_a_push_is_its_senders_own(world: World, pusher: Pusher) -> None:
    answer = pusher.extract(TWO)
    assert cause(Pusher(world).status(answer)) == (404, "no-such-push")
    unknown = [f"{pusher.root}/push/westminster/extracts/{name}" for name in ("x", "%00", answer.json()["id"][:-1])]
    assert {cause(pusher.get(url)) for url in unknown} == {(404, "no-such-push")}


@once
@pytest.mark.parametrize("after", ["-1", "x", "%00", "9" * 30, "\u0663"])
def test_a_place_that_is_none_is_refused(world: World, pusher: Pusher, after: str) -> None:
    assert cause(pusher.status(pusher.extract(TWO), f"?after={after}")) == (400, "bad-word")


@once
def test_an_old_push_is_forgotten(world: World, pusher: Pusher) -> None:
    pusher.extract(TWO)
    world.pass_time(days=31)
    Pusher(world).extract(TWO)
    assert len(world.rows("SELECT 1 FROM push")) == 1


# ---------------------------------------------------------------- faults of ours


def take_up(world: World) -> None:
    """Be a server that comes back."""

    async def run() -> None:
        parts = service(world.deployment)
        await parts.push.take_up()
        while waiting(world):
            await asyncio.sleep(0.01)
        await parts.push.close()
        parts.trail.close()

    asyncio.run(run())


def failing(fault: Exception) -> Any:
    def take_in(*_: Any) -> Any:
        raise fault

    return take_in


def test_while_the_database_is_away_a_push_stays_and_is_taken_in_when_it_is_back(
    world: World, pusher: Pusher, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as away:
        away.setattr("adapter.push.take_in", failing(sqlite3.OperationalError("away")))
        assert cause(pusher.extract(TWO, Idempotency_Key="one")) == (500, "internal")
    assert (people(world), len(waiting(world))) == ([], 1)
    take_up(world)
    answer = pusher.extract(TWO, Idempotency_Key="one")
    assert (answer.json()["counts"]["stored"], waiting(world), people(world)) == (2, [], ["A1", "A2"])


def test_what_fails_for_no_known_reason_is_told_and_the_message_may_come_again(
    world: World, pusher: Pusher, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr("adapter.push.take_in", failing(ValueError("Ada Marlowe")))
        answer = pusher.extract(TWO, Idempotency_Key="one")
    assert (answer.status_code, answer.json()["state"], waiting(world)) == (500, "failed", [])
    assert "Marlowe" not in answer.text
    assert pusher.extract(TWO, Idempotency_Key="one").json()["counts"]["stored"] == 2


# ---------------------------------------------------------------- lines


def test_each_line_is_taken_in_by_itself_and_its_problems_are_placed_in_the_whole(world: World, tmp_path: Path) -> None:
    lines = [extract(case("A1")), b"", extract(case("A2", born="never")), b"no xml", extract(case("A1"))]
    body = tmp_path / "body"
    body.write_bytes(b"\n".join(lines))
    what = What(body, COUNCIL, "test", "case-xml", "push", LINES)
    taken = take_in(world.deployment, what, lambda: None)
    outcomes = [(person["line"], person["outcome"]) for person in taken.persons]
    assert outcomes == [(1, "stored"), (3, "stored"), (4, "stopped"), (5, "unchanged")]
    assert [(problem.line, problem.value) for problem in taken.listed if problem.effect == "dropped"] == [(3, None)]


def test_many_lines_restrict_no_more_people_than_one_extract_may(world: World, tmp_path: Path) -> None:
    world.load(*(case(f"A{number}") for number in range(40)))
    world.pass_time(hours=1)
    shut = [extract(case(f"A{number}", attributes='restricted="Y"'), created=world.time) for number in range(40)]
    body = tmp_path / "body"
    body.write_bytes(b"\n".join(shut))
    taken = take_in(world.deployment, What(body, COUNCIL, "test", "case-xml", "push", LINES), lambda: None)
    assert (taken.state, len(taken.persons), taken.problems["stopped"]) == ("stopped", 11, 1)


# ---------------------------------------------------------------- described


@once
def test_each_address_is_described_and_the_description_is_not_served(world: World) -> None:
    app, parts = FastAPI(), service(world.deployment)
    add_push(app, parts.push)
    add_way_back(app, parts.way_back)
    add_unknown(app, parts.push)
    described = {(path, method) for path, said in app.openapi()["paths"].items() for method in said}
    parts.trail.close()
    world.serve()
    served = {httpx.get(f"{world.base.removesuffix('/fhir')}/{path}").status_code for path in ("docs", "openapi.json")}
    assert (described, served) == (
        {
            ("/push/{council}/extracts", "post"),
            ("/push/{council}/persons", "post"),
            ("/push/{council}/extracts/{push_id}", "get"),
            ("/push/{council}/nhs-numbers", "get"),
        },
        {404},
    )
