"""An officer registers systems that may ask."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from joserfc.jwk import ECKey

from conformance.asker import Asker
from tests.commands.desk import Desk

ADD = (
    *("client", "add", "--name", "St Invented", "--recipient", "hospital", "--organisation", "RYJ"),
    *("--purpose", "TREAT", "--role", "clinician", "--agreement", "DSA-1", "--toolkit", "standards met"),
    *("--ends", "2027-03-31"),
)


def jwks(desk: Desk) -> str:
    key = ECKey.generate_key("P-384", {"use": "sig"}, auto_kid=True)
    return desk.file(json.dumps({"keys": [key.as_dict(private=False)]}).encode(), "jwks.json")


def test_a_client_with_a_key_that_was_made_for_it_gets_a_token(desk: Desk) -> None:
    client = desk.run(*ADD, "--make-key", "ward.pem").stdout.strip()
    key = ECKey.import_key(Path("ward.pem").read_bytes())
    desk.world.serve()
    world = desk.world
    (stored,) = json.loads(world.rows("SELECT jwks FROM client")[0][0])["keys"]
    assert Asker(world.base, client, key, stored["kid"], clock=world.seconds).token()


def test_only_its_owner_reads_the_private_key(desk: Desk) -> None:
    desk.run(*ADD, "--make-key", "ward.pem")
    assert stat.S_IMODE(Path("ward.pem").stat().st_mode) == 0o600


def test_a_key_that_was_made_is_said_to_be_for_trying_out(desk: Desk) -> None:
    assert "for trying things out" in desk.run(*ADD, "--make-key", "ward.pem").stderr


def test_a_file_that_is_there_is_never_written_over_and_nobody_is_registered(desk: Desk) -> None:
    desk.file(b"precious", "ward.pem")
    assert "ward.pem: file exists" in desk.refused(*ADD, "--make-key", "ward.pem", code=2)
    assert Path("ward.pem").read_bytes() == b"precious"
    assert desk.json("client", "list") == []


def test_a_client_brings_its_own_keys_and_is_listed(desk_on_both: Desk) -> None:
    client = desk_on_both.json(*ADD, "--jwks", jwks(desk_on_both), "--may-assert")["client"]
    (listed,) = desk_on_both.json("client", "list")
    assert (listed["client"], listed["organisations"], listed["may_assert"]) == (client, ["RYJ"], True)


def test_the_agreements_last_day_belongs_to_it(desk: Desk) -> None:
    desk.run(*ADD, "--jwks", jwks(desk))
    assert desk.json("client", "list")[0]["ends"] == "2027-04-01T00:00:00Z"


def test_an_agreement_that_ends_soon_or_has_ended_says_so(desk: Desk) -> None:
    desk.run(*ADD, "--jwks", jwks(desk))
    states = []
    for days in (0, 110, 30):
        desk.world.pass_time(days=days)
        states.append(desk.json("client", "list")[0]["state"])
    assert states == ["in force", "ends in 19 days", "ended"]
    assert "ended" in desk.run("client", "list").stdout


@pytest.mark.parametrize("recipient", ["pds", "national-opt-out-check"])
def test_nobody_is_registered_as_what_this_product_itself_asks(desk: Desk, recipient: str) -> None:
    said = {"hospital": recipient, "TREAT": "TRACE", "clinician": "system"}
    asks = (said.get(word, word) for word in ADD)
    assert "no client's to ask" in desk.refused(*asks, "--jwks", jwks(desk))
    assert desk.json("client", "list") == []


def test_the_trail_has_the_registration(desk: Desk) -> None:
    client = desk.run(*ADD, "--jwks", jwks(desk)).stdout.strip()
    (event,) = desk.events("client")
    assert (event["client"], event["recipient"], event["outcome"]) == (client, "hospital", "registered")


def test_where_the_trail_cannot_be_written_nobody_is_registered(desk: Desk) -> None:
    file = jwks(desk)
    trail = desk.world.deployment.settings.trail
    trail.write_text("no folder")
    desk.refused(*ADD, "--jwks", file)
    assert desk.world.rows("SELECT * FROM client") == []


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (("--recipient", "circus"), "`circus` is not a recipient that the policy names"),
        (("--purpose", "HMARKT"), "may be registered for"),
        (("--role", "clown"), "with the roles"),
        (("--ends", "2020-01-01"), "ends after it starts"),
        (("--council", "atlantis"), "`atlantis` is not a council"),
    ],
)
def test_what_the_policy_does_not_allow_is_refused(desk: Desk, more: tuple[str, ...], why: str) -> None:
    assert why in desk.refused(*ADD, "--jwks", jwks(desk), *more)


def test_a_private_key_is_refused_as_a_clients_key(desk: Desk) -> None:
    private = ECKey.generate_key("P-384").as_dict(private=True)
    file = desk.file(json.dumps({"keys": [private]}).encode(), "private.json")
    assert "no private ones" in desk.refused(*ADD, "--jwks", file)


@pytest.mark.parametrize("content", [b"not json", b'{"keys": "none"}', b"[]", b'{"keys": [1]}', b"\xff\xfe"])
def test_a_file_that_is_no_set_of_keys_is_wrong_use(desk: Desk, content: bytes) -> None:
    assert "is no set of keys" in desk.refused(*ADD, "--jwks", desk.file(content, "bad.json"), code=2)


def test_neither_or_both_ways_of_giving_a_key_are_wrong_use(desk: Desk) -> None:
    assert "--jwks" in desk.refused(*ADD, code=2)
    assert "not both" in desk.refused(*ADD, "--jwks", "a", "--make-key", "b", code=2)
