"""Do both ends of MESH know each other by certificate before anything is said?"""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import stamina
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import SecretStr

from adapter.mailbox import Mailbox, MeshDownError, MeshRefusedError, mailbox_for
from adapter.settings import Settings
from pds_client.simulator.mesh import Mesh
from pds_client.simulator.server import listening
from tests.carried import KEY, OURS, PASSWORD

FAULTS = (MeshDownError, MeshRefusedError)


def named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def certificate(
    folder: Path, name: str, issuer: str, signer: ec.EllipticCurvePrivateKey | None = None
) -> ec.EllipticCurvePrivateKey:
    """A certificate for this machine and its key, in two files; who signs for itself is an authority."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    signing = signer or key
    made = (
        x509.CertificateBuilder(named(issuer), named(name), key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=signer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), critical=False)
        .sign(signing, hashes.SHA256())
    )
    (folder / f"{name}.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / f"{name}.key").write_bytes(key.private_bytes(*plain))
    return key


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An authority, a server and a client that it signed for, and a stranger."""
    folder = tmp_path_factory.mktemp("certificates")
    authority = certificate(folder, "authority", "authority")
    for name in ("server", "client"):
        certificate(folder, name, "authority", authority)
    certificate(folder, "stranger", "stranger")
    return folder


@pytest.fixture
def mesh(folder: Path) -> Iterator[tuple[Mesh, Settings]]:
    """An exchange that lets in whom the authority signed for, and settings that fit it."""
    exchange = Mesh({OURS: PASSWORD}, KEY)
    tls = {
        "ssl_certfile": str(folder / "server.pem"),
        "ssl_keyfile": str(folder / "server.key"),
        "ssl_ca_certs": str(folder / "authority.pem"),
        "ssl_cert_reqs": ssl.CERT_REQUIRED,
    }
    with listening(exchange.app, **tls) as url, stamina.set_testing(True, attempts=2):
        yield (
            exchange,
            Settings(
                mesh_url=url,
                mesh_mailbox=OURS,
                mesh_password=SecretStr(PASSWORD),
                mesh_shared_key=SecretStr(KEY),
                mesh_cert_file=folder / "client.pem",
                mesh_key_file=folder / "client.key",
                mesh_ca_file=folder / "authority.pem",
            ),
        )


def test_who_brings_a_certificate_of_the_authority_is_let_in(mesh: tuple[Mesh, Settings]) -> None:
    exchange, settings = mesh
    mailbox = mailbox_for(settings)
    assert mailbox is not None
    mailbox.handshake()
    assert mailbox.inbox() == []
    assert len(exchange.calls) == 2


def test_a_mesh_whose_certificate_nobody_signed_that_we_trust_is_told_nothing(
    mesh: tuple[Mesh, Settings], folder: Path
) -> None:
    exchange, settings = mesh
    with pytest.raises(MeshRefusedError, match="_CA_FILE"):
        Mailbox(settings.model_copy(update={"mesh_ca_file": folder / "stranger.pem"})).handshake()
    assert exchange.calls == []


def test_who_brings_no_certificate_or_a_strangers_is_not_let_in(mesh: tuple[Mesh, Settings], folder: Path) -> None:
    exchange, settings = mesh
    for changes in (
        {"mesh_cert_file": None},
        {"mesh_cert_file": folder / "stranger.pem", "mesh_key_file": folder / "stranger.key"},
    ):
        with pytest.raises(FAULTS):
            Mailbox(settings.model_copy(update=changes)).handshake()
    assert exchange.calls == []
