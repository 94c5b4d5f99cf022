from __future__ import annotations

from datetime import date, timedelta
from itertools import islice

import pytest

from adapter.demo.council import MENTAL_HEALTH
from adapter.demo.invented import Invented
from adapter.demo.population import cast, pds_patient, people

TODAY = date(2025, 6, 1)
CAST = cast(7, 500, TODAY)


def security(person: Invented) -> str | None:
    held = pds_patient(person)
    return held and held["meta"]["security"][0]["code"]


def test_the_cast_are_the_first_of_the_people() -> None:
    assert tuple(islice(people(7, 500, TODAY), len(tuple(CAST)))) == tuple(CAST)


def test_a_population_too_small_has_no_cast() -> None:
    with pytest.raises(ValueError, match="ask for 20 or more"):
        cast(7, 19, TODAY)


def test_the_known_person_can_be_rung_about() -> None:
    known = CAST.known
    assert known.closed is None
    assert known.allocation.team.phone
    assert known.allocation.worker
    assert [package.status for package in known.packages] == ["open", "open"]
    assert [relative.roles for relative in known.relatives] == ["next-of-kin"]
    assert security(known) == "U"


def test_the_number_objector_is_known_to_pds_and_has_an_open_case() -> None:
    assert [(c.kind, c.value) for c in CAST.number_objector.choices] == [("nhs-number", "objected")]
    assert security(CAST.number_objector) == "U"
    assert CAST.number_objector.number_on_file
    assert CAST.number_objector.closed is None


def test_who_opted_out_of_the_shared_record_objects_to_nothing_else() -> None:
    assert [(c.kind, c.value) for c in CAST.shared_opt_out.choices] == [("shared-record", "objected")]


def test_restricted_and_locked_are_two_people() -> None:
    assert (CAST.restricted.restricted, CAST.restricted.locked) == (True, False)
    assert (CAST.locked.restricted, CAST.locked.locked) == (False, True)


def test_who_died_recently_died_within_the_last_fortnight() -> None:
    died = CAST.deceased_recently.died
    assert died
    assert TODAY - timedelta(days=14) < died < TODAY


def test_the_expired_case_closed_more_than_six_years_ago() -> None:
    assert CAST.expired.closed
    assert CAST.expired.closed < TODAY - timedelta(days=6 * 366)
    assert CAST.expired.reason != MENTAL_HEALTH


def test_the_mental_health_case_closed_between_six_and_twenty_years_ago() -> None:
    closed = CAST.mental_health.closed
    assert closed
    assert TODAY.year - 20 < closed.year < TODAY.year - 6
    assert CAST.mental_health.reason == MENTAL_HEALTH


def test_the_mothers_main_carer_is_her_son_who_opted_out() -> None:
    (carer,) = CAST.mother.relatives
    assert "main-carer" in carer.roles.split()
    assert (carer.relation, carer.person, carer.name) == ("son", CAST.son.local_id, CAST.son.name)
    assert [(c.kind, c.value) for c in CAST.son.choices] == [("shared-record", "objected")]


def test_pds_marks_the_sensitive_person_as_restricted() -> None:
    assert security(CAST.sensitive) == "R"


def test_the_person_without_a_number_can_be_traced() -> None:
    assert not CAST.no_number.number_on_file
    assert security(CAST.no_number) == "U"


def test_pds_does_not_know_the_unknown_person_whose_number_the_council_holds() -> None:
    assert CAST.unknown_to_pds.number_on_file
    assert pds_patient(CAST.unknown_to_pds) is None


def test_nothing_sets_the_ordinary_person_apart() -> None:
    ordinary = CAST.ordinary
    assert not (ordinary.choices or ordinary.restricted or ordinary.locked or ordinary.closed or ordinary.died)


def test_nobody_of_the_cast_is_there_twice() -> None:
    assert len({person.local_id for person in CAST}) == len(tuple(CAST))
