"""Is what comes out of a CSV file FHIR R4 as UK Core has it, whatever its cells hold?"""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.mappings.extracts import DATA
from tests.mappings.sheets import ADA, HEADERS, mapped, mapping, sheet, written
from tests.mappings.test_uk_core import check


@pytest.mark.parametrize(
    ("name", "file"),
    [("cld", "cld"), ("contacts", "contacts"), ("objections", "objections"), ("custom-example", "custom")],
)
def test_a_sample_is_fhir(name: str, file: str):
    found = mapped((DATA / f"{file}.csv").read_bytes(), name)
    assert found
    for each in found:
        check(each)


_WORDS = st.sampled_from(
    """|Y|perhaps|-1|Unknown|05/02/2024|1950|31/02/1950|9999-12-31|Male|Female|White: Roma|Service|Review|Home support
    |NFA: Deceased|9990001006|SW1P 1PZ|A9X9Y|1-100000001|nhs-number|shared-record|restricted|objected|withdrawn
    |none-recorded|Mental Health Support|X1""".replace("\n    ", "").split("|")
) | st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=6)


@given(st.lists(st.dictionaries(st.sampled_from(HEADERS), _WORDS, max_size=12), min_size=1, max_size=4))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_a_return_says_what_comes_out_is_fhir(rows: list[dict[str, str]]):
    known = ("LA Code", "LA Person Unique Identifier")
    for each in mapped(sheet(*({**row, **{header: ADA[header] for header in known}} for row in rows))):
        check(each)


@given(st.data())
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@pytest.mark.parametrize("name", ["contacts", "objections", "custom-example"])
def test_whatever_a_feed_says_what_comes_out_is_fhir(name: str, data: st.DataObject):
    layout = mapping(name).layout
    assert not isinstance(layout, str)
    columns = {**layout.person, **layout.rows}
    headers = list(columns.values())
    cells = st.fixed_dictionaries(dict.fromkeys(headers, _WORDS))
    rows = data.draw(st.lists(cells, min_size=1, max_size=3))
    fixed = {columns[layout.id]: "1"} | {columns[a]: "999" for a in ("council",) if a in columns}
    for each in mapped(written([headers, *([(row | fixed)[header] for header in headers] for row in rows)]), name):
        check(each)
