"""How a format is asked for in an address: the parameter ``f``."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from api.formats.choice import chosen

FormatName = Literal[
    "json", "columns", "geojson", "arrow", "csv", "parquet", "gpkg", "geojsonseq", "fgb", "geoparquet", "shp", "kml"
]  # fmt: skip


class Formatted(BaseModel):
    """The format of the answer; an unknown parameter is an error."""

    model_config = ConfigDict(extra="forbid")

    f: FormatName | None = Field(
        None, description="Format of the answer; it counts more than `Accept`. Absent and without `Accept`: `json`."
    )


async def _format_query(request: Request, query: Annotated[Formatted, Query()]) -> None:
    """Refuses every query parameter but ``f``, and what cannot be given before any work is done for it."""
    chosen(request)


#: For routes that are asked by a body: the address may only say the format.
FORMAT_QUERY = Depends(_format_query)
