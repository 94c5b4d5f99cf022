"""What the `case-xml` mapping never says, and what it says of that."""

import json

import pytest

from tests.mappings.extracts import (
    TEAM,
    mapped,
    of_type,
    only,
    plain,
    relative,
    said,
)


@pytest.mark.parametrize("flag", ["Y", "y", "yes", "true", "perhaps"])
def test_an_address_that_may_not_be_disclosed_is_nowhere(flag: str):
    address = f'<Address doNotDisclose="{flag}" uprn="10033544614"><Line>Marker Lane</Line></Address>'
    inner = f"<Addresses>{address}</Addresses>"
    found = mapped(inner + relative().replace("</Relationship>", f"{address}</Relationship>"))
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


@pytest.mark.parametrize("role", ["lpa-property", "deputy-finance", "dwp-appointee", "nearest-relative"])
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
