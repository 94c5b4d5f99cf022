"""Does the simulator give a token only to whom the service would, and say no in its words?"""

import asyncio
import uuid
from datetime import timedelta

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from pds_client.simulator import BASE_PATH
from tests.pds_client.world import (
    ADA,
    API_KEY,
    KEY_ID,
    NOON,
    ORIGIN,
    Clock,
    ada,
    key_pair,
    other_key_pair,
    pds,
)

TOKEN_URL = ORIGIN + "/oauth2/token"
KEY = RSAKey.import_key(key_pair()[0])
OTHER_KEY = RSAKey.import_key(other_key_pair()[0])
FORM = {
    "grant_type": "client_credentials",
    "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
}


def signed(key=KEY, header=None, **claims):
    known = {"iss": API_KEY, "sub": API_KEY, "aud": TOKEN_URL, "jti": str(uuid.uuid4()), "exp": in_seconds(300)}
    written = {name: value for name, value in {**known, **claims}.items() if value is not None}
    said = {"alg": "RS512", "typ": "JWT", "kid": KEY_ID, **(header or {})}
    kept = {name: value for name, value in said.items() if value is not None}
    return jwt.encode(kept, written, key, algorithms=["RS256", "RS384", "RS512", "HS512"])


def in_seconds(seconds):
    return int((NOON + timedelta(seconds=seconds)).timestamp())


def exchange(simulator, *assertions, **form):
    """Sends the assertions one after the other; gives the last answer."""

    async def once():
        async with httpx.AsyncClient(transport=httpx.ASGITransport(simulator.app)) as wire:
            return [
                await wire.post(TOKEN_URL, data={**FORM, "client_assertion": assertion, **form})
                for assertion in assertions
            ][-1]

    return asyncio.run(once())


def answer(*assertions, **form):
    response = exchange(pds(clock=Clock()), *assertions, **form)
    body = response.json()
    return response.status_code, body.get("error_description", "")


def read(simulator, **headers):
    async def once():
        async with httpx.AsyncClient(transport=httpx.ASGITransport(simulator.app)) as wire:
            said = {"X-Request-ID": str(uuid.uuid4()), **headers}
            return await wire.get(f"{ORIGIN}{BASE_PATH}/Patient/{ADA}", headers=said)

    return asyncio.run(once())


def test_a_good_assertion_gets_a_bearer_token_whose_lifetime_is_text():
    body = exchange(pds(clock=Clock()), signed()).json()
    assert (body["token_type"], body["expires_in"], body["issued_at"]) == (
        *("Bearer", "599"),
        str(int(NOON.timestamp() * 1000)),
    )


@pytest.mark.parametrize(
    ("assertion", "status", "words"),
    [
        ("not.a.jwt", 400, "Malformed JWT"),
        ("", 400, "client_assertion"),
        (lambda: signed(header={"alg": "RS384"}), 400, "'alg'"),
        (lambda: signed(OctKey.import_key("s" * 64), header={"alg": "HS512"}), 400, "'alg'"),
        (lambda: signed(header={"typ": "JOSE"}), 400, "'typ'"),
        (lambda: signed(header={"typ": "at+jwt"}), 400, "'typ'"),
        (lambda: signed(header={"kid": None}), 400, "'kid'"),
        (lambda: signed(sub="other"), 400, "iss/sub"),
        (lambda: signed(iss=None), 400, "iss/sub"),
        (lambda: signed(exp=None), 400, "exp"),
        (lambda: signed(exp="soon"), 400, "exp"),
        (lambda: signed(exp=in_seconds(-1)), 400, "exp"),
        (lambda: signed(exp=in_seconds(311)), 400, "exp"),
        (lambda: signed(jti=None), 400, "jti"),
        (lambda: signed(jti=""), 400, "jti"),
        (lambda: signed(jti=5), 400, "jti"),
        (lambda: signed(iss="other", sub="other"), 401, "iss/sub"),
        (lambda: signed(header={"kid": "unknown"}), 401, "'kid'"),
        (lambda: signed(OTHER_KEY), 401, "signature"),
        (lambda: signed(aud=TOKEN_URL + "/"), 401, "aud"),
        (lambda: signed(aud=None), 401, "aud"),
    ],
)
def test_an_assertion_is_refused_in_the_words_of_the_service(assertion, status, words):
    given_status, description = answer(assertion if isinstance(assertion, str) else assertion())
    assert given_status == status
    assert words in description


@pytest.mark.parametrize("typ", ["jwt", "Jwt", "JWT"])
def test_the_case_of_typ_does_not_matter(typ):
    assert answer(signed(header={"typ": typ}))[0] == 200


def test_an_assertion_may_reach_ten_seconds_beyond_five_minutes():
    assert answer(signed(exp=in_seconds(309)))[0] == 200


@pytest.mark.parametrize("form", [{"grant_type": "password"}, {"client_assertion_type": "jwt"}])
def test_another_form_is_refused(form):
    assert answer(signed(), **form)[0] == 400


def test_the_same_assertion_is_not_taken_twice():
    assertion = signed()
    assert answer(assertion, assertion) == (400, "Non-unique jti claim in JWT")


def test_a_jti_is_burnt_even_when_the_signature_fails():
    jti = str(uuid.uuid4())
    assert answer(signed(OTHER_KEY, jti=jti), signed(jti=jti)) == (400, "Non-unique jti claim in JWT")


def test_a_jti_is_burnt_for_its_client_alone():
    jti = str(uuid.uuid4())
    assert answer(signed(iss="other", sub="other", jti=jti), signed(jti=jti))[0] == 200


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ({}, "Missing Authorization header"),
        ({"Authorization": " "}, "Empty Authorization header"),
        ({"Authorization": "Basic YTpi"}, "Invalid token type"),
        ({"Authorization": "Bearer"}, "Missing access token"),
        ({"Authorization": "Bearer unknown"}, "Invalid Access Token"),
    ],
)
def test_a_read_without_a_good_token_is_refused_in_the_words_of_the_service(headers, words):
    response = read(pds(ada()), **headers)
    (issue,) = response.json()["issue"]
    assert (response.status_code, issue["diagnostics"]) == (401, words)
    assert issue["details"]["coding"][0]["code"] == "ACCESS_DENIED"


def test_a_token_opens_a_read_until_its_end():
    clock = Clock()
    simulator = pds(ada(), clock=clock)
    token = exchange(simulator, signed()).json()["access_token"]
    within = read(simulator, Authorization=f"Bearer {token}").status_code
    clock.pass_by(seconds=600)
    assert (within, read(simulator, Authorization=f"Bearer {token}").status_code) == (200, 401)


def test_without_registered_clients_a_read_needs_no_token():
    assert read(pds(ada(), clients={})).status_code == 200
