"""Where the assets of a snapshot are: their shapes, an index over them, and what has no place."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from twin.impact.events.globe import AREAL, LINEAL, crosses, unwrapped, wrapped
from twin.snapshot.arrays import Arrays, Bools, Floats, Longs

POINT = 0
HOUSING, HOSTING, PLACE = "housing", "hosting", "place"


class Places:
    """Shapes of the assets in WGS 84.

    Attributes:
        shapes: (n,) geometries: the asset's own, else its point; None where it has no place.
    """

    def __init__(self, arrays: Arrays) -> None:
        self.arrays = arrays
        self.shapes = _shapes(arrays.assets)

    @cached_property
    def placed(self) -> Bools:
        """(n,) assets with a place of their own."""
        found: Bools = ~(shapely.is_missing(self.shapes) | shapely.is_empty(self.shapes))
        return found

    @cached_property
    def _points(self) -> tuple[Longs, Floats, Floats]:
        """Rows of the assets that are a point, by longitude, with their longitudes and latitudes."""
        rows = np.flatnonzero(shapely.get_type_id(self.shapes) == POINT)
        rows = rows[self.placed[rows]]
        lon, lat = shapely.get_coordinates(self.shapes[rows]).T
        order = np.argsort(lon, kind="stable")
        return rows[order], lon[order], lat[order]

    @cached_property
    def _others(self) -> tuple[Longs, Any]:
        """Rows of the assets that are lines, areas and the like, and an index over their shapes."""
        rows = np.flatnonzero(self.placed & (shapely.get_type_id(self.shapes) != POINT))
        return rows, shapely.STRtree(self.shapes[rows])

    @cached_property
    def lines(self) -> Bools:
        """(n,) assets that are lines."""
        found: Bools = np.isin(shapely.get_type_id(self.shapes), LINEAL)
        return found

    def touching(self, area: Any) -> Longs:
        """Rows of the assets that have a point in common with *area*, sorted."""
        if shapely.is_empty(area):
            return np.zeros(0, np.int64)
        shapely.prepare(area)
        others, tree = self._others
        rows, lon, lat = self._points
        west, south, east, north = shapely.bounds(area)
        first, last = np.searchsorted(lon, west, "left"), np.searchsorted(lon, east, "right")
        near = first + np.flatnonzero((lat[first:last] >= south) & (lat[first:last] <= north))
        inside = rows[near[shapely.intersects_xy(area, lon[near], lat[near])]]
        return np.sort(np.concatenate([inside, others[tree.query(area, predicate="intersects")]]))

    @cached_property
    def regions(self) -> Bools:
        """(n,) areas of the domain ``place`` that nothing depends on: a hazard that touches one does not hit it."""
        domain = pc.cast(self.arrays.assets["domain"], pa.string())
        place = pc.fill_null(pc.equal(domain, PLACE), False).to_numpy(zero_copy_only=False).astype(bool)
        unused = np.diff(np.asarray(self.arrays.gates.use_ptr, np.int64)) == 0
        found: Bools = place & unused & np.isin(shapely.get_type_id(self.shapes), AREAL)
        return found

    def within(self, chosen: Bools) -> Bools:
        """(n,) *chosen* and what stands in it: assets without a place are where their container or only host is."""
        container, inside = self._held
        found = chosen.copy()
        while True:
            more = found[container] & ~found[inside] & ~self.placed[inside]
            if not more.any():
                return found
            found[inside[more]] = True

    @cached_property
    def _held(self) -> tuple[Longs, Longs]:
        """Pairs (container, what it contains) and (only host, what it hosts)."""
        g, services = self.arrays.gates, self.arrays.services
        housing, hosting = (np.flatnonzero([name == word for name in services]) for word in (HOUSING, HOSTING))
        gate = np.repeat(np.arange(len(g.owner)), g.ptr[1:] - g.ptr[:-1])
        alone = np.isin(g.service[gate], hosting) & (g.size[gate] == 1)
        keep = np.isin(g.service[gate], housing) | alone
        return g.member[keep].astype(np.int64), g.owner[gate[keep]].astype(np.int64)

    @cached_property
    def known(self) -> Bools:
        """(n,) assets with a place of their own, or of what contains or alone hosts them."""
        return self.within(self.placed)

    @cached_property
    def unplaced(self) -> dict[str, int]:
        """Kind -> how many of it, in service, have no known place: no footprint can hit them. Most first."""
        lost = np.flatnonzero(self.arrays.in_service & ~self.known)
        kinds = pc.cast(self.arrays.assets["kind"], pa.string()).take(pa.array(lost)).to_pylist()
        return dict(Counter(kinds).most_common())


def _shapes(table: pa.Table) -> Any:
    wkb = np.array(table["geometry"].to_pylist(), dtype=object)
    shapes = shapely.force_2d(shapely.from_wkb(wkb, on_invalid="ignore"))
    lon, lat = (pc.cast(table[name], pa.float64()).to_numpy(zero_copy_only=False) for name in ("lon", "lat"))
    points = np.flatnonzero((shapely.is_missing(shapes) | shapely.is_empty(shapes)) & np.isfinite(lon + lat))
    shapes[points] = shapely.points(lon[points], lat[points])
    with np.errstate(invalid="ignore"):
        bounds = shapely.bounds(shapes)
        wide = np.flatnonzero(bounds[:, 2] - bounds[:, 0] > 180)
    for row in wide:
        if crosses(shapes[row]):
            shapes[row] = wrapped(unwrapped(shapes[row]))
    return shapes
