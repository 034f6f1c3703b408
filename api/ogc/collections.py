"""The collections: what there is, where it lies, and how to ask for it."""

from __future__ import annotations

from typing import Any

from fastapi import Request, Response

from api.ogc.crs import CRS84
from api.ogc.layer import Layer
from api.ogc.links import GEOJSON, JSON, SCHEMA, OfferDep, address, base, link, only, reply
from api.section import Section

router = Section()
REL = "http://www.opengis.net/def/rel/ogc/1.0/"
GREGORIAN = "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian"


@router.get("/ogc/collections")
def list_collections(request: Request, offer: OfferDep) -> Response:
    """All collections."""
    only(request)
    body = {
        "links": [
            link(f"{base(request)}/collections", "self", JSON, "This page"),
            link(f"{base(request)}/", "root", JSON, "The landing page"),
        ],
        "crs": list(offer.crs),
        "numberMatched": len(offer.layers),
        "numberReturned": len(offer.layers),
        "collections": [described(request, layer, list(offer.crs)) for layer in offer.layers.values()],
    }
    return reply(request, body)


@router.get("/ogc/collections/{collection}")
def get_collection(request: Request, collection: str, offer: OfferDep) -> Response:
    """One collection."""
    only(request)
    body = described(request, offer.layer(collection), list(offer.crs))
    return reply(request, body)


def described(request: Request, layer: Layer, crs: list[str]) -> dict[str, Any]:
    """A collection as JSON, with the list *crs* of systems."""
    about = layer.about
    extent: dict[str, Any] = {}
    if layer.extent is not None:
        extent["spatial"] = {"bbox": [list(layer.extent)], "crs": CRS84}
    if about.time is not None:
        extent["temporal"] = {"interval": [interval(layer)], "trs": GREGORIAN}
    return {
        "id": about.id,
        "title": about.title,
        "description": about.description,
        "itemType": "feature",
        "extent": extent,
        "crs": crs,
        "storageCrs": CRS84,
        "geometryType": about.geometry,
        "links": links_of(request, layer),
    }


def links_of(request: Request, layer: Layer) -> list[dict[str, Any]]:
    """Links of a collection; some twice, because GDAL looks for other names and media types than the standard."""
    name = layer.about.id
    schema, asked = address(request, name, "schema"), address(request, name, "queryables")
    tiles = link(address(request, name, "tiles"), f"{REL}tilesets-vector", JSON, "Its vector tiles")
    return [
        *([tiles] if layer.about.group == "assets" and layer.about.geometry is not None else []),
        link(address(request, name), "self", JSON, "This collection"),
        link(address(request, name, "items"), "items", GEOJSON, "Its features"),
        link(schema, f"{REL}schema", SCHEMA, "Schema of the properties (Part 5)"),
        link(f"{schema}/feature", "describedBy", SCHEMA, "Schema of a feature as GeoJSON"),
        link(asked, f"{REL}queryables", SCHEMA, "What can be filtered by"),
        link(f"{asked}?f=json", "queryables", JSON, "What can be filtered by"),
        *([link(address(request, name, "tiles"), f"{REL}tilesets-vector", JSON, "Its vector tiles")] * _tiled(layer)),
        link(f"{base(request)}/collections", "root", JSON, "All collections"),
    ]


def _tiled(layer: Layer) -> bool:
    return layer.about.group == "assets" and layer.about.geometry is not None


def interval(layer: Layer) -> list[str | None]:
    """Beginning and end of a collection's time, None for open or not known."""
    import pyarrow.compute as pc

    assert layer.about.time is not None
    first, last = layer.about.time
    low = pc.min(layer.values(first)).as_py()
    high = None if last is None else pc.max(layer.values(last)).as_py()
    return [None if at is None else at.isoformat().replace("+00:00", "Z") for at in (low, high)]
