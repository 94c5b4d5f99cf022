"""The compiled check says yes only where a fhir.resources model would, and says it to all that a mapping makes."""

from __future__ import annotations

import copy
import io
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from adapter.demo.population import people, write_extract
from adapter.forms import whole
from adapter.reading import load_mapping
from adapter.resources import _model, faults
from adapter.structure import surely_well_formed
from mappings.engine import Context
from mappings.readers import read
from mappings.record import CaseRecord

ODD = [
    None, "", " ", "a", "a b", " a", "a  b", "\n", "2026", "2026-02", "2026-02-30", "2024-02-29", "0000-01-01",
    "2026-11-22T10:00:00", "2026-11-22T10:00:00Z", "2026-11-22T24:00:00Z", "2026-11-22T10:00:60Z", "http://x", "é",
    "https://x.example/a", "https://x.example/a b", 0, 1, -1, 2**31, 1.5, True, False, [], {}, [None], [{}], [[]],
    [""], {"reference": "Patient/1"}, {"text": "x"}, {"coding": []}, {"url": "x"}, {"unknown": 1}, ["a", None],
]  # fmt: skip
NAMES = ["status", "active", "name", "patient", "subject", "birthDate", "_birthDate", "extension", "recorded", "agent"]
NAMES += [
    "deceasedBoolean",
    "deceasedDateTime",
    "valueString",
    "valueCode",
    "telecom",
    "rank",
    "id",
    "meta",
    "nonsense",
]


@cache
def made() -> list[dict[str, Any]]:
    """What the shipped mapping makes of a hundred invented people."""
    file = io.BytesIO()
    born = date(2026, 11, 22)
    created = datetime(2026, 11, 22, tzinfo=UTC)
    write_extract(
        file, people(5, 100, born), council="westminster", created=created, extract_id="x", sequence=1, dirty=True
    )
    file.seek(0)
    desk = ({"system": "phone", "value": "020 7946 0000", "use": "work", "rank": 2},)
    context = Context("westminster", "W", "713", "https://x.example/fhir", desk, "2026-11-22T10:00:00Z", "f", "x")
    mapping = load_mapping("case-xml")
    records = [part for part in read("case-xml", file, "f") if isinstance(part, CaseRecord)]
    return [whole(resource) for record in records for resource in mapping.apply(record, context).resources]


def taken(resource: dict[str, Any]) -> bool:
    """Whether the model takes a resource."""
    try:
        _model(resource["resourceType"]).model_validate(resource)
    except ValidationError:
        return False
    return True


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every dict or list within, with each of its keys."""
    found: list[tuple[Any, Any]] = []
    if isinstance(value, dict | list):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            found.append((value, key))
            found += places(value[key])
    return found


@st.composite
def spoilt(draw: st.DrawFn) -> dict[str, Any]:
    """A resource that a mapping made, changed in one or two places."""
    resource = copy.deepcopy(draw(st.sampled_from(made())))
    for _ in range(draw(st.integers(1, 2))):
        holder, key = draw(st.sampled_from([place for place in places(resource) if place[1] != "resourceType"]))
        change = draw(st.sampled_from(["replace", "drop", "add", "wrap"]))
        if change == "replace":
            holder[key] = copy.deepcopy(draw(st.sampled_from(ODD)))
        elif change == "wrap":
            holder[key] = [holder[key]]
        elif change == "drop" or not isinstance(holder, dict):
            del holder[key]
        else:
            holder[draw(st.sampled_from(NAMES))] = copy.deepcopy(draw(st.sampled_from(ODD)))
    return resource


def test_everything_that_the_mapping_makes_is_surely_well_formed() -> None:
    assert len(made()) > 500
    assert [one for one in made() if not surely_well_formed(_model(one["resourceType"]), one)] == []


@settings(max_examples=600)
@given(spoilt())
def test_what_is_surely_well_formed_is_taken_by_the_model(resource: dict[str, Any]) -> None:
    assert not surely_well_formed(_model(resource["resourceType"]), resource) or taken(resource)


@settings(max_examples=200)
@given(spoilt())
def test_with_the_compiled_check_and_without_it_the_same_is_refused(resource: dict[str, Any]) -> None:
    assert taken(resource) or faults(resource) != []


@pytest.mark.parametrize(
    "change",
    [
        {"birthDate": "1941-02-30"},
        {"birthDate": "03/05/1941"},
        {"gender": ["female"]},
        {"name": {"family": "Marlowe"}},
        {"deceasedBoolean": True, "deceasedDateTime": "2026-01-01"},
        {"telecom": [{"rank": 0}]},
        {"nonsense": 1},
    ],
)
def test_what_is_not_fhir_is_never_surely_well_formed(change: dict[str, Any]) -> None:
    patient = {"resourceType": "Patient", "birthDate": "1941-03-05", "gender": "female"}
    assert surely_well_formed(_model("Patient"), patient)
    assert not surely_well_formed(_model("Patient"), patient | change)


def test_what_must_be_there_and_is_not_is_never_surely_well_formed() -> None:
    for resource in made():
        for element in ("status", "patient", "target", "scope", "agent", "recorded"):
            if element in resource and not taken({k: v for k, v in resource.items() if k != element}):
                less = {name: value for name, value in resource.items() if name != element}
                assert not surely_well_formed(_model(resource["resourceType"]), less)
