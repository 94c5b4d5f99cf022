"""Can an officer send files over MESH, fetch answers, and see how they stand?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.carried import CHECKER, KEY, OURS, PASSWORD, TRACER, Carried, carried
from tests.commands.desk import NUMBER, Desk, known
from tests.world import case, pds_record


def put_on(monkeypatch: pytest.MonkeyPatch, **words: str) -> None:
    """Set what the commands read."""
    for name, value in words.items():
        monkeypatch.setenv(f"ASC_FHIR_{name.upper()}", value)


@pytest.fixture
def mesh(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Carried]:
    """One person with a confirmed number, one who waits, and a MESH that the commands are set to."""
    world = desk.world
    world.load(known())
    world.know(pds_record(NUMBER))
    world.declare()
    world.trace()
    world.load(case("A2", family="Quill"), sequence=2)
    world.declare()
    with carried(world, patients=(pds_record("9990000026", family="Quill"),)) as mesh:
        put_on(
            monkeypatch,
            mesh_url=world.deployment.settings.mesh_url,
            mesh_mailbox=OURS,
            mesh_password=PASSWORD,
            mesh_shared_key=KEY,
            mesh_opt_out_mailbox=CHECKER,
            mesh_trace_mailbox=TRACER,
            pds_environment="sandbox",
        )
        yield mesh


def certificate(folder: Path, ends: datetime) -> Path:
    """A certificate made on the spot, good until an instant."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mailbox.invented.example")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(ends - timedelta(days=1000))
        .not_valid_after(ends)
        .sign(key, hashes.SHA256())
    )
    file = folder / "client.pem"
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return file


def test_a_check_goes_out_and_its_answer_is_fetched(desk: Desk, mesh: Carried) -> None:
    assert desk.json("mesh", "check") == {"kind": "opt-out-check", "people": 1}
    assert desk.json("mesh", "poll") == {"receipt": 1, "answered": 1}
    assert [event["outcome"] for event in desk.events("opt-out-check")] == ["released", "answered"]
    assert "nobody is due" in desk.run("mesh", "check").stdout


def test_a_trace_by_file_goes_out_and_its_answer_is_fetched(desk: Desk, mesh: Carried) -> None:
    assert "about 1 people is on its way" in desk.run("mesh", "trace").stdout
    assert "answered" in desk.run("mesh", "poll").stdout
    assert desk.world.rows("SELECT COUNT(*) FROM person WHERE nhs_number_status = '01'") == [(2,)]


def test_while_a_file_waits_another_is_refused_and_it_is_said_what_to_do(desk: Desk, mesh: Carried) -> None:
    mesh.opt_outs.receipt = mesh.opt_outs.answers = False
    desk.run("mesh", "check")
    assert "asc-fhir mesh poll" in desk.refused("mesh", "trace")


def test_a_mesh_that_is_away_or_does_not_know_us_is_said_in_one_line(desk: Desk, mesh: Carried) -> None:
    mesh.exchange.fail_next(503, times=3)
    assert "try again later" in desk.refused("mesh", "check")
    mesh.exchange.fail_next(403)
    assert "shared key" in desk.refused("mesh", "poll")


def test_without_a_mesh_or_a_mailbox_to_send_to_it_is_said_what_to_set(
    desk: Desk, mesh: Carried, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_on(monkeypatch, mesh_opt_out_mailbox="")
    assert "ASC_FHIR_MESH_OPT_OUT_MAILBOX" in desk.refused("mesh", "check", code=2)
    put_on(monkeypatch, mesh_password="")
    assert "ASC_FHIR_MESH_PASSWORD" in desk.refused("mesh", "poll", code=2)
    put_on(monkeypatch, mesh_url="http://mesh.example")
    assert "https" in desk.refused("mesh", "poll", code=2)
    put_on(monkeypatch, mesh_url="")
    assert "no MESH is set" in desk.run("mesh", "status", code=2).stderr


def test_the_state_shows_which_file_waits_and_how_the_last_one_ended(desk: Desk, mesh: Carried) -> None:
    mesh.exchange.late = True
    desk.run("mesh", "check")
    waits = desk.json("mesh", "status")["outstanding"]
    assert (waits["kind"], waits["state"]) == ("opt-out-check", "sent")
    mesh.exchange.deliver()
    desk.run("mesh", "poll")
    found = desk.json("mesh", "status")
    assert found["outstanding"] is None
    assert found["last"]["opt-out-check"]["state"] == "answered"
    assert (found["checked_people"], found["people_with_a_confirmed_number"]) == (1, 1)
    assert "answered" in desk.run("mesh", "status").stdout


def test_the_state_says_of_nobody_and_of_no_number_of_people_that_they_opted_out(desk: Desk, mesh: Carried) -> None:
    shown = []
    for opted_out in ((), (NUMBER,)):
        mesh.opt_outs.opted_out = opted_out
        desk.run("mesh", "check")
        desk.run("mesh", "poll")
        shown.append((desk.json("status")["mesh"], desk.json("mesh", "status")))
        desk.world.pass_time(days=5)
        desk.world.declare()
    for state in shown:
        for part in state:
            for line in part["last"].values():
                line.pop("made"), line.pop("receipt"), line.pop("age")
    assert shown[0] == shown[1]


def test_a_file_without_an_answer_alarms(desk: Desk, mesh: Carried) -> None:
    mesh.opt_outs.receipt = mesh.opt_outs.answers = False
    desk.run("mesh", "check")
    desk.world.pass_time(days=1)
    assert [alarm for alarm in desk.json("status")["alarms"] if "has no answer yet" in alarm]
    desk.run("mesh", "poll")
    assert "the last opt-out-check over MESH was unanswered" in desk.json("status")["alarms"]


@pytest.mark.parametrize(("days", "alarm"), [(61, ""), (59, "ends at"), (-1, "has ended")])
def test_the_end_of_the_certificate_is_shown_and_alarms_in_good_time(
    desk: Desk, mesh: Carried, monkeypatch: pytest.MonkeyPatch, days: int, alarm: str
) -> None:
    ends = desk.world.time + timedelta(days=days)
    put_on(monkeypatch, mesh_cert_file=str(certificate(desk.folder, ends)))
    found = desk.json("status")
    assert found["mesh"]["certificate_ends"].startswith(f"{ends:%Y-%m-%d}")
    alarms = [each for each in found["alarms"] if "certificate" in each]
    assert (not alarms) if not alarm else (len(alarms) == 1 and alarm in alarms[0])


def test_a_certificate_that_cannot_be_read_alarms(desk: Desk, mesh: Carried, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.file(b"no certificate", "client.pem")
    put_on(monkeypatch, mesh_cert_file="client.pem")
    assert [alarm for alarm in desk.json("status")["alarms"] if "ASC_FHIR_MESH_CERT_FILE" in alarm]


def test_where_no_mesh_is_set_the_state_says_so_and_nothing_alarms(desk: Desk) -> None:
    assert desk.json("status")["mesh"] == {"set": False, "alarms": []}
    assert "not set" in desk.run("status").stdout
