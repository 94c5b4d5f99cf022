"""Is there one fixed sentence for everything that can go wrong, and does none of them tell of a person?"""

from __future__ import annotations

import re
from typing import Any

import orjson
import pytest

from adapter.outcome import CAUSES, Cause, Feed, RefusedError, issue, no_proof, refusal
from consent.policy import shipped
from tests.fhir import valid

POLICY = shipped("westminster")
CANONICAL = "https://asc-fhir.example/fhir"
# https://hl7.org/fhir/R4/valueset-issue-type.html
ISSUE_TYPES = {"login", "expired", "forbidden", "not-supported", "invalid", "too-long", "not-found", "too-costly"}
ISSUE_TYPES |= {"transient", "exception", "informational", "unknown", "processing", "security"}
ISSUE_TYPES |= {"conflict", "throttled"}
SAID = {name: row for name, row in CAUSES.items() if name != "not-found"}


@pytest.mark.parametrize(("name", "row"), CAUSES.items(), ids=CAUSES)
def test_each_cause_is_an_operation_outcome_with_its_code(name: str, row: Cause) -> None:
    status, content = refusal(CANONICAL, name, "a text")
    body: dict[str, Any] = orjson.loads(content)
    valid(body)
    (said,) = body["issue"]
    coding = {"system": f"{CANONICAL}/CodeSystem/outcome", "code": name}
    assert (status, said["severity"], said["code"], said["details"]["coding"]) == (
        row.status,
        "error",
        row.issue,
        [coding],
    )


@pytest.mark.parametrize("row", CAUSES.values(), ids=CAUSES)
def test_each_cause_has_an_issue_code_that_fhir_knows(row: Cause) -> None:
    assert row.issue in ISSUE_TYPES


@pytest.mark.parametrize("row", SAID.values(), ids=SAID)
def test_each_cause_is_said_in_one_lower_case_line_without_a_gap_to_fill(row: Cause) -> None:
    lower = row.text[0].islower() and "\n" not in row.text and not row.text.endswith(".")
    assert lower and not re.search(r"[{}%]|Error|Traceback|\.py\b", row.text)


@pytest.mark.parametrize("name", SAID)
def test_a_cause_that_has_a_sentence_takes_no_other(name: str) -> None:
    assert refusal(CANONICAL, name, "Ada Marlowe") == refusal(CANONICAL, name)


def test_only_what_is_not_found_takes_its_sentence_from_policy_and_feed() -> None:
    assert [name for name, row in CAUSES.items() if not row.text] == ["not-found"]


def test_what_is_no_ones_fault_of_asking_is_never_403() -> None:
    assert {row.issue for row in CAUSES.values() if row.status == 403} == {"forbidden"}


@pytest.mark.parametrize("row", CAUSES.values(), ids=CAUSES)
def test_a_cause_of_ours_is_5xx_and_every_other_4xx(row: Cause) -> None:
    ours = row.issue in ("exception", "transient", "too-costly")
    assert (row.status >= 500) == ours and 400 <= row.status < 600


def test_the_fixed_words_name_the_desk_its_number_its_hours_and_how_old_the_data_is() -> None:
    text = no_proof(POLICY, [Feed("Westminster City Council", "2026-11-22T09:00:00Z"), Feed("Another", None)])
    said = (POLICY.desk.name, POLICY.desk.phone, POLICY.desk.hours, "no proof", "may be part of the record")
    assert [word for word in said if word not in text] == []
    assert text.endswith("Westminster City Council 2026-11-22T09:00:00Z; Another nothing received yet.")


def test_an_outcome_that_informs_is_fhir() -> None:
    outcome = issue(CANONICAL, "information", "informational", "no-proof", "a text")
    valid(outcome)
    assert outcome["issue"][0]["severity"] == "information"


def test_a_refusal_says_its_cause_and_nothing_else() -> None:
    refused = RefusedError("no-purpose")
    assert (str(refused), refused.args, refused.recorded) == ("no-purpose", ("no-purpose",), False)
