"""Who is related to this person, as far as PDS says?

Rules it keeps:
- An entry may hold nothing but a relationship and a reference to the related person's own record.
- A reference that is not an NHS number of this environment, or points back at the person asked about, is no reference.
- Nothing about a person appears in a repr.

https://digital.nhs.uk/developer/api-catalogue/personal-demographics-service-fhir
"""

from dataclasses import dataclass

from pds_client.fhir import Resource, child, children, codes, text
from pds_client.nhs_number import ANY, BadNhsNumber, Environment, NhsNumber


@dataclass(frozen=True, slots=True, repr=False)
class RelatedPerson:
    relationships: tuple[str, ...]
    nhs_number: NhsNumber | None

    @classmethod
    def parse(cls, resource: Resource, *, of: NhsNumber, environment: Environment = ANY) -> "RelatedPerson":
        relationships = [code for each in children(resource, "relationship") for code in codes(each)]
        return cls(tuple(relationships), _reference(resource.get("patient"), of, environment))

    def __repr__(self) -> str:
        return "RelatedPerson(***)"


def _reference(patient: object, of: NhsNumber, environment: Environment) -> NhsNumber | None:
    value = text(child(child(patient).get("identifier")).get("value"))
    try:
        number = NhsNumber.parse(value or "", environment=environment)
    except BadNhsNumber:
        return None
    return None if number == of else number
