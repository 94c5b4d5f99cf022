"""What is said when there is no resource to give?

One table: every cause with its status, its FHIR issue code and one fixed sentence. A fault of the asking is loud and
says the same whoever is asked about; a fact about a person is silent, so a withheld record answers as an absent one.
https://hl7.org/fhir/R4/operationoutcome.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from consent.policy import Policy

CODE_SYSTEM = "CodeSystem/outcome"


@dataclass(frozen=True, slots=True)
class Cause:
    """Why there is no resource: HTTP status, issue code, sentence."""

    status: int
    issue: str
    text: str


CAUSES: dict[str, Cause] = {
    # The asker is not known.
    "no-token": Cause(401, "login", "an access token is needed: see .well-known/smart-configuration"),
    "bad-token": Cause(401, "login", "the access token is not one of this server's, or has been changed"),
    "expired-token": Cause(401, "expired", "the access token has expired: ask for another"),
    # A fault of the asking; the same whoever is asked about.
    "unknown-client": Cause(403, "forbidden", "the client is not registered"),
    "agreement-ended": Cause(403, "forbidden", "the client's sharing agreement has not begun or has ended"),
    "scope-missing": Cause(403, "forbidden", "the access token's scopes do not allow this interaction"),
    "no-purpose": Cause(403, "forbidden", "exactly one purpose of use is needed: ASC-Purpose-Of-Use"),
    "several-purposes": Cause(403, "forbidden", "exactly one purpose of use is needed: ASC-Purpose-Of-Use"),
    "purpose-not-registered": Cause(403, "forbidden", "the client is not registered for this purpose of use"),
    "purpose-refused": Cause(403, "forbidden", "nothing is released for marketing, insurance or payment"),
    "no-organisation": Cause(403, "forbidden", "one organisation is needed: NHSD-End-User-Organisation-ODS"),
    "organisation-not-registered": Cause(403, "forbidden", "the client is not registered for this organisation"),
    "no-user": Cause(403, "forbidden", "a named user is needed for this purpose: ASC-User-ID and ASC-User-Role"),
    "unknown-role": Cause(403, "forbidden", "the user's job role is not one that the client is registered for"),
    "no-such-view": Cause(403, "forbidden", "this role sees nothing for this purpose of use"),
    "identifiable-not-allowed": Cause(
        403, "forbidden", "only de-personalised data is released for this purpose, and only by bulk export"
    ),
    "not-your-council": Cause(403, "forbidden", "the client is not registered as this council's own system"),
    # A fault of the request.
    "unknown-type": Cause(404, "not-supported", "no such resource type or operation here: see metadata"),
    "method-not-allowed": Cause(405, "not-supported", "this interaction is not offered here: see metadata"),
    "not-acceptable": Cause(406, "not-supported", "only application/fhir+json is offered"),
    "bad-parameter": Cause(400, "invalid", "a search parameter cannot be read"),
    "unknown-parameter": Cause(400, "not-supported", "a search parameter is not known here: see metadata"),
    "bad-cursor": Cause(400, "invalid", "the page link is not valid for this asking: search again"),
    "too-long": Cause(413, "too-long", "the request is larger than this server reads"),
    "bad-body": Cause(415, "invalid", "a search body must be application/x-www-form-urlencoded"),
    "bad-content-type": Cause(415, "not-supported", "the content type is not one of the mapping's layout"),
    "bad-coding": Cause(415, "not-supported", "a body is sent as it is or as gzip (Content-Encoding)"),
    "cut-short": Cause(400, "invalid", "the body ended too early, or is not packed as it says: send it again"),
    "bad-mapping": Cause(400, "invalid", "there is no such mapping here"),
    "bad-word": Cause(400, "invalid", "a source, a message id or a place in a list cannot be read"),
    "message-reused": Cause(409, "conflict", "another message came under this id: give each its own"),
    "too-many": Cause(429, "throttled", "too many pushes of this client are under way: try again in a moment"),
    "no-such-push": Cause(404, "not-found", "there is no such push of this client"),
    # What is not known here, or not to this asker: the same words.
    "not-found": Cause(404, "not-found", ""),
    # Faults of ours.
    "too-costly": Cause(503, "too-costly", "the search took too long: narrow it"),
    "no-trail": Cause(503, "transient", "the request cannot be recorded now, so nothing is released: try again"),
    "internal": Cause(500, "exception", "the request failed here; nothing was released"),
}


@dataclass(frozen=True, slots=True)
class Feed:
    """As of when a council's data speaks; `as_of` is an instant, or None before the first extract."""

    council: str
    as_of: str | None


class RefusedError(Exception):
    """The request ends here, for the cause named."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause
        # Set once the trail holds it.
        self.recorded = False


def no_proof(policy: Policy, feeds: Sequence[Feed]) -> str:
    """What every answer to a search for a person says, and every 404: an empty answer is no proof."""
    desk = policy.desk
    as_of = "; ".join(f"{feed.council} {feed.as_of or 'nothing received yet'}" for feed in feeds)
    return (
        "This answer is no proof that adult social care is not involved; what you see may be part of the record."
        f" To ask, ring {desk.name}, {desk.phone} ({desk.hours}). Council data as of: {as_of}."
    )


def issue(canonical: str, severity: str, code: str, cause: str, text: str) -> dict[str, Any]:
    """One OperationOutcome with one issue."""
    coding = {"system": f"{canonical}/{CODE_SYSTEM}", "code": cause}
    return {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": severity, "code": code, "details": {"coding": [coding], "text": text}}],
    }


def refusal(canonical: str, cause: str, text: str = "") -> tuple[int, bytes]:
    """The status and body for a cause; `text` is for the one cause whose sentence comes from policy and feed."""
    row = CAUSES[cause]
    return row.status, orjson.dumps(issue(canonical, "error", row.issue, cause, row.text or text))
