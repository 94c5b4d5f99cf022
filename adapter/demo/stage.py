"""What is on stage when the demo walks?

A council's extract of invented people, a PDS on loopback that knows most of them, a deployment in a folder of its
own, the registered systems, and the endpoint answering on HTTP. Everything is the product's own: the demo has no way
round the door.
"""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import uvicorn
from joserfc.jwk import ECKey

from adapter import clients
from adapter.app import application
from adapter.demo.cast import Cast
from adapter.demo.invented import Invented
from adapter.demo.population import cast, pds_patient, people, write_extract
from adapter.deployment import Deployment, open_deployment
from adapter.intake import Receipt, load_mapping, open_intake
from adapter.settings import Settings
from conformance.asker import Asker
from pds_client.auth import make_key_pair
from pds_client.simulator import Served, Simulator, serve

COUNCIL = "westminster"
SEED = 20261122
# The simulator stands on this machine and has no quota to be kind to.
_PDS_RATE = 500.0


@dataclass(frozen=True, slots=True)
class Part:
    """A system in the demo: how it is registered, and who asks there."""

    name: str
    recipient: str
    organisation: str
    purpose: str
    role: str
    job_role: str = ""
    user: str = ""
    may_assert: bool = False
    council: str = ""

    @property
    def headers(self) -> dict[str, str]:
        """What its requests say of themselves."""
        said = {
            "ASC-Purpose-Of-Use": self.purpose,
            "NHSD-End-User-Organisation-ODS": self.organisation,
            "ASC-User-ID": self.user,
            "ASC-User-Role": self.job_role,
        }
        return {name: value for name, value in said.items() if value}


PARTS = {
    "ward": Part("St Invented's Hospital", "hospital", "RYJ", "TREAT", "clinician", "R8001", "ward-nurse", True),
    "gp": Part("A GP practice", "gp", "E87991", "TREAT", "clinician", "R0260", "dr-invented"),
    "wsic": Part("The integrated record", "integrated-record", "QRV", "TREAT", "system"),
    "planner": Part("A planner", "planner", "QRV", "HOPERAT", "analyst"),
    "council": Part("Another council", "local-authority", "714", "TREAT", "social-worker", "R0243", "worker-7", True),
    "governance": Part(
        "Governance", "council", "713", "HSYSADMIN", "governance-officer", "R5105", "caldicott", council=COUNCIL
    ),
}


@dataclass
class Stage:
    """The demo's world while it stands."""

    home: Path
    base: str
    deployment: Deployment
    cast: Cast
    askers: dict[str, Asker] = field(default_factory=dict)

    def ask(self, part: str, person: Invented, *more: tuple[str, str], by: str = "number") -> dict[str, object]:
        """Search for a person in full, by number or by name; give the Bundle (or the outcome)."""
        answer = self.askers[part].search("Patient", [*identifying(person, by), *more])
        body: dict[str, object] = answer.json()
        return body

    def key_file(self, part: str) -> Path:
        """Where a part's private key stands."""
        return self.home / f"{part}.pem"


def identifying(person: Invented, by: str) -> list[tuple[str, str]]:
    """The search parameters that name a person in full."""
    born = ("birthdate", person.born.isoformat())
    if by == "number":
        return [("identifier", f"https://fhir.nhs.uk/Id/nhs-number|{person.nhs_number}"), born]
    return [("family", person.name.family), ("given", person.name.given[0]), born]


@contextmanager
def pds(count: int, today: date) -> Iterator[tuple[Served, str]]:
    """A PDS on loopback that knows the invented people; with the private key that it accepts."""
    private, public = make_key_pair("demo")
    known = (record for person in people(SEED, count, today) if (record := pds_patient(person)) is not None)
    with serve(Simulator(known, clients={"demo": public})) as served:
        yield served, private


def set_up(home: Path, base: str, served: Served, private: str, database: str, today: date, count: int) -> Stage:
    """Begin anew in an empty folder, with PDS set and nobody loaded."""
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True, mode=0o700)
    key_file = home / "pds.pem"
    key_file.write_text(private)
    key_file.chmod(0o600)
    settings = Settings(
        home=home,
        database=database,
        base_url=base,
        node="demo",
        pds_base_url=served.base_url,
        pds_token_url=served.token_url,
        pds_api_key="demo",
        pds_key_id="demo",
        pds_key_file=key_file,
        pds_rate=_PDS_RATE,
        pds_environment="sandbox",
    )
    return Stage(home, base, open_deployment(settings), cast(SEED, count, today))


def load(stage: Stage, count: int, today: date) -> Receipt:
    """Write the council's extract and take it in."""
    extract = stage.home / "westminster-cases.xml"
    with extract.open("wb") as file:
        write_extract(
            file,
            people(SEED, count, today),
            council=COUNCIL,
            created=datetime.now(UTC),
            extract_id="demo-1",
            sequence=1,
        )
    with extract.open("rb") as file:
        return open_intake(stage.deployment, load_mapping("case-xml"), COUNCIL, "demo").receive(file, extract.name)


def register(stage: Stage) -> None:
    """Register every part, with a key of its own."""
    now = stage.deployment.now()
    for name, part in PARTS.items():
        key = ECKey.generate_key("P-384")
        stage.key_file(name).write_bytes(key.as_pem(private=True))
        stage.key_file(name).chmod(0o600)
        new = clients.NewClient(
            name=part.name,
            recipient=part.recipient,
            organisations=(part.organisation,),
            purposes=(part.purpose,),
            roles=(part.role,),
            agreement="DEMO-1",
            toolkit="standards met",
            starts=now - timedelta(minutes=1),
            ends=now + timedelta(days=365),
            jwks={"keys": [key.as_dict(private=False) | {"kid": name}]},
            may_assert=part.may_assert,
            council=part.council,
        )
        with stage.deployment.office.transaction() as transaction:
            client = clients.add(transaction, stage.deployment.policy, new, now)
        stage.askers[name] = Asker(stage.base, client, key, name, headers=part.headers)


@contextmanager
def served(stage: Stage, bound: socket.socket) -> Iterator[None]:
    """The endpoint, answering, with its background work."""
    app = application(stage.deployment)
    config = uvicorn.Config(
        app, access_log=False, log_config=None, server_header=False, proxy_headers=False, timeout_graceful_shutdown=2
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, name="endpoint", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()


def waiting(stage: Stage) -> int:
    """How many people wait for a trace."""
    with stage.deployment.office.transaction() as transaction:
        return transaction.number("SELECT COUNT(*) FROM trace_queue")


def traced(stage: Stage) -> int:
    """How many people PDS was asked about."""
    with stage.deployment.office.transaction() as transaction:
        return transaction.number("SELECT COUNT(DISTINCT person) FROM trace")
