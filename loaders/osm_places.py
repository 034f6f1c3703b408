"""Shapes of elements, and which stations a point lies in or near."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import shapely

from loaders.osm_read import Element, Extract

#: Metres of a degree of latitude.
DEGREE_M = 111_195.0
EARTH_KM = 6371.0088


def shape_of(extract: Extract, one: Element, area: bool) -> Any:
    """Point, line or polygon of an element in degrees; None where nodes are missing."""
    if one.type == "node":
        at = extract.places.get(one.id)
        return None if at is None else shapely.Point(at)
    if one.type == "way":
        points = [extract.places[n] for n in one.nodes if n in extract.places]
        if area and len(points) > 3 and one.nodes[0] == one.nodes[-1] and len(points) == len(one.nodes):
            return _whole(shapely.Polygon(points))
        if len(points) > 1:
            line = shapely.LineString(points)
            return shapely.convex_hull(line) if area else line
        return shapely.Point(points[0]) if points and area else None
    return _of_members(extract, one)


def _of_members(extract: Extract, one: Element) -> Any:
    lines: list[Any] = []
    rest: list[Any] = []
    for kind, number, role in one.members:
        member = extract.elements.get(f"{kind}/{number}")
        if member is None or kind == "relation":
            continue
        shape = shape_of(extract, member, False)
        if shape is not None and role != "inner":
            (lines if kind == "way" else rest).append(shape)
    if one.tags.get("type") in ("multipolygon", "boundary") and lines:
        areas = shapely.get_parts(shapely.polygonize(lines))
        if len(areas):
            return _whole(shapely.union_all([_whole(a) for a in areas]))
    return shapely.convex_hull(shapely.GeometryCollection(lines + rest)) if lines or rest else None


def _whole(shape: Any) -> Any:
    made = shape if shape.is_valid else shapely.make_valid(shape)
    if made.geom_type in ("Polygon", "MultiPolygon"):
        return made
    parts = [p for p in shapely.get_parts(made) if p.geom_type in ("Polygon", "MultiPolygon")]
    return shapely.union_all(parts) if parts else shapely.convex_hull(shape)


class Near:
    """The nearest of some shapes to a point, within a distance in metres (on a sphere, locally flat)."""

    def __init__(self, refs: list[str], shapes: list[Any]) -> None:
        self.refs, self.shapes = refs, shapes
        self.tree = shapely.STRtree(shapes)

    def find(self, at: tuple[float, float], tolerance_m: float) -> str | None:
        """Reference of the shape that *at* lies in, else of the nearest in reach."""
        x, y = at
        dy = tolerance_m / DEGREE_M
        dx = dy / max(math.cos(math.radians(y)), 0.01)
        rows = self.tree.query(shapely.box(x - dx, y - dy, x + dx, y + dy))
        best: tuple[float, float, str] | None = None
        for row in sorted(rows):
            shape = self.shapes[row]
            found = (distance_m(shape, at), float(shapely.area(shape)), self.refs[row])
            if found[0] <= tolerance_m and (best is None or found < best):
                best = found
        return best[2] if best else None


def distance_m(shape: Any, at: tuple[float, float]) -> float:
    """Metres from a shape to a point near it."""
    scale = np.array([math.cos(math.radians(at[1])), 1.0]) * DEGREE_M
    flat = shapely.transform(shape, lambda c: (c - np.array(at)) * scale)
    return float(shapely.distance(flat, shapely.Point(0, 0)))


class Tracks:
    """Nodes of many ways in one array: lengths and shapes of parts of them.

    Args:
        ways: native id -> nodes. places: longitude and latitude of every node.
    """

    def __init__(self, ways: dict[str, list[int]], places: dict[int, tuple[float, float]]) -> None:
        flat = [places[node] for nodes in ways.values() for node in nodes]
        self.xy = np.array(flat, float).reshape(-1, 2)
        ends = np.cumsum([len(nodes) for nodes in ways.values()]).tolist()
        self.start = dict(zip(ways, [0, *ends], strict=False))
        x, y = np.radians(self.xy).T
        h = np.sin(np.diff(y) / 2) ** 2 + np.cos(y[:-1]) * np.cos(y[1:]) * np.sin(np.diff(x) / 2) ** 2
        self.km = 2 * EARTH_KM * np.arcsin(np.minimum(1.0, np.sqrt(h)))

    def length_km(self, ref: str, first: int, last: int) -> float:
        """Length on the sphere between two nodes of a way."""
        start = self.start[ref]
        return round(float(self.km[start + first : start + last].sum()), 6)

    def wkb(self, parts: list[tuple[str, int, int]]) -> list[bytes]:
        """Shapes of parts of ways: native id, first and last node."""
        if not parts:
            return []
        spans = [(self.start[ref] + first, self.start[ref] + last + 1) for ref, first, last in parts]
        rows = np.repeat(np.arange(len(spans)), [end - start for start, end in spans])
        lines = shapely.linestrings(np.concatenate([self.xy[start:end] for start, end in spans]), indices=rows)
        return list(shapely.to_wkb(lines))
