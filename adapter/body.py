"""How does a resource look to one asker?

The visible facets, merged, with a `meta` that is made from them alone. Facet versions never change, so a merged body
is kept by the exact set of facets that the database selected; the selection itself is never kept.
https://hl7.org/fhir/R4/resource.html#Meta
"""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from email.utils import formatdate
from itertools import groupby
from operator import itemgetter
from typing import Any

import orjson

from adapter.database import Ask, Select
from adapter.forms import merged
from adapter.instant import shown

# Which facets are visible; rows of these sort by resource, then in the order in which they are merged.
_WHICH = "resource, place, part, token, recorded, label, person"
_KEY = 7
_WHOLE = f"{_WHICH}, public, type, body"
_ONE = "SELECT {} FROM visible_facet WHERE public = :public AND type = :type"
_SOME = "SELECT {} FROM visible_facet WHERE {} IN ({})"
WHICH_ONE, WHOLE_ONE = _ONE.format(_WHICH), _ONE.format(_WHOLE)

Row = tuple[Any, ...]
Steps = Generator[Ask | Select, list[Row], Any]

# Whoever asks sees a part at most: https://terminology.hl7.org/CodeSystem-v3-ObservationValue.html
_SUBSETTED = {"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED"}
_CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"


@dataclass(frozen=True, slots=True)
class Body:
    """A resource as one asker sees it."""

    type: str
    public: str
    version: str
    recorded: int
    person: int
    resource: int
    content: bytes
    # The relative reference, and with its version as the trail names it; ETag and Last-Modified as HTTP sends them.
    reference: str
    mark: str
    validators: tuple[tuple[bytes, bytes], ...]


class Bodies:
    """Merges visible facets; keeps what it merged, up to a number of bodies."""

    def __init__(self, seal: bytes, most: int = 20_000) -> None:
        self._seal = seal
        self._most = most
        self._kept: dict[tuple[Row, ...], Body] = {}

    def one(self, kind: str, public: str) -> Steps:
        """Read one resource: its body, or none where nothing of it is visible."""
        named = {"public": public, "type": kind}
        rows = yield Select(WHICH_ONE, named, alone=True)
        if not rows:
            return None
        rows.sort()
        body = self._kept.get(tuple(rows))
        return body if body else self._made((yield Select(WHOLE_ONE, named)))

    def some(self, column: str, values: Sequence[Any]) -> Steps:
        """Read many resources, by `resource` or `public`: the bodies of those that are visible, in a fixed order."""
        which = yield _some(_WHICH, column, values)
        found = {rows[0][0]: self._kept.get(tuple(rows)) for rows in _by_resource(which)}
        missing = [resource for resource, body in found.items() if body is None]
        if missing:
            whole = yield _some(_WHOLE, "resource", missing)
            found |= {rows[0][0]: self._made(rows) for rows in _by_resource(whole)}
        return [body for body in found.values() if body is not None]

    def _made(self, rows: list[Row]) -> Body | None:
        rows.sort()
        if not any(row[2] == "carrier" for row in rows):
            return None
        if len(self._kept) >= self._most:
            self._kept.clear()
        # By content, not by number: SQLite gives the number of a facet that was destroyed to another one.
        body = self._kept[tuple(row[:_KEY] for row in rows)] = self._merge(rows)
        return body

    def _merge(self, rows: Sequence[tuple[Any, ...]]) -> Body:
        resource, _, _, _, _, label, person, public, kind, _ = rows[0]
        recorded = max(row[4] for row in rows)
        version = self._version(rows)
        meta: dict[str, Any] = {"versionId": version, "lastUpdated": shown(recorded), "tag": [_SUBSETTED]}
        if label:
            meta["security"] = [{"system": _CONFIDENTIALITY, "code": label}]
        whole = {"resourceType": kind, "id": public, "meta": meta}
        whole |= merged(orjson.loads(row[9]) for row in rows)
        reference = f"{kind}/{public}"
        return Body(
            type=kind,
            public=public,
            version=version,
            recorded=recorded,
            person=person,
            resource=resource,
            content=orjson.dumps(whole),
            reference=reference,
            mark=f"{reference}@{version}",
            validators=_validators(version, recorded),
        )

    def _version(self, rows: Sequence[tuple[Any, ...]]) -> str:
        digest = hashlib.blake2b(key=self._seal, digest_size=8)
        for row in rows:
            digest.update(f"{row[3]}@{row[4]};{row[5]}".encode())
        return digest.hexdigest()


def _validators(version: str, recorded: int) -> tuple[tuple[bytes, bytes], ...]:
    modified = formatdate(recorded // 1000, usegmt=True)
    return (b"etag", f'W/"{version}"'.encode()), (b"last-modified", modified.encode())


def _some(columns: str, column: str, values: Sequence[Any]) -> Select:
    names = padded(values)
    return Select(_SOME.format(columns, column, ", ".join(f":{name}" for name in names)), names)


def _by_resource(rows: list[Row]) -> Iterator[list[Row]]:
    rows.sort()
    return (list(group) for _, group in groupby(rows, key=itemgetter(0)))


def padded(values: Sequence[Any], prefix: str = "v") -> dict[str, Any]:
    """Name the values of an IN list, filled up to a power of two so that few statements serve all lengths."""
    size = 1
    while size < len(values):
        size *= 2
    filled = [*values, *[values[-1]] * (size - len(values))]
    # Names in letters only: both drivers read them alike.
    return {f"{prefix}_{_letters(place)}": value for place, value in enumerate(filled)}


def _letters(number: int) -> str:
    return "".join("abcdefghij"[int(digit)] for digit in str(number))
