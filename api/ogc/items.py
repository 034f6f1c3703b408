"""Features: a page of a collection, or one of them, encoded column by column."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import quote, urlencode

import numpy as np
import orjson
import pyarrow as pa
import shapely
from fastapi import Request, Response

from api.answers import body_tag, not_modified, unchanged
from api.deps import LimitsDep, View, ViewDep
from api.ogc.columns import joined, json_texts
from api.ogc.crs import CRS84, from_crs84, known
from api.ogc.layer import Layer
from api.ogc.links import GEOJSON, JSON, OfferDep, address, link, only
from api.ogc.query import FORMATS, MAX_LIMIT, Question, page, read
from api.section import Section
from twin.errors import NotFound

router = Section()


@router.get("/ogc/collections/{collection}/items")
def list_items(request: Request, collection: str, view: ViewDep, offer: OfferDep, limits: LimitsDep) -> Response:
    """A page of a collection's features, filtered and in the coordinate reference system asked for."""
    layer = offer.layer(collection)
    question = read(layer, request.query_params, offer.crs, min(MAX_LIMIT, limits.max_page))
    headers = _headers(request, view, layer, question.crs)
    rows, total, cursor = page(question)
    if unchanged(request, headers["ETag"]):
        return not_modified(headers)
    following = _next(request, cursor)
    if following:
        headers["Link"] = f'<{following}>; rel="next"; type="{GEOJSON}"'
    return Response(_collection(request, question, rows, total, following), 200, headers, GEOJSON)


def _headers(request: Request, view: View, layer: Layer, crs: str) -> dict[str, str]:
    headers = view.headers(request) | {"Content-Crs": f"<{crs}>"}
    if layer.about.mark:
        headers["ETag"] = body_tag(f"{headers['ETag']} {layer.about.mark}".encode())
    return headers


def _next(request: Request, cursor: str | None) -> str | None:
    if cursor is None:
        return None
    given = {**request.query_params, "cursor": cursor}
    return f"{address(request, request.path_params['collection'], 'items')}?{urlencode(given, quote_via=quote)}"


def _collection(request: Request, question: Question, rows: Any, total: int, following: str | None) -> bytes:
    layer = question.layer
    own = address(request, layer.about.id, "items")
    query = request.url.query
    links = [
        link(f"{own}?{query}" if query else own, "self", GEOJSON, "This page"),
        link(address(request, layer.about.id), "collection", JSON, "The collection"),
    ]
    if following:
        links.append(link(following, "next", GEOJSON, "The next page"))
    head = {
        "type": "FeatureCollection",
        "timeStamp": dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "numberMatched": total,
        "numberReturned": len(rows),
        "links": links,
    }
    features = features_text(layer, rows, question.crs)
    return orjson.dumps(head)[:-1] + b',"features":[' + features + b"]}"


def features_text(layer: Layer, rows: Any, crs: str) -> bytes:
    """Features of some rows as JSON with commas between.

    Raises:
        InvalidParameter: the coordinate reference system is not defined where they lie.
    """
    if len(rows) == 0:
        return b""
    at = pa.array(rows)
    names = [column.name for column in layer.about.columns]
    texts = {name: json_texts(layer.values(name).take(at)) for name in names}
    parts: list[Any] = ['{"type":"Feature","id":', texts["id"], ',"geometry":', _geometries(layer, rows, crs)]
    for number, name in enumerate(names):
        parts += [(',"properties":{' if number == 0 else ",") + orjson.dumps(name).decode() + ":", texts[name]]
    return joined([*parts, "}},"])[:-1]


def _geometries(layer: Layer, rows: Any, crs: str) -> pa.Array:
    shapes = from_crs84(layer.shapes()[rows], crs)
    texts = shapely.to_geojson(shapes)
    return pa.array(np.where(shapely.is_missing(shapes), "null", texts), pa.string())


@router.get("/ogc/collections/{collection}/items/{feature:path}")
def get_item(request: Request, collection: str, feature: str, view: ViewDep, offer: OfferDep) -> Response:
    """One feature."""
    layer = offer.layer(collection)
    only(request, ("crs", "f"), FORMATS)
    crs = known(request.query_params.get("crs", CRS84), offer.crs, "crs")
    row = layer.row(feature)
    if row is None:
        raise NotFound(f"there is no feature {feature[:100]!r} in {collection}", fix="Ask for its items.")
    headers = _headers(request, view, layer, crs)
    if unchanged(request, headers["ETag"]):
        return not_modified(headers)
    links = [
        link(address(request, collection, "items", feature), "self", GEOJSON, "This feature"),
        link(address(request, collection), "collection", JSON, "The collection"),
    ]
    text = features_text(layer, np.array([row]), crs)
    return Response(text[:-1] + b',"links":' + orjson.dumps(links) + b"}", 200, headers, GEOJSON)
