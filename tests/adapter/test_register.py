"""What is on file about a person, and the standing that follows."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Iterable
from dataclasses import asdict, replace
from datetime import datetime, timedelta

import psycopg
import pytest

from adapter.deployment import open_deployment
from adapter.instant import millis, moment
from adapter.permits import build_epoch, intern_standing, intern_view, read_standing
from adapter.register import Recorded, change_facts, facts_of, record_choice, refresh, roll
from consent.model import Asking, Category, Channel, Lift, OptOut, Sensitive, Standing, View
from consent.permit import permit
from consent.standing import standing_at
from tests.adapter.sight import WARD, involve, seen, tables
from tests.world import START, World, case, objection, pds_record

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
OBJECTS, CLEAR, UNKNOWN = OptOut.OBJECTS, OptOut.CLEAR, OptOut.UNKNOWN


def standings(world: World, at: datetime | None = None) -> dict[str, Standing | None]:
    """The standing that the database's clock would choose for each person."""
    now = millis(at or world.time)
    rows = world.rows(
        "SELECT p.local_id, s.facts FROM person p LEFT JOIN standing s ON s.id ="
        " CASE WHEN :now < p.standing_until THEN p.standing WHEN :now < p.after_until THEN p.standing_after END",
        now=now,
    )
    return {local_id: read_standing(facts) if facts else None for local_id, facts in rows}


def number_use(world: World, local_id: str = "A1", at: datetime | None = None) -> OptOut | None:
    standing = standings(world, at)[local_id]
    return standing.nhs_number_use if standing else None


def choice(value: OptOut, effective: datetime, series: str = "council:westminster") -> Recorded:
    return Recorded("nhs-number", value.value, effective, series, "officer")


def choose(world: World, local_id: str, choices: Iterable[Recorded]) -> None:
    """Record choices in this order, an instant apart."""
    person = world.person(local_id)
    for place, each in enumerate(choices):
        with world.deployment.office.transaction() as transaction:
            record_choice(
                transaction, world.deployment.policy, person, each, world.time + timedelta(milliseconds=place)
            )


# ---------------------------------------------------------------- choices


def test_in_whatever_order_choices_arrive_the_same_standing_follows(world: World) -> None:
    said = [
        choice(OBJECTS, START - 9 * DAY),
        choice(CLEAR, START - 5 * DAY),
        choice(OBJECTS, START - 7 * DAY, series="gp:E87991"),
        choice(CLEAR, START - 6 * DAY, series="gp:E87991"),
    ]
    orders = list(itertools.permutations(said))
    world.load(*(case(f"P{place}", services="") for place in range(len(orders))))
    for place, order in enumerate(orders):
        choose(world, f"P{place}", order)
    assert set(standings(world).values()) == {standings(world)["P0"]}
    assert number_use(world, "P0") is CLEAR


@pytest.mark.parametrize("first", [OBJECTS, CLEAR])
def test_a_tie_within_a_series_withholds_whichever_came_first(world: World, first: OptOut) -> None:
    world.load(case())
    second = CLEAR if first is OBJECTS else OBJECTS
    person = world.person("A1")
    with world.deployment.office.transaction() as transaction:
        for value in (first, second):
            record_choice(transaction, world.deployment.policy, person, choice(value, START - DAY), world.time)
    assert number_use(world) is OBJECTS


def test_across_series_withholding_wins_however_old_it_is(world: World) -> None:
    world.load(case())
    choose(world, "A1", [choice(CLEAR, START - DAY), choice(OBJECTS, START - 900 * DAY, series="gp:E87991")])
    assert number_use(world) is OBJECTS


def test_within_a_series_the_latest_effective_replaces_the_others(world: World) -> None:
    world.load(case(), case("A2"))
    choose(world, "A1", [choice(OBJECTS, START - 2 * DAY), choice(CLEAR, START - DAY)])
    choose(world, "A2", [choice(OBJECTS, START - DAY), choice(CLEAR, START - 2 * DAY)])
    assert (number_use(world), number_use(world, "A2")) == (CLEAR, OBJECTS)


def test_an_undated_objection_counts_from_its_receipt(world: World) -> None:
    undated = '<Objection kind="nhs-number" value="objected" by="worker"/>'
    world.load(case(objections=objection(value="none-recorded", effective="2026-11-01") + undated))
    assert number_use(world) is OBJECTS
    ((effective,),) = world.rows("SELECT effective FROM choice WHERE value = 'objects'")
    assert effective == millis(START)


def test_the_same_choice_again_is_not_written_down_twice(world: World) -> None:
    world.load(case(objections=objection()))
    world.load(case(objections=objection(), postcode="SW1A 2AA"), sequence=2)
    choose(world, "A1", [choice(OBJECTS, datetime.fromisoformat("2025-06-01T00:00:00+00:00"))])
    assert world.rows("SELECT COUNT(*) FROM choice") == [(1,)]


def test_a_choice_is_kept_with_who_recorded_it_in_which_capacity_and_never_changed(world: World) -> None:
    world.load(case())
    said = replace(choice(OBJECTS, START), capacity="attorney", evidence="letter", discussed=True)
    choose(world, "A1", [said])
    before = tables(world)["choice"]
    choose(world, "A1", [choice(CLEAR, START + HOUR)])
    world.load(case(objections=objection("shared-record")), sequence=2)
    assert before[0] in tables(world)["choice"]
    assert {"officer", "attorney", "letter", 1} <= set(before[0])


def test_an_objection_that_the_record_no_longer_holds_goes_on_until_it_is_taken_back(world: World) -> None:
    world.load(case(objections=objection()))
    world.declare()
    world.load(case(), sequence=2)
    assert number_use(world) is OBJECTS
    world.load(case(objections=objection(value="withdrawn", effective="2026-01-01")), sequence=3)
    assert number_use(world) is CLEAR


# ---------------------------------------------------------------- registers


def test_a_declaration_makes_clear_whoever_was_first_seen_by_its_date_and_does_not_object(world: World) -> None:
    world.load(case("A1"), case("A2", objections=objection()))
    assert number_use(world) is UNKNOWN
    world.declare()
    world.pass_time(seconds=1)
    world.load(case("A3"), sequence=2)
    assert {who: number_use(world, who) for who in ("A1", "A2", "A3")} == {"A1": CLEAR, "A2": OBJECTS, "A3": UNKNOWN}
    world.declare()
    assert number_use(world, "A3") is CLEAR


def test_a_declaration_of_one_kind_says_nothing_of_the_other(world: World) -> None:
    world.load(case())
    world.declare("nhs-number")
    standing = standings(world)["A1"]
    assert standing is not None
    assert (standing.nhs_number_use, standing.shared_record) == (CLEAR, UNKNOWN)


def test_a_declaration_lapses_after_its_age_and_grace_with_no_job_running(world: World) -> None:
    world.load(case())
    world.declare("nhs-number")
    before, at = START + 21 * DAY - timedelta(milliseconds=1), START + 21 * DAY
    assert (number_use(world, at=before), number_use(world, at=at)) == (CLEAR, UNKNOWN)


# ---------------------------------------------------------------- instants


def people_of_every_kind(world: World) -> None:
    late = '<Involvement clientType="Service User" opened="2001-01-10" closed="{}"/>'
    world.load(
        case("A1", nhs_number="9990000018"),
        case("A2", practice="E87991", objections=objection() + objection("shared-record", "withdrawn")),
        case("A3", involvement=late.format("2020-11-25"), services=""),
        case("A4", more='<Death date="2026-11-20"/>'),
        case("A5", objections=objection(effective="2026-11-24") + objection("shared-record", effective="2026-11-26")),
        case("A6", attributes='restricted="" locked="?"'),
        case("A7", attributes='restricted="N" operation="delete"'),
    )
    world.know(pds_record("9990000018"))
    world.declare()
    world.trace()


def test_at_every_instant_the_database_chooses_the_standing_that_follows_from_the_facts_or_none(world: World) -> None:
    people_of_every_kind(world)
    policy = world.deployment.policy
    with world.deployment.office.transaction() as transaction:
        facts = {
            local_id: facts_of(transaction, person, world.time)
            for person, local_id in transaction.all("SELECT id, local_id FROM person")
        }
    turns = {at for row in world.rows("SELECT standing_until, after_until FROM person") for at in row if at < 2**61}
    moments = sorted({moment(at + by) for at in turns for by in (-1, 0)} | {world.time})
    compared = 0
    for at in moments:
        for local_id, chosen in standings(world, at).items():
            assert chosen is None or chosen == standing_at(facts[local_id], policy, at), (local_id, at)
            compared += chosen is not None
    assert compared > 30
    assert all(standings(world).values())


def test_rolling_brings_up_to_date_those_whose_instant_has_come_and_no_others(world: World) -> None:
    people_of_every_kind(world)
    world.pass_time(days=5)
    due = world.rows("SELECT COUNT(*) FROM person WHERE standing_until <= :now", now=millis(world.time))[0][0]
    chosen = standings(world)
    with world.deployment.office.transaction() as transaction:
        rolled = [roll(transaction, world.deployment.policy, world.time, most=1) for _ in range(due + 1)]
    assert rolled == [1] * due + [0]
    assert due == 2
    after = standings(world)
    assert all(after.values())
    assert {who for who, standing in chosen.items() if standing is not None and standing != after[who]} == set()


def test_working_a_standing_out_anew_changes_nothing_when_no_fact_did(world: World) -> None:
    people_of_every_kind(world)
    # Whoever may not be traced now is in and out of the queue.
    before = {name: sorted(rows) for name, rows in tables(world).items() if name != "trace_queue"}
    world.pass_time(seconds=1)
    with world.deployment.office.transaction() as transaction:
        people = [row[0] for row in transaction.all("SELECT id FROM person")]
        refresh(transaction, world.deployment.policy, people, world.time)
    assert {name: sorted(rows) for name, rows in tables(world).items() if name != "trace_queue"} == before


def test_two_facts_that_are_put_on_file_at_the_same_time_both_act(world: World) -> None:
    world.load(case())
    world.declare()
    person, policy, office = world.person("A1"), world.deployment.policy, world.deployment.office

    def object_now() -> None:
        with office.transaction() as transaction:
            record_choice(transaction, policy, person, choice(OBJECTS, world.time), world.time)

    def mark_sensitive() -> None:
        with office.transaction() as transaction:
            change_facts(transaction, policy, person, world.time, do_not_disclose=True)

    others = [threading.Thread(target=each) for each in (object_now, mark_sensitive)]
    with office.transaction() as transaction:
        change_facts(transaction, policy, person, world.time, restricted=True)
        for other in others:
            other.start()
        wait_until_blocked(world, len(others))
    for other in others:
        other.join()
    standing = standings(world)["A1"]
    assert standing is not None
    assert (standing.restricted, standing.do_not_disclose, standing.nhs_number_use) == (True, True, OBJECTS)


def wait_until_blocked(world: World, many: int) -> None:
    """Until so many others wait for this transaction; SQLite's wait before they begin."""
    url = world.deployment.settings.database_url
    if not url.startswith("postgresql"):
        return
    blocked = "SELECT COUNT(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    with psycopg.connect(url, autocommit=True) as looker:
        for _ in range(10_000):
            if looker.execute(blocked).fetchone() == (many,):
                return
    raise AssertionError("nobody waits for the transaction that is under way")


# ---------------------------------------------------------------- permits


def interned(world: World) -> tuple[dict[int, View], dict[int, Standing]]:
    views = {
        number: View(recipient, role, purpose, Channel(channel))
        for number, recipient, role, purpose, channel in world.rows(
            "SELECT id, recipient, role, purpose, channel FROM view"
        )
    }
    return views, {
        number: read_standing(facts) for number, facts in world.rows("SELECT id, facts FROM standing ORDER BY id")
    }


def test_the_permits_are_what_the_decision_says_for_every_pair_that_is_interned(world: World) -> None:
    policy = world.deployment.policy
    with world.deployment.office.transaction() as transaction:
        for view in list(policy.by_view)[::2]:
            intern_view(transaction, policy, view)
    people_of_every_kind(world)
    with world.deployment.office.transaction() as transaction:
        for view in list(policy.by_view)[1::2]:
            intern_view(transaction, policy, view)
    views, known = interned(world)
    kept = {
        tuple(row[:4]): tuple(row[4:])
        for row in world.rows("SELECT view, standing, related, lift, mask, own FROM permit")
    }
    decided = {}
    for view_number, view in views.items():
        for standing_number, standing in known.items():
            for related in (0, 1):
                for lift in Lift:
                    made = permit(policy, Asking(view, bool(related), lift), standing)
                    if made.mask or made.own:
                        decided[view_number, standing_number, related, int(lift)] = (made.mask, made.own)
    assert kept == decided
    assert len(views) == len(policy.by_view)
    assert len(known) >= 7


def test_a_standing_is_read_back_as_it_was_written(world: World) -> None:
    odd = Standing(pds_sensitive=Sensitive.YES, erased=True, national_data_opt_out=OBJECTS, restricted=False)
    with world.deployment.office.transaction() as transaction:
        first = intern_standing(transaction, world.deployment.policy, odd)
        again = intern_standing(transaction, world.deployment.policy, replace(odd))
        ((facts, label, mentionable),) = transaction.all(
            "SELECT facts, label, mentionable FROM standing WHERE id = :id", id=first
        )
    assert first == again
    assert (read_standing(facts), label, mentionable) == (odd, "R", 0)
    assert set(json.loads(facts)) == set(asdict(odd))


def test_a_policy_that_did_not_change_is_not_built_anew(world: World) -> None:
    world.load(case())
    before = tables(world)
    again = open_deployment(world.deployment.settings, clock=lambda: world.time)
    again.close()
    after = tables(world)
    assert {name: after[name] for name in ("epoch", "permit", "council")} == {
        name: before[name] for name in ("epoch", "permit", "council")
    }


def test_a_policy_that_changed_replaces_every_permit_and_is_named_as_in_force(world: World) -> None:
    world.load(case())
    world.declare()
    involve(world)
    assert "patient/carrier" in seen(world, WARD)
    policy = world.deployment.policy
    hospital = [row for row in policy.rows if row.recipient == "hospital"]
    rows = tuple(
        replace(row, categories=frozenset({Category.CARE_TEAM})) if row in hospital else row for row in policy.rows
    )
    views = {view: rows[policy.rows.index(row)] for view, row in policy.by_view.items()}
    stricter = replace(policy, digest="stricter", version=2, rows=rows, by_view=views)
    with world.deployment.office.transaction() as transaction:
        epoch = build_epoch(transaction, stricter, world.time)
    assert seen(world, WARD) == {
        "allocation:T1:W1:2024-01-11/carrier",
        "allocation:T1:W1:2024-01-11/team",
        "involvement/carrier",
    }
    assert world.rows("SELECT epoch FROM current_epoch") == [(epoch,)]
    assert world.rows("SELECT DISTINCT epoch FROM permit") == [(epoch,)]
    assert world.rows("SELECT COUNT(*) FROM epoch") == [(2,)]
