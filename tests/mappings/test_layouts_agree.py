"""The same person through `case-xml` and `person-json` is the same FHIR, but for what a layout does not carry."""

from typing import Any

from mappings.engine import Mapping
from mappings.mapped import Mapped
from mappings.record import CaseRecord
from tests.mappings.extracts import CONTEXT, DATA, case_xml, merged
from tests.mappings.extracts import records as xml_records
from tests.mappings.people import person_json
from tests.mappings.people import records as json_records

CASE_XML = (DATA / "case.xml").read_bytes()
PERSON_JSON = (DATA / "person.json").read_bytes()

# Each entry: where they differ, what case-xml says, what person-json says.  None: nothing.
DIFFERENCES = {
    # One field holds all forenames, and what kind of name another name is, person-json does not tell.
    "Patient.name[0].given": (["Ottoline", "May"], ["Ottoline"]),
    "Patient.name[1].use": ("maiden", None),
    # The sample of case-xml has no e-mail address.
    "Patient.telecom[1]": (None, {"system": "email", "value": "ottoline@anytown.example"}),
    # An address of person-json is one line, with neither town, use nor beginning.
    "Patient.address[0].use": ("home", None),
    "Patient.address[0].line": (["Flat 2", "14 Tanyard Row"], ["Flat 2, 14 Tanyard Row"]),
    "Patient.address[0].city": ("Anytown", None),
    "Patient.address[0].period": ({"start": "1988-05"}, None),
    # The text keeps the council's own word: a census category here, a sub-code there.
    "Patient.extension[0].valueCodeableConcept.text": ("White: Roma", "A.A17"),
    # How the person would be reached, only person-json tells.
    "Patient.extension[2]": (None, "Extension-UKCore-ContactPreference"),
    # person-json knows a child and no son, a carer and no next of kin, and no number or address of a relative.
    "RelatedPerson[0].relationship": (["SONC", "N", "main-carer"], ["CHILD", "main-carer", "carer"]),
    "RelatedPerson[0].name[0].use": ("usual", None),
    "RelatedPerson[0].telecom": ([{"system": "phone", "value": "07700 900102", "use": "mobile"}], None),
    "RelatedPerson[0].address": (
        [{"use": "home", "line": ["9 Millrace Close"], "city": "Anytown", "postalCode": "ZZ1 2AB"}],
        None,
    ),
    # A neighbour who holds a key here is a key contact there, with a name in one piece and an e-mail address alone.
    "RelatedPerson[1].relationship": (["NBOR", "C", "key-holder"], ["key-contact"]),
    "RelatedPerson[1].name[0].use": ("usual", None),
    "RelatedPerson[1].name[0].given": (["Ines"], None),
    "RelatedPerson[1].name[0].family": ("Falk", None),
    "RelatedPerson[1].name[0].text": (None, "Ines Falk"),
    "RelatedPerson[1].telecom[0].system": ("phone", "email"),
    "RelatedPerson[1].telecom[0].value": ("01632 960103", "ines@anytown.example"),
    "RelatedPerson[1].telecom[0].use": ("home", None),
    # A team has a name and no number of its own in person-json; the council's desk stands for it.
    "CareTeam[0].telecom[1]": ({"system": "phone", "value": "01632 960200", "use": "work"}, None),
    "CareTeam[0].telecom[2]": ({"system": "email", "value": "north.locality@anytown.example", "use": "work"}, None),
    # person-json has no packages of care, and so no providers; and since when a case is open it does not tell.
    "CareTeam[1]": ("CareTeam", None),
    "EpisodeOfCare[0].period": ({"start": "2019-02-20"}, None),
    "EpisodeOfCare[1]": ("EpisodeOfCare", None),
    "organisations": (["gp Y99001", "provider A9X9Y"], ["gp Y99001"]),
    # Either may hide an address; only the sample of case-xml hides one.
    "facts.do_not_disclose": ("yes", "no"),
}


def ottoline(mapping: Mapping, records: list[CaseRecord]) -> Mapped:
    (found,) = [record for record in records if record.local_id == "100201"]
    return mapping.apply(found, CONTEXT)


def told(found: Mapped) -> dict[str, Any]:
    """What is said of one person, without the ids that each layout gives its own parts."""
    kinds: dict[str, Any] = {}
    for resource in found.resources:
        if resource.type != "Provenance":
            kinds.setdefault(resource.type, []).append(_without_references(merged(resource)))
    kinds["Patient"] = kinds["Patient"][0]
    for related in kinds["RelatedPerson"]:
        related["relationship"] = [each["coding"][0]["code"] for each in related["relationship"]]
    return kinds | {
        "facts": found.facts,
        "organisations": [f"{each.kind} {each.code}" for each in found.organisations],
        "choices": [vars(choice) for choice in found.choices],
    }


def _without_references(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_references(held) for name, held in value.items() if name != "reference"}
    return [_without_references(each) for each in value] if isinstance(value, list) else value


def differences(one: Any, other: Any, where: str = "") -> dict[str, tuple[Any, Any]]:
    if one == other:
        return {}
    if isinstance(one, dict) and isinstance(other, dict):
        names = list(dict.fromkeys([*one, *other]))
        pairs = [(f"{where}.{name}".lstrip("."), one.get(name), other.get(name)) for name in names]
    elif isinstance(one, list) and isinstance(other, list) and not _words(one) and not _words(other):
        pairs = [(f"{where}[{at}]", _at(one, at), _at(other, at)) for at in range(max(len(one), len(other)))]
    else:
        return {where: (_named(one), _named(other))}
    return {path: pair for name, left, right in pairs for path, pair in differences(left, right, name).items()}


def _named(value: Any) -> Any:
    """A whole resource or extension is known by its name."""
    if not isinstance(value, dict):
        return value
    return value.get("resourceType") or value.get("url", "").rpartition("/")[2] or value


def _words(values: list[Any]) -> bool:
    return all(isinstance(each, str) for each in values)


def _at(values: list[Any], at: int) -> Any:
    return values[at] if at < len(values) else None


def test_the_same_person_through_two_layouts_differs_in_what_a_layout_does_not_carry_and_in_nothing_else():
    one = told(ottoline(case_xml(), xml_records(CASE_XML)))
    other = told(ottoline(person_json(), json_records(PERSON_JSON)))
    assert differences(one, other) == DIFFERENCES
