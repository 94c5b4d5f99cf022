"""What does Client Level Data say of a person?

Each row is one event with the person's details repeated in it; Release 1 and 2 have the same columns.
The latest row speaks for the person; two NHS numbers, birth dates or sexes are two people, and neither is read.
Costs and descriptions are withheld here: their cells are never looked at.
An involvement lasts while an event is open, and ends when the latest one ended without further action.
When it began is nowhere: the return holds the events of twelve months, and the first of them is not the first.

Columns, value lists and the national rule: https://github.com/DataS-DHSC/ASC-CLD-LA-Dashboard
"""

import re
from collections.abc import Iterator

from mappings import values
from mappings.readers.csv_layout import Csv
from mappings.record import Node

_PERSON = (
    "LA Code",
    "NHS Number",
    "LA Person Unique Identifier",
    "First Name",
    "Last Name",
    "GP Practice Name",
    "GP Practice Code",
    "Gender",
    "Ethnicity",
    "Date of Birth",
    "Date of Death",
    "Client Type",
    "Primary Support Reason",
    "Postcode",
    "Accommodation Status",
    "Employment Status",
    "Has Unpaid Carer",
    "Autism Spectrum Disorder (ASD)",
    "Visual Impairment",
    "Hearing Impairment",
    "Dementia",
)
_EVENT = (
    "Event Type",
    "Event Reference",
    "Event Start Date",
    "Event End Date",
    "Event Outcome",
    "Request: Route of Access",
    "Assessment Type",
    "Eligible Needs Identified",
    "Method of Assessment",
    "Total Hrs Caring per week",
    "No. of adults being cared for",
    "Adult 1 Linked Person_ID",
    "Adult 2 Linked Person_ID",
    "Adult 3 Linked Person_ID",
    "Service Type",
    "Service Component",
    "Delivery Mechanism",
    "Provider CQC Location Name",
    "Provider CQC Location ID",
    "Review Reason",
    "Review Outcomes Achieved",
    "Method of Review",
)
_WITHHELD = (
    "Client Funding Status",
    "Event Description",
    "Unit Cost",
    "Cost Frequency (Unit Type)",
    "Planned units per week",
)
_PERIOD = ("Reporting Period Start Date", "Reporting Period End Date")


def _attribute(header: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "_", header).strip("_")


def _attributes(headers: tuple[str, ...]) -> dict[str, str]:
    return {_attribute(header): header for header in headers}


# Without these nobody is told from another, or the latest row from the rest.
_DEMANDED = (
    "LA Code",
    "NHS Number",
    "LA Person Unique Identifier",
    "Gender",
    "Date of Birth",
    "Event Type",
    "Event Start Date",
    "Event End Date",
)
_LINKED = tuple(f"Adult_{number}_Linked_Person_ID" for number in (1, 2, 3))
_START, _END = "Event_Start_Date", "Event_End_Date"


def _derive(root: Node) -> None:
    linked = list(_linked(root))
    # A carer who is known by association has rows without an event.
    rows = [child for child in root.children if child.attributes]
    events = [row for row in rows if not row.attributes.keys().isdisjoint(("Event_Type", _START))]
    root.children[:] = [*rows, *_involvement(root, events), *linked]


def _involvement(root: Node, events: list[Node]) -> Iterator[Node]:
    if not events:
        return
    closed = _closed(events)
    yield Node("Involvement", root.line, None, {} if closed is None else {"closed": closed})


def _closed(events: list[Node]) -> str | None:
    """The end of the last event; none while one is open, may be, or leads to something further."""
    ends = [_day(event, _END) for event in events]
    if None in ends:
        return None
    last = max(end for end in ends if end is not None)
    final = [event.attributes.get("Event_Outcome", "") for event, end in zip(events, ends, strict=True) if end == last]
    return last if all(_ends_it(outcome) for outcome in final) else None


def _ends_it(outcome: str) -> bool:
    words = outcome.casefold()
    return words.startswith(("nfa", "no further action", "service ended", "support ended"))


def _linked(root: Node) -> Iterator[Node]:
    """The adults whom this person cares for."""
    found: dict[str, int] = {}
    for event in root.children:
        for attribute in _LINKED:
            local_id = event.attributes.pop(attribute, "")
            if local_id and values.text(local_id) is not values.PLACEHOLDER:
                found[local_id] = min(found.get(local_id, event.line), event.line)
    for local_id in sorted(found):
        yield Node("Cares_For", found[local_id], None, {"local_id": local_id})


def _day(event: Node, attribute: str) -> str | None:
    raw = event.attributes.get(attribute)
    read = values.date(raw) if raw else None
    return read if isinstance(read, str) else None


CLD = Csv(
    name="cld",
    person=_attributes(_PERSON),
    rows=_attributes(_EVENT),
    id="LA_Person_Unique_Identifier",
    row="Event",
    optional=frozenset(_attributes(_PERSON + _EVENT)) - frozenset(_attributes(_DEMANDED)),
    dates=frozenset({"Date_of_Birth", "Date_of_Death", _START, _END}),
    formats=("dd/mm/yyyy", "yyyy-mm-dd", "yyyymmdd"),
    council_attribute="LA_Code",
    latest=(_END, _START),
    agree=frozenset({"NHS_Number", "Date_of_Birth", "Gender"}),
    window=_PERIOD,
    withheld=_WITHHELD,
    derive=_derive,
)


def table() -> list[tuple[str, str, str]]:
    """Every column: its header, its attribute, and what it speaks of."""
    named = [(header, f"`@{_attribute(header)}`", "the person") for header in _PERSON]
    named += [(header, f"`Event@{_attribute(header)}`", "the event") for header in _EVENT]
    named = [(h, "`Cares_For@local_id`", a) if _attribute(h) in _LINKED else (h, p, a) for h, p, a in named]
    named += [(header, "", "the extract's window") for header in _PERIOD]
    return named + [(header, "", "never read") for header in _WITHHELD]
