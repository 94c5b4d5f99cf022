"""Who is this person? Asks the NHS Personal Demographics Service (PDS), and only when it is sure, says so.

The function `trace` is in pds_client.trace; gathered here it would hide its own module.

https://digital.nhs.uk/developer/api-catalogue/personal-demographics-service-fhir
"""

from pds_client.auth import make_key_pair
from pds_client.blocking import BlockingPdsClient
from pds_client.client import PdsClient
from pds_client.demographics import Demographics
from pds_client.errors import BadQuery, FullStop, Misconfigured
from pds_client.evidence import Evidence, Status, StepTaken
from pds_client.nhs_number import ANY, BadNhsNumber, Environment, NhsNumber
from pds_client.outcomes import (
    Ambiguous,
    BadNumber,
    Candidate,
    Insufficient,
    Invalidated,
    Matched,
    NoMatch,
    NotFound,
    Refused,
    Related,
    Restricted,
    Superseded,
    Unavailable,
    Unchanged,
)
from pds_client.patient import Name, PdsPatient
from pds_client.query import Query
from pds_client.related import RelatedPerson
from pds_client.trace import Trace

__all__ = [
    "ANY",
    "Ambiguous",
    "BadNhsNumber",
    "BadNumber",
    "BadQuery",
    "BlockingPdsClient",
    "Candidate",
    "Demographics",
    "Environment",
    "Evidence",
    "FullStop",
    "Insufficient",
    "Invalidated",
    "Matched",
    "Misconfigured",
    "Name",
    "NhsNumber",
    "NoMatch",
    "NotFound",
    "PdsClient",
    "PdsPatient",
    "Query",
    "Refused",
    "Related",
    "RelatedPerson",
    "Restricted",
    "Status",
    "StepTaken",
    "Superseded",
    "Trace",
    "Unavailable",
    "Unchanged",
    "make_key_pair",
]
