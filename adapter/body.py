"""How does a resource look to one asker?

The visible facets, merged, with a `meta` that is made from them alone. Facet versions never change, so a merged body
is kept by the exact set of facets that the database selected; the selection itself is never kept.
https://hl7.org/fhir/R4/resource.html#Meta
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import formatdate
from itertools import groupby
from typing import Any

import orjson

from adapter.database import Select
from adapter.facets import merged
from adapter.instant import shown

_COLUMNS = "id, public, type, part, body, token, recorded, person, resource, label"
ONE = f"SELECT {_COLUMNS} FROM visible_facet WHERE public = :public AND type = :type ORDER BY place, part"
_SOME = f"SELECT {_COLUMNS} FROM visible_facet WHERE {{}} IN ({{}}) ORDER BY resource, place, part"

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
    """Merges rows of visible facets; keeps what it merged, up to a number of bodies."""

    def __init__(self, seal: bytes, most: int = 20_000) -> None:
        self._seal = seal
        self._most = most
        self._kept: dict[tuple[Any, ...], Body] = {}

    def of(self, rows: Sequence[tuple[Any, ...]]) -> list[Body]:
        """The resources that the rows make; rows of one resource stand together, its carrier first."""
        return [
            body for _, group in groupby(rows, key=lambda row: row[8]) if (body := self.one(list(group))) is not None
        ]

    def one(self, rows: Sequence[tuple[Any, ...]]) -> Body | None:
        """The resource that the rows make; none where its carrier is not among them."""
        if not any(row[3] == "carrier" for row in rows):
            return None
        # By content, not by number: SQLite gives the number of a facet that was destroyed to another one.
        key = (*(row[5] for row in rows), *(row[6] for row in rows), rows[0][9])
        body = self._kept.get(key)
        if body is None:
            if len(self._kept) >= self._most:
                self._kept.clear()
            body = self._kept[key] = self._merge(rows)
        return body

    def _merge(self, rows: Sequence[tuple[Any, ...]]) -> Body:
        _, public, kind, _, _, _, _, person, resource, label = rows[0]
        recorded = max(row[6] for row in rows)
        version = self._version(rows)
        meta: dict[str, Any] = {"versionId": version, "lastUpdated": shown(recorded), "tag": [_SUBSETTED]}
        if label:
            meta["security"] = [{"system": _CONFIDENTIALITY, "code": label}]
        whole = {"resourceType": kind, "id": public, "meta": meta}
        whole |= merged(orjson.loads(row[4]) for row in rows)
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
            digest.update(f"{row[5]}@{row[6]};{row[9]}".encode())
        return digest.hexdigest()


def _validators(version: str, recorded: int) -> tuple[tuple[bytes, bytes], ...]:
    modified = formatdate(recorded // 1000, usegmt=True)
    return (b"etag", f'W/"{version}"'.encode()), (b"last-modified", modified.encode())


def select_one(kind: str, public: str) -> Select:
    """Select the visible facets of one resource."""
    return Select(ONE, {"public": public, "type": kind})


def select_some(column: str, values: Sequence[Any]) -> Select:
    """Select the visible facets of many resources, by `resource` or `public`."""
    names = padded(values)
    placeholders = ", ".join(f":{name}" for name in names)
    return Select(_SOME.format(column, placeholders), names)


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
