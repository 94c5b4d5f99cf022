"""`python -m adapter` is the command `asc-fhir`."""

from adapter.cli import app

if __name__ == "__main__":
    app()
