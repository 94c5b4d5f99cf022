"""Do two records agree when they should, and only then?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pds_client.agreement import FIELDS, compare
from pds_client.patient import PdsPatient
from pds_client.simulator import person
from tests.pds_client.world import ADA, ada, our_ada


def verdict(field, ours, theirs):
    agreement = compare(our_ada(**ours), PdsPatient.parse(ada(**theirs)))
    return True if field in agreement.agreed else False if field in agreement.conflicting else None


def test_the_same_words_agree_in_every_field():
    agreement = compare(our_ada(), PdsPatient.parse(ada()))
    assert (agreement.agreed, agreement.conflicting) == (FIELDS, ())


def test_with_a_minimal_record_nothing_agrees_and_nothing_conflicts():
    agreement = compare(our_ada(), PdsPatient.parse(person(ADA)))
    assert (agreement.agreed, agreement.conflicting) == ((), ())


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        ("Example", "EXAMPLE", True),
        ("O'Neill", "ONeill", True),
        ("Müller", "Muller", True),
        ("Smith", "Smith-Jones", True),
        ("Smith Jones", "Jones", True),
        ("de la Cruz", "Delacruz", True),
        ("Smith", "Smithson", False),
        ("Smith", "Smythe", False),
        ("-", "Smith", None),
        (None, "Smith", None),
        ("Smith", None, None),
    ],
)
def test_a_family_name(ours, theirs, expected):
    assert verdict("family", {"family": ours}, {"family": theirs}) is expected


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        (("Jonathan",), ["Jon"], True),
        (("Jon",), ["Jonathan", "Paul"], True),
        (("Mary Ann",), ["Mary", "Ann"], True),
        (("José",), ["JOSE"], True),
        (("J",), ["Jonathan"], None),
        (("Jo",), ["Joanne"], None),
        (("Jo",), ["Jo"], True),
        (("Jonathan",), ["Jonathon"], False),
        (("Paul",), ["Jonathan", "Paul"], False),
        ((), ["Jonathan"], None),
        (("Jonathan",), [], None),
    ],
)
def test_a_given_name(ours, theirs, expected):
    assert verdict("given", {"given": ours}, {"given": theirs}) is expected


def test_a_previous_family_name_agrees():
    assert verdict("family", {"family": "Sample"}, {"previous_family": "Sample"}) is True


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        ("1941-02-03", "1941-02-03", True),
        ("1941-02-03", "1941-03-02", False),
        ("1941-02-03", "1941", None),
        ("1941", "1941", None),
        (None, "1941-02-03", None),
    ],
)
def test_a_date_of_birth_agrees_only_when_both_are_full(ours, theirs, expected):
    assert verdict("birth_date", {"birth_date": ours}, {"birth_date": theirs}) is expected


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        ("ze10aa", "ZE1 0AA", True),
        ("ZE1 0AB", "ZE1 0AA", False),
        ("ZZ99 3VZ", "ZZ99 3VZ", None),
        (None, "ZE1 0AA", None),
        ("ZE1 0AA", None, None),
    ],
)
def test_a_postcode(ours, theirs, expected):
    assert verdict("postcode", {"postcode": ours}, {"postcode": theirs}) is expected


def test_a_date_of_birth_alone_does_not_verify_a_number():
    record = person(ADA, birth_date="1941-02-03")
    assert not compare(our_ada(), PdsPatient.parse(record)).verifies


@pytest.mark.parametrize("other", ["family", "given", "postcode"])
def test_a_date_of_birth_and_one_more_field_verify_a_number(other):
    words = {"family": "Other", "given": ("Otto",), "postcode": "ZE9 9ZZ", other: getattr(our_ada(), other)}
    assert compare(our_ada(**words), PdsPatient.parse(ada())).verifies


def test_without_the_date_of_birth_all_the_rest_does_not_verify_a_number():
    assert not compare(our_ada(birth_date="1941-02-04"), PdsPatient.parse(ada())).verifies


@pytest.mark.parametrize("lacking", FIELDS)
def test_whom_a_search_found_is_identified_by_all_fields_or_not_at_all(lacking):
    key = {"family": "family", "given": "given", "birth_date": "birth_date", "postcode": "postcode"}[lacking]
    empty = () if key == "given" else None
    assert not compare(our_ada(**{key: empty}), PdsPatient.parse(ada())).identifies


@given(st.text(), st.text(), st.text(), st.text())
def test_any_words_are_compared_without_a_crash(family, given_name, birth_date, postcode):
    ours = our_ada(family=family, given=(given_name,), birth_date=birth_date, postcode=postcode)
    agreement = compare(ours, PdsPatient.parse(ada()))
    assert not set(agreement.agreed) & set(agreement.conflicting)
