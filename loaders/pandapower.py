"""Loader ``pandapower``: a network as pandapower writes it to JSON (docs/loaders/pandapower.md).

The file format is read; the package itself is not needed. Ids are table and index: ``bus/12``, ``line/3``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from pydantic import BaseModel

from loaders.pandapower_frames import read_net
from loaders.pandapower_net import Net
from loaders.pandapower_options import PandapowerOptions
from twin.model import AssetRecord, LinkRecord, Reject
from twin.schema import Schema


class PandapowerLoader:
    """Reads buses, lines, transformers, switches, generators, storage, external grids, loads and shunts."""

    name: ClassVar[str] = "pandapower"
    title: ClassVar[str] = "pandapower network as JSON"
    Options: ClassVar[type[BaseModel]] = PandapowerOptions

    def records(self, path: Path, options: BaseModel, schema: Schema) -> Iterator[AssetRecord | LinkRecord | Reject]:
        """Buses, then the other tables, then the links.

        Raises:
            SourceUnreadable: the file is missing, damaged or no pandapower network.
            LoaderOptionError: the reference system is unknown.
        """
        options = PandapowerOptions.model_validate(options, from_attributes=True)
        frames, rejects = read_net(path)
        yield from rejects
        if not rejects:
            yield from Net(path.name, frames, options, schema).records()

    def inputs(self, path: Path, options: BaseModel) -> list[Path]:
        """The file itself."""
        return [path]
