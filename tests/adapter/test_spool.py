"""Does an upload wait where nobody else reads it, and is it never held whole?"""

from __future__ import annotations

import asyncio
import stat
import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapter.claim import claim
from adapter.outcome import RefusedError
from adapter.push import fill
from adapter.spool import Spool
from adapter.unpack import Plain

KEY = b"key" * 10
MOST = 1 << 30


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "push", KEY)


def test_only_its_owner_reads_an_upload(spool: Spool, tmp_path: Path) -> None:
    spool.begin("one", Plain(), MOST)
    (file,) = (tmp_path / "push").iterdir()
    assert (stat.S_IMODE(file.stat().st_mode), stat.S_IMODE(file.parent.stat().st_mode)) == (0o600, 0o700)


def test_a_body_is_never_held_whole(spool: Spool) -> None:
    async def body() -> AsyncIterator[bytes]:
        for _ in range(1024):
            yield bytes(1 << 16)

    upload = spool.begin("one", Plain(), MOST)
    tracemalloc.start()
    asyncio.run(fill(upload, body()))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (upload.size, most < 8 << 20) == (1 << 26, True)


def test_the_same_content_has_the_same_digest_and_another_key_another(spool: Spool, tmp_path: Path) -> None:
    other = Spool(tmp_path / "other", b"other" * 5)
    uploads = [
        spool.begin("one", Plain(), MOST),
        spool.begin("two", Plain(), MOST),
        other.begin("three", Plain(), MOST),
    ]
    for upload, parts in zip(uploads, ([b"ab", b"c"], [b"abc"], [b"abc"]), strict=True):
        for part in parts:
            upload.write(part)
    one, two, three = (upload.digest for upload in uploads)
    assert one == two != three


def test_what_is_under_way_is_nobody_elses_and_what_was_left_is_taken_up(spool: Spool) -> None:
    under_way = spool.begin("one", Plain(), MOST)
    left = spool.begin("two", Plain(), MOST).end()
    left.let_go()
    assert [held.path.stem for held in spool.left_behind()] == ["two"]
    under_way.write(b"x")
    assert under_way.end().path.read_bytes() == b"x"


def test_what_never_became_whole_is_destroyed(spool: Spool, tmp_path: Path) -> None:
    path = tmp_path / "push" / "one.part"
    path.parent.mkdir()
    path.write_bytes(b"half")
    assert (list(spool.left_behind()), path.exists()) == ([], False)


def test_past_the_cap_nothing_more_is_written(spool: Spool) -> None:
    upload = spool.begin("one", Plain(), 5)
    upload.write(b"12345")
    with pytest.raises(RefusedError, match="too-long"):
        upload.write(b"6")


def test_a_claim_holds_until_it_is_let_go(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    first = claim(tmp_path / "a")
    assert first is not None and claim(tmp_path / "a") is None
    first.let_go()
    assert claim(tmp_path / "a") is not None


def test_nothing_but_a_plain_file_is_claimed(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    (tmp_path / "link").symlink_to(tmp_path / "a")
    assert [claim(tmp_path / name) for name in ("link", "none", ".")] == [None, None, None]
