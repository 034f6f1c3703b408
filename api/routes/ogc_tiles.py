"""OGC API - Tiles (20-057r1) under ``/ogc``: the vector tiles of the twin, and of each collection of assets.

Tiles are those of ``/tiles``, in WebMercatorQuad of the Two Dimensional Tile Matrix Set standard (17-083r4).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from fastapi import Request, Response

from api.answers import not_modified, unchanged
from api.deps import View, ViewDep
from api.ogc.layer import Layer
from api.ogc.links import JSON, OfferDep, base, link, only, reply
from api.ogc.shelf import Offer
from api.routes.tiles import Column, Row, Zoom
from api.section import Section
from api.tiles import TILE, WORLD, drawn, packed, tiles_of
from twin.errors import NotFound
from twin.snapshot.arrays import Bools

router = Section(include_in_schema=False)

REL = "http://www.opengis.net/def/rel/ogc/1.0/"
QUAD = "WebMercatorQuad"
QUAD_URI = f"http://www.opengis.net/def/tilematrixset/OGC/1.0/{QUAD}"
CRS = "http://www.opengis.net/def/crs/EPSG/0/3857"
#: Half the side of the world in the projection, metres; scale denominator of zoom 0 at 0.28 mm a pixel.
HALF, SCALE_0 = 20_037_508.342789244, 559_082_264.028717
DIMENSIONS = {"points": 0, "sites": 0, "lines": 1, "areas": 2}


@router.get("/ogc/tileMatrixSets")
def list_matrix_sets(request: Request) -> Response:
    """The tile matrix sets: one."""
    only(request)
    href = f"{base(request)}/tileMatrixSets/{QUAD}"
    links = [link(href, "self", JSON, "Its definition")]
    return reply(request, {"tileMatrixSets": [{"id": QUAD, "title": QUAD, "uri": QUAD_URI, "links": links}]})


@router.get(f"/ogc/tileMatrixSets/{QUAD}")
def get_matrix_set(request: Request) -> Response:
    """The definition of WebMercatorQuad, for the zooms that are served."""
    from twin.export.tiles import MAX_ZOOM

    only(request)
    matrices = [
        {
            "id": str(z),
            "scaleDenominator": SCALE_0 / 2**z,
            "cellSize": 2 * HALF / 256 / 2**z,
            "cornerOfOrigin": "topLeft",
            "pointOfOrigin": [-HALF, HALF],
            "tileWidth": 256,
            "tileHeight": 256,
            "matrixWidth": 2**z,
            "matrixHeight": 2**z,
        }
        for z in range(MAX_ZOOM + 1)
    ]
    scales = "http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible"
    about = {"id": QUAD, "title": QUAD, "uri": QUAD_URI, "crs": CRS, "orderedAxes": ["X", "Y"]}
    return reply(request, {**about, "wellKnownScaleSet": scales, "tileMatrices": matrices})


@router.get("/ogc/tiles")
def list_tile_sets(request: Request) -> Response:
    """The tile sets of the whole twin: one."""
    only(request)
    return reply(request, _list(request, f"{base(request)}/tiles", "The twin"))


@router.get(f"/ogc/tiles/{QUAD}")
def get_tile_set(request: Request, view: ViewDep) -> Response:
    """What is in the tiles of the whole twin."""
    from twin.export.tiles import vector_layers

    only(request)
    tiles = tiles_of(request, view)
    layers = [_layer(entry["id"], entry["description"], DIMENSIONS[entry["id"]]) for entry in vector_layers(tiles)]
    return reply(request, _set(request, f"{base(request)}/tiles", "The twin", layers, tiles.sheet.bounds))


@router.get(f"/ogc/tiles/{QUAD}/{{z}}/{{y}}/{{x}}")
def get_set_tile(request: Request, z: Zoom, y: Row, x: Column, view: ViewDep) -> Response:
    """A tile of the whole twin."""
    only(request, formats=("mvt",))
    return drawn(request, view, z, x, y)


@router.get("/ogc/collections/{collection}/tiles")
def list_collection_tile_sets(request: Request, collection: str, offer: OfferDep) -> Response:
    """The tile sets of a collection: one."""
    only(request)
    layer = _tiled(offer, collection)
    return reply(request, _list(request, _address(request, layer), layer.about.title))


@router.get(f"/ogc/collections/{{collection}}/tiles/{QUAD}")
def get_collection_tile_set(request: Request, collection: str, offer: OfferDep) -> Response:
    """What is in the tiles of a collection."""
    only(request)
    layer = _tiled(offer, collection)
    about = layer.about
    dimension = {"Point": 0, "LineString": 1, "Polygon": 2}.get((about.geometry or "").removeprefix("Multi"))
    layers = [_layer(about.id, about.description, dimension)]
    return reply(request, _set(request, _address(request, layer), about.title, layers, layer.extent))


@router.get(f"/ogc/collections/{{collection}}/tiles/{QUAD}/{{z}}/{{y}}/{{x}}")
def get_collection_tile(
    request: Request, collection: str, z: Zoom, y: Row, x: Column, view: ViewDep, offer: OfferDep
) -> Response:
    """A tile of a collection, in one layer of its name; where there are too many, ``sites`` counts them."""
    from twin.export.tiles import exists, zipped

    only(request, formats=("mvt",))
    layer = _tiled(offer, collection)
    if not exists(z, x, y):
        raise NotFound(f"There is no tile {z}/{y}/{x}", fix="Row and column of zoom z are below 2 ** z.")
    headers = {**view.headers(request), "Vary": "Accept-Encoding"}
    if unchanged(request, headers["ETag"]):
        return not_modified(headers)
    tile = tiles_of(request, view).tile(z, x, y, only=_assets(view, layer), name=layer.about.id)
    return packed(request, zipped(tile), headers)


def _tiled(offer: Offer, collection: str) -> Layer:
    """A collection that has tiles: one of assets that have a place. Raises NotFound."""
    layer = offer.layer(collection)
    if layer.about.group != "assets" or layer.about.geometry is None:
        raise NotFound(f"The collection {layer.about.id} has no tiles", fix="Collections of placed assets have tiles.")
    return layer


def _assets(view: View, layer: Layer) -> Bools:
    """(n,) the assets of a collection."""

    def made() -> Bools:
        import pyarrow as pa

        from twin.export.places import rows_of

        found = np.zeros(view.snapshot.arrays.n, bool)
        found[rows_of(view.snapshot.catalogue, pa.chunked_array([layer.values("id")]))] = True
        return found

    mask: Bools = view.snapshot.system.kept(f"tiles of {layer.about.id}", made)
    return mask


def _address(request: Request, layer: Layer) -> str:
    return f"{base(request)}/collections/{layer.about.id}/tiles"


def _layer(name: str, description: str, dimension: int | None) -> dict[str, Any]:
    made: dict[str, Any] = {"id": name, "description": description, "dataType": "vector"}
    return made if dimension is None else {**made, "geometryDimension": dimension}


def _list(request: Request, root: str, title: str) -> dict[str, Any]:
    return {
        "links": [link(root, "self", JSON, "This page")],
        "tilesets": [{"title": title, "dataType": "vector", "crs": CRS, "tileMatrixSetURI": QUAD_URI,
                      "links": [link(f"{root}/{QUAD}", "self", JSON, "The tile set"), _scheme(request)]}],
    }  # fmt: skip


def _set(request: Request, root: str, title: str, layers: list[Any], bounds: Any) -> dict[str, Any]:
    from twin.export.tiles import MAX_ZOOM

    west, south, east, north = bounds or WORLD
    found = [_limits(z, west, south, east, north) for z in range(MAX_ZOOM + 1)]
    tile = {**link(f"{root}/{QUAD}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}", "item", TILE, "A tile"), "templated": True}
    return {
        "title": title,
        "dataType": "vector",
        "crs": CRS,
        "tileMatrixSetURI": QUAD_URI,
        "tileMatrixSetLimits": found,
        "boundingBox": {
            "lowerLeft": [west, south],
            "upperRight": [east, north],
            "crs": "http://www.opengis.net/def/crs/OGC/1.3/CRS84",
        },
        "layers": layers,
        "links": [link(f"{root}/{QUAD}", "self", JSON, "This tile set"), _scheme(request), tile],
    }


def _scheme(request: Request) -> dict[str, Any]:
    return link(f"{base(request)}/tileMatrixSets/{QUAD}", f"{REL}tiling-scheme", JSON, QUAD)


def _limits(z: int, west: float, south: float, east: float, north: float) -> dict[str, Any]:
    """Rows and columns of a zoom that have anything."""
    n = 1 << z
    columns = [min(n - 1, max(0, int((lon + 180) / 360 * n))) for lon in (west, east)]
    rows = []
    for lat in (north, south):
        sin = math.sin(math.radians(min(max(lat, WORLD[1]), WORLD[3])))
        rows.append(min(n - 1, max(0, int((0.5 - math.log((1 + sin) / (1 - sin)) / (4 * math.pi)) * n))))
    return {"tileMatrix": str(z), "minTileRow": rows[0], "maxTileRow": rows[1], "minTileCol": columns[0],
            "maxTileCol": columns[1]}  # fmt: skip
