"""Spatial parts of CQL2: written geometries, and how they lie to those of the features (planar, in degrees)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import shapely

from api.ogc.cql.values import Value
from twin.errors import InvalidFilter

#: Most corners of a written geometry.
CORNERS = 100_000
#: Function -> what GEOS calls it, and what it calls the same with the arguments swapped (None: needs no swap).
PREDICATES: dict[str, tuple[str, str]] = {
    "s_intersects": ("intersects", "intersects"),
    "s_disjoint": ("disjoint", "disjoint"),
    "s_within": ("within", "contains"),
    "s_contains": ("contains", "within"),
    "s_equals": ("equals", "equals"),
    "s_touches": ("touches", "touches"),
    "s_crosses": ("crosses", "crosses"),
    "s_overlaps": ("overlaps", "overlaps"),
}
TYPES = ("Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon", "GeometryCollection")
FIX = "Give a valid geometry, for example POLYGON((13 52, 14 52, 14 53, 13 53, 13 52))."


def written(node: Any, into_degrees: Callable[[Any], Any]) -> Any:
    """A box or GeoJSON geometry of a filter, in CRS84. Raises InvalidFilter."""
    return into_degrees(_box(node["bbox"]) if "bbox" in node else _geometry(node))


def _box(corners: Any) -> Any:
    if not isinstance(corners, list) or len(corners) not in (4, 6) or not all(map(_finite, corners)):
        raise InvalidFilter("BBOX takes four numbers", part="BBOX")
    west, south, east, north = corners if len(corners) == 4 else (*corners[:2], *corners[3:5])
    return box(west, south, east, north, "BBOX")


def box(west: float, south: float, east: float, north: float, part: str) -> Any:
    """A box as a geometry; one that is no wider or higher than a line is that line or point.

    Raises:
        InvalidFilter: south is above north, or west is right of east.
    """
    if south > north or west > east:
        raise InvalidFilter(f"{part}: the lower corner comes first, then the upper one", part=part)
    if west == east and south == north:
        return shapely.Point(west, south)
    if west == east or south == north:
        return shapely.LineString([(west, south), (east, north)])
    return shapely.box(west, south, east, north)


def _finite(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and bool(np.isfinite(value))


def _geometry(node: Any) -> Any:
    import orjson

    kind = node.get("type")
    if kind not in TYPES or set(node) - {"type", "coordinates", "geometries"}:
        raise InvalidFilter(f"{str(kind)[:40]!r} is not a geometry of GeoJSON", fix=FIX, part="geometry")
    found = shapely.from_geojson(orjson.dumps(node).decode(), on_invalid="ignore")
    if found is None or shapely.is_empty(found) or not np.isfinite(shapely.get_coordinates(found)).all():
        raise InvalidFilter(f"the {kind} has no valid coordinates", fix=FIX, part=kind)
    if shapely.get_num_coordinates(found) > CORNERS:
        raise InvalidFilter(f"the {kind} has more than {CORNERS:,} corners", fix="Simplify it.", part=kind)
    if not shapely.is_valid(found):
        raise InvalidFilter(f"the {kind} is not valid: {shapely.is_valid_reason(found)}", fix=FIX, part=kind)
    return shapely.force_2d(found)


def missing(value: Value) -> Any:
    """Where a geometry is null."""
    found = shapely.is_missing(value.data)
    return pa.scalar(bool(found)) if value.single else pa.array(found)


def related(op: str, a: Value, b: Value, tree: Callable[[], Any]) -> Any:
    """Whether two geometries lie to each other as *op* says; null where one is missing."""
    try:
        return _related(op, a, b, tree)
    except shapely.errors.GEOSException as error:
        raise InvalidFilter(f"{op}: {str(error)[:120]}", fix=FIX, part=op) from None


def _related(op: str, a: Value, b: Value, tree: Callable[[], Any]) -> Any:
    straight, swapped = PREDICATES[op]
    if a.single and b.single:
        return pa.scalar(bool(getattr(shapely, straight)(a.data, b.data)))
    if not a.single and not b.single:
        found = getattr(shapely, straight)(a.data, b.data)
        return pa.array(found, mask=shapely.is_missing(a.data) | shapely.is_missing(b.data))
    # One is a column, the other written: the written one asks the index.
    asks, shapes, name = (a.data, b.data, straight) if a.single else (b.data, a.data, swapped)
    return pa.array(_column(name, asks, shapes, tree()), mask=shapely.is_missing(shapes))


def _column(name: str, shape: Any, shapes: Any, tree: Any) -> Any:
    """(n,) whether ``name(shape, shapes[i])``."""
    found = np.zeros(len(shapes), bool)
    if name == "equals":
        near = tree.query(shape)
        found[near[shapely.equals(shape, shapes[near])]] = True
    elif name == "disjoint":
        found[tree.query(shape, predicate="intersects")] = True
        found = ~found
    else:
        found[tree.query(shape, predicate=name)] = True
    return found
