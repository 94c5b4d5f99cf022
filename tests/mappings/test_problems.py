"""How a problem reads, and what no `repr` shows."""

from mappings.problems import Problem
from tests.mappings.extracts import (
    mapped,
    relative,
)


def test_a_problem_names_file_line_field_value_and_reason():
    (problem,) = mapped('<Birth date="31/02/1950"/>').problems
    assert str(problem) == (
        "case.xml:1 Birth@date `31/02/1950` is not a date; expected yyyy, yyyy-mm or yyyy-mm-dd; born counts as unknown"
    )


def test_no_repr_shows_what_is_known_of_a_person():
    found = mapped(relative() + '<Birth date="31/02/1950"/>', 'localId="Marker-7"')
    shown = repr((found, found.resources, found.choices, found.organisations, found.problems))
    assert all(word not in shown for word in ("Barnaby", "31/02/1950", "Marker-7", "R1", "77"))


def test_a_problem_is_one_short_line_whatever_it_tells_of():
    shown = str(Problem("case.xml", 1, "Family", "is odd", "dropped", "a\nb" * 500))
    assert "\n" not in shown
    assert len(shown) < 120
