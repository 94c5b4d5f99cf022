"""The README is true: its tables are the code's, its example runs, and its layout is the one that is read."""

import json
import re
from pathlib import Path

import pytest

from mappings import language
from mappings.engine import load
from mappings.problems import Effect
from mappings.readers.person_vocabulary import DIRECTORY, MESSAGE, Known
from mappings.readers.vocabulary import CASE_XML
from tests.mappings.extracts import nhs_number

TOP = Path(__file__).parent.parent.parent
README = (TOP / "mappings" / "README.md").read_text("utf-8")


def block(kind: str, number: int = 1) -> str:
    return README.split(f"```{kind}\n")[number].split("```")[0]


@pytest.mark.parametrize("name", ["transforms", "contexts", "csv_keys", "cld"])
def test_a_table_of_the_readme_is_what_the_code_prints(name: str):
    assert README.split(f"<!-- {name} -->\n")[1].split("\n<!-- end -->")[0] == getattr(language, name)()


def test_the_example_of_the_readme_runs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.chdir(TOP)
    exec(compile(block("python"), "README.md", "exec"), {})
    assert "Patient ['identity', 'nhs-number-untraced', 'contact', 'gp', 'ethnicity'" in capsys.readouterr().out


def test_the_layout_of_the_readme_names_what_is_read_and_nothing_else():
    shown = block("xml")
    elements = set(re.findall(r"<([A-Za-z]+)", shown))
    attributes = set(re.findall(r" ([A-Za-z0-9]+)=\"", shown)) - {"xmlns"}
    assert elements == set(CASE_XML)
    assert attributes == {name for known in CASE_XML.values() for name in known.attributes}


def test_the_wrapper_of_the_readme_names_what_is_read_and_nothing_else():
    shown = set(re.findall(r'"([A-Za-z0-9]+)":', block("json")))
    assert shown == _open(MESSAGE) - {"allocation", "relationship", "objection"}
    json.loads(block("json"))


def test_the_directory_of_the_readme_names_what_is_read_and_nothing_else():
    shown = set(re.findall(r'"([A-Za-z0-9]+)":', block("json", 2)))
    assert shown == _open(DIRECTORY)
    json.loads(block("json", 2))


def test_the_directorys_example_of_the_readme_runs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.chdir(TOP)
    exec(compile(block("python", 2), "README.md", "exec"), {})
    assert capsys.readouterr().out.split() == [*["Organization", "HealthcareService"] * 2, *["PractitionerRole"] * 2]


def _open(known: Known) -> set[str]:
    return {*known.values, *known.texts, *known.objects}.union(*map(_open, known.objects.values()))


@pytest.mark.parametrize("feed", ["contacts", "objections"])
def test_the_readme_names_the_columns_of_a_feed(feed: str):
    layout = load(feed, nhs_number=nhs_number).layout
    assert not isinstance(layout, str)
    (shown,) = re.findall(rf"^\| `{feed}` \| (.*) \|$", README, re.MULTILINE)
    assert shown.split(", ") == list({**layout.person, **layout.rows}.values())


def test_the_guide_names_a_mapping_and_a_file_that_are_there():
    for file in ("mappings/sources/custom-example.toml", "tests/data/custom.csv"):
        assert f"`{file}`" in README
        assert (TOP / file).is_file()


def test_the_guide_shows_what_the_example_says():
    example = (TOP / "mappings" / "sources" / "custom-example.toml").read_text("utf-8")
    shown = [line for part in README.split("```toml\n")[1:] for line in part.split("```")[0].splitlines() if line]
    assert len(shown) > 15
    for line in shown:
        assert line in example.splitlines()


def test_the_readme_explains_every_effect():
    assert all(f"| `{effect}` |" in README for effect in Effect.__args__)
