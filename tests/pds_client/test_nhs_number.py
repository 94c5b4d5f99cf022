"""Is an NHS number only ever an NHS number, and does it keep itself to itself?"""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pds_client import BadNhsNumber, Environment, NhsNumber
from tests.pds_client.world import ADA, NUMBERS, numbers

REPDIGITS = [str(digit) * 10 for digit in range(10)]


def check_digit(nine: str) -> int:
    """Written apart from the code: 11 less the remainder, where 11 is 0 and 10 is nothing."""
    rest = 11 - sum(int(nine[place]) * (10 - place) for place in range(9)) % 11
    return 0 if rest == 11 else rest


nine_digits = st.text("0123456789", min_size=9, max_size=9)
valid_numbers = (
    nine_digits.filter(lambda nine: check_digit(nine) != 10)
    .map(lambda nine: nine + str(check_digit(nine)))
    .filter(lambda ten: len(set(ten)) > 1)
)


@given(valid_numbers)
def test_every_number_with_its_check_digit_is_accepted(ten):
    assert NhsNumber.parse(ten).value == ten


@given(valid_numbers, st.integers(1, 9))
def test_no_number_with_another_check_digit_is_accepted(ten, shift):
    wrong = ten[:9] + str((int(ten[9]) + shift) % 10)
    with pytest.raises(BadNhsNumber):
        NhsNumber.parse(wrong)


def with_impossible_check_digit(eight: str) -> str | None:
    return next((nine for last in range(10) if check_digit(nine := f"{eight}{last}") == 10), None)


@given(st.text("0123456789", min_size=8, max_size=8).map(with_impossible_check_digit).filter(bool), st.integers(0, 9))
def test_nine_digits_whose_check_digit_would_be_ten_make_no_number(nine, digit):
    with pytest.raises(BadNhsNumber):
        NhsNumber.parse(nine + str(digit))


@given(valid_numbers, st.integers(0, 8))
def test_two_neighbouring_digits_swapped_are_noticed(ten, place):
    swapped = ten[:place] + ten[place + 1] + ten[place] + ten[place + 2 :]
    if swapped != ten:
        with pytest.raises(BadNhsNumber):
            NhsNumber.parse(swapped)


@given(st.text())
def test_any_text_is_an_nhs_number_or_refused(text):
    try:
        assert NhsNumber.parse(text).value == text.replace(" ", "").replace("-", "")
    except BadNhsNumber:
        assert text.replace(" ", "").replace("-", "") not in NUMBERS


@given(st.text("0123456789 -٣", min_size=1))
def test_a_refusal_holds_no_digit_of_what_was_refused(text):
    try:
        NhsNumber.parse(text)
    except BadNhsNumber as refusal:
        assert not any(letter.isdigit() for letter in str(refusal))


@given(valid_numbers)
def test_a_number_shows_at_most_its_last_four_digits(ten):
    number = NhsNumber.parse(ten)
    assert {str(number), repr(number), f"{number}"} == {f"NhsNumber(***{ten[6:]})"}


@given(valid_numbers)
def test_the_same_number_written_otherwise_is_equal_and_hashes_alike(ten):
    spaced = NhsNumber.parse(f" {ten[:3]} {ten[3:6]}-{ten[6:]} ")
    assert {spaced, NhsNumber.parse(ten)} == {spaced}


@pytest.mark.parametrize("placeholder", REPDIGITS)
def test_ten_equal_digits_are_refused_even_when_modulus_11_passes(placeholder):
    with pytest.raises(BadNhsNumber):
        NhsNumber.parse(placeholder)


def test_the_result_markers_of_the_batch_trace_pass_modulus_11_and_are_still_refused():
    assert [check_digit(marker[:9]) for marker in ("0000000000", "9999999999")] == [0, 9]
    for marker in ("0000000000", "9999999999"):
        with pytest.raises(BadNhsNumber):
            NhsNumber.parse(marker)


@pytest.mark.parametrize(
    "text",
    ["", "999", ADA + "\n", "\n" + ADA, ADA + "0", ADA.replace("9", "٩"), ADA.replace("9", "９"), f"{ADA}\u00a0"],
)
def test_newlines_other_digits_and_other_spaces_are_refused(text):
    with pytest.raises(BadNhsNumber):
        NhsNumber.parse(text)


@pytest.mark.parametrize("value", [int(ADA), None, ADA.encode(), [ADA]])
def test_what_is_no_text_is_refused(value):
    with pytest.raises(BadNhsNumber):
        NhsNumber.parse(value)


def test_a_number_cannot_be_made_past_its_check():
    with pytest.raises(BadNhsNumber):
        NhsNumber("1234567890")


@pytest.mark.parametrize(
    ("first_digit", "environments"),
    [
        ("4", {"any", "production", "integration", "sandbox"}),
        ("6", {"any", "production", "integration", "sandbox"}),
        ("7", {"any", "production", "integration", "sandbox"}),
        ("5", {"any", "integration", "sandbox"}),
        ("9", {"any", "integration", "sandbox"}),
        ("0", {"any"}),
        ("1", {"any"}),
        ("2", {"any"}),
        ("3", {"any"}),
        ("8", {"any"}),
    ],
)
def test_a_range_occurs_only_where_it_is_issued_or_made_for_tests(first_digit, environments):
    nines = (f"{first_digit}1000000{digit}" for digit in range(10))
    ten = next(nine + str(check_digit(nine)) for nine in nines if check_digit(nine) != 10)
    assert {each.value for each in Environment if _is_accepted(ten, each)} == environments


def test_the_refusal_of_a_range_names_the_environment_and_not_the_number():
    with pytest.raises(BadNhsNumber, match="production") as refusal:
        NhsNumber.parse(ADA, environment=Environment.PRODUCTION)
    assert ADA not in str(refusal.value)


def test_a_number_survives_pickling():
    number = NhsNumber.parse(ADA)
    assert pickle.loads(pickle.dumps(number)) == number


def test_the_numbers_of_these_tests_are_valid_and_of_the_999_range():
    assert all(NhsNumber.parse(each).value.startswith("999") for each in NUMBERS)
    assert next(numbers()) == ADA


def _is_accepted(ten: str, environment: Environment) -> bool:
    try:
        NhsNumber.parse(ten, environment=environment)
    except BadNhsNumber:
        return False
    return True
