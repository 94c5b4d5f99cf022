"""Of which days a national return speaks: nobody is absent from a file but within them, and from no damaged one."""

import pytest

from tests.mappings.sheets import HEADERS, header, sheet, trailer

PERIOD = {"Reporting Period Start Date": "01/01/2024", "Reporting Period End Date": "31/12/2024"}
WITHIN = PERIOD | {"Event Start Date": "10/10/2024"}
ENDING = PERIOD | {"Event Start Date": "01/02/2023", "Event End Date": "05/02/2024"}


@pytest.mark.parametrize(
    ("rows", "window"),
    [
        ([WITHIN, ENDING], ("2024-02-05", "2024-10-10")),
        ([WITHIN], ("2024-01-01", "2024-10-10")),
        ([WITHIN, ENDING | {"Event End Date": "01/06/2026"}], ("2024-01-01", "2024-10-10")),
        ([WITHIN, ENDING | {"Reporting Period End Date": "30/11/2024"}], None),
        ([WITHIN | {"Reporting Period Start Date": ""}], None),
        ([WITHIN | {"Reporting Period End Date": "soon"}], None),
        ([PERIOD | {"Event Start Date": "", "Event Type": ""}], None),
    ],
)
def test_a_file_is_full_within_the_stated_period_as_far_as_its_events_reach(rows: list[dict[str, str]], window):
    found = header(sheet(*rows))
    assert (found.mode, found.window) == ("full" if window else "delta", window)


def test_a_file_with_a_lost_row_is_full_of_nothing():
    content = sheet(WITHIN) + b"999,only\r\n"
    assert (header(content).mode, header(content).window, trailer(content)) == ("delta", None, None)


def test_without_its_reporting_period_a_file_is_a_delta():
    headers = [header for header in HEADERS if not header.startswith("Reporting")]
    assert header(sheet(WITHIN, headers=headers)).window is None
