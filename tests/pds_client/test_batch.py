"""Are the files of a trace by file written and read as the data dictionary has them, and nobody believed too soon?"""

import contextlib
import csv
import io
import itertools
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pds_client import batch
from pds_client.batch import BadBatch, read_response, settle, write_request
from pds_client.demographics import Demographics
from pds_client.nhs_number import Environment, NhsNumber
from pds_client.outcomes import (
    Ambiguous,
    Insufficient,
    Invalidated,
    Matched,
    NoMatch,
    Refused,
    Restricted,
    Superseded,
)
from tests.pds_client.world import ADA, BEN, NOON

REFERENCE = uuid.UUID("11111111-1111-4111-8111-111111111111")
OTHER = uuid.UUID("22222222-2222-4222-8222-222222222222")


def ours(number="", **said):
    """Ada as the council knows her."""
    known = {"family": "Example", "given": ("Adalind",), "birth_date": "1941-02-03", "postcode": "ZE1 0AA"} | said
    return Demographics(**known, nhs_number=NhsNumber.parse(number) if number else None)


def row(reference=REFERENCE, **said):
    """Ada as the answer has her."""
    return {
        "UNIQUE REFERENCE": str(reference),
        "FAMILY_NAME": "EXAMPLE",
        "GIVEN_NAME": "ADALIND",
        "GENDER": "2",
        "DATE_OF_BIRTH": "19410203",
        "POSTCODE": "ZE1 0AA",
        "GP_PRACTICE_CODE": "A12345",
        "ERROR/SUCCESS_CODE": "00",
        "MATCHED_NHS_NO": ADA,
        "MATCHED_ALGORITHM_INDICATOR": "3",
        "MATCHED_CONFIDENCE_PERCENTAGE": "100",
        **{name.replace("_SLASH_", "/"): value for name, value in said.items()},
    }


def response(*rows, columns=batch.RESPONSE_COLUMNS):
    """An answer of these rows."""
    written = io.StringIO()
    file = csv.DictWriter(written, columns, restval="", extrasaction="ignore", lineterminator="\n")
    file.writeheader()
    file.writerows(rows)
    return written.getvalue().encode()


def settled(known=None, **said):
    """What comes of one answer."""
    code = said.pop("code", "00")
    answer = read_response(response(row(**{"ERROR_SLASH_SUCCESS_CODE": code, **said})))[REFERENCE]
    return settle(answer, known or ours(), REFERENCE, NOON)


# ---------------------------------------------------------------- the request


def test_the_columns_are_as_many_and_in_the_order_that_the_data_dictionary_has():
    assert (len(batch.REQUEST_COLUMNS), len(batch.RESPONSE_COLUMNS)) == (23, 29)
    assert batch.REQUEST_COLUMNS[:4] == ("UNIQUE REFERENCE", "NHS_NO", "FAMILY_NAME", "GIVEN_NAME")
    assert batch.REQUEST_COLUMNS[7:9] == ("POSTCODE", "DATE_OF_DEATH")
    assert batch.RESPONSE_COLUMNS[7:9] == ("DATE_OF_DEATH", "ADDRESS_LINE1")
    assert batch.RESPONSE_COLUMNS[13] == "POSTCODE"


def test_a_request_is_a_header_and_a_row_for_everybody():
    written = write_request({REFERENCE: ours(gender="female", given=("Adalind", "Mary", "Jo"))}).decode()
    assert written.splitlines()[0] == ",".join(batch.REQUEST_COLUMNS)
    (said,) = csv.DictReader(io.StringIO(written))
    assert {name: value for name, value in said.items() if value} == {
        "UNIQUE REFERENCE": str(REFERENCE),
        "FAMILY_NAME": "Example",
        "GIVEN_NAME": "Adalind",
        "OTHER_GIVEN_NAME": "Mary Jo",
        "GENDER": "2",
        "DATE_OF_BIRTH": "19410203",
        "POSTCODE": "ZE1 0AA",
    }


def test_beside_a_held_number_only_the_date_of_birth_is_sent():
    (said,) = csv.DictReader(io.StringIO(write_request({REFERENCE: ours(ADA)}).decode()))
    assert {name for name, value in said.items() if value} == {"UNIQUE REFERENCE", "NHS_NO", "DATE_OF_BIRTH"}


def test_a_postcode_that_is_no_place_is_not_sent():
    assert b"ZZ99" not in write_request({REFERENCE: ours(postcode="ZZ99 3VZ")})


def test_a_name_with_a_comma_a_quote_or_a_new_line_stays_one_field():
    written = write_request({REFERENCE: ours(given=('Ada "Addie", the\nfirst',))}).decode()
    (said,) = csv.DictReader(io.StringIO(written, newline=""))
    assert said["GIVEN_NAME"] == 'Ada "Addie", the\nfirst'


@pytest.mark.parametrize("lacking", [{"birth_date": None}, {"birth_date": "1941-02"}, {"family": None}])
def test_who_lacks_what_a_trace_needs_cannot_be_written(lacking):
    assert not batch.can_be_asked(ours(**lacking))
    with pytest.raises(BadBatch):
        write_request({REFERENCE: ours(**lacking)})


def test_a_number_and_a_date_of_birth_are_enough():
    assert batch.can_be_asked(ours(ADA, family=None, given=(), postcode=None))


def test_a_file_of_nobody_is_not_written():
    with pytest.raises(BadBatch):
        write_request({})


# ---------------------------------------------------------------- what is believed


def test_an_exact_trace_that_agrees_in_everything_is_believed():
    traced = settled()
    assert isinstance(traced.outcome, Matched)
    assert (traced.status, traced.patient.nhs_number.value) == ("01", ADA)
    assert traced.patient.general_practitioner == "A12345"


def test_a_held_number_that_the_cross_check_confirms_is_believed():
    traced = settled(ours(ADA), MATCHED_ALGORITHM_INDICATOR="1", POSTCODE="")
    assert (type(traced.outcome), traced.status) == (Matched, "01")


def test_a_held_number_that_was_superseded_gives_both():
    traced = settled(ours(BEN), code="90", MATCHED_ALGORITHM_INDICATOR="1")
    assert isinstance(traced.outcome, Superseded)
    assert (traced.outcome.old.value, traced.outcome.new.value, traced.status) == (BEN, ADA, "01")


@pytest.mark.parametrize(
    "said",
    [
        {"MATCHED_ALGORITHM_INDICATOR": "4"},
        {"MATCHED_ALGORITHM_INDICATOR": "1"},
        {"MATCHED_ALGORITHM_INDICATOR": "0"},
        {"MATCHED_ALGORITHM_INDICATOR": ""},
        {"MATCHED_CONFIDENCE_PERCENTAGE": "99.99"},
        {"MATCHED_CONFIDENCE_PERCENTAGE": ""},
        {"DATE_OF_BIRTH": "19410204"},
        {"DATE_OF_BIRTH": ""},
        {"FAMILY_NAME": "Sample"},
        {"GIVEN_NAME": "Bertha"},
        {"POSTCODE": "M1 1AE"},
        {"POSTCODE": ""},
        {"SENSITIVITY_FLAG": "S"},
        {"code": "92"},
    ],
    ids=str,
)
def test_short_of_a_sure_answer_a_found_number_goes_to_nobody(said):
    traced = settled(**said)
    assert (type(traced.outcome), traced.patient, traced.status) == (Ambiguous, None, "05")
    assert [each.nhs_number.value for each in traced.candidates] == [ADA]


@pytest.mark.parametrize(
    "said",
    [
        {"MATCHED_ALGORITHM_INDICATOR": "3"},
        {"MATCHED_CONFIDENCE_PERCENTAGE": "50"},
        {"DATE_OF_BIRTH": "19410204"},
        {"FAMILY_NAME": "Sample", "GIVEN_NAME": "Bertha", "POSTCODE": "M1 1AE"},
    ],
    ids=str,
)
def test_a_held_number_is_believed_only_by_the_cross_check_and_with_agreement(said):
    traced = settled(ours(ADA), **{"MATCHED_ALGORITHM_INDICATOR": "1", **said})
    assert (type(traced.outcome), traced.patient) == (Ambiguous, None)


@pytest.mark.parametrize("flag", ["S", "I", "B", "?", "U"])
def test_any_flag_of_sensitivity_means_restricted_and_nothing_of_the_place_is_kept(flag):
    traced = settled(ours(ADA), MATCHED_ALGORITHM_INDICATOR="1", SENSITIVITY_FLAG=flag)
    assert isinstance(traced.outcome, Restricted)
    assert traced.status == "01"
    assert (traced.patient.sensitivity, traced.patient.postcodes) == ("restricted", ())
    assert traced.patient.general_practitioner is None


@pytest.mark.parametrize("held", ["", ADA])
@pytest.mark.parametrize(
    ("code", "matched", "outcome"),
    [
        ("98", batch.NOBODY, NoMatch),
        ("98", "", NoMatch),
        ("00", batch.NOBODY, NoMatch),
        ("97", batch.SEVERAL, Ambiguous),
        ("97", "", Ambiguous),
        ("00", batch.SEVERAL, Ambiguous),
        ("96", batch.NOBODY, Insufficient),
        ("91", batch.NOBODY, Invalidated),
        # Somebody beside a code that says nobody.
        ("98", ADA, Ambiguous),
        ("15", ADA, Ambiguous),
    ],
)
def test_every_code_and_marker_is_understood(code, matched, outcome, held):
    traced = settled(ours(held), code=code, MATCHED_NHS_NO=matched, MATCHED_ALGORITHM_INDICATOR="0")
    assert (type(traced.outcome), traced.patient) == (outcome, None)
    assert traced.status != "01"


@pytest.mark.parametrize("code", ["01", "09", "15", "17", "42"])
def test_a_row_that_was_not_carried_out_is_never_taken_for_no_match(code):
    traced = settled(code=code, MATCHED_NHS_NO="", MATCHED_ALGORITHM_INDICATOR="0")
    assert traced.outcome == Refused(0, code)


def test_a_death_is_read():
    assert settled(DATE_OF_DEATH="20261101").patient.deceased == "2026-11-01"


def test_what_is_kept_as_evidence_is_names_of_fields_and_no_value():
    traced = settled()
    assert traced.evidence.fields == ("family_name", "given_name", "date_of_birth", "postcode")
    assert not [value for value in (ADA, "Example", "1941", "ZE1") if value.lower() in repr(traced).lower()]


@given(
    st.sampled_from(["00", "90", "91", "92", "96", "97", "98", "15", "03"]),
    st.sampled_from(["0", "1", "2", "3", "4", ""]),
    st.sampled_from(["100", "99.9", "50", "0", ""]),
    st.sampled_from([ADA, BEN, batch.NOBODY, batch.SEVERAL, ""]),
    st.sampled_from(["", "S"]),
    st.sampled_from(["", ADA]),
    st.sampled_from(["EXAMPLE", "SAMPLE", ""]),
    st.sampled_from(["19410203", "19410204", ""]),
    st.sampled_from(["ZE1 0AA", "M1 1AE", ""]),
)
def test_status_01_and_a_patient_come_together_and_only_when_everything_is_sure(
    code, by, confidence, matched, flag, held, family, born, postcode
):
    traced = settled(
        ours(held),
        code=code,
        MATCHED_ALGORITHM_INDICATOR=by,
        MATCHED_CONFIDENCE_PERCENTAGE=confidence,
        MATCHED_NHS_NO=matched,
        SENSITIVITY_FLAG=flag,
        FAMILY_NAME=family,
        DATE_OF_BIRTH=born,
        POSTCODE=postcode,
    )
    assert (traced.status == "01") == (traced.patient is not None)
    if traced.patient is not None:
        assert code in ("00", "90", "92")
        assert confidence == "100"
        assert born == "19410203"
        assert (by == "1") if held else (by in ("2", "3") and family == "EXAMPLE" and postcode == "ZE1 0AA")


# ---------------------------------------------------------------- what is refused whole


def test_a_header_with_blanks_or_underscores_and_older_scores_behind_it_is_understood():
    columns = [name.replace(" ", "_").replace("/", "_") for name in batch.RESPONSE_COLUMNS]
    older = [*columns, "ALGORITHMIC_TRACE_DOB_SCORE_PERC"]
    said = {name.replace(" ", "_").replace("/", "_"): value for name, value in row().items()}
    assert read_response(response(said, columns=older))[REFERENCE].matched == NhsNumber(ADA)


def test_a_byte_order_mark_and_either_end_of_line_are_read():
    plain = response(row(), row(OTHER))
    assert len(read_response(b"\xef\xbb\xbf" + plain.replace(b"\n", b"\r\n"))) == 2


def test_a_file_that_is_cut_anywhere_is_refused_or_lacks_whole_rows_only():
    whole = response(row(), row(OTHER))
    complete = {len(each) for each in itertools.accumulate(whole.splitlines(keepends=True))}
    for end in range(len(whole)):
        if end in complete:
            assert set(read_response(whole[:end])) <= {REFERENCE, OTHER}
            continue
        with pytest.raises(BadBatch):
            read_response(whole[:end])


BAD = {
    "not utf-8": b"\xff\xfe\n",
    "empty": b"",
    "a request": write_request({REFERENCE: ours()}),
    "one column less": response(row(), columns=batch.RESPONSE_COLUMNS[:-1]),
    "another column more": response(row(), columns=(*batch.RESPONSE_COLUMNS, "SURPRISE")),
    "a blank row": response(row()) + b"\n",
    "a short row": response(row()) + b"a,b\n",
    "a reference twice": response(row(), row()),
    "a reference that is none": response(row("A1")),
    "a number that is none": response(row(MATCHED_NHS_NO="9990000019")),
    "a code that is none": response(row(ERROR_SLASH_SUCCESS_CODE="OK")),
    "an indicator that is none": response(row(MATCHED_ALGORITHM_INDICATOR="5")),
    "a percentage that is none": response(row(MATCHED_CONFIDENCE_PERCENTAGE="101")),
    "a date that is none": response(row(DATE_OF_BIRTH="1941-02-03")),
    "a day that is none": response(row(DATE_OF_DEATH="20260231")),
}


@pytest.mark.parametrize("content", BAD.values(), ids=BAD.keys())
def test_what_is_not_as_the_data_dictionary_has_it_is_refused_whole_without_showing_it(content):
    with pytest.raises(BadBatch) as refused:
        read_response(content)
    assert not [value for value in (ADA, "9990000019", "EXAMPLE", "1941", "ZE1") if value in str(refused.value)]


def test_a_number_that_cannot_occur_in_the_environment_is_refused():
    with pytest.raises(BadBatch):
        read_response(response(row()), environment=Environment.PRODUCTION)


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused_and_nothing_else(content):
    with contextlib.suppress(BadBatch):
        assert read_response(content) == {}


def test_an_answer_shows_nothing_of_a_person():
    (answer,) = read_response(response(row())).values()
    assert repr(answer) == "Answer(00, alphanumeric)"
