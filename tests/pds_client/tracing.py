"""How do the tests of a trace make one, and what do they look at?"""

from pds_client import Demographics
from pds_client.simulator import Simulator
from pds_client.trace import Trace, trace
from tests.pds_client.world import NOON, client_of, our_ada, run


def traced(
    simulator: Simulator,
    ours: Demographics | None = None,
    confidence: float = 0.95,
    etag: str | None = None,
    let_stand: frozenset[str] = frozenset(),
    **options,
) -> Trace:
    async def once() -> Trace:
        async with client_of(simulator, **options) as client:
            known = {"confidence": confidence, "etag": etag, "let_stand": let_stand}
            return await trace(client, ours or our_ada(), clock=lambda: NOON, **known)

    return run(once())


def asked(simulator: Simulator) -> list[str]:
    """What PDS was asked, tokens left out."""
    return [call.operation for call in simulator.calls if call.operation != "token"]


def steps(result: Trace) -> list[str]:
    return [step.name for step in result.evidence.steps]


def believed(result: Trace) -> tuple[str | None, str]:
    """The number that is believed, if any, and the status."""
    return (result.patient.nhs_number.value if result.patient else None, str(result.status))


def numbers_for_review(result: Trace) -> list[str]:
    return [candidate.nhs_number.value for candidate in result.candidates]
