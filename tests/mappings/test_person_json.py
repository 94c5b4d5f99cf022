"""Reading the `person-json` layout: what a well-meant stream holds, and what is said of a bad one."""

import io
import json
from typing import Any

import pytest

from mappings.readers import read
from mappings.record import CaseRecord, Header, Trailer
from tests.mappings.people import FILE, Json, array, items, lines, message, problems, record, records, somebody

HEADER = {"council": "999", "mode": "full", "sequence": 41}


def people(*ids: int) -> list[Json]:
    return [somebody(id=each) for each in ids]


@pytest.mark.parametrize("write", [lines, array])
def test_a_stream_gives_its_header_its_persons_and_its_trailer_in_order(write: Any):
    kinds = [type(item) for item in items(write(HEADER, *people(71, 72), {"persons": 2}), council=None)]
    assert kinds == [Header, CaseRecord, CaseRecord, Trailer]


@pytest.mark.parametrize(
    "content",
    [
        lines(somebody()),
        json.dumps(somebody()).encode(),
        json.dumps(somebody(), indent=2).encode(),
        b"\n \n" + json.dumps(somebody(), indent=2).encode() + b"\n\n",
        array(somebody()),
        lines(somebody()).replace(b"\n", b"\r\n"),
    ],
)
def test_a_single_person_is_a_stream_however_it_is_laid_out(content: bytes):
    assert [type(item) for item in items(content)] == [Header, CaseRecord]


def test_objects_over_several_lines_may_follow_each_other():
    content = b"\n".join(json.dumps(each, indent=1).encode() for each in people(71, 72))
    assert [(found.local_id, found.line) for found in records(content)] == [("71", 1), ("72", 6)]


def test_an_empty_array_holds_nobody():
    assert items(b" [ ] ") == []


def test_the_header_says_whose_records_these_are():
    stated = HEADER | {"system": "Mosaic", "systemVersion": "23", "extractId": "X", "created": "2025-11-21T02:00:00Z"}
    (found, *_) = items(lines(stated), council=None)
    assert found == Header("999", "Mosaic", "23", "X", "2025-11-21T02:00:00Z", "full", 41, line=1, encoding="utf-8")


def test_where_there_is_no_header_the_caller_says_whose_records_these_are():
    (header, _) = items(lines(somebody()), council="E9")
    assert isinstance(header, Header)
    assert (header.council, header.mode) == ("E9", "delta")


def test_what_the_header_says_is_not_overruled_by_the_caller():
    (header, *_) = items(lines({"council": "998"}, somebody()), council="999")
    assert isinstance(header, Header)
    assert header.council == "998"


def test_records_of_nobody_knows_whose_are_not_read():
    (found,) = items(lines(somebody()), council=None)
    assert str(found) == f"{FILE}:1 council is missing; nothing says whose records these are"


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        ({"mode": "everything"}, "mode `everything` is neither full nor delta; it counts as delta"),
        ({"sequence": "next"}, "sequence `next` is not a whole number"),
        ({"sequence": 10**30}, "is not a whole number"),
        ({"created": "yesterday"}, "created `yesterday` is not a point in time"),
        ({"colour": "red"}, "file.colour is not known to the layout"),
    ],
)
def test_what_cannot_be_read_in_a_header_is_said_and_ignored(stated: Json, said: str):
    (found,) = problems(lines({"council": "999"} | stated, somebody()))
    assert said in str(found)
    assert found.effect == "ignored"


def test_each_complaint_has_a_place_in_the_words_of_the_stream():
    strange = message(person=somebody(phoneNumbers=[{"number": "1"}, {"number": {"area": 1}}]))
    (found,) = problems(array(somebody(id=72), strange))
    assert str(found).startswith(f"{FILE}:7 [1].person.phoneNumbers[1].number is no single value")
    (found,) = problems(lines(somebody(id=72), strange))
    assert str(found).startswith(f"{FILE}:2 person.phoneNumbers[1].number is no single value")


@pytest.mark.parametrize("name", ["address", "phoneNumbers", "otherNames", "gpDetails", "keyContacts"])
def test_a_text_where_an_object_is_known_is_said(name: str):
    (problem,) = record(somebody(**{name: "oddly written"})).problems
    assert (problem.field, problem.effect) == (name, "dropped")


@pytest.mark.parametrize("name", ["restricted", "dateOfDeath", "firstName"])
@pytest.mark.parametrize("value", [{"value": "N"}, ["N"]])
def test_an_object_where_one_value_is_known_quarantines(name: str, value: object):
    (problem,) = record(somebody(**{name: value})).problems
    assert (problem.field, problem.effect) == (name, "quarantined")


def test_an_unknown_name_is_said_once_in_a_file():
    found = problems(lines(somebody(shoeSize=43), somebody(id=72, shoeSize=44, address={"floor": 3})))
    assert [problem.field for problem in found] == ["person.shoeSize", "address.floor"]
    assert {problem.effect for problem in found} == {"ignored"}


def test_a_stream_that_invents_names_does_not_fill_the_report():
    found = problems(lines(somebody(**{f"n{number}": 1 for number in range(1000)})))
    assert len(found) == 201
    assert "no more are listed" in str(found[-1])


def test_nothing_but_plain_text_is_in_a_record():
    found = record(message(sequence=7, person=somebody(address={"uprn": 10033544614})))
    held = [found.local_id, *found.root.attributes.values(), *found.root.children[0].attributes.values()]
    assert {type(each) for each in held} == {str}


def test_numbers_stay_the_text_that_they_were_written_as():
    content = b'{"id": 71, "contextFlag": "A", "nhsNumber": 9990001006, "address": {"uprn": 100335446140000000000001}}'
    (found,) = records(content)
    assert [(child.name, child.text) for child in found.root.children][1:] == [("nhsNumber", "9990001006")]
    assert found.root.children[0].attributes == {"uprn": "100335446140000000000001"}


def test_the_trailer_is_yielded_when_the_count_is_right():
    assert items(lines(HEADER, *people(71, 71), {"persons": 2}))[-1] == Trailer(persons=2, sha256=None, line=4)


def test_a_count_that_does_not_match_is_said_and_there_is_no_trailer():
    found = items(lines(HEADER, somebody(), {"persons": 2}))
    assert "persons `2` does not match: the file holds 1 records" in str(found[-1])


@pytest.mark.parametrize("lost", [{"firstName": "Ada", "id": None}, message(personId=72)])
def test_where_nobody_knows_whose_a_record_is_nobody_counts_as_absent(lost: Json):
    found = items(lines(HEADER, somebody(id=73), lost, {"persons": 2}))
    assert not any(isinstance(item, Trailer) for item in found)
    assert "who is not in it does not count as absent" in str(found[-1])


def test_the_first_rows_of_a_case_system_are_not_lost():
    assert isinstance(items(lines(HEADER, somebody(id=1), {"persons": 1}))[-1], Trailer)


def test_what_follows_the_trailer_stops_the_file():
    assert "the trailer stands last" in str(items(lines(HEADER, {"persons": 0}, somebody()))[-1])


def test_a_full_file_without_a_trailer_is_read_and_the_lack_is_said():
    assert "persons is missing; nothing says whether the file is whole" in str(items(lines(HEADER, somebody()))[-1])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_the_first_bytes_tell_the_encoding(encoding: str):
    (header, found) = items(json.dumps(somebody(firstName="Brontë 🙂"), ensure_ascii=False).encode(encoding))
    assert isinstance(header, Header)
    assert isinstance(found, CaseRecord)
    assert found.root.attributes["firstName"] == "Brontë 🙂"
    assert header.encoding == ("utf-16-le" if encoding == "utf-16" else "utf-8")


class _Slow(io.RawIOBase):
    """A stream that gives three bytes at a time."""

    def __init__(self, content: bytes) -> None:
        self._left = content

    def read(self, size: int = -1) -> bytes:
        given, self._left = self._left[:3], self._left[3:]
        return given


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize("write", [lines, array])
def test_it_makes_no_difference_in_which_pieces_a_stream_arrives(write: Any, encoding: str):
    content = write(HEADER, *(somebody(id=each, firstName='Brontë 🙂 "\\') for each in (71, 72)), {"persons": 2})
    content = content.decode().encode(encoding)
    whole = items(content)
    slow = list(read("person-json", _Slow(content), FILE, council="999"))  # type: ignore[arg-type]
    assert [type(item) for item in slow] == [Header, CaseRecord, CaseRecord, Trailer]
    assert [getattr(item, "digest", item) for item in slow] == [getattr(item, "digest", item) for item in whole]
