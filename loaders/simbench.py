"""Loader ``simbench``: the CSV folder of a SimBench network (docs/loaders/simbench.md).

Tables are read whole and turned into records column by column; links are yielded as columns.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from loaders.csvfile import Encoding
from loaders.simbench_equipment import Equipment
from loaders.simbench_nodes import Nodes
from twin.errors import SourceUnreadable
from twin.model import AssetRecord, LinkColumns, LinkRecord, Origin, Reject, one_by_one
from twin.schema import Schema

#: The tables that are read. Profiles, measurements, study cases and results are not.
FILES = (
    "Node.csv", "Coordinates.csv", "Substation.csv", "Line.csv", "LineType.csv", "DCLineType.csv", "Transformer.csv",
    "TransformerType.csv", "Transformer3W.csv", "Transformer3WType.csv", "Switch.csv", "PowerPlant.csv", "RES.csv",
    "Storage.csv", "ExternalNet.csv", "Load.csv", "Shunt.csv",
)  # fmt: skip


class SimbenchOptions(BaseModel):
    """Options of the loader ``simbench``."""

    model_config = ConfigDict(extra="forbid")

    equivalents: Literal["auto", "keep", "drop"] = Field(
        default="auto",
        description="Elements that stand for a neighbouring network (subnet ends in _eq): left out where that network "
        "itself is in the file and joined there (auto), all kept, or all left out.",
    )
    static_generators: Literal["follow", "feed"] = Field(
        default="follow",
        description="Renewables and storage with fixed power (calc_type pq): they follow their node's voltage and are "
        "off without it, or they feed it as sources.",
    )
    straight_lines: bool = Field(default=False, description="Draw lines straight from node to node.")
    encoding: Encoding = Field(default="utf-8", description="Encoding of the files.")


class SimbenchLoader:
    """Reads nodes, lines, transformers, switches, plants, renewables, storage, external networks, loads, shunts."""

    name: ClassVar[str] = "simbench"
    title: ClassVar[str] = "SimBench network as a CSV folder"
    Options: ClassVar[type[BaseModel]] = SimbenchOptions

    def records(self, path: Path, options: BaseModel, schema: Schema) -> Iterator[AssetRecord | LinkRecord | Reject]:
        """Substations and nodes, then what joins them, feeds them and draws from them; each table with its links.

        Raises:
            SourceUnreadable: the folder is not one of SimBench, or a table cannot be opened or lacks a column.
        """
        return one_by_one(self.blocks(path, options, schema))

    def blocks(
        self, path: Path, options: BaseModel, schema: Schema
    ) -> Iterator[AssetRecord | LinkRecord | LinkColumns | Reject]:
        """What :meth:`records` gives, with links in columns."""
        options = SimbenchOptions.model_validate(options, from_attributes=True)
        _check_folder(path)
        nodes = Nodes(path, options.encoding)
        yield from nodes.records()
        if not len(nodes.table):
            if not nodes.table.rejects:
                yield Reject(Origin("Node.csv"), "empty_file", "Node.csv has no rows", "Export the network again.")
            return
        yield from Equipment(
            path,
            nodes,
            options.encoding,
            options.equivalents,
            options.static_generators == "feed",
            options.straight_lines,
        ).records()

    def inputs(self, path: Path, options: BaseModel) -> list[Path]:
        """The tables that are read."""
        return [path / file for file in FILES if (path / file).exists()]


def _check_folder(path: Path) -> None:
    fix = "Give the folder of the network, for example simbench/networks/1-complete_data-mixed-all-1-sw."
    if not path.is_dir():
        raise SourceUnreadable(f"{path} is not a folder", fix=fix)
    if not (path / "Node.csv").is_file():
        raise SourceUnreadable(f"{path} has no Node.csv: it is not a SimBench folder", fix=fix)
