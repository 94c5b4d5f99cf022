"""What may be on file about a person?

Facts by generation, on a coarse calendar, so that ties, lapses and exact boundaries are common.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st

from consent.model import OptOut
from consent.standing import NHS_NUMBER, SHARED_RECORD, Choice, Facts, Register

# Generation without a clock, without a store of past failures and from a fixed seed.
patiently = settings(max_examples=250, deadline=None, derandomize=True, database=None)

START = datetime(2024, 1, 1, tzinfo=UTC)
DAYS = (0, 1, 6, 7, 8, 20, 21, 22, 28, 29, 60)
INSTANTS = [START + timedelta(days=day) for day in DAYS]
DATES = [date(2003, 12, 31), date(2004, 2, 29), date(2018, 1, 1), date(2018, 1, 8), date(2024, 1, 2), date(2030, 1, 1)]

instants = st.sampled_from(INSTANTS)
kinds = st.sampled_from([NHS_NUMBER, SHARED_RECORD])
values = st.sampled_from(OptOut)
choices = st.builds(Choice, kinds, values, instants, instants, st.sampled_from(["person", "gp", "register"]))
registers = st.dictionaries(kinds, instants).map(
    lambda dated: {kind: Register(kind, as_of) for kind, as_of in dated.items()}
)


def facts_on_file() -> st.SearchStrategy[Facts]:
    return st.builds(
        Facts,
        first_seen=instants,
        choices=st.lists(choices, max_size=6).map(tuple),
        registers=registers,
        restricted=st.booleans(),
        locked=st.booleans(),
        do_not_disclose=st.booleans(),
        pds_sensitive=st.sampled_from([None, True, False]),
        died=st.sampled_from([None, *DATES]),
        death_learnt=st.none() | instants,
        closed=st.sampled_from([None, *DATES]),
        mental_health=st.booleans(),
        hold=st.booleans(),
        national=values,
        national_checked=st.none() | instants,
    )
