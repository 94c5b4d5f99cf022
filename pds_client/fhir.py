"""What stands at this place of a FHIR resource, if anything of the right kind does?

Rules it keeps:
- An answer from outside may lack anything or hold something else: what is not there is empty, never an
  exception, so that minimal records and odd outcomes can be read without guards at every step.

https://hl7.org/fhir/R4/json.html
"""

from collections.abc import Iterator, Mapping

Resource = Mapping[str, object]


def text(value: object) -> str | None:
    return value if isinstance(value, str) and value.strip() else None


def texts(values: object) -> Iterator[str]:
    return (value for value in values if text(value)) if isinstance(values, list) else iter(())


def child(value: object) -> Resource:
    return value if isinstance(value, Mapping) else {}


def children(parent: Resource, key: str) -> Iterator[Resource]:
    values = parent.get(key)
    return (each for each in values if isinstance(each, Mapping)) if isinstance(values, list) else iter(())


def codes(concept: object) -> Iterator[str]:
    """The codes of a CodeableConcept, whatever their system: PDS writes the same system in three ways."""
    return (code for coding in children(child(concept), "coding") if (code := text(coding.get("code"))))
