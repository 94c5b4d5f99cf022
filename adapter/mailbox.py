"""How is a file sent and fetched over MESH?

Every attempt is signed afresh, since MESH takes an authorization once: the client's own repeats are switched off. A
file of which it is not known whether MESH took it is never sent twice; it is waited for. What is fetched is
acknowledged by whoever has stored it. Nothing of a file is in a message of a fault, and none of MESH's own words.
https://digital.nhs.uk/developer/api-catalogue/message-exchange-for-social-care-and-health-api
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from urllib.parse import urlsplit

import requests
import stamina
import urllib3
from cryptography import x509
from mesh_client import MeshClient

from adapter.settings import Settings

T = TypeVar("T")

# A status with which MESH says that it did nothing, and may do it later.
_PASSING = frozenset({425, 429, 503})
_GONE = frozenset({404, 410})
_ATTEMPTS = 3
_SECONDS = 60
_CHUNK = 50 << 20
_MOST_BYTES = 256 << 20
_BLOCK = 1 << 20
_NO_TRUST = "MESH's certificate or ours is not trusted; check ASC_FHIR_MESH_CERT_FILE, _KEY_FILE and _CA_FILE"
_THIS_MACHINE = ("127.0.0.1", "localhost", "::1")


class MeshSettingError(ValueError):
    """MESH is set halfway, or so that files would travel in the open; the message says what to set."""


class MeshDownError(Exception):
    """MESH is not to be had now, and did nothing of what was asked."""


class MeshRefusedError(Exception):
    """MESH does not do what was asked; a repeat would fare no better."""


class TooLargeError(Exception):
    """A message that is larger than any answer can be."""


class MeshDoubtError(Exception):
    """It is not known whether MESH took the file."""


@dataclass(frozen=True, slots=True, repr=False)
class Letter:
    """A message as it was fetched; a report names the message that it is about."""

    id: str
    is_report: bool
    linked: str
    local_id: str
    subject: str
    body: bytes

    def __repr__(self) -> str:
        return f"Letter({'report' if self.is_report else 'data'}, {len(self.body)} bytes)"


class _Again(Exception):  # noqa: N818
    """MESH did nothing this time."""


@dataclass(frozen=True, repr=False)
class Mailbox:
    """The council's own mailbox."""

    settings: Settings

    @property
    def name(self) -> str:
        """Its id."""
        return self.settings.mesh_mailbox

    def __repr__(self) -> str:
        return "Mailbox(***)"

    def handshake(self) -> None:
        """Say that somebody is here, which MESH wants to hear every day."""
        self._tried(lambda client: client.handshake())  # type: ignore[no-untyped-call]

    def inbox(self) -> list[str]:
        """The ids of every message that waits."""
        return self._tried(lambda client: list(client.iterate_message_ids()))

    def fetch(self, message: str) -> Letter | None:
        """Fetch a message; none where it is gone. Raises TooLargeError."""
        return self._tried(lambda client: _fetched(client, message))

    def acknowledge(self, message: str) -> None:
        """Let MESH forget a message; only once all that it says is stored."""
        self._tried(lambda client: _acknowledged(client, message))

    def send(self, recipient: str, body: bytes, *, workflow_id: str, local_id: str, filename: str) -> str:
        """Send a file and give MESH's id of it; raises MeshDoubtError where it may have been taken or not."""
        chunks = [body[at : at + _CHUNK] for at in range(0, len(body), _CHUNK)]
        words = {
            "workflow_id": workflow_id,
            "local_id": local_id,
            # Without a subject the opt-out check never answers.
            "subject": local_id,
            "filename": filename,
        }
        message = self._tried(
            lambda client: _first(client.send_chunk(recipient, chunks[0], 1, len(chunks), compress=False, **words)),
            sends=True,
        )
        for number, chunk in enumerate(chunks[1:], start=2):
            self._more(recipient, message, chunk, number, len(chunks))
        return message

    def _more(self, recipient: str, message: str, chunk: bytes, number: int, count: int) -> None:
        try:
            self._tried(
                lambda client: client.send_chunk(
                    recipient, chunk, number, count, compress=False, message_id=message
                ).raise_for_status()
            )
        except (MeshDownError, MeshRefusedError):
            # A file that lacks its end is not delivered; but nobody has said so.
            raise MeshDoubtError("MESH took the beginning of a file and not its end") from None

    def _tried(self, call: Callable[[MeshClient], T], *, sends: bool = False) -> T:
        try:
            for attempt in stamina.retry_context(on=_Again, attempts=_ATTEMPTS, timeout=None, wait_max=8.0):
                with attempt, self._client() as client, _told(sends):
                    return call(client)
        except _Again:
            raise MeshDownError("MESH is not to be had now") from None
        raise AssertionError("an attempt returns or raises")

    def _client(self) -> MeshClient:
        said = self.settings
        pair = (str(said.mesh_cert_file), str(said.mesh_key_file)) if said.mesh_cert_file else None
        return MeshClient(
            said.mesh_url,
            said.mesh_mailbox,
            said.mesh_password.get_secret_value(),
            shared_key=said.mesh_shared_key.get_secret_value().encode(),
            cert=pair,
            verify=str(said.mesh_ca_file) if said.mesh_ca_file else None,
            max_retries=0,
            timeout=_SECONDS,
            application_name="asc-fhir-adapter",
        )


def mailbox_for(settings: Settings) -> Mailbox | None:
    """The mailbox that the settings describe; none where no MESH is set. Raises MeshSettingError."""
    if not settings.mesh_url:
        return None
    needed = {
        "ASC_FHIR_MESH_MAILBOX": settings.mesh_mailbox,
        "ASC_FHIR_MESH_PASSWORD": settings.mesh_password.get_secret_value(),
        "ASC_FHIR_MESH_SHARED_KEY": settings.mesh_shared_key.get_secret_value(),
    }
    address = urlsplit(settings.mesh_url)
    if address.scheme == "https":
        needed |= {
            "ASC_FHIR_MESH_CERT_FILE": str(settings.mesh_cert_file or ""),
            "ASC_FHIR_MESH_KEY_FILE": str(settings.mesh_key_file or ""),
        }
    elif address.scheme != "http" or address.hostname not in _THIS_MACHINE:
        raise MeshSettingError("ASC_FHIR_MESH_URL must begin with https://, so that no file travels in the open")
    missing = [name for name, value in needed.items() if not value]
    if missing:
        raise MeshSettingError(f"MESH is set, but {', '.join(missing)} is not")
    for name in ("mesh_cert_file", "mesh_key_file", "mesh_ca_file"):
        file = getattr(settings, name)
        if file is not None and not file.is_file():
            raise MeshSettingError(f"ASC_FHIR_{name.upper()}: there is no such file")
    return Mailbox(settings)


def certificate_ends(settings: Settings) -> datetime | None:
    """Until when the client certificate is good; none where none is set. Raises MeshSettingError."""
    if settings.mesh_cert_file is None:
        return None
    try:
        return x509.load_pem_x509_certificate(settings.mesh_cert_file.read_bytes()).not_valid_after_utc
    except (OSError, ValueError):
        raise MeshSettingError("ASC_FHIR_MESH_CERT_FILE cannot be read as a certificate") from None


@contextmanager
def _told(sends: bool) -> Iterator[None]:
    """Turn what the libraries raise into our own faults, whose texts hold nothing of theirs."""
    try:
        yield
    except (requests.RequestException, urllib3.exceptions.HTTPError, zlib.error) as fault:
        raise _ours(fault, sends) from None


def _ours(fault: Exception, sends: bool) -> Exception:
    status = _status(fault)
    if status in _PASSING or _never_left(fault):
        return _Again("MESH did nothing")
    if 400 <= status < 500:
        return MeshRefusedError(_refusal(status))
    if isinstance(fault, requests.exceptions.SSLError) and not sends:
        return MeshRefusedError(_NO_TRUST)
    # What is only read or acknowledged may be asked for again.
    return MeshDoubtError("MESH did not say whether it took the file") if sends else _Again("no answer")


def _first(response: requests.Response) -> str:
    """MESH's id of a file whose first part it took."""
    if response.status_code not in (200, 202):
        response.raise_for_status()
        raise MeshDoubtError("MESH answered a file in a way that nobody knows")
    message = response.json().get("message_id")
    if not isinstance(message, str) or not message:
        raise MeshDoubtError("MESH took a file without giving it an id")
    return message


def _fetched(client: MeshClient, message: str) -> Letter | None:
    try:
        found = client.retrieve_message(message)
    except requests.HTTPError as fault:
        if _status(fault) in _GONE:
            return None
        raise
    try:
        body = b"".join(_blocks(found.read))
    finally:
        found.close()  # type: ignore[no-untyped-call]
    return Letter(
        id=message,
        is_report=found.message_type == "REPORT",
        linked=str(found.mex_header("linkedmsgid", "")),
        local_id=found.local_id or "",
        subject=found.subject or "",
        body=body,
    )


def _acknowledged(client: MeshClient, message: str) -> None:
    try:
        client.acknowledge_message(message)
    except requests.HTTPError as fault:
        # What is gone needs no more.
        if _status(fault) not in _GONE:
            raise


def _blocks(read: Callable[[int], bytes]) -> Iterator[bytes]:
    size = 0
    while block := read(_BLOCK):
        size += len(block)
        if size > _MOST_BYTES:
            raise TooLargeError("a message is larger than any answer can be")
        yield block


def _status(fault: Exception) -> int:
    response = getattr(fault, "response", None)
    return 0 if response is None else int(response.status_code)


def _never_left(fault: Exception) -> bool:
    """Whether no connection was made at all."""
    reason = getattr(fault.args[0] if fault.args else None, "reason", None)
    return isinstance(fault, requests.ConnectTimeout) or isinstance(reason, urllib3.exceptions.NewConnectionError)


def _refusal(status: int) -> str:
    if status in (401, 403):
        return f"MESH does not accept who we are ({status}); check mailbox, password, shared key and certificate"
    if status == 417:
        return "MESH does not know the mailbox that the file is for (417); check ASC_FHIR_MESH_*_MAILBOX"
    return f"MESH refused what was asked ({status})"
