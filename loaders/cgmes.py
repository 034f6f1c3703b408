"""Loader ``cgmes``: grid models of the European exchange standard, 2.4.15 and 3.0 (docs/loaders/cgmes.md)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from loaders.cim_classes import CLASSES, GRID, PROPERTIES
from loaders.cim_equipment import Setting
from loaders.cim_grid import Grid, Record
from loaders.cim_places import Places
from loaders.rdf import read_model
from loaders.rdf_files import all_paths, input_files
from twin.schema import Schema


class CgmesOptions(BaseModel):
    """Options of the loader ``cgmes``."""

    model_config = ConfigDict(extra="forbid")

    also: list[str] = Field(
        default_factory=list,
        description="Further files, zips or folders of the same model, counted from where `path` lies.",
    )
    inverters: Literal["follow", "form"] = Field(
        default="follow",
        description="Power electronics and induction machines follow a live grid, or form one (they are sources).",
    )
    unknown_switches: Literal["reject", "open", "closed"] = Field(
        default="reject", description="What a switch is that no profile gives a state."
    )
    straight_lines: bool = Field(
        default=False, description="Draw lines without positions straight from station to station."
    )


class CgmesLoader:
    """Reads the profiles EQ, TP, SSH, SV, GL and the boundary set, assembled from any number of files."""

    name: ClassVar[str] = "cgmes"
    title: ClassVar[str] = "CGMES grid model (CIM RDF/XML): files, zips or a folder of them"
    Options: ClassVar[type[BaseModel]] = CgmesOptions

    def records(self, path: Path, options: BaseModel, schema: Schema) -> Iterator[Record]:
        """Assets, then links.

        Raises:
            SourceUnreadable: a file or zip is damaged or hostile, or is no CIM RDF/XML.
        """
        options = CgmesOptions.model_validate(options)
        model = read_model(all_paths(path, options.also), CLASSES, PROPERTIES)
        setting = Setting(
            followers=options.inverters == "follow", unknown_switches=options.unknown_switches, regulators=False
        )
        places = Places(model, "wgs84", None)
        grid = Grid(model, places, schema, GRID, setting, straight_lines=options.straight_lines, operators=True)
        yield from grid.records()

    def inputs(self, path: Path, options: BaseModel) -> list[Path]:
        """The XML files and zips at the path, and those that are read with them."""
        also = CgmesOptions.model_validate(options).also
        return [file for one in all_paths(path, also) for file in input_files(one)]
