"""Does an asker get its token and ask as SMART Backend Services says, knowing nothing of what answers?

The target here is no product: it answers as the specification's examples do, and keeps what it was asked.
https://hl7.org/fhir/smart-app-launch/backend-services.html
"""

from __future__ import annotations

from urllib.parse import parse_qsl

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from conformance.asker import Asker, ForeignLinkError, NoTokenError

BASE = "https://target.example/fhir"
NOW = 1_800_000_000.0
HEADERS = {"ASC-Purpose-Of-Use": "TREAT", "ASC-User-ID": "nurse-1"}


class Target:
    """Answers discovery, tokens and everything else; keeps every request."""

    def __init__(self) -> None:
        self.asked: list[httpx.Request] = []
        self.refusal = ""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        if request.url.path.endswith("/.well-known/smart-configuration"):
            return httpx.Response(200, json={"token_endpoint": "https://tokens.example/token"})
        if request.url.path == "/token":
            refused = {"error": self.refusal}
            given = {"access_token": "the-token", "token_type": "bearer", "expires_in": 300}
            return httpx.Response(400 if self.refusal else 200, json=refused if self.refusal else given)
        return httpx.Response(200, json={"resourceType": "Bundle", "type": "searchset"})

    def sent(self, path: str) -> list[httpx.Request]:
        """The requests to one path."""
        return [request for request in self.asked if request.url.path == path]


@pytest.fixture(scope="module")
def key() -> ECKey:
    return ECKey.generate_key("P-384")


@pytest.fixture
def target() -> Target:
    return Target()


@pytest.fixture
def asker(target: Target, key: ECKey) -> Asker:
    http = httpx.Client(transport=httpx.MockTransport(target))
    return Asker(BASE, "client-1", key, "key-1", headers=HEADERS, http=http, clock=lambda: NOW)


def form(request: httpx.Request) -> dict[str, str]:
    return dict(parse_qsl(request.content.decode()))


def test_the_token_is_asked_for_where_the_target_says(asker: Asker, target: Target) -> None:
    asker.token()
    assert [str(request.url) for request in target.asked][-1] == "https://tokens.example/token"


def test_the_token_is_asked_for_as_the_specification_says(asker: Asker, target: Target) -> None:
    asker.token()
    said = form(target.sent("/token")[0])
    assert {name: value for name, value in said.items() if name != "client_assertion"} == {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "scope": "system/*.rs",
    }


def test_the_assertion_speaks_for_the_client_to_the_token_endpoint_for_four_minutes(asker: Asker, key: ECKey) -> None:
    token = jwt.decode(asker.assertion(), key, algorithms=["ES384"])
    claims = {name: value for name, value in token.claims.items() if name != "jti"}
    assert (token.header, claims) == (
        {"alg": "ES384", "kid": "key-1", "typ": "JWT"},
        {
            "iss": "client-1",
            "sub": "client-1",
            "aud": "https://tokens.example/token",
            "iat": int(NOW),
            "exp": int(NOW) + 240,
        },
    )


def test_no_two_assertions_have_one_name(asker: Asker, key: ECKey) -> None:
    names = {jwt.decode(asker.assertion(), key, algorithms=["ES384"]).claims["jti"] for _ in range(3)}
    assert len(names) == 3


def test_a_claim_can_be_replaced_so_that_a_target_can_be_tried(asker: Asker, key: ECKey) -> None:
    claims = jwt.decode(asker.assertion(aud="elsewhere", exp=1), key, algorithms=["ES384"]).claims
    assert (claims["aud"], claims["exp"]) == ("elsewhere", 1)


def test_an_rsa_key_signs_as_the_asker_is_told(asker: Asker) -> None:
    asker.key, asker.algorithm = RSAKey.generate_key(2048), "RS384"
    assert jwt.decode(asker.assertion(), asker.key, algorithms=["RS384"]).header["alg"] == "RS384"


def test_one_token_serves_many_questions(asker: Asker, target: Target) -> None:
    for _ in range(3):
        asker.get("Patient")
    assert len(target.sent("/token")) == 1


def test_a_target_that_gives_no_token_is_named_by_its_error(asker: Asker, target: Target) -> None:
    target.refusal = "invalid_client"
    with pytest.raises(NoTokenError, match=r"^invalid_client$"):
        asker.get("Patient")


def test_no_question_is_asked_without_a_token(asker: Asker, target: Target) -> None:
    target.refusal = "invalid_scope"
    with pytest.raises(NoTokenError):
        asker.search("Patient", [("family", "x")])
    assert target.sent("/fhir/Patient/_search") == []


def test_every_question_says_who_asks_and_for_what(asker: Asker, target: Target) -> None:
    asker.get("Patient/1")
    asker.search("Patient", [("family", "x")])
    questions = target.sent("/fhir/Patient/1") + target.sent("/fhir/Patient/_search")
    said = [{name: request.headers[name] for name in ("authorization", *HEADERS)} for request in questions]
    assert said == [{"authorization": "Bearer the-token", **HEADERS}] * 2


def test_a_search_puts_nothing_about_a_person_in_an_address(asker: Asker, target: Target) -> None:
    asked = [("family", "Brontë & Ó Néill"), ("birthdate", "1941-03-05"), ("_revinclude", "CareTeam:patient")]
    asker.search("Patient", asked)
    (request,) = target.sent("/fhir/Patient/_search")
    assert (request.method, request.url.query, parse_qsl(request.content.decode())) == ("POST", b"", asked)


def test_a_search_is_a_form(asker: Asker, target: Target) -> None:
    asker.search("Patient", [])
    (request,) = target.sent("/fhir/Patient/_search")
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"


def test_a_header_of_one_question_is_said_beside_the_askers_own(asker: Asker, target: Target) -> None:
    asker.get("Patient", headers={"Prefer": "handling=strict", "ASC-User-ID": "nurse-2"})
    (request,) = target.sent("/fhir/Patient")
    assert (request.headers["prefer"], request.headers["asc-user-id"], request.headers["asc-purpose-of-use"]) == (
        "handling=strict",
        "nurse-2",
        "TREAT",
    )


@pytest.mark.parametrize("link", [f"{BASE}/Patient?_cursor=x", f"{BASE}?_cursor=x"])
def test_a_link_of_the_target_is_followed(asker: Asker, target: Target, link: str) -> None:
    asker.get(link)
    assert str(target.asked[-1].url) == link


@pytest.mark.parametrize(
    "link",
    [
        "https://elsewhere.example/fhir/Patient",
        "http://target.example/fhir/Patient",
        "https://target.example/other",
        "https://target.example/fhirs/Patient",
        "https://target.example.elsewhere.example/fhir/Patient",
        "https://target.example@elsewhere.example/fhir/Patient",
        "HTTPS://elsewhere.example/fhir/Patient",
    ],
)
def test_a_link_that_leads_elsewhere_is_not_followed_with_the_token(asker: Asker, target: Target, link: str) -> None:
    asker.token()
    before = len(target.asked)
    with pytest.raises(ForeignLinkError):
        asker.get(link)
    assert len(target.asked) == before


def test_an_asker_shows_no_token(asker: Asker) -> None:
    asker.token()
    assert "the-token" not in repr(asker)


def test_an_asker_shows_no_key(asker: Asker, key: ECKey) -> None:
    assert str(key.as_dict(private=True)["d"]) not in repr(asker)
