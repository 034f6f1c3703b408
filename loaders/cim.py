"""Loader ``cim``: distribution models in IEC 61968 CIM RDF/XML, as of GridAPPS-D and CIMHub (docs/loaders/cim.md)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from loaders.cim_classes import CLASSES, GRID, PROPERTIES, SI
from loaders.cim_equipment import Setting
from loaders.cim_grid import Grid, Record
from loaders.cim_places import Places, anchored
from loaders.places import PlaceProblem, Transform, to_wgs84
from loaders.rdf import read_model
from loaders.rdf_files import all_paths, input_files
from twin.schema import Schema


class Anchor(BaseModel):
    """Where drawing coordinates are laid out on the map."""

    model_config = ConfigDict(extra="forbid")

    lon: float = Field(ge=-180, le=180, description="Longitude of the drawing's origin, degrees.")
    lat: float = Field(ge=-85, le=85, description="Latitude of the drawing's origin, degrees.")
    unit_m: float = Field(default=1.0, gt=0, le=10_000, description="Metres in a unit of the drawing (feet: 0.3048).")


class CimOptions(BaseModel):
    """Options of the loader ``cim``."""

    model_config = ConfigDict(extra="forbid")

    units: Literal["si", "grid"] = Field(
        default="si", description="Numbers are in V, W, VA and m (si), or in kV, MW, MVA and km (grid)."
    )
    crs: str | None = Field(
        default=None, description="System of positions that name none, for example EPSG:25832; EPSG:4326 for degrees."
    )
    anchor: Anchor | None = Field(
        default=None, description="Lay drawing coordinates out around a place; without it they are left out."
    )
    also: list[str] = Field(
        default_factory=list,
        description="Further files, zips or folders of the same model, counted from where `path` lies.",
    )
    inverters: Literal["follow", "form"] = Field(
        default="follow",
        description="Power electronics and induction machines follow a live grid, or form one (they are sources).",
    )
    unknown_switches: Literal["reject", "open", "closed"] = Field(
        default="reject", description="What a switch without any state is."
    )
    mixed_switches: Literal["reject", "open", "closed"] = Field(
        default="open", description="What a switch is that is open in some phases only."
    )
    straight_lines: bool = Field(
        default=False, description="Draw lines without positions straight between what they end at."
    )

    @field_validator("crs")
    @classmethod
    def _known_crs(cls, name: str | None) -> str | None:
        if name is not None:
            try:
                to_wgs84(name)
            except PlaceProblem as problem:
                raise ValueError(f"{problem} {problem.fix}") from None
        return name


class CimLoader:
    """Reads feeders with their lines, switches, transformers and tanks, regulators, loads, sources and positions."""

    name: ClassVar[str] = "cim"
    title: ClassVar[str] = "Distribution feeders in IEC 61968 CIM RDF/XML"
    Options: ClassVar[type[BaseModel]] = CimOptions

    def records(self, path: Path, options: BaseModel, schema: Schema) -> Iterator[Record]:
        """Assets, then links.

        Raises:
            SourceUnreadable: a file or zip is damaged or hostile, or is no CIM RDF/XML.
        """
        options = CimOptions.model_validate(options)
        model = read_model(all_paths(path, options.also), CLASSES, PROPERTIES)
        default: Transform | str | None = None
        if options.crs is not None:
            default = to_wgs84(options.crs) or "wgs84"
        anchor = options.anchor
        local = anchored(anchor.lon, anchor.lat, anchor.unit_m) if anchor else None
        setting = Setting(options.inverters == "follow", options.unknown_switches, options.mixed_switches)
        places = Places(model, default, local)
        units = SI if options.units == "si" else GRID
        yield from Grid(model, places, schema, units, setting, straight_lines=options.straight_lines).records()

    def inputs(self, path: Path, options: BaseModel) -> list[Path]:
        """The XML files and zips at the path, and those that are read with them."""
        also = CimOptions.model_validate(options).also
        return [file for one in all_paths(path, also) for file in input_files(one)]
