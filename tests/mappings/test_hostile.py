"""A stranger's bytes: they give problems or records, never an exception, and never cost more than a cap allows."""

import io
import socket

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from mappings.problems import Problem
from mappings.readers import Caps, read
from mappings.record import CaseRecord, Header, Trailer
from tests.mappings.extracts import HEADER, NAMESPACE, extract, items, numbered, person, problems, records

LAUGHS = "".join(f'<!ENTITY l{level} "{f"&l{level - 1};" * 10}">' for level in range(1, 10))
BILLION_LAUGHS = f'<!DOCTYPE CaseExtract [<!ENTITY l0 "ha">{LAUGHS}]>'


def with_doctype(doctype: str, inner: str = "") -> bytes:
    return f'{doctype}<CaseExtract xmlns="{NAMESPACE}">{HEADER}{person(inner)}</CaseExtract>'.encode()


@pytest.mark.parametrize(
    "content",
    [
        with_doctype("<!DOCTYPE CaseExtract>"),
        with_doctype('<!DOCTYPE CaseExtract [<!ENTITY who "Ada">]>', "<GP>&who;</GP>"),
        with_doctype('<!DOCTYPE CaseExtract [<!ENTITY file SYSTEM "file:///etc/passwd">]>', "<GP>&file;</GP>"),
        with_doctype(BILLION_LAUGHS, "<GP>&l9;</GP>"),
        with_doctype(BILLION_LAUGHS, '<GP odsPractice="&l9;"/>'),
        with_doctype('<!DOCTYPE CaseExtract SYSTEM "extract.dtd">'),
        with_doctype("<!DOCTYPE CaseExtract [<!ATTLIST Person restricted CDATA 'N'>]>"),
    ],
)
def test_a_document_type_stops_the_file_before_anybody_is_read(content: bytes):
    (found,) = items(content)
    assert isinstance(found, Problem)
    assert (found.field, found.effect) == ("DOCTYPE", "stopped")


def test_a_document_type_too_long_for_the_first_look_stops_the_file():
    doctype = f"<!DOCTYPE CaseExtract [{'<!-- x -->' * 20_000}]>"
    (found,) = items(with_doctype(doctype))
    assert "has no element within its first" in str(found)


def test_nobody_is_asked_for_an_external_dtd():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.settimeout(0.2)
        host, port = listener.getsockname()
        items(with_doctype(f'<!DOCTYPE CaseExtract SYSTEM "http://{host}:{port}/extract.dtd">'))
        with pytest.raises(TimeoutError):
            listener.accept()


def test_an_entity_that_nobody_declared_stops_the_file():
    found = problems(extract(person("<GP>&who;</GP>")))
    assert "names an entity" in str(found[-1])


def test_the_entities_of_xml_itself_are_read():
    (record,) = records(extract(person("<GP>Bell &amp; Sons &#8211; &lt;Anytown&gt;</GP>")))
    assert record.root.children[0].text == "Bell & Sons \u2013 <Anytown>"


def test_a_file_past_its_cap_is_stopped():
    found = problems(extract(*map(numbered, "ABCDEF")), Caps(file_bytes=200))
    assert "is larger than 200 bytes" in str(found[-1])


def test_a_person_past_its_cap_of_bytes_stops_the_file_before_it_is_held():
    content = extract(person(), numbered("2", "<GP/>" * 100_000))
    found = items(content, Caps(person_bytes=100_000))
    assert [item.local_id for item in found if isinstance(item, CaseRecord)] == ["1"]
    assert "Person is larger than 100000 bytes" in str(found[-1])


def test_strangers_among_the_persons_cannot_fill_the_memory():
    found = items(extract("<Weather/>" * 100_000), Caps(person_bytes=100_000))
    assert "Person is larger than 100000 bytes" in str(found[-1])


@pytest.mark.parametrize(
    ("inner", "caps", "said"),
    [
        ("<GP/>" * 11, Caps(elements=10), "holds more than 10 elements"),
        ("<GP>" * 5 + "</GP>" * 5, Caps(depth=4), "is nested deeper than 4 elements"),
        ('<GP a="1" b="2" c="3"/>', Caps(attributes=2), "has an element with more than 2 attributes"),
    ],
)
def test_a_person_past_another_cap_is_quarantined_and_the_rest_goes_on(inner: str, caps: Caps, said: str):
    found = items(extract(person(inner), numbered("2")), caps)
    (quarantined,) = [item for item in found if isinstance(item, Problem) and item.effect == "quarantined"]
    assert said in str(quarantined)
    assert [item.local_id for item in found if isinstance(item, CaseRecord)] == ["2"]


def test_elements_nested_beyond_reason_stop_the_file():
    assert problems(extract(person("<GP>" * 5000)))[-1].effect == "stopped"


def _check(content: bytes) -> None:
    for item in read("case-xml", io.BytesIO(content), "case.xml"):
        assert isinstance(item, Header | CaseRecord | Trailer | Problem)


@given(st.binary(max_size=400))
@settings(deadline=None)
def test_any_bytes_give_problems_or_records(content: bytes):
    _check(content)


@given(st.binary(max_size=60), st.integers(0, 400), st.integers(0, 40))
@settings(max_examples=300, deadline=None)
def test_any_damage_to_a_good_file_gives_problems_or_records(noise: bytes, at: int, gone: int):
    whole = extract(person('<Names><Name use="usual"><Given>Ada</Given></Name></Names>'), numbered("2"))
    _check(whole[:at] + noise + whole[at + gone :])


_NAMES = st.sampled_from(["Person", "Header", "Trailer", "Names", "Name", "Birth", "GP", "Sex", "Objection", "Oddity"])
_TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=8)
_ATTRIBUTES = st.dictionaries(
    st.sampled_from(["localId", "operation", "council", "persons", "sequence", "date", "code"]), _TEXT, max_size=3
)


@st.composite
def _elements(draw: st.DrawFn, depth: int = 3) -> etree._Element:
    element = etree.Element(f"{{{NAMESPACE}}}{draw(_NAMES)}", draw(_ATTRIBUTES))
    element.text = draw(_TEXT)
    for child in draw(st.lists(_elements(depth - 1), max_size=3)) if depth else []:
        element.append(child)
    return element


@given(st.lists(_elements(), max_size=5))
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_tree_of_the_layouts_own_words_gives_problems_or_records(elements: list[etree._Element]):
    root = etree.Element(f"{{{NAMESPACE}}}CaseExtract")
    root.extend(elements)
    _check(etree.tostring(root))
