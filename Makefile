# Everything here needs Python 3.11 or newer and make; the first target that runs sets up .venv.
PYTHON ?= python3
BIN := .venv/bin
SANDBOX := mesh-sandbox==1.0.137

.PHONY: demo test lint types bench peer lock clean

demo: .venv/ready
	$(BIN)/asc-fhir demo

test: lint types
	$(BIN)/python -m pytest -n 2

lint: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/ready
	$(BIN)/mypy

bench: .venv/ready
	$(BIN)/python -m tests.bench

# Runs tests/peer against the national MESH sandbox.
peer: .venv/ready .venv/peer/ready
	$(BIN)/python -m tests.peer .venv/peer/bin/python

# Writes constraints.txt anew from what resolves today.
lock:
	rm -rf .venv/lock && $(PYTHON) -m venv .venv/lock
	.venv/lock/bin/pip install --quiet -e '.[test]'
	.venv/lock/bin/pip freeze --exclude-editable > constraints.txt
	rm -rf .venv/lock

.venv/ready: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test]'
	touch $@

# The sandbox pins other versions of what we use, so it has an environment of its own.
.venv/peer/ready: Makefile
	test -x .venv/peer/bin/python || $(PYTHON) -m venv .venv/peer
	@.venv/peer/bin/pip install --quiet --disable-pip-version-check --progress-bar off --log .venv/peer/pip.log \
		$(SANDBOX) 2>/dev/null \
		|| { echo 'make peer: pip cannot install $(SANDBOX); see .venv/peer/pip.log' >&2; exit 1; }
	touch $@

clean:
	rm -rf .venv build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
