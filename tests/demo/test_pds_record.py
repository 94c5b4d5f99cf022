from __future__ import annotations

from datetime import date

import pytest
from fhir.resources.R4B.patient import Patient

from adapter.demo.invented import Invented
from adapter.demo.population import PRACTICES, cast, pds_patient, people
from pds_client.nhs_number import NhsNumber
from pds_client.patient import PdsPatient

TODAY = date(2025, 6, 1)
CAST = cast(7, 500, TODAY)
LOCATING = {"address", "telecom", "generalPractitioner"}


def held(person: Invented) -> dict[str, object]:
    patient = pds_patient(person)
    assert patient is not None
    return patient


def test_every_record_is_a_valid_patient() -> None:
    for person in people(7, 500, TODAY):
        if (patient := pds_patient(person)) is not None:
            Patient.model_validate(patient)


def test_every_record_can_be_read_by_our_own_client() -> None:
    for person in people(7, 500, TODAY):
        if (patient := pds_patient(person)) is not None:
            assert PdsPatient.parse(patient).nhs_number == NhsNumber(str(person.nhs_number))


def test_pds_says_where_an_unrestricted_person_lives() -> None:
    assert held(CAST.known).keys() >= LOCATING


def test_pds_does_not_say_where_a_restricted_person_lives() -> None:
    assert not held(CAST.sensitive).keys() & LOCATING


def test_the_practice_is_one_of_those_that_are_exposed() -> None:
    assert PdsPatient.parse(held(CAST.known)).general_practitioner in {practice.code for practice in PRACTICES}


def test_a_death_is_formally_notified() -> None:
    patient = PdsPatient.parse(held(CAST.deceased_recently))
    assert patient.deceased
    assert patient.death_notification == "formal"


def test_the_living_are_not_dead() -> None:
    assert held(CAST.known).keys().isdisjoint({"deceasedDateTime", "extension"})


@pytest.mark.parametrize("uses", [["usual"], ["usual", "old"]])
def test_some_people_have_a_previous_name_and_some_have_not(uses: list[str]) -> None:
    names = [(pds_patient(person) or {"name": []})["name"] for person in people(7, 200, TODAY)]
    assert uses in [[name["use"] for name in each] for each in names]
