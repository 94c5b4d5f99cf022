"""How does a registered system ask a target?

Over HTTP alone: a SMART Backend Services token from the target's own discovery document, then FHIR requests whose
headers say who asks and for what. Knows nothing of what answers.
https://hl7.org/fhir/smart-app-launch/backend-services.html
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import httpx
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class NoTokenError(Exception):
    """The target gave no token; the message is its OAuth error."""


class ForeignLinkError(ValueError):
    """A link leads away from the target."""


@dataclass
class Asker:
    """One registered system: its key, and what its requests say of themselves."""

    base: str
    client_id: str
    key: ECKey | RSAKey
    key_id: str
    algorithm: str = "ES384"
    headers: Mapping[str, str] = field(default_factory=dict)
    scope: str = "system/*.rs"
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=30), repr=False)
    clock: Callable[[], float] = time.time
    _token: str = field(default="", repr=False)

    def get(self, path: str, *, headers: Mapping[str, str] | None = None) -> httpx.Response:
        """Send a GET below the base, or to an absolute link of the target; raises ForeignLinkError for any other."""
        url = path if path.lower().startswith(("http://", "https://")) else f"{self.base}/{path}"
        if not url.startswith((f"{self.base}/", f"{self.base}?")):
            # Whoever is there would be given our token.
            raise ForeignLinkError("the link does not lead to the target")
        return self.http.get(url, headers=self._all(headers))

    def search(self, kind: str, parameters: list[tuple[str, str]]) -> httpx.Response:
        """Search by POST, so that nothing about a person stands in an address."""
        body = urlencode(parameters)
        headers = self._all({"Content-Type": "application/x-www-form-urlencoded"})
        return self.http.post(f"{self.base}/{kind}/_search", content=body, headers=headers)

    def token(self) -> str:
        """The access token, asked for once."""
        if not self._token:
            answer = self.exchange(self.assertion())
            if answer.status_code != httpx.codes.OK:
                raise NoTokenError(answer.json().get("error", f"HTTP {answer.status_code}"))
            self._token = answer.json()["access_token"]
        return self._token

    def exchange(self, assertion: str) -> httpx.Response:
        """Send an assertion to the target's token endpoint."""
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": _ASSERTION_TYPE,
            "client_assertion": assertion,
            "scope": self.scope,
        }
        return self.http.post(self.token_endpoint(), data=form)

    def assertion(self, **changes: Any) -> str:
        """Sign a fresh client assertion; `changes` replace claims."""
        now = int(self.clock())
        claims: dict[str, Any] = {"iss": self.client_id, "sub": self.client_id, "aud": self.token_endpoint()}
        claims |= {"exp": now + 240, "iat": now, "jti": secrets.token_urlsafe(16)}
        header: dict[str, Any] = {"alg": self.algorithm, "kid": self.key_id, "typ": "JWT"}
        return jwt.encode(header, claims | changes, self.key, algorithms=[self.algorithm])

    def token_endpoint(self) -> str:
        """Where the target says that tokens are to be had."""
        found = self.http.get(f"{self.base}/.well-known/smart-configuration").json()
        endpoint: str = found["token_endpoint"]
        return endpoint

    def _all(self, more: Mapping[str, str] | None) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token()}", **self.headers, **(more or {})}
