"""How is a page of results written?

A searchset Bundle, put together from bodies that are bytes already. Its last entry says, whatever was found, that
the answer is no proof; it is not counted. No link carries what was searched for.
https://hl7.org/fhir/R4/bundle.html#searchset
"""

from __future__ import annotations

from collections.abc import Iterable

import orjson

from adapter.body import Body
from adapter.outcome import issue, no_proof
from adapter.release import Released
from adapter.search import Found
from consent.policy import Policy


def bundle(
    released: Released, found: Found, *, base: str, canonical: str, policy: Policy, self_link: str, next_link: str
) -> bytes:
    """Write a page."""
    links = [{"relation": "self", "url": self_link}]
    if next_link:
        links.append({"relation": "next", "url": next_link})
    head: dict[str, object] = {"resourceType": "Bundle", "type": "searchset"}
    if found.total is not None:
        head["total"] = found.total
    outcome = issue(canonical, "information", "informational", "no-proof", no_proof(policy, released.feeds))
    entries = [
        *_entries(base, found.matches, b"match"),
        *_entries(base, found.included, b"include"),
        b'{"resource":' + orjson.dumps(outcome) + b',"search":{"mode":"outcome"}}',
    ]
    opening = orjson.dumps(head | {"link": links})[:-1]
    return opening + b',"entry":[' + b",".join(entries) + b"]}"


def _entries(base: str, bodies: Iterable[Body], mode: bytes) -> Iterable[bytes]:
    for body in bodies:
        url = orjson.dumps(f"{base}/{body.reference}")
        yield b'{"fullUrl":' + url + b',"resource":' + body.content + b',"search":{"mode":"' + mode + b'"}}'
