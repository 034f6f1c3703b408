"""The four ways a stitch rule finds partners. Distances are geodesic (WGS 84 ellipsoid), in metres."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import shapely
from pyproj import Geod

GEOD = Geod(ellps="WGS84")
#: Fewer metres than any degree of latitude or equatorial longitude has: boxes come out a little too large.
METRES_PER_DEGREE = 110_000.0
#: First radius of a search without a limit, and the radius that covers the world.
FIRST_RADIUS_M = 5_000.0
WORLD_M = 20_100_000.0


class Member(NamedTuple):
    """An asset that a rule may link; ``value`` is what rule ``key`` compares, ``kind`` decides on allowed ends."""

    id: str
    native_id: str
    lon: float | None
    lat: float | None
    geometry: bytes | None
    value: Any
    kind: str = ""

    def shape(self) -> Any:
        """The asset's geometry, its point if it has no more, or None."""
        if self.geometry is not None:
            return shapely.from_wkb(bytes(self.geometry))
        return None if self.lon is None else shapely.Point(self.lon, self.lat)


class Match(NamedTuple):
    """One link that a rule found. ``confidence`` lies between 0 and 1; ``distance_m`` is None without a place."""

    from_id: str
    to_id: str
    distance_m: float | None
    confidence: float


#: Matches, and (id, why not) of the assets that found no partner.
Found = tuple[list[Match], list[tuple[str, str]]]


def match_nearest(
    start: Sequence[Member], end: Sequence[Member], each: str, k: int, max_distance_m: float | None
) -> Found:
    """For each asset of one side the *k* nearest of the other, no further than *max_distance_m*.

    The distance is from the seeking asset's representative point to the nearest point of the other asset's
    geometry. Equal distances go by id. Confidence falls from 1 to 0 towards the greatest distance.
    """
    seekers, others = (end, start) if each == "to" else (start, end)
    search = _Search([m for m in others if m.lon is not None])
    matches: list[Match] = []
    lost: list[tuple[str, str]] = []
    for seeker in seekers:
        if seeker.lon is None or seeker.lat is None:
            lost.append((seeker.id, "the asset has no place"))
            continue
        near = search.nearest(seeker, k, max_distance_m)
        if not near:
            limit = "" if max_distance_m is None else f" within {max_distance_m / 1000:g} km"
            lost.append((seeker.id, f"nothing to link to{limit}"))
        for distance, other in near:
            ends = (other.id, seeker.id) if each == "to" else (seeker.id, other.id)
            trust = 1.0 if max_distance_m is None else max(round(1.0 - distance / max_distance_m, 4), 0.0)
            matches.append(Match(*ends, round(distance, 2), trust))
    return matches, lost


class _Search:
    """Nearest assets: candidates from a tree of geometries, by growing boxes; then exact distances."""

    def __init__(self, members: Sequence[Member]) -> None:
        self._members = members
        self._shapes = np.array([m.shape() for m in members], dtype=object)
        self._points = shapely.get_type_id(self._shapes) == 0 if len(members) else np.zeros(0, bool)
        self._tree = shapely.STRtree(self._shapes)

    def nearest(self, seeker: Member, k: int, max_distance_m: float | None) -> list[tuple[float, Member]]:
        """(metres, asset) of the *k* nearest, nearest first; the seeker itself is left out."""
        if seeker.lon is None or seeker.lat is None or not len(self._members):
            return []
        limit = WORLD_M if max_distance_m is None else max_distance_m
        radius = min(FIRST_RADIUS_M, limit)
        while True:
            at = self._inside(seeker.lon, seeker.lat, radius)
            near = sorted(
                (d, self._members[i].id, i)
                for d, i in zip(self._distances(seeker.lon, seeker.lat, at), at.tolist(), strict=True)
                if d <= radius and self._members[i].id != seeker.id
            )
            if len(near) >= k or radius >= limit:
                return [(d, self._members[i]) for d, _, i in near[:k]]
            radius = min(radius * 4, limit)

    def _inside(self, lon: float, lat: float, radius: float) -> Any:
        """Numbers of the geometries whose box touches the box around the circle."""
        high = radius / METRES_PER_DEGREE
        top = min(abs(lat) + high, 90.0)
        wide = 360.0 if top > 89.5 else high / np.cos(np.radians(top))
        boxes = [shapely.box(lon - wide, lat - high, lon + wide, lat + high)]
        if lon - wide < -180:
            boxes.append(shapely.box(lon - wide + 360, lat - high, 180.0, lat + high))
        if lon + wide > 180:
            boxes.append(shapely.box(-180.0, lat - high, lon + wide - 360, lat + high))
        return np.unique(self._tree.query(boxes)[1])

    def _distances(self, lon: float, lat: float, at: Any) -> list[float]:
        if not len(at):
            return []
        shapes = self._shapes[at]
        xy = np.empty((len(at), 2))
        points = self._points[at]
        xy[points] = shapely.get_coordinates(shapes[points])
        for i in np.flatnonzero(~points):
            xy[i] = _closest(lon, lat, shapes[i])
        metres = GEOD.inv(np.full(len(at), lon), np.full(len(at), lat), xy[:, 0], xy[:, 1])[2]
        return [float(m) for m in metres]


def _closest(lon: float, lat: float, shape: Any) -> tuple[float, float]:
    """The point of *shape* nearest to a place, found on a map whose scale is right at that place."""
    squeeze = max(float(np.cos(np.radians(lat))), 1e-6)

    def local(xy: Any) -> Any:
        turn = (xy[:, 0] - lon + 180.0) % 360.0 - 180.0
        return np.column_stack((turn * squeeze, xy[:, 1] - lat))

    line = shapely.shortest_line(shapely.transform(shape, local), shapely.Point(0.0, 0.0))
    x, y = shapely.get_coordinates(line)[0]
    return float(x / squeeze + lon), float(y + lat)


def match_within(start: Sequence[Member], end: Sequence[Member], outer: str) -> Found:
    """Each asset of the inner side with every polygon of the outer side that covers its representative point."""
    outers, inners = (start, end) if outer == "from" else (end, start)
    covers = [(m, m.shape()) for m in outers]
    covers = [(m, shape) for m, shape in covers if shape is not None and shapely.get_dimensions(shape) == 2]
    placed = [m for m in inners if m.lon is not None]
    lost = [(m.id, "the asset has no place") for m in inners if m.lon is None]
    points = shapely.points([(m.lon, m.lat) for m in placed]) if placed else np.zeros(0, object)
    tree = shapely.STRtree([shape for _, shape in covers])
    pairs = tree.query(points, predicate="covered_by") if len(points) else np.zeros((2, 0), int)
    matches: list[Match] = []
    found: set[int] = set()
    for inner, cover in zip(pairs[0].tolist(), pairs[1].tolist(), strict=True):
        if placed[inner].id == covers[cover][0].id:
            continue
        found.add(inner)
        a, b = covers[cover][0].id, placed[inner].id
        matches.append(Match(*((a, b) if outer == "from" else (b, a)), 0.0, 1.0))
    lost += [(m.id, "no area covers it") for i, m in enumerate(placed) if i not in found]
    return sorted(matches), lost


def match_key(start: Sequence[Member], end: Sequence[Member]) -> Found:
    """Every pair whose key values are equal, compared as text. Each asset of the ``to`` side wants a partner."""
    by_value: dict[str, list[Member]] = {}
    for member in start:
        if member.value is not None:
            by_value.setdefault(_text(member.value), []).append(member)
    matches: list[Match] = []
    lost: list[tuple[str, str]] = []
    for member in end:
        if member.value is None:
            lost.append((member.id, "the asset has no key"))
            continue
        partners = [m for m in by_value.get(_text(member.value), ()) if m.id != member.id]
        if not partners:
            lost.append((member.id, "nothing has the same key"))
        matches += [Match(m.id, member.id, between(m, member), 1.0) for m in partners]
    return matches, lost


def _text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip()


def between(a: Member, b: Member) -> float | None:
    """Geodesic metres between two representative points, None if one has no place."""
    if a.lon is None or b.lon is None:
        return None
    return round(float(GEOD.inv(a.lon, a.lat, b.lon, b.lat)[2]), 2)
