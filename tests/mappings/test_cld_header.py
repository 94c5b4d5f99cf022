"""The columns of a national return, and whose return it is."""

from dataclasses import replace

import pytest

from mappings.record import Header
from tests.mappings.extracts import said
from tests.mappings.sheets import ADA, HEADERS, header, items, mapping, problems, records, sheet, written


@pytest.mark.parametrize("write", [str.upper, str.lower, lambda name: name.replace(" ", "_"), lambda name: f" {name}."])
def test_a_header_is_known_however_a_council_writes_it(write):
    content = written([[write(header) for header in HEADERS], [ADA.get(header, "") for header in HEADERS]])
    assert [record.digest for record in records(content)] == [record.digest for record in records(sheet({}))]


def test_the_header_is_the_councils_code_of_the_return():
    assert header(sheet({})).council == "999"


def test_a_deployment_may_call_the_council_something_else():
    layout = replace(mapping("cld").layout, councils={"999": "anytown"})
    assert header(sheet({}), layout).council == "anytown"


def test_a_file_of_two_councils_is_stopped_before_anybody_is_read():
    (found,) = items(sheet({}, {"LA Code": "998", "LA Person Unique Identifier": "B"}))
    assert str(found) == "file.csv:1 LA Code `998, 999` is not one and the same; send a file for each council"


def test_a_row_of_no_council_takes_its_person_out():
    content = sheet({}, {"LA Code": ""}, {"LA Person Unique Identifier": "B"})
    assert [record.local_id for record in records(content)] == ["B"]
    (found,) = problems(content)
    assert (found.effect, found.person) == ("quarantined", "A1")


def test_a_column_that_nobody_is_told_apart_by_may_be_missing_and_is_said():
    headers = [header for header in HEADERS if header != "GP Practice Name"]
    assert said(problems(sheet({}, headers=headers))) == [
        "file.csv:1 GP Practice Name is no column of the file; it counts as blank in every row"
    ]


@pytest.mark.parametrize(
    "missing", ["LA Code", "NHS Number", "LA Person Unique Identifier", "Date of Birth", "Event End Date"]
)
def test_a_column_that_tells_people_apart_must_be_there(missing: str):
    found = items(sheet({}, headers=[header for header in HEADERS if header != missing]))
    assert not any(isinstance(item, Header) for item in found)
    assert f"{missing} is no column of the file" in str(found[-1])
