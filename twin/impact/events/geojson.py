"""What is wrong with a GeoJSON geometry that cannot be read, in words (RFC 7946)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

#: Lists around a position, by type of geometry.
DEPTH = {"Point": 0, "MultiPoint": 1, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}
COLLECTION = "GeometryCollection"
RING, DEEPEST = 4, 20
SHOWN = 40


def fault(geometry: Mapping[str, Any], depth: int = 0) -> str:
    """What is wrong with *geometry*, *depth* collections down: a sentence without a full stop, empty if nothing is."""
    if depth > DEEPEST:
        return f"it has more than {DEEPEST} collections in each other"
    kind = geometry.get("type")
    if kind == COLLECTION:
        members = geometry.get("geometries")
        if not isinstance(members, list) or not all(isinstance(member, Mapping) for member in members):
            return f"a {COLLECTION} needs `geometries`, a list of geometries"
        return next((said for member in members if (said := fault(member, depth + 1))), "")
    if not isinstance(kind, str) or kind not in DEPTH:
        return f"there is no geometry of the type {_short(kind)}; there are {', '.join((*DEPTH, COLLECTION))}"
    if "coordinates" not in geometry:
        return f"a {kind} needs `coordinates`"
    return _nested(geometry["coordinates"], DEPTH[kind], kind)


def _nested(value: Any, depth: int, kind: str) -> str:
    """What is wrong with the coordinates of a geometry, *depth* lists above its positions; empty if nothing is."""
    if not isinstance(value, list):
        return f"the `coordinates` of a {kind} have {_short(value)} where a list belongs"
    if depth == 0:
        return _position(value)
    said = next((said for part in value if (said := _nested(part, depth - 1, kind))), "")
    if said or depth > 1:
        return said
    if kind.endswith("Polygon") and value and (len(value) < RING or value[0] != value[-1]):
        return f"a ring of a {kind} needs {RING} positions at least, and its last one must be its first again"
    return "a LineString needs two positions at least" if kind.endswith("LineString") and len(value) == 1 else ""


def _position(value: list[Any]) -> str:
    numbers = all(isinstance(x, int | float) and not isinstance(x, bool) and math.isfinite(x) for x in value)
    if numbers and len(value) >= 2:
        return ""
    return f"{_short(value)} is no position: write [longitude, latitude] as numbers"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= SHOWN else text[:SHOWN] + "..."
