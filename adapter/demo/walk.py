"""What does the product promise, shown step by step over HTTP?

Each step says in plain words what will happen, makes the requests, and compares. The words come from the privacy
notice; the people are invented.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from adapter.choices import record
from adapter.demo.stage import COUNCIL, Stage
from adapter.explanation import explain
from adapter.register import Recorded
from adapter.trail import read, verify

Json = dict[str, Any]

DISCHARGE = (("_revinclude", "CareTeam:patient"), ("_revinclude", "EpisodeOfCare:patient"))
RELATIVES = ("_revinclude", "RelatedPerson:patient")


@dataclass
class Shown:
    """What came of a step: whether the promise was kept, and what there was to see."""

    kept: bool
    lines: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Step:
    """A promise and how it is tried."""

    promise: str
    act: Callable[[Stage], Shown]


def _before_declaration(stage: Stage) -> Shown:
    totals = [stage.ask("ward", stage.cast.known, by=by)["total"] for by in ("number", "name")]
    return Shown(totals == [0, 0], [f"the ward asks by number: {totals[0]} found; by name: {totals[1]} found"])


def _discharge(stage: Stage) -> Shown:
    answer = stage.ask("ward", stage.cast.known, *DISCHARGE)
    teams, episodes = _of(answer, "CareTeam"), _of(answer, "EpisodeOfCare")
    lines = [line for team in teams for line in _team_lines(team)]
    lines += [f"{_type(e)}: {e['status']}, since {e['period']['start']}" for e in episodes]
    allocation = stage.cast.known.allocation
    phones = {phone for team in teams for phone in _phones(team)}
    worker = allocation.worker.name if allocation.worker else ""
    packages = [e for e in episodes if _type(e) != "Adult social care involvement"]
    kept = answer["total"] == 1 and allocation.team.phone in phones and worker in _members(teams)
    return Shown(kept and len(packages) == len(stage.cast.known.packages), lines)


def _number_objector(stage: Stage) -> Shown:
    person = stage.cast.number_objector
    by_number = stage.ask("ward", person, *DISCHARGE)
    by_name = stage.ask("ward", person, *DISCHARGE, by="name")
    systems = {i["system"] for p in _of(by_name, "Patient") for i in p["identifier"]}
    kept = by_number["total"] == 0 and by_name["total"] == 1 and not any("nhs-number" in s for s in systems)
    return Shown(
        kept and bool(_of(by_name, "CareTeam")),
        [
            f"by number: {by_number['total']} found",
            f"by name: {by_name['total']} found, with the team to ring and without the number: care goes on",
        ],
    )


def _shared_opt_out(stage: Stage) -> Shown:
    person = stage.cast.shared_opt_out
    shared = stage.ask("wsic", person)["total"]
    other = stage.ask("wsic", stage.cast.known)["total"]
    ward = stage.ask("ward", person)["total"]
    return Shown(
        (shared, other, ward) == (0, 1, 1),
        [
            f"the integrated record asks for who opted out: {shared} found; for somebody who did not: {other} found",
            f"the ward asks for who opted out: {ward} found, since opting out does not affect care",
        ],
    )


def _planner(stage: Stage) -> Shown:
    answer = stage.askers["planner"].search("Patient", [("family", stage.cast.known.name.family)])
    text = answer.json()["issue"][0]["details"]["text"]
    return Shown(answer.status_code == 403, [f"{answer.status_code}: {text}"])


def _carer(stage: Stage) -> Shown:
    answer = stage.ask("ward", stage.cast.mother, *DISCHARGE, RELATIVES)
    son = [r for r in _of(answer, "RelatedPerson") if _family(r) == stage.cast.son.name.family]
    worker = stage.cast.mother.allocation.worker
    seen = bool(worker) and worker is not None and worker.name in _members(_of(answer, "CareTeam"))
    hint = stage.cast.son.local_id in str(answer)
    shared = stage.ask("wsic", stage.cast.son)["total"]
    return Shown(
        bool(son) and seen and not hint and shared == 0,
        [
            f"the mother's worker is there; her son is named as her carer: {len(son)}",
            f"nothing says that he is on file himself; the integrated record asks for him: {shared} found",
        ],
    )


def _relationship(stage: Stage) -> Shown:
    practice = stage.askers["gp"].headers["NHSD-End-User-Organisation-ODS"]
    own = stage.askers["gp"].search("Patient", [("_count", "0")]).json()["total"]
    people = [person for person in stage.cast if person.practice.code != practice]
    others = sum(_total(stage.ask("gp", person, by="name")) for person in people)
    return Shown(
        own > 0 and others == 0,
        [f"{own} people are registered with the practice and found; of {len(people)} others: {others}"],
    )


def _role(stage: Stage) -> Shown:
    answer = stage.ask("council", stage.cast.known, *DISCHARGE, RELATIVES, by="name")
    patient = _of(answer, "Patient")
    hidden = [element for element in ("address", "telecom", "generalPractitioner") if patient and element in patient[0]]
    packages = [e for e in _of(answer, "EpisodeOfCare") if _type(e) != "Adult social care involvement"]
    kept = bool(patient) and not hidden and not packages and not _of(answer, "RelatedPerson")
    return Shown(kept, [f"another council sees who it is and {len(_of(answer, 'CareTeam'))} team to ring, no more"])


def _withheld(stage: Stage) -> Shown:
    people = {"restricted": stage.cast.restricted, "locked": stage.cast.locked, "past retention": stage.cast.expired}
    totals = {why: _total(stage.ask("ward", person, by="name")) for why, person in people.items()}
    kept_longer = _total(stage.ask("ward", stage.cast.mental_health, by="name"))
    lines = [f"{why}: {total} found" for why, total in totals.items()]
    lines.append(f"closed as long ago, but a mental health case, kept for twenty years: {kept_longer} found")
    return Shown(not any(totals.values()) and kept_longer == 1, lines)


def _sensitive(stage: Stage) -> Shown:
    answer = stage.ask("ward", stage.cast.sensitive, *DISCHARGE, by="name")
    patients, teams = _of(answer, "Patient"), _of(answer, "CareTeam")
    phones = {phone for team in teams for phone in _phones(team)}
    kept = bool(patients) and "address" not in patients[0] and phones == {stage.deployment.policy.desk.phone}
    return Shown(kept, [f"no address, no practice, no team's place; only the duty desk: {', '.join(sorted(phones))}"])


def _silence(stage: Stage) -> Shown:
    restricted = stage.ask("ward", stage.cast.restricted)
    nobody = stage.askers["ward"].search(
        "Patient", [("identifier", "https://fhir.nhs.uk/Id/nhs-number|9990000018"), ("birthdate", "1900-01-01")]
    )
    text = _of(restricted, "OperationOutcome")[0]["issue"][0]["details"]["text"]
    return Shown(restricted == nobody.json(), ["the two answers are the same, letter for letter:", text])


def _choice(stage: Stage) -> Shown:
    person = stage.cast.ordinary
    before = _total(stage.ask("ward", person))
    now = stage.deployment.now()
    choice = Recorded("nhs-number", "objects", now, f"council:{COUNCIL}", "social worker", discussed=True)
    record(stage.deployment, COUNCIL, person.local_id, choice)
    after = _total(stage.ask("ward", person))
    return Shown(
        (before, after) == (1, 0),
        [f"before: {before} found", "a social worker records the objection", f"the very next request: {after} found"],
    )


def _governance(stage: Stage) -> Shown:
    answer = stage.askers["governance"].search("Consent", [("_count", "0")]).json()
    patients = stage.askers["governance"].search("Patient", [("_count", "0")]).json()
    return Shown(
        answer["total"] > 0 and patients["total"] == 0,
        [f"{answer['total']} choices on file; records of care that the officer sees: {patients['total']}"],
    )


def _trail(stage: Stage) -> Shown:
    records, findings = verify(stage.deployment.settings.trail)
    events = list(read(stage.deployment.settings.trail))
    refused = sum(event.get("outcome") == "refused" for event in events)
    ward = sum(event.get("client") == stage.askers["ward"].client_id for event in events)
    return Shown(
        not findings and ward > 0 and refused > 0,
        [f"{records} records, {ward} of the ward's, {refused} refusals; the chain is whole: {not findings}"],
    )


def _explanation(stage: Stage) -> Shown:
    asker = stage.askers["ward"]
    explanation = explain(
        stage.deployment, COUNCIL, stage.cast.ordinary.local_id, asker.client_id, "TREAT", role="R8001"
    )
    number = next(found for found in explanation if found.category == "nhs-number")
    lines = [f"nhs-number: withheld, since {rule.because}; the notice: “{rule.notice}”" for rule in number.rules]
    said = any("object to the processing of your NHS Number" in rule.notice for rule in number.rules)
    return Shown(said, lines)


STEPS = (
    Step("Before an officer has declared the registers of objections complete, nobody is found", _before_declaration),
    Step("The ward asks by NHS number and birth date, once, and learns whom to ring and what runs", _discharge),
    Step("Who objects to the use of the NHS number is not found by it, and care goes on without", _number_objector),
    Step("Who opted out of the shared record is not in it, and is still known to the ward", _shared_opt_out),
    Step("A planner who asks for a record that names somebody is refused", _planner),
    Step("A carer who is on file himself hides nothing of his mother's, and is not given away", _carer),
    Step("A GP practice sees its own patients and nobody else's", _relationship),
    Step("Another council sees what its role allows", _role),
    Step("What is restricted, locked or past its time is not there", _withheld),
    Step("Where somebody lives is not told when PDS protects it", _sensitive),
    Step("A withheld record answers as one that never was", _silence),
    Step("A choice acts on the very next request", _choice),
    Step("A governance officer sees the choices and no care", _governance),
    Step("The trail holds every answer and every refusal, and verifies", _trail),
    Step("Why something was withheld is said with the notice's own sentence", _explanation),
)
# Those that are tried before the registers are declared.
BEFORE_DECLARATION = 1


def _of(bundle: Json, kind: str) -> list[Json]:
    entries = (entry["resource"] for entry in bundle.get("entry", ()))
    return [resource for resource in entries if resource["resourceType"] == kind]


def _total(bundle: Json) -> int:
    return int(bundle.get("total", 0))


def _phones(team: Json) -> list[str]:
    points = sorted(team.get("telecom", ()), key=lambda point: point.get("rank", 1))
    return [point["value"] for point in points if point["system"] == "phone"]


def _members(teams: list[Json]) -> set[str]:
    return {p["member"].get("display", "") for team in teams for p in team.get("participant", ()) if "member" in p}


def _team_lines(team: Json) -> list[str]:
    members = ", ".join(sorted(_members([team])))
    return [f"{team.get('name', 'team')}: {members}; ring {' or '.join(_phones(team))}"]


def _type(episode: Json) -> str:
    coding = episode["type"][0]["coding"][0]
    return str(coding.get("display", coding["code"]))


def _family(related: Json) -> str:
    return str(related.get("name", [{}])[0].get("family", ""))
