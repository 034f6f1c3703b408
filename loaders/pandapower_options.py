"""Options of the loader ``pandapower``."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from loaders.places import PlaceProblem, to_wgs84


class PandapowerOptions(BaseModel):
    """Options of the loader ``pandapower``."""

    model_config = ConfigDict(extra="forbid")

    static_generators: Literal["follow", "feed"] = Field(
        default="follow",
        description="Static generators and storage (sgen, asymmetric_sgen, storage): they follow the voltage of their "
        "bus and are off without it, or they feed it as sources.",
    )
    positions: Literal["map", "none"] = Field(
        default="map", description="Whether the geodata are places on the map; none where they are a drawing."
    )
    crs: str = Field(default="EPSG:4326", description="Reference system of the geodata.")
    straight_lines: bool = Field(default=False, description="Draw lines without geodata straight from bus to bus.")
    columns: dict[str, str] = Field(
        default_factory=dict,
        description="Columns of your own: our property -> their column, of every table that has it.",
    )
    skip: list[str] = Field(default_factory=list, description="Tables that are left out.")

    @field_validator("crs")
    @classmethod
    def _known_system(cls, name: str) -> str:
        try:
            to_wgs84(name)
        except PlaceProblem as problem:
            raise ValueError(str(problem)) from None
        return name
