"""Loader ``osm``: power and telecom of OpenStreetMap: ``.osm.pbf``, ``.osm``, Overpass JSON (docs/loaders/osm.md)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from loaders.osm_network import Network, Rules
from loaders.osm_pbf import is_pbf, read_pbf
from loaders.osm_read import Extract, read_extract
from loaders.osm_tags import wanted
from twin.errors import SourceUnreadable
from twin.model import AssetRecord, LinkRecord, Reject
from twin.schema import Schema

#: How the names of extracts end, where a folder of them is given.
SUFFIXES = (".osm.pbf", ".pbf", ".osm", ".osm.gz", ".osm.bz2", ".json")


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
    feeds: Literal["assume", "none"] = Field(
        default="assume", description="Assume a feed where nothing in the extract feeds a station, or leave it down."
    )
    static_generators: Literal["follow", "feed"] = Field(
        default="follow", description="Solar, wind and batteries follow the grid (off without it), or feed it."
    )


class OsmLoader:
    """Reads one extract."""

    name: ClassVar[str] = "osm"
    title: ClassVar[str] = "OpenStreetMap power and telecom: .osm.pbf, .osm, Overpass JSON"
    Options: ClassVar[type[BaseModel]] = OsmOptions

    def records(self, path: Path, options: BaseModel, schema: Schema) -> Iterator[AssetRecord | LinkRecord | Reject]:
        """Lines with their junctions, stations, plants and sites, then links.

        Raises:
            SourceUnreadable: the file is missing, damaged, hostile or no OpenStreetMap data.
        """
        options = OsmOptions.model_validate(options, from_attributes=True)
        rules = Rules(
            options.tolerance_m, tuple(options.external), options.feeds == "assume",
            options.static_generators == "follow",
        )  # fmt: skip
        yield from Network(extract_of(path), rules).records()

    def inputs(self, path: Path, options: BaseModel) -> list[Path]:
        """The file, or the extracts in the folder."""
        return _files(path)


def extract_of(path: Path) -> Extract:
    """What of the file has our tags, whatever its format; of all extracts in a folder as one.

    Raises:
        SourceUnreadable: see :meth:`OsmLoader.records`.
    """

    files = _files(path)
    if not files:
        raise SourceUnreadable(f"{path} holds no extract", fix=f"Its name ends in one of {', '.join(SUFFIXES)}.")
    both, *others = (read_pbf(file) if is_pbf(file) else read_extract(file, wanted) for file in files)
    for other in others:
        both.merge(other)
    return both


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    return sorted(file for file in path.iterdir() if file.is_file() and file.name.lower().endswith(SUFFIXES))
