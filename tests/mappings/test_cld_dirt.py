"""The dirt of Client Level Data, line by line: what is dropped, what is kept, and that nothing is made up."""

import json

import pytest

from tests.mappings.extracts import merged, of_type, only, plain
from tests.mappings.sheets import ada, mapped, problems, records, sheet

# The words of national returns and case systems for nothing at all.
NOTHING = ["", "Unknown", "Not known", "Not Recorded", "Not Stated", "Refused", "N/A", "-1", "0", "null"]


@pytest.mark.parametrize("word", NOTHING)
@pytest.mark.parametrize(
    "column", ["First Name", "Postcode", "Ethnicity", "GP Practice Code", "Provider CQC Location ID"]
)
def test_a_word_for_nothing_is_nobodys_value(column: str, word: str):
    found = plain(ada({column: word}))
    found.pop("problems")
    assert word == "" or f'"{word}"' not in json.dumps(found["resources"])


@pytest.mark.parametrize(
    "name", ["DUPLICATE Ada", "Ada (duplicate)", "UNKNOWN", "Test", "Baby", "Missing NHS Number", "xxxx"]
)
def test_a_name_that_is_none_is_not_told(name: str):
    assert only(ada({"First Name": name}), "Patient")["name"] == [{"family": "Quill"}]


@pytest.mark.parametrize("name", ["ADA", "Ada Augusta", "O'Hara-Łuć", "Zoë"])
def test_a_name_is_told_as_it_is_written(name: str):
    assert only(ada({"First Name": name}), "Patient")["name"][0]["given"] == [name]


@pytest.mark.parametrize("postcode", ["XXXX", "nopostcode", "W1A", "NK1 0AA", "NF1 1AB", "ZZ99 3VZ"])
def test_a_postcode_that_is_none_is_dropped_with_a_problem(postcode: str):
    found = ada({"Postcode": postcode})
    assert "address" not in only(found, "Patient")
    assert [problem.value for problem in found.problems] == [postcode]


def test_a_postcode_is_written_as_post_offices_do():
    assert only(ada({"Postcode": "sw1p1pz"}), "Patient")["address"] == [{"postalCode": "SW1P 1PZ"}]


@pytest.mark.parametrize("gender", ["", "Not Recorded"])
def test_a_gender_that_is_not_recorded_is_not_told(gender: str):
    found = ada({"Gender": gender})
    assert "gender" not in only(found, "Patient")
    assert found.problems == ()


def test_a_practice_without_a_code_is_named_and_no_organisation_of_the_persons():
    found = ada({"GP Practice Name": "Tanyard Surgery"})
    assert only(found, "Patient")["generalPractitioner"] == [{"type": "Organization", "display": "Tanyard Surgery"}]
    assert found.organisations == ()


@pytest.mark.parametrize(("day", "read"), [("01/01/1940", "1940-01-01"), ("soon", "unknown"), ("31/12/9999", "no")])
def test_a_death_is_a_death_however_odd_its_date(day: str, read: str):
    assert ada({"Date of Death": day}).facts["died"] == read


def test_a_service_without_a_beginning_is_a_service():
    found = ada({"Event Start Date": ""})
    (service,) = [merged(each) for each in of_type(found, "EpisodeOfCare") if each.key.startswith("service")]
    assert (service["status"], "period" in service) == ("active", False)


@pytest.mark.parametrize("end", ["", "31/12/9999", "99991231", "9999-12-31"])
def test_what_never_ends_goes_on(end: str):
    (service,) = [each for each in of_type(ada({"Event End Date": end}), "EpisodeOfCare") if each.key != "involvement"]
    assert merged(service)["status"] == "active"


def test_a_beginning_that_is_set_anew_each_april_is_two_episodes_and_none_is_invented_between():
    old = {"Event Start Date": "01/04/2023", "Event End Date": "31/03/2024"}
    found = ada(old, {"Event Start Date": "01/04/2024"})
    periods = [merged(each)["period"] for each in of_type(found, "EpisodeOfCare") if each.key != "involvement"]
    assert periods == [{"start": "2024-04-01"}, {"start": "2023-04-01", "end": "2024-03-31"}]


def test_two_support_reasons_of_one_time_tell_no_case_of_either_kind():
    one = {"Primary Support Reason": "Mental Health Support"}
    other = {"Primary Support Reason": "Learning Disability Support", "Service Component": "Meals"}
    assert ada(one, other).facts["mental_health"] == "unknown"


def test_the_values_of_both_releases_stand_in_one_file():
    old = {"Ethnicity": "White - Irish", "Client Type": "Service User", "Service Component": "Home Support"}
    new = {"Ethnicity": "White: Irish", "Client Type": "Service user", "Service Component": "Home support"}
    content = sheet(old, new | {"Event Start Date": "01/05/2024"})
    assert problems(content) == []
    (found,) = mapped(content)
    assert found.problems == ()
    assert only(found, "Patient")["extension"][0]["valueCodeableConcept"]["coding"][0]["code"] == "B"


@pytest.mark.parametrize("local_id", ["tmp123", "NC-7", "PER100201", "000123", "A/1 b"])
def test_a_local_id_is_kept_as_it_is_written(local_id: str):
    assert [record.local_id for record in records(sheet({"LA Person Unique Identifier": local_id}))] == [local_id]


def test_one_id_with_two_forenames_is_one_person_as_of_the_latest_row():
    old = {"First Name": "Adelaide", "Event Start Date": "01/01/2023", "Event End Date": "01/02/2023"}
    assert only(ada(old, {}), "Patient")["name"][0]["given"] == ["Ada"]


def test_a_cell_with_line_breaks_and_json_in_it_is_one_cell():
    name = 'The Oaks\r\n{"rooms": "12"}'
    found = ada({"Provider CQC Location Name": name})
    assert any(merged(each).get("name") == 'The Oaks {"rooms": "12"}' for each in of_type(found, "CareTeam"))
