"""The same person through the layouts is the same in FHIR, but for what a layout does not carry."""

from tests.mappings.extracts import CONTEXT, DATA, case_xml, merged, of_type, records
from tests.mappings.sheets import mapped

# What differs, and why.
NO_USE = "neither CSV says whether a name is the usual one, nor its title, nor another name"
NO_MONTH = "the case record knows the month of birth alone"


def _patients() -> list[dict]:
    (xml, _) = [case_xml().apply(record, CONTEXT) for record in records((DATA / "case.xml").read_bytes())]
    others = [
        mapped((DATA / f"{file}.csv").read_bytes(), name)
        for file, name in (("cld", "cld"), ("custom", "custom-example"))
    ]
    found = [xml, *(next(each for each in several if each.local_id == "100201") for several in others)]
    return [merged(of_type(each, "Patient")[0]) for each in found]


def test_a_person_has_the_same_numbers_in_every_layout():
    xml, cld, custom = _patients()
    assert xml["identifier"] == cld["identifier"] == custom["identifier"]


def test_a_person_has_the_same_sex_council_and_state_in_every_layout():
    for element in ("active", "gender", "managingOrganization"):
        xml, cld, custom = (patient[element] for patient in _patients())
        assert xml == cld == custom


def test_a_person_has_the_same_family_name_in_every_layout():
    assert [patient["name"][0]["family"] for patient in _patients()] == ["Brackenbury"] * 3, NO_USE


def test_a_person_was_born_in_the_same_month_in_every_layout():
    assert [patient["birthDate"][:7] for patient in _patients()] == ["1941-07"] * 3, NO_MONTH


def test_what_two_layouts_carry_they_say_alike():
    xml, cld, _ = _patients()
    assert xml["generalPractitioner"] == cld["generalPractitioner"]
    ethnic = "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-EthnicCategory"
    told = [[each for each in patient["extension"] if each["url"] == ethnic] for patient in (xml, cld)]
    assert told[0] == told[1] != []
