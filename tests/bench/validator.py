"""How many UK Core Patients does the validator look at in a second, on one core, once it is warm?

Beside the floor of 200 a second. The Patients are what the mapping makes of invented people; time is the processor's,
so that what else the machine does counts for little. Without the UK Core definitions beside the project nothing is
measured.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from adapter.demo.population import people, write_extract
from conformance.validator import Validator, failed, read_package
from tests.mappings.extracts import CONTEXT, case_xml, merged, of_type, records

UK_CORE = Path(__file__).parent.parent.parent.parent / "shared" / "ukcore"
PROFILE = "https://fhir.hl7.org.uk/StructureDefinition/UKCore-Patient"
FLOOR_A_SECOND = 200
PEOPLE = 300
ROUNDS = 3


def validated() -> Iterator[dict[str, object]]:
    """Measure; one result, or none where there is nothing to validate against."""
    if not UK_CORE.is_dir():
        return
    validator = Validator(read_package(UK_CORE / each) for each in ("snapshots", "valuesets", "codesystems"))
    patients = _patients()
    rate = max(_rate(validator, patients) for _ in range(ROUNDS + 1))
    name = f"UK Core Patients validated a second on one core / {FLOOR_A_SECOND}"
    yield {"name": name, "value": rate / FLOOR_A_SECOND, "floor": 1.0, "goal": 2.0, "better": "higher"}


def _rate(validator: Validator, patients: list[dict[str, Any]]) -> float:
    began = time.process_time()
    for patient in patients:
        if failed(validator.validate(patient, profile=PROFILE)):
            raise RuntimeError("an invented Patient does not keep UK Core")
    return len(patients) / (time.process_time() - began)


def _patients() -> list[dict[str, Any]]:
    stream = BytesIO()
    now = datetime(2025, 11, 22, tzinfo=UTC)
    write_extract(stream, people(7, PEOPLE, date(2025, 11, 22)), council="999", created=now, extract_id="X", sequence=1)
    found = [case_xml().apply(record, CONTEXT) for record in records(stream.getvalue())]
    made = [merged(resource) for mapped in found for resource in of_type(mapped, "Patient")]
    # As the store writes it: a reference that the mapping made has the shape of a FHIR one.
    return [json.loads(json.dumps(each).replace('"key:', '"urn:key:')) for each in made]


if __name__ == "__main__":
    for result in validated():
        print(f"{result['name']}: {result['value']:.2f} (floor {result['floor']}, goal {result['goal']})")
