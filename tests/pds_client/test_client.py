"""Is each documented answer of PDS a type of its own, and is each request made as PDS wants it?"""

import uuid

import pytest

from pds_client import (
    Ambiguous,
    BadNumber,
    Environment,
    FullStop,
    Invalidated,
    Matched,
    Misconfigured,
    NhsNumber,
    NoMatch,
    NotFound,
    Query,
    Refused,
    Related,
    Restricted,
    Superseded,
    Unavailable,
    Unchanged,
)
from pds_client.simulator import person
from pds_client.simulator.answers import operation_outcome
from tests.pds_client.world import ADA, BEN, CAT, DOT, EVE, Recording, ada, client_of, pds, run

NUMBER = NhsNumber.parse(ADA)
FOR_ADA = Query(family="Example", given=("Adalind",), birth_date="eq1941-02-03", postcode="ZE1 0AA")
TOO_MANY = operation_outcome("TOO_MANY_MATCHES", "", "multiple-matches", "information")


def read(simulator, number=ADA, etag=None, **options):
    async def once():
        async with client_of(simulator, **options) as client:
            return await client.read(NhsNumber.parse(number), etag)

    return run(once())


def search(simulator, query=FOR_ADA, **options):
    async def once():
        async with client_of(simulator, **options) as client:
            return await client.search(query)

    return run(once())


def related(simulator, number=ADA):
    async def once():
        async with client_of(simulator) as client:
            return await client.related_persons(NhsNumber.parse(number))

    return run(once())


def recorded(simulator, query=FOR_ADA):
    wire = Recording(simulator)
    search(simulator, query, transport=wire)
    return wire.requests


def bundle(*entries, total=None):
    body = {"resourceType": "Bundle", "type": "searchset", "total": len(entries) if total is None else total}
    return {**body, "entry": list(entries)} if entries else body


def test_a_number_that_is_held_is_matched_with_its_version():
    outcome = read(pds(ada(version=4)))
    assert isinstance(outcome, Matched)
    assert (outcome.patient.nhs_number, outcome.patient.etag, outcome.score) == (NUMBER, 'W/"4"', None)


def test_a_number_that_is_not_held_is_not_found():
    assert read(pds()) == NotFound()


def test_an_invalidated_number_is_told_from_one_not_held():
    assert read(pds(ada(), invalidated=[ADA])) == Invalidated()


def test_a_superseded_number_gives_the_old_the_new_and_the_record():
    outcome = read(pds(ada(BEN), superseded={ADA: BEN}))
    assert isinstance(outcome, Superseded)
    assert (outcome.old.value, outcome.new.value, outcome.patient.superseded_from) == (ADA, BEN, NUMBER)


def test_a_number_superseded_twice_leads_to_the_last():
    assert read(pds(ada(CAT), superseded={ADA: BEN, BEN: CAT})).new.value == CAT


def test_a_restricted_person_is_restricted_and_without_a_place():
    outcome = read(pds(ada(security="R")))
    assert isinstance(outcome, Restricted)
    assert (outcome.patient.postcodes, outcome.patient.general_practitioner) == ((), None)


def test_a_number_that_cannot_occur_in_the_environment_is_bad_and_causes_no_call():
    simulator = pds(ada())
    assert read(simulator, environment=Environment.PRODUCTION) == BadNumber()
    assert simulator.calls == []


def test_a_number_that_pds_calls_invalid_is_bad():
    simulator = pds(ada())
    simulator.fail_next(400, body=operation_outcome("INVALID_RESOURCE_ID", ""))
    assert read(simulator) == BadNumber()


def test_a_read_with_the_version_that_pds_still_holds_is_unchanged():
    assert read(pds(ada(version=4)), etag='W/"4"') == Unchanged('W/"4"')


def test_a_read_with_an_older_version_is_matched():
    assert isinstance(read(pds(ada(version=5)), etag='W/"4"'), Matched)


def test_a_version_of_the_same_number_does_not_hide_a_superseding():
    assert isinstance(read(pds(ada(BEN, version=4), superseded={ADA: BEN}), etag='W/"4"'), Superseded)


def test_a_minimal_record_is_matched():
    assert isinstance(read(pds(person(ADA))), Matched)


def test_one_who_fits_is_matched_with_the_score():
    outcome = search(pds(ada()))
    assert isinstance(outcome, Matched)
    assert (outcome.patient.nhs_number, outcome.score) == (NUMBER, 1.0)


def test_nobody_who_fits_is_no_match():
    assert search(pds()) == NoMatch()


def test_too_many_who_fit_are_ambiguous_though_pds_says_200_with_an_outcome():
    assert search(pds(ada(ADA), ada(BEN))) == Ambiguous()


def test_several_entries_are_ambiguous_and_give_opaque_candidates():
    simulator = pds(ada())
    entries = [{"resource": ada(number), "search": {"score": score}} for number, score in ((ADA, 1), (BEN, 0.9))]
    simulator.fail_next(200, body=bundle(*entries))
    outcome = search(simulator)
    assert [(each.nhs_number.value, each.score) for each in outcome.candidates] == [(ADA, 1.0), (BEN, 0.9)]


def test_a_restricted_person_is_found_without_a_postcode():
    without_place = Query(family="Example", birth_date="eq1941-02-03")
    outcome = search(pds(ada(security="R")), without_place)
    assert isinstance(outcome, Restricted)
    assert outcome.patient.postcodes == ()


def test_a_restricted_person_is_not_found_with_a_postcode():
    assert search(pds(ada(security="R"))) == NoMatch()


def test_a_superseded_person_is_found_under_the_new_number():
    outcome = search(pds(ada(ADA), ada(BEN), superseded={ADA: BEN}))
    assert outcome.patient.nhs_number.value == BEN


@pytest.mark.parametrize(
    "body",
    [
        {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "processing"}]},
        {"resourceType": "OperationOutcome", "issue": []},
        {"resourceType": "OperationOutcome"},
        operation_outcome("UNSUPPORTED_SERVICE", ""),
        operation_outcome("SERVICE_UNAVAILABLE", ""),
        {"resourceType": "OperationOutcome", "issue": ["TOO_MANY_MATCHES"]},
        {"resourceType": "Patient", "id": ADA},
        {},
        b"[]",
        b"<html>not json</html>",
        b"",
        bundle(total=1),
        {"resourceType": "Bundle"},
        bundle({"resource": operation_outcome("X", "")}),
        bundle({}),
        bundle({"resource": person("9000000015")}),
    ],
)
def test_a_200_that_says_anything_else_is_unavailable_and_never_no_match(body):
    simulator = pds()
    simulator.fail_next(200, body=body)
    assert isinstance(search(simulator), Unavailable)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", TOO_MANY, bundle(), person("9000000015"), {"resourceType": "Patient"}],
    ids=["empty", "cut off", "outcome", "bundle", "bad number", "no number"],
)
def test_a_200_of_a_read_that_is_no_patient_is_unavailable(body):
    simulator = pds()
    simulator.fail_next(200, body=body)
    assert isinstance(read(simulator), Unavailable)


def test_a_match_without_a_score_is_still_a_match():
    simulator = pds()
    simulator.fail_next(200, body=bundle({"resource": ada()}))
    outcome = search(simulator)
    assert (type(outcome), outcome.score) == (Matched, None)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "INVALID_SEARCH_DATA"),
        (400, "INVALID_VALUE"),
        (400, "MISSING_VALUE"),
        (400, "ADDITIONAL_PROPERTIES"),
        (400, "UNSUPPORTED_SERVICE"),
        (403, "ACCESS_DENIED"),
        (403, "INVALID_METHOD"),
        (409, "RESOURCE_VERSION_MISMATCH"),
        (412, "PRECONDITION_FAILED"),
        (404, "SOMETHING_ELSE"),
    ],
)
@pytest.mark.parametrize("ask", [read, search, related])
def test_any_other_refusal_keeps_its_status_and_code_and_is_not_repeated(ask, status, code):
    simulator = pds(ada())
    simulator.fail_next(status, body=operation_outcome(code, "text that may change"))
    assert ask(simulator) == Refused(status, code)
    assert len(simulator.calls) == 2


@pytest.mark.parametrize("ask", [read, search, related])
def test_a_404_that_is_not_of_pds_is_not_not_found(ask):
    simulator = pds(ada())
    simulator.fail_next(404, body=b"<html>nothing here</html>")
    assert ask(simulator) == Refused(404, None)


def test_what_the_server_writes_in_place_of_a_code_is_not_repeated():
    simulator = pds()
    simulator.fail_next(400, body=operation_outcome("Ada Example", ""))
    assert read(simulator) == Refused(400, None)


@pytest.mark.parametrize("status", [202, 204, 301, 501])
def test_an_answer_that_pds_does_not_document_is_unavailable(status):
    simulator = pds()
    simulator.fail_next(status, body=b"")
    assert isinstance(read(simulator), Unavailable)


def test_related_persons_are_handed_over():
    guardian = {"patient": {"identifier": {"value": BEN}}, "relationship": [{"coding": [{"code": "Guardian"}]}]}
    (one,) = related(pds(ada(), related={ADA: [guardian]})).people
    assert (one.nhs_number.value, one.relationships) == (BEN, ("Guardian",))


def test_a_404_and_an_empty_bundle_both_mean_that_nobody_is_related():
    simulator = pds(ada(ADA), ada(BEN, security="R"))
    assert [related(simulator, number) for number in (ADA, BEN)] == [Related(), Related()]


def test_an_invalidated_number_has_no_related_persons_but_is_invalidated():
    assert related(pds(invalidated=[ADA])) == Invalidated()


def test_a_second_401_after_a_new_token_stops_the_client_for_good():
    simulator = pds(ada())
    simulator.fail_next(401, times=2)

    async def read_three_times():
        async with client_of(simulator) as client:
            for _ in range(3):
                with pytest.raises(FullStop) as stop:
                    await client.read(NUMBER)
            return stop.value

    stop = run(read_three_times())
    assert (stop.status, stop.code) == (401, "ACCESS_DENIED")
    assert [call.operation for call in simulator.calls] == ["token", "read", "token", "read"]


def test_a_first_401_buys_a_new_token_and_asks_once_more():
    simulator = pds(ada())
    simulator.fail_next(401)
    assert isinstance(read(simulator), Matched)
    assert [call.operation for call in simulator.calls] == ["token", "read", "token", "read"]


def test_the_request_id_stays_the_same_when_asked_again_and_differs_between_calls():
    simulator = pds(ada())
    simulator.fail_next(503, times=2)
    simulator.fail_next(401)

    async def read_twice():
        async with client_of(simulator) as client:
            await client.read(NUMBER)
            await client.read(NUMBER)

    run(read_twice())
    ids = [call.request_id for call in simulator.calls if call.operation == "read"]
    assert len(ids) == 5
    assert len(set(ids[:4])) == 1
    assert len(set(ids)) == 2


def test_the_request_id_and_correlation_id_of_the_caller_are_sent():
    simulator = pds(ada())
    wire, one, other = Recording(simulator), uuid.uuid4(), uuid.uuid4()

    async def once():
        async with client_of(simulator, transport=wire) as client:
            await client.read(NUMBER, request_id=one, correlation_id=other)

    run(once())
    (request,) = wire.requests
    assert (request.headers["X-Request-ID"], request.headers["X-Correlation-ID"]) == (str(one), str(other))


def test_each_request_says_for_which_organisation_it_is_made_and_what_it_accepts():
    (request,) = recorded(pds(ada()))
    assert request.headers["NHSD-End-User-Organisation-ODS"] == "X26"
    assert request.headers["Accept"] == "application/fhir+json"
    assert request.headers["Authorization"].startswith("Bearer ")


def test_spaces_and_wildcards_are_written_in_percent():
    query = Query(family="De La*", birth_date="eq1941-02-03", postcode="ZE1 0AA")
    (request,) = recorded(pds(), query)
    assert request.url.raw_path.endswith(
        b"/Patient?family=De%20La%2A&birthdate=eq1941-02-03&address-postalcode=ZE1%200AA"
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"base_url": "http://pds.example/FHIR/R4"},
        {"token_url": "http://127.0.0.1.example/oauth2/token"},
        {"token_url": "ftp://127.0.0.1/oauth2/token"},
        {"api_key": ""},
        {"key_id": "a b"},
        {"end_user_organisation": ""},
        {"end_user_organisation": "X26\r\nX-Other: 1"},
        {"rate": 0},
        {"rate": float("nan")},
        {"deadline": -1},
        {"attempts": 0},
        {"private_key": "not a key"},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_client_that_cannot_work_cannot_be_made(wrong):
    with pytest.raises(Misconfigured):
        client_of(pds(), **wrong)


def test_people_known_to_the_tests_are_five():
    assert len({ADA, BEN, CAT, DOT, EVE}) == 5
