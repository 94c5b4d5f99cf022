"""What does a feed beside the case records say of somebody?

A feed speaks of a part of a person: whom to ring, what they have chosen. What it does not carry, it says nothing
about. Its facets are of an origin of their own, so that neither the case record nor another feed ends them. Whoever
is not on file has no team, but may have objected: that is written down for when their record comes.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from adapter.consents import agree, agreeing, of_choice, standing_choices, withdrawals
from adapter.database import Transaction
from adapter.forms import Form, Ready, resolved, target
from adapter.instant import millis
from adapter.register import refresh, write_choice
from adapter.store import MARKS, SOURCE, Store, restricts
from mappings.mapped import REFERENCE


def unchanged(transaction: Transaction, council: int, local_id: str, feed: str, digest: str, extract: int) -> bool:
    """Whether this is what the feed last said of a person; if so, note that it was confirmed."""
    return (
        transaction.changed(
            "UPDATE feed_record SET extract = :extract WHERE feed = :feed AND digest = :digest"
            " AND person = (SELECT id FROM person WHERE council = :council AND local_id = :local_id)",
            extract=extract,
            feed=feed,
            digest=digest,
            council=council,
            local_id=local_id,
        )
        > 0
    )


def put(store: Store, ready: Ready, digest: str, extract: int, spoken: datetime) -> bool | None:
    """Keep what a feed says; None where it is of nobody who is on file, else whether it restricts who was open."""
    with store.savepoint():
        person, before = _person(store, ready, extract, spoken)
        if person is None:
            return None
        late = _is_late(store.transaction, person, ready.feed, spoken)
        after = before if late else _state(store.transaction, person, before, ready)
        for choice in store.choices(person, ready):
            write_choice(store.transaction, person, choice, store.now)
        refresh(store.transaction, store.policy, [person], store.now, store.known)
        _keep(store, person, ready, late=late)
        if not late:
            _note(store.transaction, person, ready.feed, digest, extract, spoken)
    return restricts(before, after)


def end_absent(store: Store, feed: str, extract: int) -> int:
    """End what a feed said of people whom its newest whole extract leaves out, but no choice; say how many."""
    absent = store.transaction.all(
        "SELECT r.person FROM feed_record r JOIN person p ON p.id = r.person WHERE p.council = :council"
        " AND r.feed = :feed AND r.extract <> :extract"
        " AND r.spoken <= (SELECT created FROM extract WHERE id = :extract)",
        council=store.council.id,
        feed=feed,
        extract=extract,
    )
    for (person,) in absent:
        kept = store.kept(person)
        kept.end_absent(standing_choices(kept), feed)
        store.transaction.execute(
            "DELETE FROM feed_record WHERE person = :person AND feed = :feed", person=person, feed=feed
        )
    return len(absent)


def _person(store: Store, ready: Ready, extract: int, spoken: datetime) -> tuple[int | None, dict[str, Any]]:
    known = store.on_file(ready.local_id)
    if known is not None:
        return known
    if not ready.choices and not ready.facts:
        return None, {}
    # Nothing is known of them but this: what is not written down withholds.
    person, _ = store.person(ready._replace(sequence=None), "", extract, spoken)
    return person, {}


def _is_late(transaction: Transaction, person: int, feed: str, spoken: datetime) -> bool:
    row = transaction.one(
        "SELECT spoken FROM feed_record WHERE person = :person AND feed = :feed", person=person, feed=feed
    )
    return row is not None and millis(spoken) < row[0]


def _state(transaction: Transaction, person: int, before: dict[str, Any], ready: Ready) -> dict[str, Any]:
    said = {mark: ready.facts[mark] == "yes" for mark in MARKS if mark in ready.facts}
    after = before | said
    transaction.execute(
        "UPDATE person SET facts = :facts WHERE id = :person", facts=json.dumps(after, sort_keys=True), person=person
    )
    return after


def _keep(store: Store, person: int, ready: Ready, *, late: bool) -> None:
    kept = store.kept(person)
    taken_back = withdrawals(store.transaction, store.policy, person, store.now)
    forms = [agreeing(form, taken_back) for form in _of_feed(ready)]
    with kept.together():
        for form in forms:
            if not late or (of_choice(form.type, form.key) and (form.type, form.key) not in kept.publics):
                kept.put(form, ready.feed)
        if not late:
            kept.end_absent([*((form.type, form.key) for form in forms), *standing_choices(kept)], ready.feed)
    agree(kept, taken_back)


def _note(transaction: Transaction, person: int, feed: str, digest: str, extract: int, spoken: datetime) -> None:
    transaction.execute(
        "INSERT INTO feed_record (person, feed, digest, extract, spoken)"
        " VALUES (:person, :feed, :digest, :extract, :spoken) ON CONFLICT (person, feed)"
        " DO UPDATE SET digest = excluded.digest, extract = excluded.extract, spoken = excluded.spoken",
        person=person,
        feed=feed,
        digest=digest,
        extract=extract,
        spoken=millis(spoken),
    )


def _of_feed(ready: Ready) -> list[Form]:
    """The forms under keys of the feed's own: the case record may have a resource of the same key."""
    keys = {(form.type, form.key): _key(ready.feed, form) for form in ready.forms}

    def named(kind: str, key: str) -> str:
        return f"{REFERENCE}{kind}:{keys.get((kind, key), key)}"

    return [_renamed(form, keys[form.type, form.key], named) for form in ready.forms]


def _key(feed: str, form: Form) -> str:
    if form.type != SOURCE:
        return f"{feed}:{form.key}"
    source, kind, key = form.key.split(":", 2)
    return f"{source}:{kind}:{feed}:{key}"


def _renamed(form: Form, key: str, named: Callable[[str, str], str]) -> Form:
    fragments = (
        fragment._replace(
            body=resolved(fragment.body, named),
            terms=tuple((name, target(value, named)) for name, value in fragment.terms),
        )
        for fragment in form.fragments
    )
    return form._replace(key=key, fragments=tuple(fragments))
