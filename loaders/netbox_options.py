"""Options of the loader ``netbox``."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from loaders.csvfile import known_encoding

DeviceKind = Literal[
    "server",
    "router",
    "device",
    "pdu",
    "ups",
    "patch_panel",
    "chassis",
    "transfer_switch",
    "switchgear",
    "cooling_unit",
]
Status = Literal["in_service", "planned", "out_of_service"]


class CustomField(BaseModel):
    """Which property a custom field of NetBox fills, and in what unit its numbers are."""

    model_config = ConfigDict(extra="forbid")

    property: str
    unit: str | None = None


class NetboxOptions(BaseModel):
    """What NetBox leaves open, how CSV files are written, and where a live instance is."""

    model_config = ConfigDict(extra="forbid")

    kinds: dict[str, DeviceKind] = Field(
        default={}, description="Device role or device type (slug or name) -> kind, where the guess is wrong."
    )
    data_centres: list[str] = Field(
        default=[], description="Sites (slug or name, * for any text) that are data centres; others are kind `site`."
    )
    statuses: dict[str, Status] = Field(default={}, description="Status words of your own -> ours.")
    custom_fields: dict[str, CustomField] = Field(
        default={}, description="Custom field -> property, where the kind has it, for example ride_through_power_s."
    )
    supplies: Literal["half", "any", "n-1", "all"] = Field(
        default="half", description="How many of a device's connected power ports it needs: half of them, rounded up."
    )
    supplies_of: dict[str, int] = Field(default={}, description="Device type (slug or name) -> power ports it needs.")
    rack_feeds: bool = Field(
        default=True,
        description="A device without any connected power port takes the feeds of its rack that are not cabled.",
    )
    pinned_vms: Literal["stay", "move"] = Field(
        default="stay", description="Whether a VM that names its host falls with it, or moves within the cluster."
    )
    hosts: dict[str, int] = Field(default={}, description="Cluster -> hosts it needs; any one without an entry.")
    tenants: Literal["all", "any"] = Field(
        default="all", description="Which of its machines in service a tenant needs."
    )
    contacts: bool = Field(default=False, description="Carry the names of contacts (personal data).")
    encoding: str = Field(default="utf-8", description="Of CSV files.")
    delimiter: str = Field(default=",", min_length=1, max_length=1, description="Of CSV files.")
    url: str | None = Field(default=None, description="A live NetBox; its pages are kept in the folder `path`.")
    token_env: str = Field(default="NETBOX_TOKEN", description="Environment variable that holds the API token.")
    plain_http: bool = Field(default=False, description="Send the token over http:// to another machine too.")
    timeout_s: float = Field(default=30.0, gt=0, le=600, description="Wait for an answer.")
    retries: int = Field(default=3, ge=0, le=10, description="Tries again after a fault that may pass.")
    page: int = Field(default=500, ge=1, le=1000, description="Objects asked for at once.")

    @field_validator("encoding")
    @classmethod
    def _known(cls, value: str) -> str:
        return known_encoding(value)
