"""Does our mailbox speak with the national MESH sandbox as with our own?"""

from __future__ import annotations

import random

import pytest

from adapter.mailbox import MeshRefusedError
from pds_client.simulator.mesh_file import File
from tests.carried import OURS
from tests.peer.sandbox import CHECKER, client_at, mailbox_at, post

WORDS = {"workflow_id": "TEST_WORKFLOW", "local_id": "file-1", "filename": "x.dat"}


def file_for_us(body: bytes, local_id: str = "file-1") -> File:
    """A file on its way to our mailbox."""
    return File(CHECKER, OURS, "TEST_WORKFLOW_ACK", local_id, "said", "x.dat", body)


def of_size(count: int) -> bytes:
    """So many bytes, no two stretches of which are alike."""
    return random.Random(1).randbytes(count)


# ---------------------------------------------------------------- who is let in


def test_who_we_are_is_accepted(peer: str) -> None:
    mailbox = mailbox_at(peer)
    mailbox.handshake()
    assert mailbox.inbox() == []


@pytest.mark.parametrize("wrong", ["password", "shared_key", "mailbox"])
def test_who_says_one_thing_wrong_is_told_what_to_check(peer: str, wrong: str) -> None:
    mailbox = mailbox_at(peer, **{f"mesh_{wrong}": "X26WRONG"})
    with pytest.raises(MeshRefusedError, match="403"):
        mailbox.handshake()


def test_a_file_for_a_mailbox_that_nobody_has_is_refused(peer: str) -> None:
    with pytest.raises(MeshRefusedError, match="417"):
        mailbox_at(peer).send("X26NOBODY", b"x", **WORDS)


# ---------------------------------------------------------------- sent and fetched


def test_a_file_of_two_chunks_that_we_send_arrives_as_it_was(peer: str) -> None:
    body = of_size((50 << 20) + 1)
    message = mailbox_at(peer).send(CHECKER, body, **WORDS)
    with client_at(peer, CHECKER) as client:
        assert client.retrieve_message(message).mex_header("chunk-range") == "1:2"
    letter = mailbox_at(peer, CHECKER).fetch(message)
    assert letter is not None
    assert letter.body == body
    assert (letter.local_id, letter.subject, letter.is_report) == ("file-1", "file-1", False)


@pytest.mark.parametrize("compress", [True, False])
def test_a_file_that_another_sends_in_chunks_is_put_together(peer: str, compress: bool) -> None:
    body = of_size(3_500_000)
    with client_at(peer, CHECKER) as client:
        message = post(client, file_for_us(body), compress=compress, max_chunk_size=1_000_000)
    letter = mailbox_at(peer).fetch(message)
    assert letter is not None
    assert letter.body == body


def test_a_file_of_a_workflow_that_nobody_registered_is_fetched_like_any_other(peer: str) -> None:
    message = mailbox_at(peer).send(CHECKER, b"x", **WORDS | {"workflow_id": "NOBODY_REGISTERED_THIS"})
    letter = mailbox_at(peer, CHECKER).fetch(message)
    assert letter is not None
    assert letter.body == b"x"


def test_an_inbox_of_several_pages_is_read_to_its_end(peer: str) -> None:
    with client_at(peer, CHECKER) as client:
        sent = {post(client, file_for_us(b"x", f"file-{number}")) for number in range(501)}
    found = mailbox_at(peer).inbox()
    assert (len(found), set(found)) == (501, sent)


def test_only_what_was_acknowledged_is_out_of_the_inbox(peer: str) -> None:
    with client_at(peer, CHECKER) as client:
        first, second = (post(client, file_for_us(b"x", local_id)) for local_id in ("file-1", "file-2"))
    mailbox = mailbox_at(peer)
    mailbox.fetch(first)
    assert mailbox.inbox() == [first, second]
    mailbox.acknowledge(first)
    assert mailbox.inbox() == [second]


def test_a_message_that_is_not_there_is_gone(peer: str) -> None:
    mailbox = mailbox_at(peer)
    mailbox.acknowledge("0123456789ABCDEF")
    assert mailbox.fetch("0123456789ABCDEF") is None


def test_a_message_for_another_is_refused(peer: str) -> None:
    message = mailbox_at(peer).send(CHECKER, b"x", **WORDS)
    with pytest.raises(MeshRefusedError, match="403"):
        mailbox_at(peer).fetch(message)
