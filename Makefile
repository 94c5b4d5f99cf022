# Everything here needs Python 3.11 or newer and make; the first target that runs sets up .venv.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test lint types bench lock clean

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

clean:
	rm -rf .venv build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
