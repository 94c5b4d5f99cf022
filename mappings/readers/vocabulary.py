"""Which names does the `case-xml` layout know?

A name that is not here is not read, and is reported once in a file, so that nobody believes it was.
An element whose content is None is known by name and never looked into: no mapping names what is inside.

The layout is ours; mappings/README.md shows it whole.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Known:
    attributes: frozenset[str]
    children: frozenset[str] | None


def _known(attributes: str = "", children: str | None = "") -> Known:
    return Known(frozenset(attributes.split()), None if children is None else frozenset(children.split()))


_CLOSED = _known(children=None)

CASE_XML: Mapping[str, Known] = {
    "CaseExtract": _known(children="Header Person Trailer"),
    "Header": _known("council system systemVersion extractId created mode sequence"),
    "Trailer": _known("persons sha256"),
    "Person": _known(
        "localId operation mergedInto restricted locked lastChanged",
        "Identifiers Names Birth Death Sex GenderIdentity Ethnicity Language CommunicationNeed Addresses"
        " Telecoms GP Relationships Allocations Involvement Services Assessments Reviews CaseNoteIndex"
        " Safeguarding Warnings Legal Objections",
    ),
    "Identifiers": _known(children="Identifier"),
    "Identifier": _known("type status from to"),
    "Names": _known(children="Name"),
    "Name": _known("use from to", "Title Given Family Suffix"),
    "Title": _known(),
    "Given": _known(),
    "Family": _known(),
    "Suffix": _known(),
    "Birth": _known("date precision estimated"),
    "Death": _known("date precision estimated"),
    "Sex": _known("code"),
    "GenderIdentity": _known("code"),
    "Ethnicity": _known("scheme code"),
    "Language": _known("first interpreter"),
    "CommunicationNeed": _known("code"),
    "Addresses": _known(children="Address"),
    "Address": _known("type usage from to display doNotDisclose uprn uprnVerified", "Line Town Postcode"),
    "Line": _known(),
    "Town": _known(),
    "Postcode": _known(),
    "Telecoms": _known(children="Telecom"),
    "Telecom": _known("system use thirdParty"),
    "GP": _known("odsPractice", "PracticeName"),
    "PracticeName": _known(),
    "Relationships": _known(children="Relationship"),
    "Relationship": _known("id personRef type roles documentSeen sensitive from to", "Name Telecom Address"),
    "Allocations": _known(children="Allocation"),
    "Allocation": _known("primary from to", "Worker Team"),
    "Worker": _known("id name role"),
    "Team": _known("id name phone email hours"),
    "Involvement": _known("clientType psr opened closed closureReason"),
    "Services": _known(children="Service"),
    "Service": _known("id type component mechanism provider providerOds cqcLocation from to status s117"),
    "Objections": _known(children="Objection"),
    "Objection": _known("kind value recorded effective by"),
    "Assessments": _CLOSED,
    "Reviews": _CLOSED,
    "CaseNoteIndex": _CLOSED,
    "Safeguarding": _CLOSED,
    "Warnings": _CLOSED,
    "Legal": _CLOSED,
}
