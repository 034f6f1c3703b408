"""Where spans lie in one trench: stretches of route that the data give to several spans, of one network or of many."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import shapely

#: Decimals of a degree to which two vertices are the same (0.1 m).
DECIMALS = 6

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
