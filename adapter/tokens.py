"""How does a client get an access token, and what does one say?

SMART Backend Services: the client signs an assertion with its registered key, once; the server answers with a
short-lived token that it signs itself. https://hl7.org/fhir/smart-app-launch/backend-services.html
"""

from __future__ import annotations

import base64
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet

from adapter.database import Office
from adapter.instant import Clock, millis
from adapter.outcome import RefusedError
from adapter.scopes import granted

ALGORITHMS = ["RS384", "ES384", "RS512"]
_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_LONGEST_SECONDS = 300
# Clocks differ a little.
_SKEW_SECONDS = 10


class GrantError(Exception):
    """A token request that is refused: an OAuth error code and one sentence (RFC 6749, section 5.2)."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(error)
        self.error = error
        self.description = description


@dataclass(frozen=True, slots=True)
class Bearer:
    """What a valid access token says."""

    client: str
    scopes: frozenset[str]
    expires: int


@dataclass
class Tokens:
    """Gives out access tokens and reads them."""

    signing: ECKey
    token_url: str
    office: Office
    clock: Clock
    seconds: int
    _read: dict[bytes, Bearer] = field(default_factory=dict)

    def grant(self, form: dict[str, str]) -> tuple[str, dict[str, Any]]:
        """Exchange a client assertion for an access token; give the client and the answer. Raises GrantError."""
        if form.get("grant_type") != "client_credentials":
            raise GrantError("unsupported_grant_type", "grant_type must be client_credentials")
        if form.get("client_assertion_type") != _ASSERTION_TYPE:
            raise GrantError("invalid_request", f"client_assertion_type must be {_ASSERTION_TYPE}")
        client, registered = self._client(form.get("client_assertion", ""))
        scopes = granted(form.get("scope", ""), registered)
        if not scopes:
            raise GrantError("invalid_scope", "none of the scopes asked for is registered for the client")
        now = int(self.clock().timestamp())
        claims = {"iss": self.token_url, "aud": self.token_url, "sub": client, "iat": now}
        claims |= {"exp": now + self.seconds, "jti": secrets.token_urlsafe(12), "scope": " ".join(scopes)}
        token = jwt.encode({"alg": "ES256", "typ": "JWT"}, claims, self.signing, algorithms=["ES256"])
        return client, {
            "access_token": token,
            "token_type": "bearer",
            "expires_in": self.seconds,
            "scope": " ".join(scopes),
        }

    def bearer(self, authorization: bytes) -> Bearer:
        """Read an Authorization header; raises RefusedError. A token that was verified once is remembered."""
        known = self._read.get(authorization)
        if known is None:
            known = self._verified(authorization)
            if len(self._read) > 10_000:
                self._read.clear()
            self._read[authorization] = known
        if known.expires <= int(self.clock().timestamp()):
            self._read.pop(authorization, None)
            raise RefusedError("expired-token")
        return known

    def _verified(self, authorization: bytes) -> Bearer:
        scheme, _, token = authorization.partition(b" ")
        if scheme.lower() != b"bearer" or not token:
            raise RefusedError("no-token")
        try:
            claims = jwt.decode(token.decode("ascii"), self.signing, algorithms=["ES256"]).claims
            if claims["iss"] != self.token_url or claims["aud"] != self.token_url:
                raise RefusedError("bad-token")
            return Bearer(claims["sub"], frozenset(claims["scope"].split()), int(claims["exp"]))
        except (JoseError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise RefusedError("bad-token") from None

    def _client(self, assertion: str) -> tuple[str, frozenset[str]]:
        claimed = _unverified_issuer(assertion)
        with self.office.transaction() as transaction:
            row = transaction.one("SELECT jwks, scopes, starts, ends FROM client WHERE id = :client", client=claimed)
        now = self.clock()
        if row is None or not row[2] <= millis(now) < row[3]:
            raise _invalid("the client is not registered, or its agreement is not in force")
        claims = self._claims(assertion, json.loads(row[0]))
        self._check(claims, claimed, int(now.timestamp()))
        self._use_once(claimed, claims)
        return claimed, frozenset(json.loads(row[1]))

    def _claims(self, assertion: str, jwks: dict[str, Any]) -> dict[str, Any]:
        try:
            keys = KeySet.import_key_set({"keys": [_key(jwks, _kid(assertion))]})
            claims: dict[str, Any] = jwt.decode(assertion, keys, algorithms=ALGORITHMS).claims
        except (JoseError, ValueError, KeyError, TypeError):
            raise _invalid("the assertion is not signed by a key registered for the client") from None
        return claims

    def _check(self, claims: dict[str, Any], client: str, now: int) -> None:
        if claims.get("sub") != client or claims.get("iss") != client:
            raise _invalid("iss and sub must both be the client's id")
        if claims.get("aud") != self.token_url:
            raise _invalid("aud must be the address of this token endpoint, letter for letter")
        expires = _instant(claims.get("exp"))
        issued, begins = _instant(claims.get("iat", now)), _instant(claims.get("nbf", now))
        if expires <= now - _SKEW_SECONDS or expires > now + _LONGEST_SECONDS + _SKEW_SECONDS:
            raise _invalid("the assertion has expired, or expires later than five minutes from now")
        if max(issued, begins) > now + _SKEW_SECONDS:
            raise _invalid("the assertion was issued in the future")
        if not _plain(claims.get("jti")) or len(claims["jti"]) > 200:
            raise _invalid("jti must be a text of at most 200 characters, used once")

    def _use_once(self, client: str, claims: dict[str, Any]) -> None:
        now = millis(self.clock())
        with self.office.transaction() as transaction:
            transaction.execute("DELETE FROM assertion_used WHERE expires < :now", now=now)
            fresh = transaction.changed(
                "INSERT INTO assertion_used (client, jti, expires) VALUES (:client, :jti, :expires)"
                " ON CONFLICT (client, jti) DO NOTHING",
                client=client,
                jti=claims["jti"],
                expires=(claims["exp"] + _SKEW_SECONDS) * 1000,
            )
        if not fresh:
            raise _invalid("the assertion was used before: sign a new one, with a new jti")


def _invalid(description: str) -> GrantError:
    return GrantError("invalid_client", description)


def _instant(said: object) -> int:
    if not isinstance(said, int) or isinstance(said, bool):
        raise _invalid("exp, and iat and nbf where they are there, must be whole numbers")
    return said


def _unverified_issuer(assertion: str) -> str:
    claims = _part(assertion, 1)
    issuer = claims.get("iss")
    if not _plain(issuer):
        raise _invalid("client_assertion must be a signed JWT whose iss is the client's id")
    return str(issuer)


def _plain(said: object) -> bool:
    """Whether this is a text that any database can hold: no NUL, no half of a character."""
    return isinstance(said, str) and said != "" and said.isprintable()


def _kid(assertion: str) -> str:
    header = _part(assertion, 0)
    if not isinstance(header.get("kid"), str) or "crit" in header or "jku" in header:
        raise ValueError("kid is missing, or crit or jku are there")
    kid: str = header["kid"]
    return kid


def _part(assertion: str, place: int) -> dict[str, Any]:
    try:
        raw = assertion.split(".")[place]
        said = json.loads(_decoded(raw))
    except (IndexError, ValueError, RecursionError):
        raise _invalid("client_assertion must be a signed JWT") from None
    if not isinstance(said, dict):
        raise _invalid("client_assertion must be a signed JWT")
    return said


def _decoded(raw: str) -> bytes:
    return base64.urlsafe_b64decode(raw + "=" * (-len(raw) % 4))


def _key(jwks: dict[str, Any], kid: str) -> Any:
    keys = [key for key in jwks["keys"] if key.get("kid") == kid]
    if len(keys) != 1:
        raise KeyError("exactly one registered key must have the assertion's kid")
    return keys[0]
