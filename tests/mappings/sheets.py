"""Builders of invented CSV files and what is made of them; the defaults are somebody whom nothing is wrong with."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import replace
from functools import cache

from mappings.engine import Mapping, load
from mappings.mapped import Mapped
from mappings.problems import Problem
from mappings.readers import CAPS, Caps, Csv, read
from mappings.readers.csv_cld import table
from mappings.record import CaseRecord, Header, Trailer
from tests.mappings.extracts import CONTEXT, nhs_number

HEADERS = [header for header, _, _ in table()]
ADA = {
    "LA Code": "999",
    "LA Person Unique Identifier": "A1",
    "First Name": "Ada",
    "Last Name": "Quill",
    "Gender": "Female",
    "Date of Birth": "01/02/1950",
    "Event Type": "Service",
    "Service Component": "Home support",
    "Event Start Date": "01/03/2024",
}
PLAIN = Csv(
    name="csv",
    person={"id": "Id", "name": "Name"},
    rows={"kind": "Kind", "day": "Day"},
    id="id",
    council="999",
    dates=frozenset({"day"}),
    formats=("dd/mm/yyyy",),
)


@cache
def mapping(name: str) -> Mapping:
    return load(name, nhs_number=nhs_number)


def written(rows: Iterable[Iterable[str]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


def sheet(*rows: dict[str, str], headers: list[str] | None = None) -> bytes:
    """A file of Client Level Data; each row is Ada's but for what it says."""
    names = headers or HEADERS
    return written([names, *([(ADA | row).get(header, "") for header in names] for row in rows)])


def items(
    content: bytes, layout: str | Csv = "cld", caps: Caps = CAPS
) -> list[Header | CaseRecord | Trailer | Problem]:
    return list(read(layout, io.BytesIO(content), "file.csv", caps=caps))


def problems(content: bytes, layout: str | Csv = "cld", caps: Caps = CAPS) -> list[Problem]:
    return [item for item in items(content, layout, caps) if isinstance(item, Problem)]


def records(content: bytes, layout: str | Csv = "cld", caps: Caps = CAPS) -> list[CaseRecord]:
    return [item for item in items(content, layout, caps) if isinstance(item, CaseRecord)]


def header(content: bytes, layout: str | Csv = "cld") -> Header:
    return next(item for item in items(content, layout) if isinstance(item, Header))


def trailer(content: bytes, layout: str | Csv = "cld") -> Trailer | None:
    return next((item for item in items(content, layout) if isinstance(item, Trailer)), None)


def mapped(content: bytes, name: str = "cld") -> list[Mapped]:
    context = replace(CONTEXT, file="file.csv")
    return [mapping(name).apply(record, context) for record in records(content, mapping(name).layout)]


def ada(*rows: dict[str, str]) -> Mapped:
    """What several rows of one person become."""
    (found,) = mapped(sheet(*rows))
    return found
