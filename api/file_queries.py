"""What may be asked of downloads."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from api.queries import LIMITS, Strict
from twin.export.files import FORMATS, FileFormat
from twin.export.graph.formats import GRAPH_FORMATS


def _names(formats: Mapping[str, FileFormat]) -> str:
    return f"^({'|'.join(formats)})$"


def _says(formats: Mapping[str, FileFormat]) -> str:
    return "Format of the file: " + "; ".join(f"`{each.name}` {each.title}" for each in formats.values()) + "."


class FileQuery(Strict):
    """Which file."""

    f: str = Field("gpkg", pattern=_names(FORMATS), description=_says(FORMATS), examples=["gpkg", "fgb"])


class LayerQuery(FileQuery):
    """Which assets in which file."""

    kind: str | None = Field(None, max_length=LIMITS.text, description="Only this kind.", examples=["power_line"])
    domain: str | None = Field(None, max_length=LIMITS.text, description="Only this domain.", examples=["energy"])
    text: str | None = Field(
        None, max_length=LIMITS.text, description="Words in the id or the name.", examples=["Berlin"]
    )
    bbox: str | None = Field(
        None,
        max_length=LIMITS.text,
        description="Only assets inside: west,south,east,north in degrees (WGS 84); "
        "west > east crosses the 180th meridian.",
        examples=["12.9,52.3,13.8,52.7"],
    )


class GraphQuery(Strict):
    """The graph in which file."""

    f: str = Field(
        "graphml", pattern=_names(GRAPH_FORMATS), description=_says(GRAPH_FORMATS), examples=["graphml", "cyjs"]
    )
