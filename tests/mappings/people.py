"""Builders of invented `person-json` streams; the defaults are somebody whom nothing is wrong with."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from functools import cache
from typing import Any

from mappings.engine import Mapping, load
from mappings.mapped import Mapped
from mappings.problems import Problem
from mappings.readers import CAPS, Caps, read
from mappings.record import CaseRecord, Header, Trailer
from tests.mappings.extracts import CONTEXT, DATA, nhs_number

Json = dict[str, Any]
FILE = "case.json"


@cache
def person_json() -> Mapping:
    return load("person-json", nhs_number=nhs_number)


def somebody(**said: Any) -> Json:
    return {"id": 71, "contextFlag": "A", "restricted": "N"} | said


def message(**said: Any) -> Json:
    return {"operation": "upsert", "person": somebody()} | said


def lines(*values: Json) -> bytes:
    return "".join(f"{json.dumps(value)}\n" for value in values).encode()


def array(*values: Json) -> bytes:
    return json.dumps(values, indent=1).encode()


def items(
    content: bytes, caps: Caps = CAPS, council: str | None = "999"
) -> list[Header | CaseRecord | Trailer | Problem]:
    return list(read("person-json", io.BytesIO(content), FILE, caps=caps, council=council))


def records(content: bytes, caps: Caps = CAPS) -> list[CaseRecord]:
    return [item for item in items(content, caps) if isinstance(item, CaseRecord)]


def problems(content: bytes, caps: Caps = CAPS) -> list[Problem]:
    """What the reader says, of the file and of each record."""
    found: list[Problem] = []
    for item in items(content, caps):
        found.extend([item] if isinstance(item, Problem) else item.problems if isinstance(item, CaseRecord) else [])
    return found


def record(value: Json) -> CaseRecord:
    (found,) = records(lines(value))
    return found


def mapped(value: Json) -> Mapped:
    return person_json().apply(record(value), CONTEXT)


def of_person(**said: Any) -> Mapped:
    return mapped(somebody(**said))


def sample(name: str) -> list[Mapped]:
    """What a sample file says of its persons."""
    context = replace(CONTEXT, file=name, extract_id="X-2025-11-21")
    with (DATA / name).open("rb") as stream:
        return [
            person_json().apply(item, context)
            for item in read("person-json", stream, name)
            if isinstance(item, CaseRecord)
        ]
