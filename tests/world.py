"""A deployment in miniature: real parts, an own clock, ids in order, and a PDS on the other side.

world.load(case("A1", nhs_number="9990000018"))     a council's extract with one person
world.declare()                                       the officer's word that the registers are complete
world.trace()                                         PDS is asked for everybody who waits
ward = world.asker("hospital")                        a registered client that can ask over HTTP
ward.search("Patient", [...])
"""

from __future__ import annotations

import asyncio
import io
import itertools
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import httpx
from joserfc.jwk import ECKey

from adapter import clients
from adapter.app import application
from adapter.deployment import Deployment, council, open_deployment
from adapter.identify import Identify
from adapter.instant import millis
from adapter.intake import Receipt, open_intake
from adapter.register import KINDS, Recorded, record_choice, refresh
from adapter.settings import Settings
from conformance.asker import Asker
from mappings import engine
from mappings.problems import Problem
from pds_client.auth import make_key_pair, private_key
from pds_client.client import PdsClient
from pds_client.nhs_number import NhsNumber
from pds_client.simulator import BASE_PATH, TOKEN_PATH, Simulator
from tests.served import Served, free_socket

COUNCIL = "westminster"
START = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
_PDS_PEM, _PDS_PUBLIC = make_key_pair("pds-1")
# Read once: reading such a key takes a fifth of a second.
_PDS_PRIVATE = private_key(_PDS_PEM)

# How each kind of recipient is registered and asks, when a test does not say.
_ASKINGS: dict[str, dict[str, Any]] = {
    "hospital": {"organisation": "RYJ", "purpose": "TREAT", "role": "clinician", "code": "R8001", "may_assert": True},
    "gp": {"organisation": "E87991", "purpose": "TREAT", "role": "clinician", "code": "R8000"},
    "integrated-record": {"organisation": "QRV", "purpose": "TREAT", "role": "system", "code": ""},
    "planner": {"organisation": "QRV", "purpose": "HOPERAT", "role": "analyst", "code": ""},
    "local-authority": {"organisation": "714", "purpose": "TREAT", "role": "social-worker", "code": "R0243"},
    "council": {"organisation": "713", "purpose": "TREAT", "role": "social-worker", "code": "R0243"},
    "governance": {"organisation": "713", "purpose": "HSYSADMIN", "role": "governance-officer", "code": "R5105"},
}


def case(
    local_id: str = "A1",
    *,
    family: str = "Marlowe",
    given: str = "Ada",
    born: str = "1941-03-05",
    nhs_number: str = "",
    practice: str = "",
    postcode: str = "SW1A 1AA",
    attributes: str = 'restricted="N"',
    names: str = "",
    objections: str = "",
    more: str = "",
    involvement: str = '<Involvement clientType="Service User" psr="Physical Support: Personal care support"'
    ' opened="2024-01-10"/>',
    team: str = '<Team id="T1" name="North Team" phone="020 7946 0101"/><Worker id="W1" name="Rosa Finch"'
    ' role="Social worker"/>',
    services: str = '<Service id="S1" type="Long term support: Community" component="Home Support"'
    ' provider="Lantern Home Support" providerOds="A1B2C" from="2024-02-01" status="open"/>',
) -> str:
    """One Person element of an extract; what does not matter to a test has a good default."""
    number = f'<Identifiers><Identifier type="NHS">{nhs_number}</Identifier></Identifiers>' if nhs_number else ""
    gp = f"<GP odsPractice={quoteattr(practice)}/>" if practice else ""
    return (
        f"<Person localId={quoteattr(local_id)} {attributes}>{number}"
        f'<Names><Name use="usual"><Given>{escape(given)}</Given><Family>{escape(family)}</Family></Name>'
        f"{names}</Names>"
        f'<Birth date={quoteattr(born)}/><Sex code="F"/>'
        f'<Addresses><Address type="HOME" from="1999-01-01"><Line>1 Invented Row</Line><Town>London</Town>'
        f"<Postcode>{escape(postcode)}</Postcode></Address></Addresses>"
        f'<Telecoms><Telecom system="phone" use="home">020 7946 0999</Telecom></Telecoms>{gp}'
        f'<Allocations><Allocation primary="Y" from="2024-01-11">{team}</Allocation></Allocations>'
        f"{involvement}<Services>{services}</Services><Objections>{objections}</Objections>{more}</Person>"
    )


def objection(kind: str = "nhs-number", value: str = "objected", effective: str = "2025-06-01") -> str:
    """One Objection element."""
    return f'<Objection kind="{kind}" value="{value}" recorded="{effective}" effective="{effective}" by="officer"/>'


def named(family: str, given: str, use: str = "maiden") -> str:
    """One more Name element of a person."""
    return f'<Name use="{use}"><Given>{escape(given)}</Given><Family>{escape(family)}</Family></Name>'


def relationship(
    number: str = "R1", *, family: str = "Marlowe", given: str = "Basil", roles: str = "next-of-kin", person: str = ""
) -> str:
    """The Relationships of a person: one, who has a record of their own where `person` says its local id."""
    own = f" personRef={quoteattr(person)}" if person else ""
    return (
        f'<Relationships><Relationship id={quoteattr(number)} type="son" roles={quoteattr(roles)} sensitive="N"{own}>'
        f"{named(family, given, 'usual')}"
        '<Telecom system="mobile" use="mobile">07700 900102</Telecom></Relationship></Relationships>'
    )


def extract(*people: str, council_code: str = COUNCIL, created: datetime = START, sequence: int = 1) -> bytes:
    """A whole extract around Person elements."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?><CaseExtract xmlns="urn:asc-fhir:case-extract:1">'
        f'<Header council="{council_code}" system="Mosaic" extractId="X{sequence}" created="{created.isoformat()}"'
        f' mode="delta" sequence="{sequence}"/>{"".join(people)}<Trailer persons="{len(people)}"/></CaseExtract>'
    ).encode()


def pds_record(
    nhs_number: str,
    *,
    family: str = "Marlowe",
    given: str = "Ada",
    born: str = "1941-03-05",
    postcode: str = "SW1A 1AA",
    practice: str = "E87991",
    security: str = "U",
) -> dict[str, Any]:
    """A person as PDS returns them."""
    record: dict[str, Any] = {
        "resourceType": "Patient",
        "id": nhs_number,
        "meta": {"versionId": "2", "security": [{"code": security}]},
        "identifier": [{"system": "https://fhir.nhs.uk/Id/nhs-number", "value": nhs_number}],
        "name": [{"id": "1", "use": "usual", "family": family, "given": [given], "period": {"start": "1960-01-01"}}],
        "gender": "female",
        "birthDate": born,
    }
    if security == "U":
        practice_id = {"system": "https://fhir.nhs.uk/Id/ods-organization-code", "value": practice}
        record["address"] = [{"use": "home", "postalCode": postcode, "period": {"start": "1999-01-01"}}]
        record["generalPractitioner"] = [{"type": "Organization", "identifier": practice_id}]
    return record


class World:
    """One deployment and everybody around it."""

    def __init__(self, database_url: str, home: Path, key: ECKey) -> None:
        self.time = START
        self.key = key
        self._numbers = itertools.count(1)
        self._socket = free_socket()
        self.base = f"http://127.0.0.1:{self._socket.getsockname()[1]}/fhir"
        settings = Settings(home=home, database=database_url, base_url=self.base)
        self.deployment: Deployment = open_deployment(settings, clock=lambda: self.time, new_id=self._new_id)
        self.app = application(self.deployment, background=False)
        self._served: Served | None = None
        self.problems: list[Problem] = []
        self.pds = Simulator([], clients={"api-key": _PDS_PUBLIC})

    def _new_id(self) -> str:
        return f"id-{next(self._numbers)}"

    def serve(self) -> None:
        """Answer over HTTP, from the first request to the end of the test."""
        if self._served is None:
            self._served = Served(self.app, self._socket)

    def close(self) -> None:
        """End everything."""
        if self._served is not None:
            self._served.end()
        self._socket.close()
        self.deployment.close()

    def receive(self, content: bytes, name: str = "case.xml") -> Receipt:
        """Take in a file as it is."""
        mapping = engine.load("case-xml", nhs_number=lambda text: NhsNumber.parse(text).value)
        intake = open_intake(self.deployment, mapping, COUNCIL, "test")
        intake.on_problem = self.problems.append
        return intake.receive(io.BytesIO(content), name)

    def load(self, *people: str, **header: Any) -> Receipt:
        """Take in an extract of these people."""
        return self.receive(extract(*people, created=self.time, **header))

    def declare(self, *kinds: str) -> None:
        """Declare the council's registers complete as at now, both kinds unless said."""
        with self.deployment.office.transaction() as transaction:
            known = council(transaction, COUNCIL)
            assert known is not None
            for kind in kinds or KINDS:
                transaction.execute(
                    "INSERT INTO register (council, kind, as_of, listed, declared, declared_by)"
                    " VALUES (:council, :kind, :now, 0, :now, 'officer')",
                    council=known.id,
                    kind=kind,
                    now=millis(self.time),
                )
            people = [row[0] for row in transaction.all("SELECT id FROM person")]
            refresh(transaction, self.deployment.policy, people, self.time)

    def choose(self, local_id: str, kind: str, value: str, *, effective: datetime | None = None) -> None:
        """Record a person's choice."""
        choice = Recorded(
            kind=kind,
            value=value,
            effective=effective or self.time,
            series=f"council:{COUNCIL}",
            recorded_by="officer",
        )
        person = self.person(local_id)
        with self.deployment.office.transaction() as transaction:
            record_choice(transaction, self.deployment.policy, person, choice, self.time)

    def person(self, local_id: str) -> int:
        """The number under which a person is kept."""
        with self.deployment.office.transaction() as transaction:
            return transaction.number("SELECT id FROM person WHERE local_id = :local_id", local_id=local_id)

    def public(self, local_id: str, kind: str = "Patient") -> str:
        """The id by which the first resource of a kind of a person is read."""
        ((public,),) = self.rows(
            "SELECT MIN(r.public) FROM resource r JOIN person p ON p.id = r.person"
            " WHERE p.local_id = :local_id AND r.type = :kind",
            local_id=local_id,
            kind=kind,
        )
        return str(public)

    def rows(self, sql: str, **parameters: Any) -> list[tuple[Any, ...]]:
        """Look into the database as the office does."""
        with self.deployment.office.transaction() as transaction:
            return transaction.all(sql, **parameters)

    def pass_time(self, **time: float) -> None:
        """Let time pass."""
        self.time += timedelta(**time)

    def know(self, *records: dict[str, Any]) -> None:
        """Put people into PDS."""
        self.pds = Simulator(records, clients={"api-key": _PDS_PUBLIC})

    def trace(self, most: int = 100, **how: Any) -> Counter[str]:
        """Ask PDS about everybody who waits; say how each came out."""
        return asyncio.run(self.tracing(most, **how))

    async def tracing(self, most: int = 100, *, record: Any = None, attempts: int = 4) -> Counter[str]:
        """One worker of the trace queue; `record` is its trail."""
        door = self.deployment.engine.door()
        await door.open()
        async with self.pds_client(attempts) as client:
            try:
                return await Identify(self.deployment, door, client, record or _unrecorded).work(most)
            finally:
                await door.close()

    def pds_client(self, attempts: int = 4) -> PdsClient:
        """A client that PDS accepts."""
        return PdsClient(
            base_url=f"http://localhost{BASE_PATH}",
            token_url=f"http://localhost{TOKEN_PATH}",
            api_key="api-key",
            key_id="pds-1",
            private_key=_PDS_PRIVATE,
            end_user_organisation="713",
            rate=10_000,
            attempts=attempts,
            transport=httpx.ASGITransport(self.pds.app),
        )

    def asker(self, kind: str, **changes: Any) -> Asker:
        """Register a client of this kind and let it ask; `changes` replace what it is or says."""
        said = _ASKINGS[kind] | changes
        new = clients.NewClient(
            name=said.get("name", kind),
            recipient=said.get("recipient", "council" if kind == "governance" else kind),
            organisations=(said["organisation"],),
            purposes=said.get("purposes", (said["purpose"],)),
            roles=(said["role"],),
            agreement="agreement-1",
            toolkit="standards met",
            starts=said.get("starts", START - timedelta(days=1)),
            ends=said.get("ends", START + timedelta(days=365)),
            jwks={"keys": [self.key.as_dict(private=False) | {"kid": "key-1"}]},
            scopes=said.get("scopes", ("system/*.rs",)),
            may_assert=said.get("may_assert", False),
            council=COUNCIL if kind in ("council", "governance") else "",
        )
        with self.deployment.office.transaction() as transaction:
            client = clients.add(transaction, self.deployment.policy, new, self.time)
        headers = {
            "ASC-Purpose-Of-Use": said["purpose"],
            "NHSD-End-User-Organisation-ODS": said["organisation"],
            "ASC-User-ID": said.get("user", "nurse-1"),
            "ASC-User-Role": said["code"],
        }
        headers = {name: value for name, value in headers.items() if value}
        self.serve()
        return Asker(self.base, client, self.key, "key-1", headers=headers, clock=self.seconds)

    def seconds(self) -> float:
        """The time in seconds, for an asker's assertions."""
        return self.time.timestamp()


async def _unrecorded(_event: dict[str, Any]) -> None:
    """A trail for tests of tracing alone; the trail has tests of its own."""
