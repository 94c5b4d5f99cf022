"""Does a client get an access token exactly when SMART Backend Services says so, and does no other token open?"""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA384
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from adapter.app import application
from adapter.deployment import open_deployment
from adapter.settings import Settings
from tests.fhir import cause, hold
from tests.served import Served, free_socket
from tests.world import START, World

# What is not about rows of a table is asked on one engine.
both = pytest.mark.parametrize("town", ["sqlite", "postgresql"], indirect=True)
NOW = int(START.timestamp())
FORM = {
    "grant_type": "client_credentials",
    "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    "scope": "system/*.rs",
}


@pytest.fixture
def town(request: pytest.FixtureRequest) -> World:
    made: World = request.getfixturevalue(f"{getattr(request, 'param', 'sqlite')}_town")
    return made


@pytest.fixture(scope="session")
def rsa_key() -> RSAKey:
    return RSAKey.generate_key(2048)


def exchange(asker: Any, assertion: str, **changes: str) -> httpx.Response:
    """Send an assertion; `changes` replace what else the form says."""
    form = FORM | {"client_assertion": assertion} | changes
    answer: httpx.Response = asker.http.post(asker.token_endpoint(), data=form)
    return answer


def refused(answer: httpx.Response) -> tuple[int, str]:
    """The status and OAuth error of a refusal, which is never stored and says something to a person."""
    said = answer.json()
    assert answer.headers["cache-control"] == "no-store" and said["error_description"]
    return answer.status_code, said["error"]


# ---------------------------------------------------------------- discovery


def test_a_client_discovers_where_and_how_to_ask_for_a_token(town: World) -> None:
    found = httpx.get(f"{town.base}/.well-known/smart-configuration").json()
    assert {
        "token_endpoint": town.base.removesuffix("/fhir") + "/oauth2/token",
        "grant_types_supported": ["client_credentials"],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["RS384", "ES384", "RS512"],
    }.items() <= found.items() and {"client-confidential-asymmetric", "permission-v2"} <= set(found["capabilities"])


# ---------------------------------------------------------------- a token is given


@both
def test_a_client_with_an_elliptic_key_gets_a_token_that_opens(town: World) -> None:
    asker = town.asker("council")
    answer = exchange(asker, asker.assertion())
    token = answer.json()["access_token"]
    opened = httpx.get(f"{town.base}/Patient", headers={"Authorization": f"Bearer {token}", **asker.headers})
    assert (answer.status_code, answer.headers["cache-control"], opened.status_code) == (200, "no-store", 200)


@pytest.mark.parametrize("algorithm", ["RS384", "RS512"])
def test_a_client_with_an_rsa_key_gets_a_token(town: World, rsa_key: RSAKey, algorithm: str) -> None:
    asker = registered(town, rsa_key)
    asker.algorithm = algorithm
    assert exchange(asker, asker.assertion()).status_code == 200


def test_a_token_says_how_long_it_lasts_and_what_it_is_for(town: World) -> None:
    said = exchange(asker := town.asker("council"), asker.assertion()).json()
    assert (said["token_type"], said["expires_in"], said["scope"]) == ("bearer", 300, "system/*.rs")


def test_no_two_tokens_are_the_same(town: World) -> None:
    asker = town.asker("council")
    tokens = {exchange(asker, asker.assertion()).json()["access_token"] for _ in range(2)}
    assert len(tokens) == 2


@pytest.mark.parametrize(
    ("registered_for", "asked", "given"),
    [
        ("system/*.rs", "system/Patient.rs", "system/Patient.rs"),
        ("system/*.rs", "system/Patient.rs system/CareTeam.s", "system/Patient.rs system/CareTeam.s"),
        ("system/*.rs", "system/*.cruds", "system/*.rs"),
        ("system/Patient.rs", "system/Patient.cruds", "system/Patient.rs"),
        ("system/Patient.rs", "system/Patient.rs system/CareTeam.rs", "system/Patient.rs"),
        ("system/*.rs", "system/*.read", "system/*.read"),
        ("system/*.read", "system/*.rs", "system/*.rs"),
        ("system/*.r", "system/*.rs", "system/*.r"),
        ("system/*.rs", "launch openid system/Patient.r", "system/Patient.r"),
    ],
)
def test_a_scope_is_narrowed_to_what_is_registered(town: World, registered_for: str, asked: str, given: str) -> None:
    asker = town.asker("council", scopes=(registered_for,))
    assert exchange(asker, asker.assertion(), scope=asked).json()["scope"] == given


@pytest.mark.parametrize(
    ("registered_for", "asked"),
    [
        ("system/*.rs", ""),
        ("system/*.rs", "user/Patient.rs"),
        ("system/*.rs", "patient/Patient.rs"),
        ("system/*.rs", "system/*.write"),
        ("system/*.rs", "system/*.cud"),
        ("system/*.rs", "system/Patient."),
        ("system/*.rs", "system/Patient.sr"),
        ("system/*.rs", "system/Patient.rs?identifier=1"),
        ("system/*.rs", "system/Patient.rs?_security:not=R"),
        ("system/*.rs", "system/%2a.rs"),
        ("system/*.rs", "system/Patient%2ers"),
        ("system/*.rs", "SYSTEM/*.rs"),
        ("system/Patient.rs", "system/PatientX.rs"),
        ("system/Patient.rs", "system/CareTeam.rs"),
        ("system/Patient.rs", "system/Pat.rs"),
        ("system/Patient.rs?identifier=1", "system/Patient.rs"),
        ("none", "system/Patient.rs"),
    ],
)
def test_a_scope_that_is_not_registered_or_not_understood_gives_no_token(
    town: World, registered_for: str, asked: str
) -> None:
    asker = town.asker("council", scopes=(registered_for,))
    assert refused(exchange(asker, asker.assertion(), scope=asked)) == (400, "invalid_scope")


# ---------------------------------------------------------------- a token is refused

CLAIMS: dict[str, dict[str, Any]] = {
    "another audience": {"aud": "https://elsewhere.example/oauth2/token"},
    "an audience with a slash": {"aud": None},
    "the base as audience": {"aud": "base"},
    "a list of audiences": {"aud": ["list"]},
    "no audience": {"aud": ""},
    "expires too late": {"exp": NOW + 311},
    "expires in a year": {"exp": NOW + 365 * 86400},
    "expired": {"exp": NOW - 10},
    "expires never": {"exp": None},
    "expires as a word": {"exp": str(NOW + 100)},
    "expires truly": {"exp": True},
    "expires beyond counting": {"exp": 10**400},
    "issued in the future": {"iat": NOW + 11},
    "issued as a word": {"iat": "now"},
    "valid in the future": {"nbf": NOW + 60},
    "another issuer": {"iss": "nobody"},
    "another subject": {"sub": "nobody"},
    "no subject": {"sub": None},
    "no name of its own": {"jti": None},
    "an empty name of its own": {"jti": ""},
    "a number for a name": {"jti": 7},
    "an endless name": {"jti": "x" * 201},
    "a name with a NUL": {"jti": "a\x00b"},
    "half a character for a name": {"jti": "\ud800"},
    "an issuer with a NUL": {"iss": "a\x00b"},
    "half a character for an issuer": {"iss": "\ud800"},
    "a number for an issuer": {"iss": 7},
}


@both
@pytest.mark.parametrize("changes", CLAIMS.values(), ids=CLAIMS)
def test_an_assertion_whose_claims_are_wrong_is_refused(town: World, changes: dict[str, Any]) -> None:
    asker = town.asker("council")
    endpoint = asker.token_endpoint()
    audiences = {None: f"{endpoint}/", "base": town.base}
    if "aud" in changes:
        wrong = changes["aud"]
        changes = {"aud": [endpoint] if isinstance(wrong, list) else audiences.get(wrong, wrong)}
    claims = {"iss": asker.client_id, "sub": asker.client_id, "aud": endpoint, "exp": NOW + 240, "iat": NOW, "jti": "j"}
    claims |= changes
    assert refused(exchange(asker, sign(asker, claims))) == (401, "invalid_client")


def sign(asker: Any, claims: dict[str, Any], header: dict[str, Any] | None = None) -> str:
    """Sign claims, whatever they are, with the asker's key."""
    said = {"alg": asker.algorithm, "kid": asker.key_id, "typ": "JWT"} | (header or {})
    signing = f"{_encoded(said)}.{_encoded({name: value for name, value in claims.items() if value is not None})}"
    return f"{signing}.{_signature(asker, signing)}"


def _signature(asker: Any, signing: str) -> str:
    """ES384, by hand: so that a header may say anything."""
    der = asker.key.private_key.sign(signing.encode(), ec.ECDSA(SHA384()))
    r, s = utils.decode_dss_signature(der)
    return _unpadded(r.to_bytes(48, "big") + s.to_bytes(48, "big"))


def _encoded(said: Any) -> str:
    return _unpadded(json.dumps(said).encode())


def _unpadded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def test_an_assertion_at_the_edge_of_what_is_allowed_is_taken(town: World) -> None:
    asker = town.asker("council")
    edges = [{"exp": NOW + 310, "iat": NOW + 10}, {"exp": NOW - 9, "iat": NOW - 300}, {"nbf": NOW}]
    assert {exchange(asker, asker.assertion(**edge)).status_code for edge in edges} == {200}


@pytest.mark.parametrize(
    "header",
    [
        {"kid": "key-2"},
        {"kid": None},
        {"kid": 1},
        {"crit": ["exp"]},
        {"crit": []},
        {"jku": "https://elsewhere.example/jwks"},
        {"alg": "none"},
        {"alg": "None"},
        {"alg": "ES256"},
        {"alg": "RS384"},
        {"alg": "HS256"},
        {"alg": "HS384"},
        {"alg": "PS384"},
        {"alg": 384},
        {"alg": None},
        {"b64": False, "crit": ["b64"]},
    ],
    ids=str,
)
def test_an_assertion_whose_header_is_wrong_is_refused(town: World, header: dict[str, Any]) -> None:
    asker = town.asker("council")
    said = {"alg": "ES384", "kid": "key-1", "typ": "JWT"} | header
    said = {name: value for name, value in said.items() if value is not None}
    signing = f"{_encoded(said)}.{_encoded(_claims(asker))}"
    assert refused(exchange(asker, f"{signing}.{_signature(asker, signing)}")) == (401, "invalid_client")


def test_an_assertion_that_is_signed_with_nothing_is_refused(town: World) -> None:
    asker = town.asker("council")
    header = {"alg": "none", "kid": "key-1", "typ": "JWT"}
    unsigned = f"{_encoded(header)}.{_encoded(_claims(asker))}."
    assert refused(exchange(asker, unsigned)) == (401, "invalid_client")


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
def test_an_assertion_that_is_signed_with_the_public_key_as_a_secret_is_refused(town: World, algorithm: str) -> None:
    asker = town.asker("council")
    signing = f"{_encoded({'alg': algorithm, 'kid': 'key-1', 'typ': 'JWT'})}.{_encoded(_claims(asker))}"
    forged = hmac.digest(asker.key.as_pem(private=False), signing.encode(), algorithm.replace("HS", "sha"))
    assert refused(exchange(asker, f"{signing}.{_unpadded(forged)}")) == (401, "invalid_client")


def test_an_assertion_that_another_key_signed_is_refused(town: World) -> None:
    asker = town.asker("council")
    asker.key = ECKey.generate_key("P-384")
    assert refused(exchange(asker, asker.assertion())) == (401, "invalid_client")


def test_an_assertion_that_was_changed_after_it_was_signed_is_refused(town: World) -> None:
    asker = town.asker("council")
    header, _, signature = asker.assertion().split(".")
    changed = f"{header}.{_encoded(_claims(asker))}.{signature}"
    assert refused(exchange(asker, changed)) == (401, "invalid_client")


_DEEP = b'{"a":' * 8_000


@pytest.mark.parametrize(
    "assertion",
    [
        "",
        "x",
        "a.b.c",
        "a.b.c.d.e",
        "..",
        f"{_encoded({'kid': 'key-1'})}.{_encoded([])}.x",
        f"{_encoded('text')}.{_encoded({'iss': 'x'})}.x",
        f"{_encoded({})}.{_unpadded(b'[' * 40_000)}.x",
        f"{_encoded({})}.{_unpadded(_DEEP)}.x",
        f"{_encoded({})}.{_unpadded(bytes([0xFF, 0xFE]))}.x",
        f"{_encoded({})}.{_unpadded(b'9' * 5000)}.x",
        "é.é.é",
    ],
    ids=lambda assertion: f"{assertion[:12]}...{len(assertion)}",
)
def test_what_is_no_assertion_is_refused_and_breaks_nothing(town: World, assertion: str) -> None:
    assert refused(exchange(town.asker("council"), assertion)) == (401, "invalid_client")


def test_two_registered_keys_of_one_name_open_nothing(town: World) -> None:
    asker = town.asker("council")
    keys = [asker.key.as_dict(private=False), ECKey.generate_key("P-384").as_dict(private=False)]
    _change(town, asker, jwks=json.dumps({"keys": [key | {"kid": "key-1"} for key in keys]}))
    assert refused(exchange(asker, asker.assertion())) == (401, "invalid_client")


def test_one_of_two_registered_keys_is_found_by_its_name(town: World) -> None:
    asker = town.asker("council")
    mine = asker.key.as_dict(private=False)
    other = ECKey.generate_key("P-384").as_dict(private=False)
    _change(town, asker, jwks=json.dumps({"keys": [other | {"kid": "key-0"}, mine | {"kid": "key-1"}]}))
    assert exchange(asker, asker.assertion()).status_code == 200


def test_a_client_speaks_for_itself_alone(town: World) -> None:
    mine, other = town.asker("council"), town.asker("council")
    mine.client_id = other.client_id
    mine.key = ECKey.generate_key("P-384")
    assert refused(exchange(mine, mine.assertion())) == (401, "invalid_client")


def test_a_client_that_nobody_registered_gets_no_token(town: World) -> None:
    asker = town.asker("council")
    asker.client_id = "nobody"
    assert refused(exchange(asker, asker.assertion())) == (401, "invalid_client")


@pytest.mark.parametrize(("starts", "ends"), [(0, NOW * 1000), (NOW * 1000 + 1, NOW * 1000 + 10)])
def test_outside_its_agreement_a_client_gets_no_token(town: World, starts: int, ends: int) -> None:
    asker = town.asker("council")
    _change(town, asker, starts=starts, ends=ends)
    assert refused(exchange(asker, asker.assertion())) == (401, "invalid_client")


@both
def test_an_assertion_is_used_once(town: World) -> None:
    asker = town.asker("council")
    assertion = asker.assertion()
    first, second = (exchange(asker, assertion) for _ in range(2))
    assert (first.status_code, refused(second)) == (200, (401, "invalid_client"))


def test_an_assertion_name_belongs_to_its_client(town: World) -> None:
    askers = [town.asker("council") for _ in range(2)]
    assert [exchange(asker, asker.assertion(jti="same")).status_code for asker in askers] == [200, 200]


@both
def test_an_assertion_is_used_once_among_all_servers_of_a_deployment(town: World) -> None:
    asker = town.asker("council")
    assertion = asker.assertion()
    with _second_server(town) as endpoint:
        asker.exchange(assertion)
        again, fresh = (
            httpx.post(endpoint, data=FORM | {"client_assertion": each}) for each in (assertion, asker.assertion())
        )
    assert (refused(again), fresh.status_code) == ((401, "invalid_client"), 200)


@contextmanager
def _second_server(town: World) -> Iterator[str]:
    """Another server on the same database, with the same secrets and clock; where it gives out tokens."""
    deployment = open_deployment(town.deployment.settings, clock=town.deployment.clock)
    socket = free_socket()
    served = Served(application(deployment, background=False), socket)
    yield f"http://127.0.0.1:{socket.getsockname()[1]}/oauth2/token"
    served.end()
    socket.close()
    deployment.close()


def test_an_assertion_that_was_used_is_forgotten_when_it_could_be_used_no_more(world: World) -> None:
    asker = world.asker("council")
    assertion = asker.assertion()
    asker.exchange(assertion)
    world.pass_time(seconds=251)
    late = exchange(asker, assertion)
    exchange(asker, asker.assertion())
    assert (refused(late), len(world.rows("SELECT 1 FROM assertion_used"))) == ((401, "invalid_client"), 1)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"grant_type": "authorization_code"}, "unsupported_grant_type"),
        ({"grant_type": ""}, "unsupported_grant_type"),
        ({"client_assertion_type": "jwt"}, "invalid_request"),
        ({"client_assertion_type": ""}, "invalid_request"),
        ({"scope": "x" * 70_000}, "unsupported_grant_type"),
    ],
)
def test_a_form_that_asks_for_something_else_is_refused(town: World, changes: dict[str, str], error: str) -> None:
    asker = town.asker("council")
    assert refused(exchange(asker, asker.assertion(), **changes)) == (400, error)


def test_a_form_that_says_a_thing_twice_is_refused(town: World) -> None:
    asker = town.asker("council")
    grant = "grant_type=client_credentials&grant_type=client_credentials"
    assert refused(asker.http.post(asker.token_endpoint(), content=grant)) == (400, "unsupported_grant_type")


# ---------------------------------------------------------------- a token opens, or does not


def _ask(town: World, token: str) -> tuple[int, str]:
    answer = httpx.get(f"{town.base}/Patient", headers={"Authorization": f"Bearer {token}"})
    hold(answer)
    return cause(answer)


def test_a_token_that_was_changed_opens_nothing(town: World) -> None:
    asker = town.asker("council")
    header, claims, signature = asker.token().split(".")
    other = _encoded(json.loads(base64.urlsafe_b64decode(claims + "==")) | {"sub": town.asker("council").client_id})
    changed = [
        f"{header}.{other}.{signature}",
        f"{header}.{claims}.{signature[:-4]}AAAA",
        f"{header}.{claims}.",
        f"{header}.{claims}",
        f"{_encoded({'alg': 'none', 'typ': 'JWT'})}.{claims}.",
        f"{_encoded({'alg': 'none', 'typ': 'JWT'})}.{claims}.{signature}",
        f"{_encoded({'alg': 'HS256', 'typ': 'JWT'})}.{claims}.{signature}",
        asker.assertion(),
        "x",
        "a.b.c",
        "....",
        f"{_unpadded(b'[' * 20_000)}.{claims}.{signature}",
        f"{header}.{_unpadded(b'[' * 20_000)}.{signature}",
    ]
    assert {_ask(town, token) for token in changed} == {(401, "bad-token")}


def test_a_token_opens_until_it_expires_and_no_longer(world: World) -> None:
    world.load()
    asker = world.asker("council")
    asker.token()
    statuses = []
    for seconds in (0, 299, 1):
        world.pass_time(seconds=seconds)
        statuses.append(asker.get("Patient").status_code)
    assert (statuses, cause(asker.get("Patient"))) == ([200, 200, 401], (401, "expired-token"))


def test_a_token_of_another_deployment_opens_nothing(town: World, tmp_path: Any) -> None:
    asker = town.asker("council")
    elsewhere = open_deployment(Settings(home=tmp_path, base_url=town.base), clock=town.deployment.clock)
    claims = json.loads(base64.urlsafe_b64decode(asker.token().split(".")[1] + "=="))
    forged = jwt.encode({"alg": "ES256", "typ": "JWT"}, claims, elsewhere.keys.signing, algorithms=["ES256"])
    elsewhere.close()
    assert _ask(town, forged) == (401, "bad-token")


@pytest.mark.parametrize("change", [{"aud": "https://elsewhere.example"}, {"iss": "x"}, {"scope": None}, {"sub": None}])
def test_a_token_for_another_server_of_the_same_key_opens_nothing(town: World, change: dict[str, Any]) -> None:
    claims = json.loads(base64.urlsafe_b64decode(town.asker("council").token().split(".")[1] + "==")) | change
    claims = {name: value for name, value in claims.items() if value is not None}
    made = jwt.encode({"alg": "ES256", "typ": "JWT"}, claims, town.deployment.keys.signing, algorithms=["ES256"])
    assert _ask(town, made) == (401, "bad-token")


def test_a_scheme_is_read_in_any_letters(town: World) -> None:
    asker = town.asker("council")
    answers = [
        httpx.get(f"{town.base}/Patient", headers={"Authorization": f"{scheme} {asker.token()}", **asker.headers})
        for scheme in ("Bearer", "bearer", "BEARER")
    ]
    assert {answer.status_code for answer in answers} == {200}


def registered(town: World, key: Any) -> Any:
    """A council's client whose key is another one."""
    asker = town.asker("council")
    _change(town, asker, jwks=json.dumps({"keys": [key.as_dict(private=False) | {"kid": "key-1"}]}))
    asker.key = key
    return asker


def _claims(asker: Any) -> dict[str, Any]:
    said = {"iss": asker.client_id, "sub": asker.client_id, "aud": asker.token_endpoint()}
    return said | {"exp": NOW + 240, "iat": NOW, "jti": "made-up"}


def _change(town: World, asker: Any, **columns: Any) -> None:
    setting = ", ".join(f"{name} = :{name}" for name in columns)
    with town.deployment.office.transaction() as transaction:
        transaction.execute(
            f"UPDATE client SET version = version + 1, {setting} WHERE id = :client", client=asker.client_id, **columns
        )
