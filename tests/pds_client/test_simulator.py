"""Does the simulator answer reads, headers and faults as PDS does, on a socket of its own?"""

import asyncio
import socket
from urllib.parse import urlsplit

import httpx
import pytest

from pds_client.simulator import BASE_PATH, Simulator, person, serve
from tests.pds_client.world import ADA, BEN, CAT, ORIGIN, ada, pds

REQUEST_ID = "60E0B220-8136-4CA5-AE46-1D97EF59D068"


def ask(simulator, path=f"/Patient/{ADA}", method="GET", times=1, **headers):
    """Asks without the client; gives the last response."""

    async def once():
        async with httpx.AsyncClient(transport=httpx.ASGITransport(simulator.app)) as wire:
            said = {name: value for name, value in {"X-Request-ID": REQUEST_ID, **headers}.items() if value is not None}
            return [await wire.request(method, f"{ORIGIN}{BASE_PATH}{path}", headers=said) for _ in range(times)][-1]

    return asyncio.run(once())


def status_over_socket(served):
    url = f"{served.base_url}/Patient/{ADA}"
    return httpx.get(url, headers={"X-Request-ID": REQUEST_ID}, trust_env=False).status_code


def sandbox(*patients, **options):
    return pds(*patients, clients={}, **options)


def code(response):
    (issue,) = response.json()["issue"]
    return response.status_code, issue["details"]["coding"][0]["code"]


def test_a_read_gives_the_record_and_its_version():
    response = ask(sandbox(ada(version=3)))
    assert (response.json(), response.headers["ETag"]) == (ada(version=3), 'W/"3"')
    assert response.headers["Content-Type"] == "application/fhir+json"


def test_a_search_gives_no_etag():
    assert "ETag" not in ask(sandbox(ada()), "/Patient?family=Example&birthdate=1941-02-03").headers


@pytest.mark.parametrize(
    ("number", "answer"),
    [
        (BEN, (404, "RESOURCE_NOT_FOUND")),
        (CAT, (404, "INVALIDATED_RESOURCE")),
        ("9000000015", (400, "INVALID_RESOURCE_ID")),
        ("abc", (400, "INVALID_RESOURCE_ID")),
    ],
)
def test_a_number_that_gives_no_record_says_why(number, answer):
    assert code(ask(sandbox(ada(), invalidated=[CAT]), f"/Patient/{number}")) == answer


def test_a_superseded_number_gives_the_record_in_its_place():
    response = ask(sandbox(ada(CAT), superseded={ADA: BEN, BEN: CAT}))
    assert (response.status_code, response.json()["id"]) == (200, CAT)


def test_a_ring_of_superseded_numbers_ends():
    assert ask(sandbox(superseded={ADA: BEN, BEN: ADA})).status_code == 404


def test_a_restricted_person_is_read_without_anything_that_tells_where():
    record = ada(security="R", phone="01632960001")
    assert not {"address", "telecom", "generalPractitioner"} & set(ask(sandbox(record)).json())


def test_a_new_version_takes_the_place_of_the_old():
    simulator = sandbox(ada(version=1))
    simulator.population.hold(ada(version=2))
    assert ask(simulator).headers["ETag"] == 'W/"2"'


def test_a_person_can_be_superseded_and_invalidated_later():
    simulator = sandbox(ada(ADA), ada(BEN))
    simulator.population.supersede(ADA, BEN)
    superseded = ask(simulator).json()["id"]
    simulator.population.invalidate(BEN)
    assert (superseded, code(ask(simulator))) == (BEN, (404, "INVALIDATED_RESOURCE"))


@pytest.mark.parametrize(
    ("request_id", "answer"),
    [(None, (400, "MISSING_VALUE")), ("1234", (400, "INVALID_VALUE")), (REQUEST_ID + "0", (400, "INVALID_VALUE"))],
)
def test_a_request_id_is_needed_and_is_a_uuid(request_id, answer):
    assert code(ask(sandbox(ada()), **{"X-Request-ID": request_id})) == answer


def test_the_ids_of_the_request_are_mirrored():
    response = ask(sandbox(ada()), **{"X-Correlation-ID": "mine"})
    assert (response.headers["X-Request-ID"], response.headers["X-Correlation-ID"]) == (REQUEST_ID, "mine")


@pytest.mark.parametrize("method", ["PATCH", "POST", "PUT", "DELETE"])
def test_nothing_can_be_changed(method):
    assert code(ask(sandbox(ada()), method=method)) == (403, "INVALID_METHOD")


@pytest.mark.parametrize("path", ["/metadata", "/Practitioner", f"/Patient/{ADA}/Observation", "/"])
def test_any_other_path_is_unsupported(path):
    assert code(ask(sandbox(), path)) == (400, "UNSUPPORTED_REQUEST")


def test_related_persons_are_a_bundle_and_none_is_a_404():
    simulator = sandbox(ada(ADA), ada(BEN), related={ADA: [{"resourceType": "RelatedPerson"}]})
    assert ask(simulator, f"/Patient/{ADA}/RelatedPerson").json()["total"] == 1
    assert code(ask(simulator, f"/Patient/{BEN}/RelatedPerson")) == (404, "RESOURCE_NOT_FOUND")


def test_beyond_the_rate_it_is_429_without_retry_after():
    response = ask(sandbox(ada(), rate_limit=2), times=3)
    assert code(response) == (429, "TOO_MANY_REQUESTS")
    assert "Retry-After" not in response.headers


def test_within_the_rate_everybody_is_answered():
    assert ask(sandbox(ada(), rate_limit=3), times=3).status_code == 200


def test_a_fault_happens_as_often_as_asked_and_with_its_retry_after():
    simulator = sandbox(ada())
    simulator.fail_next(503, times=2, retry_after=5)
    answers = [ask(simulator) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [503, 503, 200]
    assert answers[0].headers["Retry-After"] == "5"
    assert code(answers[0]) == (503, "SERVICE_UNAVAILABLE")


def test_a_fault_of_the_token_endpoint_does_not_touch_a_read():
    simulator = sandbox(ada())
    simulator.fail_next(500, token=True)
    assert ask(simulator).status_code == 200


def test_every_request_is_noted_without_a_value():
    simulator = sandbox(ada())
    for path in (f"/Patient/{ADA}", "/Patient?family=Example", f"/Patient/{ADA}/RelatedPerson", "/metadata"):
        ask(simulator, path)
    assert [(call.method, call.operation) for call in simulator.calls] == [
        *[("GET", "read"), ("GET", "search"), ("GET", "related persons"), ("GET", "other")],
    ]
    assert {call.request_id for call in simulator.calls} == {REQUEST_ID}


def test_a_minimal_person_has_a_number_a_version_and_a_label():
    assert set(person(ADA)) == {"resourceType", "id", "identifier", "meta"}


def test_it_is_served_on_a_free_port_and_gone_afterwards():
    with serve(Simulator([ada()])) as one, serve(Simulator([])) as other:
        statuses = [status_over_socket(each) for each in (one, other)]
        where = urlsplit(one.base_url)
    assert statuses == [200, 404]
    assert (where.hostname, one.token_url.startswith(f"http://{where.netloc}/")) == ("127.0.0.1", True)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((where.hostname, where.port), timeout=1)
