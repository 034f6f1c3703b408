"""Loader ``osm``: power and telecom of OpenStreetMap, as ``.osm`` XML or an Overpass answer (docs/loaders/osm.md)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from loaders.osm_network import Network
from loaders.osm_read import read_extract
from loaders.osm_tags import meaning
from twin.model import AssetRecord, LinkRecord, Reject
from twin.schema import Schema


class OsmOptions(BaseModel):
    """Options of the loader ``osm``."""

    model_config = ConfigDict(extra="forbid")

    tolerance_m: float = Field(
        default=50.0, ge=0, le=5000, description="How far from a station a line may end and still belong to it."
    )
    external: list[str] = Field(
        default_factory=list,
        description="Substations (way/123) or junctions that the network outside of the extract feeds.",
    )


class OsmLoader:
    """Reads one extract."""

    name: ClassVar[str] = "osm"
    title: ClassVar[str] = "OpenStreetMap power and telecom: .osm XML, Overpass JSON"
    Options: ClassVar[type[BaseModel]] = OsmOptions

    def records(self, path: Path, options: BaseModel, schema: Schema) -> Iterator[AssetRecord | LinkRecord | Reject]:
        """Stations, plants and sites, lines with their junctions, then links.

        Raises:
            SourceUnreadable: the file is missing, damaged, hostile or no OpenStreetMap data.
        """
        options = OsmOptions.model_validate(options, from_attributes=True)
        extract = read_extract(path, lambda tags: meaning(tags) is not None)
        yield from Network(path.name, extract, options.tolerance_m, options.external).records()

    def inputs(self, path: Path, options: BaseModel) -> list[Path]:
        """The file itself."""
        return [path]
