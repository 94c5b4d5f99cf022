"""Does the README say what is so?"""

from __future__ import annotations

import re
from pathlib import Path

from adapter.capability import context_headers
from adapter.demo.walk import STEPS
from adapter.settings import table

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


def test_the_table_of_settings_is_the_one_that_the_code_prints() -> None:
    assert table() in README


def test_the_table_of_headers_is_the_one_that_the_code_prints() -> None:
    assert all(f"| `{name}` | {meaning} |" in README for name, meaning in context_headers().items())


def test_the_two_commands_are_targets_of_the_makefile() -> None:
    makefile = (Path(__file__).parent.parent / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    assert set(re.findall(r"^make ([a-z]+)$", README, re.MULTILINE)) == {"demo", "test"} <= targets


def test_every_file_that_the_readme_links_to_is_there() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", README)
    assert links
    assert [link for link in links if not (Path(__file__).parent.parent / link).exists()] == []


def test_the_walk_that_is_shown_is_the_walk_that_is_walked() -> None:
    shown = re.findall(r"^ ?\d+\. (.*): as promised$", README, re.MULTILINE)
    assert shown == [step.promise for step in STEPS]
