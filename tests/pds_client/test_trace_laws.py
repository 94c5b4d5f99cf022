"""Whatever PDS holds and whatever we know, is a number ever believed without cause?

The laws are written from the records themselves and not from the code that compares them.
"""

import httpx
from hypothesis import given, settings
from hypothesis import strategies as st

from pds_client import Demographics, NhsNumber, NoMatch, Restricted, Unavailable
from pds_client.simulator import TOKEN_PATH, person
from tests.pds_client.tracing import traced
from tests.pds_client.world import NUMBERS, pds

FAMILIES = ("Example", "Exampel", "Example-Sample", "Sample")
GIVEN = ("Adalind", "Adal", "Ada", "Bea", "A")
DAYS = ("1941-02-03", "1941-03-02")
POSTCODES = ("ZE1 0AA", "ZE1 0AB", "LS1 6AE")

quick = settings(max_examples=100, deadline=None)


@st.composite
def people(draw, number):
    known = {
        "family": st.sampled_from(FAMILIES),
        "given": st.sampled_from(GIVEN).map(lambda name: [name]),
        "birth_date": st.sampled_from((*DAYS, "1941", None)),
        "postcode": st.sampled_from((*POSTCODES, None)),
        "previous_family": st.sampled_from((*FAMILIES, None)),
        "previous_postcode": st.sampled_from((*POSTCODES, None)),
        "security": st.sampled_from("UUUR"),
    }
    return person(number, **{name: draw(values) for name, values in known.items()})


worlds = st.integers(0, 4).flatmap(lambda size: st.tuples(*(people(number) for number in NUMBERS[:size])))
askings = st.builds(
    Demographics,
    family=st.sampled_from(FAMILIES),
    given=st.sampled_from(GIVEN).map(lambda name: (name,)),
    birth_date=st.sampled_from(DAYS),
    postcode=st.sampled_from((*POSTCODES, None)),
    gender=st.sampled_from(("female", None)),
)
held_askings = st.builds(
    lambda ours, number: Demographics(
        ours.family, ours.given, ours.birth_date, ours.postcode, ours.gender, NhsNumber.parse(number)
    ),
    askings,
    st.sampled_from(NUMBERS[:5]),
)


class FailsFrom(httpx.AsyncBaseTransport):
    """Carries so many calls and answers every later one with a 500."""

    def __init__(self, simulator, calls):
        self._carrier = httpx.ASGITransport(simulator.app)
        self._left = calls

    async def handle_async_request(self, request):
        if request.url.path == TOKEN_PATH:
            return await self._carrier.handle_async_request(request)
        self._left -= 1
        if self._left < 0:
            return httpx.Response(500, stream=httpx.ByteStream(b""))
        return await self._carrier.handle_async_request(request)


def postcodes(record):
    return {address["postalCode"] for address in record.get("address", [])}


def families(record):
    return {part for name in record["name"] for part in name.get("family", "").split("-")}


def fits_in_all(ours, record):
    return (
        record.get("birthDate") == ours.birth_date
        and ours.postcode in postcodes(record)
        and bool(set(ours.family.split("-")) & families(record))
        and any(name["given"][0][:3] == ours.given[0][:3] for name in record["name"])
    )


def is_exactly(ours, record):
    current = record["name"][0]
    return (
        ours.postcode is not None
        and record["meta"]["security"][0]["code"] == "U"
        and record.get("birthDate") == ours.birth_date
        and record.get("address", [{}])[0].get("postalCode") == ours.postcode
        and (current["family"], *current["given"]) == (ours.family, *ours.given)
    )


def of(world, result):
    return next(record for record in world if record["id"] == result.patient.nhs_number.value)


@quick
@given(worlds, askings)
def test_whom_a_search_found_is_believed_only_if_every_field_fits_the_record(world, ours):
    result = traced(pds(*world), ours)
    assert result.status != "01" or fits_in_all(ours, of(world, result))


@quick
@given(worlds, askings)
def test_of_two_people_who_are_exactly_as_we_say_neither_is_believed(world, ours):
    twins = [record for record in world if is_exactly(ours, record)]
    assert len(twins) < 2 or traced(pds(*world), ours).status != "01"


@quick
@given(worlds, askings)
def test_nobody_restricted_is_believed_by_search(world, ours):
    result = traced(pds(*world), ours)
    assert result.patient is None or not result.patient.is_restricted


@quick
@given(worlds, askings)
def test_a_person_who_is_exactly_as_we_say_and_alone_is_found(world, ours):
    exact = [record for record in world if is_exactly(ours, record) and len(ours.given[0]) > 1]
    if len(exact) == len(world) == 1:
        assert traced(pds(*world), ours).patient.nhs_number.value == exact[0]["id"]


@quick
@given(worlds, held_askings)
def test_a_held_number_is_believed_only_for_its_own_record_and_date_of_birth(world, ours):
    result = traced(pds(*world), ours)
    if result.patient is not None:
        assert result.patient.nhs_number == ours.nhs_number
        assert of(world, result)["birthDate"] == ours.birth_date


@quick
@given(worlds, askings | held_askings)
def test_a_patient_is_handed_over_exactly_when_the_status_is_01(world, ours):
    result = traced(pds(*world), ours)
    assert (result.patient is not None) == (result.status == "01")
    assert not (result.candidates and result.status == "01")


@quick
@given(worlds, askings | held_askings, st.integers(0, 6))
def test_a_failure_at_any_step_gives_the_same_answer_or_unavailable(world, ours, step):
    well = traced(pds(*world), ours)
    simulator = pds(*world)
    ill = traced(simulator, ours, transport=FailsFrom(simulator, step))
    assert isinstance(ill.outcome, Unavailable) == (step < well.evidence.calls)
    assert isinstance(ill.outcome, Unavailable) or (ill.outcome, ill.status) == (well.outcome, well.status)


@quick
@given(worlds, askings)
def test_no_match_means_that_nobody_restricted_or_not_fits_the_names_and_the_day(world, ours):
    result = traced(pds(*world), ours)
    if isinstance(result.outcome, NoMatch):
        assert not [
            record
            for record in world
            if record.get("birthDate") == ours.birth_date
            and (record["name"][0]["family"], *record["name"][0]["given"]) == (ours.family, *ours.given)
        ]


@quick
@given(worlds, askings)
def test_what_is_said_of_a_restricted_person_is_that_they_are(world, ours):
    result = traced(pds(*world), ours)
    if isinstance(result.outcome, Restricted):
        assert result.outcome.patient.postcodes == ()
