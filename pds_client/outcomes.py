"""What can come of asking PDS?

Rules it keeps:
- Every documented answer is a type of its own; none stands for another, and a failure is never NoMatch.
- What a type means is written on the type, and the table in README.md is printed from here.
- Nothing about a person appears in a repr: candidates are opaque.

https://digital.nhs.uk/developer/api-catalogue/personal-demographics-service-fhir
"""

from dataclasses import dataclass
from typing import ClassVar

from pds_client.nhs_number import NhsNumber
from pds_client.patient import PdsPatient
from pds_client.related import RelatedPerson


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody a reviewer may look at: a number and how well PDS thought it fits."""

    nhs_number: NhsNumber
    score: float | None


@dataclass(frozen=True, slots=True)
class Matched:
    patient: PdsPatient
    score: float | None = None
    cause: ClassVar[str] = "one person fits a search, or the number that was read is held"
    does: ClassVar[str] = "hands over the patient; after a search a trace reads the whole record and compares it"


@dataclass(frozen=True, slots=True)
class NoMatch:
    cause: ClassVar[str] = "a search was carried out and found nobody"
    does: ClassVar[str] = "tells so; a trace goes on to its next step"


@dataclass(frozen=True, slots=True)
class Ambiguous:
    candidates: tuple[Candidate, ...] = ()
    cause: ClassVar[str] = "TOO_MANY_MATCHES, several entries, or one person who does not agree well enough"
    does: ClassVar[str] = "accepts nobody; a trace hands the candidates to a reviewer"


@dataclass(frozen=True, slots=True)
class Insufficient:
    missing: tuple[str, ...]
    cause: ClassVar[str] = "a trace without family name or full date of birth, or with nothing beside these"
    does: ClassVar[str] = "asks nothing of PDS and names the missing fields"


@dataclass(frozen=True, slots=True)
class Restricted:
    patient: PdsPatient
    score: float | None = None
    cause: ClassVar[str] = "the person is labelled with anything other than one U"
    does: ClassVar[str] = "hands over the patient, who has no address; found by search alone it is never accepted"


@dataclass(frozen=True, slots=True)
class Superseded:
    old: NhsNumber
    new: NhsNumber
    patient: PdsPatient
    cause: ClassVar[str] = "the record that came back has another number than the one that was read"
    does: ClassVar[str] = "hands over both numbers; the caller moves the link if the new one is free"


@dataclass(frozen=True, slots=True)
class Invalidated:
    cause: ClassVar[str] = "404 INVALIDATED_RESOURCE"
    does: ClassVar[str] = "tells so; a trace searches anew and leaves what it finds to a reviewer"


@dataclass(frozen=True, slots=True)
class NotFound:
    cause: ClassVar[str] = "404 RESOURCE_NOT_FOUND"
    does: ClassVar[str] = "tells so; a trace searches anew and leaves what it finds to a reviewer"


@dataclass(frozen=True, slots=True)
class BadNumber:
    cause: ClassVar[str] = "a number that cannot occur in this environment, or 400 INVALID_RESOURCE_ID"
    does: ClassVar[str] = "asks nothing of PDS where the range tells; never repeats the call"


@dataclass(frozen=True, slots=True)
class Unchanged:
    etag: str
    cause: ClassVar[str] = "a read that gave the ETag of the version PDS still holds"
    does: ClassVar[str] = "hands over nothing: what the caller has is current"


@dataclass(frozen=True, slots=True)
class Related:
    people: tuple[RelatedPerson, ...] = ()
    cause: ClassVar[str] = "related persons were asked for; a 404 RESOURCE_NOT_FOUND and an empty bundle mean none"
    does: ClassVar[str] = "hands over the related persons, who may be none"


@dataclass(frozen=True, slots=True)
class Refused:
    status: int
    code: str | None = None
    cause: ClassVar[str] = "any other 4xx: a request or an access mode that PDS does not allow"
    does: ClassVar[str] = "never repeats the call; hands over the HTTP status and the Spine code"


@dataclass(frozen=True, slots=True)
class Unavailable:
    reason: str
    status: int | None = None
    asked: bool = True
    cause: ClassVar[str] = (
        "408, 429, 5xx, no connection or a passed deadline, after the bounded retries; an open circuit; "
        "a 200 that is neither what was asked for nor TOO_MANY_MATCHES; a number received that is wrong"
    )
    does: ClassVar[str] = "backs off with jitter or as Retry-After says, keeps the X-Request-ID, then gives up"


ReadOutcome = Matched | Restricted | Superseded | Unchanged | Invalidated | NotFound | BadNumber | Refused | Unavailable
SearchOutcome = Matched | Restricted | NoMatch | Ambiguous | Refused | Unavailable
RelatedOutcome = Related | Invalidated | BadNumber | Refused | Unavailable
TraceOutcome = (
    Matched
    | Restricted
    | Superseded
    | Unchanged
    | NoMatch
    | Ambiguous
    | Insufficient
    | Invalidated
    | NotFound
    | BadNumber
    | Refused
    | Unavailable
)

OUTCOMES: tuple[type, ...] = (
    Matched,
    NoMatch,
    Ambiguous,
    Insufficient,
    Restricted,
    Superseded,
    Invalidated,
    NotFound,
    BadNumber,
    Unchanged,
    Related,
    Refused,
    Unavailable,
)


def table() -> str:
    """The outcomes as a Markdown table."""
    rows = [f"| `{each.__name__}` | {each.cause} | {each.does} |" for each in OUTCOMES]  # type: ignore[attr-defined]
    return "\n".join(["| outcome | caused by | what the client does |", "|---|---|---|", *rows])
