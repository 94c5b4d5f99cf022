"""What nobody may ever see has no row: its values are nowhere in what a record becomes."""

import json

import pytest

from tests.mappings.extracts import CONTEXT, DATA, case_xml, mapped, plain, records

SERVICE = '<Services><Service id="S1" status="open" {more}>{inner}</Service></Services>'

NEVER = [
    SERVICE.format(more='unitCost="MARKER" costFrequency="MARKER"', inner=""),
    SERVICE.format(more="", inner="<Cost>MARKER</Cost><Description>MARKER</Description>"),
    '<Addresses><Address accessNotes="MARKER"><AccessNotes>MARKER</AccessNotes></Address></Addresses>',
    "<AccessNotes>key safe MARKER</AccessNotes>",
    '<CaseNoteIndex><CaseNote type="visit" title="MARKER"><Title>MARKER</Title></CaseNote></CaseNoteIndex>',
    '<Safeguarding><Enquiry><AllegedPerpetrator name="MARKER">MARKER</AllegedPerpetrator></Enquiry></Safeguarding>',
    '<Warnings><Warning type="MARKER">MARKER</Warning></Warnings>',
    '<Legal><MHA section="MARKER"/><Capacity decision="MARKER"/></Legal>',
    '<Assessments><Assessment type="MARKER" outcome="MARKER"/></Assessments>',
    '<Reviews><Review status="MARKER">MARKER</Review></Reviews>',
    '<Events><Event description="MARKER">MARKER</Event></Events>',
    '<Involvement opened="2020-01-01" closureReason="MARKER" clientType="MARKER"/>',
    '<Names><Name><Given>Ada</Given><Family>Quill</Family></Name></Names><GenderIdentity code="MARKER"/>',
    '<Identifiers><Identifier type="NI">MARKER</Identifier><Identifier type="LEGACY">MARKER</Identifier></Identifiers>',
    '<Services><Service id="S1" status="open" mechanism="MARKER" type="MARKER" s117="Y"/></Services>',
    '<Allocations><Allocation rag="MARKER"><Team id="T" name="North" hours="MARKER"/></Allocation></Allocations>',
]


@pytest.mark.parametrize("inner", NEVER)
def test_a_field_that_is_never_released_appears_nowhere(inner: str):
    found = plain(mapped(inner))
    found.pop("problems")
    assert "MARKER" not in json.dumps(found)


def test_no_marker_of_the_sample_extract_appears_anywhere():
    found = [plain(case_xml().apply(record, CONTEXT)) for record in records((DATA / "case.xml").read_bytes())]
    told = json.dumps(found)
    for word in ("Marker", "Hidden Lane", "10033544615", "07700 900999", "CF-7781", "Direct payment", "lpa-property"):
        assert word not in told


def test_no_shipped_mapping_names_a_field_that_is_never_released():
    rows = (DATA.parent.parent / "mappings" / "sources" / "case-xml.toml").read_text("utf-8")
    paths = [line for line in rows.splitlines() if "from = " in line or "each = " in line]
    assert len(paths) > 60
    for word in ("Cost", "AccessNotes", "CaseNote", "Safeguarding", "Warning", "Legal", "Assessment", "Review"):
        assert not any(word in path for path in paths)
