"""Where CIM objects stand: Location, PositionPoint and CoordinateSystem, of the GL profile or of 61968 models."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import shapely

from loaders.places import PlaceProblem, Transform, parse_point, to_wgs84
from loaders.rdf import Model, Node
from twin.model import Reject

EPSG = re.compile(r"EPSG(?::[\d.]*)*:(\d+)\s*$", re.IGNORECASE)
WORLD = re.compile(r"WGS[ _-]?84|CRS:?84", re.IGNORECASE)
Pair = tuple[float, float]
#: Metres in a degree of latitude.
DEGREE_M = 111_320.0


def anchored(lon: float, lat: float, unit_m: float) -> Transform:
    """Drawing coordinates laid out around a place: x to the east, y to the north, *unit_m* metres a unit."""

    def transform(points: Any) -> Any:
        east = unit_m / (DEGREE_M * max(math.cos(math.radians(lat)), 0.01))
        return [(lon + float(x) * east, lat + float(y) * unit_m / DEGREE_M) for x, y in points]

    return transform


class Places:
    """Points of objects in degrees.

    Args:
        model: the model. default: how coordinates of no named system are taken: a transform, ``"wgs84"``, or None
            where they are of no use. local: what becomes of drawing coordinates, or None: they are left out.

    Attributes:
        rejects: what cannot be taken.
    """

    def __init__(self, model: Model, default: Transform | str | None, local: Transform | None) -> None:
        self.model, self._default, self._local = model, default, local
        self.rejects: list[Reject] = []
        self._systems: dict[str, Callable[[list[Pair]], Any] | None] = {}
        self._points: dict[str, list[Pair]] = {}
        raw = self._raw()
        for location in model.of("Location"):
            points = self._placed(location, raw.get(location.id, []))
            if points:
                self._points[location.id] = points
        self._of: dict[str, str] = {}
        for location in model.of("Location"):
            for owner in location.refs.get("Location.PowerSystemResources", ()):
                self._of.setdefault(owner, location.id)

    def points(self, *nodes: Node | None) -> list[Pair]:
        """Longitudes and latitudes of the first of *nodes* that has any, in order."""
        for node in nodes:
            if node is None:
                continue
            location = node.ref("PowerSystemResource.Location") or self._of.get(node.id)
            if location in self._points:
                return self._points[location]
        return []

    def _raw(self) -> dict[str, list[tuple[float, Node]]]:
        found: dict[str, list[tuple[float, Node]]] = defaultdict(list)
        for point in self.model.of("PositionPoint"):
            try:
                sequence = float(point.text("PositionPoint.sequenceNumber") or 0)
            except ValueError:
                sequence = math.inf
            found[point.ref("PositionPoint.Location") or ""].append((sequence, point))
        for points in found.values():
            points.sort(key=lambda one: one[0])
        return found

    def _placed(self, location: Node, raw: list[tuple[float, Node]]) -> list[Pair]:
        if not raw:
            return []
        change = self._system(location)
        if change is None:
            return []
        points = []
        for _, point in raw:
            x, y = point.text("PositionPoint.xPosition"), point.text("PositionPoint.yPosition")
            try:
                if change is not _same:
                    x, y = change([(float(x or ""), float(y or ""))])[0]
                if parse_point(x, y, ("PositionPoint.xPosition", "PositionPoint.yPosition")) is None:
                    raise PlaceProblem("missing_value", None, "the point has no coordinates", "Give both.")
                points.append((float(str(x)), float(str(y))))
            except PlaceProblem as problem:
                origin = point.origin(problem.column)
                self.rejects.append(Reject(origin, problem.code, str(problem), problem.fix))
            except (ValueError, OverflowError):
                message = f"a coordinate of {point.id} is no number: {str(x)[:40]!r}, {str(y)[:40]!r}"
                self.rejects.append(Reject(point.origin(), "wrong_type", message, "Write numbers."))
        return points

    def _system(self, location: Node) -> Callable[[list[Pair]], Any] | None:
        system = self.model.follow(location, "Location.CoordinateSystem")
        key = system.id if system else ""
        if key not in self._systems:
            self._systems[key] = self._known(location, system)
        return self._systems[key]

    def _known(self, location: Node, system: Node | None) -> Callable[[list[Pair]], Any] | None:
        urn = (system.text("CoordinateSystem.crsUrn") or "") if system else ""
        if not urn and self._default is not None:
            return _same if isinstance(self._default, str) else self._default
        if match := EPSG.search(urn):
            try:
                return to_wgs84(f"EPSG:{match[1]}") or _same
            except PlaceProblem as problem:
                self._reject(system or location, str(problem), problem.fix)
                return None
        if WORLD.search(urn):
            return _same
        if "local" in urn.lower():
            return self._local
        what = f"the coordinate system {urn[:80]!r} is not known" if urn else "positions have no coordinate system"
        self._reject(system or location, what, "Name one like urn:ogc:def:crs:EPSG::4326, or set the option `crs`.")
        return None

    def _reject(self, node: Node, message: str, fix: str) -> None:
        self.rejects.append(Reject(node.origin("CoordinateSystem.crsUrn"), "wrong_crs", message, fix))


def _same(points: list[Pair]) -> Any:
    return points


def as_point(points: list[Pair]) -> bytes | None:
    """The middle of some points (degrees) as WKB."""
    if not points:
        return None
    lon, lat = (sum(values) / len(points) for values in zip(*points, strict=True))
    return parse_point(lon, lat)


def as_line(points: list[Pair]) -> bytes | None:
    """A line through the points (degrees) as WKB; None when it would have no length."""
    kept = [point for i, point in enumerate(points) if i == 0 or point != points[i - 1]]
    if len(kept) < 2:
        return None
    wkb: bytes = shapely.to_wkb(shapely.LineString(kept))
    return wkb
