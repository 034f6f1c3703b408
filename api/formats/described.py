"""What the OpenAPI document says of formats: the media types of each list and result, and 406."""

from __future__ import annotations

from typing import Any

from api.formats.format import COLUMNS, FORMATS, GEOJSON, JSON

PARAMETER = "f"
BINARY = {"type": "string", "format": "binary"}
SCHEMAS: dict[str, dict[str, Any]] = {
    COLUMNS.name: {
        "type": "object",
        "description": COLUMNS.says,
        "required": ["columns", "rows"],
        "properties": {
            "columns": {"type": "object", "additionalProperties": {"type": "array", "items": {}}},
            "rows": {"type": "integer"},
        },
    },
    GEOJSON.name: {
        "type": "object",
        "description": GEOJSON.says,
        "required": ["type", "features"],
        "properties": {
            "type": {"const": "FeatureCollection"},
            "features": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["type", "geometry", "properties"],
                    "properties": {
                        "type": {"const": "Feature"},
                        "geometry": {"type": ["object", "null"]},
                        "properties": {"type": "object"},
                    },
                },
            },
        },
    },
}
NAMES = {COLUMNS.name: "ColumnsAnswer", GEOJSON.name: "FeatureCollectionAnswer"}
NOT_ACCEPTABLE = {
    "description": "Nothing that `Accept` lists can be given",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


def components() -> dict[str, Any]:
    """The schemas that :func:`describe` speaks of, by name."""
    return {NAMES[name]: schema for name, schema in SCHEMAS.items()}


def negotiated(operation: dict[str, Any]) -> bool:
    """Whether the client of this operation chooses the format."""
    return any(
        each["name"] == PARAMETER and each["schema"].get("anyOf", [{}])[0].get("enum") == list(FORMATS)
        for each in operation.get("parameters", ())
    )


def describe(operation: dict[str, Any]) -> None:
    """Add to an operation whose client chooses the format: each media type, and the answer 406."""
    content = operation["responses"]["200"]["content"]
    for each in FORMATS.values():
        if each is JSON:
            continue
        if each.name in NAMES:
            schema: dict[str, Any] = {"$ref": f"#/components/schemas/{NAMES[each.name]}"}
        else:
            schema = {**BINARY, "description": each.says}
        content.setdefault(each.media_type, {"schema": schema})
    operation["responses"]["406"] = NOT_ACCEPTABLE
