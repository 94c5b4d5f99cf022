"""When in doubt, withhold: every value that an objection can have, whole, and what is made of it."""

import pytest

from mappings.mapped import Mapped
from tests.mappings.extracts import mapped, of_type, only, said


def objection(**attributes: str) -> Mapped:
    stated = " ".join(f'{name}="{value}"' for name, value in attributes.items())
    return mapped(f"<Objections><Objection {stated}/></Objections>")


def chosen(found: Mapped) -> list[tuple[str, str]]:
    return [(choice.kind, choice.value) for choice in found.choices]


@pytest.mark.parametrize("kind", ["nhs-number", "shared-record", "NHS-Number"])
@pytest.mark.parametrize(
    ("value", "read"), [("objected", "objects"), ("withdrawn", "withdrawn"), ("none-recorded", "clear")]
)
def test_a_dated_choice_is_what_it_says(kind: str, value: str, read: str):
    found = objection(kind=kind, value=value, effective="2024-06-01", recorded="2024-06-03", by="person")
    (choice,) = found.choices
    assert (choice.kind, choice.value) == (kind.lower(), read)
    assert (choice.effective, choice.recorded, choice.by) == ("2024-06-01", "2024-06-03", "person")
    assert found.problems == ()


@pytest.mark.parametrize("value", ["", "maybe", "yes", "unknown", "-1"])
def test_a_value_that_cannot_be_read_counts_as_an_objection(value: str):
    found = objection(kind="nhs-number", value=value, recorded="2024-06-03")
    assert chosen(found) == [("nhs-number", "objects")]
    assert "Objection has no value that can be read; it counts as an objection" in " ".join(said(found.problems))


@pytest.mark.parametrize("kind", ["", "everything", "unknown"])
@pytest.mark.parametrize("value", ["objected", "", "maybe"])
def test_an_objection_of_no_known_kind_counts_for_every_kind(kind: str, value: str):
    found = objection(kind=kind, value=value)
    assert chosen(found) == [("nhs-number", "objects"), ("shared-record", "objects")]
    assert found.problems


@pytest.mark.parametrize("value", ["none-recorded", "withdrawn"])
def test_what_would_release_under_no_known_kind_changes_nothing(value: str):
    found = objection(kind="everything", value=value, recorded="2024-06-03")
    assert chosen(found) == []
    assert "changes nothing" in " ".join(said(found.problems))


def test_nothing_recorded_without_a_date_says_nothing():
    found = objection(kind="nhs-number", value="none-recorded")
    assert chosen(found) == []
    assert "not when" in " ".join(said(found.problems))


@pytest.mark.parametrize("value", ["none-recorded", "withdrawn"])
@pytest.mark.parametrize("field", ["effective", "recorded"])
@pytest.mark.parametrize("date", ["03/06/2024", "2024", "9999-12-31"])
def test_what_would_release_with_a_date_that_cannot_be_read_changes_nothing(value: str, field: str, date: str):
    dates = {"effective": "2024-06-01", "recorded": "2024-06-03"} | {field: date}
    found = objection(kind="shared-record", value=value, **dates)
    assert chosen(found) == []
    assert found.problems


def test_an_objection_with_a_date_that_cannot_be_read_stands():
    found = objection(kind="shared-record", value="objected", effective="03/06/2024")
    assert chosen(found) == [("shared-record", "objects")]
    assert found.choices[0].effective is None
    assert [problem.field for problem in found.problems] == ["Objection@effective"]


def test_a_withdrawal_without_a_date_is_a_withdrawal():
    assert chosen(objection(kind="shared-record", value="withdrawn")) == [("shared-record", "withdrawn")]


@pytest.mark.parametrize("value", ["objected", "none-recorded", "withdrawn", "", "maybe"])
def test_nobody_records_the_national_opt_out_here(value: str):
    found = objection(kind="national-data-opt-out", value=value, recorded="2024-06-03")
    assert chosen(found) == []
    assert "case.xml:1 Objection@kind `national-data-opt-out` is not recorded by a council" in said(found.problems)[0]


@pytest.mark.parametrize(("value", "status"), [("objected", "active"), ("withdrawn", "inactive")])
def test_a_choice_is_a_consent_that_denies(value: str, status: str):
    found = objection(kind="nhs-number", value=value, effective="2024-06-01", recorded="2024-06-03")
    consent = only(found, "Consent")
    assert (consent["status"], consent["provision"], consent["dateTime"]) == (status, {"type": "deny"}, "2024-06-01")
    assert consent["policy"] == [{"uri": "https://anytown.example/fhir/policy/nhs-number"}]
    assert [each.category for each in of_type(found, "Consent")[0].facets] == ["choices"]


def test_nothing_recorded_and_the_national_opt_out_are_no_consent():
    entries = '<Objection kind="nhs-number" value="none-recorded" recorded="2024-06-03"/>'
    national = '<Objection kind="national-data-opt-out" value="objected"/>'
    assert of_type(mapped(f"<Objections>{entries}{national}</Objections>"), "Consent") == []


def test_an_objection_and_its_withdrawal_are_two_consents():
    entries = "".join(
        f'<Objection kind="nhs-number" value="{value}" recorded="{on}"/>'
        for value, on in (("objected", "2020-01-01"), ("withdrawn", "2023-01-01"))
    )
    found = mapped(f"<Objections>{entries}</Objections>")
    assert len(of_type(found, "Consent")) == 2
    assert chosen(found) == [("nhs-number", "objects"), ("nhs-number", "withdrawn")]


def test_who_said_nothing_has_no_choice():
    assert mapped("<Objections/>").choices == ()
