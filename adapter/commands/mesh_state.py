"""How do the files over MESH stand?

Counts and dates alone. Nothing says of anybody, or of how many, that they have opted out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from adapter import outstanding
from adapter.commands.words import age, when
from adapter.database import Transaction
from adapter.deployment import Deployment
from adapter.instant import millis
from adapter.mailbox import MeshSettingError, certificate_ends
from adapter.outstanding import Request, State
from adapter.post import NOT_OURS, PATIENCE

# A new certificate takes weeks to come by.
_SOON = timedelta(days=60)
_KINDS = ("opt-out-check", "trace-file")


def mesh_state(transaction: Transaction, deployment: Deployment) -> dict[str, Any]:
    """Everything that `status` shows of MESH; next to nothing where none is set."""
    settings, now = deployment.settings, deployment.now()
    if not settings.mesh_url:
        return {"set": False, "alarms": []}
    ends, fault = None, ""
    try:
        ends = certificate_ends(settings)
    except MeshSettingError as said:
        fault = str(said)
    waiting = outstanding.outstanding(transaction, settings.mesh_mailbox)
    last = {kind: outstanding.newest(transaction, kind) for kind in _KINDS}
    found = {
        "set": True,
        "outstanding": None if waiting is None else _line(waiting, deployment),
        "last": {kind: _line(request, deployment) for kind, request in last.items() if request is not None},
        "checked_people": _checked(transaction, deployment),
        "people_with_a_confirmed_number": transaction.number(
            "SELECT COUNT(*) FROM person WHERE nhs_number_status = '01'"
        ),
        "certificate_ends": when(None if ends is None else millis(ends)),
    }
    return found | {"alarms": [*([fault] if fault else []), *_alarms(transaction, ends, waiting, last.values(), now)]}


def _alarms(
    transaction: Transaction,
    ends: datetime | None,
    waiting: Request | None,
    last: Iterable[Request | None],
    now: datetime,
) -> Iterator[str]:
    if ends is not None and ends - now < _SOON:
        yield f"the MESH client certificate {'has ended' if ends <= now else f'ends at {when(millis(ends))}'}"
    if waiting is not None and now - waiting.made >= PATIENCE:
        yield f"the {waiting.kind} of {when(millis(waiting.made))} has no answer yet"
    for request in last:
        if request is not None and request.ended is not None and request.state is not State.ANSWERED:
            yield f"the last {request.kind} over MESH was {request.state}"
    strange = transaction.number("SELECT COUNT(*) FROM mesh_received WHERE outcome = :outcome", outcome=NOT_OURS)
    if strange:
        yield f"messages in the mailbox that answer nothing asked here: {strange}; they are left there"


def files(found: dict[str, Any]) -> str:
    """The state in one line."""
    if not found["set"]:
        return "not set"
    waits = found["outstanding"]
    said = "no file waits for its answer" if waits is None else f"a {waits['kind']} waits since {waits['made']}"
    checked = f"{found['checked_people']} of {found['people_with_a_confirmed_number']} checked for opt-outs"
    return f"{said}; {checked}; certificate ends {found['certificate_ends']}"


def _checked(transaction: Transaction, deployment: Deployment) -> int:
    """Of how many people the last check is good still."""
    oldest = deployment.now() - deployment.policy.periods.national_check
    return transaction.number("SELECT COUNT(*) FROM opt_out_check WHERE asked > :oldest", oldest=millis(oldest))


def _line(request: Request, deployment: Deployment) -> dict[str, Any]:
    made = millis(request.made)
    return {
        "kind": request.kind,
        "state": request.state.value,
        "made": when(made),
        "age": age(made, deployment.now()),
        "receipt": when(None if request.accepted is None else millis(request.accepted)),
    }
