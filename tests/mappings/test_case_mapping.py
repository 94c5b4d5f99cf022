"""What the shipped `case-xml` mapping makes of a record: its facets, and what belongs to each of them."""

import json
from dataclasses import replace
from typing import Any

import pytest

from mappings.mapped import Mapped
from mappings.problems import Problem
from tests.mappings.extracts import (
    CONTEXT,
    DATA,
    NUMBERS,
    case_xml,
    facet,
    mapped,
    merged,
    of_type,
    only,
    records,
    said,
)

RELATIVE = (
    '<Relationships><Relationship id="R1" personRef="77" type="son" roles="main-carer{roles}" {more}>'
    "<Name><Given>Barnaby</Given><Family>Quill</Family></Name>"
    '<Telecom system="mobile">07700 900102</Telecom></Relationship></Relationships>'
)
TEAM = (
    '<Allocations><Allocation from="2024-02-05"><Worker id="W7" name="Farah Ockenden" role="Social worker"/>'
    '<Team id="T2" name="North Team" phone="01632 960200" email="north@anytown.example"/></Allocation></Allocations>'
)
SERVICE = (
    '<Services><Service id="S1" component="Home support" provider="Threeways" providerOds="a9x9y" from="2024-02-12"'
    ' status="{status}"/></Services>'
)


def relative(roles: str = "", more: str = "") -> str:
    return RELATIVE.format(roles=f" {roles}" if roles else "", more=more)


def plain(found: Mapped) -> dict[str, Any]:
    return {
        "localId": found.local_id,
        "facts": found.facts,
        "choices": [vars(choice) for choice in found.choices],
        "organisations": [vars(organisation) for organisation in found.organisations],
        "problems": said(found.problems),
        "resources": [
            {
                "type": resource.type,
                "key": resource.key,
                "facets": [vars(each) | {"mentions": list(each.mentions)} for each in resource.facets],
            }
            for resource in found.resources
        ],
    }


def test_the_sample_extract_is_mapped_as_its_twin_says():
    context = replace(CONTEXT, extract_id="X-2025-11-21")
    found = [case_xml().apply(record, context) for record in records((DATA / "case.xml").read_bytes())]
    assert [plain(each) for each in found] == json.loads((DATA / "case.fhir.json").read_text("utf-8"))


def test_a_record_that_says_nothing_is_a_patient_with_a_local_id():
    (patient,) = of_type(mapped(), "Patient")
    assert [each.part for each in patient.facets] == ["carrier"]
    assert merged(patient)["identifier"] == [{"system": "https://anytown.example/fhir/Id/999/person", "value": "1"}]


def test_the_mapping_tells_every_category_that_it_uses():
    assert case_xml().categories == {
        "audit",
        "care-team",
        "choices",
        "communication",
        "contact",
        "emergency-contact",
        "ethnicity",
        "family",
        "gp",
        "identity",
        "nhs-number-untraced",
        "services",
    }


def test_mapping_twice_says_the_same():
    (record, _) = records((DATA / "case.xml").read_bytes())
    mapping = case_xml()
    assert plain(mapping.apply(record, CONTEXT)) == plain(mapping.apply(record, CONTEXT))


def test_who_changes_a_body_changes_nobody_elses():
    (record, _) = records((DATA / "case.xml").read_bytes())
    mapping = case_xml()
    before = plain(mapping.apply(record, CONTEXT))
    for resource in mapping.apply(record, CONTEXT).resources:
        for each in resource.facets:
            for value in each.body.values():
                for entry in value if isinstance(value, list) else [value]:
                    if isinstance(entry, dict):
                        entry.clear()
    assert plain(mapping.apply(record, CONTEXT)) == before


# ---------------------------------------------------------------- identity


@pytest.mark.parametrize("status", ["01", "02", "08", ""])
def test_a_number_from_a_council_is_never_verified_whatever_it_claims(status: str):
    identifier = f'<Identifiers><Identifier type="NHS" status="{status}">999 000 1006</Identifier></Identifiers>'
    (patient,) = of_type(mapped(identifier), "Patient")
    (found,) = facet(patient, "untraced").body["identifier"]
    assert (found["system"], found["value"]) == ("https://fhir.nhs.uk/Id/nhs-number", "9990001006")
    (coding,) = found["extension"][0]["valueCodeableConcept"]["coding"]
    assert coding["system"] == "https://fhir.hl7.org.uk/CodeSystem/UKCore-NHSNumberVerificationStatusEngland"
    assert coding["code"] == "02"


def test_the_number_stands_in_a_facet_of_its_own_category():
    (patient,) = of_type(
        mapped(f'<Identifiers><Identifier type="NHS">{NUMBERS[0]}</Identifier></Identifiers>'), "Patient"
    )
    assert facet(patient, "untraced").category == "nhs-number-untraced"
    assert NUMBERS[0] not in json.dumps(facet(patient, "carrier").body)


@pytest.mark.parametrize("number", ["9990001007", "123", "Not known", "99900010060"])
def test_a_number_that_is_none_is_dropped_with_a_problem(number: str):
    found = mapped(f'<Identifiers><Identifier type="NHS">{number}</Identifier></Identifiers>')
    assert said(found.problems) == [f"case.xml:1 Identifier `{number}` is not an NHS number"]
    assert [each.part for each in of_type(found, "Patient")[0].facets] == ["carrier"]


def test_of_two_numbers_neither_is_used():
    both = "".join(f'<Identifier type="NHS">{number}</Identifier>' for number in NUMBERS[:2])
    found = mapped(f"<Identifiers>{both}</Identifiers>")
    assert [problem.reason for problem in found.problems] == ["is one of two NHS numbers; neither is used"] * 2
    assert "nhs-number" not in json.dumps(plain(found)["resources"])


def test_a_number_that_has_ended_is_not_the_persons_number():
    both = f'<Identifier type="NHS" to="2020-01-01">{NUMBERS[0]}</Identifier><Identifier type="NHS">{NUMBERS[1]}</Identifier>'
    patient = only(mapped(f"<Identifiers>{both}</Identifiers>"), "Patient")
    assert [each["value"] for each in patient["identifier"]] == ["1", NUMBERS[1]]


@pytest.mark.parametrize(
    "word", ["UNKNOWN", "Test", "Baby", "DUPLICATE", "Quill (duplicate)", "N/A", "-1", "Not known"]
)
def test_a_placeholder_is_no_part_of_a_name(word: str):
    found = mapped(f"<Names><Name><Given>Ada</Given><Family>{word}</Family></Name></Names>")
    assert only(found, "Patient")["name"] == [{"given": ["Ada"]}]
    assert said(found.problems) == [f"case.xml:1 Family `{word}` is a placeholder, not a value"]


@pytest.mark.parametrize(
    ("birth", "date"),
    [
        ('date="1941-07-09"', "1941-07-09"),
        ('date="1941-07"', "1941-07"),
        ('date="1941"', "1941"),
        ('date="1941-07-01" precision="month"', "1941-07"),
        ('date="1941-01-01" precision="year"', "1941"),
        ('date="1941" precision="day"', "1941"),
        ('date="1941-07-09T00:00:00"', "1941-07-09"),
    ],
)
def test_a_date_is_as_partial_as_what_is_known_of_it(birth: str, date: str):
    found = mapped(f"<Birth {birth}/>")
    assert (only(found, "Patient")["birthDate"], found.facts["born"]) == (date, date)


@pytest.mark.parametrize(
    "birth",
    [
        'date="31/02/1950"',
        'date="1950-02-31"',
        'date="1900-01-01"',
        'date="9999-12-31"',
        'date="1941-01-01" precision="none"',
        'date="1941-01-01" precision="perhaps"',
        'date="50-1-1"',
    ],
)
def test_a_date_that_is_none_is_dropped_with_a_problem(birth: str):
    found = mapped(f"<Birth {birth}/>")
    assert "birthDate" not in only(found, "Patient")
    assert found.facts["born"] == "unknown"
    assert [(problem.field, problem.effect) for problem in found.problems] == [("Birth@date", "dropped")]


@pytest.mark.parametrize(("code", "gender"), [("F", "female"), ("1", "male"), ("9", "other"), ("x", "unknown")])
def test_sex_is_told_in_fhirs_words(code: str, gender: str):
    assert only(mapped(f'<Sex code="{code}"/>'), "Patient")["gender"] == gender


def test_a_code_outside_its_table_is_never_guessed_at():
    found = mapped('<Sex code="Q7"/>')
    assert "gender" not in only(found, "Patient")
    assert said(found.problems) == ["case.xml:1 Sex@code `Q7` is not in the code table `sex`"]


# ---------------------------------------------------------------- what is left out


@pytest.mark.parametrize("flag", ["Y", "y", "yes", "true", "perhaps"])
def test_an_address_that_may_not_be_disclosed_is_nowhere(flag: str):
    inner = (
        f'<Addresses><Address doNotDisclose="{flag}" uprn="10033544614"><Line>Marker Lane</Line></Address></Addresses>'
    )
    found = mapped(inner + relative().replace("</Relationship>", f"{inner[11:-12]}</Relationship>"))
    assert "Marker Lane" not in json.dumps(plain(found)["resources"])
    assert "10033544614" not in json.dumps(plain(found)["resources"])
    assert found.facts["do_not_disclose"] == "yes"


@pytest.mark.parametrize("flag", ["Y", "yes", "perhaps"])
def test_a_third_partys_number_is_not_the_persons(flag: str):
    found = mapped(f'<Telecoms><Telecom system="phone" thirdParty="{flag}">01632 960999</Telecom></Telecoms>')
    assert "01632 960999" not in json.dumps(plain(found)["resources"])


@pytest.mark.parametrize("more", ['sensitive="Y"', 'sensitive="perhaps"'])
def test_a_sensitive_relationship_is_nowhere(more: str):
    assert "Barnaby" not in json.dumps(plain(mapped(relative(more=more) + TEAM))["resources"])


@pytest.mark.parametrize("roles", ["non-contact", "emergency-contact NON-CONTACT"])
def test_who_must_not_be_contacted_is_nobodys_contact(roles: str):
    assert "Barnaby" not in json.dumps(plain(mapped(relative(roles) + TEAM))["resources"])


@pytest.mark.parametrize(
    "role", ["lpa-property", "lpa-finance", "deputy-property", "dwp-appointee", "nearest-relative"]
)
def test_a_financial_or_a_mental_health_act_role_is_not_told(role: str):
    found = mapped(relative(role))
    told = only(found, "RelatedPerson")["relationship"]
    assert [coding["code"] for concept in told for coding in concept["coding"]] == ["SONC", "main-carer"]
    assert found.problems == ()


def test_who_is_only_an_attorney_for_property_is_not_told_at_all():
    found = mapped(
        '<Relationships><Relationship id="R1" type="property-attorney" roles="lpa-property">'
        "<Name><Family>Marker</Family></Name></Relationship></Relationships>"
    )
    assert of_type(found, "RelatedPerson") == []
    assert said(found.problems) == ["case.xml:1 Relationship is left out: it has no relationship"]


@pytest.mark.parametrize("postcode", ["XXXX", "nopostcode", "W1A", "NK1 0AA", "NF1 1AB", "ZZ99 3VZ"])
def test_a_postcode_that_is_none_is_dropped_with_a_problem(postcode: str):
    found = mapped(f"<Addresses><Address><Line>1 Row</Line><Postcode>{postcode}</Postcode></Address></Addresses>")
    assert only(found, "Patient")["address"] == [{"line": ["1 Row"]}]
    assert [problem.value for problem in found.problems] == [postcode]


def test_a_postcode_is_written_as_post_offices_do():
    found = mapped("<Addresses><Address><Postcode>sw1p1pz</Postcode></Address></Addresses>")
    assert only(found, "Patient")["address"] == [{"postalCode": "SW1P 1PZ"}]


@pytest.mark.parametrize("uprn", ["abcd", "10033544614.0", "1.0033e10", "0", "1234567890123"])
def test_a_uprn_that_is_none_is_dropped_with_a_problem(uprn: str):
    found = mapped(f'<Addresses><Address uprn="{uprn}"><Line>1 Row</Line></Address></Addresses>')
    assert only(found, "Patient")["address"] == [{"line": ["1 Row"]}]
    assert [problem.value for problem in found.problems] == [uprn]


def test_a_uprn_that_nobody_verified_is_not_told():
    found = mapped('<Addresses><Address uprn="10033544614" uprnVerified="N"><Line>1 Row</Line></Address></Addresses>')
    assert only(found, "Patient")["address"] == [{"line": ["1 Row"]}]


def test_a_telephone_without_a_kind_is_left_out_with_a_problem():
    found = mapped("<Telecoms><Telecom>01632 960101</Telecom></Telecoms>")
    assert "telecom" not in only(found, "Patient")
    assert said(found.problems) == ["case.xml:1 Telecom is left out: it has no system"]


# ---------------------------------------------------------------- whom a facet names, and where it leads


@pytest.mark.parametrize(("roles", "category"), [("", "family"), ("emergency-contact", "emergency-contact")])
def test_every_facet_that_names_a_relative_mentions_him_in_one_category(roles: str, category: str):
    found = mapped(relative(roles) + TEAM)
    naming = [
        each
        for resource in found.resources
        for each in resource.facets
        if "Barnaby" in json.dumps(each.body) or "relationship:R1" in json.dumps(each.body)
    ]
    assert len(naming) == 3
    assert {(each.mentions, each.category) for each in naming} == {(("77",), category)}


def test_who_is_hidden_with_the_son_is_not_the_worker():
    (team,) = of_type(mapped(relative() + TEAM), "CareTeam")
    assert [(each.part, each.mentions) for each in team.facets] == [
        ("carrier", ()),
        ("team", ()),
        ("carer:R1", ("77",)),
    ]


def test_a_relative_without_a_record_is_nobodys_mention():
    found = mapped(relative().replace('personRef="77"', 'personRef=""'))
    assert facet(of_type(found, "RelatedPerson")[0], "carrier").mentions == ()


def test_what_tells_where_somebody_lives_or_is_looked_after_locates():
    inner = '<Addresses><Address><Line>1 Row</Line></Address></Addresses><GP odsPractice="Y99001"/>'
    found = mapped(inner + relative() + TEAM + SERVICE.format(status="open"))
    locating = {
        (resource.type, each.part)
        for resource in found.resources
        for each in resource.facets
        if each.locates and resource.type != "Provenance"
    }
    assert locating == {
        ("Patient", "contact"),
        ("Patient", "gp"),
        ("RelatedPerson", "contact"),
        ("CareTeam", "team"),
        ("CareTeam", "provider"),
    }


def test_every_facet_of_a_package_carries_its_provider():
    found = mapped(SERVICE.format(status="open"))
    providers = {
        each.provider for resource in found.resources for each in resource.facets if each.category == "services"
    }
    assert providers == {"A9X9Y"}


@pytest.mark.parametrize(
    ("status", "codes"),
    [
        ("open", ("active", "active")),
        ("Suspended", ("onhold", "suspended")),
        ("closed", ("finished", "inactive")),
    ],
)
def test_a_package_has_the_status_of_its_service(status: str, codes: tuple[str, str]):
    found = mapped(SERVICE.format(status=status))
    assert (only(found, "EpisodeOfCare")["status"], only(found, "CareTeam")["status"]) == codes


def test_a_package_of_unknown_status_is_no_episode():
    found = mapped(SERVICE.format(status="hm"))
    assert of_type(found, "EpisodeOfCare") == []
    assert "case.xml:1 Service is left out: it has no status" in said(found.problems)


@pytest.mark.parametrize(
    ("status", "named"), [("open", True), ("suspended", True), ("closed", False), ("planned", False)]
)
def test_only_the_provider_of_an_open_service_is_the_persons_own(status: str, named: bool):
    found = mapped(SERVICE.format(status=status)).organisations
    assert [(each.kind, each.code, each.starts) for each in found] == [("provider", "A9X9Y", "2024-02-12")] * named


@pytest.mark.parametrize(
    ("to", "status"),
    [
        ("", "active"),
        ("2025-11-21", "inactive"),
        ("2025-11-22", "active"),
        ("2025", "active"),
        ("2024", "inactive"),
        ("9999-12-31", "active"),
        ("31/12/2024", "inactive"),
    ],
)
def test_an_allocation_is_active_until_it_has_surely_ended(to: str, status: str):
    found = mapped(TEAM.replace('from="2024-02-05"', f'from="2024-02-05" to="{to}"'))
    assert only(found, "CareTeam")["status"] == status


def test_a_period_that_ends_before_it_begins_is_dropped_with_a_problem():
    found = mapped(TEAM.replace('from="2024-02-05"', 'from="2024-02-05" to="2023-01-01"'))
    assert "period" not in only(found, "CareTeam")
    assert [problem.field for problem in found.problems] == ["Allocation@to"]


def test_the_case_leads_to_the_teams_that_are_allocated():
    episode = only(mapped(TEAM + '<Involvement opened="2019-02-20" closed="2024-01-31"/>'), "EpisodeOfCare")
    assert episode["team"] == [{"reference": "key:CareTeam:allocation:T2:W7:2024-02-05"}]
    assert (episode["status"], episode["period"]) == ("finished", {"start": "2019-02-20", "end": "2024-01-31"})


def test_every_reference_leads_to_a_resource_of_the_record():
    found = mapped(relative() + TEAM + SERVICE.format(status="open") + "<Involvement/>")
    keys = {f"key:{resource.type}:{resource.key}" for resource in found.resources}
    text = json.dumps(plain(found)["resources"])
    references = {each.split('"')[0] for each in text.split('"reference": "')[1:]}
    assert references <= keys
    assert len(references) == 9


def test_of_two_relatives_with_one_id_the_first_counts():
    two = relative()[: -len("</Relationships>")] + relative()[len("<Relationships>") :].replace("Barnaby", "Marker")
    found = mapped(two)
    assert "Marker" not in json.dumps(plain(found)["resources"])
    assert said(found.problems) == ["case.xml:1 Relationship stands twice; the first RelatedPerson counts"]


def test_a_relative_without_an_id_is_left_out_with_a_problem():
    found = mapped(relative().replace('id="R1"', "") + TEAM)
    assert "Barnaby" not in json.dumps(plain(found)["resources"])
    assert said(found.problems) == ["case.xml:1 Relationship has no relationship:{@id}; no RelatedPerson is made of it"]


def test_nobody_is_the_worker_minus_one():
    team = only(mapped(TEAM.replace("W7", "-1").replace("Farah Ockenden", "Unknown")), "CareTeam")
    assert team["participant"] == [{"role": [{"text": "Social worker"}]}]


# ---------------------------------------------------------------- provenance


def test_every_resource_has_a_provenance_that_is_visible_where_it_is():
    inner = "<Addresses><Address><Line>1 Row</Line></Address></Addresses>"
    found = mapped(inner + relative() + TEAM + SERVICE.format(status="open"))
    made = [resource for resource in found.resources if resource.type != "Provenance"]
    provenances = {resource.key: resource for resource in of_type(found, "Provenance")}
    assert len(provenances) == len(made)
    for resource in made:
        target, carrier = (
            facet(resource, "carrier"),
            facet(provenances[f"provenance:{resource.type}:{resource.key}"], "carrier"),
        )
        assert carrier.body["target"] == [{"reference": f"key:{resource.type}:{resource.key}"}]
        seen = [(each.category, each.locates, each.mentions, each.provider) for each in (target, carrier)]
        assert seen[0] == seen[1]


def test_where_a_record_stood_is_for_the_officers_alone():
    found = mapped()
    (provenance,) = of_type(found, "Provenance")
    place = facet(provenance, "place")
    assert (place.category, place.locates, place.mentions, place.provider) == ("audit", False, (), None)
    assert place.body["entity"][0]["what"]["identifier"]["value"] == f"case.xml:1 sha256:{found.digest}"
    assert found.digest not in json.dumps(facet(provenance, "carrier").body)


def test_a_problem_names_file_line_field_value_and_reason():
    (problem,) = mapped('<Birth date="31/02/1950"/>').problems
    assert str(problem) == (
        "case.xml:1 Birth@date `31/02/1950` is not a date; expected yyyy, yyyy-mm or yyyy-mm-dd; born counts as unknown"
    )


def test_no_repr_shows_what_is_known_of_a_person():
    found = mapped(relative() + '<Birth date="31/02/1950"/>', 'localId="Marker-7"')
    shown = repr((found, found.resources, found.choices, found.organisations, found.problems))
    assert all(word not in shown for word in ("Barnaby", "31/02/1950", "Marker-7", "R1", "77"))


def test_a_problem_is_one_short_line_whatever_it_tells_of():
    shown = str(Problem("case.xml", 1, "Family", "is odd", "dropped", "a\nb" * 500))
    assert "\n" not in shown
    assert len(shown) < 120
