"""The landing page and what the service conforms to."""

from __future__ import annotations

from fastapi import Request, Response

from api.ogc.links import JSON, OPENAPI, base, link, only, reply
from api.section import Section

router = Section()

FEATURES = "http://www.opengis.net/spec/ogcapi-features-{}/1.0/conf/{}"
CQL2 = "http://www.opengis.net/spec/cql2/1.0/conf/{}"
TILES = "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/{}"
#: Every class here is tested whole.
CONFORMANCE = [
    *(FEATURES.format(1, name) for name in ("core", "oas30", "geojson")),
    FEATURES.format(2, "crs"),
    *(FEATURES.format(3, name) for name in ("queryables", "queryables-query-parameters", "filter", "features-filter")),
    *(
        CQL2.format(name)
        for name in (
            "cql2-text",
            "cql2-json",
            "basic-cql2",
            "advanced-comparison-operators",
            "case-insensitive-comparison",
            "accent-insensitive-comparison",
            "basic-spatial-functions",
            "basic-spatial-functions-plus",
            "spatial-functions",
            "temporal-functions",
            "property-property",
            "arithmetic",
        )
    ),
    *(
        TILES.format(name)
        for name in ("core", "tileset", "tilesets-list", "dataset-tilesets", "geodata-tilesets", "mvt")
    ),
    *(
        FEATURES.format(5, name)
        for name in ("schemas", "core-roles-features", "returnables-and-receivables", "queryables")
    ),
]


@router.get("/ogc")
@router.get("/ogc/")
def landing(request: Request) -> Response:
    """Where everything is."""
    only(request)
    root = base(request)
    body = {
        "title": "Infrastructure twin",
        "description": "Energy, connectivity and compute as one graph: assets, links, findings and saved results.",
        "links": [
            link(f"{root}/", "self", JSON, "This page"),
            link(f"{root}/api", "service-desc", OPENAPI, "The API, as OpenAPI 3.0"),
            link(f"{str(request.base_url).rstrip('/')}/docs", "service-doc", "text/html", "The API, for people"),
            link(f"{root}/conformance", "conformance", JSON, "What this conforms to"),
            link(f"{root}/conformance", "http://www.opengis.net/def/rel/ogc/1.0/conformance", JSON, "As above"),
            link(f"{root}/collections", "data", JSON, "The collections"),
            link(f"{root}/collections", "http://www.opengis.net/def/rel/ogc/1.0/data", JSON, "As above"),
            link(f"{root}/tiles", "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector", JSON, "Vector tiles"),
            link(f"{root}/tileMatrixSets", "http://www.opengis.net/def/rel/ogc/1.0/tiling-schemes", JSON, "Schemes"),
            link(f"{root}/tiles", "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector", JSON, "Vector tiles"),
            link(
                f"{root}/tileMatrixSets",
                "http://www.opengis.net/def/rel/ogc/1.0/tiling-schemes",
                JSON,
                "Tile matrix sets",
            ),
            link(f"{root}/qgis/twin.qlr", "related", "application/x-qgis-layer-definition", "All of it, for QGIS"),
        ],
    }
    return reply(request, body)


@router.get("/ogc/conformance")
def conformance(request: Request) -> Response:
    """The conformance classes."""
    only(request)
    return reply(request, {"conformsTo": CONFORMANCE})
