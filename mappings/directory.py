"""What does a council's directory say in FHIR?

A team is an Organization of the council and a HealthcareService, which says when it can be rung; a worker is a
PractitionerRole in a team.  They refer to each other by identifier: the store gives ids, if it gives any.
Hours that cannot be read stay in the council's words.

UK Core: https://simplifier.net/hl7fhirukcorer4
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mappings import hours, identifiers, values
from mappings.problems import Effect, Problem, Unreadable
from mappings.readers.directory import Team, Worker
from mappings.run import Context

_JOB_ROLES = "https://fhir.hl7.org.uk/CodeSystem/UKCore-SDSJobRoleName"
_JOB_ROLE = re.compile(r"R[0-9]{4}")
_KINDS = {"duty-desk": "Duty desk", "team": "Team"}

_NO_TEAMS: Mapping[str, Team] = {}

Body = dict[str, Any]


@dataclass(frozen=True)
class Said:
    """The resources that one entry of a directory becomes, and what of it could not be said."""

    resources: tuple[Body, ...]
    problems: tuple[Problem, ...]


def say(entry: Team | Worker, context: Context, teams: Mapping[str, Team] = _NO_TEAMS) -> Said:
    """`teams` are those of the same directory, by their ids: a worker is reached through theirs."""
    problems: list[Problem] = []
    made = (
        (organization(entry, context, problems), healthcare_service(entry, context, problems))
        if isinstance(entry, Team)
        else (practitioner_role(entry, context, teams, problems),)
    )
    # Both resources of a team tell its numbers: what is wrong with one is said once.
    return Said(made, tuple(dict.fromkeys(problems)))


def organization(team: Team, context: Context, problems: list[Problem]) -> Body:
    body: Body = {
        "resourceType": "Organization",
        "identifier": [_identifier("team", team.id, context)],
        "active": True,
        "type": [_kind(team, context)],
        "name": team.name,
        "partOf": _council(context),
    }
    return _with(body, "telecom", _telecom(team, context, problems))


def healthcare_service(team: Team, context: Context, problems: list[Problem]) -> Body:
    body: Body = {
        "resourceType": "HealthcareService",
        "identifier": [_identifier("team", team.id, context)],
        "active": True,
        "providedBy": _team(team.id, context, team.name),
        "type": [_kind(team, context)],
        "name": team.name,
    }
    _with(body, "telecom", _telecom(team, context, problems))
    times = hours.available(team.hours) if team.hours else []
    if isinstance(times, Unreadable):
        problems.append(
            _problem(team, "hours", f"{times.reason}; they are kept as text", team.hours, context, "ignored")
        )
        return body | {"comment": team.hours}
    return _with(body, "availableTime", times)


def practitioner_role(worker: Worker, context: Context, teams: Mapping[str, Team], problems: list[Problem]) -> Body:
    team = teams.get(worker.team or "")
    if worker.team and team is None:
        reason = "is a team that the directory does not hold"
        problems.append(_problem(worker, "teamId", reason, worker.team, context, "ignored"))
    body: Body = {
        "resourceType": "PractitionerRole",
        "identifier": [_identifier("worker", worker.id, context)],
        "active": True,
        "practitioner": {"type": "Practitioner", "display": worker.name},
        "organization": _team(worker.team, context, team.name if team else None) if worker.team else _council(context),
    }
    _with(body, "code", list(_role(worker, context, problems)))
    # What is wrong with the numbers of the team is said of the team.
    return _with(body, "telecom", _telecom(team, context, []) if team else [])


def _role(worker: Worker, context: Context, problems: list[Problem]) -> Iterator[Body]:
    code = (worker.sds_code or "").upper()
    known = _JOB_ROLE.fullmatch(code) is not None
    if code and not known:
        reason = "is not the code of a job role; expected R and four digits"
        problems.append(_problem(worker, "sdsCode", reason, worker.sds_code, context))
    role: Body = {"coding": [{"system": _JOB_ROLES, "code": code}]} if known else {}
    if worker.role and not isinstance(values.text(worker.role), Unreadable):
        role["text"] = worker.role
    if role:
        yield role


def _telecom(team: Team, context: Context, problems: list[Problem]) -> list[Body]:
    told: list[Body] = []
    readers: tuple[tuple[str, str | None, Callable[[str], dict[str, str] | Unreadable]], ...] = (
        ("phone", team.phone, values.phone),
        ("email", team.email, values.email),
    )
    for field, raw, read in readers:
        value = read(raw) if raw else None
        if isinstance(value, Unreadable):
            problems.append(_problem(team, field, value.reason, raw, context))
        elif value is not None:
            told.append(dict(value))
    return told


def _kind(team: Team, context: Context) -> Body:
    system = context.expand("{canonical}/CodeSystem/team-kind")
    return {"coding": [{"system": system, "code": team.kind, "display": _KINDS[team.kind]}]}


def _identifier(kind: str, value: str, context: Context) -> Body:
    return {"system": context.expand(f"{{canonical}}/Id/{{council}}/{kind}"), "value": value}


def _team(id: str, context: Context, name: str | None = None) -> Body:
    return _with({"type": "Organization", "identifier": _identifier("team", id, context)}, "display", name)


def _council(context: Context) -> Body:
    identifier = {"system": identifiers.ODS, "value": context.council_ods}
    return {"type": "Organization", "identifier": identifier, "display": context.council_name}


def _with(body: Body, element: str, value: Any) -> Body:
    if value:
        body[element] = value
    return body


def _problem(
    entry: Team | Worker, field: str, reason: str, value: str | None, context: Context, effect: Effect = "dropped"
) -> Problem:
    name = "team" if isinstance(entry, Team) else "worker"
    return Problem(context.file, entry.line, f"{name}.{field}", reason, effect, value)
