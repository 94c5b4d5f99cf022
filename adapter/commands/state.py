"""How does the deployment stand now?

Counts and dates alone; nothing here is about one person. What needs somebody is said among the alarms.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from adapter.commands.mesh_state import mesh_state
from adapter.commands.withheld import people_by_standing, withheld
from adapter.commands.words import age, when
from adapter.database import Transaction
from adapter.declaration import declarations
from adapter.deployment import Deployment
from adapter.doubt import undecided
from adapter.full_stop import fingerprint, stopped
from adapter.instant import millis
from adapter.register import KINDS
from adapter.trail.segment import last_hash
from adapter.trail.verify import segments

_SOON = timedelta(days=30)
_LAST_TRACES = 100
_DIGEST_HEAD = 12

State = dict[str, Any]


def state_of(deployment: Deployment) -> State:
    """Everything that `status` shows."""
    with deployment.office.transaction() as transaction:
        people = people_by_standing(transaction, millis(deployment.now()))
        found = {
            "people": sum(people.values()),
            "withheld": [counted.document() for counted in withheld(deployment.policy, people)],
            "queue": _queue(transaction, deployment),
            "pds": _pds(transaction, deployment),
            "reviews": undecided(transaction),
            "feeds": _feeds(transaction, deployment),
            "registers": _registers(transaction, deployment),
            "clients": _clients(transaction, deployment),
            "mesh": mesh_state(transaction, deployment),
        }
    found |= {"policy": _policy(deployment), "trail": _trail(deployment)}
    found["data_location"] = deployment.settings.data_location
    return found | {"alarms": list(_alarms(found))}


def _queue(transaction: Transaction, deployment: Deployment) -> State:
    waiting, tried = transaction.one(
        "SELECT COUNT(*), COALESCE(SUM(CASE WHEN attempts > 0 THEN 1 ELSE 0 END), 0) FROM trace_queue"
    ) or (0, 0)
    oldest = transaction.one("SELECT MIN(due) FROM trace_queue")
    outcomes = transaction.all(
        "SELECT outcome, COUNT(*) FROM (SELECT outcome FROM trace ORDER BY id DESC LIMIT :last) newest"
        " GROUP BY outcome ORDER BY outcome",
        last=_LAST_TRACES,
    )
    due = oldest[0] if oldest else None
    return {
        "waiting": waiting,
        "tried_before": int(tried),
        "oldest_due": when(due),
        "oldest_age": "-" if due is None else age(due, deployment.now()),
        "last_outcomes": dict(outcomes),
    }


def _pds(transaction: Transaction, deployment: Deployment) -> State:
    if not deployment.settings.pds_base_url:
        return {"state": "not set", "since": "-", "reason": "-"}
    halt = stopped(transaction, fingerprint(deployment))
    if halt is None:
        return {"state": "in use", "since": "-", "reason": "-"}
    return {"state": "stopped", "since": when(halt.at), "reason": halt.reason}


def _feeds(transaction: Transaction, deployment: Deployment) -> list[State]:
    rows = transaction.all(
        "SELECT c.code, COALESCE(e.feed, ''), MAX(e.created) FROM council c"
        " LEFT JOIN extract e ON e.council = c.id AND e.state = 'done'"
        " GROUP BY c.code, COALESCE(e.feed, '') ORDER BY c.code, COALESCE(e.feed, '')"
    )
    return [
        {
            "council": code,
            "feed": feed or "case records",
            "newest_extract": when(created),
            "age": "-" if created is None else age(created, deployment.now()),
        }
        for code, feed, created in rows
    ]


def _registers(transaction: Transaction, deployment: Deployment) -> list[State]:
    """The newest declaration of every council and kind, and a line for each that nobody has declared."""
    policy, now = deployment.policy, deployment.now()
    newest = {(declared.council, declared.kind): declared for declared in reversed(declarations(transaction))}
    councils = [row[0] for row in transaction.all("SELECT code FROM council ORDER BY code")]
    found = []
    for council in councils:
        for kind in KINDS:
            declared = newest.get((council, kind))
            line: State = {"council": council, "kind": kind, "as_of": "-", "age": "-", "state": "not declared"}
            if declared is not None:
                line |= {"as_of": when(declared.as_of), "age": age(declared.as_of, now)}
                line["state"] = declared.state(policy, now)
            found.append(line | {"alarm": declared is None or declared.alarms(policy, now)})
    return found


def _clients(transaction: Transaction, deployment: Deployment) -> State:
    now = millis(deployment.now())
    soon = millis(deployment.now() + _SOON)
    counted = "SELECT COUNT(*) FROM client"
    return {
        "registered": transaction.number(counted),
        "ending_within_30_days": transaction.number(
            f"{counted} WHERE ends > :now AND ends <= :soon", now=now, soon=soon
        ),
        "ended": transaction.number(f"{counted} WHERE ends <= :now", now=now),
    }


def _policy(deployment: Deployment) -> State:
    policy = deployment.policy
    return {"name": policy.name, "version": policy.version, "digest": policy.digest[:_DIGEST_HEAD]}


def _trail(deployment: Deployment) -> State:
    known = segments(deployment.settings.trail)
    heads = (head for path in reversed(known) if (head := last_hash(path)))
    return {"segments": len(known), "newest_head": next(heads, "-")}


def _alarms(found: State) -> list[str]:
    told = [
        f"the {r['kind']} register of {r['council']} is {r['state']} (age {r['age']})"
        for r in found["registers"]
        if r["alarm"]
    ]
    told += [f"nothing was ever received from {feed['council']}" for feed in found["feeds"] if feed["age"] == "-"]
    if found["pds"]["state"] == "stopped":
        told.append(
            f"tracing has stopped since {found['pds']['since']}: {found['pds']['reason']}; put the settings right and"
            " start anew, or run `asc-fhir trace`"
        )
    if found["reviews"]:
        told.append(f"{found['reviews']} matches wait for a decision: `asc-fhir review list`")
    if found["clients"]["ending_within_30_days"]:
        told.append(f"{found['clients']['ending_within_30_days']} sharing agreements end within 30 days")
    return [*told, *found["mesh"]["alarms"]]
