"""Where spans lie in one trench: stretches of route that the data give to several spans, of one network or of many."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import shapely

#: Decimals of a degree to which two vertices are the same (0.1 m).
DECIMALS = 6
#: Metres of one degree of latitude.
METRES = 111_195.0

Point = tuple[float, float]
Segment = tuple[Point, Point]


class Stretch(NamedTuple):
    """One stretch of route that several spans have: their ids, sorted, and its points."""

    key: str
    spans: tuple[str, ...]
    points: list[Point]


def shared_stretches(routes: dict[str, Any]) -> Iterator[Stretch]:
    """Every longest stretch that the same two or more routes have, vertex by vertex, in either direction.

    Args:
        routes: id of a span -> its route, a shapely line or multi-line in degrees.

    The key of a stretch is made of its points alone, so it stays the same as long as they do.
    """
    users: dict[Segment, set[str]] = {}
    for native, route in routes.items():
        for segment in _segments(route):
            users.setdefault(segment, set()).add(native)
    by_spans: dict[tuple[str, ...], list[Segment]] = {}
    for segment, owners in users.items():
        if len(owners) > 1:
            by_spans.setdefault(tuple(sorted(owners)), []).append(segment)
    for spans in sorted(by_spans):
        for points in sorted(_chains(by_spans[spans])):
            text = ";".join(f"{x:.{DECIMALS}f},{y:.{DECIMALS}f}" for x, y in points)
            yield Stretch(hashlib.sha256(text.encode()).hexdigest()[:12], spans, points)


def near_stretches(routes: dict[str, Any], within_m: float, least_m: float) -> Iterator[Stretch]:
    """Every stretch of at least *least_m* metres over which two routes run within *within_m* of each other.

    Each pair of routes is one matter: three routes side by side give three stretches. Distances are taken in a plane
    that touches the pair's middle, good to a part in a thousand over a hundred kilometres. The key of a stretch is made
    of the two spans and its number, so it stays when points move a little.
    """
    names = sorted(routes)
    shapes = np.array([routes[name] for name in names], dtype=object)
    tree = shapely.STRtree(shapes)
    # a degree of longitude shrinks towards the poles: search wide enough at the highest latitude there is
    top = max((abs(y) for shape in shapes for y in shape.bounds[1::2]), default=0.0)
    reach = within_m / METRES / max(math.cos(math.radians(min(top, 89.0))), 0.01)
    left, right = tree.query(shapes, predicate="dwithin", distance=reach)
    for i, k in sorted(zip(left.tolist(), right.tolist(), strict=True)):
        if i < k:
            for number, points in enumerate(_beside(shapes[i], shapes[k], within_m, least_m), start=1):
                text = f"{names[i]}|{names[k]}|{number}"
                yield Stretch(hashlib.sha256(text.encode()).hexdigest()[:12], (names[i], names[k]), points)


def _beside(one: Any, other: Any, within_m: float, least_m: float) -> Iterator[list[Point]]:
    x0, y0 = (float(v) for v in np.mean(shapely.get_coordinates([one, other]), axis=0))
    scale = np.array([METRES * math.cos(math.radians(y0)), METRES])
    plane = [shapely.transform(shape, lambda points: (points - (x0, y0)) * scale) for shape in (one, other)]
    shared = shapely.intersection(plane[0], shapely.buffer(plane[1], within_m))
    lines = [part for part in shapely.get_parts(shared) if part.geom_type == "LineString" and not part.is_empty]
    merged = shapely.get_parts(shapely.line_merge(shapely.MultiLineString(lines))) if lines else []
    for line in sorted(merged, key=lambda part: part.bounds):
        if line.length >= least_m:
            points = shapely.get_coordinates(line) / scale + (x0, y0)
            yield [(float(x), float(y)) for x, y in points]


def _segments(route: Any) -> Iterator[Segment]:
    for line in shapely.get_parts(route):
        points = [(round(float(x), DECIMALS), round(float(y), DECIMALS)) for x, y in shapely.get_coordinates(line)]
        for a, b in pairwise(points):
            if a != b:
                yield (a, b) if a < b else (b, a)


def _chains(segments: list[Segment]) -> Iterator[list[Point]]:
    """The segments joined end to end as far as they go without a fork, each chain in one fixed direction."""
    near: dict[Point, list[Segment]] = {}
    for segment in sorted(segments):
        for point in segment:
            near.setdefault(point, []).append(segment)
    left = set(segments)
    starts = [point for point in sorted(near) if len(near[point]) != 2] + sorted(near)
    for start in starts:
        for segment in near[start]:
            if segment not in left:
                continue
            chain, here = [start], start
            following: Segment | None = segment
            while following is not None:
                left.discard(following)
                here = following[1] if following[0] == here else following[0]
                chain.append(here)
                following = next((s for s in near[here] if s in left), None) if len(near[here]) == 2 else None
            yield min(chain, chain[::-1])
