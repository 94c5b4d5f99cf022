"""What do the national opt-out check and the trace by file answer?

They imitate:
- the check: one number and a comma on a line; the answer is the same list without those who opted out, under the
  same LocalId; before it a file with the subject SUCCESS and a JSON body; a file without Subject or LocalId, or with
  other characters in them than letters, digits, `_` and `-`, is never answered; a file with a line that is no number
  is answered with one line that says so;
- the trace by file: the cross-check of number and date of birth, then an exact trace on family name, date of birth
  and gender, with the codes and markers of the data dictionary; superseded, sensitive and several people.

They do not imitate:
- the order and uniqueness of files that the check insists on, the algorithmic trace with its scores, the codes of a
  file that is wrong as a whole, history, and how long any of it takes.
All people must be invented.

https://digital.nhs.uk/services/national-data-opt-out/compliance-with-the-national-data-opt-out
"""

import csv
import io
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from pds_client.batch import GENDERS, NOBODY, RESPONSE_COLUMNS, SEVERAL
from pds_client.nhs_number import BadNhsNumber, NhsNumber
from pds_client.simulator.answers import is_restricted
from pds_client.simulator.mesh_file import File

OPT_OUT_WORKFLOW, TRACE_WORKFLOW = "SPINE_NTT_UPHOLDING", "SPINE_PDS_MESH_V1"
_NAMED = re.compile(r"[A-Za-z0-9_-]+")

Change = Callable[[bytes], bytes]


def cut(body: bytes) -> bytes:
    """A fault: the answer ends in the middle of a line."""
    return body[: max(len(body) - 4, 1)]


def with_somebody_else(number: str) -> Change:
    """A fault: the answer holds a number that was never asked for."""
    return lambda body: body + f"{number},\n".encode()


@dataclass
class OptOutCheck:
    """Answers at a mailbox which of the numbers it is sent have no national data opt-out."""

    mailbox: str
    opted_out: Collection[str] = ()
    change: Change = lambda body: body
    receipt: bool = True
    answers: bool = True
    asked: list[tuple[str, ...]] = field(default_factory=list)

    def answer(self, message_id: str, sent: File) -> Iterable[File]:
        """A receipt, then the list."""
        if not (_NAMED.fullmatch(sent.subject) and _NAMED.fullmatch(sent.local_id)):
            return []
        lines = sent.body.decode().split("\n")[:-1]
        numbers = tuple(line.removesuffix(",") for line in lines)
        self.asked.append(numbers)
        if not all(line.endswith(",") and _is_number(number) for line, number in zip(lines, numbers, strict=True)):
            return [_back(sent, sent.subject, b"ERROR: invalid NHS number in file\n")]
        left = "".join(f"{number},\n" for number in numbers if number not in self.opted_out)
        files = []
        if self.receipt:
            files.append(_back(sent, "SUCCESS", orjson.dumps(_receipt(message_id, sent))))
        if self.answers:
            files.append(_back(sent, sent.subject, self.change(left.encode())))
        return files


@dataclass
class TraceByFile:
    """Answers at a mailbox who the people in a file are."""

    mailbox: str
    patients: Collection[Mapping[str, Any]] = ()
    superseded: Mapping[str, str] = field(default_factory=dict)
    change: Change = lambda body: body
    answers: bool = True
    asked: list[tuple[dict[str, str], ...]] = field(default_factory=list)

    def answer(self, _message_id: str, sent: File) -> Iterable[File]:
        """The response file."""
        rows = tuple(csv.DictReader(io.StringIO(sent.body.decode(), newline="")))
        self.asked.append(rows)
        written = io.StringIO()
        response = csv.DictWriter(written, RESPONSE_COLUMNS, restval="", lineterminator="\n")
        response.writeheader()
        response.writerows(self._row(row) for row in rows)
        return [_back(sent, sent.subject, self.change(written.getvalue().encode()))] if self.answers else []

    def _row(self, row: Mapping[str, str]) -> dict[str, str]:
        same = {"UNIQUE REFERENCE": row["UNIQUE REFERENCE"], "REQ_NHS_NUMBER": row["NHS_NO"]}
        checked = self._cross_check(row)
        if checked is not None:
            code = "92" if is_restricted(checked) else "00" if checked["id"] == row["NHS_NO"] else "90"
            return same | _found(checked, code, "1")
        if not (row["FAMILY_NAME"] and row["DATE_OF_BIRTH"]):
            return same | _code("96", NOBODY, "0")
        fit = [patient for patient in self.patients if _fits(row, patient)]
        if len(fit) != 1:
            return same | (_code("97", SEVERAL, "3") if fit else _code("98", NOBODY, "4"))
        return same | _found(fit[0], "92" if is_restricted(fit[0]) else "00", "3")

    def _cross_check(self, row: Mapping[str, str]) -> Mapping[str, Any] | None:
        number = self.superseded.get(row["NHS_NO"], row["NHS_NO"])
        held = (patient for patient in self.patients if patient["id"] == number)
        return next((patient for patient in held if _born(patient) == row["DATE_OF_BIRTH"]), None)


def _fits(row: Mapping[str, str], patient: Mapping[str, Any]) -> bool:
    families = {str(name.get("family", "")).casefold() for name in patient.get("name", ())}
    gender = GENDERS.get(patient.get("gender", ""), "")
    same_gender = not row["GENDER"] or row["GENDER"] == gender
    return row["FAMILY_NAME"].casefold() in families and _born(patient) == row["DATE_OF_BIRTH"] and same_gender


def _found(patient: Mapping[str, Any], code: str, traced_by: str) -> dict[str, str]:
    name: Mapping[str, Any] = next((name for name in patient.get("name", ()) if name.get("use") == "usual"), {})
    given = name.get("given", [])
    practices = [each["identifier"]["value"] for each in patient.get("generalPractitioner", ())]
    postcodes = [address["postalCode"] for address in patient.get("address", ()) if address.get("use") != "old"]
    return _code(code, patient["id"], traced_by) | {
        "FAMILY_NAME": name.get("family", ""),
        "GIVEN_NAME": "".join(given[:1]),
        "OTHER_GIVEN_NAME": " ".join(given[1:]),
        "GENDER": GENDERS.get(patient.get("gender", ""), ""),
        "DATE_OF_BIRTH": _born(patient),
        "DATE_OF_DEATH": "" if is_restricted(patient) else patient.get("deceasedDateTime", "")[:10].replace("-", ""),
        "POSTCODE": "" if is_restricted(patient) else "".join(postcodes[:1]),
        "GP_PRACTICE_CODE": "" if is_restricted(patient) else "".join(practices[:1]),
        "SENSITIVITY_FLAG": "S" if is_restricted(patient) else "",
        "MATCHED_CONFIDENCE_PERCENTAGE": "100",
    }


def _code(code: str, matched: str, traced_by: str) -> dict[str, str]:
    return {
        "ERROR/SUCCESS_CODE": code,
        "MATCHED_NHS_NO": matched,
        "MATCHED_ALGORITHM_INDICATOR": traced_by,
        "MATCHED_CONFIDENCE_PERCENTAGE": "0",
    }


def _born(patient: Mapping[str, Any]) -> str:
    return str(patient.get("birthDate", "")).replace("-", "")


def _is_number(text: str) -> bool:
    try:
        NhsNumber(text)
    except BadNhsNumber:
        return False
    return True


def _receipt(message_id: str, sent: File) -> dict[str, Any]:
    return {
        "message_id": message_id,
        "local_id": sent.local_id,
        "subject": sent.subject,
        "filename": sent.filename,
        "stages": ["validate_non_empty_file", "validate_is_unique_upload", "validate_in_order"],
        "status": "pending",
    }


def _back(sent: File, subject: str, body: bytes) -> File:
    return File(sent.recipient, sent.sender, sent.workflow_id, sent.local_id, subject, sent.filename, body)
