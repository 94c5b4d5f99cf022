"""Where a value stands: each sentence of the path language, on one small record."""

import pytest

from mappings.paths import PathError, path, template
from tests.mappings.extracts import extract, person, records

NAMED = '<Name use="usual"><Given>Ada</Given><Given>May</Given></Name><Name use="Old"><Given>Eve</Given></Name>'
ROLES = ("next-of-kin main-carer", "Main-Carer", "", None)
RELATED = "".join(
    f'<Relationship id="{number}"' + ("/>" if roles is None else f' roles="{roles}"/>')
    for number, roles in enumerate(ROLES, 1)
)
INNER = f'<Names>{NAMED}</Names><Relationships>{RELATED}</Relationships><Birth date=""/>'
(RECORD,) = records(extract(person(INNER)))
ROOT = RECORD.root
NAMES = ROOT.children[0]


def ids(text: str) -> list[str]:
    return [node.attributes["id"] for node in path(f"Relationships/Relationship{text}").nodes(ROOT, ROOT)]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("Names/Name/Given", ["Ada", "May", "Eve"]),
        ("Names/Name@use", ["usual", "Old"]),
        ("@localId", ["1"]),
        ("Birth@date", [None]),
        ("Names", [None]),
        ("Death@date", []),
        ("Names/Name[use=old]/Given", ["Eve"]),
        (".[restricted=N]@localId", ["1"]),
        (".[restricted=Y]@localId", []),
    ],
)
def test_a_path_leads_to_every_value_that_it_names(text: str, values: list[str | None]):
    assert [value for _, value in path(text).values(ROOT, ROOT)] == values


def test_a_path_from_the_top_starts_there_wherever_it_is_used():
    assert path("/@localId").first(NAMES, ROOT) == "1"
    assert path("@localId").first(NAMES, ROOT) is None


@pytest.mark.parametrize(
    ("test", "found"),
    [
        ("[roles~main-carer]", "12"),
        ("[roles~next-of-kin|nobody]", "1"),
        ("[roles!~main-carer]", "34"),
        ("[roles!~next-of-kin|nobody]", "234"),
        ("[roles=main-carer]", "2"),
        ("[roles!=main-carer]", "134"),
        ("[roles=blank]", "34"),
        ("[roles!=blank]", "12"),
        ("[roles=blank|main-carer]", "234"),
        ("[roles~main-carer][id!=2]", "1"),
    ],
)
def test_a_test_chooses_among_the_nodes(test: str, found: str):
    assert ids(test) == list(found)


@pytest.mark.parametrize(
    "text", ["", "@", "a//b", "a/", "a b", "a[b]", "a[b=]", "a[b=c", "a@b/c", "a@", "*", "..", "/", "a[b=c]d", "{a}"]
)
def test_what_is_no_path_is_refused(text: str):
    with pytest.raises(PathError):
        path(text)


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("patient", "patient"),
        ("person:{@localId}", "person:1"),
        ("{@localId}", "1"),
        ("a:{@nothing}:{@localId}", "a::1"),
        ("a:{@nothing}", None),
        ("{Birth@date}", None),
    ],
)
def test_a_template_is_filled_unless_all_that_it_names_is_blank(text: str, filled: str | None):
    assert template(text).fill(ROOT, ROOT) == filled


def test_two_keys_that_say_no_key_are_no_key():
    (record,) = records(extract(person('<GP odsPractice="-1"/>')))
    assert template("gp:{GP@odsPractice}").fill(record.root, record.root) is None
