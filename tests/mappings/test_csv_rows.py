"""Reading any CSV: what a row is, where it stands, and what is said of one that cannot be read."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mappings.problems import Problem
from mappings.readers import Caps, read
from mappings.record import CaseRecord, Header, Trailer
from tests.mappings.extracts import said
from tests.mappings.sheets import ADA, HEADERS, PLAIN, header, items, problems, records, sheet, trailer, written

HEAD = b"Id,Name,Kind,Day\r\n"


def ids(content: bytes) -> list[str]:
    return [record.local_id for record in records(content, PLAIN)]


def test_a_file_gives_its_header_its_persons_and_its_trailer_in_order():
    kinds = [type(item) for item in items(HEAD + b"1,Ada,x,\r\n2,Bo,y,\r\n", PLAIN)]
    assert kinds == [Header, CaseRecord, CaseRecord, Trailer]


def test_a_persons_rows_are_found_wherever_they_stand():
    found = records(HEAD + b"1,Ada,x,\n2,Bo,y,\n1,Ada,z,\n", PLAIN)
    assert [(record.local_id, len(record.root.children)) for record in found] == [("1", 2), ("2", 1)]


def test_a_line_number_is_right_after_quoted_line_breaks():
    (one, two) = records(HEAD + b'1,"Ada\r\nMay\r\nQuill",x,\r\n2,"B\no",y,\r\n', PLAIN)
    assert (one.line, one.root.children[0].line, two.line) == (2, 2, 5)
    assert one.root.attributes["name"] == "Ada May Quill"


def test_a_stray_quote_costs_the_row_that_it_stands_in_and_no_other():
    content = HEAD + b'1,"Ada,x,\r\n2,"Bo",y,\r\n3,Cy,z,\r\n'
    assert said(problems(content, PLAIN)) == [
        "file.csv:2 row is not CSV: a quote is not closed or stands alone, or a field is too long; the row is not read"
    ]
    assert ids(content) == ["2", "3"]


def test_a_quote_that_is_never_closed_costs_one_row():
    content = HEAD + b'1,"Ada,x,\n' + b"".join(b"%d,Bo,y,\n" % number for number in range(2, 3000))
    assert [problem.line for problem in problems(content, PLAIN)] == [2]
    assert ids(content) == [str(number) for number in range(2, 3000)]


def test_a_field_past_reason_costs_its_row():
    content = HEAD + b"1," + b"x" * 200_000 + b",x,\n2,Bo,y,\n"
    assert [problem.effect for problem in problems(content, PLAIN)] == ["quarantined"]
    assert ids(content) == ["2"]


def test_a_line_past_the_cap_stops_the_file():
    (found,) = items(HEAD + b"1," + b"x" * 3_000_000 + b"\n2,Bo,y,\n", PLAIN, Caps(person_bytes=1_000_000))
    assert str(found) == "file.csv:2 line is larger than 1000000 bytes"
    assert found.effect == "stopped"


def test_a_nul_byte_costs_its_row():
    content = HEAD + b"1,A\0da,x,\n2,Bo,y,\n"
    assert said(problems(content, PLAIN)) == ["file.csv:2 row holds a NUL byte; the row is not read"]
    assert ids(content) == ["2"]


@pytest.mark.parametrize("row", [b"1,Ada,x\n", b"1,Ada,x,,more\n", b"1\n"])
def test_a_row_with_other_cells_than_the_header_is_not_read(row: bytes):
    content = HEAD + row + b"2,Bo,y,\n"
    (found,) = problems(content, PLAIN)
    assert "cells where the header has 4" in str(found)
    assert ids(content) == ["2"]


def test_empty_cells_beyond_the_last_header_are_said_once():
    content = HEAD + b"1,Ada,x,,\n2,Bo,y,,,\n"
    assert said(problems(content, PLAIN)) == [
        "file.csv:2 row has empty cells beyond the last header; this is said once"
    ]
    assert ids(content) == ["1", "2"]


def test_a_row_of_blanks_is_no_row():
    assert items(HEAD + b"\r\n,,,\r\n  , ,,\r\n1,Ada,x,\r\n\r\n", PLAIN)[1].line == 5  # type: ignore[union-attr]


@pytest.mark.parametrize("local_id", [b"", b" ", b"-1", b"0", b"N/A", b"unknown"])
def test_a_row_without_a_local_id_is_nobodys(local_id: bytes):
    content = HEAD + local_id + b",Ada,x,\n2,Bo,y,\n"
    (found,) = problems(content, PLAIN)
    assert str(found).endswith("is missing; give every row the local id of its person")
    assert ids(content) == ["2"]


def test_a_row_that_stands_twice_counts_once():
    content = HEAD + b"1,Ada,x,\n2,Bo,y,\n1, Ada ,x,\n"
    assert said(problems(content, PLAIN)) == ["file.csv:4 row stands in line 2 already; it counts once"]
    assert len(records(content, PLAIN)[0].root.children) == 1


def test_two_rows_that_say_different_things_of_a_person_are_nobody():
    content = HEAD + b"1,Ada,x,\n1,Bo,y,\n2,Cy,z,\n"
    (found,) = problems(content, PLAIN)
    assert (found.effect, found.field, found.person) == ("quarantined", "Person@name", "1")
    assert ids(content) == ["2"]


def test_what_is_known_in_one_row_and_not_in_another_is_no_contradiction():
    (record,) = records(HEAD + b"1,,x,\n1,Unknown,y,\n1,ADA,z,\n1,Ada,u,\n", PLAIN)
    assert record.root.attributes["name"].casefold() == "ada"


def test_a_file_with_a_lost_row_says_nothing_of_who_is_absent():
    assert trailer(HEAD + b"1,Ada,x,\n", PLAIN) is not None
    assert trailer(HEAD + b"1,Ada,x,\n2,Bo\n", PLAIN) is None


@pytest.mark.parametrize("content", [b"", b"\n\n", b" ,,\n"])
def test_an_empty_file_is_stopped(content: bytes):
    (found,) = items(content, PLAIN)
    assert "file is empty" in str(found)


def test_a_file_without_a_column_that_must_be_there_is_stopped_before_anybody_is_read():
    (found,) = items(b"Name;Id;Kind\n1;Ada;x\n", PLAIN)
    assert "Id is no column of the file; expected a header row with all columns, parted by `,`" in str(found)


def test_fillers_and_unknown_columns_are_said_once_and_not_read():
    head = b"Id,Name,Kind,Day,Column1,Column2,Shoe size,,,\n"
    content = head + b"1,Ada,x,,MARKER,MARKER,MARKER,MARKER,,\n" * 1 + b"2,Bo,y,,a,b,c,d,e,f\n"
    assert said(problems(content, PLAIN)) == [
        "file.csv:1 Shoe size is not known to the layout; it is not read",
        "file.csv:1 file holds 5 columns without a header of their own; they are not read",
    ]
    assert "MARKER" not in str([record.root.attributes for record in records(content, PLAIN)])


def test_a_file_that_invents_columns_does_not_fill_the_report():
    head = ",".join(["Id", "Name", "Kind", "Day", *(f"Odd {number} x" for number in range(1000))])
    found = problems(f"{head}\n".encode(), PLAIN)
    assert len(found) == 201
    assert "no more are listed" in str(found[-1])


def test_of_two_columns_with_one_header_the_first_counts_and_who_differs_in_them_is_nobody():
    content = b"Id,Name,Kind,Day,NAME\n1,Ada,x,,Ada\n2,Bo,y,,Cy\n"
    assert said(problems(content, PLAIN)) == [
        "file.csv:1 NAME stands twice; the first column counts",
        "file.csv:3 Person has two columns of one name that differ; remove one of them",
    ]
    assert ids(content) == ["1"]


@pytest.mark.parametrize(
    "day", ["05/02/2024", "5/2/2024", "05/02/2024 00:00", "05/02/2024 13:45:10", "5/2/2024 1:45 PM"]
)
def test_a_day_is_read_as_the_layout_writes_it(day: str):
    (record,) = records(HEAD + f"1,Ada,x,{day}\n".encode(), PLAIN)
    assert record.root.children[0].attributes["day"] == "2024-02-05"


@pytest.mark.parametrize(
    "day", ["31/02/1950", "1/7/80", "2024-02-05T23:00:00Z", "05/02/2024 23:00+01:00", "45327", "soon"]
)
def test_what_is_no_day_is_kept_as_it_stands(day: str):
    (record,) = records(HEAD + f"1,Ada,x,{day}\n".encode(), PLAIN)
    assert record.root.children[0].attributes["day"] == day


def test_a_person_with_more_rows_than_a_person_may_have_is_nobody():
    content = HEAD + b"".join(b"1,Ada,%d,\n" % number for number in range(20)) + b"2,Bo,y,\n"
    found = items(content, PLAIN, Caps(elements=10))
    (quarantined,) = [item for item in found if isinstance(item, Problem)]
    assert "has more rows than a person may have" in str(quarantined)
    assert [item.local_id for item in found if isinstance(item, CaseRecord)] == ["2"]


def test_a_file_with_more_than_can_be_held_is_stopped_and_yields_nobody():
    content = HEAD + b"".join(b"%d,Ada,x,\n" % number for number in range(1, 200))
    (found,) = items(content, PLAIN, Caps(held_bytes=10_000))
    assert "send it in parts, each person whole" in str(found)


def test_a_file_past_its_cap_is_stopped():
    (found,) = items(HEAD + b"1,Ada,x,\n" * 50, PLAIN, Caps(file_bytes=100))
    assert "is larger than 100 bytes" in str(found)


def test_a_file_of_nothing_but_unreadable_rows_is_stopped():
    found = items(HEAD + b'1,"A"da,x,\n' * 2000, PLAIN)
    assert "holds more than 1000 rows that cannot be read" in str(found[-1])


def test_quotes_that_never_close_cost_no_more_than_the_file_is_long():
    # Each line leaves a quote open, whether it is read as the first of its row or as the next.
    found = items(HEAD + b'a","x\n' * 300_000, PLAIN)
    assert "holds more than 1000 rows that cannot be read" in str(found[-1])


def test_long_rows_with_quotes_that_never_close_stop_the_file_before_all_is_tried_again_and_again():
    found = items(HEAD + (b'a","b",' + b"x," * 50_000 + b'"c\n') * 100, PLAIN)
    assert "holds quotes that are never closed" in str(found[-1])


def test_a_row_past_the_cap_is_not_held():
    content = HEAD + (b'a","b",' + b"x," * 400 + b'"c\n') * 4 + b"2,Bo,y,\n"
    found = items(content, PLAIN, Caps(person_bytes=2000))
    assert [problem.line for problem in found if isinstance(problem, Problem)] == [2, 3, 4, 5]
    assert [item.local_id for item in found if isinstance(item, CaseRecord)] == ["2"]


def _check(content: bytes, layout: object) -> None:
    for item in read(layout, io.BytesIO(content), "file.csv"):  # type: ignore[arg-type]
        assert isinstance(item, Header | CaseRecord | Trailer | Problem)


@given(st.binary(max_size=300))
@settings(deadline=None)
def test_any_bytes_give_problems_or_records(content: bytes):
    _check(content, PLAIN)
    _check(HEAD + content, PLAIN)


@given(st.binary(max_size=40), st.integers(0, 3000), st.integers(0, 40))
@settings(max_examples=200, deadline=None)
def test_any_damage_to_a_good_file_gives_problems_or_records(noise: bytes, at: int, gone: int):
    whole = sheet({}, {"Event End Date": "02/04/2024", "Provider CQC Location Name": 'The "Oaks"\r\nAnytown'})
    _check(whole[:at] + noise + whole[at + gone :], "cld")


_CELLS = st.sampled_from(["", "A1", "999", "Unknown", "01/02/1950", "9999-12-31", "Service", "-1", 'a"b', "é", "x\ny"])


@given(st.lists(st.lists(_CELLS, min_size=len(HEADERS), max_size=len(HEADERS)), max_size=6))
@settings(max_examples=100, deadline=None)
def test_any_cells_give_problems_or_records(rows: list[list[str]]):
    _check(written([HEADERS, *rows]), "cld")


_ROWS = [
    ADA | {"Event Start Date": "01/03/2024", "First Name": "Ada May", "Postcode": "ZZ1 1AA"},
    ADA | {"Event Start Date": "01/03/2024", "First Name": "Adah", "Postcode": "ZZ1 1AB"},
    ADA | {"Event Start Date": "05/03/2023", "Event End Date": "04/03/2024", "Ethnicity": "White: Roma"},
    ADA | {"LA Person Unique Identifier": "B2", "First Name": "Bo", "Gender": "Male"},
    ADA | {"LA Person Unique Identifier": "B2", "First Name": "Bo", "Gender": "Unknown", "Event Type": "Review"},
    ADA | {"LA Person Unique Identifier": "C3", "Date of Birth": "1950"},
    ADA | {"LA Person Unique Identifier": "C3", "Date of Birth": "1951"},
]


def _digests(rows: list[dict[str, str]], headers: list[str]) -> set[tuple[str, str]]:
    return {(record.local_id, record.digest) for record in records(sheet(*rows, headers=headers))}


@given(st.permutations(_ROWS), st.permutations(HEADERS))
@settings(max_examples=60, deadline=None)
def test_any_order_of_columns_and_rows_gives_the_same_records(rows: list[dict[str, str]], headers: list[str]):
    assert _digests(rows, headers) == _digests(_ROWS, HEADERS)
    assert {local_id for local_id, _ in _digests(rows, headers)} == {"A1", "B2"}


@given(st.lists(st.lists(st.text('ab",\n\r ', max_size=5), min_size=2, max_size=2), min_size=1, max_size=5))
@settings(max_examples=150, deadline=None)
def test_what_a_writer_of_csv_writes_is_read_again(cells: list[list[str]]):
    numbered = [[str(number), name, kind, ""] for number, (name, kind) in enumerate(cells, 1)]
    found = {
        record.local_id: record.root for record in records(written([["Id", "Name", "Kind", "Day"], *numbered]), PLAIN)
    }
    assert len(found) == len(numbered)
    for local_id, name, kind, _ in numbered:
        assert found[local_id].attributes.get("name", "") == " ".join(name.split())
        told = [child.attributes["kind"] for child in found[local_id].children]
        assert told == ([" ".join(kind.split())] if kind.split() else [])


def test_the_council_of_a_plain_file_is_what_its_layout_says():
    assert header(HEAD, PLAIN).council == "999"


def test_the_parsers_limit_of_a_field_is_the_one_that_the_readme_names():
    assert csv.field_size_limit() == 131_072
