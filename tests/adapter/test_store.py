"""How a record is kept: what changes, what stays as it was, and what is destroyed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from adapter.forms import merged
from adapter.register import roll
from adapter.terms import identifying_by_name, normal, terms
from tests.adapter.sight import SOCIAL_WORKER, WARD, everything, found, involve, kept, seen, select, tables, told
from tests.adapter.sight import asking as asking_of
from tests.world import World, case, objection, pds_record, relationship

NUMBER = "9990000018"
TEAM = "allocation:T1:W1:2024-01-11"
SECOND = (
    '<Service id="S1" component="Home Support" provider="Lantern" providerOds="A1B2C" from="2024-02-01" status="open"/>'
    '<Service id="S2" component="Meals" provider="Beacon" providerOds="Z9Z9Z" from="2024-02-01" status="open"/>'
)


def current(world: World, local_id: str = "A1") -> dict[str, int]:
    """The number of each current facet, by `key/part`; an unchanged facet keeps its number."""
    rows = world.rows(
        "SELECT r.key, f.part, f.id FROM facet f JOIN resource r ON r.id = f.resource"
        " WHERE f.person = :person AND f.ended IS NULL",
        person=world.person(local_id),
    )
    return {f"{key}/{part}": number for key, part, number in rows}


def changes(before: dict[str, int], after: dict[str, int]) -> set[str]:
    """Which facets were written anew, added or ended."""
    return {name for name in before | after if before.get(name) != after.get(name)}


# ---------------------------------------------------------------- the same again


def test_the_same_content_again_changes_nothing_that_is_kept_of_the_person(world: World) -> None:
    people = (case(nhs_number=NUMBER, more=relationship()), case("A2", objections=objection()))
    world.load(*people)
    first = {name: rows for name, rows in tables(world).items() if name not in ("extract", "person")}
    world.pass_time(hours=1)
    receipt = world.load(*people, sequence=2)
    again = {name: rows for name, rows in tables(world).items() if name not in ("extract", "person")}
    assert receipt.counts == {"unchanged": 2}
    # Only how long the provider's involvement is confirmed for has moved.
    assert {name for name in again if sorted(first[name]) != sorted(again[name])} == {"relationship"}


def test_the_same_content_read_anew_writes_no_facet_and_moves_no_provenance(world: World) -> None:
    people = (case(nhs_number=NUMBER, more=relationship()),)
    world.load(*people)
    facets, told_before = sorted(tables(world)["facet"]), told(world, SOCIAL_WORKER)
    with world.deployment.office.transaction() as transaction:
        # As a new version of the mapping or the policy does.
        transaction.execute("UPDATE person SET digest = 'of another mapping'")
    world.pass_time(hours=1)
    receipt = world.load(*people, sequence=2)
    assert receipt.counts == {"stored": 1}
    assert sorted(tables(world)["facet"]) == facets
    assert told(world, SOCIAL_WORKER) == told_before


# ---------------------------------------------------------------- something else


def test_a_changed_address_leaves_every_other_facet_and_what_others_see_of_its_origin_as_it_was(world: World) -> None:
    world.load(case(nhs_number=NUMBER, more=relationship()))
    before = current(world)
    world.pass_time(hours=1)
    world.load(case(nhs_number=NUMBER, more=relationship(), postcode="SW1A 2AA"), sequence=2)
    # Where in which extract it stood is for the officers alone.
    assert changes(before, current(world)) == {"patient/contact", "provenance:Patient:patient/place"}


def test_a_changed_name_moves_the_carrier_and_its_provenance_and_nothing_of_the_services(world: World) -> None:
    world.load(case(nhs_number=NUMBER))
    before = current(world)
    world.pass_time(hours=1)
    world.load(case(nhs_number=NUMBER, family="Quill"), sequence=2)
    moved = {"patient/carrier", "provenance:Patient:patient/carrier", "provenance:Patient:patient/place"}
    assert changes(before, current(world)) == moved


def test_the_resources_of_a_service_that_the_record_no_longer_holds_end(world: World) -> None:
    world.load(case(services=SECOND))
    before = current(world)
    world.load(case(), sequence=2)
    ended = {name for name in before if name not in current(world)}
    assert ended == {
        f"{prefix}{key}/{part}"
        for key, kind, parts in (
            ("service:S2", "EpisodeOfCare", ("carrier",)),
            ("provider:S2", "CareTeam", ("carrier", "provider")),
        )
        for prefix, named in (("", parts), (f"provenance:{kind}:", ("carrier", "place")))
        for part in named
    }
    assert "Beacon" not in told(world, SOCIAL_WORKER)
    assert not any("S2" in name for name in seen(world, SOCIAL_WORKER))
    world.load(case(services=SECOND), sequence=3)
    assert set(current(world)) == set(before)


def test_a_part_that_the_record_no_longer_holds_ends_with_its_terms(world: World) -> None:
    world.load(case(nhs_number=NUMBER))
    world.declare()
    assert ("identifier", f"https://fhir.nhs.uk/Id/nhs-number|{NUMBER}") in found(world, SOCIAL_WORKER)
    world.load(case(nhs_number=""), sequence=2)
    assert not any(NUMBER in value for _, value in found(world, SOCIAL_WORKER))
    assert NUMBER not in told(world, SOCIAL_WORKER)


def test_a_correction_supersedes_and_the_old_version_is_kept_and_shown_to_nobody(world: World) -> None:
    world.load(case(family="Mistake"))
    world.declare()
    involve(world)
    world.pass_time(hours=1)
    world.load(case(family="Marlowe"), sequence=2)
    old, new = world.rows(
        "SELECT f.body, f.ended FROM facet f JOIN resource r ON r.id = f.resource"
        " WHERE r.type = 'Patient' AND f.part = 'carrier' ORDER BY f.id"
    )
    assert b"Mistake" in bytes(old[0])
    assert old[1] is not None
    assert new[1] is None
    assert "Mistake" not in told(world, WARD) + told(world, SOCIAL_WORKER)
    assert not any("mistake" in value for eye in (WARD, SOCIAL_WORKER) for _, value in found(world, eye))


def test_a_resource_keeps_its_id_for_good_and_no_id_tells_of_an_identifier(world: World) -> None:
    world.load(case(nhs_number=NUMBER))
    before = world.rows("SELECT type, key, public FROM resource ORDER BY id")
    world.load(case(nhs_number=NUMBER, services=""), sequence=2)
    world.load(case(nhs_number=NUMBER, family="Quill"), sequence=3)
    assert world.rows("SELECT type, key, public FROM resource ORDER BY id") == before
    assert len({public for _, _, public in before}) == len(before)
    assert all(public.startswith("id-") for _, _, public in before)


def test_every_reference_leads_to_a_resource_that_is_kept(world: World) -> None:
    carer = relationship(roles="next-of-kin main-carer")
    world.load(case(more=carer, services=SECOND, objections=objection("shared-record")))
    known = {f"{kind}/{public}" for kind, public in world.rows("SELECT type, public FROM resource")}
    bodies = [json.loads(bytes(body)) for (body,) in world.rows("SELECT body FROM facet WHERE ended IS NULL")]
    pointed = {target for body in bodies for target in references(body)}
    assert pointed <= known
    assert len(pointed) >= 8
    assert "key:" not in json.dumps(bodies)


def references(body: Any) -> set[str]:
    if isinstance(body, dict):
        inner = {target for value in body.values() for target in references(value)}
        return inner | ({body["reference"]} if isinstance(body.get("reference"), str) else set())
    return {target for item in body for target in references(item)} if isinstance(body, list) else set()


def test_two_people_of_one_council_share_nothing(world: World) -> None:
    world.load(case("A1"), case("A2", family="Quill"))
    world.load(case("A1", postcode="SW1A 2AA"), case("A2", family="Quill"), sequence=2)
    assert everything(world, "A1") == everything(world, "A2")
    assert "Quill" not in told(world, SOCIAL_WORKER, "A1")
    assert "Marlowe" not in told(world, SOCIAL_WORKER, "A2")


# ---------------------------------------------------------------- relationships


def provider_ends(world: World, organisation: str = "A1B2C") -> tuple[int, int]:
    ((starts, ends),) = world.rows(
        "SELECT starts, ends FROM relationship WHERE organisation = :organisation AND kind LIKE 'provider%'",
        organisation=organisation,
    )
    return starts, ends


def test_a_provider_is_involved_no_longer_than_the_last_day_of_its_service(world: World) -> None:
    world.load(case(services='<Service id="S1" providerOds="A1B2C" from="2024-02-01" to="2026-11-30" status="open"/>'))
    _, ends = provider_ends(world)
    assert ends == 1_796_083_200_000  # 2026-12-01T00:00Z


def test_a_provider_with_an_end_date_is_confirmed_by_each_extract_like_any_other(world: World) -> None:
    service = '<Service id="S1" providerOds="A1B2C" from="2024-02-01" to="2027-11-30" status="open"/>'
    world.load(case(services=service))
    _, first = provider_ends(world)
    world.pass_time(days=60)
    world.load(case(services=service), sequence=2)
    _, second = provider_ends(world)
    assert second - first == 60 * 86_400_000


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_of_two_services_of_one_provider_the_order_does_not_matter(world: World, order: tuple[int, int]) -> None:
    both = (
        '<Service id="S1" providerOds="A1B2C" from="2024-02-01" to="2026-11-30" status="open"/>',
        '<Service id="S2" providerOds="A1B2C" from="2026-12-15" to="2027-01-31" status="open"/>',
    )
    world.load(case(services="".join(both[place] for place in order)))
    starts, ends = provider_ends(world)
    assert (starts, ends) == (1_706_745_600_000, 1_801_440_000_000)  # 2024-02-01 to 2027-02-01T00:00Z


def test_nobody_is_a_provider_to_somebody_who_died_or_whose_case_is_closed(world: World) -> None:
    closed = '<Involvement clientType="Service User" opened="2024-01-10" closed="2026-01-01"/>'
    world.load(case("A1", more='<Death date="2026-11-20"/>'), case("A2", involvement=closed), case("A3"))
    world.load(case("A3", more='<Death date="2026-11-20"/>'), sequence=2)
    assert world.rows("SELECT COUNT(*) FROM relationship WHERE kind LIKE 'provider%'") == [(0,)]


# ---------------------------------------------------------------- what is destroyed or sealed


def test_an_objectors_number_is_nowhere_whether_the_objection_comes_with_the_record(world: World) -> None:
    world.load(case(nhs_number=NUMBER, objections=objection()))
    assert NUMBER not in kept(world)


def test_an_objectors_number_is_nowhere_when_the_objection_came_before_the_number(world: World) -> None:
    world.load(case(objections=objection()))
    world.load(case(nhs_number=NUMBER, objections=objection()), sequence=2)
    assert NUMBER not in kept(world)


def test_an_objectors_number_is_nowhere_once_they_object_in_any_version_that_was_kept(world: World) -> None:
    world.load(case(nhs_number=NUMBER))
    world.load(case(nhs_number=NUMBER, postcode="SW1A 2AA"), sequence=2)
    world.know(pds_record(NUMBER))
    world.declare()
    world.trace()
    assert NUMBER in kept(world)
    world.choose("A1", "nhs-number", "objects")
    assert NUMBER not in kept(world)
    world.load(case(nhs_number=NUMBER, postcode="SW1A 3AA"), sequence=3)
    assert NUMBER not in kept(world)


def test_an_objection_in_a_changed_record_destroys_the_number_that_an_earlier_one_gave(world: World) -> None:
    world.load(case(nhs_number=NUMBER))
    world.load(case(nhs_number=NUMBER, objections=objection()), sequence=2)
    assert NUMBER not in kept(world)


def test_an_objection_that_takes_effect_later_destroys_the_number_when_it_does(world: World) -> None:
    world.load(case(nhs_number=NUMBER, objections=objection(effective="2026-11-23")))
    world.declare()
    assert NUMBER in kept(world)
    world.pass_time(days=1)
    with world.deployment.office.transaction() as transaction:
        roll(transaction, world.deployment.policy, world.time)
    assert NUMBER not in kept(world)


def test_who_takes_an_objection_back_waits_for_a_trace_again(world: World) -> None:
    world.load(case(nhs_number=NUMBER, objections=objection()))
    world.know(pds_record(NUMBER))
    world.declare()
    assert world.rows("SELECT person FROM trace_queue") == []
    world.choose("A1", "nhs-number", "clear")
    assert world.trace() == {"Matched": 1}
    involve(world)
    assert "patient/nhs-number" in seen(world, WARD)


def test_a_record_that_the_council_deleted_is_sealed_and_stays_so(world: World) -> None:
    world.load(case("A1"), case("A2"))
    world.declare()
    for who in ("A1", "A2"):
        involve(world, who)
    world.load(
        case("A1", attributes='restricted="N" operation="delete"'),
        case("A2", attributes='restricted="N" operation="merge"'),
        sequence=2,
    )
    assert [seen(world, eye, who) for eye in (WARD, SOCIAL_WORKER) for who in ("A1", "A2")] == [set()] * 4
    world.load(case("A1", postcode="SW1A 2AA"), sequence=3)
    assert seen(world, WARD, "A1") == set()


MARKED = (
    '<Services><Service id="S1" status="open" unitCost="MARKER" mechanism="MARKER" type="MARKER"><Cost>MARKER</Cost>'
    "<Description>MARKER</Description></Service></Services>"
    '<Addresses><Address accessNotes="MARKER"><Line>1 Row</Line><AccessNotes>MARKER</AccessNotes></Address></Addresses>'
    '<CaseNoteIndex><CaseNote title="MARKER">MARKER</CaseNote></CaseNoteIndex>'
    '<Safeguarding><Enquiry><AllegedPerpetrator name="MARKER">MARKER</AllegedPerpetrator></Enquiry></Safeguarding>'
    '<Warnings><Warning type="MARKER">MARKER</Warning></Warnings><Legal><MHA section="MARKER"/></Legal>'
    '<Assessments><Assessment outcome="MARKER"/></Assessments><Reviews><Review status="MARKER"/></Reviews>'
    '<Identifiers><Identifier type="NI">MARKER</Identifier></Identifiers><GenderIdentity code="MARKER"/>'
    '<Relationships><Relationship id="R1" type="son" roles="lpa-property MARKER" sensitive="Y"><Name><Family>MARKER'
    "</Family></Name></Relationship></Relationships>"
    '<Telecoms><Telecom system="phone" thirdParty="Y">MARKER</Telecom></Telecoms>'
)


def test_what_is_never_released_is_not_kept_either(world: World) -> None:
    record = (
        '<Person localId="A1" restricted="N"><Names><Name use="usual"><Given>Ada</Given><Family>Marlowe</Family></Name>'
        f'</Names><Birth date="1941-03-05"/>{MARKED}</Person>'
    )
    assert +world.load(record).counts == {"stored": 1}
    assert "Marlowe" in kept(world)
    assert "MARKER" not in kept(world)


# ---------------------------------------------------------------- small parts


def test_merging_joins_arrays_in_order_and_keeps_every_other_element() -> None:
    first = {"active": True, "identifier": [{"value": "1"}], "meta": {"a": 1}}
    second = {"identifier": [{"value": "2"}], "gender": "female", "meta": {"b": 2}}
    assert merged([first, second]) == {
        "active": True,
        "identifier": [{"value": "1"}, {"value": "2"}],
        "gender": "female",
        "meta": {"a": 1, "b": 2},
    }
    assert first["identifier"] == [{"value": "1"}]


@pytest.mark.parametrize(
    ("written", "searched"),
    [("Brontë", "bronte"), ("O’Néill", "o'neill"), ("  De   La  Cruz ", "de la cruz"), ("STRASSE", "strasse")],
)
def test_names_are_found_without_regard_to_case_accents_and_spaces(written: str, searched: str) -> None:
    assert normal(written) == searched
    assert normal(normal(written)) == normal(written)


def test_a_person_is_identified_by_every_name_with_every_birth_date_and_by_no_half_name() -> None:
    names = [
        {"use": "usual", "family": "Marlowe", "given": ["Ada", "May"]},
        {"use": "maiden", "family": "Quill", "given": ["Ada"]},
        {"use": "nickname", "given": ["Addie"]},
        {"use": "old", "family": "Vane"},
    ]
    found_by = identifying_by_name({"name": names}, ["1941-03-05", "1941-05-03"])
    assert {value for _, value in found_by} == {
        f"{family}|{given}|{born}"
        for family, given in (("marlowe", "ada"), ("marlowe", "ada may"), ("quill", "ada"))
        for born in ("1941-03-05", "1941-05-03")
    }


def test_a_token_is_found_with_and_without_its_system() -> None:
    body = {"identifier": [{"system": "urn:x", "value": "7"}], "gender": "female", "birthDate": "1941-03-05"}
    assert terms("Patient", body) == {
        ("identifier", "7"),
        ("identifier", "urn:x|7"),
        ("gender", "female"),
        ("gender", "|female"),
        ("birthdate", "1941-03-05"),
    }


def test_a_body_is_merged_with_the_carrier_first_and_what_pds_says_after_the_council(world: World) -> None:
    world.load(case())
    world.know(pds_record(NUMBER))
    world.declare()
    world.trace()
    rows = select(
        world,
        "SELECT part, type FROM visible_facet WHERE type = 'Patient' ORDER BY place, part",
        asking_of(world, SOCIAL_WORKER),
    )
    assert [part for part, _ in rows] == ["carrier", "contact", "gp", "nhs-number"]
