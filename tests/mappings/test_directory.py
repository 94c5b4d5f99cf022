"""A council's directory: its teams and workers, when they can be rung, and what that is in FHIR."""

import io
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mappings import hours
from mappings.directory import Said, say
from mappings.problems import Problem, Unreadable
from mappings.readers import directory
from mappings.readers.directory import Team, Worker
from mappings.record import Header, Trailer
from tests.mappings.extracts import CONTEXT, DATA
from tests.mappings.people import Json, array, lines

TEAM = {"id": "T2", "name": "North Locality Team", "phone": "01632 960200", "email": "north@anytown.example"}
WORKER = {"id": "W7", "name": "Farah Ockenden", "role": "Social worker", "teamId": "T2", "sdsCode": "R1547"}


def items(content: bytes) -> list[Header | Team | Worker | Trailer | Problem]:
    return list(directory.read(io.BytesIO(content), "teams.json", council="999"))


def entry(value: Json) -> Team | Worker:
    (found,) = [item for item in items(lines(value)) if isinstance(item, Team | Worker)]
    return found


def team(**said: Any) -> Team:
    found = entry({"team": TEAM | said})
    assert isinstance(found, Team)
    return found


def worker(**said: Any) -> Worker:
    found = entry({"worker": WORKER | said})
    assert isinstance(found, Worker)
    return found


def of(said: Said, type: str) -> Json:
    (found,) = [body for body in said.resources if body["resourceType"] == type]
    return found


# ---------------------------------------------------------------- reading


@pytest.mark.parametrize("write", [lines, array])
def test_a_directory_gives_its_teams_and_workers_in_order(write: Any):
    content = write({"council": "999"}, {"team": TEAM}, {"worker": WORKER}, {"persons": 2})
    header, *entries, trailer = items(content)
    assert (type(header), type(trailer)) == (Header, Trailer)
    assert entries == [
        Team("T2", "North Locality Team", "team", "01632 960200", "north@anytown.example", None, entries[0].line),  # type: ignore[union-attr]
        Worker("W7", "Farah Ockenden", "Social worker", "T2", "R1547", entries[1].line),  # type: ignore[union-attr]
    ]


def test_the_sample_directory_is_read_whole():
    with (DATA / "directory.json").open("rb") as stream:
        found = list(directory.read(stream, "directory.json"))
    assert [type(item) for item in found] == [Header, Team, Team, Worker, Worker, Trailer]


@pytest.mark.parametrize(
    "value",
    [
        {"team": TEAM | {"name": ""}},
        {"team": TEAM | {"name": "Unknown"}},
        {"team": TEAM | {"id": None}},
        {"team": TEAM | {"id": -1}},
        {"team": TEAM | {"phone": {"number": 1}}},
        {"team": TEAM | {"name": "North\ud800"}},
        {"worker": {"id": "W7"}},
        {"worker": WORKER, "team": TEAM},
        {"team": [TEAM, TEAM]},
        {"team": "North"},
        {},
    ],
)
def test_what_has_no_id_or_name_of_its_own_is_left_out_and_the_rest_goes_on(value: Json):
    found = items(lines(value, {"team": TEAM}))
    assert [type(item) for item in found if isinstance(item, Team | Worker)] == [Team]
    assert "quarantined" in {item.effect for item in found if isinstance(item, Problem)}


def test_an_id_that_stands_twice_is_read_once():
    found = items(lines({"team": TEAM}, {"team": TEAM | {"name": "South"}}, {"worker": WORKER | {"id": "T2"}}))
    assert [item.name for item in found if isinstance(item, Team | Worker)] == ["North Locality Team", "Farah Ockenden"]


def test_of_a_directory_that_lost_an_entry_nobody_is_absent():
    found = items(lines({"council": "999", "mode": "full"}, {"team": {"id": 7}}, {"persons": 1}))
    assert not any(isinstance(item, Trailer) for item in found)


def test_a_kind_that_is_none_counts_as_a_team_and_is_said():
    (_, problem, found) = items(lines({"team": TEAM | {"kind": "squad"}}))
    assert isinstance(problem, Problem)
    assert isinstance(found, Team)
    assert (problem.field, problem.effect, found.kind) == ("team.kind", "ignored", "team")


@pytest.mark.parametrize("name", ["email", "phone"])
def test_a_workers_own_number_is_not_read(name: str):
    assert "MARKER" not in str(say(worker(**{name: "MARKER"}), CONTEXT)) + repr(vars(worker(**{name: "MARKER"})))


def test_no_repr_shows_a_worker():
    assert "Ockenden" not in repr(worker())


@given(st.binary(max_size=300))
@settings(deadline=None)
def test_any_bytes_give_problems_or_entries(content: bytes):
    for item in items(content) + items(b'{"team": {"id": 1, "name": "' + content + b'"}}'):
        assert isinstance(item, Header | Team | Worker | Trailer | Problem)


# ---------------------------------------------------------------- in FHIR


def check(said: Said) -> None:
    for body in said.resources:
        get_fhir_model_class(body["resourceType"]).model_validate(body)


def test_a_team_is_an_organisation_of_the_council():
    said = say(team(), CONTEXT)
    check(said)
    assert of(said, "Organization") == {
        "resourceType": "Organization",
        "identifier": [{"system": "https://anytown.example/fhir/Id/999/team", "value": "T2"}],
        "active": True,
        "type": [
            {
                "coding": [
                    {"system": "https://anytown.example/fhir/CodeSystem/team-kind", "code": "team", "display": "Team"}
                ]
            }
        ],
        "name": "North Locality Team",
        "partOf": {
            "type": "Organization",
            "identifier": {"system": "https://fhir.nhs.uk/Id/ods-organization-code", "value": "E9999"},
            "display": "Anytown Council",
        },
        "telecom": [
            {"system": "phone", "value": "01632 960200", "use": "work"},
            {"system": "email", "value": "north@anytown.example", "use": "work"},
        ],
    }


def test_a_team_is_a_service_that_says_when_it_can_be_rung():
    said = say(team(hours="Mon-Fri 09:00-17:00", kind="duty-desk"), CONTEXT)
    check(said)
    service = of(said, "HealthcareService")
    assert service["availableTime"] == [
        {
            "daysOfWeek": ["mon", "tue", "wed", "thu", "fri"],
            "availableStartTime": "09:00:00",
            "availableEndTime": "17:00:00",
        }
    ]
    assert service["providedBy"]["identifier"] == of(said, "Organization")["identifier"][0]
    assert service["type"][0]["coding"][0]["code"] == "duty-desk"
    assert said.problems == ()


def test_hours_that_cannot_be_read_stay_in_the_councils_words_and_are_said():
    said = say(team(hours="Mon-Fri 9-5"), CONTEXT)
    check(said)
    service = of(said, "HealthcareService")
    assert ("availableTime" in service, service["comment"]) == (False, "Mon-Fri 9-5")
    assert [(problem.field, problem.effect) for problem in said.problems] == [("team.hours", "ignored")]


def test_a_number_that_is_none_is_left_out_and_said_once():
    said = say(team(phone="ask reception", email="north"), CONTEXT)
    check(said)
    assert "telecom" not in of(said, "Organization")
    assert [problem.field for problem in said.problems] == ["team.phone", "team.email"]


def test_a_worker_has_a_role_in_a_team_and_its_number():
    said = say(worker(), CONTEXT, {"T2": team()})
    check(said)
    role = of(said, "PractitionerRole")
    assert role["practitioner"] == {"type": "Practitioner", "display": "Farah Ockenden"}
    assert role["organization"]["display"] == "North Locality Team"
    assert role["telecom"] == of(say(team(), CONTEXT), "Organization")["telecom"]
    assert role["code"] == [
        {
            "coding": [{"system": "https://fhir.hl7.org.uk/CodeSystem/UKCore-SDSJobRoleName", "code": "R1547"}],
            "text": "Social worker",
        }
    ]
    assert said.problems == ()


@pytest.mark.parametrize("none", [None, "", -1])
def test_a_worker_of_no_team_is_the_councils(none: object):
    role = of(say(worker(teamId=none), CONTEXT), "PractitionerRole")
    assert role["organization"]["display"] == "Anytown Council"


def test_a_team_that_the_directory_does_not_hold_is_said():
    said = say(worker(), CONTEXT)
    check(said)
    assert [(problem.field, problem.effect) for problem in said.problems] == [("worker.teamId", "ignored")]


@pytest.mark.parametrize("code", ["1547", "social worker", "R15"])
def test_a_code_that_is_no_job_role_is_left_out_and_said(code: str):
    said = say(worker(sdsCode=code, role="", teamId=None), CONTEXT)
    check(said)
    assert "code" not in of(said, "PractitionerRole")
    assert [problem.field for problem in said.problems] == ["worker.sdsCode"]


# ---------------------------------------------------------------- hours

WEEK = ["mon", "tue", "wed", "thu", "fri"]


def opened(*parts: tuple[list[str], str, str]) -> list[Json]:
    return [
        {
            "daysOfWeek": days,
            "availableStartTime": f"{start}:00",
            "availableEndTime": end if len(end) > 5 else f"{end}:00",
        }
        for days, start, end in parts
    ]


@pytest.mark.parametrize(
    ("raw", "times"),
    [
        ("Mon-Fri 09:00-17:00", opened((WEEK, "09:00", "17:00"))),
        ("Monday to Friday 8.45am to 5.15pm", opened((WEEK, "08:45", "17:15"))),
        ("weekdays 0900-1700", opened((WEEK, "09:00", "17:00"))),
        ("Mon – Thu: 9:00 – 17:00, Fri 9:00-16:30", opened((WEEK[:4], "09:00", "17:00"), (["fri"], "09:00", "16:30"))),
        ("Sat 10am-noon; Sundays 10am-12 p.m.", opened((["sat"], "10:00", "12:00"), (["sun"], "10:00", "12:00"))),
        ("Sat-Mon 10:00-11:00", opened((["sat", "sun", "mon"], "10:00", "11:00"))),
        ("Fri 17:00-midnight", opened((["fri"], "17:00", "23:59:59"))),
        ("Fri 17:00-09:00", opened((["fri"], "17:00", "23:59:59"), (["sat"], "00:00", "09:00"))),
        ("Sun 5pm-9am", opened((["sun"], "17:00", "23:59:59"), (["mon"], "00:00", "09:00"))),
        ("24/7", [{"daysOfWeek": list(hours.DAYS), "allDay": True}]),
    ],
)
def test_hours_are_read_as_they_are_written(raw: str, times: list[Json]):
    assert hours.available(raw) == times


@pytest.mark.parametrize(
    "raw",
    [
        *("Mon-Fri 9-5", "Mon-Fri 9:00-5:00", "office hours", "Mon-Fri", "09:00-17:00", "Mon-Fri 25:00-26:00", ""),
        *("Mon-Fri 09:00-17:00 excluding bank holidays", "Mon-Fri 09:00-17:00, then ring the desk", "Mon 13pm-14pm"),
        *("Mon-Fri 09:60-17:00", "Mon 09:00-09:00", "Mon 24:00-09:00", "Mon 0am-5am", "Funday 09:00-17:00"),
    ],
)
def test_hours_that_may_mean_something_else_are_not_read(raw: str):
    assert isinstance(hours.available(raw), Unreadable)


@given(
    st.text(max_size=30) | st.from_regex(r"(mon|fri)(-sun)? [0-9]{1,2}([:.][0-9]{2})?(am|pm)?-[0-9]{1,2}(:[0-9]{2})?")
)
@settings(deadline=None)
def test_whatever_the_hours_are_the_service_is_fhir(raw: str):
    assume(raw.isprintable())
    check(say(team(hours=raw), CONTEXT))
