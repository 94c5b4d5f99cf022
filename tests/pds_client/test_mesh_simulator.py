"""Does the simulated MESH keep the contract of the real one, seen by the NHS's own client and by bare HTTP?"""

import contextlib
import hashlib
import hmac
import itertools
import json
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import requests
from mesh_client import MeshClient, MeshError

from pds_client import batch
from pds_client.simulator import person
from pds_client.simulator.mesh import Mesh, serve_mesh
from pds_client.simulator.mesh_file import File
from pds_client.simulator.mesh_services import (
    OPT_OUT_WORKFLOW,
    TRACE_WORKFLOW,
    OptOutCheck,
    TraceByFile,
    cut,
    with_somebody_else,
)
from tests.pds_client.test_batch import OTHER, REFERENCE, ours
from tests.pds_client.world import ADA, BEN, CAT

WE, THEY, CHECKER, TRACER = "X26ABC1", "X26ABC2", "X26OPT1", "X26PDS1"
PASSWORD, KEY = "a password", "a shared key"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
PAIR = {"workflow_id": OPT_OUT_WORKFLOW, "local_id": "file-1", "subject": "file-1", "filename": "x.dat"}


@contextlib.contextmanager
def exchange(*services, **options):
    """An exchange with two mailboxes, and the NHS's client at ours."""
    mesh = Mesh({WE: PASSWORD, THEY: PASSWORD}, KEY, services, **options)
    with serve_mesh(mesh) as url, client_at(url) as client:
        mesh.url = url
        yield mesh, client


def client_at(url, mailbox=WE, password=PASSWORD, key=KEY, **options):
    return MeshClient(url, mailbox, password, shared_key=key.encode(), max_retries=0, **options)


def letters(client):
    """What lies in a mailbox, as its client reads it."""
    found = []
    for message in client.iterate_all_messages():
        found.append((message.subject, message.message_type, message.read()))
        message.close()
    return found


# ---------------------------------------------------------------- who is let in


def token(mailbox=WE, password=PASSWORD, key=KEY, at=NOW, nonce="n", count=0, signed=None):
    stamp = at.strftime("%Y%m%d%H%M")
    private = f"{signed or mailbox}:{nonce}:{count}:{password}:{stamp}"
    signature = hmac.new(key.encode(), private.encode(), hashlib.sha256).hexdigest()
    return f"NHSMESH {mailbox}:{nonce}:{count}:{stamp}:{signature}"


def statuses(*tokens, mailbox=WE):
    """How the handshake is answered under each of these headers, at noon."""
    with exchange(clock=lambda: NOW) as (mesh, _):
        url = f"{mesh.url}/messageexchange/{mailbox}"
        return [httpx.post(url, headers={"Authorization": each}, trust_env=False).status_code for each in tokens]


def test_a_token_lets_in_once():
    assert statuses(token(), token(), token(count=1)) == [200, 403, 200]


@pytest.mark.parametrize(
    "wrong",
    [
        token(password="other"),
        token(key="other"),
        token(mailbox=THEY),
        token(mailbox=THEY, signed=WE),
        token(mailbox="X26ZZZ9"),
        token(at=NOW - timedelta(hours=2, minutes=1)),
        token(at=NOW + timedelta(hours=2, minutes=1)),
        token().replace("NHSMESH", "Bearer"),
        token()[:-1],
        "NHSMESH a:b",
        "NHSMESH a:b:c:d:e:f",
        "NHSMESH X26ABC1:n:0:yesterday:" + "0" * 64,
        "",
    ],
)
def test_nobody_else_is_let_in(wrong):
    assert statuses(wrong) == [403]


@pytest.mark.parametrize("apart", [timedelta(hours=2), timedelta(hours=-2), timedelta(0)])
def test_a_clock_that_is_two_hours_off_at_most_is_let_in(apart):
    assert statuses(token(at=NOW + apart)) == [200]


def test_the_clients_own_repeats_are_refused_since_they_are_not_signed_afresh():
    mesh = Mesh({WE: PASSWORD}, KEY)
    with serve_mesh(mesh) as url, client_at(url) as once:
        mesh.fail_next(503)
        repeats = MeshClient(url, WE, PASSWORD, shared_key=KEY.encode(), max_retries=2, retry_backoff_factor=0)
        with repeats, pytest.raises(requests.RequestException):
            repeats.handshake()
        assert once.handshake() == b"hello"
        assert mesh.calls[0].authorization == mesh.calls[1].authorization


# ---------------------------------------------------------------- messages


def test_what_one_sends_the_other_reads_until_it_is_acknowledged():
    with exchange() as (mesh, client), client_at(mesh.url, THEY) as other:
        sent = client.send_message(THEY, b"hello", **PAIR)
        (message,) = other.list_messages()
        found = other.retrieve_message(message)
        assert (found.read(), found.sender, found.recipient) == (b"hello", WE, THEY)
        assert (found.local_id, found.subject, found.workflow_id) == ("file-1", "file-1", OPT_OUT_WORKFLOW)
        found.close()
        other.acknowledge_message(message)
        assert other.list_messages() == []
        with pytest.raises(requests.HTTPError, match="410"):
            other.retrieve_message(message)
        assert client.track_message(sent)["status"] == "acknowledged"


@pytest.mark.parametrize("compress", [True, False])
def test_a_file_in_chunks_is_put_together_at_both_ends(compress):
    body = bytes(itertools.islice(itertools.cycle(range(256)), 10_000))
    with exchange(chunk_bytes=700) as (mesh, client), client_at(mesh.url, THEY) as other:
        client.send_message(THEY, body, max_chunk_size=999, compress=compress, **PAIR)
        assert [read for _, _, read in letters(other)] == [body]


def test_a_chunk_before_the_last_is_partial_content():
    with exchange(chunk_bytes=2) as (mesh, _):
        message = mesh.put(File(THEY, WE, "W", "l", "s", "f", b"abc"))
        path = f"{mesh.url}/messageexchange/{WE}/inbox/{message}"
        # The client signs each call; bare HTTP needs a header for each.
        with client_at(mesh.url) as signer:
            sign = signer._session.auth
            answers = [
                httpx.get(path + part, headers={"Authorization": sign()}, trust_env=False) for part in ("", "/2", "/3")
            ]
        assert [answer.status_code for answer in answers] == [206, 200, 404]
        assert [answer.headers.get("mex-chunk-range") for answer in answers] == ["1:2", "2:2", None]


def test_a_long_inbox_comes_in_pages():
    with exchange() as (mesh, client):
        ids = [mesh.put(File(THEY, WE, "W", str(number), "s", "f", b"x")) for number in range(501)]
        assert len(client.list_messages()) == 500
        assert list(client.iterate_message_ids(batch_size=10)) == ids


def test_a_file_for_nobody_or_of_nothing_is_refused_with_its_code():
    with exchange() as (_, client):
        for recipient, body, code in (("X26ZZZ9", b"x", "12"), (THEY, b"", "02")):
            with pytest.raises(MeshError) as refused:
                client.send_message(recipient, body, **PAIR)
            assert refused.value.args[1]["detail"][0]["code"] == code


def test_a_message_that_does_not_exist_and_one_of_another_mailbox_are_not_found():
    with exchange() as (mesh, client):
        theirs = mesh.put(File(WE, THEY, "W", "l", "s", "f", b"x"))
        for message in ("none", theirs):
            for ask in (client.retrieve_message, client.acknowledge_message, client.track_message):
                with pytest.raises(requests.HTTPError, match="404"):
                    ask(message)


def test_what_could_not_be_delivered_is_reported_without_a_body():
    with exchange() as (mesh, client):
        mesh.undeliverable = True
        sent = client.send_message(THEY, b"hello", **PAIR)
        (message,) = client.list_messages()
        report = client.retrieve_message(message)
        assert (report.message_type, report.read(), report.subject) == ("REPORT", b"", "NDR: file-1")
        assert (report.mex_header("linkedmsgid"), report.mex_header("statuscode")) == (sent, "14")
        report.close()
        assert mesh.inbox(THEY) == []


def test_what_is_late_comes_when_it_is_delivered():
    with exchange() as (mesh, client):
        mesh.late = True
        client.send_message(WE, b"hello", **PAIR)
        assert client.list_messages() == []
        mesh.deliver()
        assert len(client.list_messages()) == 1


@pytest.mark.parametrize("status", [403, 429, 500, 503])
def test_a_fault_comes_as_often_as_it_was_asked_for_and_where(status):
    with exchange() as (mesh, client):
        mesh.fail_next(status, operation="list")
        client.handshake()
        with pytest.raises(requests.HTTPError, match=str(status)):
            client.list_messages()
        assert client.list_messages() == []


# ---------------------------------------------------------------- the opt-out check


def asked(check, body, **words):
    """What comes back for a file."""
    with exchange(check) as (_, client):
        client.send_message(check.mailbox, body, **(PAIR | words))
        return letters(client)


def test_the_check_answers_with_a_receipt_and_the_list_of_those_who_have_not_opted_out():
    receipt, answer = asked(OptOutCheck(CHECKER, {BEN}), f"{ADA},\n{BEN},\n{CAT},\n".encode())
    assert (receipt[0], json.loads(receipt[2])["local_id"]) == ("SUCCESS", "file-1")
    assert answer == ("file-1", "DATA", f"{ADA},\n{CAT},\n".encode())


def test_where_everybody_has_opted_out_the_list_is_empty():
    assert asked(OptOutCheck(CHECKER, {ADA}), f"{ADA},\n".encode())[1][2] == b""


@pytest.mark.parametrize("words", [{"subject": ""}, {"local_id": ""}, {"local_id": "a:b"}, {"subject": "a b"}])
def test_without_a_plain_subject_and_local_id_the_check_keeps_silent(words):
    assert asked(OptOutCheck(CHECKER), f"{ADA},\n".encode(), **words) == []


@pytest.mark.parametrize("body", [b"9990000019,\n", f"{ADA}\n".encode(), b"x,\n", f"{ADA},{BEN},\n".encode()])
def test_a_file_with_a_wrong_line_is_answered_with_one_line_that_says_so(body):
    ((_, _, said),) = asked(OptOutCheck(CHECKER), body)
    assert said.startswith(b"ERROR")
    assert said.count(b"\n") == 1


def test_the_faults_of_an_answer_are_what_they_say():
    assert cut(b"9990000018,\n") == b"99900000"
    assert with_somebody_else(BEN)(b"").decode() == f"{BEN},\n"


# ---------------------------------------------------------------- the trace by file

PEOPLE = (
    person(ADA, family="Example", given=["Adalind"], birth_date="1941-02-03", postcode="ZE1 0AA", gender="female"),
    person(BEN, family="Sample", given=["Bo"], birth_date="1950-01-01", postcode="M1 1AE", security="R"),
)


def traced(known, people=PEOPLE, **options):
    """What our own reading makes of the service's answer to our own file."""
    with exchange(TraceByFile(TRACER, people, **options)) as (_, client):
        client.send_message(TRACER, batch.write_request({REFERENCE: known}), **(PAIR | {"workflow_id": TRACE_WORKFLOW}))
        ((_, _, body),) = letters(client)
    return batch.read_response(body)[REFERENCE]


@pytest.mark.parametrize(
    ("known", "code", "by", "matched"),
    [
        (ours(ADA), "00", "1", ADA),
        (ours(ADA, birth_date="1941-02-04"), "96", "0", None),
        (ours(), "00", "3", ADA),
        (ours(family="Nobody"), "98", "4", None),
        (ours(BEN, birth_date="1950-01-01"), "92", "1", BEN),
        (ours(family="Sample", given=("Bo",), birth_date="1950-01-01"), "92", "3", BEN),
    ],
)
def test_the_trace_answers_with_the_codes_of_the_data_dictionary(known, code, by, matched):
    answer = traced(known)
    assert (answer.code, answer.traced_by) == (code, by)
    assert (answer.matched.value if answer.matched else None) == matched


def test_a_superseded_number_is_answered_with_the_one_in_its_place():
    answer = traced(ours(CAT), superseded={CAT: ADA})
    assert (answer.code, answer.matched.value) == ("90", ADA)


def test_two_who_fit_are_several():
    twin = person(CAT, family="Example", given=["Other"], birth_date="1941-02-03")
    answer = traced(ours(), people=(*PEOPLE, twin))
    assert (answer.code, answer.several, answer.matched) == ("97", True, None)


def test_of_who_is_restricted_no_place_is_told():
    answer = traced(ours(BEN, birth_date="1950-01-01"))
    assert (answer.patient.postcodes, answer.patient.sensitivity) == ((), "restricted")


def test_every_row_of_a_file_is_answered_under_its_reference():
    with exchange(TraceByFile(TRACER, PEOPLE)) as (_, client):
        client.send_message(TRACER, batch.write_request({REFERENCE: ours(), OTHER: ours(ADA)}), **PAIR)
        ((_, _, body),) = letters(client)
    assert set(batch.read_response(body)) == {REFERENCE, OTHER}


def test_a_file_shows_nothing_of_what_is_in_it():
    assert repr(File(WE, THEY, "W", "l", "s", "f", ADA.encode())) == "File(W, 10 bytes)"
