"""Does the exchange form of a choice say what the register says?

A Consent is active only until the register holds a later choice that takes the objection back, whoever recorded
which: a case record may list an objection long after an officer recorded its withdrawal. In doubt it stays active.
https://hl7.org/fhir/R4/consent.html
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from adapter.database import Transaction
from adapter.facets import Kept
from adapter.forms import Form
from adapter.instant import millis, shown
from adapter.register import facts_of
from adapter.terms import terms
from consent.model import Category, OptOut
from consent.policy import Policy
from consent.standing import opt_out
from mappings.mapped import CARRIER, Facet, Resource

TYPE = "Consent"
_ACTIVE, _INACTIVE = "active", "inactive"
# The day on which each kind of objection was taken back.
Withdrawals = Mapping[str, str]


def withdrawals(transaction: Transaction, policy: Policy, person: int, now: datetime) -> Withdrawals:
    """Which kinds of objection a person has taken back, and when."""
    said = transaction.all(
        "SELECT kind, MAX(effective) FROM choice"
        " WHERE person = :person AND value = :clear AND effective <= :now GROUP BY kind",
        person=person,
        clear=OptOut.CLEAR.value,
        now=millis(now),
    )
    if not said:
        return {}
    facts = facts_of(transaction, person, now)
    return {kind: shown(when)[:10] for kind, when in said if opt_out(facts, policy, kind, now) is OptOut.CLEAR}


def of_choice(kind: str, key: str) -> bool:
    """Whether a resource is the exchange form of a choice, or says where one comes from."""
    return kind == TYPE or key.startswith(f"provenance:{TYPE}:")


def standing_choices(kept: Kept) -> list[tuple[str, str]]:
    """The Consents on file: that nobody lists an objection any more does not take it back."""
    return [(kind, key) for kind, key in kept.publics if of_choice(kind, key)]


def agreeing(ready: Form, taken_back: Withdrawals) -> Form:
    """The form as it may be kept: a Consent that was taken back is inactive."""
    if ready.type != TYPE or not taken_back:
        return ready
    bodies = ((fragment, _agreeing(orjson.loads(fragment.body), taken_back)) for fragment in ready.fragments)
    facets = (fragment._replace(body=orjson.dumps(body), terms=tuple(terms(TYPE, body))) for fragment, body in bodies)
    return ready._replace(fragments=tuple(facets))


def agree(kept: Kept, taken_back: Withdrawals) -> None:
    """Make every Consent that is kept of a person inactive that was taken back."""
    for key, origin, stored in kept.transaction.all(
        "SELECT r.key, f.origin, f.body FROM resource r JOIN facet f ON f.resource = r.id"
        " WHERE r.person = :person AND r.type = :type AND f.part = :carrier AND f.ended IS NULL",
        person=kept.person,
        type=TYPE,
        carrier=CARRIER,
    ):
        body = orjson.loads(stored)
        now = _agreeing(body, taken_back)
        if now != body:
            kept.put_part(Resource(TYPE, key, (Facet(CARRIER, Category.CHOICES, now),)), CARRIER, origin)


def _agreeing(body: dict[str, Any], taken_back: Withdrawals) -> dict[str, Any]:
    since = [taken_back[kind] for kind in _kinds(body) if kind in taken_back]
    over = any(body.get("dateTime", "")[:10] <= day for day in since)
    return body | {"status": _INACTIVE} if over and body.get("status") == _ACTIVE else body


def _kinds(body: dict[str, Any]) -> list[str]:
    return [coding.get("code", "") for concept in body.get("category", ()) for coding in concept.get("coding", ())]
