"""What can be set?

Every setting is an environment variable `ASC_FHIR_...` or a line of the file `asc-fhir.env` in the working folder;
README.md prints the table of them from here. Nothing else reads the environment.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """The settings of one deployment."""

    model_config = SettingsConfigDict(env_prefix="ASC_FHIR_", env_file="asc-fhir.env", extra="ignore")

    home: Path = Field(Path(".asc-fhir"), description="Folder of the database, the keys and the trail.")
    database: str = Field("", description="`sqlite:///path` or `postgresql://...`; empty: a file in `home`.")
    base_url: str = Field("http://127.0.0.1:8080/fhir", description="The endpoint's address as askers know it.")
    policy: str = Field("westminster", description="A shipped policy's name, or the path of a policy file.")
    canonical: str = Field(
        "https://asc-fhir.example/fhir", description="Base of this deployment's own code systems and identifiers."
    )
    node: str = Field("node-1", description="This machine's name in the trail.")
    data_location: str = Field("United Kingdom", description="Where the data rests; shown by `asc-fhir status`.")
    token_seconds: int = Field(300, ge=30, le=300, description="How long an access token lasts.")
    page_size: int = Field(50, ge=1, le=500, description="Entries on a page when the asker does not say.")
    page_most: int = Field(200, ge=1, le=1000, description="Entries on a page at most.")
    extract_most_bytes: int = Field(1 << 30, description="Largest extract that is read.")
    pds_base_url: str = Field("", description="PDS FHIR API base; empty: no traces are made.")
    pds_token_url: str = Field("", description="Token endpoint of the NHS API platform.")
    pds_api_key: str = Field("", description="The application's API key.")
    pds_key_id: str = Field("", description="`kid` of the key registered there.")
    pds_key_file: Path | None = Field(None, description="PEM file of the private key (RS512).")
    pds_rate: float = Field(5.0, gt=0, description="Calls a second at most.")
    pds_refresh_days: int = Field(7, ge=1, description="Days after which a matched person is read again.")
    pds_ods: str = Field("", description="ODS code of the end-user organisation; empty: each person's council.")
    pds_environment: str = Field("production", description="`production`, `integration` or `sandbox`: number ranges.")
    mesh_url: str = Field("", description="MESH API base; empty: no files are sent or fetched.")
    mesh_mailbox: str = Field("", description="The council's own mailbox.")
    mesh_password: SecretStr = Field(SecretStr(""), description="The mailbox's password.")
    mesh_shared_key: SecretStr = Field(SecretStr(""), description="The shared key of the MESH environment.")
    mesh_cert_file: Path | None = Field(None, description="PEM file of the client certificate.")
    mesh_key_file: Path | None = Field(None, description="PEM file of the certificate's private key.")
    mesh_ca_file: Path | None = Field(None, description="PEM file of who signed MESH's certificate; empty: the NHS's.")
    mesh_opt_out_mailbox: str = Field(
        "", description="Mailbox of the national opt-out check; empty: nobody is checked."
    )
    mesh_opt_out_workflow: str = Field("SPINE_NTT_UPHOLDING", description="Workflow id of that check.")
    mesh_opt_out_days: int = Field(5, ge=1, le=21, description="Days after which somebody is checked again.")
    mesh_trace_mailbox: str = Field("", description="Mailbox of the PDS trace by file; empty: no such files are sent.")
    mesh_trace_workflow: str = Field("SPINE_PDS_MESH_V1", description="Workflow id of that trace.")
    mesh_poll_seconds: int = Field(600, ge=60, description="Seconds between two looks into the mailbox.")

    @property
    def database_url(self) -> str:
        """The database's URL, with the default filled in."""
        return self.database or f"sqlite:///{self.home / 'asc-fhir.db'}"

    @property
    def trail(self) -> Path:
        """Folder of the trail's segments."""
        return self.home / "trail"

    @property
    def spool(self) -> Path:
        """Folder in which pushes wait until they are taken in."""
        return self.home / "push"

    @property
    def mappings(self) -> Path:
        """Folder of the deployment's own mappings."""
        return self.home / "mappings"


def table() -> str:
    """The settings as a Markdown table, for README.md."""
    rows = ["| setting | default | what it is |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = "" if field.default is None or str(field.default) == "" else f"`{field.default}`"
        rows.append(f"| `ASC_FHIR_{name.upper()}` | {default} | {field.description} |")
    return "\n".join(rows) + "\n"
