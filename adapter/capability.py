"""What does the endpoint say that it can do?

The CapabilityStatement is written from the table of interactions, so that it says neither more nor less than is
answered. https://hl7.org/fhir/R4/capabilitystatement.html
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from adapter.interactions import TYPES, Searchable
from adapter.tokens import ALGORITHMS
from consent.policy import Policy

# In the spelling that documents use; HTTP does not mind.
_HEADERS = {
    "ASC-Purpose-Of-Use": "one HL7 v3 ActReason code, such as TREAT",
    "NHSD-End-User-Organisation-ODS": "the ODS code of the organisation that asks",
    "ASC-User-ID": "who asks there, as that organisation names them",
    "ASC-User-Role": "their SDS job role code, such as R8000",
}


def capability(policy: Policy, base: str, token_url: str, released: str) -> dict[str, Any]:
    """Write the CapabilityStatement; `released` is the date of this version of the product."""
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": released,
        "publisher": policy.controller,
        "kind": "instance",
        "software": {"name": "asc-fhir-adapter", "version": version("asc-fhir-adapter")},
        "implementation": {"description": f"Adult social care records of {policy.controller}", "url": base},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json"],
        "rest": [
            {
                "mode": "server",
                "documentation": _documentation(),
                "security": _security(token_url),
                "resource": [_resource(kind, searchable) for kind, searchable in TYPES.items()],
                "operation": [{"name": "my-access", "definition": f"{base}/OperationDefinition/my-access"}],
            }
        ],
    }


def smart_configuration(token_url: str) -> dict[str, Any]:
    """What .well-known/smart-configuration says. https://hl7.org/fhir/smart-app-launch/conformance.html"""
    return {
        "token_endpoint": token_url,
        "grant_types_supported": ["client_credentials"],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ALGORITHMS,
        # To read, to read one type, and to push what a council's own system holds.
        "scopes_supported": ["system/*.rs", *(f"system/{kind}.rs" for kind in TYPES), "system/*.cud"],
        "capabilities": ["client-confidential-asymmetric", "permission-v1", "permission-v2"],
    }


def context_headers() -> dict[str, str]:
    """The headers in which a request says who asks and for what, with what stands in each."""
    return dict(_HEADERS)


def _documentation() -> str:
    headers = "; ".join(f"`{name}`: {meaning}" for name, meaning in context_headers().items())
    return (
        "Every request about a person says for what it asks and who asks, in headers: "
        f"{headers}. What is not released is answered as if it were not there."
    )


def _security(token_url: str) -> dict[str, Any]:
    return {
        "service": [
            {
                "coding": [
                    {
                        "system": "http://terminology.hl7.org/CodeSystem/restful-security-service",
                        "code": "SMART-on-FHIR",
                    }
                ]
            }
        ],
        "description": f"SMART Backend Services (private_key_jwt); tokens at {token_url}",
    }


def _resource(kind: str, searchable: Searchable) -> dict[str, Any]:
    described: dict[str, Any] = {
        "type": kind,
        "supportedProfile": [searchable.profile],
        "interaction": [{"code": code} for code in ("read", "vread", "search-type")],
        "versioning": "versioned",
        "searchInclude": [f"{kind}:{parameter}" for parameter in searchable.includes],
        "searchRevInclude": [
            f"{source}:{parameter}"
            for source, other in TYPES.items()
            for parameter, targets in other.includes.items()
            if kind in targets
        ],
        "searchParam": [
            {"name": name, "type": "token" if as_ == "id" else as_.value} for name, as_ in searchable.parameters.items()
        ],
    }
    return {name: value for name, value in described.items() if value}
