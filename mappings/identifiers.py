"""By which numbers is a person, a place or an organisation known?

An NHS number from a council is present but not traced (02), whatever the council claims.
A person has one NHS number: of two that differ neither is used.

UK Core Patient: https://simplifier.net/hl7fhirukcorer4/ukcore-patient
Verification status: https://simplifier.net/hl7fhirukcorer4/extension-ukcore-nhsnumberverificationstatus
"""

from collections.abc import Callable
from typing import Any

from mappings import values
from mappings.declared import Section
from mappings.problems import Unreadable
from mappings.record import Node
from mappings.run import Run
from mappings.stock import Stock

ODS = "https://fhir.nhs.uk/Id/ods-organization-code"
NHS_NUMBER = "https://fhir.nhs.uk/Id/nhs-number"

_EXTENSION = "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-"
_CODES = "https://fhir.hl7.org.uk/CodeSystem/UKCore-"

Convert = Callable[[Run, Node, str | None], Any]
ConvertAll = Callable[[Run, list[tuple[Node, str | None]]], Any]


def identifier(section: Section, stock: Stock) -> Convert:
    system = section.text("system")

    def convert(run: Run, node: Node, raw: str | None) -> Any:
        read = None if raw is None else values.text(raw)
        if read is None or isinstance(read, Unreadable):
            return read
        return {"system": run.context.expand(system), "value": read}

    return convert


def ods_identifier(raw: str) -> dict[str, str] | Unreadable:
    code = values.ods_code(raw)
    return code if isinstance(code, Unreadable) else {"system": ODS, "value": code}


def none_alone(section: Section, stock: Stock) -> Convert:
    """A number that is judged among the others is nothing by itself."""
    return lambda run, node, raw: None


def nhs_identifier(section: Section, stock: Stock) -> ConvertAll:
    check = stock.nhs_number

    def convert(run: Run, found: list[tuple[Node, str | None]]) -> Any:
        numbers: dict[str, Node] = {}
        for node, raw in found:
            if raw is None or values.has_ended(node.attributes.get("to"), run.context.today) is True:
                continue
            try:
                numbers.setdefault(check(raw.replace(" ", "").replace("-", "")), node)
            except ValueError:
                run.complain(node, None, "is not an NHS number", "dropped", raw)
        if len(numbers) > 1:
            for number, node in numbers.items():
                run.complain(node, None, "is one of two NHS numbers; neither is used", "dropped", number)
            return None
        return next((_nhs_number(number) for number in numbers), None)

    return convert


def _nhs_number(number: str) -> dict[str, Any]:
    status = {
        "system": f"{_CODES}NHSNumberVerificationStatusEngland",
        "code": "02",
        "display": "Number present but not traced",
    }
    return {
        "extension": [
            {
                "url": f"{_EXTENSION}NHSNumberVerificationStatus",
                "valueCodeableConcept": {"coding": [status]},
            }
        ],
        "system": NHS_NUMBER,
        "value": number,
    }


def uprn_key(raw: str) -> dict[str, Any] | Unreadable:
    read = values.uprn(raw)
    if isinstance(read, Unreadable):
        return read
    kind = {
        "system": f"{_CODES}AddressKeyType",
        "code": "UPRN",
        "display": "Unique Property Reference Number",
    }
    return {
        "url": f"{_EXTENSION}AddressKey",
        "extension": [
            {"url": "type", "valueCodeableConcept": {"coding": [kind]}},
            {"url": "value", "valueString": read},
        ],
    }


def place(run: Run) -> dict[str, str]:
    """Where in the extract the record stood, and what it held there."""
    context, record = run.context, run.record
    read_as = [f"encoding:{context.encoding}"] if context.encoding else []
    return {
        "system": f"{context.canonical}/Id/extract-place",
        "value": " ".join((f"{context.file}:{record.line}", f"sha256:{record.digest}", *read_as)),
    }
