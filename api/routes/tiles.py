"""Vector tiles: the twin as a map that MapLibre and QGIS draw."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path, Request, Response

from api import wire_tiles
from api.answers import answer, not_modified, unchanged
from api.deps import NO_QUERY, ViewDep
from api.errors import documented
from api.section import Section
from api.tiles import TILE, drawn, tile_json

router = Section(tags=["tiles"])

Zoom = Annotated[int, Path(ge=0, le=14, description="Zoom.", examples=[6])]
Column = Annotated[int, Path(ge=0, lt=1 << 14, description="Column, from the west.", examples=[33])]
Row = Annotated[int, Path(ge=0, lt=1 << 14, description="Row, from the north.", examples=[21])]
ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "The tile", "content": {TILE: {"schema": {"type": "string", "format": "binary"}}}},
    204: {"description": "Nothing is there"},
}


@router.get(
    "/tiles.json",
    operation_id="getTileJson",
    summary="What is in the vector tiles",
    dependencies=[NO_QUERY],
    responses={200: {"model": wire_tiles.TileJson}, **documented([400, 409])},
)
def get_tile_json(request: Request, view: ViewDep) -> Response:
    """TileJSON 3.0: where the tiles are, their layers with properties, the bounds of the twin, its zooms."""
    headers = view.headers(request)
    if unchanged(request, headers["ETag"]):
        return not_modified(headers)
    return answer(tile_json(request, view), headers)


@router.get(
    "/tiles/{z}/{x}/{y}.pbf",
    operation_id="getTile",
    summary="One vector tile",
    dependencies=[NO_QUERY],
    response_class=Response,
    responses={**ANSWERS, **documented([400, 404, 409])},
)
def get_tile(request: Request, z: Zoom, x: Column, y: Row, view: ViewDep) -> Response:
    """A Mapbox vector tile 2.1 in Web Mercator: layers `points`, `lines`, `areas` and `sites`.

    `sites` counts assets at low zooms and where there are too many to draw: at every zoom each placed asset that is
    no line and no planning region is in one of `points`, `sites` and `areas`.
    """
    return drawn(request, view, z, x, y)
