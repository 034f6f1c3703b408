"""Schemas of collections: what their features have (Part 5), and what they can be filtered by (Part 3)."""

from __future__ import annotations

from typing import Any

from fastapi import Request, Response

from api.ogc.layer import GEOMETRY, About
from api.ogc.links import JSON, SCHEMA, OfferDep, address, only, reply
from api.section import Section

router = Section()

DRAFT = "https://json-schema.org/draft/2020-12/schema"
MEDIA = {"schema": SCHEMA, "json": JSON}


@router.get("/ogc/collections/{collection}/schema")
def get_schema(request: Request, collection: str, offer: OfferDep) -> Response:
    """The properties of the collection's features, the geometry among them."""
    about = offer.layer(collection).about
    return _answer(request, {"$id": address(request, collection, "schema"), **flat(about)})


@router.get("/ogc/collections/{collection}/schema/feature")
def get_feature_schema(request: Request, collection: str, offer: OfferDep) -> Response:
    """One feature as GeoJSON: what GDAL reads to know all columns."""
    about = offer.layer(collection).about
    return _answer(request, {"$id": address(request, collection, "schema", "feature"), **feature(about)})


@router.get("/ogc/collections/{collection}/queryables")
def get_queryables(request: Request, collection: str, offer: OfferDep) -> Response:
    """What filters and parameters may name."""
    about = offer.layer(collection).about
    return _answer(request, {"$id": address(request, collection, "queryables"), **flat(about)})


def _answer(request: Request, body: dict[str, Any]) -> Response:
    only(request, formats=tuple(MEDIA))
    return reply(request, {"$schema": DRAFT, **body}, MEDIA[request.query_params.get("f", "schema")])


def flat(about: About) -> dict[str, Any]:
    """Properties and geometry side by side, with the roles that they play."""
    properties: dict[str, Any] = {}
    if about.geometry is not None:
        properties[GEOMETRY] = {
            "title": "geometry",
            "description": "Where it is.",
            "format": f"geometry-{about.geometry.lower()}",
            "x-ogc-role": "primary-geometry",
        }
    for order, column in enumerate(about.columns):
        properties[column.name] = {**column.schema(), "x-ogc-propertySeq": order + 1}
    properties["id"]["x-ogc-role"] = "id"
    del properties["id"]["nullable"]
    if about.time is not None:
        first, last = about.time
        properties[first]["x-ogc-role"] = "primary-interval-start" if last else "primary-instant"
        if last:
            properties[last]["x-ogc-role"] = "primary-interval-end"
    return {
        "type": "object",
        "title": about.title,
        "description": about.description,
        "properties": properties,
        "additionalProperties": False,
    }


def feature(about: About) -> dict[str, Any]:
    """A feature of the collection as a JSON Schema.

    The property ``id`` is left to ``additionalProperties``: GDAL makes a column of the feature's own id already.
    """
    geometry: dict[str, Any] = {"type": "null"}
    if about.geometry is not None:
        geometry = {"$ref": f"https://geojson.org/schema/{about.geometry}.json"}
    return {
        "type": "object",
        "title": about.title,
        "description": about.description,
        "required": ["type", "id", "geometry", "properties"],
        "properties": {
            "type": {"type": "string", "enum": ["Feature"]},
            "id": {"type": "string"},
            "geometry": geometry,
            "properties": {
                "type": "object",
                "required": [column.name for column in about.columns],
                "properties": {column.name: column.schema() for column in about.columns if column.name != "id"},
            },
        },
    }
