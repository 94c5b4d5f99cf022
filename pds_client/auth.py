"""How do we prove to PDS who we are?

Rules it keeps:
- A token is bought with an assertion signed RS512: `iss` and `sub` are the API key, `aud` is the token
  URL to the character, it lives five minutes, and its `jti` is new for every attempt, because the
  server burns the `jti` before it looks at anything else.
- Only the answer says how long a token lives, as a string or a number. It is renewed before its end, and
  served to its end when renewal fails.
- However many calls need a token, one exchange goes out.
- A new key signs once it is published; the old one stays published beside it until then.
- Nothing here sends: requests are made and answers are read, and the client carries them.

https://digital.nhs.uk/developer/guides-and-documentation/security-and-authorisation/application-restricted-restful-apis-signed-jwt-authentication
"""

import asyncio
import math
import re
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from pds_client.errors import FullStop, Misconfigured

ALGORITHM = "RS512"
ASSERTION_LIFETIME = timedelta(minutes=5)
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
RENEW_BEFORE = timedelta(seconds=45)

# What comes back is shown only when it can be nothing but a code.
_OAUTH_CODE = re.compile(r"[a-z_]{1,40}")

Clock = Callable[[], datetime]
Send = Callable[[httpx.Request], Awaitable[httpx.Response]]
PrivateKey = str | bytes | RSAPrivateKey | RSAKey


class TokenUnavailable(Exception):  # noqa: N818
    """The token endpoint gave no token this time; asking again later may help."""

    def __init__(self, status: int | None) -> None:
        super().__init__(f"the token endpoint answered {status}")
        self.status = status


@dataclass(frozen=True, slots=True, repr=False)
class Token:
    text: str
    renew_from: datetime
    ends: datetime


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    token_url: str
    api_key: str
    key_id: str
    key: RSAKey

    def request(self, now: datetime) -> httpx.Request:
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": self._assertion(now),
        }
        return httpx.Request("POST", self.token_url, data=form, headers={"Accept": "application/json"})

    def _assertion(self, now: datetime) -> str:
        header = {"alg": ALGORITHM, "typ": "JWT", "kid": self.key_id}
        claims = {
            "iss": self.api_key,
            "sub": self.api_key,
            "aud": self.token_url,
            "jti": str(uuid.uuid4()),
            "exp": int((now + ASSERTION_LIFETIME).timestamp()),
        }
        return jwt.encode(header, claims, self.key, algorithms=[ALGORITHM])


class Tokens:
    """The one place where a token is held; it renews itself when asked late enough."""

    def __init__(self, credentials: Credentials, send: Send, clock: Clock) -> None:
        self._credentials = credentials
        self._send = send
        self._clock = clock
        self._token: Token | None = None
        self._exchange: asyncio.Task[Token] | None = None

    def rotate(self, credentials: Credentials) -> None:
        self._credentials = credentials

    def forget(self, text: str) -> None:
        """Drops this token, unless it was already renewed by somebody else."""
        if self._token is not None and self._token.text == text:
            self._token = None

    async def current(self) -> str:
        token, now = self._token, self._clock()
        if token is not None and now < token.renew_from:
            return token.text
        try:
            return (await self._renewed()).text
        except TokenUnavailable:
            if token is None or now >= token.ends:
                raise
            return token.text

    async def close(self) -> None:
        if self._exchange is not None:
            self._exchange.cancel()
            await asyncio.wait([self._exchange])

    async def _renewed(self) -> Token:
        if self._exchange is None:
            self._exchange = asyncio.create_task(self._buy())
            self._exchange.add_done_callback(self._exchanged)
        # Whoever started the exchange may be cancelled; the others still wait for it.
        return await asyncio.shield(self._exchange)

    async def _buy(self) -> Token:
        asked_at = self._clock()
        try:
            response = await self._send(self._credentials.request(asked_at))
        except httpx.RequestError:
            raise TokenUnavailable(None) from None
        self._token = read_token(response, asked_at)
        return self._token

    def _exchanged(self, exchange: asyncio.Task[Token]) -> None:
        self._exchange = None
        if not exchange.cancelled():
            # Looked at once, so that an exchange nobody waits for any more does not complain later.
            exchange.exception()


def read_token(response: httpx.Response, asked_at: datetime) -> Token:
    if response.status_code in (400, 401):
        raise FullStop("the token endpoint", response.status_code, _oauth_error(response))
    body = json_object(response)
    text, lifetime = body.get("access_token"), _seconds(body.get("expires_in"))
    if response.status_code != 200 or not isinstance(text, str) or not text or lifetime is None:
        raise TokenUnavailable(response.status_code)
    ends = asked_at + timedelta(seconds=lifetime)
    return Token(text, ends - min(RENEW_BEFORE, timedelta(seconds=lifetime / 2)), ends)


def private_key(key: PrivateKey) -> RSAKey:
    if isinstance(key, RSAPrivateKey):
        key = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        imported = key if isinstance(key, RSAKey) else RSAKey.import_key(key)
    except (JoseError, ValueError, TypeError):
        raise Misconfigured("private_key: not an RSA key in PEM") from None
    if not imported.is_private:
        raise Misconfigured("private_key: this is the public half")
    return imported


def make_key_pair(
    key_id: str, *, bits: int = 4096, beside: Mapping[str, list[object]] | None = None
) -> tuple[str, dict[str, list[object]]]:
    """A new private key in PEM and the JWKS to publish; `beside` is what is published during a rotation."""
    key = RSAKey.generate_key(bits, {"kid": key_id, "use": "sig", "alg": ALGORITHM})
    published = [*(beside or {}).get("keys", []), key.as_dict(private=False)]
    return key.as_pem(private=True).decode(), {"keys": published}


def _seconds(value: object) -> float | None:
    try:
        seconds = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return seconds if math.isfinite(seconds) and seconds > 0 else None


def _oauth_error(response: httpx.Response) -> str | None:
    error = json_object(response).get("error")
    return error if isinstance(error, str) and _OAUTH_CODE.fullmatch(error) else None


def json_object(response: httpx.Response) -> Mapping[str, object]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
