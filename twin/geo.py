"""Geometry helpers: boxes, points, geodesic lengths. Everything is WGS 84, degrees in, metres out."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

from twin.errors import InvalidParameter

BBox = tuple[float, float, float, float]


def parse_bbox(text: str) -> BBox:
    """``west,south,east,north`` in degrees; west > east crosses the antimeridian.

    Raises:
        InvalidParameter: not four numbers, or not inside the world.
    """
    fix = "Give west,south,east,north in degrees, for example 12.9,52.3,13.8,52.7"
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        raise InvalidParameter(f"bbox {text!r} is not four numbers", fix=fix) from None
    if not all(map(math.isfinite, (west, south, east, north))):
        raise InvalidParameter(f"bbox {text!r} is not finite", fix=fix)
    if not (-180 <= west <= 180 and -180 <= east <= 180 and -90 <= south <= north <= 90):
        raise InvalidParameter(f"bbox {text!r} does not lie in the world", fix=fix)
    return west, south, east, north


@lru_cache(maxsize=1)
def _geod() -> Any:
    from pyproj import Geod  # 0.1 s: only when a distance is asked for

    return Geod(ellps="WGS84")


def distance_m(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Geodesic distance in metres between two points ``(lon, lat)``."""
    return float(_geod().inv(a[0], a[1], b[0], b[1])[2])


def length_m(geometry: bytes) -> float:
    """Geodesic length in metres of a line (or of a polygon's outline) given as WKB; 0 for a point."""
    import shapely

    return float(_geod().geometry_length(shapely.from_wkb(geometry)))


def geojson(geometry: bytes | None) -> dict[str, Any] | None:
    """A WKB geometry as a GeoJSON geometry object."""
    import shapely

    if geometry is None:
        return None
    found: dict[str, Any] = shapely.geometry.mapping(shapely.from_wkb(geometry))
    return found
