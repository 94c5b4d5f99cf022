"""Is a policy refused unless it is whole, and is a permit the decision that it stands for?"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from hashlib import sha256
from importlib import resources
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given

from consent.decide import RULES, decide
from consent.model import Asking, Category, Channel, Group, Lift, OptOut, Sensitive, View, bit
from consent.permit import permit, permits
from consent.policy import Policy, PolicyError, load, shipped
from tests.consent.builders import POLICY, asks, everybody, someone, ward
from tests.consent.facts import patiently
from tests.consent.notice import NOTICE
from tests.consent.space import askings, standings

SHIPPED = (resources.files("consent") / "policies" / "westminster.toml").read_text("utf-8")

Write = Callable[[str], Path]


@pytest.fixture
def written(tmp_path: Path) -> Write:
    """Put a policy's text into a file."""

    def write(text: str) -> Path:
        (tmp_path / "changed.toml").write_text(text, "utf-8")
        return tmp_path / "changed.toml"

    return write


def changed(old: str, new: str) -> str:
    """The shipped policy with the first of the old words replaced."""
    assert old in SHIPPED
    return SHIPPED.replace(old, new, 1)


# ---------------------------------------------------------------- what is refused, and where


FAULTS = [
    ("not TOML at all", "[policy]", "[policy", "changed.toml: cannot be read as a policy: "),
    ("a table that nobody knows", "[desk]", "[dsek]", "`dsek` is not a word here"),
    ("a table that is missing", 'name = "westminster"', "", "policy: name is missing"),
    ("a text that is blank", 'controller = "Westminster City Council"', 'controller = " "', "policy: controller must"),
    ("a version that is no number", "version = 1", 'version = "1"', "policy: version must be a whole number"),
    ("a council without a code", 'code = "westminster"', "", "council 1: code is missing"),
    ("a council without an organisation", 'ods = "713"', 'ods = ""', "council 1: ods must be a text"),
    ("a word that a council does not have", 'ods = "713"', 'gss = "E09000033"', "council 1: `gss` is not a word"),
    ("a desk without a telephone", 'phone = "020 7641 2500"', "", "desk: phone is missing"),
    ("a word that a desk does not have", "hours =", "hour =", "desk: `hour` is not a word here"),
    ("a period that is missing", "register_grace_days = 14", "", "periods: register_grace_days is missing"),
    ("a period that nobody knows", "register_grace_days", "grace_days", "periods: `grace_days` is not a word here"),
    ("a period in words", "retention_years = 6", 'retention_years = "6"', "periods: retention_years must"),
    ("a period below nothing", "retention_years = 6", "retention_years = -6", "periods: retention_years must"),
    ("a period of yes", "retention_years = 6", "retention_years = true", "periods: retention_years must"),
    ("a check older than it may be", "national_check_days = 7", "national_check_days = 22", "periods: national_check"),
    ("no assertion for everybody else", "default = 12", "", "assertion_hours: default is missing"),
    ("an assertion without end", "hospital = 72", 'hospital = "always"', "assertion_hours: hospital must be"),
    ("a purpose of no kind", 'TREAT = "direct"', 'TREAT = "good"', "purposes: TREAT must be one of direct, "),
    ("a job role that no row has", 'R8003 = "clinician"', 'R8003 = "porter"', "job_roles: R8003 is `porter`"),
    ("a row without a recipient", 'recipient = "gp"', "", "row 1: recipient is missing"),
    ("a row without roles", 'roles = ["clinician"]', "roles = []", "row 1: roles must be a list of at least 1"),
    ("a role where a list belongs", 'roles = ["clinician"]', 'roles = "clinician"', "row 1: roles must be a list"),
    ("a role that is no word", 'roles = ["clinician"]', "roles = [7]", "row 1: roles must hold words only"),
    ("a role that is blank", 'roles = ["clinician"]', 'roles = [" "]', "row 1: roles must hold words only"),
    ("a row without purposes", 'purposes = ["TREAT", "CAREMGT", "ETREAT"]', "", "row 1: purposes is missing"),
    ("a word that a row does not have", "inside = true", "outside = true", "row 14: `outside` is not a word here"),
    ("inside, but not yes or no", "inside = true", 'inside = "no"', "row 14: inside must be true or false"),
    ("a category that is none", '"legal-status"]', '"illegal-status"]', "row 1: categories holds `illegal-status`"),
    ("a channel that is none", 'channel = "integrated-record"', 'channel = "post"', "row 10: channel `post` is not"),
    ("a row without a reason", 'because = "a GP plans', '#because = "a GP plans', "row 1: because is missing"),
    ("a row with no sentence", 'notice = "commissioned health', '#notice = "com', "row 11: notice is missing"),
    ("a purpose that is refused", '["TREAT", "CAREMGT", "ETREAT"]', '["HMARKT"]', "row 1 (gp): purpose HMARKT is"),
    ("a purpose not listed", '["TREAT", "CAREMGT", "ETREAT"]', '["X"]', "row 1 (gp): purpose X is refused or not"),
    ("care without a relationship", 'because = "a GP', 'relationship = false\nbecause = "a GP', "row 1 (gp): direct"),
    ("a category written twice", 'own = ["services"]', 'own = ["gp"]', "row 11 (commissioned-health): gp stands under"),
    ("two rows for one view", 'purposes = ["BTG"]', 'purposes = ["TREAT"]', "two rows speak of hospital, clinician"),
    ("a basis that is none", 'basis = "crime"', 'basis = "habit"', "lift 3: names a basis or a protection"),
    ("a lift of what cannot be lifted", 'lifts = []', 'lifts = ["sealed"]', "lift 4: names a basis or a protection"),
    ("two rows for one basis", 'basis = "crime"', 'basis = "safeguarding"', "lift 3: two rows speak of the basis"),
    ("a lift without a sentence", 'notice = "if we are', '#notice = "if we are', "lift 1: notice is missing"),
    ("a rule without grounds", "[rules.sealed]", "[rules.seeled]", "rules: `seeled` is not a word here"),
    ("a rule without a reason", 'because = "the record is sealed"', "", "rules sealed: because is missing"),
    ("a rule with a blank reason", 'because = "the record is sealed"', 'because = ""', "rules sealed: because must"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "complaint"), [f[1:] for f in FAULTS], ids=[f[0] for f in FAULTS])
def test_a_policy_with_a_fault_is_refused_with_file_and_place(written: Write, old: str, new: str, complaint: str):
    with pytest.raises(PolicyError, match=rf"^changed\.toml: .*{re.escape(complaint.removeprefix('changed.toml: '))}"):
        load(written(changed(old, new)))


def test_a_policy_that_lacks_a_rule_is_refused(written: Write):
    whole = re.compile(r"\[rules\.sealed\]\nbecause = .*\nnotice = .*\n")
    with pytest.raises(PolicyError, match=r"^changed\.toml: rules: sealed is missing$"):
        load(written(whole.sub("", SHIPPED)))


@pytest.mark.parametrize("category", ["financial", "images", "biometrics", "appearance"])
@pytest.mark.parametrize("key", ["categories", "own"])
def test_a_policy_that_shows_what_is_for_nobody_is_refused(written: Write, category: str, key: str):
    place = {"categories": '"legal-status"]', "own": 'own = ["services"]'}[key]
    with pytest.raises(PolicyError, match=rf"^changed\.toml: row \d+ \([a-z-]+\): {category} is for nobody, ever$"):
        load(written(changed(place, place.replace("]", f', "{category}"]'))))


def test_a_file_that_is_not_there_is_refused_by_its_name(tmp_path: Path):
    with pytest.raises(PolicyError, match=r"^none\.toml: cannot be read as a policy"):
        load(tmp_path / "none.toml")


def test_a_file_that_is_not_utf_8_is_refused_by_its_name(tmp_path: Path):
    (tmp_path / "old.toml").write_bytes(SHIPPED.encode("utf-16"))
    with pytest.raises(PolicyError, match=r"^old\.toml: cannot be read as a policy"):
        load(tmp_path / "old.toml")


@pytest.mark.parametrize("said", ["7", '"x"', '""', "[]", "[[]]", "{}", "true", "1979-05-27", "-1", "nan"])
def test_whatever_stands_in_the_place_of_an_entry_the_only_complaint_is_a_refusal(written: Write, said: str):
    for text in (SHIPPED.replace(line, f"{name} = {said}", 1) for name, line in entries()):
        outcome = policy_or_refusal(written(text))
        assert isinstance(outcome, Policy) or str(outcome).startswith("changed.toml: ")


def test_no_line_that_is_lost_makes_a_policy_show_more(written: Write):
    shown = [policy_or_refusal(written(SHIPPED.replace(line, "", 1))) for _, line in entries()]
    assert [lost for lost in shown if isinstance(lost, Policy) and shows_more(lost)] == []


def entries() -> Iterator[tuple[str, str]]:
    """Every entry of the shipped file that stands once, by its name."""
    for line in SHIPPED.splitlines():
        if (entry := re.match(r"(\w+) = ", line)) and SHIPPED.count(line) == 1:
            yield entry[1], line


def policy_or_refusal(path: Path) -> Policy | PolicyError:
    try:
        return load(path)
    except PolicyError as refusal:
        return refusal


def shows_more(other: Policy) -> bool:
    """Whether any view sees under the other policy what it does not see under the shipped one."""
    openings = product(other.by_view, (False, True), Lift)
    for view, related, lift in openings:
        for person in (someone(), someone(locked=True, pds_sensitive=Sensitive.YES)):
            asking = Asking(view, related, lift)
            if permit(other, asking, person).mask & ~permit(POLICY, asking, person).mask:
                return True
    return False


# ---------------------------------------------------------------- what the shipped policy says


def test_every_rule_has_its_grounds():
    assert set(POLICY.rules) == {"not-known", *(rule.id for rule in RULES)}


@pytest.mark.parametrize("sentence", sorted({*re.findall(r'^notice = "(.*)"$', SHIPPED, re.M)}))
def test_every_sentence_that_the_policy_quotes_is_in_the_notice(sentence: str):
    assert sentence in NOTICE


def test_every_row_every_lift_and_every_rule_quotes_the_notice():
    quotes = len(re.findall(r"^notice = ", SHIPPED, re.M))
    assert quotes == len(POLICY.rows) + (len(Lift) - 1) + len(POLICY.rules)


def test_a_policy_is_known_by_the_digest_of_its_file():
    assert POLICY.digest == sha256(SHIPPED.encode()).hexdigest()


def test_a_policy_is_found_by_its_name():
    assert (shipped("westminster").name, shipped("westminster").version) == ("westminster", 1)


def test_a_view_that_no_row_speaks_of_has_no_row():
    assert POLICY.row(View("hospital", "clinician", "TREAT", Channel.INTEGRATED_RECORD)) is None


def test_a_purpose_that_is_not_listed_is_refused():
    assert POLICY.group("CURIOSITY") is Group.REFUSED


@pytest.mark.parametrize(
    ("recipient", "hours"), [("hospital", 72), ("ambulance", 24), ("gp", 12), ("care-provider", 12)]
)
def test_an_assertion_lasts_as_long_as_policy_says(recipient: str, hours: int):
    assert POLICY.assertion(recipient).total_seconds() == hours * 3600


def test_only_the_purpose_of_breaking_the_glass_breaks_it():
    assert [purpose for purpose in POLICY.purposes if POLICY.breaks_glass(purpose)] == ["BTG"]


def test_a_basis_that_a_policy_does_not_speak_of_lifts_nothing(written: Write):
    block = re.search(r'\[\[lift\]\]\nbasis = "crime"\n.*\n.*\n', SHIPPED)
    assert load(written(SHIPPED.replace(block[0], ""))).lifts[Lift.CRIME] == frozenset()


def test_only_planners_and_researchers_have_rows_that_name_nobody():
    assert {row.recipient for row in POLICY.rows if not row.identifiable} == {"planner", "researcher"}


def test_every_asking_for_care_or_of_an_officer_needs_a_named_user():
    unnamed = {row.recipient for row in POLICY.rows if not row.named_user}
    assert unnamed == {"integrated-record", "planner", "researcher", "pds", "national-opt-out-check"}


# ---------------------------------------------------------------- permits

ALL_BITS = [bit(category, locates=locates) for category in Category for locates in (False, True)]


def test_every_category_has_a_bit_of_its_own_with_and_without_place():
    assert len(set(ALL_BITS)) == 2 * len(Category)


def test_each_bit_is_one_bit_and_all_of_them_fit_a_signed_64_bit_integer():
    assert all(one.bit_count() == 1 and one < 2**63 for one in ALL_BITS)


@patiently
@given(askings, standings)
def test_a_permit_is_the_decision_category_by_category(asking, standing):
    made = permit(POLICY, asking, standing)
    for category, locates in product(Category, (False, True)):
        released = decide(POLICY, asking, standing, category, locates=locates).released
        assert bool((made.mask | made.own) & bit(category, locates=locates)) is released


def test_unless_it_is_said_a_category_is_not_taken_to_tell_where_somebody_is():
    protected = someone(pds_sensitive=Sensitive.YES)
    assert decide(POLICY, ward(), protected, Category.SERVICES).released


def test_what_is_shown_of_its_own_services_only_is_not_shown_of_anybodys():
    made = permit(POLICY, asks("care-provider", "care-worker"), someone())
    services = bit(Category.SERVICES), bit(Category.SERVICES, locates=True)
    assert [(bool(made.mask & one), bool(made.own & one)) for one in services] == [(False, True)] * 2


def test_only_providers_have_anything_of_their_own():
    having = {asking.view.recipient for asking in everybody() if permit(POLICY, asking, someone()).own}
    assert having == {"commissioned-health", "care-provider"}


def test_the_rows_that_show_nothing_are_not_made():
    people = [someone(), someone(restricted=True)]
    made = list(permits(POLICY, [ward().view], people))
    assert {(standing.restricted, related, lift) for _, standing, related, lift, _ in made} == {
        *((False, True, lift) for lift in Lift),
        *((True, True, lift) for lift in (Lift.COURT_OR_STATUTE, Lift.SAFEGUARDING, Lift.CRIME)),
    }


def test_a_row_that_shows_nothing_but_its_own_services_is_made(written: Write):
    categories = re.search(r"categories = .*(?=\nown = )", SHIPPED)[0]
    policy = load(written(SHIPPED.replace(categories, 'categories = ["contact"]')))
    provider, protected = asks("commissioned-health", "clinician").view, someone(do_not_disclose=True)
    assert {(made.mask, made.own > 0) for *_, made in permits(policy, [provider], [protected])} == {(0, True)}


def test_every_row_that_shows_something_is_made_as_the_permit_says():
    views, people = list(POLICY.by_view), [someone(), someone(nhs_number_use=OptOut.OBJECTS, locked=True)]
    expected = {
        (view, standing, related, lift, made)
        for view, standing, related, lift in product(views, people, (False, True), Lift)
        if (made := permit(POLICY, Asking(view, related, lift), standing)).mask or made.own
    }
    assert set(permits(POLICY, iter(views), iter(people))) == expected


def test_a_policy_cannot_be_changed_once_it_is_read():
    with pytest.raises(AttributeError):
        POLICY.rows = ()


def test_a_row_is_whatever_its_own_and_its_general_categories_reach():
    row = replace(POLICY.rows[0], categories=frozenset({Category.IDENTITY}), own=frozenset({Category.SERVICES}))
    assert row.reach == {Category.IDENTITY, Category.SERVICES}
