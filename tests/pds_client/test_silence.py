"""Does anything about a person, or any secret, appear in a log, a repr or a message?"""

import ast
import asyncio
import dataclasses
import logging
import re
import sys
from pathlib import Path

import pytest
import structlog

import pds_client
from pds_client import BlockingPdsClient, FullStop, NhsNumber, Query
from pds_client.auth import Credentials, Token, private_key
from pds_client.outcomes import OUTCOMES, Candidate
from pds_client.patient import PdsPatient
from pds_client.reply import Reply
from pds_client.simulator import serve
from pds_client.trace import trace
from tests.pds_client.world import (
    ADA,
    API_KEY,
    BEN,
    KEY_ID,
    NOON,
    ada,
    client_at,
    client_of,
    key_pair,
    our_ada,
    pds,
    run,
)

SECRETS = re.compile(
    rf"{ADA}|{BEN}|Example|Adalind|1941-02-03|ZE1.?0AA|ze10aa|Sample|M1.?1AE|Bearer\s+\w|eyJ|PRIVATE KEY", re.IGNORECASE
)
PACKAGE = Path(pds_client.__file__).parent


class Everything(logging.Handler):
    """Keeps what is logged, with every attribute of the record."""

    def __init__(self):
        super().__init__(logging.DEBUG)
        self.lines = []

    def emit(self, record):
        said = {name: value for name, value in vars(record).items() if name not in ("pathname", "filename")}
        self.lines.append(f"{record.getMessage()} {said!r}")


@pytest.fixture
def log():
    """All that is logged by anybody while the test runs, at every level."""
    handler, root = Everything(), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield handler.lines
    root.setLevel(level)
    root.removeHandler(handler)


def a_full_life(served, simulator):
    """Success and every failure, over a socket, so that all libraries on the way may log."""
    with BlockingPdsClient(client_at(served, rate=1000)) as client:
        client.trace(our_ada())
        client.trace(our_ada(nhs_number=ADA))
        client.trace(our_ada(nhs_number=BEN, family="Sample"))
        client.related_persons(NhsNumber.parse(ADA))
        simulator.fail_next(503, retry_after=0)
        simulator.fail_next(401)
        client.read(NhsNumber.parse(ADA))
        simulator.fail_next(200, body=b"{")
        client.search(Query(family="Example", birth_date="1941-02-03"))
        simulator.fail_next(401, times=2)
        with pytest.raises(FullStop):
            client.read(NhsNumber.parse(ADA))


def test_no_log_line_holds_anything_about_a_person_or_a_secret(log, capfd):
    simulator = pds(ada(previous_family="Sample", previous_postcode="M1 1AE"))
    with serve(simulator) as served:
        a_full_life(served, simulator)
    printed = capfd.readouterr()
    assert len(log) > 50
    assert [line for line in [*log, printed.out, printed.err] if SECRETS.search(line)] == []


def test_the_capture_would_notice_a_number(log):
    logging.getLogger("anything").debug("read %s", ADA)
    assert [line for line in log if SECRETS.search(line)]


def test_what_is_said_about_trying_again_holds_nothing_about_a_person():
    simulator = pds(ada())
    simulator.fail_next(503, times=2)

    async def read():
        async with client_of(simulator) as client:
            await client.read(NhsNumber.parse(ADA))

    with structlog.testing.capture_logs() as said:
        run(read())
    assert len(said) == 2
    assert not SECRETS.search(repr(said))


def a_trace(simulator, **ours):
    async def once():
        async with client_of(simulator) as client:
            return await trace(client, our_ada(**ours))

    return run(once())


NUMBER = NhsNumber.parse(ADA)
PATIENT = PdsPatient.parse(ada(previous_family="Sample", previous_postcode="M1 1AE"))
OBJECTS = {
    "number": NUMBER,
    "demographics": our_ada(nhs_number=ADA),
    "patient": PATIENT,
    "name": PATIENT.names[0],
    "query": Query(family="Example", given=("Adalind",), birth_date="1941-02-03", postcode="ZE1 0AA"),
    "reply": Reply(200, ada()),
    "candidate": Candidate(NUMBER, 1.0),
    "token": Token("eyJhbGciOiJSUzUxMiJ9", NOON, NOON),
    "credentials": Credentials("https://example/token", API_KEY, KEY_ID, private_key(key_pair()[0])),
    "accepted trace": a_trace(pds(ada())),
    "trace for review": a_trace(pds(ada(security="R"))),
    "trace of a superseded number": a_trace(pds(ada(BEN), superseded={ADA: BEN}), nhs_number=ADA),
    "client": client_of(pds(ada())),
}


@pytest.mark.parametrize("thing", OBJECTS.values(), ids=OBJECTS.keys())
def test_a_repr_shows_nothing_about_a_person_and_no_secret(thing):
    assert not SECRETS.search(f"{thing!r} {thing!s} {thing}")


@pytest.mark.parametrize("outcome", OUTCOMES, ids=lambda outcome: outcome.__name__)
def test_the_repr_of_every_outcome_shows_nothing_about_a_person(outcome):
    filled = {
        "patient": PATIENT,
        "old": NUMBER,
        "new": NUMBER,
        "candidates": (Candidate(NUMBER, 0.5),),
        "score": 1.0,
        "missing": ("family",),
        "people": (),
        "etag": 'W/"1"',
        "status": 400,
        "code": "X",
        "reason": "a reason",
        "asked": True,
    }
    fields = {field.name: filled[field.name] for field in dataclasses.fields(outcome)}
    assert not SECRETS.search(repr(outcome(**fields)))


@pytest.mark.parametrize("outcome", OUTCOMES, ids=lambda outcome: outcome.__name__)
def test_an_outcome_cannot_be_changed(outcome):
    assert outcome.__dataclass_params__.frozen


def imports_of(path):
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            yield node.module


FILES = sorted(PACKAGE.rglob("*.py"))
ALLOWED = {"pds_client", "httpx", "cryptography", "joserfc", "aiolimiter", "stamina"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_the_package_imports_only_what_it_may(path):
    in_simulator = "simulator" in path.parts
    allowed = ALLOWED | ({"starlette", "fastapi", "uvicorn", "orjson"} if in_simulator else set())
    roots = {name.split(".")[0] for name in imports_of(path)}
    assert roots - set(sys.stdlib_module_names) <= allowed


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_the_client_never_leans_on_its_simulator(path):
    if "simulator" not in path.parts:
        assert not [name for name in imports_of(path) if "simulator" in name]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_file_is_longer_than_three_hundred_lines_or_reads_the_environment(path):
    text = path.read_text()
    assert len(text.splitlines()) <= 300
    assert "os.environ" not in text
    assert "getenv" not in text


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_every_module_begins_with_the_question_it_answers(path):
    assert "?" in (ast.get_docstring(ast.parse(path.read_text())) or "").split("\n\n")[0]


def test_only_the_client_carries_anything_to_the_net():
    carriers = {path.name for path in FILES if "handle_async_request" in path.read_text()}
    assert carriers == {"client.py"}


def test_two_clients_in_one_loop_do_not_share_a_token():
    simulator = pds(ada())

    async def read_with_both():
        async with client_of(simulator) as one, client_of(simulator) as other:
            await asyncio.gather(one.read(NUMBER), other.read(NUMBER))

    run(read_with_both())
    assert [call.operation for call in simulator.calls].count("token") == 2
