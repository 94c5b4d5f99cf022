"""What is said when a command cannot do what was asked?

One clear line on standard error, and an exit code: 1 for what was refused or needs somebody, 2 for wrong use. One
table says both for every fault, so that no command has to. Nothing about a person is ever in it: what a database or
a library says of a fault may hold some, and is not shown.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
import typer
from pydantic import ValidationError
from typer.core import TyperGroup

from adapter.choices import RefusedChoiceError
from adapter.clients import BadClientError
from adapter.declaration import RefusedDeclarationError
from adapter.explanation import RoleNeededError, UnknownClientError
from adapter.intake import UnknownCouncilError
from adapter.mailbox import MeshDoubtError, MeshDownError, MeshRefusedError, MeshSettingError
from adapter.outcome import CAUSES, RefusedError
from adapter.outstanding import BusyError
from adapter.pds import PdsSettingError
from adapter.person import UnknownPersonError
from adapter.review import RefusedReviewError
from adapter.trail import TrailError
from consent.policy import PolicyError
from mappings.declared import MappingError
from pds_client.errors import FullStop, Misconfigured

REFUSED, WRONG_USE, STOPPED = 1, 2, 130
# What typer raises for an option that it cannot read, wherever this version of it keeps the class.
_UsageError: type[Exception] = typer.BadParameter.__mro__[1]
_NO_DATABASE = (
    "the database cannot be reached or used; check ASC_FHIR_DATABASE, that it runs, and that it may be written"
)


class Refused(Exception):  # noqa: N818
    """What was asked is refused; the message says why."""


class WrongUse(Exception):  # noqa: N818
    """The command was not given what it needs; the message says what."""


@dataclass(frozen=True, slots=True)
class _Row:
    fault: type[BaseException]
    code: int
    say: Callable[[Any], str] = str


def _settings(fault: ValidationError) -> str:
    first = fault.errors(include_input=False, include_url=False)[0]
    return f"ASC_FHIR_{'_'.join(map(str, first['loc'])).upper()} cannot be used: {_lower(first['msg'])}"


def _file(fault: OSError) -> str:
    return f"{fault.filename or 'a file'}: {_lower(fault.strerror or 'cannot be used')}"


def _usage(fault: Any) -> str:
    """What was typed wrongly; nothing where the help was shown instead."""
    said, context = _lower(fault.format_message()), fault.ctx
    return said and f"{said}; see `{context.command_path if context else 'asc-fhir'} --help`"


# The first row that fits is the one.
_TABLE = (
    _Row(Refused, REFUSED),
    _Row(WrongUse, WRONG_USE),
    _Row(_UsageError, WRONG_USE, _usage),
    _Row(UnknownCouncilError, WRONG_USE),
    _Row(UnknownPersonError, WRONG_USE),
    _Row(UnknownClientError, WRONG_USE),
    _Row(RoleNeededError, WRONG_USE),
    _Row(RefusedChoiceError, REFUSED),
    _Row(RefusedDeclarationError, REFUSED),
    _Row(RefusedReviewError, REFUSED),
    _Row(BadClientError, REFUSED),
    _Row(
        RefusedError, REFUSED, lambda fault: f"the asking is refused, whoever it is about: {CAUSES[fault.cause].text}"
    ),
    _Row(PolicyError, WRONG_USE),
    _Row(MappingError, WRONG_USE),
    _Row(PdsSettingError, WRONG_USE),
    _Row(MeshSettingError, WRONG_USE),
    _Row(MeshDownError, REFUSED, lambda fault: f"{fault}; nothing was lost, try again later"),
    _Row(MeshRefusedError, REFUSED),
    _Row(MeshDoubtError, REFUSED),
    _Row(BusyError, REFUSED),
    _Row(Misconfigured, WRONG_USE, lambda fault: f"PDS is not set rightly: {fault}"),
    _Row(FullStop, REFUSED, lambda fault: f"PDS does not accept who we are: {fault}"),
    _Row(ValidationError, WRONG_USE, _settings),
    _Row(TrailError, REFUSED, lambda fault: f"{fault}; nothing was done or shown"),
    _Row(sqlite3.Error, REFUSED, lambda _: _NO_DATABASE),
    _Row(psycopg.Error, REFUSED, lambda _: _NO_DATABASE),
    _Row(FileNotFoundError, WRONG_USE, _file),
    _Row(FileExistsError, WRONG_USE, _file),
    _Row(PermissionError, WRONG_USE, _file),
    _Row(OSError, REFUSED, _file),
    _Row(KeyboardInterrupt, STOPPED, lambda _: "stopped"),
    _Row(typer.Abort, STOPPED, lambda _: "stopped"),
)


class Commands(TyperGroup):
    """The commands, with every fault told by the table."""

    def main(self, args: Sequence[str] | None = None, *rest: Any, **more: Any) -> Any:
        """Run a command and end the process with its code."""
        more["standalone_mode"] = False
        listed = list(sys.argv[1:] if args is None else args)
        # What fails for no reason in the table is a fault of ours: only this option shows where.
        if listed[:1] == ["--traceback"]:
            sys.exit(super().main(listed[1:], *rest, **more) or 0)
        try:
            code = super().main(listed, *rest, **more)
        except (Exception, KeyboardInterrupt) as fault:
            said, code = told(fault)
            if said:
                typer.echo(said, err=True)
        sys.exit(code or 0)


def told(fault: BaseException) -> tuple[str, int]:
    """The line and the exit code for a fault."""
    for row in _TABLE:
        if isinstance(fault, row.fault):
            return " ".join(row.say(fault).split()), row.code
    again = "`asc-fhir --traceback ...` shows where, for whoever maintains it; what it shows may hold personal data"
    return f"the command failed here and did no more; {again}", REFUSED


def _lower(text: str) -> str:
    return (text[:1].lower() + text[1:]).rstrip(".")
