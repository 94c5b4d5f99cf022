"""The whole way, from a council's file to a ward's answer, on both databases."""

from __future__ import annotations

from typing import Any

from tests.world import World, case, pds_record

NUMBER = "9990000018"
BY_NUMBER = [("identifier", f"https://fhir.nhs.uk/Id/nhs-number|{NUMBER}"), ("birthdate", "1941-03-05")]
DISCHARGE = [*BY_NUMBER, ("_revinclude", "CareTeam:patient"), ("_revinclude", "EpisodeOfCare:patient")]


def of_type(bundle: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == kind]


def test_a_ward_learns_in_one_request_that_care_is_involved_and_whom_to_ring(world: World) -> None:
    world.load(case(nhs_number=NUMBER))
    world.know(pds_record(NUMBER))
    world.declare()
    world.trace()
    answer = world.asker("hospital").search("Patient", DISCHARGE)
    phones = [t["value"] for team in of_type(answer.json(), "CareTeam") for t in team["telecom"]]
    assert "020 7946 0101" in phones
