"""Is every answer and every refusal on record before it leaves, and does a record that was altered show?"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import logging
import resource
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapter.trail import Segment, Trail, TrailError, read, verify
from adapter.trail.segment import link
from tests.fhir import cause, hold, said, watched
from tests.town import (
    ADA,
    ADA_BORN,
    ADA_NUMBER,
    BEA_BORN,
    BEA_NUMBER,
    CYRIL,
    CYRIL_BORN,
    CYRIL_NUMBER,
    SYSTEM,
    by_name,
    by_number,
    settle,
)
from tests.world import World, case

once = pytest.mark.parametrize("town", ["sqlite"], indirect=True)
once_world = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def events(town: World, **wanted: Any) -> list[dict[str, Any]]:
    """What the trail holds now, on the disk."""
    found = read(town.deployment.settings.trail)
    return [event for event in found if all(event.get(name) == value for name, value in wanted.items())]


# ---------------------------------------------------------------- durable before the answer


@pytest.mark.parametrize(
    ("path", "kind", "outcome", "type_"),
    [
        ("Patient?family=Marlowe", "search", "released", "Patient"),
        ("Patient?family=Nobody", "search", "nothing", "Patient"),
        ("CareTeam/nobody", "read", "nothing", "CareTeam"),
        ("Patient/nobody/_history/1", "vread", "nothing", "Patient"),
        ("$my-access", "my-access", "released", ""),
        ("Patient?family:exact=x", "search", "refused", "Patient"),
    ],
)
def test_whoever_has_an_answer_finds_it_in_the_trail(
    town: World, path: str, kind: str, outcome: str, type_: str
) -> None:
    council = watched(town.asker("council"))
    answer = council.get(path)
    (event,) = events(town, request=answer.headers["x-request-id"])
    told = {"kind": kind, "outcome": outcome, "type": type_, "client": council.client_id, "purpose": "TREAT"}
    told |= {"organisation": "713", "user": "nurse-1", "role": "R0243"}
    assert told.items() <= event.items()


@once
@pytest.mark.parametrize(
    ("path", "headers", "expected"),
    [
        ("Patient", {"ASC-Purpose-Of-Use": "HRESCH"}, "purpose-not-registered"),
        ("Patient?_count=x", {}, "bad-parameter"),
        ("Patient?_cursor=x", {}, "bad-cursor"),
        ("Bed", {}, "unknown-type"),
        ("Patient/1/2/3", {}, "method-not-allowed"),
        ("CareTeam", {}, "scope-missing"),
        ("Patient?" + "&" * 200, {}, "too-long"),
        ("Patient", {"Accept": "text/html"}, "not-acceptable"),
    ],
)
def test_a_refusal_is_in_the_trail_with_its_cause_and_whom_it_refused(
    town: World, path: str, headers: dict[str, str], expected: str
) -> None:
    council = watched(town.asker("council"))
    council.scope = "system/Patient.rs"
    answer = council.get(path, headers=headers)
    (event,) = events(town, request=answer.headers["x-request-id"])
    assert (cause(answer)[1], event["cause"], event["outcome"], event["client"]) == (
        expected,
        expected,
        "refused",
        council.client_id,
    )


@once
@pytest.mark.parametrize("token", [None, "x", "a.b.c"])
def test_a_request_of_nobody_known_is_in_the_trail(town: World, token: str | None) -> None:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer = httpx.get(f"{town.base}/Patient", headers=headers)
    (event,) = events(town, request=answer.headers["x-request-id"])
    assert (event["outcome"], event["cause"], event["client"]) == ("refused", cause(answer)[1], "")


@once
def test_a_token_that_was_given_and_one_that_was_not_are_in_the_trail(town: World) -> None:
    asker = town.asker("council")
    before = events(town, kind="token")
    asker.token()
    asker.exchange("x")
    new = [event for event in events(town, kind="token") if event not in before]
    told = [(event["outcome"], event.get("client"), event.get("cause")) for event in new]
    assert told == [("granted", asker.client_id, None), ("refused", None, "invalid_client")]


def test_a_release_names_the_people_and_the_versions_that_left(town: World) -> None:
    council = watched(town.asker("council"))
    answer = council.get(f"CareTeam?patient={town.public(ADA)}")
    (event,) = events(town, request=answer.headers["x-request-id"])
    left = [
        f"{entry['resource']['resourceType']}/{entry['resource']['id']}@{entry['resource']['meta']['versionId']}"
        for entry in answer.json()["entry"][:-1]
    ]
    assert (event["people"], event["resources"], len(left)) == ([town.person(ADA)], left, 2)


@once
def test_what_was_searched_for_is_in_the_trail_as_a_keyed_hash_and_the_same_question_as_the_same(town: World) -> None:
    council = watched(town.asker("council"))
    asked = [("family", "Marlowe"), ("given", "Ada")]
    hashes = [
        events(town, request=council.search("Patient", criteria).headers["x-request-id"])[0]["searched"]
        for criteria in (asked, asked[::-1], [("family", "Marlowe")])
    ]
    plain = hashlib.blake2b(b'Patient[["family","Marlowe"],["given","Ada"]]', digest_size=16).hexdigest()
    assert (hashes[0] == hashes[1], hashes[0] == hashes[2], plain in hashes) == (True, False, False)


def test_the_trail_of_a_run_verifies(town: World) -> None:
    watched(town.asker("council")).get("Patient")
    count, findings = verify(town.deployment.settings.trail)
    assert (count > 1, findings) == (True, [])


# ---------------------------------------------------------------- nothing about a person


@once_world
def test_nothing_about_a_person_stands_in_the_trail_or_in_any_log(
    world: World, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    settle(world)
    ward, council = watched(world.asker("hospital")), watched(world.asker("council"))
    tokens = [ward.token(), council.token()]
    for criteria in (
        by_number(ADA_NUMBER, ADA_BORN),
        by_number(BEA_NUMBER, BEA_BORN),
        by_number(CYRIL_NUMBER, CYRIL_BORN),
        by_name("Brontë-Ó Néill", "Zoë", "1933-02-01"),
        [("family:exact", "Marlowe")],
        [("birthdate", "xx1941-03-05")],
    ):
        ward.search("Patient", criteria)
        council.search("Patient", criteria)
    ward.get(f"Patient?identifier={SYSTEM}|{ADA_NUMBER}", headers={"X-Request-ID": ADA_NUMBER})
    council.get(f"Patient/{ADA_NUMBER}")
    council.get(f"Bed/{ADA_NUMBER}?family=Marlowe")
    council.exchange(council.assertion(jti=ADA_NUMBER, sub=ADA_NUMBER))
    council.http.get(f"{world.base}/Patient", headers={"Authorization": f"Bearer {ADA_NUMBER}"})
    told = b"".join(path.read_bytes() for path in world.deployment.settings.trail.iterdir()).decode()
    captured = capfd.readouterr()
    ours = "\n".join(r.getMessage() for r in caplog.records if not r.name.startswith(("httpx", "httpcore")))
    told += ours + captured.out + captured.err
    marks = [ADA_NUMBER, BEA_NUMBER, CYRIL_NUMBER, "999 000", ADA_BORN, BEA_BORN, CYRIL_BORN, "1941-", "Marlowe"]
    marks += ["marlowe", "Thorne", "Ashe", "Bront", "bront", "Zoë", "Invented Row", "SW1A", "Rosa Finch", "7946 0"]
    marks += [*tokens, *(token.split(".")[2] for token in tokens), base64.b64encode(ADA_NUMBER.encode()).decode()]
    assert [mark for mark in marks if mark in told] == []


# ---------------------------------------------------------------- what was altered shows


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three segments of three records each, one after the other."""
    for first in (0, 3, 6):
        segment = Segment(tmp_path, "node-1")
        for number in range(first, first + 3):
            segment.append([{"kind": "read", "number": number}])
        segment.close()
    return tmp_path


def segments(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


def lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)


def test_a_whole_trail_verifies(folder: Path) -> None:
    assert verify(folder) == (12, [])


def test_a_trail_without_a_segment_verifies_as_empty(tmp_path: Path) -> None:
    assert verify(tmp_path) == (0, [])


def test_the_events_are_read_oldest_first_each_with_its_place(folder: Path) -> None:
    read_ = [(event["segment"], event["line"], event["number"]) for event in read(folder) if "number" in event]
    names = [path.name for path in segments(folder)]
    assert read_ == [(names[number // 3], number % 3 + 2, number) for number in range(9)]


def test_a_segment_names_the_head_of_the_one_that_it_follows(folder: Path) -> None:
    first, second, _ = segments(folder)
    opening = json.loads(lines(second)[0].split(b" ", 1)[1])
    assert opening["follows"] == {"name": first.name, "head": lines(first)[-1].split(b" ")[0].decode()}


ALTERED: dict[str, tuple[int, Callable[[list[bytes]], list[bytes]], int]] = {
    "a changed record": (1, lambda old: [*old[:2], old[2].replace(b"read", b"raed"), *old[3:]], 3),
    "a changed number": (1, lambda old: [*old[:2], old[2].replace(b":4", b":5"), *old[3:]], 3),
    "a changed hash": (1, lambda old: [*old[:2], b"0" * 64 + old[2][64:], *old[3:]], 3),
    "a removed record": (1, lambda old: [*old[:2], *old[3:]], 3),
    "a removed opening": (1, lambda old: old[1:], 1),
    "a record that was put in": (1, lambda old: [*old[:2], b"0" * 64 + b' {"kind":"read"}\n', *old[2:]], 3),
    "records in another order": (1, lambda old: [old[0], old[2], old[1], old[3]], 2),
    "a record twice": (1, lambda old: [*old[:2], old[1], *old[2:]], 3),
    "a line of nothing": (1, lambda old: [*old[:2], b"\n", *old[2:]], 3),
    "a changed last record": (2, lambda old: [*old[:-1], old[-1].replace(b":8", b":9")], 4),
}


@pytest.mark.parametrize(("which", "alter", "line"), ALTERED.values(), ids=ALTERED)
def test_what_was_altered_is_found_with_its_place(
    folder: Path, which: int, alter: Callable[[list[bytes]], list[bytes]], line: int
) -> None:
    path = segments(folder)[which]
    path.write_bytes(b"".join(alter(lines(path))))
    first = next(finding for finding in verify(folder)[1])
    assert (first.segment, first.line, first.broken) == (path.name, line, True)


def test_every_place_that_was_altered_is_found_and_what_stands_between_is_counted(folder: Path) -> None:
    _, path, after = segments(folder)
    altered = [line if place in (0, 2) else line.replace(b"read", b"raed") for place, line in enumerate(lines(path))]
    path.write_bytes(b"".join(altered))
    count, findings = verify(folder)
    places = [(path.name, 2), (path.name, 4), (after.name, 1)]
    assert (count, [(finding.segment, finding.line) for finding in findings]) == (10, places)


@pytest.mark.parametrize("kept", [0, 1, 3])
def test_a_segment_that_was_cut_at_a_line_is_found_by_the_one_that_follows(folder: Path, kept: int) -> None:
    first, second, _ = segments(folder)
    first.write_bytes(b"".join(lines(first)[:kept]))
    assert [(finding.segment, finding.broken) for finding in verify(folder)[1]] == [(second.name, True)]


@pytest.mark.parametrize("missing", [0, 1])
def test_a_missing_segment_is_found_by_the_one_that_follows(folder: Path, missing: int) -> None:
    path, after = segments(folder)[missing : missing + 2]
    path.unlink()
    assert [(finding.segment, finding.broken) for finding in verify(folder)[1]] == [(after.name, True)]


def test_a_segment_that_was_copied_under_another_name_is_found(folder: Path) -> None:
    first = segments(folder)[0]
    copy = first.with_name(first.name.replace("node-1", "node-2"))
    copy.write_bytes(first.read_bytes())
    assert [(finding.segment, finding.broken) for finding in verify(folder)[1]] == [(copy.name, True)]


def test_a_whole_chain_that_was_written_anew_does_not_hang_together_with_what_follows(folder: Path) -> None:
    first, second, _ = segments(folder)
    head, forged = "", b""
    for line in lines(first):
        record = line.rstrip().split(b" ", 1)[1].replace(b"read", b"gone")
        head = link(head, record)
        forged += head.encode() + b" " + record + b"\n"
    first.write_bytes(forged)
    assert [finding.segment for finding in verify(folder)[1]] == [second.name]


def test_a_file_that_is_no_segment_is_reported_and_breaks_nothing(folder: Path) -> None:
    (folder / "copy.trail").write_bytes(b"not a trail\n")
    assert {finding.segment for finding in verify(folder)[1]} == {"copy.trail"}


def test_a_last_line_that_was_torn_is_told_apart_from_one_that_was_altered(folder: Path) -> None:
    path = segments(folder)[2]
    path.write_bytes(path.read_bytes()[:-10])
    count, findings = verify(folder)
    assert (count, [(finding.line, finding.broken) for finding in findings]) == (11, [(4, False)])


def test_after_a_torn_line_a_new_segment_follows_the_last_whole_one(folder: Path) -> None:
    path = segments(folder)[2]
    path.write_bytes(path.read_bytes()[:-10])
    segment = Segment(folder, "node-1")
    segment.append([{"kind": "read", "number": 9}])
    segment.close()
    assert [(finding.segment, finding.broken) for finding in verify(folder)[1]] == [(path.name, False)]


def test_only_its_owner_reads_a_segment(folder: Path) -> None:
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


# ---------------------------------------------------------------- a disk that is full


@contextmanager
def full_disk(size: int = 0) -> Iterator[None]:
    """No file of this process grows beyond a size until the block ends."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handled = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handled)


@once
@pytest.mark.parametrize(
    "path", ["Patient?family=Marlowe", "Patient/nobody", "$my-access", "Bed", "Patient?_count=x", "CareTeam"]
)
def test_what_cannot_be_recorded_is_not_answered(town: World, path: str) -> None:
    council = watched(town.asker("council"))
    council.token()
    with full_disk():
        answer = council.get(path)
    assert (cause(answer), "Marlowe" in answer.text, town.public(ADA) in answer.text) == (
        (503, "no-trail"),
        False,
        False,
    )


@once
def test_without_a_token_too_nothing_is_answered_that_cannot_be_recorded(town: World) -> None:
    with full_disk():
        answer = httpx.get(f"{town.base}/Patient")
    hold(answer)
    assert cause(answer) == (503, "no-trail")


@once
@pytest.mark.usefixtures("capsys")
def test_no_token_is_given_that_cannot_be_recorded(town: World) -> None:
    asker = town.asker("council")
    assertion = asker.assertion()
    with full_disk():
        given, refused = asker.exchange(assertion), asker.exchange("x")
    assert (given.status_code, "access_token" in given.text, refused.status_code) == (503, False, 503)


@once
def test_a_full_disk_says_the_same_whoever_is_asked_about(town: World) -> None:
    council = watched(town.asker("council"))
    council.token()
    with full_disk():
        answers = [council.get(f"Patient/{public}") for public in (town.public(ADA), town.public(CYRIL), "nobody")]
    assert len({str(said(answer)) for answer in answers}) == 1


@pytest.mark.parametrize("room", [0, 20, 300])
def test_after_a_full_disk_the_server_answers_again_and_its_trail_verifies(world: World, room: int) -> None:
    world.load(case("A1"))
    world.declare()
    council = watched(world.asker("council"))
    first = council.get("Patient")
    trail = world.deployment.settings.trail
    (segment,) = trail.iterdir()
    with full_disk(segment.stat().st_size + room if room else 0):
        during = council.get("Patient")
    after = council.get("Patient")
    count, findings = verify(trail)
    torn = [finding for finding in findings if not finding.broken]
    assert (cause(during), said(after) == said(first), findings == torn, count > 4) == (
        (503, "no-trail"),
        True,
        True,
        True,
    )


@once
def test_a_disk_that_stays_full_is_not_littered_with_segments(town: World) -> None:
    council = watched(town.asker("council"))
    council.token()
    before = len(list(town.deployment.settings.trail.iterdir()))
    with full_disk():
        for _ in range(5):
            council.get("Patient")
    council.get("Patient")
    assert len(list(town.deployment.settings.trail.iterdir())) <= before + 1


def test_a_relationship_that_cannot_be_recorded_does_not_come_to_be(town: World) -> None:
    ward = watched(town.asker("hospital"))
    ward.token()
    with full_disk():
        refused = ward.search("Patient", by_number(ADA_NUMBER, ADA_BORN))
    kept = town.rows("SELECT 1 FROM relationship WHERE client = :client", client=ward.client_id)
    assert (cause(refused), kept) == ((503, "no-trail"), [])


# ---------------------------------------------------------------- group commit


def test_records_stand_in_the_order_in_which_they_were_given(tmp_path: Path) -> None:
    async def run() -> None:
        trail = Trail(tmp_path, "node-1")
        await asyncio.gather(*(trail.record({"number": number}) for number in range(500)))
        trail.close()

    asyncio.run(run())
    numbers = [event["number"] for event in read(tmp_path) if "number" in event]
    assert (numbers, verify(tmp_path)[1]) == (list(range(500)), [])


def test_a_record_is_on_the_disk_when_it_was_awaited(tmp_path: Path) -> None:
    async def run() -> list[int]:
        trail, seen = Trail(tmp_path, "node-1"), []
        for number in range(5):
            await trail.record({"number": number})
            seen.append(len([event for event in read(tmp_path) if "number" in event]))
        trail.close()
        return seen

    assert asyncio.run(run()) == [1, 2, 3, 4, 5]


def test_an_asker_who_leaves_is_recorded_and_holds_up_nobody(tmp_path: Path) -> None:
    async def run() -> list[Any]:
        trail = Trail(tmp_path, "node-1")
        asked = [asyncio.ensure_future(_await(trail, number)) for number in range(20)]
        await asyncio.sleep(0)
        for task in asked[::2]:
            task.cancel()
        done = await asyncio.gather(*asked, return_exceptions=True)
        await trail.record({"number": 20})
        trail.close()
        return done

    done = asyncio.run(run())
    numbers = [event["number"] for event in read(tmp_path) if "number" in event]
    assert ([type(each) for each in done[1::2]], numbers) == ([int] * 10, list(range(21)))


async def _await(trail: Trail, number: int) -> int:
    await trail.record({"number": number})
    return number


def test_whoever_waits_for_a_record_that_failed_is_told_so_each_alone(tmp_path: Path) -> None:
    async def run() -> list[Any]:
        trail = Trail(tmp_path / "trail", "node-1")
        (tmp_path / "trail").write_bytes(b"")
        failed = await asyncio.gather(*(trail.record({"number": n}) for n in range(3)), return_exceptions=True)
        (tmp_path / "trail").unlink()
        await trail.record({"number": 3})
        trail.close()
        return failed

    failed = asyncio.run(run())
    assert ([type(each) for each in failed], verify(tmp_path / "trail")) == ([TrailError] * 3, (2, []))


def test_an_event_that_cannot_be_written_down_fails_and_the_next_is_kept(tmp_path: Path) -> None:
    async def run() -> list[Any]:
        trail = Trail(tmp_path, "node-1")
        odd = await asyncio.gather(trail.record({"number": object()}), return_exceptions=True)
        await trail.record({"number": 1})
        trail.close()
        return odd

    (failed,) = asyncio.run(run())
    assert (type(failed), verify(tmp_path)[1]) == (TrailError, [])
