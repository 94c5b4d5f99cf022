"""Which names does the `person-json` layout know?

A name that is not here is not read, and is reported once in a file, so that nobody believes it was.
A closed name is known and never looked into: nothing that it holds is in the record, and no mapping can name it.
What one layout calls a list may come as a single object, and the other way round.

The names of a person are those of one council's public interface; the wrapper is ours: mappings/README.md
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Known:
    """The names in one object: of values, of a text or several, of an object or several, and the closed ones."""

    values: frozenset[str]
    texts: frozenset[str] = frozenset()
    objects: Mapping[str, "Known"] = field(default_factory=dict)
    closed: frozenset[str] = frozenset()


def _known(values: str, texts: str = "", closed: str = "", objects: Mapping[str, Known] | None = None) -> Known:
    return Known(frozenset(values.split()), frozenset(texts.split()), objects or {}, frozenset(closed.split()))


ADDRESS = _known(
    "address addressLine1 addressLine2 addressLine3 addressLines postcode postCode uprn startDate endDate"
    " doNotDisclose",
    closed="contactAddressFlag displayAddressFlag isDisplayAddress accessNotes",
)
ALLOCATION = _known(
    "id personId allocatedWorker allocatedWorkerId allocatedWorkerTeam allocatedWorkerTeamId workerType"
    " allocationStartDate allocationEndDate caseStatus",
    closed="ragRating caseClosureDate teamAllocationStartDate personName personDateOfBirth personAddress createdBy"
    " carePackage summary",
)
RELATIONSHIP = _known(
    "id personId otherPersonId type firstName lastName isMainCarer isInformalCarer sensitive startDate endDate",
    closed="details gender parentalResponsibility createdBy",
)
# One council's interface lists the others of each type together.
RELATIONSHIPS_OF_A_TYPE = _known("type", objects={"relationships": RELATIONSHIP, "persons": RELATIONSHIP})
OBJECTION = _known("personId kind value effective recorded by evidence", closed="notes")

# What stands beside the person in a message, or within the person: one name for one, another for several.
COMPANIONS: Mapping[str, tuple[str, Known]] = {
    "allocation": ("allocations", ALLOCATION),
    "allocations": ("allocations", ALLOCATION),
    "relationship": ("relationships", RELATIONSHIP),
    "relationships": ("relationships", RELATIONSHIP),
    "personalRelationships": ("relationships", RELATIONSHIPS_OF_A_TYPE),
    "objection": ("objections", OBJECTION),
    "objections": ("objections", OBJECTION),
}
_CLOSED_COMPANIONS = "warningNote warningNotes caseStatus caseStatuses"

_WITHIN = {name: known for name, (_, known) in COMPANIONS.items()}

PERSON = _known(
    "id mosaicId title firstName lastName gender dateOfBirth dateOfDeath ethnicity firstLanguage preferredLanguage"
    " interpreterNeeded primarySupportReason mentalHealthSectionStatus openCase emailAddress"
    " preferredMethodOfContact contextFlag ageContext restricted locked allocatedTeam",
    # Each is an element of its own, so that a problem with one of them names it.
    texts="nhsNumber emails",
    closed="pronoun genderAssignedAtBirth fluentInEnglish communicationDifficulties communicationDifficultiesDetails"
    " difficultyMakingDecisions difficultyMakingDecisionsDetails religion sexualOrientation maritalStatus"
    " nationality immigrationStatus careProvider livingSituation tenureType accomodationType accessToHome"
    " deafRegister blindRegister blueBadge reviewDate disabilities techUse createdBy uprn ragRating"
    f" {_CLOSED_COMPANIONS}",
    objects={
        "otherNames": _known("firstName lastName"),
        "address": ADDRESS,
        "addressList": ADDRESS,
        "phoneNumbers": _known("number type"),
        "phoneNumber": _known("phoneNumber phoneType"),
        "keyContacts": _known("name email"),
        "gpDetails": _known("name odsCode", closed="address postcode phoneNumber email"),
        **_WITHIN,
    },
)

MESSAGE = _known(
    "messageId sequence occurredAt source operation personId mergedInto",
    closed=_CLOSED_COMPANIONS,
    objects={"person": PERSON, **_WITHIN},
)
HEADER = _known("council system systemVersion extractId created mode sequence")
TRAILER = _known("persons")

DIRECTORY = _known(
    "",
    objects={
        "team": _known("id name kind phone email hours"),
        "worker": _known("id name firstName lastName role teamId sdsCode", closed="email phone allocationCount teams"),
    },
)
