"""What one message of a `person-json` stream says, and of whom."""

import pytest

from mappings.problems import Problem
from tests.mappings.people import FILE, Json, items, lines, message, problems, record, records, somebody


def people(*ids: int) -> list[Json]:
    return [somebody(id=each) for each in ids]


def test_a_wrapper_says_what_is_to_be_done_and_in_which_order():
    found = record(message(messageId="m", sequence=7, source="mosaic", occurredAt="2025-11-20T16:40:00Z"))
    assert (found.local_id, found.operation, found.sequence, found.problems) == ("71", "upsert", 7, ())


def test_a_merge_says_into_whom():
    found = record(message(operation="MERGE", mergedInto=99))
    assert (found.operation, found.merged_into) == ("merge", "99")


@pytest.mark.parametrize("into", [None, 71, ""])
def test_a_merge_into_nobody_else_is_quarantined(into: object):
    found = record(message(operation="merge", mergedInto=into))
    assert [problem.effect for problem in found.problems] == ["quarantined"]


@pytest.mark.parametrize(
    "value", [message(operation="delete", person={"id": 71}), {"operation": "delete", "personId": 71}]
)
def test_who_is_deleted_need_not_be_described(value: Json):
    found = record(value)
    assert (found.local_id, found.operation, found.problems) == ("71", "delete", ())


def test_an_operation_that_is_none_is_quarantined():
    (problem,) = record(message(operation="burn")).problems
    assert (problem.effect, problem.field, problem.value) == ("quarantined", "operation", "burn")


@pytest.mark.parametrize("sequence", ["next", -1, 1.5, 10**30])
def test_a_message_whose_place_in_the_order_cannot_be_read_is_quarantined(sequence: object):
    (problem,) = record(message(sequence=sequence)).problems
    assert (problem.effect, problem.field) == ("quarantined", "sequence")


@pytest.mark.parametrize("nobody", ["", None, -1, "-1", 0, 1, 2, 3, 4, 5, "6", 71.0, True, -71])
def test_who_has_no_id_or_one_that_is_nobodys_is_not_read_and_the_rest_goes_on(nobody: object):
    content = lines(somebody(id=nobody), somebody(id=72))
    assert [problem.effect for problem in problems(content)] == ["quarantined"]
    assert [found.local_id for found in records(content)] == ["72"]


@pytest.mark.parametrize("temporary", ["tmp123", "NC4567"])
def test_a_temporary_id_is_kept_and_said(temporary: str):
    (problem,) = record(somebody(id=temporary)).problems
    assert (problem.effect, problem.value) == ("ignored", temporary)


@pytest.mark.parametrize(
    "value",
    [
        somebody(mosaicId="72"),
        message(personId=72),
        message(allocation={"personId": 72}),
        message(objection={"personId": 72, "kind": "nhs-number"}),
        message(relationship={"personId": 72, "otherPersonId": 73, "type": "sibling"}),
    ],
)
def test_a_message_about_two_persons_is_quarantined_whole(value: Json):
    (found,) = problems(lines(value))
    assert "names more than one person" in str(found)
    assert records(lines(value)) == []


def test_several_persons_in_one_message_are_refused():
    (found,) = problems(lines(message(person=people(71, 72))))
    assert "holds several persons; send each alone" in str(found)


def test_a_person_who_stands_twice_without_a_sequence_is_quarantined():
    content = lines(*people(71, 71, 72))
    assert [str(problem) for problem in problems(content)] == [
        f"{FILE}:2 id `71` stands twice in this file without a sequence; the first one counts"
    ]
    assert [found.local_id for found in records(content)] == ["71", "72"]


@pytest.mark.parametrize("last", [{"operation": "delete"}, {"operation": "merge", "mergedInto": 72}])
def test_who_is_deleted_or_merged_after_all_is_read_again(last: Json):
    found = records(lines(somebody(), last | {"personId": 71}))
    assert [each.operation for each in found] == ["upsert", last["operation"]]


def test_a_person_who_stands_twice_with_a_sequence_is_read_twice():
    content = lines(message(sequence=2), message(sequence=1))
    assert [found.sequence for found in records(content)] == [2, 1]


@pytest.mark.parametrize("flag", ["A", "B", "a"])
@pytest.mark.parametrize("name", ["contextFlag", "ageContext"])
def test_an_adults_record_is_read(name: str, flag: str):
    assert record({"id": 71, name: flag}).problems == ()


@pytest.mark.parametrize(
    "flags",
    [{"contextFlag": "C"}, {"ageContext": "c"}, {}, {"contextFlag": "X"}, {"contextFlag": "A", "ageContext": "C"}],
)
def test_only_what_says_that_it_is_of_adults_is_kept(flags: Json):
    (problem,) = record({"id": 71} | flags).problems
    assert problem.effect == "quarantined"


@pytest.mark.parametrize("name", ["allocation", "relationship", "warningNote", "caseStatus"])
def test_a_part_of_a_person_alone_is_quarantined(name: str):
    (_, found) = items(lines({"operation": "upsert", "personId": 71, name: {"id": 9}}))
    assert isinstance(found, Problem)
    assert (found.effect, found.person) == ("quarantined", "71")


@pytest.mark.parametrize("asked", [{"operation": "objection"}, {"operation": "upsert"}, {}])
def test_a_message_about_choices_alone_is_a_record_of_that_feed(asked: Json):
    found = record(asked | {"personId": 71, "sequence": 3, "objections": [{"kind": "nhs-number"}]})
    assert (found.feed, found.operation, found.sequence, found.problems) == ("objections", "upsert", 3, ())
    assert [child.name for child in found.root.children] == ["objections"]


def test_what_stands_beside_choices_alone_is_said_and_not_read():
    beside = {"objection": {"kind": "nhs-number"}, "allocation": {"allocatedWorker": "Farah"}}
    found = record({"operation": "objection", "person": somebody(firstName="Ada")} | beside)
    assert [problem.effect for problem in found.problems] == ["dropped"]
    assert [child.name for child in found.root.children] == ["objections"]
    assert "firstName" not in found.root.attributes


def test_an_objection_is_no_second_record_of_a_person():
    objection = {"operation": "objection", "personId": 71, "objection": {"kind": "nhs-number"}}
    assert [found.feed for found in records(lines(somebody(), objection, objection))] == [
        "",
        "objections",
        "objections",
    ]


def test_a_repeated_message_has_the_same_digest_under_another_id_and_sequence():
    assert record(message(messageId="a", sequence=1)).digest == record(message(messageId="b", sequence=2)).digest


def test_a_person_alone_and_in_a_wrapper_has_the_same_digest():
    assert record(somebody()).digest == record(message()).digest


@pytest.mark.parametrize("blank", [None, "", "  ", [], {}])
def test_a_blank_is_not_content(blank: object):
    said = (
        somebody() if blank == {} else somebody(title=blank) if not isinstance(blank, list) else somebody(emails=blank)
    )
    assert record(said).digest == record(somebody()).digest


@pytest.mark.parametrize(
    "changed",
    [
        message(person=somebody(title="Mrs")),
        message(operation="delete"),
        message(operation="merge", mergedInto=72),
        message(operation="merge", mergedInto=73),
        message(allocation={"allocatedWorker": "Farah Ockenden"}),
        message(objection={"kind": "nhs-number"}),
    ],
)
def test_any_change_of_content_changes_the_digest(changed: Json):
    assert record(changed).digest != record(message()).digest


@pytest.mark.parametrize(("singular", "plural"), [("allocation", "allocations"), ("relationship", "relationships")])
def test_a_companion_is_the_same_within_the_person_and_beside_them(singular: str, plural: str):
    companion = {"id": 8, "type": "sibling"} if singular == "relationship" else {"id": 8, "allocatedWorker": "Farah"}
    written = [
        message(**{singular: companion}),
        message(**{plural: [companion]}),
        somebody(**{plural: [companion]}),
        message(person=somebody(**{singular: companion})),
    ]
    assert len({record(each).digest for each in written}) == 1


def test_relationships_may_be_listed_by_their_type():
    grouped = {"type": "parent", "persons": [{"id": 9, "personId": 72, "firstName": "Ines"}]}
    flat = {"id": 9, "personId": 71, "otherPersonId": 72, "type": "parent", "firstName": "Ines"}
    (one,) = record(somebody(personalRelationships=[grouped])).root.children
    (other,) = record(somebody(relationships=[flat])).root.children
    del other.attributes["personId"]
    assert (one.name, one.attributes) == (other.name, other.attributes)


def test_what_is_quarantined_names_the_person_where_it_is_known():
    found = problems(lines(somebody(contextFlag="C"), somebody(id=72), somebody(id=72)))
    assert [(problem.effect, problem.person) for problem in found] == [("quarantined", "71"), ("quarantined", "72")]
    assert "71" not in repr(found[0])
