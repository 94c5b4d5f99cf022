"""How does a council's record come in?

    file or push -> Extract -> CaseRecord -> Mapped (facets + problems) -> stored; a trace waits in the queue

A record ends stored, unchanged or quarantined, and whatever was wrong with it has a place. A bad record never stops
the ones after it; a file that ends too early loses nothing that was stored before. Intake never waits for PDS.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import BinaryIO

from adapter.database import Transaction
from adapter.deployment import Deployment, council
from adapter.heed import heed
from adapter.instant import last_day, millis, read_instant, shown
from adapter.store import Council, RefusedRecordError, Store
from mappings.engine import Context, Mapping, load
from mappings.mapped import Mapped
from mappings.problems import Problem
from mappings.readers import Caps, read
from mappings.record import CaseRecord, Header, Trailer
from pds_client.nhs_number import NhsNumber

_PERSONS_A_COMMIT = 200
_ADULT = 18


class UnknownCouncilError(LookupError):
    """The council is not one of this deployment."""


@dataclass
class Receipt:
    """What became of an extract: `counts` of stored, unchanged and quarantined records, and of problems by effect."""

    file: str
    counts: Counter[str] = field(default_factory=Counter)
    problems: Counter[str] = field(default_factory=Counter)
    complete: bool = True

    @property
    def records(self) -> int:
        """How many records there were."""
        return sum(self.counts.values())


@dataclass
class Intake:
    """Receives the extracts of one council, mapped by one mapping."""

    deployment: Deployment
    mapping: Mapping
    council: Council
    source: str
    # Called with every problem, and after every record.
    on_problem: Callable[[Problem], None] = lambda _problem: None
    on_record: Callable[[], None] = lambda: None

    def receive(self, stream: BinaryIO, name: str) -> Receipt:
        """Take in one extract."""
        receipt = Receipt(name)
        caps = Caps(file_bytes=self.deployment.settings.extract_most_bytes)
        parts = read(self.mapping.layout, stream, name, caps=caps)
        header = self._header(parts, receipt)
        if header is None:
            return receipt
        spoken = _spoken(header, self.deployment.now())
        extract = self._open(header, name, spoken)
        context = context_of(self.deployment, self.council, name, header.extract_id)
        for batch in _batches(self._records(parts, receipt)):
            with self.deployment.office.transaction() as transaction:
                store = self._store(transaction)
                for record in batch:
                    receipt.counts[self._take(store, record, context, extract, spoken, receipt)] += 1
                    self.on_record()
        self._close(extract, receipt)
        return receipt

    def _take(
        self, store: Store, record: CaseRecord, context: Context, extract: int, spoken: datetime, receipt: Receipt
    ) -> str:
        digest = self._digest(record)
        if store.unchanged(record.local_id, digest, extract, spoken):
            return "unchanged"
        outcome = "stored"
        mapped = self.mapping.apply(record, context)
        for problem in (*mapped.problems, *self._put(store, mapped, digest, extract, spoken, receipt.file)):
            self._complain(problem, receipt)
            if problem.effect == "quarantined":
                outcome = "quarantined"
        if outcome == "quarantined":
            heed(store, mapped)
        return outcome

    def _put(
        self, store: Store, mapped: Mapped, digest: str, extract: int, spoken: datetime, file: str
    ) -> Iterator[Problem]:
        """Keep a mapped record, unless it is quarantined; say why it is, where the mapping did not."""
        if any(problem.effect == "quarantined" for problem in mapped.problems):
            return
        if _child(mapped.facts.get("born", ""), store.now.date()):
            reason = "is or may be of a child; an officer opens a transition record"
            yield Problem(file, mapped.line, "Birth@date", reason, "quarantined")
            return
        try:
            store.put(mapped, digest, extract, spoken)
        except RefusedRecordError as refused:
            yield Problem(file, mapped.line, "Person", f"is not FHIR once mapped: {refused}", "quarantined")

    def _records(
        self, parts: Iterator[Header | CaseRecord | Trailer | Problem], receipt: Receipt
    ) -> Iterator[CaseRecord]:
        for part in parts:
            if isinstance(part, CaseRecord):
                yield part
            elif isinstance(part, Problem):
                self._complain(part, receipt)
                receipt.counts["quarantined"] += part.effect == "quarantined"

    def _header(self, parts: Iterator[Header | CaseRecord | Trailer | Problem], receipt: Receipt) -> Header | None:
        for part in parts:
            if isinstance(part, Header):
                return self._of_council(part, receipt)
            if isinstance(part, Problem):
                self._complain(part, receipt)
        receipt.complete = False
        return None

    def _of_council(self, header: Header, receipt: Receipt) -> Header | None:
        if header.council == self.council.code:
            return header
        reason = "is not the council that the extract is loaded for"
        self._complain(Problem(receipt.file, header.line, "Header@council", reason, "stopped"), receipt)
        return None

    def _complain(self, problem: Problem, receipt: Receipt) -> None:
        receipt.problems[problem.effect] += 1
        if problem.effect == "stopped":
            receipt.complete = False
        self.on_problem(problem)

    def _digest(self, record: CaseRecord) -> str:
        # What is kept depends on the mapping and on the desk too.
        return f"{record.digest}:{self.mapping.digest[:16]}:{self.deployment.policy.digest[:16]}"

    def _store(self, transaction: Transaction) -> Store:
        deployment = self.deployment
        return Store(
            transaction, deployment.policy, self.council, deployment.keys.seal, deployment.new_id, deployment.now()
        )

    def _open(self, header: Header, name: str, spoken: datetime) -> int:
        with self.deployment.office.transaction() as transaction:
            return transaction.number(
                "INSERT INTO extract (council, source, file, extract_id, sequence, created, received, persons,"
                " problems, state) VALUES (:council, :source, :file, :extract_id, :sequence, :created, :received,"
                " 0, 0, 'reading') RETURNING id",
                council=self.council.id,
                source=self.source,
                file=name,
                extract_id=header.extract_id,
                sequence=_number(header.sequence),
                created=millis(spoken),
                received=millis(self.deployment.now()),
            )

    def _close(self, extract: int, receipt: Receipt) -> None:
        with self.deployment.office.transaction() as transaction:
            transaction.execute(
                "UPDATE extract SET state = :state, persons = :persons, problems = :problems WHERE id = :extract",
                state="done" if receipt.complete else "stopped",
                persons=receipt.records,
                problems=sum(receipt.problems.values()),
                extract=extract,
            )


def open_intake(deployment: Deployment, mapping: Mapping, code: str, source: str) -> Intake:
    """Make ready to receive for a council; raises UnknownCouncilError."""
    with deployment.office.transaction() as transaction:
        known = council(transaction, code)
    if known is None:
        raise UnknownCouncilError(f"`{code}` is not a council of this deployment")
    return Intake(deployment, mapping, known, source)


def load_mapping(name_or_path: str) -> Mapping:
    """Load a shipped mapping by its name, or a council's own by its path; raises MappingError."""
    return load(name_or_path, nhs_number=lambda text: NhsNumber.parse(text).value)


def context_of(deployment: Deployment, council: Council, file: str, extract_id: str | None) -> Context:
    """What a mapping needs to know and no record says."""
    desk = deployment.policy.desk
    return Context(
        council_code=council.code,
        council_name=council.name,
        council_ods=council.ods,
        canonical=deployment.settings.canonical,
        desk=({"system": "phone", "value": desk.phone, "use": "work", "rank": 2},),
        received=shown(millis(deployment.now())),
        file=file,
        extract_id=extract_id,
    )


def _batches(records: Iterator[CaseRecord]) -> Iterator[list[CaseRecord]]:
    batch: list[CaseRecord] = []
    for record in records:
        batch.append(record)
        if len(batch) == _PERSONS_A_COMMIT:
            yield batch
            batch = []
    if batch:
        yield batch


def _spoken(header: Header, now: datetime) -> datetime:
    """As of when the extract speaks: when it was made, and never later than now."""
    try:
        return min(read_instant(header.created or ""), now)
    except ValueError:
        return now


def _number(text: object) -> int | None:
    said = str(text)
    return int(said) if said.isascii() and said.isdigit() else None


def _child(born: str, today: date) -> bool:
    """Whether a birth date, whole or partial, is or may be of somebody under eighteen."""
    day = last_day(born)
    if day is None:
        return False
    birthday_to_come = (today.month, today.day) < (day.month, day.day)
    return today.year - day.year - birthday_to_come < _ADULT
