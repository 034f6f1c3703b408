"""Lines without length, and coordinates that cannot be right."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from twin.impact.checks.columns import about, codes, numbers, of_kinds
from twin.impact.system import System
from twin.model import Finding
from twin.snapshot.arrays import Longs

LINES = {1, 5}
#: Kinds that run over others: two ends in one town make no length.
LOGICAL = {"path", "circuit"}
#: So near to 0, 0 a coordinate is a missing one, degrees.
ZERO = 1e-3
#: Degrees from the middle of a source: farther is doubtful, and nearer than this when swapped tells what happened.
FAR, NEAR = 15.0, 5.0
#: A source with fewer placed assets has no middle to speak of.
FEW = 5


def without_length(system: System) -> Iterator[Finding]:
    """Lines and spans that are drawn as one point, or whose length is 0."""
    length = numbers(system, "length_km")
    rows = np.union1d(np.flatnonzero(length == 0), _points_drawn_as_lines(system))
    rows = rows[~(of_kinds(system, LOGICAL) | system.arrays.removed)[rows]]
    if len(rows):
        yield about(
            system, "zero_length", "warning",
            f"{len(rows):,} line(s) have no length: both ends lie at one place, or length_km is 0",
            "Correct the geometry or the length; leave length_km empty where it is not known.", rows,
        )  # fmt: skip


def _points_drawn_as_lines(system: System) -> Longs:
    column = system.arrays.assets["geometry"]
    placed = np.flatnonzero(pc.is_valid(column).to_numpy(zero_copy_only=False))
    if not len(placed):
        return placed
    wkb = np.array(column.take(pa.array(placed)).to_pylist(), dtype=object)
    shapes = shapely.from_wkb(wkb, on_invalid="ignore")
    flat = np.isin(shapely.get_type_id(shapes), list(LINES)) & (shapely.length(shapes) == 0)
    found: Longs = placed[flat]
    return found


def misplaced(system: System) -> Iterator[Finding]:
    """Coordinates at 0, 0, and those far from all others of their source: swapped, or of another CRS."""
    lon, lat = numbers(system, "lon"), numbers(system, "lat")
    placed = np.isfinite(lon) & np.isfinite(lat) & ~system.arrays.removed
    zero = placed & (np.abs(lon) < ZERO) & (np.abs(lat) < ZERO)
    if zero.any():
        yield about(
            system, "null_island", "warning",
            f"{int(zero.sum()):,} asset(s) lie at longitude 0, latitude 0: that is mostly a coordinate that is missing",
            "Leave coordinates empty where they are not known, or correct them.", np.flatnonzero(zero),
        )  # fmt: skip
    names, source = codes(system, "source")
    for code, name in enumerate(names):
        rows = np.flatnonzero((source == code) & placed & ~zero)
        if len(rows) >= FEW:
            yield from _far_off(system, name, rows, lon, lat)


def _far_off(
    system: System,
    source: str,
    rows: Longs,
    lon: np.ndarray,
    lat: np.ndarray,
) -> Iterator[Finding]:
    x, y = float(np.median(lon[rows])), float(np.median(lat[rows]))
    if np.quantile(np.maximum(np.abs(lon[rows] - x), np.abs(lat[rows] - y)), 0.75) > FAR / 2:
        return  # spread over continents: far off means nothing
    away = rows[np.maximum(np.abs(lon[rows] - x), np.abs(lat[rows] - y)) > FAR]
    swapped = np.maximum(np.abs(lat[away] - x), np.abs(lon[away] - y)) < NEAR
    if swapped.any():
        yield about(
            system, "swapped_coordinates", "error",
            f"{int(swapped.sum()):,} asset(s) of {source} have longitude and latitude exchanged: "
            f"the others lie around {x:.1f}, {y:.1f}",
            "Exchange them in the export, or in the mapping of its loader.", away[swapped],
        )  # fmt: skip
    if not swapped.all():
        yield about(
            system, "far_off", "warning",
            f"{int((~swapped).sum()):,} asset(s) of {source} lie more than {FAR:g} degrees from the others, which are "
            f"around {x:.1f}, {y:.1f}",
            "Check their coordinates, and the CRS of the export.", away[~swapped],
        )  # fmt: skip
