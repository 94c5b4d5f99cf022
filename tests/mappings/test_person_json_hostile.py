"""A stranger's JSON: it gives problems or records, never an exception, and never costs more than a cap allows."""

import io
import json
import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mappings.problems import Problem
from mappings.readers import Caps, read
from mappings.readers.person_vocabulary import MESSAGE, PERSON, Known
from mappings.record import CaseRecord, Header, Trailer
from tests.mappings.people import (
    FILE,
    Json,
    array,
    items,
    lines,
    mapped,
    message,
    problems,
    record,
    records,
    somebody,
)
from tests.mappings.test_uk_core import check

GOOD = somebody(id=72)


def quarantined(bad: bytes) -> Problem:
    """What is said of one bad line among good ones."""
    content = lines(somebody()) + bad + b"\n" + lines(GOOD)
    assert [found.local_id for found in records(content)] == ["71", "72"]
    (found,) = problems(content)
    assert (found.line, found.effect) == (2, "quarantined")
    return found


def stopped(content: bytes, caps: Caps | None = None) -> str:
    found = items(content, caps) if caps else items(content)
    assert isinstance(found[-1], Problem)
    assert found[-1].effect == "stopped"
    return str(found[-1])


@pytest.mark.parametrize(
    "bad",
    [
        b"{",
        b'{"id": 73, "contextFlag": "A"',
        b'{"id": 73} {"id": 74}',
        b"{'id': 73}",
        b'{"id": 073}',
        b'{"id": 73,}',
        b'{"firstName": "Ada\x01"}',
        b'{"firstName": "Ada\\x"}',
        b"person 73",
        b"null",
        b"73",
        b"[]",
        b"\x00\x01\x02",
    ],
)
def test_a_line_that_is_no_object_is_quarantined_and_the_rest_goes_on(bad: bytes):
    assert quarantined(bad).field == "line"


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (b'{"id": 73, "restricted": "Y", "restricted": "N"}', "line `restricted` holds the same name twice"),
        (b'{"id": 73, "address": {"uprn": 1, "uprn": 2}}', "line `uprn` holds the same name twice"),
        (b'{"id": 73, "reviewDate": NaN}', "line `NaN` holds a number that is none"),
        (b'{"id": 73, "reviewDate": -Infinity}', "line `-Infinity` holds a number that is none"),
        (b'{"id": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "is nested deeper than any record"),
        (b'{"id": 73, "x": ' + b"[" * 40 + b"]" * 40 + b"}", "is nested deeper than 16 objects and lists"),
    ],
)
def test_what_two_readers_would_read_differently_is_not_read(bad: bytes, said: str):
    assert said in str(quarantined(bad))


@pytest.mark.parametrize(
    "text", [b"\\ud800", b"\\udc00\\ud800", b"Bront\xeb", b"\\u0000", b"\\u001b", b"\\uffff", "\uffff".encode()]
)
def test_a_text_that_holds_no_character_is_quarantined(text: bytes):
    content = lines(somebody()) + b'{"id": 73, "contextFlag": "A", "firstName": "' + text + b'"}\n' + lines(GOOD)
    found = records(content)
    assert [(each.local_id, [p.effect for p in each.problems]) for each in found] == [
        ("71", []),
        ("73", ["quarantined"]),
        ("72", []),
    ]
    assert "firstName" not in found[1].root.attributes


def test_a_pair_of_halves_is_one_character():
    (found,) = records(b'{"id": 71, "contextFlag": "A", "firstName": "\\ud83d\\ude42"}')
    assert found.root.attributes["firstName"] == "\U0001f642"


@pytest.mark.parametrize("names", [b'"\\ud800": 1', b'"\\ud800": 1, "\\ud800": 2'])
def test_a_name_that_is_no_text_can_be_said(names: bytes):
    (found,) = problems(b'{"id": 71, "contextFlag": "A", ' + names + b"}")
    assert str(found).encode()


@pytest.mark.parametrize("number", [b"9" * 100_000, b"1e999999999", b"-0.0000000001e-99999", b"-0"])
def test_a_number_of_any_size_is_only_text(number: bytes):
    (found,) = records(b'{"id": 71, "contextFlag": "A", "address": {"uprn": ' + number + b"}}")
    assert found.root.children[0].attributes["uprn"].encode() == number


@pytest.mark.parametrize("content", [b"", b" \n \n", b"\xef\xbb\xbf", b"\xff\xfe"])
def test_an_empty_stream_says_so(content: bytes):
    assert "file is empty" in stopped(content)


@pytest.mark.parametrize(
    "content", [b"PK\x03\x04zip", b"id,name\n1,x\n", b"<CaseExtract/>", b'"text"', b"\x00\x01", b"7"]
)
def test_a_stream_that_is_no_json_says_so(content: bytes):
    assert "file is not JSON; expected an object, an array, or an object a line" in stopped(content)


@pytest.mark.parametrize("content", [b"\xff\xfe{\x00}", b"\xfe\xff\x00"])
def test_a_stream_that_is_not_in_its_encoding_says_so(content: bytes):
    assert "is not in the encoding that its first bytes tell" in stopped(content)


@pytest.mark.parametrize("bad", [b"nonsense", b'{"id": 73,}', b'{"id" 73}', b"{'id': 73}", b'{"firstName": "a\nb"}'])
def test_an_array_is_stopped_where_it_ends_badly_and_loses_nothing_before(bad: bytes):
    content = b"[" + json.dumps(somebody()).encode() + b",\n" + bad + b"," + b" " * 100 + b"{}]"
    assert [found.local_id for found in records(content)] == ["71"]
    assert f"{FILE}:2 file is not JSON" in stopped(content)


def test_what_follows_an_array_stops_the_file():
    assert "goes on behind the end of its array" in stopped(array(somebody()) + b"{}")


@pytest.mark.parametrize("between", [b" ", b";", b",,"])
def test_persons_of_an_array_stand_between_commas(between: bytes):
    each = json.dumps(somebody()).encode()
    assert "is not JSON" in stopped(b"[" + each + between + each + b" " * 20 + b"]")


def test_a_stream_cut_anywhere_is_never_taken_for_whole():
    for whole in (array(somebody(), {"persons": 1}), lines(somebody(), {"persons": 1})):
        for end in range(len(whole) - 1):
            found = items(whole[:end])
            assert not any(isinstance(item, Trailer) for item in found), whole[:end]


@pytest.mark.parametrize("write", [lines, array])
def test_a_stream_past_its_cap_is_stopped(write: Any):
    content = write(*(somebody(id=each) for each in range(10, 90)))
    assert "is larger than 2000 bytes" in stopped(content, Caps(file_bytes=2000))


@pytest.mark.parametrize("end", [b"", b"\n", b'"}\n', b'"}]'])
@pytest.mark.parametrize("begin", [b"", b"["])
def test_a_record_past_its_cap_stops_the_stream_before_it_is_held(begin: bytes, end: bytes):
    content = _Endless(begin + json.dumps(somebody()).encode() + (b"," if begin else b"\n") + b'{"firstName": "', end)
    found = list(read("person-json", content, FILE, caps=Caps(person_bytes=100_000), council="999"))  # type: ignore[arg-type]
    assert [item.local_id for item in found if isinstance(item, CaseRecord)] == ["71"]
    assert "holds a record larger than 100000 characters" in str(found[-1])
    assert content.given < 400_000


class _Endless(io.RawIOBase):
    """A record of two gigabytes, of which as little as possible is read."""

    def __init__(self, begin: bytes, end: bytes) -> None:
        self._begin = begin
        self._end = end
        self.given = 0

    def read(self, size: int = -1) -> bytes:
        begin, self._begin = self._begin, b""
        self.given += size
        if self.given > 2 << 30:
            return self._end
        return begin or b"a" * size


@pytest.mark.parametrize(
    ("said", "caps", "problem"),
    [
        ({"emails": ["a@b"] * 30}, Caps(elements=20), "holds more than 20 values"),
        ({"phoneNumbers": [{}] * 30}, Caps(elements=20), "holds more than 20 values"),
        ({"shoe": [[[[[1]]]]]}, Caps(depth=4), "is nested deeper than 4 objects and lists"),
    ],
)
def test_a_person_past_another_cap_is_quarantined_and_the_rest_goes_on(said: Json, caps: Caps, problem: str):
    content = array(somebody(**said), GOOD)
    (found,) = problems(content, caps)
    assert problem in str(found)
    assert (found.field, found.effect) == ("[0]", "quarantined")
    assert [each.local_id for each in records(content, caps)] == ["72"]


def _check(content: bytes) -> None:
    for item in read("person-json", io.BytesIO(content), FILE, council="999"):
        assert isinstance(item, Header | CaseRecord | Trailer | Problem)
        assert str(item).encode()


@given(st.binary(max_size=400))
@settings(deadline=None)
def test_any_bytes_give_problems_or_records(content: bytes):
    _check(content)


@given(st.binary(max_size=60), st.integers(0, 400), st.integers(0, 40), st.booleans())
@settings(max_examples=300, deadline=None)
def test_any_damage_to_a_good_stream_gives_problems_or_records(noise: bytes, at: int, gone: int, listed: bool):
    whole = (array if listed else lines)({"council": "999"}, message(sequence=1), somebody(id=72), {"persons": 2})
    _check(whole[:at] + noise + whole[at + gone :])


_WORDS = st.text(max_size=6) | st.sampled_from(
    [
        *("", "Y", "N", "perhaps", 71, -1, 1.5, True, None, "Unknown", "2024-02-05", "2024-02-05T00:00:00Z", "1950"),
        *("31/02/1950", "9999-12-31", "nhs-number", "objected", "withdrawn", "closed", "A.A12", "Polish", "Home"),
        *("child", "Phone", 9990001006, "SW1P 1PZ", "A9X9Y", "10033544614", "a\ud800b", [], {}),
    ]
)


@st.composite
def _objects(draw: st.DrawFn, known: Known = MESSAGE, depth: int = 3) -> Json:
    """Any object of the layout, with any of its names, saying anything."""
    names = sorted({*known.values, *known.texts, *known.closed, "oddity"})
    said = draw(st.dictionaries(st.sampled_from(names), _WORDS, max_size=6))
    for name in draw(st.lists(st.sampled_from(sorted(known.objects) or ["oddity"]), max_size=4)):
        inner = _objects(known.objects[name], depth - 1) if name in known.objects and depth else _WORDS
        said[name] = draw(inner | st.lists(inner, max_size=2) | _WORDS)
    return said | {name: 71 for name in said if name == "personId"}


@st.composite
def _messages(draw: st.DrawFn) -> Json:
    """Any message about one person."""
    person = draw(_objects(PERSON)) | {"id": 71}
    person.pop("mosaicId", None)
    operation = draw(st.sampled_from(["upsert", "merge", "delete", "objection", "burn"]))
    return draw(_objects()) | {"person": person, "operation": operation}


@given(_messages())
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_a_message_says_what_comes_out_is_fhir(said: Json):
    check(mapped(said))


@given(_objects())
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_object_of_the_layouts_own_words_gives_problems_or_records(said: Json):
    _check(json.dumps(said).encode())


def _shuffled(value: Any, order: random.Random) -> Any:
    if isinstance(value, dict):
        names = list(value)
        order.shuffle(names)
        return {name: _shuffled(value[name], order) for name in names}
    return [_shuffled(each, order) for each in value] if isinstance(value, list) else value


@given(_messages(), st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_in_which_order_names_are_written_makes_no_difference(said: Json, order: random.Random):
    one, other = (record(each) for each in (said, _shuffled(said, order)))
    assert (one.digest, one.problems) == (other.digest, other.problems)


def test_no_repr_shows_what_a_record_holds():
    assert "Ottoline" not in repr(record(somebody(firstName="Ottoline")))
