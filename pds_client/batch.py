"""Who are these people, asked of PDS by file?

Rules it keeps:
- Writing and reading only: how the files travel (over MESH) and whether they may is the caller's to decide.
- A file that is not wholly as the data dictionary has it is refused whole (`BadBatch`); nothing is guessed from it.
- 0000000000 and 9999999999 in the place of a number mean nobody and several; they are never numbers.
- A number is believed when it was held, the cross-check confirms it, and our own comparison verifies it; or when an
  exact trace found it with full confidence and name, date of birth and postcode all agree. Whatever else is found
  is left to a reviewer. An error of a row is never taken for NoMatch.
- A blank flag of sensitivity beside a code of success means unrestricted; anything else means restricted.

https://digital.nhs.uk/developer/api-catalogue/personal-demographic-service-mesh/pds-mesh-data-dictionary
"""

import csv
import io
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pds_client.agreement import Agreement, compare
from pds_client.dates import is_full_date
from pds_client.demographics import Demographics, known_postcode
from pds_client.evidence import Evidence, Status, StepTaken
from pds_client.nhs_number import ANY, BadNhsNumber, Environment, NhsNumber
from pds_client.outcomes import (
    Ambiguous,
    Candidate,
    Insufficient,
    Invalidated,
    Matched,
    NoMatch,
    Refused,
    Restricted,
    Superseded,
    TraceOutcome,
)
from pds_client.patient import Name, PdsPatient
from pds_client.trace import Trace

NOBODY, SEVERAL = "0000000000", "9999999999"

_ADDRESS = tuple(f"ADDRESS_LINE{line}" for line in range(1, 6))
_PERSON = ("FAMILY_NAME", "GIVEN_NAME", "OTHER_GIVEN_NAME", "GENDER", "DATE_OF_BIRTH")
_REACH = ("LOCAL_PATIENT_ID", "INTERNAL_ID", "TELEPHONE_NUMBER", "MOBILE_NUMBER", "EMAIL_ADDRESS")
_KNOWN_AT = ("NHAIS_POSTING_ID", "AS_AT_DATE")
REQUEST_COLUMNS = (
    *("UNIQUE REFERENCE", "NHS_NO", *_PERSON, "POSTCODE", "DATE_OF_DEATH", *_ADDRESS),
    *("ADDRESS_DATE", "GP_PRACTICE_CODE", *_KNOWN_AT, *_REACH),
)
RESPONSE_COLUMNS = (
    *("UNIQUE REFERENCE", "REQ_NHS_NUMBER", *_PERSON, "DATE_OF_DEATH", *_ADDRESS, "POSTCODE"),
    *("GP_PRACTICE_CODE", "GP_REGISTRATION_DATE", *_KNOWN_AT, *_REACH),
    *("SENSITIVITY_FLAG", "MPS_ID", "ERROR/SUCCESS_CODE", "MATCHED_NHS_NO"),
    *("MATCHED_ALGORITHM_INDICATOR", "MATCHED_CONFIDENCE_PERCENTAGE"),
)
# Columns that older answers carry behind the others.
_OLDER = re.compile(r"ALGORITHMIC_TRACE_[A-Z_]+")

GENDERS = {"unknown": "0", "male": "1", "female": "2", "other": "9"}
_CROSS_CHECK, _ALGORITHMIC = "1", "4"
_TRACES = {"0": "none", _CROSS_CHECK: "cross-check", "2": "simple", "3": "alphanumeric", _ALGORITHMIC: "algorithmic"}
_EXACT = ("2", "3")
_FOUND = ("00", "90", "92")
_SENSITIVE = "92"
_INVALID, _TOO_LITTLE, _CLOSE, _NONE = "91", "96", "97", "98"
_CODE = re.compile(r"[0-9]{2}")
_DAY = re.compile(r"[0-9]{8}")


class BadBatch(ValueError):  # noqa: N818
    """A file that is not as the data dictionary has it; the message names row and column, never a value."""


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """What the file says of one person: a code, how they were traced, and whom it found."""

    code: str
    traced_by: str
    confidence: float
    matched: NhsNumber | None
    several: bool
    patient: PdsPatient | None

    def __repr__(self) -> str:
        return f"Answer({self.code}, {_TRACES[self.traced_by]})"


def can_be_asked(ours: Demographics) -> bool:
    """Whether PDS would carry out a trace: a date of birth, and a number or a family name beside it."""
    return is_full_date(ours.birth_date) and (ours.nhs_number is not None or not ours.missing)


def write_request(people: Mapping[uuid.UUID, Demographics]) -> bytes:
    """The request file: a header, and a row for everybody under a reference that says nothing of them."""
    if not people:
        raise BadBatch("a file needs at least one person")
    written = io.StringIO()
    rows = csv.DictWriter(written, REQUEST_COLUMNS, restval="", lineterminator="\n")
    rows.writeheader()
    for reference, ours in people.items():
        if not can_be_asked(ours):
            raise BadBatch("a person without date of birth, or with neither number nor family name, cannot be asked")
        rows.writerow({"UNIQUE REFERENCE": str(reference), **_said(ours)})
    return written.getvalue().encode("utf-8")


def read_response(content: bytes, *, environment: Environment = ANY) -> dict[uuid.UUID, Answer]:
    """The answer to each reference; raises BadBatch where any row is not as it should be."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadBatch("the file is not UTF-8") from None
    if not text.endswith("\n"):
        raise BadBatch("the file ends in the middle of a row")
    try:
        header, *rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    except (csv.Error, ValueError):
        raise BadBatch("the file is not comma separated, or empty") from None
    columns = _columns(header)
    answers: dict[uuid.UUID, Answer] = {}
    for place, row in enumerate(rows, start=2):
        if len(row) != len(header):
            raise BadBatch(f"row {place} has {len(row)} fields in place of {len(header)}")
        said = dict(zip(columns, (field.strip() for field in row), strict=True))
        reference = _reference(said, place)
        if reference in answers:
            raise BadBatch(f"row {place} repeats a reference")
        answers[reference] = _answer(said, place, environment)
    return answers


def settle(answer: Answer, ours: Demographics, reference: uuid.UUID, at: datetime) -> Trace:
    """Say what comes of an answer, comparing it with what we know: the patient is there only when believed."""
    agreement = Agreement() if answer.patient is None else compare(ours, answer.patient)
    outcome, status, believed = _outcome(answer, ours, agreement)
    fields = tuple(field.lower() for field, value in _said(ours).items() if value)
    step = StepTaken(
        f"file, {_TRACES[answer.traced_by]}", fields, type(outcome).__name__, answer.confidence / 100, reference
    )
    evidence = Evidence((step,), agreement, step.score, None, at)
    return Trace(outcome, answer.patient if believed else None, status, evidence)


def _outcome(answer: Answer, ours: Demographics, agreement: Agreement) -> tuple[TraceOutcome, Status, bool]:
    patient, matched, held = answer.patient, answer.matched, ours.nhs_number
    none = Status.NONE_OR_SEVERAL if held is None else Status.TO_BE_RESOLVED
    if answer.several:
        return Ambiguous(), none, False
    if patient is None or matched is None:
        return _nobody(answer.code), Status.TO_BE_RESOLVED if answer.code == _INVALID else none, False
    if held is not None:
        believed = answer.traced_by == _CROSS_CHECK and answer.confidence == 100 and agreement.verifies
    else:
        sure = answer.traced_by in _EXACT and answer.confidence == 100 and agreement.identifies
        # The address that would tell a restricted person from another is kept back.
        believed = sure and not patient.is_restricted
    if not believed:
        return Ambiguous((Candidate(matched, answer.confidence / 100),)), Status.TO_BE_RESOLVED, False
    if held not in (None, matched):
        return Superseded(held, matched, patient), Status.VERIFIED, True
    found: type[Matched | Restricted] = Restricted if patient.is_restricted else Matched
    return found(patient, answer.confidence / 100), Status.VERIFIED, True


def _nobody(code: str) -> TraceOutcome:
    if code in (_NONE, *_FOUND):
        return NoMatch()
    if code == _TOO_LITTLE:
        return Insufficient(())
    # Any other code is a row that was not carried out.
    return Invalidated() if code == _INVALID else Refused(0, code)


def _said(ours: Demographics) -> dict[str, str]:
    """What is sent of a person: beside a held number the date of birth alone, which is all that a cross-check needs."""
    born = (ours.birth_date or "").replace("-", "")
    if ours.nhs_number is not None:
        return {"NHS_NO": ours.nhs_number.value, "DATE_OF_BIRTH": born}
    given = [name for name in ours.given if name.strip()]
    return {
        "FAMILY_NAME": (ours.family or "").strip(),
        "GIVEN_NAME": given[0] if given else "",
        "OTHER_GIVEN_NAME": " ".join(given[1:]),
        "GENDER": GENDERS.get(ours.gender or "", ""),
        "DATE_OF_BIRTH": born,
        "POSTCODE": _spaced(known_postcode(ours.postcode)),
    }


def _spaced(postcode: str | None) -> str:
    return f"{postcode[:-3]} {postcode[-3:]}" if postcode else ""


def _columns(header: list[str]) -> list[str]:
    columns = [_column(name) for name in header]
    expected = [_column(name) for name in RESPONSE_COLUMNS]
    if columns[: len(expected)] != expected or not all(map(_OLDER.fullmatch, columns[len(expected) :])):
        raise BadBatch("the header is not that of an answer")
    return columns


def _column(name: str) -> str:
    return re.sub(r"[ /]", "_", name.strip().upper())


def _reference(said: Mapping[str, str], place: int) -> uuid.UUID:
    try:
        return uuid.UUID(said["UNIQUE_REFERENCE"])
    except ValueError:
        raise BadBatch(f"row {place} has a reference that was never given") from None


def _answer(said: Mapping[str, str], place: int, environment: Environment) -> Answer:
    code, traced_by, number = said["ERROR_SUCCESS_CODE"], said["MATCHED_ALGORITHM_INDICATOR"] or "0", None
    if not _CODE.fullmatch(code) or traced_by not in _TRACES:
        raise BadBatch(f"row {place} has a code or an indicator that does not exist")
    matched = said["MATCHED_NHS_NO"]
    if matched not in ("", NOBODY, SEVERAL):
        try:
            number = NhsNumber.parse(matched, environment=environment)
        except BadNhsNumber:
            raise BadBatch(f"row {place}: MATCHED_NHS_NO is not an nhs number") from None
    found = number is not None and code in _FOUND
    # Somebody beside a code that says nobody is a contradiction, and left to a reviewer.
    several = matched == SEVERAL or code == _CLOSE or (number is not None and not found)
    patient = _patient(said, number, place) if found and number is not None else None
    return Answer(code, traced_by, _confidence(said, place), number if found else None, several, patient)


def _confidence(said: Mapping[str, str], place: int) -> float:
    text = said["MATCHED_CONFIDENCE_PERCENTAGE"] or "0"
    if not re.fullmatch(r"(100|[0-9]{1,2})(\.[0-9]+)?", text) or float(text) > 100:
        raise BadBatch(f"row {place}: MATCHED_CONFIDENCE_PERCENTAGE is not a percentage")
    return float(text)


def _patient(said: Mapping[str, str], number: NhsNumber, place: int) -> PdsPatient:
    given = (said["GIVEN_NAME"], *said["OTHER_GIVEN_NAME"].split())
    restricted = bool(said["SENSITIVITY_FLAG"]) or said["ERROR_SUCCESS_CODE"] == _SENSITIVE
    died = _date(said, "DATE_OF_DEATH", place)
    return PdsPatient(
        nhs_number=number,
        names=(Name(said["FAMILY_NAME"] or None, tuple(name for name in given if name), "usual"),),
        birth_date=_date(said, "DATE_OF_BIRTH", place),
        postcodes=() if restricted or not said["POSTCODE"] else (said["POSTCODE"],),
        gender=next((name for name, code in GENDERS.items() if code == said["GENDER"]), None),
        deceased=died,
        death_notification=None,
        general_practitioner=None if restricted else said["GP_PRACTICE_CODE"] or None,
        sensitivity="restricted" if restricted else "unrestricted",
        version=None,
    )


def _date(said: Mapping[str, str], column: str, place: int) -> str | None:
    text = said[column]
    if not text:
        return None
    day = f"{text[:4]}-{text[4:6]}-{text[6:]}"
    if not _DAY.fullmatch(text) or not is_full_date(day):
        raise BadBatch(f"row {place}: {column} is not a date of eight digits")
    return day
