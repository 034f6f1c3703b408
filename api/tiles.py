"""Answers with vector tiles, for ``/tiles`` and for OGC API - Tiles."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

from fastapi import Request
from starlette.responses import Response

from api.answers import not_modified, unchanged
from api.deps import View
from twin.errors import NotFound

if TYPE_CHECKING:
    from twin.export.tiles import Tiles

TILE = "application/vnd.mapbox-vector-tile"
WORLD = (-180.0, -85.0511287798066, 180.0, 85.0511287798066)


def tiles_of(request: Request, view: View) -> Tiles:
    """The tiles of the state that is asked about."""
    found: Tiles = request.app.state.tiles.of(view.snapshot)
    return found


def drawn(request: Request, view: View, z: int, x: int, y: int) -> Response:
    """A tile with its tag; compressed where the client takes that.

    Raises:
        NotFound: there is no such tile in the world.
    """
    from twin.export.tiles import exists

    if not exists(z, x, y):
        raise NotFound(f"There is no tile {z}/{x}/{y}", fix="x and y of zoom z are below 2 ** z; z is at most 14.")
    headers = {**view.headers(request), "Vary": "Accept-Encoding"}
    if unchanged(request, headers["ETag"]):
        return not_modified(headers)
    return packed(request, tiles_of(request, view).zipped(z, x, y), headers)


def packed(request: Request, zipped: bytes, headers: dict[str, str]) -> Response:
    """A gzip-compressed tile as an answer; 204 where nothing is in it."""
    if not zipped:
        return Response(status_code=204, headers=headers)
    if takes_gzip(request.headers.get("accept-encoding", "")):
        return Response(zipped, 200, {**headers, "Content-Encoding": "gzip"}, TILE)
    return Response(gzip.decompress(zipped), 200, headers, TILE)


def takes_gzip(accepted: str) -> bool:
    """Whether an ``Accept-Encoding`` header allows gzip."""
    for part in accepted.split(","):
        name, _, weight = part.partition(";")
        if name.strip().lower() in ("gzip", "*"):
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def tile_json(request: Request, view: View) -> dict[str, Any]:
    """The TileJSON 3.0 document of a state."""
    from twin.export.tiles import MAX_ZOOM, vector_layers

    tiles = tiles_of(request, view)
    west, south, east, north = bounds = tiles.sheet.bounds or WORLD
    return {
        "tilejson": "3.0.0",
        "name": "Infrastructure twin",
        "description": "Energy, connectivity and compute as one graph.",
        "version": f"1.0.{view.snapshot.revision}",
        "scheme": "xyz",
        "tiles": [f"{str(request.base_url).rstrip('/')}/tiles/{{z}}/{{x}}/{{y}}.pbf"],
        "minzoom": 0,
        "maxzoom": MAX_ZOOM,
        "bounds": [max(west, -180.0), max(south, WORLD[1]), min(east, 180.0), min(north, WORLD[3])],
        "center": [(bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2, 5],
        "vector_layers": vector_layers(tiles),
        "lines_appear": tiles.sheet.appear,
        "placed": tiles.sheet.placed,
        "unplaced": tiles.sheet.unplaced,
        "revision": view.snapshot.revision,
        "notice": view.notice,
    }
