"""Is what the README says true, and does what it shows run?"""

import inspect
import re
from pathlib import Path

import pds_client
from pds_client.evidence import Status
from pds_client.outcomes import OUTCOMES, table

README = (Path(pds_client.__file__).parent / "README.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def test_the_smallest_use_runs_and_prints_what_the_readme_says(capsys):
    exec(compile(BLOCKS[0], "README.md", "exec"), {})
    assert capsys.readouterr().out == "01\n"


def test_the_smallest_use_is_six_lines():
    assert len([line for line in BLOCKS[0].splitlines() if line.strip()]) <= 6


def test_the_asynchronous_use_is_python_and_names_what_exists():
    compile(f"async def use():\n{re.sub('^', '    ', BLOCKS[1], flags=re.MULTILINE)}", "README.md", "exec")
    assert all(hasattr(pds_client.PdsClient, name) for name in re.findall(r"client\.(\w+)\(", BLOCKS[1]))


def test_the_use_of_the_simulated_mesh_runs_and_prints_what_the_readme_says(capsys):
    exec(compile(BLOCKS[2], "README.md", "exec"), {})
    assert capsys.readouterr().out == "True\n"


def test_the_table_of_outcomes_is_the_one_the_code_prints():
    between = re.search(r"<!-- outcomes: .*? -->\n(.*?)\n<!-- end of outcomes -->", README, re.DOTALL)
    assert between is not None
    assert between[1] == table()


def test_the_table_has_a_row_for_every_outcome():
    rows = table().splitlines()[2:]
    assert [row.split("`")[1] for row in rows] == [outcome.__name__ for outcome in OUTCOMES]


def test_every_argument_of_a_client_is_named():
    arguments = inspect.signature(pds_client.PdsClient.__init__).parameters
    assert [name for name in arguments if name != "self" and f"`{name}`" not in README] == []


def test_every_status_a_trace_can_end_with_is_in_the_readme():
    assert set(re.findall(r"^\| (0\d) \|", README, re.MULTILINE)) == {status.value for status in list(Status)[:5]}


def test_every_name_that_is_gathered_exists():
    assert all(hasattr(pds_client, name) for name in pds_client.__all__)
