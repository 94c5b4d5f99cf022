"""What a blank field means, and what an unreadable one: the safe thing, and it is said."""

import pytest

from tests.mappings.extracts import mapped


@pytest.mark.parametrize(
    ("attribute", "value", "read"),
    [
        ("restricted", "Y", "yes"),
        ("restricted", "n", "no"),
        ("restricted", "", "yes"),
        ("restricted", "perhaps", "yes"),
        ("restricted", "Unknown", "yes"),
        ("locked", "true", "yes"),
        ("locked", "N", "no"),
        ("locked", "", "no"),
        ("locked", "perhaps", "yes"),
        ("locked", "Unknown", "yes"),
    ],
)
def test_a_flag_that_hides_hides_unless_it_says_no(attribute: str, value: str, read: str):
    assert mapped(attributes=f'localId="1" {attribute}="{value}"').facts[attribute] == read


def test_a_person_without_the_flag_is_restricted():
    assert mapped(attributes='localId="1"').facts["restricted"] == "yes"


@pytest.mark.parametrize("attribute", ["restricted", "locked"])
def test_a_flag_that_cannot_be_read_is_said_with_what_it_counts_as(attribute: str):
    (problem,) = mapped(
        attributes=f'localId="1" restricted="N" {attribute}="perhaps"'.replace(
            'restricted="N" restricted', "restricted"
        )
    ).problems
    assert str(problem) == f"case.xml:1 Person@{attribute} `perhaps` is neither yes nor no; {attribute} counts as yes"


@pytest.mark.parametrize(
    ("flags", "read"),
    [((), "no"), (("N", ""), "no"), (("N", "Y"), "yes"), (("perhaps", "N"), "yes"), (("perhaps", "Y"), "yes")],
)
def test_one_address_that_may_not_be_disclosed_is_enough(flags: tuple[str, ...], read: str):
    addresses = "".join(f'<Address doNotDisclose="{flag}"/>' for flag in flags)
    assert mapped(f"<Addresses>{addresses}</Addresses>").facts["do_not_disclose"] == read


@pytest.mark.parametrize(
    ("inner", "fact", "read"),
    [
        ("<Birth/>", "born", "unknown"),
        ('<Birth date="1950-05"/>', "born", "1950-05"),
        ('<Birth date="1950-05-01"/><Birth date="1950-05-02"/>', "born", "unknown"),
        ("<Death/>", "died", "no"),
        ('<Death date="2025-01-02"/>', "died", "2025-01-02"),
        ('<Death date="9999-12-31"/>', "died", "no"),
        ('<Death date="soon"/>', "died", "unknown"),
        ('<Death date="" precision="none"/>', "died", "unknown"),
        ("<Involvement/>", "closed", "open"),
        ('<Involvement closed="2020-01-01"/>', "closed", "2020-01-01"),
        ('<Involvement closed="9999-12-31"/>', "closed", "open"),
        ('<Involvement closed="2020"/>', "closed", "unknown"),
        ('<Involvement psr="Mental Health Support"/>', "mental_health", "yes"),
        ('<Involvement psr="Learning Disability Support"/>', "mental_health", "no"),
        ('<Involvement psr="Unknown"/>', "mental_health", "no"),
        ('<Involvement psr="Kindness"/>', "mental_health", "unknown"),
        ('<Services><Service s117="N"/><Service s117="Y"/></Services>', "section_117", "yes"),
        ('<Services><Service s117="hm"/></Services>', "section_117", "unknown"),
    ],
)
def test_a_fact_is_what_the_field_says_and_no_more(inner: str, fact: str, read: str):
    assert mapped(inner).facts[fact] == read


def test_every_fact_is_there_for_a_record_that_says_nothing():
    assert mapped(attributes='localId="1"').facts == {
        "restricted": "yes",
        "locked": "no",
        "do_not_disclose": "no",
        "born": "unknown",
        "died": "no",
        "closed": "open",
        "mental_health": "no",
        "section_117": "no",
    }
