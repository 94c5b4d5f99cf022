"""In which encoding a file is read: by its mark, else as UTF-8, else as Windows-1252, and never by a guess."""

import codecs

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mappings.problems import Problem
from mappings.readers import Caps, read
from mappings.record import CaseRecord
from tests.mappings.extracts import said
from tests.mappings.sheets import PLAIN, header, items, problems, records

TEXT = "Id,Name,Kind,Day\r\n1,Zoë O’Hara – Łu,x,\r\n2,Bo,y,\r\n"
WESTERN = TEXT.replace("Łu", "Lu")


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (TEXT.encode("utf-8"), "utf-8"),
        (codecs.BOM_UTF8 + TEXT.encode("utf-8"), "utf-8"),
        (codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"), "utf-16"),
        (codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), "utf-16"),
        (b"Id,Name,Kind,Day\r\n1,Ada,x,\r\n", "utf-8"),
    ],
)
def test_a_file_says_in_which_encoding_it_was_read(content: bytes, encoding: str):
    assert header(content, PLAIN).encoding == encoding
    assert problems(content, PLAIN) == []
    if len(records(content, PLAIN)) == 2:
        assert records(content, PLAIN)[0].root.attributes["name"] == "Zoë O’Hara – Łu"


def test_what_is_not_utf_8_is_windows_1252_from_its_first_line_on():
    content = WESTERN.encode("windows-1252")
    assert header(content, PLAIN).encoding == "windows-1252"
    assert records(content, PLAIN)[0].root.attributes["name"] == "Zoë O’Hara – Lu"


def test_one_late_byte_decides_for_the_lines_before_it_too():
    content = (
        b"Id,Name,Kind,Day\n" + b"".join(b"%d,Ada,x,\n" % number for number in range(1, 9000)) + b"9000,Zo\xeb,x,\n"
    )
    assert header(content, PLAIN).encoding == "windows-1252"
    assert records(content, PLAIN)[-1].root.attributes["name"] == "Zoë"


def test_two_encodings_in_one_file_are_said():
    content = "Id,Name,Kind,Day\n1,Zoë,x,\n".encode() + b"2,Zo\xeb,x,\n"
    assert said(problems(content, PLAIN)) == [
        "file.csv:3 line is in one encoding and the lines before in another; the file is read as Windows-1252"
    ]


def test_one_id_in_two_encodings_is_nobody():
    content = "Id,Name,Kind,Day\nÅ1,Ada,x,\n".encode() + b"\xc51,Ada,y,\n2,Bo,z,\n"
    assert [record.local_id for record in records(content, PLAIN)] == ["2"]


def test_a_byte_that_no_encoding_has_costs_the_person_and_not_the_file():
    content = b"Id,Name,Kind,Day\n1,A\x81da,x,\n2,Bo,y,\n"
    (found,) = problems(content, PLAIN)
    assert (found.effect, found.line, found.person) == ("quarantined", 2, "1")
    assert [record.local_id for record in records(content, PLAIN)] == ["2"]


def test_a_marked_file_is_never_read_in_another_encoding():
    content = codecs.BOM_UTF8 + b"Id,Name,Kind,Day\n1,Zo\xeb,x,\n2,Bo,y,\n"
    assert header(content, PLAIN).encoding == "utf-8"
    assert [record.local_id for record in records(content, PLAIN)] == ["2"]


@pytest.mark.parametrize("content", [codecs.BOM_UTF16_LE + b"I\0d\0,", codecs.BOM_UTF16_LE + b"\0\xd8\0\0" * 3])
def test_a_file_that_is_not_what_its_mark_says_is_stopped(content: bytes):
    found = items(content, PLAIN)[-1]
    assert isinstance(found, Problem)
    assert found.effect == "stopped"


def test_utf_16_without_its_mark_is_stopped():
    found = items(TEXT.encode("utf-16-le"), PLAIN)[-1]
    assert isinstance(found, Problem)
    assert found.effect == "stopped"


@pytest.mark.parametrize("size", range(60_000, 66_000, 977))
def test_a_line_break_may_fall_between_two_parts_of_a_stream(size: int):
    content = b"Id,Name,Kind,Day\r\n1," + b"x" * size + b",x,\r\n" + b"2,Bo,y,\r\n" * 1000
    found = items(content, PLAIN, Caps())
    assert [problem.line for problem in found if isinstance(problem, Problem)] == list(range(4, 1003))


class Slow:
    """A stream that gives a few bytes at a time."""

    def __init__(self, content: bytes, most: int) -> None:
        self._left = content
        self._most = most

    def read(self, size: int) -> bytes:
        given, self._left = self._left[: self._most], self._left[self._most :]
        return given


_BODY = st.text(st.sampled_from('1,2,Zoë–\r\n"; '), max_size=60)


@given(_BODY, st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "windows-1252"]), st.integers(1, 9))
@settings(max_examples=200, deadline=None)
def test_a_file_says_the_same_however_its_stream_is_cut(body: str, encoding: str, most: int):
    content = ("Id,Name,Kind,Day\r\n" + body).encode(encoding)
    cut = [shown(item) for item in read(PLAIN, Slow(content, most), "file.csv")]  # type: ignore[arg-type]
    assert cut == [shown(item) for item in items(content, PLAIN)]


def shown(item: object) -> object:
    return (item.digest, item.line) if isinstance(item, CaseRecord) else item
