"""Is a Patient of PDS read as it is, however little it holds?"""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pds_client import Demographics, NhsNumber
from pds_client.dates import date_or_none, is_full_date
from pds_client.demographics import known_postcode
from pds_client.patient import BadPatient, PdsPatient
from pds_client.related import RelatedPerson
from pds_client.simulator import person
from tests.pds_client.world import ADA, BEN, ada

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
FIELDS = [
    *("name", "birthDate", "gender", "address", "generalPractitioner", "deceasedDateTime", "extension", "telecom"),
]


@given(st.dictionaries(st.sampled_from(FIELDS), anything))
def test_whatever_a_record_holds_beside_its_number_it_is_read(odd):
    patient = PdsPatient.parse({"resourceType": "Patient", "id": ADA, **odd})
    assert patient.nhs_number.value == ADA


@given(anything)
def test_whatever_meta_holds_only_one_u_is_unrestricted(meta):
    patient = PdsPatient.parse({"resourceType": "Patient", "id": ADA, "meta": meta})
    assert patient.sensitivity == "restricted"


@given(st.dictionaries(st.sampled_from(["resourceType", "id", "identifier", "meta"]), anything) | anything)
def test_what_is_no_patient_is_refused_and_never_crashes(odd):
    with pytest.raises(BadPatient):
        PdsPatient.parse(odd)


def test_a_minimal_record_is_read():
    patient = PdsPatient.parse(person(ADA))
    assert (patient.names, patient.birth_date, patient.postcodes, patient.gender) == ((), None, (), None)


def test_a_full_record_is_read():
    record = ada(previous_family="Sample", deceased="2024-05-06T00:00:00+00:00", death_notification="2", version=7)
    patient = PdsPatient.parse(record)
    assert (patient.usual_name.family, patient.usual_name.given) == ("Example", ("Adalind",))
    assert [name.family for name in patient.names if name.is_previous] == ["Sample"]
    assert (patient.birth_date, patient.postcodes) == ("1941-02-03", ("ZE1 0AA",))
    assert (patient.gender, patient.general_practitioner) == ("female", "Y12345")
    assert (patient.deceased, patient.death_notification) == ("2024-05-06", "formal")
    assert (patient.sensitivity, patient.version, patient.etag) == ("unrestricted", "7", 'W/"7"')


def test_the_usual_name_is_taken_by_its_use_and_not_by_its_place():
    record = ada()
    record["name"] = [{"use": "nickname", "given": ["Addie"]}, *record["name"]]
    assert PdsPatient.parse(record).usual_name.given == ("Adalind",)


@pytest.mark.parametrize("born", ["1941", "1941-02"])
def test_a_date_of_birth_known_in_part_stays_as_it_is(born):
    assert PdsPatient.parse(ada(birth_date=born)).birth_date == born


@pytest.mark.parametrize("died", ["2024", "2024-05", "2024-05-06"])
def test_a_date_of_death_known_in_part_stays_as_it_is(died):
    assert PdsPatient.parse(ada(deceased=died)).deceased == died


def test_whose_death_notification_was_removed_is_not_dead():
    patient = PdsPatient.parse(ada(deceased="2024-05-06", death_notification="U"))
    assert (patient.deceased, patient.death_notification) == (None, "removed")


def test_an_informal_notification_is_told_from_a_formal_one():
    assert PdsPatient.parse(ada(deceased="2024", death_notification="1")).death_notification == "informal"


@pytest.mark.parametrize("labels", [[], [{"code": "R"}], [{"code": "V"}], [{"code": "U"}, {"code": "R"}], [{}]])
def test_any_label_but_a_single_u_restricts(labels):
    record = ada()
    record["meta"]["security"] = labels
    assert PdsPatient.parse(record).is_restricted


def test_a_record_without_labels_is_restricted():
    record = ada()
    del record["meta"]["security"]
    assert PdsPatient.parse(record).is_restricted


def test_a_number_received_with_a_wrong_check_digit_is_refused():
    with pytest.raises(BadPatient):
        PdsPatient.parse(person("9000000015"))


def test_an_id_and_an_identifier_that_disagree_are_refused():
    record = ada()
    record["identifier"][0]["value"] = BEN
    with pytest.raises(BadPatient):
        PdsPatient.parse(record)


def test_reading_another_number_than_asked_is_noticed():
    assert PdsPatient.parse(ada(), asked=NhsNumber.parse(BEN)).superseded_from.value == BEN


def test_reading_the_number_asked_for_is_no_superseding():
    assert PdsPatient.parse(ada(), asked=NhsNumber.parse(ADA)).superseded_from is None


def test_reading_leaves_the_record_as_it_was():
    record = ada()
    before = copy.deepcopy(record)
    PdsPatient.parse(record)
    assert record == before


@given(st.dates())
def test_every_day_of_the_calendar_is_a_full_date(day):
    assert is_full_date(day.isoformat())


@given(st.text("0123456789-/T", max_size=12))
def test_a_date_is_full_partial_or_nothing(text):
    date = date_or_none(text)
    assert date is None or (text.startswith(date) and len(date) in (4, 7, 10))


@pytest.mark.parametrize("text", ["2023-02-29", "1950-13", "19500101", "1950-1-1", "1950-01-01\n", " 1950", ""])
def test_what_is_not_on_the_calendar_is_no_date(text):
    assert date_or_none(text) is None


@given(st.text())
def test_any_text_is_a_known_postcode_or_none(text):
    compact = known_postcode(text)
    assert compact is None or compact.isalnum()


@pytest.mark.parametrize(("text", "compact"), [("ze1 0aa", "ZE10AA"), ("SW1A 1AA", "SW1A1AA"), ("m1 1ae ", "M11AE")])
def test_a_postcode_is_known_however_it_is_spaced(text, compact):
    assert known_postcode(text) == compact


@pytest.mark.parametrize("text", ["ZZ99 3VZ", "zz993cz", "", "LS", "LS*", "unknown", None])
def test_no_fixed_abode_and_half_a_postcode_name_no_place(text):
    assert known_postcode(text) is None


@pytest.mark.parametrize(
    ("demographics", "missing"),
    [
        (Demographics("Example", birth_date="1941-02-03"), ()),
        (Demographics(None, birth_date="1941-02-03"), ("family",)),
        (Demographics("  ", birth_date="1941-02-03"), ("family",)),
        (Demographics("Example"), ("birth_date",)),
        (Demographics("Example", birth_date="1941"), ("birth_date",)),
        (Demographics("Example", birth_date="1941-02-30"), ("birth_date",)),
        (Demographics(None), ("family", "birth_date")),
    ],
)
def test_what_a_search_needs_and_lacks_is_named(demographics, missing):
    assert demographics.missing == missing


@given(anything, anything)
def test_whatever_a_related_person_holds_it_is_read(relationship, patient):
    related = RelatedPerson.parse({"relationship": relationship, "patient": patient}, of=NhsNumber.parse(ADA))
    assert related.nhs_number is None


def test_a_related_person_is_a_reference_to_somebody_else():
    entry = {"patient": {"identifier": {"value": BEN}}, "relationship": [{"coding": [{"code": "Guardian"}]}]}
    related = RelatedPerson.parse(entry, of=NhsNumber.parse(ADA))
    assert (related.nhs_number.value, related.relationships) == (BEN, ("Guardian",))


def test_a_related_person_who_points_back_is_no_reference():
    entry = {"patient": {"identifier": {"value": ADA}}}
    assert RelatedPerson.parse(entry, of=NhsNumber.parse(ADA)).nhs_number is None
