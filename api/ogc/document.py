"""The API of ``/ogc`` as an OpenAPI 3.0 document, made from the collections that there are.

Each collection has paths of its own, with each property as a parameter: GDAL filters on the server only by what it
finds there. The same paths stand once more with ``{collectionId}``, for clients that look for those.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Any
from urllib.parse import quote

from fastapi import Request, Response

from api.ogc.cql.read import LANGUAGES
from api.ogc.crs import CRS84
from api.ogc.layer import About
from api.ogc.links import GEOJSON, JSON, OPENAPI, SCHEMA, OfferDep, base, only, reply
from api.ogc.query import DEFAULT_LIMIT, FORMATS, MAX_LIMIT, RESERVED, RESULT_TYPES
from api.ogc.shelf import Offer
from api.section import Section

router = Section()

PROBLEMS = ("400", "404", "500")


@router.get("/ogc/api")
def get_document(request: Request, offer: OfferDep) -> Response:
    """The document."""
    only(request)
    return reply(request, document(offer, base(request)), OPENAPI)


def document(offer: Offer, server: str) -> dict[str, Any]:
    """The document for the collections of a shelf, served at the address *server*."""
    paths: dict[str, Any] = {
        "/": _get("getLandingPage", "Where everything is", "LandingPage"),
        "/conformance": _get("getConformance", "What this conforms to", "Conformance"),
        "/api": _get("getDocument", "This document", "Anything", OPENAPI),
        "/collections": _get("listCollections", "All collections", "Collections"),
        **_templated(),
    }
    for layer in offer.layers.values():
        paths.update(_literal(layer.about))
    return {
        "openapi": "3.0.3",
        "info": {
            "title": "Infrastructure twin: features",
            "description": "OGC API - Features over the twin: assets, links, findings and saved results as layers.",
            "version": version("infrastructure-twin"),
        },
        "servers": [{"url": server}],
        "tags": [{"name": "features", "description": "Collections, their features and their schemas."}],
        "paths": paths,
        "components": components(list(offer.crs), list(offer.layers)),
    }


def _get(
    name: str, summary: str, schema: str, media: str = JSON, parameters: list[Any] | None = None,
    example: Any = None,
) -> dict[str, Any]:  # fmt: skip
    content: dict[str, Any] = {"schema": {"$ref": f"#/components/schemas/{schema}"}}
    if example is not None:
        content["example"] = example
    responses: dict[str, Any] = {"200": {"description": summary, "content": {media: content}}}
    responses |= {status: {"$ref": f"#/components/responses/{status}"} for status in PROBLEMS}
    own = parameters or [{"$ref": "#/components/parameters/f"}]
    operation = {
        "tags": ["features"],
        "operationId": name,
        "summary": summary,
        "description": f"{summary}.",
        "parameters": own,
        "responses": responses,
    }
    return {"get": operation}


def _shared(*names: str) -> list[dict[str, Any]]:
    return [{"$ref": f"#/components/parameters/{name}"} for name in names]


ITEMS = ("limit", "cursor", "bbox", "bbox-crs", "crs", "datetime", "filter", "filter-lang", "filter-crs", "resultType", "f-items")  # fmt: skip  # noqa: E501


def _templated() -> dict[str, Any]:
    one, root = _shared("collectionId"), "/collections/{collectionId}"
    return {
        root: _get("getCollection", "One collection", "Collection", JSON, [*one, *_shared("f")]),
        f"{root}/schema": _get("getSchema", "What its features have", "Anything", SCHEMA, [*one, *_shared("f-schema")]),
        f"{root}/queryables": _get(
            "getQueryables", "What its features can be filtered by", "Anything", SCHEMA, [*one, *_shared("f-schema")]
        ),
        f"{root}/items": _get(
            "listItems", "Features of a collection", "FeatureCollection", GEOJSON, [*one, *_shared(*ITEMS)]
        ),
        f"{root}/items/{{featureId}}": _get(
            "getItem", "One feature", "Feature", GEOJSON, [*one, *_shared("featureId", "crs", "f-items")]
        ),
    }


def _literal(about: About) -> dict[str, Any]:
    root, name = f"/collections/{quote(about.id, safe='')}", about.id.replace("-", "_")
    own = [
        {
            "name": column.name,
            "in": "query",
            "required": False,
            "description": column.description,
            "schema": column.parameter(),
            "style": "form",
            "explode": False,
        }
        for column in about.columns
        if column.name not in RESERVED
    ]
    return {
        root: _get(f"getCollection_{name}", f"{about.title}: the collection", "Collection", JSON, _shared("f")),
        f"{root}/schema": _get(
            f"getSchema_{name}", f"{about.title}: its schema", "Anything", SCHEMA, _shared("f-schema")
        ),
        f"{root}/queryables": _get(
            f"getQueryables_{name}", f"{about.title}: what to filter by", "Anything", SCHEMA, _shared("f-schema")
        ),
        f"{root}/items": _get(
            f"listItems_{name}", f"{about.title}: features", "FeatureCollection", GEOJSON, [*_shared(*ITEMS), *own]
        ),
        f"{root}/items/{{featureId}}": _get(
            f"getItem_{name}", f"{about.title}: one feature", "Feature", GEOJSON,
            _shared("featureId", "crs", "f-items"),
        ),
    }  # fmt: skip


def _query(name: str, description: str, schema: dict[str, Any], example: Any = None) -> dict[str, Any]:
    found = {
        "name": name,
        "in": "query",
        "required": False,
        "description": description,
        "schema": schema,
        "style": "form",
        "explode": False,
    }
    return found if example is None else {**found, "example": example}


def _word(name: str, description: str, words: list[str]) -> dict[str, Any]:
    return _query(name, description, {"type": "string", "enum": words, "default": words[0]})


def _path(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "description": description, "schema": schema}


def components(crs: list[str], collections: list[str]) -> dict[str, Any]:
    """What paths refer to: parameters, answers and their schemas."""
    number = {"type": "number"}
    box = {"type": "array", "minItems": 4, "maxItems": 6, "items": number}
    limit = {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}
    system = {"type": "string", "format": "uri", "enum": crs, "default": CRS84}
    parameters = {
        "limit": _query("limit", "Most features of a page.", limit),
        "cursor": _query("cursor", "Where to go on: from the next link.", {"type": "string", "maxLength": 8000}),
        "bbox": _query("bbox", "Only features that touch this box: two corners.", box, [12.9, 52.3, 13.8, 52.7]),
        "bbox-crs": _query("bbox-crs", "System of bbox.", system),
        "crs": _query("crs", "System of the answer.", system),
        "datetime": _query(
            "datetime", "Only features whose time meets this instant or interval.", {"type": "string"}, "2026-01-01/.."
        ),
        "filter": _query("filter", "CQL2 condition.", {"type": "string"}, "name LIKE 'B%' AND state = 'operating'"),
        "filter-lang": _word("filter-lang", "Language of filter; cql-text is cql2-text with ILIKE.", list(LANGUAGES)),
        "filter-crs": _query("filter-crs", "System of geometries in filter.", system),
        "resultType": _word("resultType", "hits answers only how many there are.", list(RESULT_TYPES)),
        "f": _word("f", "Format.", ["json"]),
        "f-items": _word("f", "Format.", list(FORMATS)),
        "f-schema": _word("f", "schema answers application/schema+json, json application/json.", ["schema", "json"]),
        "collectionId": _path("collectionId", "Id of a collection.", {"type": "string", "enum": collections}),
        "featureId": _path("featureId", "Id of a feature.", {"type": "string"}),
    }
    return {"parameters": parameters, "responses": _refusals(), "schemas": SCHEMAS}


def _refusals() -> dict[str, Any]:
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    told = {
        "400": "A parameter is unknown, or its value is not valid or not understood.",
        "404": "There is no such collection or feature.",
        "500": "A fault of the server.",
    }
    return {status: {"description": text, "content": content} for status, text in told.items()}


def _object(properties: dict[str, Any], required: list[str] | None = None) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required or list(properties)}


TEXT = {"type": "string"}
LINKS = {"type": "array", "items": {"$ref": "#/components/schemas/Link"}}
COUNT = {"type": "integer", "minimum": 0}
SCHEMAS: dict[str, Any] = {
    "Anything": {"type": "object"},
    "Link": _object({"href": TEXT, "rel": TEXT, "type": TEXT, "title": TEXT}),
    "LandingPage": _object({"title": TEXT, "description": TEXT, "links": LINKS}),
    "Conformance": _object({"conformsTo": {"type": "array", "items": TEXT}}),
    "Collections": _object(
        {"links": LINKS, "collections": {"type": "array", "items": {"$ref": "#/components/schemas/Collection"}}}
    ),
    "Collection": _object(
        {
            "id": TEXT,
            "title": TEXT,
            "description": TEXT,
            "itemType": TEXT,
            "extent": {"type": "object"},
            "crs": {"type": "array", "items": TEXT},
            "storageCrs": TEXT,
            "links": LINKS,
        }
    ),
    "Feature": _object(
        {
            "type": {"type": "string", "enum": ["Feature"]},
            "id": TEXT,
            "geometry": {"type": "object", "nullable": True},
            "properties": {"type": "object"},
        }
    ),
    "FeatureCollection": _object(
        {
            "type": {"type": "string", "enum": ["FeatureCollection"]},
            "timeStamp": {"type": "string", "format": "date-time"},
            "numberMatched": COUNT,
            "numberReturned": COUNT,
            "links": LINKS,
            "features": {"type": "array", "items": {"$ref": "#/components/schemas/Feature"}},
        }
    ),
    "Problem": _object(
        {"type": TEXT, "title": TEXT, "status": {"type": "integer"}, "detail": TEXT, "code": TEXT, "fix": TEXT}
    ),
}
