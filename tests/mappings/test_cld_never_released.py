"""What a national return holds and nobody may see: it is in no tree, in no problem and in nothing that is mapped."""

import json

from mappings.record import Node
from tests.mappings.extracts import CONTEXT, DATA, plain
from tests.mappings.sheets import ADA, HEADERS, mapped, mapping, problems, records, sheet, written

LATE = {"Event Start Date": "01/06/2024", "Event End Date": "01/07/2024"}
ENDED = {"Event End Date": "02/04/2024", "Service Component": "Meals"}
SAMPLE = (DATA / "cld.csv").read_bytes()
NEVER = [
    "Client Funding Status",
    "Event Description",
    "Unit Cost",
    "Cost Frequency (Unit Type)",
    "Planned units per week",
]


def everything(node: Node) -> list[object]:
    return [node.name, node.text, node.attributes, [everything(child) for child in node.children]]


def test_a_column_that_is_never_released_is_nowhere():
    marked = dict.fromkeys(NEVER, "MARKER")
    content = sheet(marked, LATE | marked, ENDED | marked)
    assert content.count(b"MARKER") == 15
    assert "MARKER" not in str([everything(record.root) for record in records(content)])
    assert "MARKER" not in json.dumps([plain(found) for found in mapped(content)])


def test_a_withheld_column_that_stands_twice_is_not_even_compared():
    headers = [*HEADERS, "Event Description"]
    content = written([headers, [*(ADA.get(header, "") for header in HEADERS), "MARKER"]])
    assert len(records(content)) == 1
    assert "MARKER" not in "".join(map(str, problems(content)))


def test_no_marker_of_the_sample_is_anywhere():
    assert "Marker" not in json.dumps([plain(mapping("cld").apply(record, CONTEXT)) for record in records(SAMPLE)])
