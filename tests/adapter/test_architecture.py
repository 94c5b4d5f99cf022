"""The arrows of DESIGN.md and the rules of the style sheet that a program can hold."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
OURS = ("adapter", "mappings", "pds_client", "consent", "conformance", "tests")
STANDARD = frozenset(sys.stdlib_module_names)
# Which packages each may import beside the standard library and, where it says so, others'.
MAY_IMPORT = {
    "consent": frozenset({"consent"}),
    "mappings": frozenset({"mappings", "lxml"}),
    "pds_client": frozenset({"pds_client"}),
    "conformance": frozenset({"conformance"}),
    "adapter": frozenset({"adapter", "mappings", "pds_client", "consent", "conformance"}),
}
STANDARD_ONLY = ("consent", "mappings")
MOST_LINES, MOST_LINES_OF_A_FUNCTION = 300, 45
DATABASES = ("sqlite3", "psycopg", "psycopg_pool")
# Connects to PostgreSQL and lets go at once, so that a command need not wait for the pool to give up.
ASKS_WHETHER_IT_ANSWERS = ("adapter.commands.opened",)


@dataclass(frozen=True)
class Source:
    """A module: its name, and what it says."""

    name: str
    text: str

    @property
    def package(self) -> str:
        return self.name.partition(".")[0]

    @property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    def imports(self) -> Iterator[str]:
        """Every module that is imported, wherever the import stands."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{self.name} imports by a relative path"
                yield from (f"{node.module}.{alias.name}" for alias in node.names)
            elif isinstance(node, ast.Call) and _called(node) in ("import_module", "__import__"):
                named = node.args[0]
                yield _beginning(named)


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _beginning(named: ast.expr) -> str:
    """The constant with which the name of an imported module begins."""
    parts = named.values if isinstance(named, ast.JoinedStr) else [named]
    return str(parts[0].value) if isinstance(parts[0], ast.Constant) else "a name that nobody can read"


def sources() -> list[Source]:
    """Every module of the product."""
    found = []
    for package in OURS[:-1]:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            found.append(Source(name, path.read_text("utf-8")))
    return found


# ---------------------------------------------------------------- rules: each gives the faults of one module


def against_the_arrows(source: Source) -> Iterator[str]:
    """An import of a package that this one may not know."""
    may = MAY_IMPORT[source.package]
    for imported in source.imports():
        top = imported.partition(".")[0]
        unknown = top in OURS and top not in may
        foreign = source.package in STANDARD_ONLY and top not in STANDARD | may
        if unknown or foreign:
            yield f"{source.name} imports {imported}"


def a_model_on_the_way_out(source: Source) -> Iterator[str]:
    """fhir.resources anywhere but where data enters."""
    if source.name != "adapter.resources":
        yield from (f"{source.name} imports {each}" for each in source.imports() if each.startswith("fhir."))


def a_second_way_to_the_database(source: Source) -> Iterator[str]:
    """A database's driver, for more than its faults, outside the package that holds the door."""
    if source.name.startswith("adapter.database") or source.name in ASKS_WHETHER_IT_ANSWERS:
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") in DATABASES:
            used = [node.attr]
        elif isinstance(node, ast.ImportFrom) and str(node.module).partition(".")[0] in DATABASES:
            used = [alias.name for alias in node.names]
        else:
            continue
        yield from (f"{source.name} uses a driver's {name}" for name in used if not name.endswith("Error"))


def a_look_at_the_environment(source: Source) -> Iterator[str]:
    """os.environ or os.getenv outside the settings; what is put there for a worker's settings is not read."""
    if source.name == "adapter.settings":
        return
    nodes = list(ast.walk(source.tree))
    written = {node.value for node in nodes if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store)}
    for node in nodes:
        if node in written:
            continue
        word = node.attr if isinstance(node, ast.Attribute) else node.name if isinstance(node, ast.alias) else ""
        if word in ("environ", "environb", "getenv", "getenvb"):
            yield f"{source.name} looks at os.{word}"


def too_long(source: Source) -> Iterator[str]:
    """A file or a function that wants to be two."""
    lines = source.text.count("\n")
    if lines > MOST_LINES:
        yield f"{source.name} has {lines} lines"
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > MOST_LINES_OF_A_FUNCTION:
                yield f"{source.name}.{node.name} has {length} lines"


def no_question(source: Source) -> Iterator[str]:
    """A module without a docstring, which says what it is for."""
    if not ast.get_docstring(source.tree):
        yield f"{source.name} says nothing of itself"


RULES: dict[Callable[[Source], Iterator[str]], list[Source]] = {
    against_the_arrows: [
        Source("consent.decide", "from adapter.store import Store"),
        Source("consent.decide", "import orjson"),
        Source("consent.decide", "def decide():\n    import mappings.engine"),
        Source("mappings.engine", "import httpx"),
        Source("mappings.engine", "from consent.model import Category"),
        Source("pds_client.client", "from adapter import store"),
        Source("pds_client.client", "import importlib\nimportlib.import_module('adapter.store')"),
        Source("conformance.asker", "from pds_client.nhs_number import NhsNumber"),
        Source("conformance.asker", "from importlib import import_module\nimport_module(f'consent.{name}')"),
        Source("adapter.store", "from tests.world import World"),
    ],
    a_model_on_the_way_out: [
        Source("adapter.rest", "from fhir.resources.R4B.patient import Patient"),
        Source("conformance.asker", "import fhir.resources"),
        Source("adapter.body", "from importlib import import_module\nimport_module(f'fhir.resources.{kind}')"),
    ],
    a_second_way_to_the_database: [
        Source("adapter.rest", "import sqlite3\nsqlite3.connect('x')"),
        Source("adapter.release", "from psycopg import connect"),
        Source("adapter.search", "def search():\n    import psycopg\n    psycopg.AsyncConnection.connect('x')"),
    ],
    a_look_at_the_environment: [
        Source("adapter.app", "import os\nos.environ['HOME']"),
        Source("adapter.app", "from os import getenv"),
        Source("adapter.app", "import os\nos.environ['A'] = os.environ['B']"),
        Source("adapter.app", "import os\nos.environ['A'] += 'x'\nprint(dict(os.environ))"),
        Source("pds_client.client", "import os\nos.getenv('HTTPS_PROXY')"),
    ],
    too_long: [
        Source("adapter.app", "x = 1\n" * (MOST_LINES + 1)),
        Source("adapter.app", "def long():\n" + "    x = 1\n" * MOST_LINES_OF_A_FUNCTION),
        Source("adapter.app", "class A:\n    async def long(self):\n" + "        x = 1\n" * MOST_LINES_OF_A_FUNCTION),
    ],
    no_question: [Source("adapter.app", "x = 1")],
}


@pytest.mark.parametrize("rule", RULES)
def test_no_module_breaks(rule: Callable[[Source], Iterator[str]]) -> None:
    assert [fault for source in sources() for fault in rule(source)] == []


@pytest.mark.parametrize("rule", RULES)
def test_a_module_that_breaks_it_is_noticed_by(rule: Callable[[Source], Iterator[str]]) -> None:
    assert [source.text for source in RULES[rule] if not list(rule(source))] == []


def test_every_module_is_looked_at() -> None:
    names = {source.name for source in sources()}
    assert {"adapter", "adapter.release", "adapter.database.sqlite", "consent.decide", "mappings.readers.xml"} <= names
    assert {"pds_client.simulator.app", "conformance.asker"} <= names
    assert len(names) > 80


def test_every_folder_of_code_is_a_package_that_is_installed() -> None:
    listed = (ROOT / "pyproject.toml").read_text("utf-8").partition("packages = [")[2].partition("]")[0]
    packages = {str(path.parent.relative_to(ROOT)).replace("/", ".") for top in OURS[:-1] for path in _inits(top)}
    assert {name.strip(' ",') for name in listed.split("\n") if name.strip()} == packages


def _inits(package: str) -> Iterator[Path]:
    return (ROOT / package).rglob("__init__.py")


WATCH = """
import sys, threading
sys.path.insert(0, {root!r})
import importlib
for name in {names!r}:
    importlib.import_module(name)
assert threading.active_count() == 1, "a thread was started"
assert not [name for name in sys.modules if name.partition(".")[0] == "tests"], "the product knows its tests"
"""


def test_importing_every_module_does_nothing_that_can_be_seen(tmp_path: Path) -> None:
    names = [source.name for source in sources() if not source.name.endswith("__main__")]
    code = WATCH.format(root=str(ROOT), names=names)
    home = {"PATH": "", "HOME": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1", "XDG_RUNTIME_DIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=home, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert list(tmp_path.iterdir()) == []
