"""Reading the `case-xml` layout: what a well-meant file holds, and what is said of a bad one."""

from hashlib import sha256

import pytest

from mappings.readers import Caps
from mappings.record import CaseRecord, Header, Trailer
from tests.mappings.extracts import NAMESPACE, extract, items, numbered, person, problems, records


def stopped(content: bytes, caps: Caps | None = None) -> str:
    """What is said last of a file that cannot be read to its end."""
    found = problems(content, caps) if caps else problems(content)
    assert found[-1].effect == "stopped"
    return str(found[-1])


def test_a_file_gives_its_header_its_persons_and_its_trailer_in_order():
    kinds = [type(item) for item in items(extract(person(), numbered("2")))]
    assert kinds == [Header, CaseRecord, CaseRecord, Trailer]


def test_the_header_says_whose_extract_it_is():
    header = '<Header council="999" system="Mosaic" systemVersion="23" extractId="X" created="2025-11-21T02:00:00Z"'
    (found, *_) = items(extract(header=f'{header} mode="full" sequence="7"/>'))
    assert found == Header("999", "Mosaic", "23", "X", "2025-11-21T02:00:00Z", "full", 7, line=1)


@pytest.mark.parametrize("stated", ["", 'mode="everything"'])
def test_a_file_is_a_delta_unless_it_says_that_it_is_full(stated: str):
    found = items(extract(header=f'<Header council="999" {stated}/>'))
    (header,) = [item for item in found if isinstance(item, Header)]
    assert header.mode == "delta"


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        ('mode="everything"', "Header@mode `everything` is neither full nor delta; it counts as delta"),
        ('sequence="next"', "Header@sequence `next` is not a whole number"),
        (f'sequence="{"9" * 5000}"', "is not a whole number"),
        ('created="yesterday"', "Header@created `yesterday` is not a point in time"),
    ],
)
def test_what_cannot_be_read_in_a_header_is_said_and_ignored(stated: str, said: str):
    (found,) = problems(extract(header=f'<Header council="999" {stated}/>'))
    assert said in str(found)
    assert found.effect == "ignored"


def test_a_header_without_a_council_stops_the_file():
    assert "Header@council is missing" in stopped(extract(person(), header="<Header/>"))


def test_a_person_before_the_header_stops_the_file():
    assert "Person stands before the Header" in stopped(extract(person(), header=""))


def test_a_file_without_a_header_is_stopped():
    assert "Header is missing" in stopped(extract(header=""))


def test_a_record_knows_the_line_that_it_begins_in():
    (record,) = records(extract("\n" + person('\n<Sex code="F"/>'), trailer=""))
    assert (record.line, record.root.children[0].line) == (2, 3)


def test_a_record_knows_its_line_beyond_the_last_that_the_parser_keeps():
    inner = '\n<Names>\n<Name/>\n</Names>\n<Sex code="F"/>\n<Birth/>\n'
    (record,) = records(extract("\n" * 70_000 + person(inner), trailer=""))
    names, sex, birth = record.root.children
    assert [node.line - 70_000 for node in (record.root, names, names.children[0], sex, birth)] == [1, 2, 3, 5, 6]


@pytest.mark.parametrize("stated", ["upsert", "MERGE", "delete", ""])
def test_a_record_says_what_is_to_be_done_with_it(stated: str):
    (record,) = records(extract(person(attributes=f'localId="1" operation="{stated}"')))
    assert record.operation == (stated.lower() or "upsert")


def test_an_operation_that_is_none_quarantines_the_person():
    (found,) = problems(extract(person(attributes='localId="1" operation="burn"')))
    assert (found.effect, found.field, found.value) == ("quarantined", "Person@operation", "burn")


@pytest.mark.parametrize("attributes", ["", 'localId=""', 'localId=" "', 'localId="-1"'])
def test_a_person_without_a_local_id_is_quarantined_and_the_rest_goes_on(attributes: str):
    content = extract(person(attributes=attributes), numbered("2"))
    assert [problem.effect for problem in problems(content)] == ["quarantined"]
    assert [record.local_id for record in records(content)] == ["2"]


def test_a_local_id_that_the_file_has_used_is_quarantined_and_the_rest_goes_on():
    same = 'localId="A7"'
    content = extract(person(attributes=same), person(attributes=same), numbered("B"))
    assert [str(problem) for problem in problems(content)] == [
        "case.xml:1 Person@localId `A7` stands twice in this file; the first one counts"
    ]
    assert [record.local_id for record in records(content)] == ["A7", "B"]


def test_an_unknown_name_is_said_once_in_a_file():
    strange = '<ShoeSize>43</ShoeSize><Sex code="F" shade="x"/>'
    content = extract(person(strange), person(strange, 'localId="2" mood="x"'), person(strange, 'localId="3"'))
    found = problems(content)
    assert [problem.field for problem in found] == ["Person/ShoeSize", "Sex@shade", "Person@mood"]
    assert {problem.effect for problem in found} == {"ignored"}
    assert len(records(content)) == 3


def test_a_file_that_invents_names_does_not_fill_the_report():
    inner = "".join(f"<N{number}/>" for number in range(1000))
    found = problems(extract(person(inner)))
    assert len(found) == 201
    assert "no more are listed" in str(found[-1])


def test_what_stands_among_the_persons_and_is_none_is_said():
    content = extract(person(), "<Weather/>", trailer='<Trailer persons="1"/><Colophon/>')
    assert [problem.field for problem in problems(content)] == ["CaseExtract/Weather", "CaseExtract/Colophon"]


def test_a_person_within_something_else_is_not_read():
    content = extract(person(numbered("2")), f"<Group>{numbered('3')}</Group>", trailer="")
    assert [record.local_id for record in records(content)] == ["1"]


def test_white_space_and_the_order_of_attributes_do_not_change_the_digest():
    one = '<Birth date="1950-01-01" precision="day"/><GP><PracticeName>High Street</PracticeName></GP>'
    other = """
      <Birth  precision="day"
              date=" 1950-01-01"/>
      <GP> <PracticeName>
        High
        Street </PracticeName></GP>"""
    digests = {records(extract(person(inner)))[0].digest for inner in (one, other)}
    assert len(digests) == 1


@pytest.mark.parametrize(
    "inner",
    [
        '<Birth date="1950-01-02"/>',
        '<Birth date="1950-01-01" precision="day"/>',
        "<Birth>1950-01-01</Birth>",
        '<Death date="1950-01-01"/>',
        '<Birth date="1950-01-01"/><Death/>',
        '<Birth date="1950-01-01"><Line/></Birth>',
    ],
)
def test_any_change_of_content_changes_the_digest(inner: str):
    digests = {records(extract(person(each)))[0].digest for each in ('<Birth date="1950-01-01"/>', inner)}
    assert len(digests) == 2


def test_the_trailer_is_yielded_when_the_count_is_right():
    assert items(extract(person()))[-1] == Trailer(persons=1, sha256=None, line=1)


def test_quarantined_persons_count_for_the_trailer():
    assert isinstance(items(extract(person(), person()))[-1], Trailer)


def test_a_count_that_does_not_match_is_said_and_there_is_no_trailer():
    content = extract(person(), trailer='<Trailer persons="2"/>')
    assert "Trailer@persons `2` does not match: the file holds 1 persons" in stopped(content)
    assert [type(item) for item in items(content)][:2] == [Header, CaseRecord]


def test_a_file_without_a_trailer_is_read_and_the_lack_is_said():
    content = extract(person(), trailer="")
    assert [str(problem) for problem in problems(content)] == [
        "case.xml:1 Trailer is missing; nothing says whether the file is whole"
    ]
    assert len(records(content)) == 1


def test_the_trailers_sum_is_that_of_the_bytes_before_it():
    body = extract(person(), trailer="").removesuffix(b"</CaseExtract>")
    trailer = f'<Trailer persons="1" sha256="{sha256(body).hexdigest()}"/></CaseExtract>'.encode()
    assert isinstance(items(body + trailer)[-1], Trailer)
    assert "Trailer@sha256" in stopped(body.replace(b'localId="1"', b'localId="7"') + trailer)


def test_a_truncated_file_says_so_and_loses_nothing_before():
    whole = extract(*map(numbered, "ABCDE"))
    cut = whole[: whole.index(b'localId="E"')]
    assert [record.local_id for record in records(cut)] == ["A", "B", "C", "D"]
    assert "ends too early" in stopped(cut)


def test_a_file_cut_anywhere_is_never_taken_for_whole():
    whole = extract(person('<Sex code="F"/>'), numbered("2"))
    for end in range(len(whole)):
        found = items(whole[:end])
        assert not any(isinstance(item, Trailer) for item in found)
        assert found[-1].effect == "stopped"  # type: ignore[union-attr]


def test_malformed_xml_says_so_and_loses_nothing_before():
    content = extract(person(), "<Person></Names>")
    assert "is not well-formed XML" in stopped(content)
    assert [record.local_id for record in records(content)] == ["1"]


@pytest.mark.parametrize("content", [b"", b"  \n "])
def test_an_empty_file_says_so(content: bytes):
    assert "file is empty" in stopped(content)


@pytest.mark.parametrize("content", [b"PK\x03\x04zip", b"localId,name\n1,x\n", b"\x00\x01\x02", b"{}"])
def test_a_file_that_is_no_xml_says_so(content: bytes):
    assert "is not well-formed XML" in stopped(content)


@pytest.mark.parametrize(
    "content",
    [
        b'<?xml version="1.0" encoding="klingon"?><CaseExtract/>',
        extract(person("<Names><Name><Family>Bront\u00eb</Family></Name></Names>")).decode().encode("latin-1"),
        b'<?xml version="1.0" encoding="UTF-8"?>' + "<CaseExtract a='\u00e9'/>".encode("cp1252"),
    ],
)
def test_a_wrong_encoding_says_so(content: bytes):
    assert "is not in the encoding that it declares" in stopped(content)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "windows-1252"])
def test_a_declared_encoding_is_honoured(encoding: str):
    declared = '<?xml version="1.0" encoding="windows-1252"?>' if encoding == "windows-1252" else ""
    content = declared + extract(person("<GP>Bront\u00eb</GP>"), trailer="").decode()
    (record,) = records(content.encode(encoding))
    assert record.root.children[0].text == "Bront\u00eb"


@pytest.mark.parametrize(
    "root", ["<Extract/>", "<CaseExtract/>", '<CaseExtract xmlns="urn:other"/>', f'<Person xmlns="{NAMESPACE}"/>']
)
def test_a_wrong_root_or_namespace_says_what_was_expected(root: str):
    assert f"expected CaseExtract in namespace {NAMESPACE}" in stopped(root.encode())
