"""Finding what a line ends at: the nearest asset within a tolerance, in metres on the ellipsoid."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import shapely

#: Metres in a degree of latitude, at least; boxes are made with it and so never too small.
DEGREE_M = 110_500.0
#: Two assets this close to equally near are ambiguous (metres).
TIE_M = 0.01
#: How far the nearest asset is looked for when none is within the tolerance (metres).
FAR_M = 200_000.0
MULTI_LINE = int(shapely.GeometryType.MULTILINESTRING)


class Snap(NamedTuple):
    """What one end snaps to: row of the target or -1, distance (inf: nothing near), and the rival of a tie or -1."""

    target: int
    distance_m: float
    rival: int = -1


@dataclass
class Targets:
    """The assets that ends may snap to: ids, geometries, preference (0 first) and the properties to match."""

    ids: list[str] = field(default_factory=list)
    shapes: list[Any] = field(default_factory=list)
    ranks: list[int] = field(default_factory=list)
    matches: list[tuple[Any, ...]] = field(default_factory=list)

    def add(self, native: str, shape: Any, rank: int, match: tuple[Any, ...]) -> None:
        """One more asset; those without geometry cannot be snapped to."""
        if shape is not None:
            self.ids.append(native)
            self.shapes.append(shape)
            self.ranks.append(rank)
            self.matches.append(match)

    def freeze(self) -> Snapper:
        """The index over all that was added."""
        return Snapper(self)


class Snapper:
    """Nearest assets for many points at once."""

    def __init__(self, targets: Targets) -> None:
        import pyproj

        self.ids = targets.ids
        self.shapes = np.array(targets.shapes, dtype=object)
        self.ranks = np.array(targets.ranks, dtype=np.int64)
        self.areas = shapely.area(self.shapes) if len(self.shapes) else np.zeros(0)
        codes: dict[tuple[Any, ...], int] = {}
        self.codes = codes
        self.match = np.array([codes.setdefault(m, len(codes)) for m in targets.matches], dtype=np.int64)
        self.tree = shapely.STRtree(self.shapes)
        self.geod = pyproj.Geod(ellps="WGS84")

    def snap(self, points: Any, tolerance_m: float, own: list[str], matches: list[tuple[Any, ...]]) -> list[Snap]:
        """The best target of each point.

        Args:
            points: array of shapely points (lon, lat), none missing.
            tolerance_m: how far away a target may be.
            own: id of the line each point belongs to; a line does not snap to itself.
            matches: what the target must have in common with it.

        Within the tolerance the earlier layer wins, then the nearer asset, then the smaller area (a building
        inside a fence). Beyond it, the distance of the nearest is told.
        """
        found = [Snap(-1, np.inf)] * len(points)
        if not len(self.shapes) or not len(points):
            return found
        wanted = np.array([self.codes.get(m, -1) for m in matches], dtype=np.int64)
        todo = np.arange(len(points))
        reach = tolerance_m
        while len(todo) and reach <= max(FAR_M, tolerance_m):
            best = self._nearest(points[todo], reach, [own[i] for i in todo], wanted[todo])
            for place, snap in best.items():
                inside = snap.distance_m <= tolerance_m
                found[todo[place]] = snap if inside else Snap(-1, snap.distance_m)
            todo = np.array([i for place, i in enumerate(todo) if place not in best], dtype=np.int64)
            reach *= 20
        return found

    def _nearest(self, points: Any, reach: float, own: list[str], wanted: Any) -> dict[int, Snap]:
        x, y = shapely.get_x(points), shapely.get_y(points)
        squeeze = np.maximum(np.cos(np.radians(y)), 0.01)
        high = reach / DEGREE_M
        wide = high / squeeze
        ends, rows = self.tree.query(shapely.box(x - wide, y - high, x + wide, y + high))
        keep = self.match[rows] == wanted[ends]
        keep &= np.array([self.ids[row] != own[end] for end, row in zip(ends, rows, strict=True)], dtype=bool)
        ends, rows = ends[keep], rows[keep]
        metres = self._distances(x[ends], y[ends], squeeze[ends], self.shapes[rows])
        near = metres <= reach
        ends, rows, metres = ends[near], rows[near], metres[near]
        order = np.lexsort((rows, self.areas[rows], metres, self.ranks[rows], ends))
        best: dict[int, Snap] = {}
        for at in order:
            end, row, distance = int(ends[at]), int(rows[at]), float(metres[at])
            first = best.get(end)
            if first is None:
                best[end] = Snap(row, distance)
            elif first.rival < 0 and self._tie(first, row, distance):
                best[end] = first._replace(rival=row)
        return best

    def _tie(self, first: Snap, row: int, distance: float) -> bool:
        return bool(
            self.ranks[row] == self.ranks[first.target]
            and distance - first.distance_m < TIE_M
            and self.areas[row] == self.areas[first.target]
        )

    def _distances(self, x: Any, y: Any, squeeze: Any, shapes: Any) -> Any:
        """Metres from each point to each shape (0 inside a polygon).

        The nearest place is found in a plane squeezed east to west by the cosine of the latitude; the distance
        to it is geodesic.
        """
        if not len(x):
            return np.zeros(0)
        corners, owner = shapely.get_coordinates(shapes, return_index=True)
        corners[:, 0] *= squeeze[owner]
        flat = shapely.set_coordinates(shapes.copy(), corners)
        meeting = shapely.get_point(shapely.shortest_line(shapely.points(x * squeeze, y), flat), 1)
        near_x, near_y = shapely.get_x(meeting) / squeeze, shapely.get_y(meeting)
        _, _, metres = self.geod.inv(x, y, near_x, near_y)
        same = (np.abs(near_x - x) < 1e-12) & (np.abs(near_y - y) < 1e-12)
        return np.where(same, 0.0, metres)


def line_ends(shapes: Any) -> Any:
    """First and last point of each line, as two rows of points; None where a shape is not one line.

    Lines of several parts count when the parts join to one.
    """
    shapes = np.array(shapes, dtype=object)
    for i in np.flatnonzero(shapely.get_type_id(shapes) == MULTI_LINE):
        shapes[i] = shapely.line_merge(shapes[i])
    return np.array([shapely.get_point(shapes, 0), shapely.get_point(shapes, -1)], dtype=object)
