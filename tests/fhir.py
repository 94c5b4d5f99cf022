"""What must every answer be, whatever was asked?

An asker that was `watched` has each of its answers held to this: FHIR as the R4B models know it, the headers that
every answer carries, and what POLICY section 8 says of everything that leaves.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
from fhir.resources.R4B import get_fhir_model_class

from conformance.asker import Asker

CONTEXT = {"asc-purpose-of-use", "nhsd-end-user-organisation-ods", "asc-user-id", "asc-user-role"}
NO_PROOF = "This answer is no proof that adult social care is not involved; what you see may be part of the record."
# What a link may say besides how the page is made.
LINKABLE = {"_count", "_total", "_include", "_revinclude", "_cursor"}
_SUBSETTED = ("http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "SUBSETTED")


def watched(asker: Asker) -> Asker:
    """Hold every answer that this asker gets to what every answer must be."""
    asker.http.event_hooks = {"response": [_watch]}
    return asker


def resources(answer: httpx.Response, kind: str = "") -> list[dict[str, Any]]:
    """The matches and includes of a Bundle, of one type where it is named."""
    entries = [entry for entry in answer.json()["entry"] if entry["search"]["mode"] != "outcome"]
    return [entry["resource"] for entry in entries if kind in ("", entry["resource"]["resourceType"])]


def ids(answer: httpx.Response, mode: str = "match") -> list[str]:
    """The ids of a Bundle's entries of one search mode, in order."""
    return [entry["resource"]["id"] for entry in answer.json()["entry"] if entry["search"]["mode"] == mode]


def cause(answer: httpx.Response) -> tuple[int, str]:
    """The status of a refusal and its coded cause."""
    (issue,) = answer.json()["issue"]
    return answer.status_code, issue["details"]["coding"][0]["code"]


def link(answer: httpx.Response, relation: str) -> str:
    """One link of a Bundle, or nothing."""
    return next((link["url"] for link in answer.json()["link"] if link["relation"] == relation), "")


def said(answer: httpx.Response) -> tuple[int, dict[str, str], bytes]:
    """What an answer says, without what differs between any two: the instant, and the name of the request."""
    headers = {name: value for name, value in answer.headers.items() if name not in ("date", "x-request-id")}
    return answer.status_code, headers, answer.content


def valid(resource: dict[str, Any]) -> None:
    """Hold a resource, and those within it, to fhir.resources' model; raises where it is not FHIR."""
    get_fhir_model_class(resource["resourceType"]).model_validate(resource)


def _watch(answer: httpx.Response) -> None:
    answer.read()
    url = urlsplit(str(answer.request.url))
    if url.path.startswith("/fhir") and "/.well-known/" not in url.path:
        hold(answer)


def hold(answer: httpx.Response) -> None:
    """Hold one answer of the FHIR endpoint to what every answer must be."""
    assert answer.headers["content-type"] == "application/fhir+json; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-request-id"]
    assert CONTEXT | {"authorization"} <= set(answer.headers["vary"].split(", "))
    body = answer.json()
    valid(body)
    if answer.status_code >= 400:
        assert body["resourceType"] == "OperationOutcome"
    elif body["resourceType"] == "Bundle":
        _hold_bundle(body)
    elif "id" in body:
        _hold_resource(body)


def _hold_bundle(bundle: dict[str, Any]) -> None:
    modes = [entry["search"]["mode"] for entry in bundle["entry"]]
    assert modes.count("outcome") == 1 and modes[-1] == "outcome"
    assert NO_PROOF in bundle["entry"][-1]["resource"]["issue"][0]["details"]["text"]
    assert modes == sorted(modes, key=["match", "include", "outcome"].index)
    whole = [entry["resource"] for entry in bundle["entry"][:-1]]
    assert len({(resource["resourceType"], resource["id"]) for resource in whole}) == len(whole)
    assert bundle.get("total", len(whole)) >= modes.count("match")
    for resource in whole:
        _hold_resource(resource)
    for entry in bundle["link"]:
        assert {name for name, _ in parse_qsl(urlsplit(entry["url"]).query)} <= LINKABLE


def _hold_resource(resource: dict[str, Any]) -> None:
    tags = [(tag["system"], tag["code"]) for tag in resource["meta"]["tag"]]
    assert tags == [_SUBSETTED]
    assert resource["meta"].get("security", []) in ([], [_RESTRICTED])


_RESTRICTED = {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}


def by_type(answer: httpx.Response) -> dict[str, list[dict[str, Any]]]:
    """The resources of a Bundle under their types."""
    found: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for resource in resources(answer):
        found[resource["resourceType"]].append(resource)
    return dict(found)
