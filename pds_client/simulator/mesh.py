"""What if there were a MESH on this machine, with the national opt-out check and the trace by file behind it?

It imitates, as far as the published interface and the client of the NHS show it:
- the mailbox: handshake, send in chunks, list in pages, retrieve in chunks (206), acknowledge, track by message id;
- the authorization header, stricter than the national sandbox: HMAC, time stamp within two hours, and one use only;
- refusals: 403 for who is not known, 417 with a code for an unknown recipient or an empty body, 404 for an unknown
  message, 410 for one that was acknowledged, and reports of what could not be delivered (NDR, code 14);
- the two services, which are in `pds_client.simulator.mesh_services`, and any fault that a test asks for.

It does not imitate:
- certificates, workflow registers, the lookup of endpoints, encryption, and expiry after five days by itself;
- the five megabytes that every chunk but the last must have on the real service, and its delays;
- inboxes of anybody but who was given a password.

https://digital.nhs.uk/developer/api-catalogue/message-exchange-for-social-care-and-health-api
"""

import gzip
import hashlib
import hmac
import itertools
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, Protocol

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pds_client.simulator.mesh_file import File, headers_of, undelivered
from pds_client.simulator.server import listening

_BASE = "/messageexchange/{mailbox}"
_TOLERANCE = timedelta(hours=2)
_PAGE = 500
_ACCEPTED, _PARTIAL, _GONE, _EXPECTATION_FAILED = 202, 206, 410, 417

Endpoint = Callable[[Request], Awaitable[Response]]


class Service(Protocol):
    """Whoever answers at a mailbox of the NHS."""

    mailbox: str

    def answer(self, message_id: str, sent: File) -> Iterable[File]:
        """What comes back; nothing, where the service keeps silent."""


class MeshCall(NamedTuple):
    method: str
    operation: str
    authorization: str


@dataclass
class _Sent:
    file: File
    chunks: list[bytes]
    expected: int
    delivered: bool = False


@dataclass
class _Held:
    file: File
    acknowledged: bool = False


@dataclass
class Mesh:
    """The exchange: mailboxes with their passwords, and the services behind it."""

    mailboxes: Mapping[str, str]
    shared_key: str
    services: Iterable[Service] = ()
    chunk_bytes: int = 1 << 30
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    calls: list[MeshCall] = field(default_factory=list)
    late: bool = False
    undeliverable: bool = False

    def __post_init__(self) -> None:
        self.app = Starlette(routes=self._routes())
        self._by_mailbox = {service.mailbox: service for service in self.services}
        self._inboxes: dict[str, dict[str, _Held]] = {mailbox: {} for mailbox in self.mailboxes}
        self._sent: dict[str, _Sent] = {}
        self._waiting: list[File] = []
        self._used: set[str] = set()
        self._faults: list[tuple[int, str]] = []
        self._ids = (f"20261122{number:012d}_SIM" for number in itertools.count(1))

    def fail_next(self, status: int, times: int = 1, *, operation: str = "") -> None:
        """Answers the next calls, or the next of one operation, with this status and nothing else."""
        self._faults += [(status, operation)] * times

    def deliver(self) -> None:
        """Brings what was kept back while `late` was set."""
        waiting, self._waiting = self._waiting, []
        for file in waiting:
            self.put(file)

    def put(self, file: File) -> str:
        """Lays a file into its recipient's inbox."""
        message_id = next(self._ids)
        self._inboxes[file.recipient][message_id] = _Held(file)
        return message_id

    def inbox(self, mailbox: str) -> list[File]:
        """What lies in a mailbox and was not acknowledged."""
        return [held.file for held in self._inboxes[mailbox].values() if not held.acknowledged]

    @property
    def outbox(self) -> list[File]:
        """Everything that was sent whole."""
        return [sent.file for sent in self._sent.values() if len(sent.chunks) == sent.expected]

    def _routes(self) -> list[Route]:
        table: list[tuple[str, str, Callable[[Request, bytes], Response]]] = [
            ("POST", "", self._handshake),
            ("POST", "/outbox", self._send),
            ("GET", "/outbox/tracking", self._track),
            ("POST", "/outbox/{message}/{chunk:int}", self._send_chunk),
            ("GET", "/inbox", self._list),
            ("GET", "/inbox/{message}", self._retrieve),
            ("GET", "/inbox/{message}/{chunk:int}", self._retrieve),
            ("PUT", "/inbox/{message}/status/acknowledged", self._acknowledge),
        ]
        return [Route(_BASE + path, self._guarded(each), methods=[method]) for method, path, each in table]

    def _guarded(self, operation: Callable[[Request, bytes], Response]) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            said = request.headers.get("authorization", "")
            name = operation.__name__.strip("_")
            self.calls.append(MeshCall(request.method, name, said))
            body = await request.body()
            # A token is used up by a call that fails too.
            known = self._knows(request.path_params["mailbox"], said)
            fault = next((each for each in self._faults if each[1] in ("", name)), None)
            if fault is not None:
                self._faults.remove(fault)
                return Response(b"a fault that was asked for", fault[0])
            if not known:
                return _json(403, {"detail": [{"event": "AUTH", "code": "EPL-151", "msg": "No mailbox matched"}]})
            return operation(request, body)

        return endpoint

    def _knows(self, mailbox: str, authorization: str) -> bool:
        kind, _, token = authorization.partition(" ")
        said, _, signature = token.rpartition(":")
        password = self.mailboxes.get(mailbox)
        if kind != "NHSMESH" or said.count(":") != 3 or password is None:
            return False
        named, nonce, count, stamp = said.split(":")
        private = f"{named}:{nonce}:{count}:{password}:{stamp}"
        expected = hmac.new(self.shared_key.encode(), private.encode(), hashlib.sha256).hexdigest()
        fresh = token not in self._used and _is_near(stamp, self.clock())
        self._used.add(token)
        return named == mailbox and fresh and hmac.compare_digest(expected, signature)

    def _handshake(self, request: Request, _body: bytes) -> Response:
        return _json(200, {"mailboxId": request.path_params["mailbox"]})

    def _send(self, request: Request, body: bytes) -> Response:
        said = request.headers
        recipient = said.get("mex-to", "")
        if recipient not in self._by_mailbox and recipient not in self._inboxes:
            return _refused("12", "Unregistered to address")
        if not body:
            return _refused("02", "Data file is missing or inaccessible")
        file = File(
            sender=request.path_params["mailbox"],
            recipient=recipient,
            workflow_id=said.get("mex-workflowid", ""),
            local_id=said.get("mex-localid", ""),
            subject=said.get("mex-subject", ""),
            filename=said.get("mex-filename", ""),
            body=b"",
        )
        message_id = next(self._ids)
        _, expected = map(int, said.get("mex-chunk-range", "1:1").split(":"))
        self._sent[message_id] = _Sent(file, [_plain(request, body)], expected)
        self._carry(message_id)
        return _json(_ACCEPTED, {"message_id": message_id})

    def _send_chunk(self, request: Request, body: bytes) -> Response:
        sent = self._sent.get(request.path_params["message"])
        if sent is None or request.path_params["chunk"] != len(sent.chunks) + 1:
            return _json(404, {"detail": [{"code": "20", "msg": "Message does not exist"}]})
        sent.chunks.append(_plain(request, body))
        self._carry(request.path_params["message"])
        return Response(status_code=_ACCEPTED)

    def _carry(self, message_id: str) -> None:
        """Delivers a file once its last chunk is there."""
        sent = self._sent[message_id]
        if len(sent.chunks) < sent.expected:
            return
        words = {name: getattr(sent.file, name) for name in File.__slots__}
        sent.file = File(**words | {"body": b"".join(sent.chunks)})
        sent.delivered = not self.undeliverable
        for file in self._outcome(message_id, sent.file):
            if self.late:
                self._waiting.append(file)
            elif file.recipient in self._inboxes:
                self.put(file)

    def _outcome(self, message_id: str, file: File) -> Iterable[File]:
        if self.undeliverable:
            return [undelivered(message_id, file)]
        service = self._by_mailbox.get(file.recipient)
        return [file] if service is None else service.answer(message_id, file)

    def _track(self, request: Request, _body: bytes) -> Response:
        message_id = request.query_params.get("messageID", "")
        sent = self._sent.get(message_id)
        if sent is None or sent.file.sender != request.path_params["mailbox"]:
            return _json(404, {"detail": [{"code": "20", "msg": "Message does not exist"}]})
        status = "acknowledged" if sent.delivered else "undeliverable" if self.undeliverable else "accepted"
        return _json(200, {"message_id": message_id, "local_id": sent.file.local_id, "status": status})

    def _list(self, request: Request, _body: bytes) -> Response:
        mailbox = request.path_params["mailbox"]
        ids = [each for each, held in self._inboxes[mailbox].items() if not held.acknowledged]
        size = min(int(request.query_params.get("max_results", _PAGE)), _PAGE)
        start = int(request.query_params.get("from", 0))
        links = {"self": request.url.path}
        if start + size < len(ids):
            links["next"] = f"{request.url.path}?max_results={size}&from={start + size}"
        page = ids[start : start + size]
        return _json(200, {"messages": page, "links": links, "approx_inbox_count": len(ids)})

    def _retrieve(self, request: Request, _body: bytes) -> Response:
        held = self._inboxes[request.path_params["mailbox"]].get(request.path_params["message"])
        if held is None:
            return _json(404, {"detail": [{"code": "20", "msg": "Message does not exist"}]})
        if held.acknowledged:
            return Response(status_code=_GONE)
        chunks = [held.file.body[at : at + self.chunk_bytes] for at in range(0, len(held.file.body), self.chunk_bytes)]
        number = request.path_params.get("chunk", 1)
        if number > max(len(chunks), 1):
            return Response(status_code=404)
        body = gzip.compress(chunks[number - 1]) if chunks else b""
        headers = headers_of(request.path_params["message"], held.file) | {
            "Mex-Chunk-Range": f"{number}:{max(len(chunks), 1)}",
            **({"Content-Encoding": "gzip"} if body else {}),
        }
        status = 200 if number >= len(chunks) else _PARTIAL
        return Response(body, status, headers, "application/octet-stream")

    def _acknowledge(self, request: Request, _body: bytes) -> Response:
        held = self._inboxes[request.path_params["mailbox"]].get(request.path_params["message"])
        if held is None:
            return _json(404, {"detail": [{"code": "20", "msg": "Message does not exist"}]})
        held.acknowledged = True
        return Response(status_code=200)


@contextmanager
def serve_mesh(mesh: Mesh, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Answers on loopback; gives the address that a client is set to."""
    with listening(mesh.app, host, port) as origin:
        yield origin


def _is_near(stamp: str, now: datetime) -> bool:
    try:
        said = datetime.strptime(stamp, "%Y%m%d%H%M").replace(tzinfo=UTC)
    except ValueError:
        return False
    return abs(now - said) <= _TOLERANCE


def _plain(request: Request, body: bytes) -> bytes:
    return gzip.decompress(body) if request.headers.get("content-encoding") == "gzip" else body


def _refused(code: str, why: str) -> Response:
    return _json(_EXPECTATION_FAILED, {"message_id": "", "detail": [{"event": "SEND", "code": code, "msg": why}]})


def _json(status: int, content: Any) -> Response:
    return Response(orjson.dumps(content), status, media_type="application/vnd.mesh.v2+json")
