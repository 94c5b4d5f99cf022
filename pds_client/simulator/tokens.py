"""Who may ask this PDS, and for how long?

Rules it keeps, in the order of the service:
- The form, then the header (RS512, JWT, a key id), then iss and sub, exp and jti, each a 400.
- The jti is burnt when it is well-formed and before the client, key, signature and audience are looked
  at, each of which is a 401: an assertion that fails there cannot be sent again.
- A token lives 599 seconds, said as a string.

https://digital.nhs.uk/developer/guides-and-documentation/security-and-authorisation/application-restricted-restful-apis-signed-jwt-authentication
"""

import secrets
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import orjson
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from starlette.responses import Response

_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_FURTHEST_EXP = 310


@dataclass(eq=False)
class TokenRefusal(Exception):  # noqa: N818
    status: int
    error: str
    description: str

    def response(self) -> Response:
        body = {"error": self.error, "error_description": self.description, "message_id": str(uuid.uuid4())}
        return Response(orjson.dumps(body), self.status, media_type="application/json")


class TokenDesk:
    def __init__(self, clients: Mapping[str, Mapping[str, Any]], lifetime: int, clock: Callable[[], datetime]) -> None:
        self._clients = dict(clients)
        self._lifetime = lifetime
        self._clock = clock
        self._burnt: set[tuple[str, str]] = set()
        self._ends: dict[str, datetime] = {}

    @property
    def is_open(self) -> bool:
        """Without registered clients everybody may ask, as in the sandbox."""
        return not self._clients

    def register(self, api_key: str, jwks: Mapping[str, Any]) -> None:
        self._clients[api_key] = jwks

    def expire(self) -> None:
        """Ends every token that was given out."""
        self._ends.clear()

    def exchange(self, body: bytes, url: str) -> dict[str, str]:
        assertion = _assertion(body)
        header, claims = _opened(assertion)
        _check_header(header)
        self._check_claims(claims)
        self._check_signature(assertion, header, claims, url)
        token, now = secrets.token_urlsafe(32), self._clock()
        self._ends[token] = now + timedelta(seconds=self._lifetime)
        issued = str(int(now.timestamp() * 1000))
        lifetime = str(self._lifetime)
        return {"access_token": token, "expires_in": lifetime, "token_type": "Bearer", "issued_at": issued}

    def objection(self, authorization: str | None) -> str | None:
        """Why this Authorization header does not do, in the words of the service."""
        if authorization is None:
            return "Missing Authorization header"
        if not authorization.strip():
            return "Empty Authorization header"
        kind, _, token = authorization.partition(" ")
        if kind != "Bearer":
            return "Invalid token type"
        if not token:
            return "Missing access token"
        ends = self._ends.get(token)
        return None if ends is not None and self._clock() < ends else "Invalid Access Token"

    def _check_claims(self, claims: Mapping[str, Any]) -> None:
        issuer, subject, exp, jti = (claims.get(name) for name in ("iss", "sub", "exp", "jti"))
        if not isinstance(issuer, str) or issuer != subject:
            raise TokenRefusal(400, "invalid_request", "Missing or non-matching iss/sub claims in JWT")
        if not isinstance(exp, int | float) or isinstance(exp, bool):
            raise TokenRefusal(400, "invalid_request", "Missing or invalid exp claim in JWT")
        ahead = exp - self._clock().timestamp()
        if not 0 < ahead <= _FURTHEST_EXP:
            raise TokenRefusal(400, "invalid_request", "Invalid exp claim in JWT - past or too far ahead")
        if not isinstance(jti, str) or not jti:
            raise TokenRefusal(400, "invalid_request", "Missing or invalid jti claim in JWT")
        if (issuer, jti) in self._burnt:
            raise TokenRefusal(400, "invalid_request", "Non-unique jti claim in JWT")
        self._burnt.add((issuer, jti))

    def _check_signature(self, assertion: str, header: Mapping[str, Any], claims: Mapping[str, Any], url: str) -> None:
        jwks = self._clients.get(claims["iss"])
        if jwks is None:
            raise TokenRefusal(401, "invalid_request", "Invalid iss/sub claims in JWT")
        if header["kid"] not in [key.get("kid") for key in jwks["keys"]]:
            raise TokenRefusal(401, "invalid_request", "Invalid 'kid' header in JWT - no matching public key")
        try:
            jwt.decode(assertion, KeySet.import_key_set({"keys": list(jwks["keys"])}), algorithms=["RS512"])
        except JoseError:
            raise TokenRefusal(401, "public_key error", "JWT signature verification failed") from None
        if claims.get("aud") != url:
            raise TokenRefusal(401, "invalid_request", "Missing or invalid aud claim in JWT")


def _assertion(body: bytes) -> str:
    form = {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
    if form.get("grant_type") != "client_credentials":
        raise TokenRefusal(400, "unsupported_grant_type", "grant_type is invalid")
    if form.get("client_assertion_type") != _ASSERTION_TYPE:
        raise TokenRefusal(400, "invalid_request", "Missing or invalid client_assertion_type")
    if "client_assertion" not in form:
        raise TokenRefusal(400, "invalid_request", "Missing client_assertion")
    return form["client_assertion"]


def _opened(assertion: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    try:
        compact = jws.extract_compact(assertion.encode())
        claims = orjson.loads(compact.payload)
    except (JoseError, ValueError):
        raise TokenRefusal(400, "invalid_request", "Malformed JWT in client_assertion") from None
    if not isinstance(claims, dict):
        raise TokenRefusal(400, "invalid_request", "Malformed JWT in client_assertion")
    return dict(compact.headers()), claims


def _check_header(header: Mapping[str, Any]) -> None:
    if header.get("alg") != "RS512":
        raise TokenRefusal(400, "invalid_request", "Invalid 'alg' header in JWT - must be RS512")
    if str(header.get("typ", "")).upper() != "JWT":
        raise TokenRefusal(400, "invalid_request", "Invalid 'typ' header in JWT - must be JWT")
    if not header.get("kid"):
        raise TokenRefusal(400, "invalid_request", "Missing 'kid' header in JWT")
