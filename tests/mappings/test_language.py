"""A mapping is understood whole or not at all: every mistake names its file and its section."""

from pathlib import Path

import pytest

from mappings.engine import Mapping, MappingError, load
from tests.mappings.extracts import CONTEXT, extract, merged, nhs_number, person, records, said

SMALL = """
[mapping]
name = "small"
layout = "case-xml"
version = 3

[[fact]]
fact = "restricted"
from = "@restricted"
as = "yes-no"
blank = "yes"
unreadable = "yes"

[[fact]]
fact = "locked"
absent = "no"
because = "nobody can lock a record here"

[[fact]]
fact = "do_not_disclose"
absent = "no"
because = "no address is told"

[shape.name]
rows = [{ element = "family", from = "Family" }]

[[resource]]
type = "Patient"
key = "patient"

  [[resource.facet]]
  part = "carrier"
  category = "identity"
  rows = [
    { element = "active", value = true },
    { element = "name[]", from = "Names/Name", as = "shape", shape = "name" },
    { element = "gender", from = "Sex@code", as = "code", table = "sex" },
  ]

[provenance]
rows = [{ element = "recorded", as = "context", context = "received" }]
officer_category = "audit"
officer_rows = [{ element = "entity[].role", value = "source" }]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def loaded(folder: Path, content: str) -> Mapping:
    file = folder / "small.toml"
    file.write_text(content, "utf-8")
    return load(file, nhs_number=nhs_number)


def refused(folder: Path, content: str) -> str:
    with pytest.raises(MappingError) as refusal:
        loaded(folder, content)
    return str(refusal.value)


def test_a_small_mapping_loads(folder: Path):
    mapping = loaded(folder, SMALL)
    assert (mapping.name, mapping.version, mapping.categories) == ("small", 3, {"identity", "audit"})


GENDER = '{ element = "gender", from = "Sex@code", as = "code", table = "sex" }'
IN_GENDER = "small.toml resource 1 (Patient) facet 1 (carrier) rows 3 (gender): "


@pytest.mark.parametrize(
    ("was", "mistake", "said"),
    [
        (GENDER, '{ element = "gender", from = "Sex@code", shade = "x" }', IN_GENDER + "unknown key `shade`"),
        (GENDER, '{ element = "gender", from = "Sex@code", as = "sex" }', IN_GENDER + "unknown transform `sex`"),
        (GENDER, '{ element = "gender", from = "Sex@code", as = "code" }', IN_GENDER + "`table` is missing"),
        (GENDER, '{ element = "gender", from = "Sex@code", table = "sex" }', IN_GENDER + "unknown key `table`"),
        (GENDER, GENDER.replace('"sex"', '"sexes"'), IN_GENDER + "code table `sexes`: no such code table"),
        (GENDER, GENDER.replace("Sex@code", "Sex//@code"), IN_GENDER + "`from`: `Sex//@code` is no path"),
        (GENDER, GENDER.replace("Sex@code", "Sex[code=]"), IN_GENDER + "`from`: `Sex[code=]` is no path"),
        (GENDER, GENDER.replace("Sex@code", "Sex@a@b"), IN_GENDER + "`from`: `Sex@a@b` is no path"),
        (GENDER, '{ element = "gender" }', IN_GENDER + "needs exactly one of from, value, reference, context"),
        (GENDER, '{ element = "gender", from = "Sex", value = "x" }', IN_GENDER + "needs exactly one of"),
        (GENDER, '{ element = "gender", value = "" }', IN_GENDER + "an empty constant"),
        (GENDER, '{ element = "gender", value = "{who}" }', IN_GENDER + "a constant may name canonical, council"),
        (GENDER, '{ element = "gender", reference = "Robot:x" }', IN_GENDER + "`reference` begins with `Robot`"),
        (GENDER, '{ element = "gender", context = "weather" }', IN_GENDER + "unknown context `weather`"),
        (
            GENDER,
            '{ element = "gender", from = ".", as = "shape", shape = "nome" }',
            IN_GENDER + "unknown shape `nome`",
        ),
        (GENDER, '{ element = "gender", context = "desk" }', IN_GENDER + "gives several values; write `gender[]`"),
        (GENDER, '{ element = "gender", from = "Sex", unless = "[" }', IN_GENDER + "`unless`: `[` is no path"),
        (
            GENDER,
            '{ element = "gender", from = "Sex", as = "ended", words = ["a"] }',
            IN_GENDER + "`words` must be two",
        ),
        (
            GENDER,
            '{ element = "gender", from = "Sex", as = "concept", table = "sex", outside = "x" }',
            IN_GENDER + "`outside` is `x`",
        ),
        (GENDER, '{ element = "Gender!", from = "Sex" }', "(Gender!): `Gender!` is no element"),
        (GENDER, '{ from = "Sex" }', "rows 3: `element` is missing"),
        ('category = "identity"', "", "facet 1 (carrier): `category` is missing"),
        ('category = "identity"', 'category = "identity"\nlocates = "yes"', "`locates` is neither true nor false"),
        ('category = "identity"', 'category = "identity"\ncolour = "x"', "facet 1 (carrier): unknown key `colour`"),
        ('category = "identity"', 'category = "identity"\nshape = "name"', "has a shape and rows of its own"),
        ('category = "identity"', 'category = "identity"\nneeds = "x"', "`needs` is no list of words"),
        ('part = "carrier"', 'part = "core"', "(Patient): needs exactly one facet with part `carrier`"),
        ('part = "carrier"', 'part = "carrier"\neach = "Names"', "needs exactly one facet with part `carrier`"),
        ('key = "patient"', "", "(Patient): `key` is missing"),
        ('key = "patient"', 'key = "{@localId"', "`key`: `{@localId` has a brace without its other half"),
        ('type = "Patient"', 'type = "Provenance"', "Provenance is made for every resource"),
        ('blank = "yes"', "", "fact 1 (restricted): `blank` is missing"),
        ('unreadable = "yes"', "", "fact 1 (restricted): `unreadable` is missing"),
        ('as = "yes-no"', 'as = "shape"', "fact 1 (restricted): unknown transform `shape` for a fact"),
        ('layout = "case-xml"', 'layout = "punch-cards"', "mapping: unknown layout `punch-cards`; known: case-xml"),
        ("version = 3", "", "mapping: `version` is missing"),
        ("[mapping]", "[mapping]\nauthor = 'x'", "mapping: unknown key `author`"),
        ("[mapping]", "[extra]\n[mapping]", "unknown key `extra`"),
        ("[mapping]", "[mapping", "is not TOML"),
        ('officer_category = "audit"', "", "provenance: `officer_category` is missing"),
        ("officer_rows = [", "officer_lines = [", "provenance: unknown key `officer_lines`"),
        ('rows = [{ element = "family", from = "Family" }]', "rows = []", "has no rows"),
        ('from = "Family" }', 'from = ".", as = "shape", shape = "name" }', "shape `name` is within itself"),
        ("[shape.name]", '[shape.unused]\nrows = [{ element = "x", from = "a b" }]\n[shape.name]', "`a b` is no path"),
    ],
)
def test_a_mistake_is_named_with_its_file_and_its_place(folder: Path, was: str, mistake: str, said: str):
    assert was in SMALL
    message = refused(folder, SMALL.replace(was, mistake, 1))
    assert message.startswith("small.toml")
    assert said in message


def test_a_fact_stands_once(folder: Path):
    fact = SMALL[SMALL.index("[[fact]]") : SMALL.index("[shape.name]")]
    assert "fact `restricted` stands twice" in refused(folder, SMALL.replace(fact, fact + fact))


def test_an_element_belongs_to_one_category(folder: Path):
    other = (
        '\n  [[resource.facet]]\n  part = "more"\n  category = "x"\n  rows = [{ element = "gender", from = "Sex" }]\n'
    )
    message = refused(folder, SMALL.replace("\n[provenance]", other + "\n[provenance]"))
    assert "element `gender` belongs to facet `carrier` already" in message


def test_an_unknown_mapping_says_so():
    with pytest.raises(MappingError, match=r"mosaic\.toml: no such mapping"):
        load("mosaic", nhs_number=nhs_number)


def test_a_councils_own_code_table_stands_before_the_shipped_one(folder: Path):
    own = "# provenance: the council\nsource,code,display,system,note\nWoman,female,,,\n"
    (folder / "sex.csv").write_text(own, "utf-8")
    (record,) = records(extract(person('<Sex code="woman"/>')))
    patient = loaded(folder, SMALL).apply(record, CONTEXT).resources[0]
    assert merged(patient)["gender"] == "female"


def test_the_digest_changes_with_the_mapping_and_with_its_tables(folder: Path):
    first = loaded(folder, SMALL).digest
    assert loaded(folder, SMALL).digest == first
    other = loaded(folder, SMALL + "# a remark\n").digest
    (folder / "sex.csv").write_text("# provenance: x\nsource,code,display,system,note\nM,male,,,\n", "utf-8")
    assert len({first, other, loaded(folder, SMALL).digest}) == 3


TWO = """
[[resource]]
type = "CareTeam"
each = "Allocations/Allocation"
key = "{Team@id}"

  [[resource.facet]]
  part = "carrier"
  category = "care-team"
  needs = ["status"]
  rows = [
    { element = "status", from = "@from", as = "text" },
    { element = "subject", reference = "Patient:patient" },
  ]

[[resource]]
type = "EpisodeOfCare"
key = "case"

  [[resource.facet]]
  part = "carrier"
  category = "care-team"
  needs = ["team"]
  rows = [
    { element = "patient", reference = "Patient:patient" },
    { element = "team[]", each = "Allocations/Allocation", reference = "CareTeam:{Team@id}" },
  ]

[[resource]]
type = "Flag"
key = "flag"

  [[resource.facet]]
  part = "carrier"
  category = "care-team"
  rows = [
    { element = "subject", reference = "Patient:patient" },
    { element = "encounter", reference = "EpisodeOfCare:case" },
  ]
"""


def test_a_reference_to_what_does_not_exist_is_dropped_with_a_problem_and_so_on(folder: Path):
    mapping = loaded(folder, SMALL + TWO)
    teams = '<Allocation from="active"><Team id="A"/></Allocation><Allocation><Team id="B"/></Allocation>'
    (record,) = records(extract(person(f"<Allocations>{teams}</Allocations>")))
    episode = next(each for each in mapping.apply(record, CONTEXT).resources if each.type == "EpisodeOfCare")
    assert merged(episode)["team"] == [{"reference": "key:CareTeam:A"}]

    (record,) = records(extract(person("<Allocations><Allocation><Team id='B'/></Allocation></Allocations>")))
    found = mapping.apply(record, CONTEXT)
    assert [each.type for each in found.resources if each.type != "Provenance"] == ["Patient", "Flag"]
    assert merged(found.resources[1]) == {"resourceType": "Flag", "subject": {"reference": "key:Patient:patient"}}
    assert said(found.problems) == [
        "case.xml:1 Allocation is left out: it has no status",
        "case.xml:1 Allocation leads to no CareTeam of this record; the reference is dropped",
        "case.xml:1 Person leads to no EpisodeOfCare of this record; the reference is dropped",
    ]


def test_rows_of_one_node_fill_one_entry_and_those_of_another_the_next(folder: Path):
    rows = """{ element = "contact[].name.text", from = "Names/Name/Family" },
    { element = "contact[].gender", from = "Names/Name/Family", as = "text" },
    { element = "contact[].telecom[].value", from = "Telecoms/Telecom" },"""
    mapping = loaded(folder, SMALL.replace(GENDER + ",", rows))
    names = "<Names><Name><Family>A</Family></Name><Name><Family>B</Family></Name></Names>"
    inner = names + "<Telecoms><Telecom>1</Telecom></Telecoms>"
    (record,) = records(extract(person(inner)))
    assert merged(mapping.apply(record, CONTEXT).resources[0])["contact"] == [
        {"name": {"text": "A"}, "gender": "A"},
        {"name": {"text": "B"}, "gender": "B"},
        {"telecom": [{"value": "1"}]},
    ]


def test_of_two_values_for_one_place_the_first_counts_and_the_other_is_said(folder: Path):
    (record,) = records(extract(person('<Sex code="F"/><Sex code="M"/>')))
    found = loaded(folder, SMALL).apply(record, CONTEXT)
    assert merged(found.resources[0])["gender"] == "female"
    assert said(found.problems) == ["case.xml:1 Sex@code `M` stands twice; the first counts"]


def test_the_provenance_of_what_locates_locates_too(folder: Path):
    located = 'category = "identity"\nlocates = true\nmentions = "@other"\nprovider = "@who"'
    mapping = loaded(folder, SMALL.replace('category = "identity"', located))
    (record,) = records(extract(person(attributes='localId="1" other="7" who="a9x9y"')))
    (patient, provenance) = mapping.apply(record, CONTEXT).resources
    for carrier in (patient.facets[0], provenance.facets[0]):
        assert (carrier.category, carrier.locates, carrier.mentions) == ("identity", True, ("7",))
        assert carrier.provider == "A9X9Y"
