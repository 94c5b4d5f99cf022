"""A code table says where it comes from, and is read strictly."""

from pathlib import Path

import pytest

from mappings.declared import MappingError
from mappings.tables import Table, load

CODES = Path(__file__).parent.parent.parent / "mappings" / "codes"
HEAD = "# provenance: invented\nsource,code,display,system,note\n"


def table(folder: Path, content: str | bytes) -> Table:
    (folder / "x.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    return load("x", (folder,))


@pytest.mark.parametrize("file", sorted(CODES.glob("*.csv")), ids=lambda file: file.stem)
def test_every_shipped_table_loads_and_says_where_it_comes_from(file: Path):
    shipped = load(file.stem, (CODES,))
    assert shipped.rows
    assert len(shipped.provenance) > 20


def test_case_and_white_space_make_no_difference(tmp_path: Path):
    found = table(tmp_path, HEAD + "White:  Irish,B,White - Irish,urn:x,\n").find("  white: IRISH ")
    assert found is not None
    assert found.coding("urn:c") == {"system": "urn:x", "code": "B", "display": "White - Irish"}


def test_a_system_of_our_own_stands_under_the_councils_address(tmp_path: Path):
    found = table(tmp_path, HEAD + "a,b,,{canonical}/CodeSystem/x,\n").find("a")
    assert found is not None
    assert found.coding("https://anytown.example/fhir")["system"] == "https://anytown.example/fhir/CodeSystem/x"


def test_a_row_without_a_code_is_known_to_say_nothing(tmp_path: Path):
    known = table(tmp_path, HEAD + "Not recorded,,,,\n")
    found = known.find("not recorded")
    assert found is not None
    assert found.says_nothing
    assert known.find("recorded") is None


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("source,code,display,system,note\n", "x.csv line 1: must begin with `# provenance: `"),
        ("# provenance: x\nsource,code\n", "x.csv line 2: must be `source,code,display,system,note`"),
        ("# provenance: x\n", "x.csv line 2: must be"),
        (HEAD + "a,b\n", "x.csv line 3: has 2 columns; expected 5"),
        (HEAD + "a,b,,,\nA,c,,,\n", "x.csv line 4: `A` is blank or stands twice"),
        (HEAD + ",b,,,\n", "x.csv line 3: `` is blank"),
        (HEAD + '"a,b,,,\n', "x.csv line 3: is no CSV"),
        (b"\xff\xfe", "x.csv: is not UTF-8"),
    ],
)
def test_a_mistake_in_a_table_is_named_with_its_line(tmp_path: Path, content: str | bytes, said: str):
    with pytest.raises(MappingError) as refusal:
        table(tmp_path, content)
    assert said in str(refusal.value)
