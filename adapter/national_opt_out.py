"""Who has told the NHS that their data is for their own care alone?

The national check answers with a list of those who have not: who was asked and is not on it has. So it is read
beside who was asked, whole or not at all. Who is asked about is decided like any release: the number is sent if the
door shows it, confirmed, to the check; whoever objects to its use, or is not known not to, is not there. What is
learnt is a fact of the person that ends by itself, stands on none of their resources, and no client can reach it.
https://digital.nhs.uk/services/national-data-opt-out/compliance-with-the-national-data-opt-out
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from adapter import outstanding
from adapter.body import padded
from adapter.database import OURS, Ask, Door, Select, Transaction
from adapter.deployment import Deployment
from adapter.errand import BadAnswerError, Composed, fresh_councils, some
from adapter.instant import millis
from adapter.loop import off_loop
from adapter.outstanding import Request
from adapter.permits import intern_view
from adapter.register import change_facts
from adapter.terms import NHS_NUMBER_SYSTEM
from consent.model import OptOut, View
from pds_client.nhs_number import BadNhsNumber, NhsNumber

CHECK = View("national-opt-out-check", "system", "TRACE")
_LINE = re.compile(r"([0-9]{10}),?")
_MOST = 500_000
_chance = secrets.SystemRandom()

Row = tuple[Any, ...]


@dataclass(frozen=True)
class NationalOptOut:
    """Checks the people of one deployment."""

    deployment: Deployment
    door: Door
    kind: str = "opt-out-check"

    @property
    def recipient(self) -> str:
        """The mailbox of the national check."""
        return self.deployment.settings.mesh_opt_out_mailbox

    @property
    def workflow_id(self) -> str:
        """Under which MESH carries it."""
        return self.deployment.settings.mesh_opt_out_workflow

    def file_name(self, transaction: Transaction, mailbox: str, now: datetime) -> str:
        """Mailbox, day, and the place of the file in its month."""
        month = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        place = outstanding.made_since(transaction, self.kind, month)
        return f"{mailbox}-{now:%d%m%y}-{place:04d}.dat"

    async def compose(self) -> Composed | None:
        """List the numbers of everybody whose check is due."""
        view, due = await off_loop(self._due)
        shown: dict[int, str] = {}
        for few in some(due):
            shown |= await self.door.run(self._shown(view, few))
        # In no order, so that the file tells nothing else, and none is ever the same as one before.
        numbers = sorted(set(shown.values()))
        _chance.shuffle(numbers)
        marks = {person: self._mark(number) for person, number in shown.items()}
        return Composed("".join(f"{number},\n" for number in numbers).encode(), marks) if marks else None

    def claim(self, transaction: Transaction, request: Request, people: Iterable[int]) -> None:
        """There is no other way to ask: that a file waits keeps another from being sent."""

    async def settle(self, request: Request, body: bytes) -> int:
        """Keep who has opted out and who has not."""
        clear = {self._mark(number) for number in read_list(body)}
        people = await off_loop(self._asked, request, clear)
        for few in some(people):
            await off_loop(self._keep, request, few, clear)
        return len(people)

    def free(self, transaction: Transaction, request: Request) -> None:
        """Nothing was noted of them when the file was sent: they are due as before."""

    def forget_others(self) -> int:
        """Forget what was learnt by a number that is not the person's any more; say of how many people."""
        deployment, forgotten = self.deployment, 0
        now = deployment.now()
        with deployment.office.transaction() as transaction:
            for person, mark in transaction.all(
                "SELECT c.person, c.mark FROM opt_out_check c JOIN person p ON p.id = c.person"
                " WHERE p.nhs_number_status <> '01'"
                " OR EXISTS (SELECT 1 FROM trace t WHERE t.person = c.person AND t.at > c.looked)"
                " ORDER BY c.person LIMIT :most",
                most=_MOST,
            ):
                if self._mark_now(transaction, person) == mark:
                    transaction.execute(
                        "UPDATE opt_out_check SET looked = :now WHERE person = :person", now=millis(now), person=person
                    )
                    continue
                transaction.execute("DELETE FROM opt_out_check WHERE person = :person", person=person)
                unknown = {"national": OptOut.UNKNOWN.value, "national_checked": None}
                change_facts(transaction, deployment.policy, person, now, **unknown)
                forgotten += 1
        return forgotten

    def _due(self) -> tuple[int, list[tuple[int, int]]]:
        """The check's view, and whoever has a confirmed number and was not asked about lately."""
        deployment = self.deployment
        now = deployment.now()
        with deployment.office.transaction() as transaction:
            view = intern_view(transaction, deployment.policy, CHECK)
            fresh = fresh_councils(transaction, deployment, now)
            rows = transaction.all(
                "SELECT p.id, r.id, p.council FROM person p JOIN resource r ON r.person = p.id AND r.type = 'Patient'"
                " LEFT JOIN opt_out_check c ON c.person = p.id"
                " WHERE p.nhs_number_status = '01' AND (c.asked IS NULL OR c.asked <= :before)"
                " ORDER BY COALESCE(c.asked, 0), p.id LIMIT :most",
                before=millis(now - timedelta(days=deployment.settings.mesh_opt_out_days)),
                most=_MOST,
            )
        return view, [(person, resource) for person, resource, council in rows if council in fresh]

    def _shown(
        self, view: int, people: Sequence[tuple[int, int]]
    ) -> Generator[Ask | Select, list[Row], dict[int, str]]:
        """The confirmed number of each of these people whom the door shows to the check."""
        yield Ask(now=millis(self.deployment.now()), client="mesh", view=view, registration=OURS)
        names = padded([resource for _, resource in people])
        listed = ", ".join(f":{name}" for name in names)
        rows = yield Select(
            f"SELECT person, body FROM visible_facet WHERE part = 'nhs-number' AND resource IN ({listed})", names
        )
        numbers = {person: number_in(body) for person, body in rows}
        return {person: number for person, number in numbers.items() if number is not None}

    def _asked(self, request: Request, clear: set[str]) -> list[tuple[int, str]]:
        """Who has no answer yet, each with their mark; raises BadAnswerError."""
        with self.deployment.office.transaction() as transaction:
            if not clear <= set(outstanding.asked(transaction, request).values()):
                raise BadAnswerError("the answer holds numbers that were never asked for")
            return list(outstanding.unsettled(transaction, request).items())

    def _keep(self, request: Request, people: Sequence[tuple[int, str]], clear: set[str]) -> None:
        deployment = self.deployment
        now = deployment.now()
        with deployment.office.transaction() as transaction:
            for person, mark in people:
                outstanding.settled(transaction, request, person)
                # Whoever objected meanwhile, or has another number now, was not asked about by this one.
                if self._mark_now(transaction, person) != mark:
                    continue
                said = OptOut.CLEAR if mark in clear else OptOut.OBJECTS
                facts = {"national": said.value, "national_checked": millis(request.made)}
                change_facts(transaction, deployment.policy, person, now, **facts)
                _note(transaction, person, mark, request.made, now)

    def _mark_now(self, transaction: Transaction, person: int) -> str | None:
        """The mark of a person's confirmed number, held so that nobody takes it meanwhile."""
        row = transaction.held("SELECT nhs_number_status FROM person WHERE id = :person", person=person)
        if row is None or row[0] != "01":
            return None
        facet = transaction.one(
            "SELECT body FROM facet WHERE person = :person AND part = 'nhs-number' AND ended IS NULL", person=person
        )
        number = number_in(facet[0]) if facet else None
        return None if number is None else self._mark(number)

    def _mark(self, number: str) -> str:
        return hmac.new(self.deployment.keys.seal, f"opt-out-check|{number}".encode(), hashlib.sha256).hexdigest()


def _note(transaction: Transaction, person: int, mark: str, made: datetime, now: datetime) -> None:
    transaction.execute(
        "INSERT INTO opt_out_check (person, asked, mark, looked) VALUES (:person, :asked, :mark, :now)"
        " ON CONFLICT (person) DO UPDATE SET asked = excluded.asked, mark = excluded.mark, looked = excluded.looked",
        person=person,
        asked=millis(made),
        mark=mark,
        now=millis(now),
    )


def read_list(body: bytes) -> set[str]:
    """The numbers on the list that came back, none where everybody has opted out; raises BadAnswerError."""
    try:
        text = body.decode("ascii")
    except UnicodeDecodeError:
        raise BadAnswerError("the answer is not a list of numbers") from None
    lines = [line.rstrip("\r") for line in text.split("\n")]
    if not lines[-1].endswith(",") and lines.pop() != "":
        raise BadAnswerError("the answer ends in the middle of a line")
    numbers = [_listed(line, place) for place, line in enumerate(lines, start=1) if line]
    if len(set(numbers)) != len(numbers):
        raise BadAnswerError("the answer holds a number twice")
    return set(numbers)


def _listed(line: str, place: int) -> str:
    number = _LINE.fullmatch(line)
    if number is None:
        raise BadAnswerError(f"line {place} of the answer is not a number")
    try:
        return NhsNumber(number[1]).value
    except BadNhsNumber:
        raise BadAnswerError(f"line {place} of the answer is not an nhs number") from None


def number_in(body: Any) -> str | None:
    """The number in a number's facet; none where it is not one."""
    for identifier in orjson.loads(bytes(body)).get("identifier", ()):
        if identifier.get("system") == NHS_NUMBER_SYSTEM:
            try:
                return NhsNumber.parse(identifier["value"]).value
            except BadNhsNumber:
                return None
    return None
