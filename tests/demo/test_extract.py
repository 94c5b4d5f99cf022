from __future__ import annotations

import io
import tracemalloc
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from functools import cache
from hashlib import sha256
from typing import Any

import pytest
from lxml import etree

from adapter.demo.dirt import Dirt
from adapter.demo.extract import Written, write_extract
from adapter.demo.invented import Invented
from adapter.demo.population import cast, people
from mappings import engine
from mappings.mapped import Mapped
from mappings.problems import Problem
from mappings.readers import case_xml
from mappings.record import CaseRecord, Trailer
from pds_client.nhs_number import BadNhsNumber, NhsNumber

TODAY = date(2025, 6, 1)
CONTEXT = engine.Context(
    council_code="westminster",
    council_name="A council",
    council_ods="X00",
    canonical="https://council.example.org/fhir",
    desk=(),
    received="2025-06-01T03:00:00+00:00",
    file="extract.xml",
    extract_id="E1",
)
NS = "{urn:asc-fhir:case-extract:1}"


def write(stream: Any, persons: Iterable[Invented], *, dirty: bool = True) -> Written:
    created = datetime(2025, 6, 1, 3, tzinfo=UTC)
    return write_extract(
        stream, persons, council="westminster", created=created, extract_id="E1", sequence=1, dirty=dirty
    )


@cache
def extract(count: int = 500, dirty: bool = True) -> tuple[bytes, Written]:
    stream = io.BytesIO()
    written = write(stream, people(7, count, TODAY), dirty=dirty)
    return stream.getvalue(), written


@cache
def records(dirty: bool) -> list[etree._Element]:
    return list(etree.fromstring(extract(dirty=dirty)[0]).iter(f"{NS}Person"))


def soiled() -> list[etree._Element]:
    clean = {etree.tostring(element) for element in records(dirty=False)}
    return [element for element in records(dirty=True) if etree.tostring(element) not in clean]


def test_the_same_people_give_the_same_file() -> None:
    stream = io.BytesIO()
    write(stream, people(7, 500, TODAY))
    assert stream.getvalue() == extract()[0]


def test_the_trailer_counts_every_person_in_the_file() -> None:
    trailer = etree.fromstring(extract()[0]).find(f"{NS}Trailer")
    assert trailer is not None
    assert trailer.get("persons") == str(len(records(dirty=True))) == str(extract()[1].persons)


def test_the_trailer_holds_the_digest_of_every_byte_before_it() -> None:
    before, _, trailer = extract()[0].partition(b"<Trailer")
    assert f'sha256="{sha256(before).hexdigest()}"'.encode() in trailer


def test_a_clean_file_holds_the_people_and_nobody_else() -> None:
    assert extract(dirty=False)[1] == Written(persons=500, dirty={})


def test_a_file_of_nobody_is_still_a_whole_file() -> None:
    stream = io.BytesIO()
    assert write(stream, ()) == Written(persons=0, dirty={})
    assert etree.fromstring(stream.getvalue()).find(f"{NS}Trailer") is not None


def test_an_extract_of_any_size_takes_little_memory() -> None:
    class Nowhere(io.RawIOBase):
        def write(self, _: object) -> int:
            return 0

    tracemalloc.start()
    try:
        write(Nowhere(), people(7, 3_000, TODAY))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # The file itself is three times as large.
    assert peak < 1_500_000


def test_only_who_has_chosen_has_an_objection() -> None:
    chosen = [bool(person.choices) for person in people(7, 500, TODAY)]
    assert [element.find(f"{NS}Objections/{NS}Objection") is not None for element in records(dirty=False)] == chosen


@pytest.mark.parametrize("count", [1, 500])
def test_every_kind_of_dirt_is_in_every_file(count: int) -> None:
    assert set(extract(count)[1].dirty) == set(Dirt)


def test_about_three_records_in_a_hundred_are_dirty() -> None:
    assert 0.02 < sum(extract()[1].dirty.values()) / 500 < 0.04


def dirty_records(kind: Dirt) -> list[etree._Element]:
    """Those that look as the kind says, found by looking and not by asking the writer."""
    ids = [element.get("localId") for element in records(dirty=False)]
    looks = {
        Dirt.NO_LOCAL_ID: lambda e: "localId" not in e.attrib,
        Dirt.SAME_LOCAL_ID_TWICE: lambda e: e.get("localId") in ids,
        Dirt.IMPOSSIBLE_BIRTH_DATE: lambda e: e.find(f"{NS}Birth").get("date").endswith("-02-31"),
        Dirt.NHS_NUMBER_FAILS_CHECK: lambda e: not _valid(e.findtext(f"{NS}Identifiers/{NS}Identifier")),
        Dirt.UNKNOWN_ELEMENT: lambda e: e.find(f"{NS}ShoeSize") is not None,
        Dirt.CODE_OUTSIDE_TABLE: lambda e: e.find(f"{NS}Sex").get("code") == "Q7",
        Dirt.BLANK_RESTRICTED: lambda e: e.get("restricted") == "",
        Dirt.TWO_GIVEN_NAMES_IN_CAPITALS: lambda e: e.findtext(f"{NS}Names/{NS}Name/{NS}Given").isupper(),
        Dirt.PLACEHOLDER_SURNAME: lambda e: e.findtext(f"{NS}Names/{NS}Name/{NS}Family") == "UNKNOWN",
    }
    return [element for element in soiled() if looks[kind](element)]


def _valid(number: str | None) -> bool:
    try:
        return number is None or bool(NhsNumber.parse(number))
    except BadNhsNumber:
        return False


@pytest.mark.parametrize("kind", Dirt)
def test_each_dirty_record_is_counted_under_its_kind(kind: Dirt) -> None:
    assert len(dirty_records(kind)) == extract()[1].dirty[kind]


def test_the_reader_finds_the_whole_clean_file() -> None:
    read = list(case_xml.read(io.BytesIO(extract(dirty=False)[0]), "clean.xml"))
    assert (sum(isinstance(item, CaseRecord) for item in read), isinstance(read[-1], Trailer)) == (500, True)


def test_a_clean_file_gives_no_problem() -> None:
    assert problems(extract(dirty=False)[0]) == []


# What the reader and the mapping say of each kind; an unknown name is reported once in a file.
SAID = {
    Dirt.NO_LOCAL_ID: ("Person@localId", "quarantined"),
    Dirt.SAME_LOCAL_ID_TWICE: ("Person@localId", "quarantined"),
    Dirt.IMPOSSIBLE_BIRTH_DATE: ("Birth@date", "dropped"),
    Dirt.NHS_NUMBER_FAILS_CHECK: ("Identifier", "dropped"),
    Dirt.UNKNOWN_ELEMENT: ("Person/ShoeSize", "ignored"),
    Dirt.CODE_OUTSIDE_TABLE: ("Sex@code", "dropped"),
    Dirt.PLACEHOLDER_SURNAME: ("Family", "dropped"),
}


def test_a_dirty_file_gives_the_problems_of_its_dirt_and_no_others() -> None:
    counted = Counter(SAID[kind] for kind, times in extract()[1].dirty.items() for _ in range(times) if kind in SAID)
    counted["Person/ShoeSize", "ignored"] = 1
    assert Counter((problem.field, problem.effect) for problem in problems(extract()[0])) == counted


def test_the_facts_of_the_cast_survive_the_way_through_the_file() -> None:
    facts = {mapped.local_id: mapped.facts for mapped in mapped_of(extract(dirty=False)[0])}
    parts = cast(7, 500, TODAY)
    assert facts[parts.restricted.local_id]["restricted"] == "yes"
    assert facts[parts.locked.local_id]["locked"] == "yes"
    assert facts[parts.deceased_recently.local_id]["died"] == str(parts.deceased_recently.died)
    assert facts[parts.expired.local_id]["closed"] == str(parts.expired.closed)
    assert facts[parts.mental_health.local_id]["mental_health"] == "yes"
    assert facts[parts.ordinary.local_id]["restricted"] == "no"


def test_the_mothers_record_mentions_her_son() -> None:
    parts = cast(7, 500, TODAY)
    mother = next(m for m in mapped_of(extract(dirty=False)[0]) if m.local_id == parts.mother.local_id)
    mentions = {mention for resource in mother.resources for facet in resource.facets for mention in facet.mentions}
    assert mentions == {parts.son.local_id}


def items(content: bytes) -> Iterator[CaseRecord | Problem]:
    for item in case_xml.read(io.BytesIO(content), "extract.xml"):
        if isinstance(item, CaseRecord | Problem):
            yield item


def mapped_of(content: bytes) -> Iterator[Mapped]:
    mapping = engine.load("case-xml", nhs_number=lambda text: NhsNumber.parse(text).value)
    yield from (mapping.apply(item, CONTEXT) for item in items(content) if isinstance(item, CaseRecord))


def problems(content: bytes) -> list[Problem]:
    read = [item for item in items(content) if isinstance(item, Problem)]
    return read + [problem for mapped in mapped_of(content) for problem in mapped.problems]
