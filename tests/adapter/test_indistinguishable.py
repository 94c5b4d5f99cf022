"""Do two worlds that look the same to an asker answer that asker the same, byte for byte?

Each pair has one clock and differs only in what is withheld from the asker. The same questions are put to both, twice,
with a further extract between; what may differ is dropped or renamed: the instant, the port, ids and versions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey

from adapter.interactions import TYPES
from tests import postgres
from tests.fhir import link, said, watched
from tests.town import ETHNICITY, by_name, by_number
from tests.world import World, case, objection, pds_record, relationship

ADA_NUMBER, BEA_NUMBER, OTHER_NUMBER, SON_NUMBER = "9990000018", "9990000026", "9990000034", "9990000042"
BORN, BEA_BORN, HIDDEN_BORN = "1941-03-05", "1950-06-07", "1944-04-04"
ABSENT = f"{0:08d}"
HIDDEN = tuple(f"H{number}" for number in range(12))
Talk = list[tuple[str, str]]
_IDS = re.compile(r"\b\d{8}\b")
_VERSIONS = re.compile(r"\b[0-9a-f]{16}\b")
_CURSORS = re.compile(r"(?<=_cursor=)[\w-]+")


class FixedIds(World):
    """A world whose ids are all of one length, so that renaming them moves nothing."""

    def _new_id(self) -> str:
        return f"{next(self._numbers):08d}"


@dataclass(frozen=True)
class Difference:
    """What one world has that the other has not, and to whose eyes it makes none."""

    eyes: tuple[str, ...]
    ethnicity: str = ETHNICITY
    bea_number: str = BEA_NUMBER
    ada_objections: str = ""
    # Before and after those whom the asker sees.
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    records: tuple[dict[str, Any], ...] = ()
    # Done once everybody is loaded and traced.
    then: Callable[[World], None] = field(default=lambda _world: None)


def _hidden(*, twin: bool = False, **person: Any) -> tuple[str, ...]:
    named = {"family": "Marlowe", "given": "Ada", "born": BORN} if twin else {"family": "Hidden", "born": HIDDEN_BORN}
    return tuple(case(local_id, **(named | person)) for local_id in HIDDEN)


def _closed(day: str) -> str:
    return f'<Involvement clientType="Service User" psr="x" opened="2001-01-01" closed="{day}"/>'


def _asserts_all(world: World) -> None:
    other = watched(world.asker("hospital", name="another ward"))
    other.search("Patient", by_name("Page", "Num0", "1950-01-01"))
    other.search("Patient", by_number(ADA_NUMBER, BORN))


def _chooses(world: World) -> None:
    world.choose("A1", "shared-record", "objects")


OUTSIDERS = ("hospital", "administrator", "gp", "planner")
EVERYBODY = (*OUTSIDERS, "integrated-record", "council")
RESTRICTED = 'restricted="Y"'
OPTED_OUT = objection("shared-record")
_SON = case("A20", family="Marlowe", given="Basil", born="1969-01-01", nhs_number=SON_NUMBER)
_SON_AT_PDS = pds_record(SON_NUMBER, family="Marlowe", given="Basil", born="1969-01-01", practice="Y99999")

DIFFERENCES = {
    "people who are restricted": Difference(EVERYBODY, before=_hidden(attributes=RESTRICTED)),
    "people who are restricted, loaded last": Difference(EVERYBODY, after=_hidden(attributes=RESTRICTED)),
    "people of her own name who are restricted": Difference(
        EVERYBODY, before=_hidden(twin=True, attributes=RESTRICTED)
    ),
    "people who are locked": Difference(EVERYBODY, before=_hidden(attributes='restricted="N" locked="Y"')),
    "people kept past the retention period": Difference(
        EVERYBODY, before=_hidden(involvement=_closed("2015-01-01"), services="")
    ),
    "people with a number who are restricted": Difference(
        EVERYBODY,
        before=(case("H0", family="Hidden", born=HIDDEN_BORN, nhs_number=OTHER_NUMBER, attributes=RESTRICTED),),
    ),
    "people opted out of the shared record": Difference(
        ("integrated-record",),
        before=(case("H0", family="Hidden", born=HIDDEN_BORN, nhs_number=OTHER_NUMBER, objections=OPTED_OUT),),
        records=(pds_record(OTHER_NUMBER, family="Hidden", born=HIDDEN_BORN, practice="Y99999"),),
    ),
    "another number of who objects to it": Difference(EVERYBODY, bea_number=OTHER_NUMBER),
    "no number of who objects to it": Difference(EVERYBODY, bea_number=""),
    "another ethnicity": Difference(
        ("hospital", "administrator", "planner", "integrated-record"),
        ethnicity='<Ethnicity scheme="cld-r2" code="White: British">White: British</Ethnicity>',
    ),
    "no ethnicity": Difference(("hospital", "administrator", "planner", "integrated-record"), ethnicity=""),
    "an opt-out of the shared record in the case record": Difference((*OUTSIDERS, "council"), ada_objections=OPTED_OUT),
    "an opt-out of the shared record by an officer": Difference((*OUTSIDERS, "council"), then=_chooses),
    "a son who has a record": Difference(OUTSIDERS, after=(_SON,), records=(_SON_AT_PDS,)),
    "what another client asserted": Difference(EVERYBODY, then=_asserts_all),
}
TOGETHER = Difference(
    ("hospital", "administrator", "planner"),
    ethnicity="",
    bea_number=OTHER_NUMBER,
    ada_objections=OPTED_OUT,
    before=_hidden(attributes=RESTRICTED),
    after=(_SON,),
    records=(_SON_AT_PDS,),
    then=_asserts_all,
)
NONE = Difference(EVERYBODY)


def settled(world: World, difference: Difference) -> World:
    """Load, declare and trace; a world ahead of its first question."""
    _load(world, difference, 1)
    world.know(pds_record(ADA_NUMBER), *difference.records)
    world.declare()
    world.trace()
    difference.then(world)
    return world


def _load(world: World, difference: Difference, sequence: int) -> None:
    world.load(
        *difference.before,
        case(
            "A1",
            nhs_number=ADA_NUMBER,
            objections=difference.ada_objections,
            more=relationship(roles="next-of-kin main-carer", person="A20")
            + difference.ethnicity
            + '<Language first="Polish" interpreter="Y"/>',
        ),
        case(
            "A2",
            family="Thorne",
            given="Bea",
            born=BEA_BORN,
            nhs_number=difference.bea_number,
            practice="E87991",
            objections=objection(),
        ),
        *(case(f"P{n}", family="Page", given=f"Num{n}", born=f"195{n}-01-01") for n in range(3)),
        *difference.after,
        sequence=sequence,
    )


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory, client_key: ECKey) -> Iterator[dict[str, Talk]]:
    """What each asker hears in the world without any of the differences."""
    folder = tmp_path_factory.mktemp("plain")
    made = settled(FixedIds(f"sqlite:///{folder / 'plain.db'}", folder / "home", client_key), NONE)
    yield {eye: talk(made, eye) for eye in EVERYBODY}
    made.close()


@pytest.mark.parametrize("difference", DIFFERENCES.values(), ids=DIFFERENCES)
def test_what_is_withheld_makes_no_difference(
    plain: dict[str, Talk], difference: Difference, tmp_path: Path, client_key: ECKey
) -> None:
    other = settled(FixedIds(f"sqlite:///{tmp_path / 'other.db'}", tmp_path / "home", client_key), difference)
    heard = {eye: talk(other, eye) for eye in difference.eyes}
    other.close()
    assert {eye: differing(plain[eye], heard[eye]) for eye in heard} == {eye: [] for eye in heard}


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_all_that_is_withheld_together_makes_no_difference_now_or_after_another_extract(
    engine: str, postgres_server: postgres.Server, tmp_path: Path, client_key: ECKey
) -> None:
    here, there = (
        _both_talks(engine, postgres_server, tmp_path / name, client_key, difference)
        for name, difference in (("plain", NONE), ("other", TOGETHER))
    )
    assert differing(here, there) == []


def differing(here: Talk, there: Talk) -> list[tuple[Any, Any]]:
    """Every question with its two answers, where they are not the same."""
    return [pair for pair in zip(here, there, strict=True) if pair[0] != pair[1]]


def _both_talks(
    engine: str, server: postgres.Server, folder: Path, key: ECKey, difference: Difference
) -> list[tuple[str, str]]:
    if engine == "postgresql":
        with server.database() as url:
            return _before_and_after(FixedIds(url, folder, key), difference)
    return _before_and_after(FixedIds(f"sqlite:///{folder}.db", folder, key), difference)


def _before_and_after(world: World, difference: Difference) -> Talk:
    settled(world, difference)
    names = {eye: Names() for eye in TOGETHER.eyes}
    heard = [answer for eye in TOGETHER.eyes for answer in talk(world, eye, names[eye])]
    world.pass_time(minutes=30)
    _load(world, difference if difference is NONE else CHANGED, 2)
    heard += [answer for eye in TOGETHER.eyes for answer in talk(world, eye, names[eye])]
    world.close()
    return heard


# The second extract of the other world: everything withheld has changed again.
CHANGED = Difference(
    TOGETHER.eyes,
    ethnicity=ETHNICITY,
    bea_number="",
    before=_hidden(attributes=RESTRICTED, family="Changed"),
    after=(_SON.replace("1 Invented Row", "2 Invented Row"),),
)


def test_the_kit_sees_a_difference_that_is_not_withheld(
    plain: dict[str, Talk], tmp_path: Path, client_key: ECKey
) -> None:
    shown = Difference(("council",), before=(case("P9", family="Page", given="Num9", born="1950-01-01"),))
    other = settled(FixedIds(f"sqlite:///{tmp_path / 'other.db'}", tmp_path / "home", client_key), shown)
    heard = talk(other, "council")
    other.close()
    assert heard[: len(plain["council"])] != plain["council"]


# ---------------------------------------------------------------- the questions


class Names:
    """Renames ids and versions in the order in which they are first seen, the same all through."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def plain(self, text: str) -> str:
        """The text with what may differ renamed; a page link keeps its length."""
        text = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT", text)
        text = _CURSORS.sub(lambda found: "x" * len(found[0]), text)
        for pattern, word in ((_IDS, "id"), (_VERSIONS, "version")):
            text = pattern.sub(lambda found, word=word: self._name(found[0], word), text)
        return text

    def _name(self, found: str, word: str) -> str:
        return self._known.setdefault(found, f"<{word}-{len(self._known)}>")


def talk(world: World, eye: str, names: Names | None = None) -> Talk:
    """Everything that one asker asks, each with its answer."""
    names = names or Names()
    return [(question, names.plain(str(said(answer)))) for question, answer in _questions(world, _asker(world, eye))]


def _asker(world: World, eye: str) -> Any:
    if eye == "administrator":
        return watched(world.asker("hospital", role="administrator", code="R8010", may_assert=True, name=eye))
    return watched(world.asker(eye))


def _questions(world: World, asker: Any) -> Iterator[tuple[str, Any]]:
    for criteria in (
        by_name("Hidden", "Ada", HIDDEN_BORN),
        by_name("Changed", "Ada", HIDDEN_BORN),
        by_number(OTHER_NUMBER, HIDDEN_BORN),
        by_number(BEA_NUMBER, BEA_BORN),
        by_number(OTHER_NUMBER, BEA_BORN),
        by_name("Thorne", "Bea", BEA_BORN),
        by_number(ADA_NUMBER, BORN),
        by_name("Marlowe", "Ada", BORN),
        [("family", "H"), ("_total", "accurate")],
        [("identifier", OTHER_NUMBER)],
        [("birthdate", f"le{HIDDEN_BORN}"), ("_count", "1")],
    ):
        yield str(criteria), asker.search("Patient", criteria)
    hidden = _public(world, "H0")
    for path in (
        *("metadata", "$my-access", "Patient?family:exact=Hidden", "Patient?_count=x", "Bed?x=Hidden", "Patient/1/2"),
        *(f"{kind}{query}" for kind in TYPES for query in ("", "?_count=0", "?_count=1", "?_total=none&_count=2")),
        *(f"{source}?_include={source}:{name}" for source, known in TYPES.items() for name in known.includes),
        *(f"Patient?_revinclude={source}:patient" for source in TYPES if source != "Patient"),
        "Patient?_revinclude=Provenance:target",
    ):
        yield path, asker.get(path)
    for path in ("Patient/{}", "Patient?_id={}", "CareTeam?patient={}", "Provenance?target=Patient/{}", "CareTeam/{}"):
        yield path, asker.get(path.format(hidden))
    following = "Patient?_count=1"
    # No world here has as many pages.
    for _ in range(20):
        if following:
            yield "a page", (page := asker.get(following))
            following = link(page, "next") if page.status_code == 200 else ""


def _public(world: World, local_id: str) -> str:
    known = world.public(local_id)
    return ABSENT if known == "None" else known
