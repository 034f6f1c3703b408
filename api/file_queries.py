"""What may be asked of downloads."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from api.queries import Chosen, Strict
from twin.export.files import FORMATS, FileFormat
from twin.export.graph.formats import GRAPH_FORMATS


def _names(formats: Mapping[str, FileFormat]) -> str:
    return f"^({'|'.join(formats)})$"


def _says(formats: Mapping[str, FileFormat]) -> str:
    return "Format of the file: " + "; ".join(f"`{each.name}` {each.title}" for each in formats.values()) + "."


class FileQuery(Strict):
    """Which file."""

    f: str = Field("gpkg", pattern=_names(FORMATS), description=_says(FORMATS), examples=["gpkg", "fgb"])


class LayerQuery(Chosen, FileQuery):
    """Which assets in which file."""


class GraphQuery(Strict):
    """The graph in which file."""

    f: str = Field(
        "graphml", pattern=_names(GRAPH_FORMATS), description=_says(GRAPH_FORMATS), examples=["graphml", "cyjs"]
    )
