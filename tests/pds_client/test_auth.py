"""Do we prove who we are exactly as the token endpoint wants it, and no more often than needed?"""

import asyncio
from datetime import timedelta

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from pds_client import FullStop, Matched, Misconfigured, NhsNumber, Unavailable, make_key_pair
from pds_client.auth import Credentials, TokenUnavailable, private_key, read_token
from tests.pds_client.world import (
    ADA,
    API_KEY,
    KEY_ID,
    NOON,
    ORIGIN,
    Clock,
    ada,
    client_of,
    key_pair,
    other_key_pair,
    pds,
    run,
)

TOKEN_URL = ORIGIN + "/oauth2/token"
NUMBER = NhsNumber.parse(ADA)


def credentials():
    return Credentials(TOKEN_URL, API_KEY, KEY_ID, private_key(key_pair()[0]))


def assertion(request):
    form = httpx.QueryParams(request.content.decode())
    keys = KeySet.import_key_set(key_pair()[1])
    return form, jwt.decode(form["client_assertion"], keys, algorithms=["RS512"])


def exchanges(simulator):
    return sum(call.operation == "token" for call in simulator.calls)


def token_answer(status=200, **body):
    return httpx.Response(status, json={"access_token": "t", "expires_in": "599", **body})


def test_the_form_is_the_one_of_signed_jwt_authentication():
    form, _ = assertion(credentials().request(NOON))
    assert (form["grant_type"], form["client_assertion_type"]) == (
        "client_credentials",
        "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    )


def test_the_header_says_rs512_jwt_and_which_key():
    _, token = assertion(credentials().request(NOON))
    assert token.header == {"alg": "RS512", "typ": "JWT", "kid": KEY_ID}


def test_the_claims_are_our_key_the_token_url_and_five_minutes():
    _, token = assertion(credentials().request(NOON))
    expected = {"iss": API_KEY, "sub": API_KEY, "aud": TOKEN_URL, "exp": int(NOON.timestamp()) + 300}
    assert {name: token.claims[name] for name in expected} == expected


def test_no_two_assertions_share_a_jti():
    asking = credentials()
    assert len({assertion(asking.request(NOON))[1].claims["jti"] for _ in range(20)}) == 20


@pytest.mark.parametrize("lifetime", ["599", 599, 599.0])
def test_the_lifetime_is_read_from_the_answer_as_text_or_number(lifetime):
    assert read_token(token_answer(expires_in=lifetime), NOON).ends == NOON + timedelta(seconds=599)


@pytest.mark.parametrize(("lifetime", "renewed"), [("599", 554), ("90", 45), ("60", 30), ("20", 10)])
def test_a_token_is_renewed_forty_five_seconds_before_its_end_or_at_half_of_a_short_life(lifetime, renewed):
    assert read_token(token_answer(expires_in=lifetime), NOON).renew_from == NOON + timedelta(seconds=renewed)


@pytest.mark.parametrize("lifetime", [None, "soon", "", "nan", "inf", 0, -5, [], {}])
def test_a_token_whose_lifetime_is_not_said_is_no_token(lifetime):
    with pytest.raises(TokenUnavailable):
        read_token(token_answer(expires_in=lifetime), NOON)


@pytest.mark.parametrize("text", [None, "", 5, []])
def test_an_answer_without_a_token_is_no_token(text):
    with pytest.raises(TokenUnavailable):
        read_token(token_answer(access_token=text), NOON)


@pytest.mark.parametrize("answer", [httpx.Response(200, text="<html>"), httpx.Response(200, json=[1])])
def test_an_answer_that_is_no_object_is_no_token(answer):
    with pytest.raises(TokenUnavailable):
        read_token(answer, NOON)


@pytest.mark.parametrize("status", [403, 429, 500, 502, 503])
def test_what_may_pass_at_the_token_endpoint_is_not_a_full_stop(status):
    with pytest.raises(TokenUnavailable):
        read_token(token_answer(status), NOON)


@pytest.mark.parametrize("status", [400, 401])
def test_a_refused_assertion_is_a_full_stop(status):
    with pytest.raises(FullStop) as stop:
        read_token(token_answer(status, error="invalid_request"), NOON)
    assert (stop.value.status, stop.value.code) == (status, "invalid_request")


def test_the_text_of_a_refusal_is_not_repeated():
    with pytest.raises(FullStop) as stop:
        read_token(token_answer(400, error="no: eyJhbGciOi..."), NOON)
    assert "eyJ" not in str(stop.value)


def test_a_token_serves_until_shortly_before_its_end_and_then_one_exchange_follows():
    clock = Clock()
    simulator = pds(ada(), clock=clock)

    async def read_over_time():
        async with client_of(simulator, clock=clock) as client:
            counts = []
            for seconds in (0, 500, 60, 500):
                clock.pass_by(seconds=seconds)
                await client.read(NUMBER)
                counts.append(exchanges(simulator))
            return counts

    assert run(read_over_time()) == [1, 1, 2, 2]


def test_fifty_reads_at_once_after_the_end_of_the_token_cause_one_exchange():
    clock = Clock()
    simulator = pds(ada(), clock=clock)

    async def read_at_once():
        async with client_of(simulator, clock=clock) as client:
            await client.read(NUMBER)
            clock.pass_by(hours=1)
            before = exchanges(simulator)
            outcomes = await asyncio.gather(*(client.read(NUMBER) for _ in range(50)))
            return exchanges(simulator) - before, {type(outcome) for outcome in outcomes}

    assert run(read_at_once()) == (1, {Matched})


def test_fifty_reads_at_once_with_a_token_the_server_has_forgotten_cause_one_exchange():
    simulator = pds(ada())

    async def read_at_once():
        async with client_of(simulator, rate=1000) as client:
            await client.read(NUMBER)
            simulator.tokens.expire()
            before = exchanges(simulator)
            outcomes = await asyncio.gather(*(client.read(NUMBER) for _ in range(50)))
            return exchanges(simulator) - before, {type(outcome) for outcome in outcomes}

    assert run(read_at_once()) == (1, {Matched})


def test_who_starts_an_exchange_and_is_cancelled_does_not_end_it_for_the_others():
    simulator = pds(ada())
    simulator.fail_next(200, body=b"{}", delay=1, token=True)

    async def cancel_the_first():
        async with client_of(simulator) as client:
            first = asyncio.create_task(client.read(NUMBER))
            second = asyncio.create_task(client.read(NUMBER))
            await asyncio.sleep(0.5)
            first.cancel()
            return await second

    assert isinstance(run(cancel_the_first()), Matched)


def test_a_token_that_cannot_be_renewed_serves_until_its_end():
    clock = Clock()
    simulator = pds(ada(), clock=clock)

    async def read_late():
        async with client_of(simulator, clock=clock) as client:
            await client.read(NUMBER)
            clock.pass_by(seconds=580)
            simulator.fail_next(503, times=10, token=True)
            return await client.read(NUMBER)

    assert isinstance(run(read_late()), Matched)


def test_without_any_token_the_outcome_is_unavailable_and_pds_is_not_asked():
    simulator = pds(ada())
    simulator.fail_next(500, times=10, token=True)

    async def read():
        async with client_of(simulator) as client:
            return await client.read(NUMBER)

    outcome = run(read())
    assert isinstance(outcome, Unavailable)
    assert not outcome.asked
    assert {call.operation for call in simulator.calls} == {"token"}


def test_a_passing_failure_of_the_token_endpoint_is_tried_again_with_a_new_assertion():
    simulator = pds(ada())
    simulator.fail_next(403, body={"error": "public_key error"}, token=True)

    async def read():
        async with client_of(simulator) as client:
            return await client.read(NUMBER)

    assert isinstance(run(read()), Matched)
    assert exchanges(simulator) == 2


@pytest.mark.parametrize(
    "wrong",
    [{"api_key": "unknown"}, {"key_id": "unknown"}, {"private_key": other_key_pair()[0]}],
    ids=lambda wrong: next(iter(wrong)),
)
def test_wrong_credentials_are_a_full_stop_after_one_exchange(wrong):
    simulator = pds(ada())

    async def read_twice():
        async with client_of(simulator, **wrong) as client:
            for _ in range(2):
                with pytest.raises(FullStop):
                    await client.read(NUMBER)

    run(read_twice())
    assert [call.operation for call in simulator.calls] == ["token"]


def test_a_new_key_signs_the_next_token_once_it_is_published_beside_the_old():
    clock = Clock()
    simulator = pds(ada(), clock=clock)
    simulator.tokens.register(API_KEY, {"keys": [*key_pair()[1]["keys"], *other_key_pair()[1]["keys"]]})

    async def rotate():
        async with client_of(simulator, clock=clock) as client:
            before = await client.read(NUMBER)
            client.rotate_key("key-2", other_key_pair()[0])
            simulator.tokens.register(API_KEY, other_key_pair()[1])
            clock.pass_by(hours=1)
            return before, await client.read(NUMBER)

    assert [type(outcome) for outcome in run(rotate())] == [Matched, Matched]


def test_a_key_pair_is_a_private_pem_and_a_public_jwks():
    pem, jwks = make_key_pair("mine", bits=2048)
    (published,) = jwks["keys"]
    assert RSAKey.import_key(pem).is_private
    assert {name: published[name] for name in ("kid", "kty", "alg", "use")} == {
        "kid": "mine",
        "kty": "RSA",
        "alg": "RS512",
        "use": "sig",
    }
    assert "d" not in published


def test_a_key_made_during_a_rotation_is_published_beside_the_old_one():
    _, jwks = make_key_pair("new", bits=2048, beside=key_pair()[1])
    assert [key["kid"] for key in jwks["keys"]] == [KEY_ID, "new"]


def test_a_key_is_taken_as_text_bytes_or_an_object():
    pem = key_pair()[0]
    made = rsa.generate_private_key(65537, 2048)
    assert all(private_key(key).is_private for key in (pem, pem.encode(), RSAKey.import_key(pem), made))


def _elliptic():
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.mark.parametrize(
    "key",
    ["", "not a key", b"\x00", _elliptic(), RSAKey.import_key(key_pair()[1]["keys"][0])],
    ids=["empty", "text", "bytes", "elliptic", "public"],
)
def test_what_is_no_private_rsa_key_is_refused_at_once(key):
    with pytest.raises(Misconfigured):
        private_key(key)
