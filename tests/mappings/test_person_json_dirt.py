"""The dirt of councils' files, a line each in `person-dirt.ndjson`: what is said of it, and what is made of it."""

import json
from dataclasses import replace
from typing import Any

from mappings.problems import Problem
from mappings.readers import read
from mappings.record import CaseRecord
from tests.mappings.extracts import CONTEXT, DATA, merged
from tests.mappings.people import person_json

FILE = "person-dirt.ndjson"


def told() -> list[dict[str, Any]]:
    """Each entry of the file, in order."""
    context = replace(CONTEXT, file=FILE)
    entries: list[dict[str, Any]] = []
    with (DATA / FILE).open("rb") as stream:
        for item in read("person-json", stream, FILE):
            if isinstance(item, Problem):
                entries.append({"problems": [f"{item.effect}: {item}"]})
            elif isinstance(item, CaseRecord):
                found = person_json().apply(item, context)
                bodies = [merged(each) for each in found.resources if each.type != "Provenance"]
                problems = [f"{each.effect}: {each}" for each in found.problems]
                entries.append({"person": item.local_id, "problems": problems, "facts": found.facts, "says": bodies})
    return entries


def test_each_line_of_dirt_is_what_its_twin_says():
    assert told() == json.loads((DATA / "person-dirt.fhir.json").read_text("utf-8"))


def test_nothing_that_is_closed_is_told():
    content = json.dumps(told())
    assert "arker-" not in content
    assert "4711" not in content
