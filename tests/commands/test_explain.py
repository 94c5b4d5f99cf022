"""Why a client is shown something of a person, or not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapter.explanation import RELATIONSHIP, Explained, Remedy, explained
from consent.decide import decide
from consent.model import Asking, Category, Deceased, OptOut, Retention, Sensitive, Standing
from consent.policy import shipped
from tests.commands.desk import NUMBER, Desk, known
from tests.world import objection, pds_record

POLICY = shipped("westminster")
PERSON = ("--council", "westminster", "--person", "A1", "--purpose", "TREAT")
BY_NAME = [("family", "Marlowe"), ("given", "Ada"), ("birthdate", "1941-03-05")]
STANDINGS = st.builds(
    Standing,
    live=st.booleans(),
    nhs_number_use=st.sampled_from(OptOut),
    shared_record=st.sampled_from(OptOut),
    national_data_opt_out=st.sampled_from(OptOut),
    restricted=st.booleans(),
    locked=st.booleans(),
    pds_sensitive=st.sampled_from(Sensitive),
    do_not_disclose=st.booleans(),
    sealed=st.booleans(),
    erased=st.booleans(),
    retention=st.sampled_from(Retention),
    deceased=st.sampled_from(Deceased),
)
ASKINGS = st.builds(Asking, st.sampled_from(sorted(POLICY.by_view, key=str)), st.booleans())


def of(desk: Desk, client: str, category: str, *more: str) -> dict[str, Any]:
    found = desk.json("explain", *PERSON, "--client", client, "--category", category, *more)
    first: dict[str, Any] = found["categories"][0]
    return first


def ward(desk: Desk) -> str:
    return desk.world.asker("hospital").client_id


def test_an_objection_is_explained_with_the_sentence_of_the_notice(desk: Desk) -> None:
    desk.world.load(known(objections=objection()))
    desk.world.declare()
    asker = desk.world.asker("hospital")
    asker.search("Patient", BY_NAME)
    found = of(desk, asker.client_id, "nhs-number")
    assert [rule["rule"] for rule in found["rules"]] == ["nhs-number-objection"]
    assert found["rules"][0]["notice"] == POLICY.rules["nhs-number-objection"].notice
    assert found["changes"] == [{"fact": "nhs_number_use", "value": "clear"}]


def test_who_is_not_related_would_have_to_be(desk: Desk) -> None:
    desk.world.load(known())
    desk.world.declare()
    found = of(desk, ward(desk), "identity")
    assert (found["released"], found["changes"]) == (False, [{"fact": RELATIONSHIP, "value": "on file"}])


def test_a_relationship_on_file_is_named_with_its_end(desk_on_both: Desk) -> None:
    desk_on_both.world.load(known())
    desk_on_both.world.declare()
    asker = desk_on_both.world.asker("hospital")
    asker.search("Patient", BY_NAME)
    shown = desk_on_both.run("explain", *PERSON, "--client", asker.client_id).stdout
    assert "asserted of RYJ until 2026-11-25T09:00:00Z" in shown


def test_a_relationship_that_has_ended_is_none(desk: Desk) -> None:
    desk.world.load(known())
    desk.world.declare()
    asker = desk.world.asker("hospital")
    asker.search("Patient", BY_NAME)
    desk.world.pass_time(hours=72)
    assert of(desk, asker.client_id, "identity")["changes"] == [{"fact": RELATIONSHIP, "value": "on file"}]


def test_where_several_facts_stand_in_the_way_that_is_said(desk: Desk) -> None:
    desk.world.load(known(attributes='restricted="Y"'))
    shown = desk.run("explain", *PERSON, "--client", ward(desk), "--category", "identity").stdout
    assert "identity: withheld" in shown
    assert "restricted: the record is restricted" in shown
    assert "what would release it: more than one thing" in shown


def test_what_the_role_never_sees_no_fact_would_release(desk: Desk) -> None:
    desk.world.load(known())
    shown = desk.run("explain", *PERSON, "--client", ward(desk), "--category", "religion").stdout
    assert "no fact about the person" in shown


def test_the_persons_own_council_is_related(desk: Desk) -> None:
    desk.world.load(known())
    found = of(desk, desk.world.asker("council").client_id, "identity")
    assert found["released"]


def test_a_standing_that_is_overdue_withholds_as_the_door_does(desk: Desk) -> None:
    desk.world.load(known())
    desk.world.rows("UPDATE person SET standing_until = 0, after_until = 0 RETURNING id")
    found = of(desk, ward(desk), "identity")
    assert [rule["rule"] for rule in found["rules"]] == ["not-known"]
    assert "none is up to date" in desk.run("explain", *PERSON, "--client", ward(desk)).stdout


def test_where_somebody_lives_is_explained_apart(desk: Desk) -> None:
    desk.world.load(known())
    desk.world.know(pds_record(NUMBER, security="R"))
    desk.world.declare()
    desk.world.trace()
    asker = desk.world.asker("hospital")
    asker.search("Patient", BY_NAME)
    shown = desk.run("explain", *PERSON, "--client", asker.client_id, "--category", "care-team").stdout
    assert "care-team: released" in shown
    assert "care-team, what tells where the person is: withheld" in shown


def test_an_asking_that_is_at_fault_is_refused_with_its_cause(desk: Desk) -> None:
    desk.world.load(known())
    said = desk.refused("explain", *PERSON, "--client", ward(desk), "--purpose", "HMARKT")
    assert said.startswith("the asking is refused, whoever it is about: nothing is released for marketing")
    assert desk.events("explain")[0]["cause"] == "purpose-refused"


def test_a_client_of_several_roles_must_say_which(desk: Desk) -> None:
    desk.world.load(known())
    desk.world.declare()
    client = desk.run(
        *("client", "add", "--name", "W", "--recipient", "hospital", "--organisation", "RYJ", "--purpose", "TREAT"),
        *("--role", "clinician", "--role", "administrator", "--agreement", "A", "--toolkit", "T"),
        *("--ends", "2027-01-01", "--make-key", "ward.pem"),
    ).stdout.strip()
    assert "--role: R0260, R8008" in desk.refused("explain", *PERSON, "--client", client, code=2)
    assert of(desk, client, "identity", "--role", "R8008")["remedy"] == "one"


def test_who_asked_for_an_explanation_is_in_the_trail(desk: Desk) -> None:
    desk.world.load(known())
    client = ward(desk)
    of(desk, client, "identity")
    (event,) = desk.events("explain")
    assert (event["client"], event["people"], event["purpose"]) == (client, [desk.world.person("A1")], "TREAT")


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (("--person", "A9"), "nobody is on file"),
        (("--client", "nobody"), "no client is registered under that id"),
        (("--category", "shoes"), "--category is not one of"),
    ],
)
def test_who_or_what_is_not_known_is_wrong_use(desk: Desk, more: tuple[str, ...], why: str) -> None:
    desk.world.load(known())
    assert why in desk.refused("explain", *PERSON, "--client", ward(desk), *more, code=2)


def test_the_explanation_of_a_person_says_what_the_door_shows(desk: Desk) -> None:
    desk.world.load(known(objections=objection()))
    desk.world.declare()
    asker = desk.world.asker("hospital")
    shown = asker.search("Patient", BY_NAME).json()["entry"][0]["resource"]
    elements = {"identity": "name", "contact": "address", "nhs-number": "identifier"}
    found = {category: of(desk, asker.client_id, category)["released"] for category in elements}
    numbers = [i for i in shown.get("identifier", ()) if "nhs-number" in i["system"]]
    assert found == {"identity": "name" in shown, "contact": "address" in shown, "nhs-number": bool(numbers)}


QUICK = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def every(asking: Asking, standing: Standing) -> Iterator[Explained]:
    return explained(POLICY, asking, standing, tuple(Category))


def changed(asking: Asking, standing: Standing, fact: str, value: str) -> tuple[Asking, Standing]:
    if fact == RELATIONSHIP:
        return replace(asking, related=True), standing
    kind = type(getattr(standing, fact))
    return asking, replace(standing, **{fact: value == "yes" if kind is bool else kind(value)})


def test_a_person_about_whom_no_fact_withholds_is_seen_by_somebody() -> None:
    hidden = Standing(sealed=True, erased=True, retention=Retention.EXPIRED, deceased=Deceased.PAST)
    remedies = {found.remedy for view in POLICY.by_view for found in every(Asking(view), hidden)}
    assert remedies == {Remedy.SEVERAL, Remedy.NO_FACT}


@QUICK
@given(ASKINGS, STANDINGS)
def test_every_change_that_is_named_releases_alone(asking: Asking, standing: Standing) -> None:
    for found in every(asking, standing):
        for change in found.changes:
            asked, of_ = changed(asking, standing, change.fact, change.value)
            assert (asked, of_) != (asking, standing)
            assert decide(POLICY, asked, of_, found.category, locates=found.locates).released


@QUICK
@given(ASKINGS, STANDINGS)
def test_more_than_one_thing_is_said_only_where_no_single_fact_would_do(asking: Asking, standing: Standing) -> None:
    singles = [(replace(asking, related=True), standing)]
    for fact in fields(Standing):
        values = [*OptOut, *Sensitive, *Retention, *Deceased, True, False]
        kind = type(getattr(standing, fact.name))
        singles += [(asking, replace(standing, **{fact.name: v})) for v in values if type(v) is kind]
    for found in every(asking, standing):
        alone = any(decide(POLICY, a, s, found.category, locates=found.locates).released for a, s in singles)
        if found.remedy in (Remedy.SEVERAL, Remedy.NO_FACT):
            assert not alone


@QUICK
@given(ASKINGS, STANDINGS)
def test_what_is_explained_is_what_is_decided(asking: Asking, standing: Standing) -> None:
    for found in every(asking, standing):
        decision = decide(POLICY, asking, standing, found.category, locates=found.locates)
        assert tuple(ground.rule for ground in found.rules) == decision.withheld_by
        assert (found.remedy is Remedy.NONE) == decision.released
