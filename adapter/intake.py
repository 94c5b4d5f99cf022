"""How does a council's record come in?

    file or push -> Extract -> CaseRecord -> Mapped (facets + problems) -> stored; a trace waits in the queue

A record ends stored, unchanged or quarantined, and whatever was wrong with it has a place. A bad record never stops
the ones after it; a file that ends too early loses nothing that was stored before. Intake never waits for PDS.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from adapter import feed
from adapter.absence import absent, close
from adapter.brake import Brake, BrakeError
from adapter.database import Transaction
from adapter.deployment import Deployment, council
from adapter.extract import Receipt, begin, end, spoken_of
from adapter.forms import Ready
from adapter.heed import heed
from adapter.instant import millis, shown
from adapter.reading import Part, Reading, Same, load_mapping, read_apart
from adapter.register import refresh
from adapter.store import Council, Store
from mappings.engine import Context, Mapping
from mappings.problems import Problem
from mappings.readers import Caps
from mappings.record import CaseRecord, Header, Trailer

__all__ = ["Intake", "Receipt", "UnknownCouncilError", "context_of", "load_mapping", "open_intake"]

_PERSONS_A_COMMIT = 200
_LARGE = 4 << 20

Record = CaseRecord | Ready | Same


class UnknownCouncilError(LookupError):
    """The council is not one of this deployment."""


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
    # Whether somebody has said that many people may be restricted, locked, closed or hidden at once.
    yes_restrict: bool = False
    # From how many bytes on a file is read by a process of its own.
    large: int = _LARGE

    def receive(self, stream: BinaryIO, name: str) -> Receipt:
        """Take in one extract."""
        receipt = Receipt(name)
        reading = self._reading(name)
        parts = self._parts(reading, stream, name)
        header = self._header(parts, receipt)
        if header is None:
            return receipt
        reading = reading.of_extract(header)
        spoken = spoken_of(header, self.deployment.now())
        extract = begin(self.deployment, self.council.id, self.source, self.mapping.feed, name, header, spoken)
        brake = self.brake()
        try:
            for batch in _batches(self._records(parts, receipt)):
                taken: Counter[str] = Counter()
                with self.deployment.office.transaction() as transaction:
                    store = self._store(transaction, header)
                    for record in batch:
                        taken[self._take(store, reading, record, extract, spoken, receipt)] += 1
                        self.on_record()
                    brake.hold(receipt.restricted)
                # Counted once it is committed: of a batch that the brake held nothing is kept.
                receipt.counts += taken
            if header.mode == "full" and receipt.whole and receipt.complete and not receipt.nameless:
                self._close_absent(header, extract, spoken, receipt, brake)
        except BrakeError as held:
            self._complain(Problem(name, 0, "file", str(held), "stopped"), receipt)
        end(self.deployment, extract, receipt)
        return receipt

    def _close_absent(self, header: Header, extract: int, spoken: datetime, receipt: Receipt, brake: Brake) -> None:
        """Close the cases of those whom a whole extract leaves out."""
        with self.deployment.office.transaction() as transaction:
            store = self._store(transaction, header)
            for local_id in receipt.unread:
                store.seen(local_id, extract)
            if self.mapping.feed:
                feed.end_absent(store, self.mapping.feed, extract)
                return
            people = absent(transaction, self.council.id, self.source, extract)
            brake.hold(receipt.restricted + len(people))
            for person in people:
                close(store.kept(person), spoken.date().isoformat())
            refresh(transaction, store.policy, people, store.now, store.known)
        if people:
            receipt.counts["closed"] = len(people)

    def _take(
        self, store: Store, reading: Reading, record: Record, extract: int, spoken: datetime, receipt: Receipt
    ) -> str:
        digest = reading.digest(record) if isinstance(record, CaseRecord) else record.digest
        of_feed = reading.feed(record) if isinstance(record, CaseRecord) else record.feed
        if _is_known(store, record.local_id, of_feed, digest, extract, spoken):
            return "unchanged"
        ready = reading.ready(record) if isinstance(record, CaseRecord) else record
        if isinstance(ready, Same):
            reason = "was changed by somebody else while the extract was read; load it again"
            self._complain(Problem(receipt.file, 0, "Person", reason, "quarantined"), receipt)
            return "quarantined"
        for problem in ready.problems:
            self._complain(problem, receipt)
        if ready.quarantined:
            store.seen(record.local_id, extract)
            heed(store, ready)
            return "quarantined"
        if ready.feed:
            return self._take_of_feed(store, ready, extract, spoken, receipt)
        if store.late(ready, extract, spoken):
            reason = "is older than what is kept; only what the person has chosen counts"
            self._complain(Problem(receipt.file, ready.line, "Person", reason, "ignored"), receipt)
            return "unchanged"
        receipt.restricted += store.put(ready, digest, extract, spoken)
        return "stored"

    def _take_of_feed(self, store: Store, ready: Ready, extract: int, spoken: datetime, receipt: Receipt) -> str:
        restricts = feed.put(store, ready, ready.digest, extract, spoken)
        if restricts is None:
            reason = "is of nobody on file; load their case record first"
            self._complain(Problem(receipt.file, ready.line, "Person", reason, "quarantined"), receipt)
            return "quarantined"
        receipt.restricted += restricts
        return "stored"

    def _parts(self, reading: Reading, stream: BinaryIO, name: str) -> Iterator[Part]:
        path = _path(stream)
        if path is None or path.stat().st_size < self.large:
            return reading.parts(stream)
        with self.deployment.office.transaction() as transaction:
            kept = transaction.all(
                "SELECT digest FROM person WHERE council = :council UNION SELECT r.digest FROM feed_record r"
                " JOIN person p ON p.id = r.person WHERE p.council = :council",
                council=self.council.id,
            )
        return read_apart(reading, path, frozenset(digest for (digest,) in kept))

    def _records(self, parts: Iterator[Part], receipt: Receipt) -> Iterator[Record]:
        for part in parts:
            if isinstance(part, CaseRecord | Ready | Same):
                yield part
            elif isinstance(part, Problem):
                self._unread(part, receipt)
            elif isinstance(part, Trailer):
                receipt.whole = True

    def _unread(self, problem: Problem, receipt: Receipt) -> None:
        """Note what could not be read at all: who it is, so that they are not absent, or that it is not known who."""
        self._complain(problem, receipt)
        if problem.effect != "quarantined":
            return
        receipt.counts["quarantined"] += 1
        if problem.person is None:
            receipt.nameless = True
        else:
            receipt.unread.append(problem.person)

    def _header(self, parts: Iterator[Part], receipt: Receipt) -> Header | None:
        for part in parts:
            if isinstance(part, Header):
                return self._of_council(part, receipt)
            if isinstance(part, Problem):
                self._unread(part, receipt)
        receipt.complete = False
        return None

    def _of_council(self, header: Header, receipt: Receipt) -> Header | None:
        # A file that says nothing of a council is of the one that it is loaded for.
        if header.council in ("", self.council.code):
            return header
        reason = "is not the council that the extract is loaded for"
        self._complain(Problem(receipt.file, header.line, "Header@council", reason, "stopped"), receipt)
        return None

    def _complain(self, problem: Problem, receipt: Receipt) -> None:
        receipt.problems[problem.effect] += 1
        if problem.effect == "stopped":
            receipt.complete = False
        self.on_problem(problem)

    def _reading(self, name: str) -> Reading:
        deployment = self.deployment
        return Reading(
            mapping=self.mapping,
            context=context_of(deployment, self.council, name, None),
            # What is kept depends on the mapping and on the desk too.
            salt=f"{self.mapping.digest[:16]}:{deployment.policy.digest[:16]}",
            today=deployment.now().date(),
            caps=Caps(file_bytes=deployment.settings.extract_most_bytes),
        )

    def _store(self, transaction: Transaction, header: Header) -> Store:
        deployment = self.deployment
        return Store(
            transaction,
            deployment.policy,
            self.council,
            deployment.keys.seal,
            deployment.new_id,
            deployment.now(),
            since=header.window[0] if header.window else "",
        )

    def brake(self) -> Brake:
        """What holds a load to a share of the people on file now."""
        with self.deployment.office.transaction() as transaction:
            people = transaction.number("SELECT COUNT(*) FROM person WHERE council = :council", council=self.council.id)
        return Brake(people, released=self.yes_restrict)


def open_intake(deployment: Deployment, mapping: Mapping, code: str, source: str) -> Intake:
    """Make ready to receive for a council; raises UnknownCouncilError."""
    with deployment.office.transaction() as transaction:
        known = council(transaction, code)
    if known is None:
        raise UnknownCouncilError(f"`{code}` is not a council of this deployment")
    return Intake(deployment, mapping, known, source)


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


def _is_known(store: Store, local_id: str, of_feed: str, digest: str, extract: int, spoken: datetime) -> bool:
    if of_feed:
        return feed.unchanged(store.transaction, store.council.id, local_id, of_feed, digest, extract)
    return store.unchanged(local_id, digest, extract, spoken)


def _batches(records: Iterator[Record]) -> Iterator[list[Record]]:
    while batch := list(islice(records, _PERSONS_A_COMMIT)):
        yield batch


def _path(stream: BinaryIO) -> Path | None:
    """The file that a stream reads from its beginning, if it is one."""
    name = getattr(stream, "name", None)
    return Path(name) if isinstance(name, str) and Path(name).is_file() and stream.tell() == 0 else None
