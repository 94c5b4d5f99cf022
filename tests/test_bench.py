"""Does a measurement fail where it should, and does the demo's population cost PDS no more than was promised?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.bench import traces
from tests.bench.__main__ import misses


@pytest.mark.parametrize(
    ("value", "better", "fails"),
    [(0.9, "higher", True), (1.0, "higher", False), (1.1, "lower", True), (1.0, "lower", False)],
)
def test_a_value_fails_on_the_wrong_side_of_its_floor_or_ceiling(value: float, better: str, fails: bool) -> None:
    result: dict[str, Any] = {"name": "x", "value": value, "floor": 1.0, "goal": 1.0, "better": better}
    assert misses(result) is fails


def test_a_traced_person_of_the_demo_costs_fewer_than_two_and_a_fifth_calls(tmp_path: Path) -> None:
    (result,) = traces.calls(tmp_path, 120)
    assert 1 <= float(str(result["value"])) < 2.2
    assert not misses(result)
