"""Whoever reads through the door sees the visible views alone: the database itself refuses everything else."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Generator
from typing import Any

import pytest

from adapter.admission import REGISTRATION, VIEWS
from adapter.body import WHICH_ONE, WHOLE_ONE, Bodies
from adapter.database import Ask, Program, Select, TookTooLongError, postgres, sqlite
from adapter.database.dialect import VISIBLE
from adapter.query import read_query
from adapter.release import FEEDS, IDENTIFY
from adapter.search import search
from adapter.terms import IDENTIFY_BY_NAME
from tests.adapter.sight import (
    FAULTS,
    SOCIAL_WORKER,
    WARD,
    Rows,
    answers,
    asking,
    reading,
    select,
    through_door,
)
from tests.world import World, case

NUMBER = "9990000018"
HIDDEN = case("H1", family="Hidden", attributes='restricted="Y"', nhs_number="9990000026")


def is_postgres(world: World) -> bool:
    return world.deployment.settings.database_url.startswith("postgresql")


def base_tables(world: World) -> list[str]:
    """Everything that holds rows, from the database's own list of them."""
    of_postgres = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
    of_sqlite = "SELECT name FROM sqlite_master WHERE type IN ('table', 'view')"
    rows = world.rows(of_postgres if is_postgres(world) else of_sqlite)
    return sorted(name for (name,) in rows if name not in VISIBLE)


def test_every_base_table_is_refused_to_the_door_by_the_database(world: World) -> None:
    world.load(case())
    tables = base_tables(world)
    reads = [read for table in tables for read in (f"SELECT * FROM {table}", f"SELECT COUNT(*) FROM {table}")]
    answered = dict(zip(reads, answers(world, *reads, ask=asking(world, SOCIAL_WORKER)), strict=True))
    assert {"person", "facet", "term", "permit", "choice", "client", "trace"} <= set(tables)
    assert [read for read, answer in answered.items() if not isinstance(answer, FAULTS)] == []


# What a program might write to get at the rows behind the views; none of it may answer.
DETOURS = [
    "SELECT * FROM (SELECT * FROM person) x",
    "SELECT * FROM (SELECT * FROM person) visible_facet",
    "SELECT * FROM person visible_facet",
    "SELECT visible_facet.local_id FROM person AS visible_facet",
    "SELECT type, (SELECT COUNT(*) FROM person) FROM visible_facet",
    "SELECT (SELECT MAX(local_id) FROM person)",
    "SELECT type FROM visible_facet WHERE EXISTS (SELECT 1 FROM person)",
    "SELECT type FROM visible_facet WHERE person IN (SELECT id FROM person)",
    "SELECT type FROM visible_facet ORDER BY (SELECT MAX(id) FROM person)",
    "SELECT f.type FROM visible_facet f JOIN facet g ON g.id = f.id",
    "SELECT f.type FROM visible_facet f LEFT JOIN person p ON p.id = f.person",
    "SELECT type FROM visible_facet UNION ALL SELECT part FROM facet",
    "SELECT COUNT(type) FROM visible_facet HAVING (SELECT COUNT(*) FROM person) > 0",
    "SELECT 1 FROM person",
    "SELECT COUNT(f.type) FROM person, visible_facet f",
    "WITH p AS (SELECT * FROM person) SELECT * FROM p",
    "WITH visible_facet AS (SELECT * FROM person) SELECT * FROM visible_facet",
    "WITH visible_facet(id) AS MATERIALIZED (SELECT id FROM person) SELECT * FROM visible_facet",
    "wItH RECURSIVE visible_term AS (SELECT * FROM term) SELECT * FROM visible_term",
    "SELECT * FROM (WITH visible_term AS (SELECT * FROM term) SELECT * FROM visible_term) x",
    "INSERT INTO person (id) VALUES (1)",
    "UPDATE person SET standing = 1",
    "DELETE FROM person",
    "DELETE FROM visible_facet",
    "CREATE TABLE mine (id INTEGER)",
    "CREATE TEMP TABLE mine (id INTEGER)",
    "CREATE TEMP VIEW mine AS SELECT * FROM person",
    "DROP TABLE person",
    "ALTER TABLE person ADD COLUMN mine TEXT",
    "EXPLAIN SELECT * FROM person",
    "SELECT 1; SELECT * FROM person",
]
SQLITE_DETOURS = [
    "SELECT * FROM main.person",
    'SELECT * FROM "person"',
    "SELECT * FROM [person] AS [visible_facet]",
    "SELECT rowid FROM person",
    "SELECT * FROM sqlite_master",
    "SELECT * FROM sqlite_schema",
    "SELECT * FROM temp.sqlite_master",
    "SELECT * FROM sqlite_temp_master",
    "SELECT * FROM sqlite_sequence",
    "SELECT * FROM pragma_table_info('person')",
    "SELECT * FROM pragma_database_list",
    "SELECT * FROM json_each('[1]')",
    "SELECT * FROM dbstat",
    "PRAGMA table_info(person)",
    "PRAGMA query_only=OFF",
    "PRAGMA writable_schema=ON",
    "ATTACH DATABASE ':memory:' AS other",
    "ATTACH DATABASE 'file:stolen.db' AS other",
    "DETACH DATABASE temp",
    "VACUUM INTO 'stolen.db'",
    "BEGIN",
    "COMMIT",
    "SAVEPOINT mine",
    "REINDEX",
    "ANALYZE",
    "SELECT load_extension('mine')",
    "SELECT readfile('/etc/passwd')",
    "SELECT writefile('stolen', body), type FROM visible_facet",
    "SELECT randomblob(1000000000)",
    "SELECT sqlite_version()",
    "SELECT group_concat(local_id) FROM person",
    "CREATE TEMP TRIGGER mine AFTER UPDATE ON temp.asking BEGIN SELECT * FROM person; END",
    "CREATE VIRTUAL TABLE mine USING fts5(body)",
    "VALUES ((SELECT COUNT(*) FROM person))",
    "EXPLAIN QUERY PLAN SELECT * FROM person",
]
POSTGRES_DETOURS = [
    "TABLE person",
    "SELECT * FROM public.person",
    "SELECT * FROM ONLY person",
    "SELECT * FROM visible_facet, LATERAL (SELECT * FROM person) x",
    "SELECT p FROM person p",
    "COPY person TO STDOUT",
    "COPY (SELECT * FROM visible_facet) TO '/tmp/stolen'",
    "COPY (SELECT * FROM visible_facet) TO PROGRAM 'cat'",
    "SELECT query_to_xml('SELECT * FROM person', true, true, '')",
    "SELECT table_to_xml('person'::regclass, true, true, '')",
    "SELECT pg_read_file('postgresql.conf')",
    "SELECT pg_ls_dir('.')",
    "SELECT lo_import('/etc/passwd')",
    "SELECT * FROM pg_statistic",
    "SELECT * FROM pg_authid",
    "SELECT * FROM pg_shadow",
    "SET ROLE postgres",
    "SET SESSION AUTHORIZATION postgres",
    "SELECT set_config('role', 'postgres', true)",
    "DO $$ BEGIN PERFORM 1 FROM person; END $$",
    "SELECT nextval('person_id_seq')",
    "SELECT last_value FROM person_id_seq",
    "LOCK TABLE person",
    "CREATE FUNCTION mine() RETURNS bigint LANGUAGE sql AS 'SELECT COUNT(*) FROM person'",
    "CREATE ROLE mine SUPERUSER",
    "GRANT SELECT ON person TO PUBLIC",
    "SELECT 1; SET TRANSACTION READ WRITE; CREATE TEMP TABLE visible_facet (id BIGINT)",
    "SET TRANSACTION READ WRITE; CREATE TEMP TABLE visible_facet (id BIGINT)",
    "EXPLAIN ANALYZE SELECT * FROM person",
    "LOAD 'mine'",
]


def test_no_detour_reaches_what_stands_behind_the_views(world: World) -> None:
    world.load(case(), HIDDEN)
    detours = DETOURS + (POSTGRES_DETOURS if is_postgres(world) else SQLITE_DETOURS)
    answered = dict(zip(detours, answers(world, *detours, ask=asking(world, SOCIAL_WORKER)), strict=True))
    assert [detour for detour, answer in answered.items() if not isinstance(answer, FAULTS)] == []


def test_after_everything_that_was_refused_the_door_still_shows_what_may_be_seen_and_no_more(world: World) -> None:
    world.load(case(), HIDDEN)
    ask = asking(world, SOCIAL_WORKER)
    detours = DETOURS + (POSTGRES_DETOURS if is_postgres(world) else SQLITE_DETOURS)
    programs = [reading(detour, ask) for detour in detours]
    families = "SELECT value FROM visible_term WHERE name = 'family'"
    *_, rows = through_door(world, *programs, reading(families, ask))
    assert rows == [("marlowe",)]


def test_a_program_that_makes_its_connection_writable_cannot_put_a_table_in_a_views_place(world: World) -> None:
    if not is_postgres(world):
        (made,) = answers(world, "CREATE TEMP TABLE visible_facet AS SELECT 1 AS id")
        assert isinstance(made, FAULTS)
        return
    _, made = answers(
        world,
        "SELECT set_config('default_transaction_read_only', 'off', false)",
        "EXPLAIN ANALYZE CREATE TEMP TABLE visible_facet AS SELECT 1 AS id",
    )
    assert isinstance(made, FAULTS)


def test_the_statistics_of_the_database_show_the_door_no_row(world: World) -> None:
    if not is_postgres(world):
        (answer,) = answers(world, "SELECT * FROM sqlite_stat1")
        assert isinstance(answer, FAULTS)
        return
    world.load(case(), HIDDEN)
    with world.deployment.office.transaction() as transaction:
        transaction.execute("ANALYZE")
    rows = select(world, "SELECT tablename FROM pg_stats WHERE schemaname = 'public'", asking(world, SOCIAL_WORKER))
    assert rows == []


# Each fails where it is evaluated on a row of the hidden person, and nowhere else.
PROBES = [
    "SELECT person, type FROM visible_facet WHERE 1 / (person - :hidden) IS NOT NULL",
    "SELECT person FROM visible_term WHERE 1 / (person - :hidden) IS NOT NULL",
    "SELECT person FROM identifiable WHERE 1 / (person - :hidden) IS NOT NULL",
    "SELECT person FROM visible_term WHERE 1 / (CASE WHEN value = 'hidden' THEN 0 ELSE 1 END) = 1",
    "SELECT SUM(1 / (person - :hidden)), MAX(type) FROM visible_facet",
]


def test_an_error_in_the_askers_condition_tells_nothing_of_hidden_rows(world: World) -> None:
    world.load(case(), HIDDEN)
    ask = asking(world, SOCIAL_WORKER)
    hidden = world.person("H1")
    programs = [reading(probe, ask, **({"hidden": hidden} if ":hidden" in probe else {})) for probe in PROBES]
    answered = zip(PROBES, through_door(world, *programs), strict=True)
    assert [probe for probe, rows in answered if isinstance(rows, FAULTS)] == []


def test_without_an_asking_the_door_shows_nobody(world: World) -> None:
    world.load(case())
    about_people = [view for view in VISIBLE if view not in ("visible_view", "visible_feed")]
    answered = answers(world, *(f"SELECT * FROM {view}" for view in about_people))
    assert [answer for answer in answered if not isinstance(answer, FAULTS) and answer] == []


def test_the_asking_of_one_program_is_forgotten_in_the_next(world: World) -> None:
    world.load(case())
    count = "SELECT COUNT(type) FROM visible_facet"
    ask = asking(world, SOCIAL_WORKER)
    asked, unasked, another = through_door(
        world, reading(count, ask), reading(count), reading(count, Ask(now=ask.now, client="client-2"))
    )
    assert asked[0][0] > 0
    assert isinstance(unasked, FAULTS) or unasked == [(0,)]
    assert another == [(0,)]


def test_an_asking_is_forgotten_also_where_its_program_failed(world: World) -> None:
    world.load(case())
    ask = asking(world, SOCIAL_WORKER)
    _, unasked = through_door(world, reading("SELECT * FROM person", ask), reading("SELECT type FROM visible_facet"))
    assert isinstance(unasked, FAULTS) or unasked == []


def test_a_program_may_change_who_asks_between_its_steps(world: World) -> None:
    world.load(case())
    worker, ward = asking(world, SOCIAL_WORKER), asking(world, WARD)

    def program() -> Program[tuple[Rows, Rows]]:
        yield worker
        first = yield Select("SELECT type FROM visible_facet")
        yield ward
        second = yield Select("SELECT type FROM visible_facet")
        return first, second

    ((first, second),) = through_door(world, program())
    assert first
    assert second == []


def test_a_program_reads_one_state_of_the_database_while_others_write(world: World) -> None:
    world.load(case())
    ask = asking(world, SOCIAL_WORKER)
    names = Select("SELECT value FROM visible_term WHERE name = 'family' ORDER BY value")

    def program() -> Program[tuple[Rows, Rows]]:
        yield ask
        before = yield names
        world.load(case("B2", family="Newcomer"), sequence=2)
        after = yield names
        return before, after

    ((before, after), later) = through_door(world, program(), reading(names.sql, ask))
    assert before == after == [("marlowe",)]
    assert later == [("marlowe",), ("newcomer",)]


def test_a_program_is_handed_rows_and_nothing_that_leads_to_the_connection(world: World) -> None:
    world.load(case())
    ask = asking(world, SOCIAL_WORKER)
    handed: list[Any] = []

    def program() -> Program[None]:
        handed.append((yield ask))
        handed.append((yield Select("SELECT id, type, body FROM visible_facet")))

    through_door(world, program())
    kinds = {type(value) for rows in handed for row in rows for value in row}
    assert all(type(rows) is list and all(type(row) is tuple for row in rows) for rows in handed)
    assert kinds == {int, str, bytes}


# More steps than any honest read takes: a product of the few views that are interned.
ENDLESS = (
    "SELECT COUNT(*) FROM "
    + ", ".join(f"visible_view v{place}" for place in range(24))
    + " WHERE "
    + " AND ".join(f"v{place}.role <> ''" for place in range(24))
)


def test_a_read_past_its_deadline_is_no_answer_and_the_door_goes_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "_DEADLINE_SECONDS", 0.05)
    monkeypatch.setattr(postgres, "_DOOR_OPTIONS", postgres._DOOR_OPTIONS.replace("timeout=5000", "timeout=50"))
    world.load(case())
    ask = asking(world, SOCIAL_WORKER)
    asking(world, WARD)

    async def run() -> list[tuple[Any, ...]]:
        door = world.deployment.engine.door()
        await door.open()
        try:
            with pytest.raises(TookTooLongError):
                await door.run(reading(ENDLESS, ask))
            return await door.run(reading("SELECT DISTINCT value FROM visible_term WHERE name = 'family'", ask))
        finally:
            await door.close()

    assert asyncio.run(run()) == [("marlowe",)]


def test_a_program_that_fails_raises_its_own_fault_and_the_door_goes_on(world: World) -> None:
    ask = asking(world, SOCIAL_WORKER)

    def program() -> Program[None]:
        yield ask
        raise LookupError("mine")

    async def run() -> Rows:
        door = world.deployment.engine.door()
        await door.open()
        try:
            with pytest.raises(LookupError, match="mine"):
                await door.run(program())
            return await door.run(reading("SELECT code FROM visible_feed", ask))
        finally:
            await door.close()

    assert asyncio.run(run()) == [("westminster",)]


# ---------------------------------------------------------------- plans

# The tables that grow with the number of people.
GROWING = {"person", "resource", "facet", "term", "relationship", "mention", "choice", "trace", "trace_queue"}
# As many people as a borough's adult social care knows, without their particulars.
CROWD = [
    "INSERT INTO person (id, council, local_id, standing, standing_until, standing_after, after_until, first_seen,"
    " digest, extract, spoken, merged_into, facts, nhs_number_status)"
    " SELECT n, 1, 'P' || n, 1, 0, 1, 0, 0, '', NULL, 0, '', '{}', '03'"
    " FROM generate_series(1000, 21000) n",
    "INSERT INTO resource (id, public, type, person, key) SELECT n, 'crowd-' || n, 'Patient', n, 'patient'"
    " FROM generate_series(1000, 21000) n",
    "INSERT INTO facet (id, resource, person, part, origin, place, need, locates, provider, body, token, recorded)"
    " SELECT n, n, n, 'carrier', 'council', 0, 1, 0, '', '', '', 0 FROM generate_series(1000, 21000) n",
    "INSERT INTO term (type, name, value, resource, facet, person, need, locates, provider)"
    " SELECT 'Patient', name, name || n, n, n, n, 1, 0, ''"
    " FROM generate_series(1000, 21000) n, unnest(ARRAY['_id', 'identifier', 'family', 'birthdate']) name",
    "INSERT INTO term (type, name, value, resource, facet, person, need, locates, provider)"
    " SELECT 'CareTeam', 'patient', 'Patient/crowd-' || n, n, n, n, 1, 0, '' FROM generate_series(1000, 21000) n",
    "INSERT INTO relationship (organisation, person, kind, client, starts, ends, at_latest, asserted_by)"
    " SELECT 'R' || n % 50, n, 'asserted', '', 0, 0, 0, '' FROM generate_series(1000, 21000) n",
    "INSERT INTO mention (facet, council, local_id) SELECT n, 1, 'P' || n FROM generate_series(1000, 21000) n",
    "ANALYZE",
]


def explained(world: World, program: Program[Any], plans: list[tuple[str, Any]]) -> Program[Any]:
    """Run a program, noting the plan of each of its reads."""
    explain = "EXPLAIN (FORMAT JSON) " if is_postgres(world) else "EXPLAIN QUERY PLAN "
    rows: Any = None
    try:
        while True:
            step = program.send(rows)
            if isinstance(step, Select):
                plans.append((step.sql, (yield Select(explain + step.sql, step.parameters))))
            rows = yield step
    except StopIteration as ended:
        return ended.value


def scans(world: World, plan: Rows) -> list[str]:
    """The growing tables that a plan reads from end to end."""
    if not is_postgres(world):
        details = [row[3].split() for row in plan]
        return [" ".join(words) for words in details if words[0] == "SCAN" and not _small(words[1])]
    (read,) = plan[0]
    return _postgres_scans(read if isinstance(read, list) else json.loads(read))


def _small(name: str) -> bool:
    return name.startswith(("temp.asking_", "main.current_epoch", "visible_feed_")) or name in (
        "a",
        "in_force",
        "v",
        "c",
        "CONSTANT",
    )


def _postgres_scans(plan: Any) -> list[str]:
    if isinstance(plan, list):
        return [scan for part in plan for scan in _postgres_scans(part)]
    if not isinstance(plan, dict):
        return []
    below = [scan for part in plan.values() for scan in _postgres_scans(part)]
    kind, by_index = plan.get("Node Type", ""), "Index Cond" in plan
    whole = kind == "Seq Scan" or (kind in ("Index Scan", "Index Only Scan") and not by_index)
    return below + ([f"{kind} {plan['Relation Name']}"] if whole and plan["Relation Name"] in GROWING else [])


def discharge(bodies: Bodies) -> Generator[Any, Any, Any]:
    """The ward's question: by number and birth date, with the teams and episodes."""
    asked = [("identifier", f"https://fhir.nhs.uk/Id/nhs-number|{NUMBER}"), ("birthdate", "1941-03-05")]
    asked += [("_revinclude", "CareTeam:patient"), ("_revinclude", "EpisodeOfCare:patient")]
    return search(read_query("Patient", asked, count=10, most=10, strict=True), bodies)


def by_name(bodies: Bodies) -> Generator[Any, Any, Any]:
    """A search by the beginning of a name."""
    return search(read_query("Patient", [("family", "marl")], count=10, most=10, strict=True), bodies)


def one_select(step: Select) -> Generator[Any, Any, Any]:
    return (yield step)


def test_no_statement_of_the_door_reads_a_growing_table_from_end_to_end(world: World) -> None:
    world.load(case(nhs_number=NUMBER))
    world.declare()
    ask = asking(world, SOCIAL_WORKER)
    public = world.rows("SELECT public FROM resource WHERE type = 'Patient'")[0][0]
    if is_postgres(world):
        with world.deployment.office.transaction() as transaction:
            for statement in CROWD:
                transaction.execute(statement)
    bodies = Bodies(b"seal" * 8)
    named = {"name": IDENTIFY_BY_NAME, "value": "marlowe|ada|1941-03-05"}
    plans: list[tuple[str, Any]] = []

    def program(steps: Program[Any]) -> Program[Any]:
        yield ask
        return (yield from explained(world, steps, plans))

    *_, by_beginning, by_number = through_door(
        world,
        *(program(one_select(each)) for each in (REGISTRATION, VIEWS, FEEDS)),
        *(program(one_select(Select(sql, {"public": public, "type": "Patient"}))) for sql in (WHICH_ONE, WHOLE_ONE)),
        program(one_select(Select(IDENTIFY, named))),
        program(by_name(bodies)),
        program(discharge(bodies)),
    )
    assert len(by_number.included) == 4
    assert len(plans) >= 10
    assert {sql: scans(world, plan) for sql, plan in plans if scans(world, plan)} == {}
    assert by_beginning.matches
