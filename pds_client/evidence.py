"""How did a trace come to its answer?

Rules it keeps:
- What may be kept as provenance and nothing else: names of steps and fields, kinds of answers, ids of
  requests and times. No value about the person is in it.
- Only a number of status 01 may be shown to others as verified.

https://www.datadictionary.nhs.uk/attributes/nhs_number_status_indicator_code.html
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pds_client.agreement import Agreement


class Status(StrEnum):
    """The NHS number status indicator code; a trace gives 01 to 05, the caller knows of the others."""

    VERIFIED = "01"
    PRESENT_NOT_TRACED = "02"
    TRACE_REQUIRED = "03"
    NONE_OR_SEVERAL = "04"
    TO_BE_RESOLVED = "05"
    IN_PROGRESS = "06"
    NOT_TO_BE_TRACED = "07"
    POSTPONED = "08"


@dataclass(frozen=True, slots=True)
class StepTaken:
    """One call: what it was, the names of the fields it used, and the kind of answer that came."""

    name: str
    fields: tuple[str, ...]
    outcome: str
    score: float | None
    request_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class Evidence:
    steps: tuple[StepTaken, ...]
    agreement: Agreement
    score: float | None
    version: str | None
    at: datetime

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of all fields that were sent to PDS."""
        return tuple(dict.fromkeys(name for step in self.steps for name in step.fields))

    @property
    def calls(self) -> int:
        """How often PDS was asked; the tries of one call count once."""
        return len(self.steps)
