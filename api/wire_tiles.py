"""The shapes of answers about vector tiles, for the OpenAPI document; handlers do not build these."""

from __future__ import annotations

from pydantic import BaseModel, Field


class VectorLayer(BaseModel):
    """One layer inside the tiles."""

    id: str
    description: str
    fields: dict[str, str] = Field(description="Its properties: `String` or `Number`.")
    minzoom: int
    maxzoom: int


class Appearing(BaseModel):
    """From which zoom lines of a class are drawn; more than `zoom` 0 where there are too many for one tile."""

    zoom: int
    voltage_kv: float | None = Field(None, description="Lines of at least so many kV, and below the class before.")
    length_km: float | None = Field(None, description="Lines without a voltage, of about so many km or more.")


class TileJson(BaseModel):
    """A tile set as TileJSON 3.0 says it, and what is drawn when."""

    tilejson: str
    name: str
    description: str
    version: str
    scheme: str
    tiles: list[str]
    minzoom: int
    maxzoom: int
    bounds: list[float] = Field(description="West, south, east, north of all that is placed.")
    center: list[float]
    vector_layers: list[VectorLayer]
    lines_appear: list[Appearing]
    placed: int = Field(description="Assets that are drawn.")
    unplaced: int = Field(description="Assets without a place of their own: they are in no tile.")
    revision: int
    notice: str | None
