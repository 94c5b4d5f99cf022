"""What does this answer of PDS mean?

Rules it keeps:
- Only the HTTP status and the Spine code decide; `diagnostics` is text that may change.
- A 200 that holds an OperationOutcome is Ambiguous when its code is TOO_MANY_MATCHES; any other is an
  error. Only a Bundle whose total is 0 and that has no entries is NoMatch.
- A 404 without a code of PDS comes from something else on the way, so it is not NotFound.

https://digital.nhs.uk/developer/api-catalogue/personal-demographics-service-fhir
"""

import re
from dataclasses import dataclass

from pds_client.fhir import Resource, child, children, codes
from pds_client.nhs_number import Environment, NhsNumber
from pds_client.outcomes import (
    Ambiguous,
    BadNumber,
    Candidate,
    Invalidated,
    Matched,
    NoMatch,
    NotFound,
    ReadOutcome,
    Refused,
    Related,
    RelatedOutcome,
    Restricted,
    SearchOutcome,
    Superseded,
    Unavailable,
    Unchanged,
)
from pds_client.patient import BadPatient, PdsPatient
from pds_client.related import RelatedPerson

OK = 200
NOT_FOUND = 404

# What comes back is shown only when it can be nothing but a code.
_SPINE_CODE = re.compile(r"[A-Z_]{1,60}")


@dataclass(frozen=True, slots=True, repr=False)
class Reply:
    """An answer that is not worth asking for again; the body is empty when it was no JSON object."""

    status: int
    body: Resource

    @property
    def code(self) -> str | None:
        """The first Spine code of an OperationOutcome, which may have no details at all."""
        issues = children(self.body, "issue") if self.kind == "OperationOutcome" else iter(())
        said = (code for issue in issues for code in codes(issue.get("details")))
        return next((code for code in said if _SPINE_CODE.fullmatch(code)), None)

    @property
    def kind(self) -> object:
        return self.body.get("resourceType")

    def __repr__(self) -> str:
        return f"Reply({self.status})"


def read_outcome(reply: Reply, asked: NhsNumber, etag: str | None, environment: Environment) -> ReadOutcome:
    if reply.status != OK:
        return NotFound() if _says(reply, NOT_FOUND, "RESOURCE_NOT_FOUND") else _failure(reply)
    try:
        patient = PdsPatient.parse(reply.body, asked=asked, environment=environment)
    except BadPatient as problem:
        return Unavailable(str(problem), reply.status)
    if patient.superseded_from is not None:
        return Superseded(asked, patient.nhs_number, patient)
    if etag is not None and etag == patient.etag:
        return Unchanged(etag)
    return _held(patient, None)


def search_outcome(reply: Reply, environment: Environment) -> SearchOutcome:
    if reply.status != OK:
        failure = _failure(reply)
        return failure if isinstance(failure, Unavailable) else Refused(reply.status, reply.code)
    if reply.code == "TOO_MANY_MATCHES":
        return Ambiguous()
    try:
        return _found(reply.body, environment)
    except BadPatient as problem:
        return Unavailable(str(problem), reply.status)


def related_outcome(reply: Reply, asked: NhsNumber, environment: Environment) -> RelatedOutcome:
    if reply.status != OK:
        return Related() if _says(reply, NOT_FOUND, "RESOURCE_NOT_FOUND") else _failure(reply)
    if reply.kind != "Bundle":
        return Unavailable("the answer is not a Bundle", reply.status)
    entries = [child(entry.get("resource")) for entry in children(reply.body, "entry")]
    return Related(tuple(RelatedPerson.parse(entry, of=asked, environment=environment) for entry in entries))


def _found(bundle: Resource, environment: Environment) -> SearchOutcome:
    if bundle.get("resourceType") != "Bundle":
        raise BadPatient("the answer is not a Bundle")
    entries = [
        (_score(entry), PdsPatient.parse(entry.get("resource"), environment=environment))
        for entry in children(bundle, "entry")
    ]
    if len(entries) > 1:
        return Ambiguous(tuple(Candidate(patient.nhs_number, score) for score, patient in entries))
    for score, patient in entries:
        return _held(patient, score)
    if bundle.get("total") != 0:
        raise BadPatient("the Bundle has matches by its total but none by its entries")
    return NoMatch()


def _held(patient: PdsPatient, score: float | None) -> Matched | Restricted:
    return Restricted(patient, score) if patient.is_restricted else Matched(patient, score)


def _failure(reply: Reply) -> Invalidated | BadNumber | Refused | Unavailable:
    if _says(reply, NOT_FOUND, "INVALIDATED_RESOURCE"):
        return Invalidated()
    if _says(reply, 400, "INVALID_RESOURCE_ID"):
        return BadNumber()
    if 400 <= reply.status < 500:
        return Refused(reply.status, reply.code)
    return Unavailable("an answer that pds does not document", reply.status)


def _says(reply: Reply, status: int, code: str) -> bool:
    return reply.status == status and reply.code == code


def _score(entry: Resource) -> float | None:
    score = child(entry.get("search")).get("score")
    return float(score) if isinstance(score, int | float) and not isinstance(score, bool) else None
