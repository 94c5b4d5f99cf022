"""Keys for PDS."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from joserfc.jwk import RSAKey

from tests.commands.desk import Desk

KEYS = ("pds", "keys", "--out", "keys")


def test_the_private_half_is_kept_and_the_public_half_is_published(desk: Desk) -> None:
    desk.run(*KEYS, "--key-id", "pds-1")
    (published,) = json.loads(Path("keys/jwks.json").read_text())["keys"]
    private = RSAKey.import_key(Path("keys/pds-1.pem").read_bytes())
    assert (published["n"], published["kid"], "d" in published) == (private.as_dict()["n"], "pds-1", False)
    assert stat.S_IMODE(Path("keys/pds-1.pem").stat().st_mode) == 0o600


def test_a_second_key_is_published_beside_the_first(desk: Desk) -> None:
    for key in ("pds-1", "pds-2"):
        desk.run(*KEYS, "--key-id", key)
    assert [key["kid"] for key in json.loads(Path("keys/jwks.json").read_text())["keys"]] == ["pds-1", "pds-2"]


def test_a_key_id_is_used_once(desk: Desk) -> None:
    Path("keys").mkdir()
    Path("keys/jwks.json").write_text('{"keys": [{"kid": "pds-1"}]}')
    assert "published already" in desk.refused(*KEYS, "--key-id", "pds-1", code=2)
    assert not Path("keys/pds-1.pem").exists()


@pytest.mark.parametrize("key_id", ["../etc/key", "", "a b"])
def test_a_key_id_that_is_no_name_is_wrong_use(desk: Desk, key_id: str) -> None:
    assert "--key-id is made of" in desk.refused(*KEYS, "--key-id", key_id, code=2)


def test_what_is_published_already_must_be_a_set_of_keys(desk: Desk) -> None:
    Path("keys").mkdir()
    Path("keys/jwks.json").write_text("nothing")
    assert "is no set of keys" in desk.refused(*KEYS, "--key-id", "pds-1", code=2)
