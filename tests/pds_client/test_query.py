"""Is every search that PDS would refuse refused before it is sent?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pds_client import BadQuery, Query

ENOUGH = {"family": "Example", "birth_date": "eq1941-02-03"}

REFUSED = {
    "nothing": {},
    "no date of birth": {"family": "Example"},
    "no family name": {"given": ("Adalind",), "birth_date": "1941-02-03"},
    "a compact date": {**ENOUGH, "birth_date": "19410203"},
    "a partial date": {**ENOUGH, "birth_date": "1941-02"},
    "a date off the calendar": {**ENOUGH, "birth_date": "1941-02-30"},
    "another comparison": {**ENOUGH, "birth_date": "gt1941-02-03"},
    "two dates that are no range": {**ENOUGH, "birth_date": ("eq1941-02-03", "eq1941-02-04")},
    "a range with two beginnings": {**ENOUGH, "birth_date": ("ge1941-02-01", "ge1941-02-03")},
    "a range of three": {**ENOUGH, "birth_date": ("ge1941-02-01", "le1941-02-03", "eq1941-02-02")},
    "a range of death with two ends": {**ENOUGH, "death_date": ("le2020-01-01", "le2020-02-01")},
    "an odd date of death": {**ENOUGH, "death_date": "2020"},
    "a long family name": {**ENOUGH, "family": "E" * 36},
    "a long given name": {**ENOUGH, "given": ("A" * 36,)},
    "an early wildcard": {**ENOUGH, "family": "E*ample"},
    "an early wildcard in the given name": {**ENOUGH, "given": ("A*",)},
    "an early wildcard in the postcode": {**ENOUGH, "postcode": "Z*"},
    "a wildcard in the second given name": {**ENOUGH, "given": ("Adalind", "Bea*")},
    "a wildcard in the e-mail": {**ENOUGH, "email": "ada*@example.com"},
    "a wildcard in the phone": {**ENOUGH, "phone": "01632*"},
    "an odd gender": {**ENOUGH, "gender": "F"},
    "an odd practice": {**ENOUGH, "general_practitioner": "Y*2345"},
    "an odd postcode": {**ENOUGH, "postcode": "ZE1-0AA"},
    "an empty value": {**ENOUGH, "postcode": " "},
    "a newline": {**ENOUGH, "family": "Exam\nple"},
    "two results": {**ENOUGH, "max_results": 2},
    "fifty results": {**ENOUGH, "max_results": 50},
    "a fuzzy wildcard": {**ENOUGH, "given": ("Ada*",), "fuzzy": True},
    "fuzzy with the family name only": {**ENOUGH, "fuzzy": True},
    "fuzzy without gender": {**ENOUGH, "postcode": "ZE1 0AA", "fuzzy": True},
    "fuzzy without date of birth": {"family": "Example", "given": ("Adalind",), "fuzzy": True},
}

ACCEPTED = {
    "the least": ENOUGH,
    "a date without comparison": {**ENOUGH, "birth_date": "1941-02-03"},
    "a range": {**ENOUGH, "birth_date": ("ge1941-02-01", "le1941-02-28")},
    "wildcards": {**ENOUGH, "family": "Exa*", "given": ("Ada*",), "postcode": "ZE*"},
    "everything": {
        **ENOUGH,
        "given": ("Adalind", "Bea"),
        "death_date": "le2020-01-01",
        "gender": "female",
        "postcode": "ZE1 0AA",
        "general_practitioner": "Y12345",
        "phone": "+441632960001",
        "email": "ada@example.com",
        "exact": True,
        "history": True,
        "max_results": 1,
    },
    "fuzzy by both names": {**ENOUGH, "given": ("Adalind",), "fuzzy": True},
    "fuzzy by family name": {**ENOUGH, "gender": "female", "postcode": "ZE1 0AA", "fuzzy": True},
    "fuzzy by given name": {
        "given": ("Adalind",),
        "birth_date": "1941-02-03",
        "gender": "female",
        "postcode": "ZE1 0AA",
        "fuzzy": True,
    },
    "a compound given name": {**ENOUGH, "given": ("Mary Ann",)},
}


@pytest.mark.parametrize("search", REFUSED.values(), ids=REFUSED.keys())
def test_a_search_that_pds_would_refuse_cannot_be_made(search):
    with pytest.raises(BadQuery):
        Query(**search)


@pytest.mark.parametrize("search", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_a_search_that_pds_carries_out_can_be_made(search):
    assert Query(**search).parameters()


def test_names_and_switches_are_written_as_pds_writes_them():
    query = Query(**ACCEPTED["everything"])
    assert query.parameters() == [
        ("family", "Example"),
        ("given", "Adalind"),
        ("given", "Bea"),
        ("birthdate", "eq1941-02-03"),
        ("death-date", "le2020-01-01"),
        ("gender", "female"),
        ("address-postalcode", "ZE1 0AA"),
        ("general-practitioner", "Y12345"),
        ("phone", "+441632960001"),
        ("email", "ada@example.com"),
        ("_exact-match", "true"),
        ("_history", "true"),
        ("_max-results", "1"),
    ]


def test_the_fields_of_a_query_are_names_about_the_person_alone():
    query = Query(**{**ENOUGH, "given": ("Adalind", "Bea"), "history": True})
    assert query.fields == ("family", "given", "birthdate")


@given(st.text("VXZ*\n'- ", min_size=4).filter(str.strip))
def test_neither_a_query_nor_its_refusal_shows_a_value(text):
    try:
        shown = repr(Query(family=text, birth_date="1941-02-03"))
    except BadQuery as refusal:
        shown = str(refusal)
    assert not {"V", "X", "Z"} & set(shown)
