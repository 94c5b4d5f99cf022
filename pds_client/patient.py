"""What does PDS hold about this person?

Rules it keeps:
- Only the number is required: PDS has people without name, gender or date of birth.
- The number is checked like any other, because an example of PDS holds one whose check digit is wrong; so
  is its range, since a number that does not occur in an environment came from another one.
- Whoever is not labelled with exactly one U is restricted: an absent or unknown label protects.
- A removed death notification (status U) means that the person is not dead.
- Nothing about the person appears in a repr.

https://digital.nhs.uk/developer/api-catalogue/personal-demographics-service-fhir
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pds_client.dates import date_or_none
from pds_client.fhir import Resource, child, children, codes, text, texts
from pds_client.nhs_number import ANY, BadNhsNumber, Environment, NhsNumber

Sensitivity = Literal["unrestricted", "restricted"]
DeathNotification = Literal["informal", "formal", "removed"]

_NHS_NUMBER = "https://fhir.nhs.uk/Id/nhs-number"
_ODS = "https://fhir.nhs.uk/Id/ods-organization-code"
_PREVIOUS = ("old", "maiden")
_DEATH_NOTIFICATIONS: Mapping[str, DeathNotification] = {"1": "informal", "2": "formal", "U": "removed"}


class BadPatient(ValueError):  # noqa: N818
    """The answer is not a Patient that can be believed; nothing of it is in the message."""


@dataclass(frozen=True, slots=True, repr=False)
class Name:
    family: str | None
    given: tuple[str, ...]
    use: str | None

    @property
    def is_previous(self) -> bool:
        return self.use in _PREVIOUS

    def __repr__(self) -> str:
        return "Name(***)"


@dataclass(frozen=True, slots=True, repr=False)
class PdsPatient:
    nhs_number: NhsNumber
    names: tuple[Name, ...]
    birth_date: str | None
    postcodes: tuple[str, ...]
    gender: str | None
    deceased: str | None
    death_notification: DeathNotification | None
    general_practitioner: str | None
    sensitivity: Sensitivity
    version: str | None
    superseded_from: NhsNumber | None = None

    @classmethod
    def parse(cls, resource: object, *, asked: NhsNumber | None = None, environment: Environment = ANY) -> "PdsPatient":
        """Reads a Patient; `asked` is the number that was read, to notice that it was superseded."""
        if not isinstance(resource, Mapping) or resource.get("resourceType") != "Patient":
            raise BadPatient("the answer is not a Patient")
        number = _number(resource, environment)
        notification = _death_notification(resource)
        return cls(
            nhs_number=number,
            names=tuple(_name(entry) for entry in children(resource, "name")),
            birth_date=date_or_none(resource.get("birthDate")),
            postcodes=tuple(texts([entry.get("postalCode") for entry in children(resource, "address")])),
            gender=text(resource.get("gender")),
            deceased=None if notification == "removed" else date_or_none(resource.get("deceasedDateTime")),
            death_notification=notification,
            general_practitioner=_general_practitioner(resource),
            sensitivity=_sensitivity(resource),
            version=text(child(resource.get("meta")).get("versionId")),
            superseded_from=asked if asked not in (None, number) else None,
        )

    @property
    def etag(self) -> str | None:
        return None if self.version is None else f'W/"{self.version}"'

    @property
    def usual_name(self) -> Name | None:
        return next((name for name in self.names if name.use == "usual"), None)

    @property
    def is_restricted(self) -> bool:
        return self.sensitivity == "restricted"

    def __repr__(self) -> str:
        return f"PdsPatient({self.sensitivity})"


def _number(resource: Resource, environment: Environment) -> NhsNumber:
    said = text(resource.get("id")) or ""
    identifiers = [each for each in children(resource, "identifier") if each.get("system") == _NHS_NUMBER]
    if any(each.get("value") != said for each in identifiers):
        raise BadPatient("the id and the identifier of the Patient disagree")
    try:
        return NhsNumber.parse(said, environment=environment)
    except BadNhsNumber:
        raise BadPatient("the id of the Patient is not an nhs number that occurs here") from None


def _name(entry: Resource) -> Name:
    return Name(text(entry.get("family")), tuple(texts(entry.get("given"))), text(entry.get("use")))


def _sensitivity(resource: Resource) -> Sensitivity:
    labels = child(resource.get("meta")).get("security")
    said = [child(label).get("code") for label in labels] if isinstance(labels, list) else []
    return "unrestricted" if said == ["U"] else "restricted"


def _general_practitioner(resource: Resource) -> str | None:
    identifiers = [child(entry.get("identifier")) for entry in children(resource, "generalPractitioner")]
    return next((text(each.get("value")) for each in identifiers if each.get("system") == _ODS), None)


def _death_notification(resource: Resource) -> DeathNotification | None:
    for extension in children(resource, "extension"):
        if not str(extension.get("url")).endswith("DeathNotificationStatus"):
            continue
        for part in children(extension, "extension"):
            for code in codes(part.get("valueCodeableConcept")):
                return _DEATH_NOTIFICATIONS.get(code)
    return None
