"""At which addresses do council systems bring records?

    POST /push/{council}/extracts           a file of many, in any layout that has a mapping
    POST /push/{council}/persons            one person, or one on each line
    GET  /push/{council}/extracts/{push}    how a push goes, or what became of it

Any other address below /push is answered by the one table of refusals too.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import FastAPI, Path, Query, Request, Response

from adapter.outcome import RefusedError
from adapter.push import PUSH, Push

_BODY: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
_EXTRACT: dict[str, Any] = {
    "requestBody": {"required": True, "content": {"application/xml": _BODY, "application/json": _BODY}}
}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "Taken in: counts of stored, unchanged and quarantined, and the problems with their places."},
    202: {"description": "Under way: `Content-Location` says where to ask."},
    401: {"description": "No valid access token (OperationOutcome)."},
    403: {"description": "Not this council's own system, or not a scope that pushes (OperationOutcome)."},
    409: {"description": "Another message came under this id (OperationOutcome)."},
    413: {"description": "Larger than is read, unpacked (OperationOutcome)."},
    415: {"description": "A content type or packing that the mapping's layout does not know (OperationOutcome)."},
    422: {"description": "Not read to its end: the problems say why; what was read before is kept."},
    429: {"description": "Too many at once: `Retry-After` (OperationOutcome)."},
}

Council = Annotated[str, Path(description="The council's code.")]
Source = Annotated[str, Query(description="Which of its systems the records come from.")]
Mapping = Annotated[str, Query(description="The mapping's name; by the content type when nothing is said.")]
After = Annotated[str, Query(description="The place of the last problem that was read.")]


def add_push(app: FastAPI, push: Push) -> None:
    """Answer at these addresses."""

    @app.post("/push/{council}/extracts", responses=_ANSWERS, openapi_extra=_EXTRACT, tags=["push"])
    async def push_extract(request: Request, council: Council, source: Source = "", mapping: Mapping = "") -> Response:
        """Take in an extract; `Idempotency-Key` names the message, `Content-Encoding: gzip` may pack it."""
        return await push.receive(request, council, source, mapping, persons=False)

    @app.post("/push/{council}/persons", responses=_ANSWERS, openapi_extra=_EXTRACT, tags=["push"])
    async def push_persons(request: Request, council: Council, source: Source = "", mapping: Mapping = "") -> Response:
        """Take in one person, or one on each line, with an outcome for each."""
        return await push.receive(request, council, source, mapping, persons=True)

    @app.get("/push/{council}/extracts/{push_id}", responses={200: _ANSWERS[200]}, tags=["push"])
    async def push_status(request: Request, council: Council, push_id: str, after: After = "0") -> Response:
        """Say how a push goes, or what became of it."""
        return await push.status(request, council, push_id, after)


def add_unknown(app: FastAPI, push: Push) -> None:
    """Answer at every other address below /push; to be added last."""

    @app.api_route("/push/{rest:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"], include_in_schema=False)
    async def unknown(request: Request) -> Response:
        return await push.reception.answer(request, PUSH, _unknown)


async def _unknown(_request: Any) -> Response:
    raise RefusedError("unknown-type")
