"""Which PDS is asked, and with which key?

From the settings; none is asked where none is set, and half a setting is refused.
"""

from __future__ import annotations

from adapter.settings import Settings
from consent.policy import Policy
from pds_client.client import PdsClient, Turn
from pds_client.nhs_number import Environment


class PdsSettingError(ValueError):
    """PDS is set by halves; the message names what is missing."""


def client_for(settings: Settings, policy: Policy, turn: Turn | None = None) -> PdsClient | None:
    """Make the client that the settings describe; None where no PDS is set. Raises PdsSettingError.

    `turn` is awaited before each call: other workers may share the rate.
    """
    if not settings.pds_base_url:
        return None
    needed = {
        "ASC_FHIR_PDS_TOKEN_URL": settings.pds_token_url,
        "ASC_FHIR_PDS_API_KEY": settings.pds_api_key,
        "ASC_FHIR_PDS_KEY_ID": settings.pds_key_id,
        "ASC_FHIR_PDS_KEY_FILE": settings.pds_key_file,
    }
    missing = [name for name, value in needed.items() if not value]
    if missing or settings.pds_key_file is None:
        raise PdsSettingError(f"PDS is set, but {', '.join(missing)} is not")
    environments = {environment.value: environment for environment in Environment}
    if settings.pds_environment not in environments:
        raise PdsSettingError(f"ASC_FHIR_PDS_ENVIRONMENT must be one of {', '.join(environments)}")
    return PdsClient(
        base_url=settings.pds_base_url,
        token_url=settings.pds_token_url,
        api_key=settings.pds_api_key,
        key_id=settings.pds_key_id,
        private_key=settings.pds_key_file.read_bytes(),
        end_user_organisation=settings.pds_ods or policy.councils[0].ods,
        rate=settings.pds_rate,
        environment=environments[settings.pds_environment],
        turn=turn,
    )
