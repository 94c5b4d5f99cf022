"""What stands beside the records: contacts, objections, and a council's own CSV, all described in TOML alone."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from mappings.engine import MappingError, load
from mappings.readers import Csv
from tests.mappings.extracts import CONTEXT, DATA, case_xml, merged, nhs_number, of_type, plain, said
from tests.mappings.sheets import header, mapped, mapping, problems, records, trailer, written

SAMPLES = [("contacts", "contacts"), ("objections", "objections"), ("custom-example", "custom")]


@pytest.mark.parametrize(("name", "file"), SAMPLES)
def test_a_sample_is_mapped_as_its_twin_says(name: str, file: str):
    context = replace(CONTEXT, file=f"{file}.csv", extract_id=None)
    content = (DATA / f"{file}.csv").read_bytes()
    found = [plain(mapping(name).apply(record, context)) for record in records(content, mapping(name).layout)]
    assert found == json.loads((DATA / f"{file}.fhir.json").read_text("utf-8"))


@pytest.mark.parametrize(("name", "feed"), [("contacts", "contacts"), ("objections", "objections"), ("cld", "")])
def test_a_mapping_and_what_it_maps_say_of_which_part_of_a_person_they_speak(name: str, feed: str):
    assert mapping(name).feed == feed
    assert {found.feed for found in mapped((DATA / f"{name}.csv").read_bytes(), name)} == {feed}


def test_a_case_record_is_no_feed():
    assert case_xml().feed == ""


CONTACTS = ["Local id", "Worker id", "Worker name", "Worker role", "Team id", "Team name", "Team phone", "Team e-mail"]
CONTACTS += ["Team hours", "Primary", "From", "To", "Council"]
OBJECTIONS = ["Local id", "Kind", "Value", "Recorded", "Effective", "By", "Evidence", "Council"]


def contact(**cells: str):
    row = {"Local id": "1", "Team id": "T1", "Team name": "North", "From": "2024-01-01", "Council": "999"} | cells
    (found,) = mapped(written([CONTACTS, [row.get(header, "") for header in CONTACTS]]), "contacts")
    return found


def objections(*rows: tuple[str, str]) -> bytes:
    return written([OBJECTIONS, *(["1", kind, value, "2024-01-01", "", "W1", "form 7", "999"] for kind, value in rows)])


def test_an_allocation_is_a_team_of_the_person_whom_the_case_record_makes():
    (team,) = of_type(contact(**{"Worker name": "Farah Ockenden", "Team phone": "01632 960200"}), "CareTeam")
    body = merged(team)
    assert body["subject"] == {"reference": "key:Patient:patient"}
    assert body["participant"] == [{"member": {"display": "Farah Ockenden"}}]
    assert [point["value"] for point in body["telecom"]] == ["01632 960000", "01632 960200"]


def test_a_team_without_a_worker_has_no_participant_and_no_problem():
    found = contact(**{"Worker id": "-1"})
    (team,) = of_type(found, "CareTeam")
    assert "participant" not in merged(team)
    assert found.problems == ()


def test_an_allocation_that_has_ended_is_inactive():
    (team,) = of_type(contact(To="01/02/2024"), "CareTeam")
    assert merged(team)["status"] == "inactive"


@pytest.mark.parametrize(
    ("rows", "chosen"),
    [
        ([("nhs-number", "objected")], [("nhs-number", "objects")]),
        ([("nhs-number", "none-recorded")], [("nhs-number", "clear")]),
        ([("shared-record", "withdrawn")], [("shared-record", "withdrawn")]),
        ([("nhs-number", "perhaps")], [("nhs-number", "objects")]),
        ([("everything", "objected")], [("nhs-number", "objects"), ("shared-record", "objects")]),
        ([("", "")], [("nhs-number", "objects"), ("shared-record", "objects")]),
        ([("national-data-opt-out", "objected")], []),
        ([("restricted", "objected")], []),
    ],
)
def test_what_could_be_an_objection_counts_as_one(rows: list[tuple[str, str]], chosen: list[tuple[str, str]]):
    (found,) = mapped(objections(*rows), "objections")
    assert [(choice.kind, choice.value) for choice in found.choices] == chosen


def test_a_choice_says_when_it_was_recorded_by_whom_and_what_shows_it():
    (found,) = mapped(objections(("nhs-number", "objected")), "objections")
    (choice,) = found.choices
    assert (choice.recorded, choice.effective, choice.by, choice.evidence) == ("2024-01-01", None, "W1", "form 7")


@pytest.mark.parametrize(
    ("rows", "facts"),
    [
        ([("restricted", "objected")], {"restricted": "yes"}),
        ([("Restricted", "none-recorded")], {"restricted": "no"}),
        ([("restricted", "withdrawn")], {"restricted": "no"}),
        ([("restricted", "perhaps")], {"restricted": "yes"}),
        ([("restricted", "objected"), ("restricted", "withdrawn")], {"restricted": "yes"}),
        ([("nhs-number", "objected")], {}),
    ],
)
def test_a_feed_states_only_the_facts_that_it_speaks_of(rows: list[tuple[str, str]], facts: dict[str, str]):
    (found,) = mapped(objections(*rows), "objections")
    assert found.facts == facts


def test_a_feed_without_a_council_leaves_it_to_who_loads_it():
    content = written([OBJECTIONS[:-1], ["1", "nhs-number", "objected", "", "", "", ""]])
    assert header(content, mapping("objections").layout).council == ""


def test_a_feed_with_a_council_says_whose_it_is():
    assert header(objections(("nhs-number", "objected")), mapping("objections").layout).council == "999"


def test_a_register_with_a_row_that_cannot_be_read_is_not_whole():
    content = objections(("nhs-number", "objected")) + b'2,"nhs-number,objected\r\n'
    layout = mapping("objections").layout
    assert trailer(content, layout) is None
    assert [record.local_id for record in records(content, layout)] == ["1"]


def test_a_register_in_which_somebody_cannot_be_read_is_not_whole():
    content = objections(("nhs-number", "objected")) + b"2,nhs-number,objected,2024-01-01,,A\x81,,999\r\n"
    layout = mapping("objections").layout
    (found,) = problems(content, layout)
    assert (found.effect, found.person) == ("quarantined", "2")
    assert trailer(content, layout) is None


def test_an_empty_register_is_whole_and_nobodys_in_particular():
    content = written([OBJECTIONS])
    layout = mapping("objections").layout
    assert (header(content, layout).council, trailer(content, layout) is not None) == ("", True)


def test_no_marker_of_a_councils_own_file_is_anywhere():
    content = (DATA / "custom.csv").read_bytes()
    assert content.count(b"Marker") == 3
    assert "Marker" not in json.dumps([plain(found) for found in mapped(content, "custom-example")])


def custom(*rows: dict[str, str]) -> bytes:
    names = (DATA / "custom.csv").read_bytes().decode("windows-1252").splitlines()[0].split(",")
    plain_row = {
        "Client ID": "1",
        "Surname": "Quill",
        "Package ref": "P1",
        "Restricted?": "N",
        "Start date": "01/02/2024",
    }
    return written([names, *([(plain_row | row).get(name, "") for name in names] for row in rows)])


@pytest.mark.parametrize(
    ("flags", "read"), [(["N"], "no"), ([""], "yes"), (["N", "Y"], "yes"), (["N", "hm"], "yes"), (["N", ""], "no")]
)
def test_one_row_of_a_councils_own_file_that_restricts_is_enough(flags: list[str], read: str):
    rows = [{"Restricted?": flag, "Package ref": f"P{number}"} for number, flag in enumerate(flags)]
    (found,) = mapped(custom(*rows), "custom-example")
    assert found.facts["restricted"] == read


def test_an_address_that_one_row_hides_is_nowhere():
    rows = [{"Address": "1 Hidden Lane", "Package ref": "P1"}, {"Address hidden?": "Y", "Package ref": "P2"}]
    (found,) = mapped(custom(*rows), "custom-example")
    assert "Hidden Lane" not in json.dumps(plain(found)["resources"])


def test_a_date_of_a_councils_own_file_is_read_in_its_own_way_or_as_the_standard_has_it():
    for day in ("01/02/1950", "1950-02-01"):
        (found,) = mapped(custom({"DOB": day}), "custom-example")
        assert found.facts["born"] == "1950-02-01"
    (found,) = mapped(custom({"DOB": "02/13/1950"}), "custom-example")
    assert said(found.problems) == [
        "file.csv:2 Person@born `02/13/1950` is not a date; expected yyyy-mm-dd; born counts as unknown"
    ]


def test_a_councils_own_file_without_a_described_column_is_stopped():
    content = custom({}).replace(b"Locked?", b"Locking")
    (*_, found) = problems(content, mapping("custom-example").layout)
    assert found.effect == "stopped"
    assert "Locked? is no column of the file" in str(found)


EXAMPLE = (Path(__file__).parents[2] / "mappings" / "sources" / "custom-example.toml").read_text("utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def refused(folder: Path, content: str) -> str:
    file = folder / "own.toml"
    file.write_text(content, "utf-8")
    with pytest.raises(MappingError) as refusal:
        load(file, nhs_number=nhs_number)
    return str(refusal.value)


@pytest.mark.parametrize(
    ("was", "mistake", "complaint"),
    [
        ('id = "client"', 'id = "who"', "mapping csv: `id` is `who`; expected one of address, born, client"),
        ('id = "client"', 'id = "client"\noptional = ["client"]', "`optional` names `client`, which is the local id"),
        ('id = "client"', 'id = "client"\ncolour = "x"', "mapping csv: unknown key `colour`"),
        ('delimiter = ","', 'delimiter = "x"', "`delimiter` is none of comma, semicolon, bar and tab"),
        ('formats = ["dd/mm/yyyy"]', 'formats = ["dmy"]', "`formats` holds `dmy`; known: dd/mm/yyyy"),
        ('formats = ["dd/mm/yyyy"]', 'formats = ["dd/mm/yyyy", "mm/dd/yyyy"]', "nobody can tell which is meant"),
        ('"started", "ended"]', '"started", "finished"]', "`dates` holds `finished`; expected some of"),
        ('row = "Package"', 'row = "Package of care"', "`row` is `Package of care`; expected letters"),
        ('council = "999"', 'council = "@who"', "`council` is `@who`; expected a code, or @ and one of"),
        ('client = "Client ID"', '"the client" = "Client ID"', "`the client` is no name; expected letters"),
        ('client = "Client ID"', 'client = "***"', "`client` has a header without a letter or a digit"),
        ('withheld = ["Weekly cost"', 'withheld = ["home PHONE"', "the column `Home phone` is withheld"),
        ('row = "Package"', 'row = "Package"\nmode = "some"', "`mode` is `some`; expected full or delta"),
        ('row = "Package"', 'row = "Package"\nlatest = ["ended"]', "`latest` must be two of the rows' attributes"),
        ('row = "Package"', 'row = "Package"\nagree = ["ended"]', "`agree` holds `ended`; expected some of"),
        ('layout = "csv"', 'layout = "case-xml"', "[mapping.csv] is of no use in the layout `case-xml`"),
        ('layout = "csv"', 'layout = "cld"', "mapping csv: unknown key"),
        (
            'absent = "open"\n',
            'absent = "open"\nfrom = "@born"\n',
            "(closed): unknown key `from`; known: absent, because",
        ),
        ('absent = "open"', 'absent = "unstated"', "only a feed may leave a fact `unstated`"),
        ('fact = "locked"\nfrom', 'fact = "lock"\nfrom', "says nothing of the fact `locked`"),
        (
            'blank = "yes"',
            'blank = "perhaps"',
            "fact `restricted` is perhaps or yes when it is not said; expected yes or no",
        ),
        ("because = ", "reason = ", "unknown key `reason`"),
        ('type = "Patient"', 'type = "Person"', "`reference` begins with `Patient`"),
    ],
)
def test_a_mistake_in_a_councils_own_mapping_is_named(folder: Path, was: str, mistake: str, complaint: str):
    assert was in EXAMPLE
    assert complaint in refused(folder, EXAMPLE.replace(was, mistake, 1))


def test_a_fact_that_the_layout_does_not_carry_needs_a_reason(folder: Path):
    start = EXAMPLE.index("because = ")
    end = EXAMPLE.index("\n", start)
    assert "(closed): `because` is missing" in refused(folder, EXAMPLE[:start] + EXAMPLE[end:])


def own(folder: Path, name: str, was: str, change: str):
    source = (Path(__file__).parents[2] / "mappings" / "sources" / f"{name}.toml").read_text("utf-8")
    assert was in source
    (folder / "own.toml").write_text(source.replace(was, change, 1), "utf-8")
    return load(folder / "own.toml", nhs_number=nhs_number)


def test_a_council_may_say_that_its_return_is_never_whole_and_what_it_is_called(folder: Path):
    change = 'layout = "cld"\nversion = 2\ncsv = { mode = "delta", councils = { "999" = "anytown" } }\n'
    layout = own(folder, "cld", 'layout = "cld"\nversion = 1\n', change).layout
    found = header((DATA / "cld.csv").read_bytes(), layout)
    assert (found.council, found.mode, found.window) == ("anytown", "delta", None)
    assert problems((DATA / "cld.csv").read_bytes(), layout) == []


def test_a_return_may_be_parted_by_something_else(folder: Path):
    layout = own(folder, "cld", 'layout = "cld"', 'layout = "cld"\ncsv = { delimiter = "\\t" }').layout
    content = (DATA / "contacts.csv").read_bytes()
    assert "parted by `\t`" in problems(content, layout)[-1].reason


def test_a_return_is_never_said_to_be_full(folder: Path):
    with pytest.raises(MappingError, match="a file of this layout is full within its reporting period"):
        own(folder, "cld", 'layout = "cld"', 'layout = "cld"\ncsv = { mode = "full" }')


def test_the_latest_row_speaks_for_a_person_where_a_mapping_says_so(folder: Path):
    change = 'row = "Package"\nlatest = ["ended", "started"]\nagree = ["born"]'
    layout = own(folder, "custom-example", 'row = "Package"', change).layout
    assert isinstance(layout, Csv)
    rows = [{"Surname": "Old", "End date": "01/03/2024"}, {"Surname": "New"}]
    (record,) = records(custom(*rows), layout)
    assert record.root.attributes["surname"] == "New"
    (found,) = problems(custom(rows[0] | {"DOB": "01/02/1950"}, rows[1] | {"DOB": "02/02/1950"}), layout)
    assert found.field == "Person@born"


def test_a_feed_may_not_refer_to_what_nobody_makes(folder: Path):
    with pytest.raises(MappingError, match="`reference` begins with `Robot`; known: CareTeam, Patient"):
        own(folder, "contacts", "Patient:patient", "Robot:patient")


def test_that_nothing_is_recorded_is_worth_its_date():
    content = written([OBJECTIONS, ["1", "nhs-number", "none-recorded", "", "", "", "", "999"]])
    (found,) = mapped(content, "objections")
    assert found.choices == ()
    assert len(found.problems) == 1
