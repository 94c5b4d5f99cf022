"""How many calls to PDS does a traced person take?

The demo's population, loaded and traced as the product does it, against the simulator in this process. A ceiling, not
a floor: each call is somebody's data sent, and a part of the rate that every council shares.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import httpx

from adapter.declaration import declare, objecting
from adapter.demo.population import pds_patient, people, write_extract
from adapter.demo.stage import SEED
from adapter.deployment import Deployment, open_deployment
from adapter.identify import Identify
from adapter.intake import load_mapping, open_intake
from adapter.register import KINDS
from adapter.settings import Settings
from pds_client.auth import make_key_pair
from pds_client.client import PdsClient
from pds_client.nhs_number import Environment
from pds_client.simulator import BASE_PATH, TOKEN_PATH, Simulator

PEOPLE = 500
CEILING, GOAL = 2.2, 1.5
_COUNCIL = "westminster"
# There is no quota to be kind to.
_RATE = 10_000


def calls(home: Path, count: int = PEOPLE) -> Iterator[dict[str, object]]:
    """Trace everybody; give the mean number of calls for each who was asked about."""
    home.mkdir(parents=True, exist_ok=True)
    deployment = open_deployment(Settings(home=home, database=f"sqlite:///{home / 'traces.db'}"))
    try:
        _fill(deployment, home, count)
        asked, people_asked = asyncio.run(_trace(deployment, count))
    finally:
        deployment.close()
    name = f"PDS calls per traced person, {people_asked} people of the demo"
    yield {"name": name, "value": asked / people_asked, "floor": CEILING, "goal": GOAL, "better": "lower"}


def _fill(deployment: Deployment, home: Path, count: int) -> None:
    extract = home / "traces.xml"
    with extract.open("wb") as file:
        write_extract(
            file,
            people(SEED, count, _today()),
            council=_COUNCIL,
            created=datetime.now(UTC),
            extract_id="bench",
            sequence=1,
        )
    with extract.open("rb") as file:
        open_intake(deployment, load_mapping("case-xml"), _COUNCIL, "bench").receive(file, extract.name)
    now = deployment.now()
    for kind in KINDS:
        with deployment.office.transaction() as transaction:
            listed = objecting(transaction, deployment.policy, 1, kind, now)
        declare(deployment, _COUNCIL, kind, now, listed, "bench")


async def _trace(deployment: Deployment, count: int) -> tuple[int, int]:
    """The calls that were made, and the people about whom any was."""
    private, public = make_key_pair("bench", bits=2048)
    known = (record for person in people(SEED, count, _today()) if (record := pds_patient(person)) is not None)
    simulator = Simulator(known, clients={"bench": public})
    client = PdsClient(
        base_url=f"http://localhost{BASE_PATH}",
        token_url=f"http://localhost{TOKEN_PATH}",
        api_key="bench",
        key_id="bench",
        private_key=private,
        end_user_organisation="713",
        rate=_RATE,
        environment=Environment.SANDBOX,
        transport=httpx.ASGITransport(simulator.app),
    )
    door = deployment.engine.door()
    await door.open()
    people_asked = 0

    async def record(_event: dict[str, object]) -> None:
        nonlocal people_asked
        people_asked += 1

    identify = Identify(deployment, door, client, record)
    async with client:
        while await identify.work(100):
            pass
    await door.close()
    # What the simulator was asked, not what the client says it asked.
    return sum(call.operation != "token" for call in simulator.calls), people_asked


def _today() -> date:
    return date(2026, 11, 22)
