"""What a step costs: kilometres and milliseconds of assets and links, and how these are known.

A length that is not known is never a short one: a route is ranked by how many it has, then by what is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from twin.impact.system import ranges
from twin.snapshot.arrays import Arrays, Floats, Ints, Longs

if TYPE_CHECKING:
    from twin.impact.paths.graph import Network

MEASURES = ("hops", "length_km", "latency_ms")
#: Light in fibre, where a line has a length but no latency.
MS_PER_KM = 0.005
#: How a measure is known; NOTHING: there is none, it counts 0.
NOTHING, GIVEN, ESTIMATED, UNKNOWN = 0, 1, 2, 3
LINES = (1, 5)


@dataclass(frozen=True)
class Costs:
    """One measure on a network, for the search: *unit* for what is not known, which is more than all that is.

    Attributes:
        asset: (n,) of passing each asset. link: (arcs,) of each arc alone. arc: (arcs,) of an arc with half of both
            ends, so that a whole route costs what it passes. unit: 0 where everything is known.
    """

    asset: Floats
    link: Floats
    arc: Floats
    unit: float


@dataclass(frozen=True)
class Measured:
    """Values (0 where not known) of assets and of arcs, and how each is known."""

    asset: Floats
    link: Floats
    asset_known: Ints
    link_known: Ints

    @property
    def total(self) -> float:
        """All that is known."""
        return float(self.asset.sum() + self.link.sum())

    def count(self, how: int) -> int:
        """How many assets and links are known like this."""
        return int((self.asset_known == how).sum() + (self.link_known == how).sum())


def costs(net: Network, by: str) -> Costs:
    """What the search minimises for the measure *by*."""
    every = np.arange(len(net.to))
    if by == "hops":
        one = np.ones(len(every))
        return Costs(np.zeros(net.n), one, one, 0.0)
    found = measure(net, by, np.arange(net.n), every)
    unknown, unknown_links = found.asset_known == UNKNOWN, found.link_known == UNKNOWN
    unit = 0.0
    if unknown.any() or unknown_links.any():
        unit = float(2.0 ** np.ceil(np.log2(found.total + 1.0)))
    asset, link = found.asset + unit * unknown, found.link + unit * unknown_links
    return Costs(asset, link, link + (asset[net.source(every)] + asset[net.to]) / 2, unit)


def measure(net: Network, by: str, rows: Longs, arcs: Longs) -> Measured:
    """``length_km`` or ``latency_ms`` of some assets and of some arcs.

    Length is the value of the asset; without one, an edge (line, span, ...) is as long as it is drawn, or as the two
    that it joins are apart. What has no length by its kind (a router, a transformer) counts 0. A link counts its own
    value; without one it is 0 beside an edge and inside a place, else as long as its ends are apart. Latency is the
    value, or else the length at the speed of light in fibre.
    """
    found = _lengths(net, rows, arcs)
    if by == "length_km":
        return found
    given, given_links = number(net.arrays.assets, by, rows), link_values(net.arrays, by, net.row[arcs])
    return Measured(
        np.where(np.isnan(given), found.asset * MS_PER_KM, given),
        np.where(np.isnan(given_links), found.link * MS_PER_KM, given_links),
        _latency_known(given, found.asset_known),
        _latency_known(given_links, found.link_known),
    )


def _latency_known(given: Floats, length_known: Ints) -> Ints:
    otherwise = np.where(length_known == GIVEN, ESTIMATED, length_known)
    return np.where(np.isnan(given), otherwise, GIVEN).astype(np.int32)


def _lengths(net: Network, rows: Longs, arcs: Longs) -> Measured:
    length = number(net.arrays.assets, "length_km", rows)
    known = np.where(~np.isnan(length), GIVEN, np.where(net.lengthy[rows], UNKNOWN, NOTHING)).astype(np.int32)
    open_ = np.flatnonzero(known == UNKNOWN)
    if len(open_):
        length[open_] = _drawn_km(net.arrays.assets, rows[open_])
        still = open_[np.isnan(length[open_])]
        ends, two = _joined(net, rows[still])
        length[still[two]] = _apart_km(net.arrays.assets, ends[:, 0], ends[:, 1])
        known[open_[~np.isnan(length[open_])]] = ESTIMATED
    link, link_known = _link_lengths(net, arcs)
    return Measured(np.nan_to_num(length, nan=0.0), link, known, link_known)


def _link_lengths(net: Network, arcs: Longs) -> tuple[Floats, Ints]:
    source, target = net.source(arcs), net.to[arcs].astype(np.int64)
    length = link_values(net.arrays, "length_km", net.row[arcs])
    known = np.where(np.isnan(length), NOTHING, GIVEN).astype(np.int32)
    local_type = net.local_type[net.arrays.link_type[net.row[arcs]]]
    plain = np.flatnonzero((known == NOTHING) & ~local_type & ~net.edge[source] & ~net.edge[target])
    length[plain] = _apart_km(net.arrays.assets, source[plain], target[plain])
    unplaced = np.isnan(length[plain])
    local = net.on_site[source[plain]] | net.on_site[target[plain]]
    known[plain] = np.where(unplaced, np.where(local, NOTHING, UNKNOWN), ESTIMATED)
    return np.nan_to_num(length, nan=0.0), known


def _joined(net: Network, rows: Longs) -> tuple[Longs, Longs]:
    """The two assets that each of *rows* joins by its mesh links, and the positions of those that join just two."""
    a = net.arrays
    ends = []
    for ptr, links, other in ((a.out_ptr, None, a.link_to), (a.in_ptr, a.in_link, a.link_from)):
        pointer = ptr.astype(np.int64)
        places = ranges(pointer, rows)
        owner = np.repeat(np.arange(len(rows)), pointer[rows + 1] - pointer[rows])
        found = places if links is None else links[places].astype(np.int64)
        mesh = net.mesh_type[a.link_type[found]] & (other[found] != rows[owner])
        ends.append((owner[mesh], other[found[mesh]].astype(np.int64)))
    owner, to = (np.concatenate(part) for part in zip(*ends, strict=True))
    order = np.argsort(owner, kind="stable")
    count = np.bincount(owner, minlength=len(rows))
    two = np.flatnonzero(count == 2)
    first = np.concatenate([[0], np.cumsum(count)])[two]
    to = to[order]
    return np.stack([to[first], to[first + 1]], axis=1) if len(two) else np.zeros((0, 2), np.int64), two


def link_values(arrays: Arrays, name: str, rows: Longs) -> Floats:
    """``length_km`` or ``latency_ms`` of links, NaN where they have none."""
    found = np.full(len(rows), np.nan)
    if len(arrays.measured):
        place = np.minimum(np.searchsorted(arrays.measured, rows), len(arrays.measured) - 1)
        has = arrays.measured[place] == rows
        values = arrays.measured_km if name == "length_km" else arrays.measured_ms
        found[has] = values[place[has]]
    return found


def number(table: pa.Table, name: str, rows: Longs) -> Floats:
    """A number column of some rows, NaN where it has no value or the table has no such column."""
    kind = table.schema.field(name).type if name in table.column_names else pa.null()
    if not (pa.types.is_floating(kind) or pa.types.is_integer(kind)):
        return np.full(len(rows), np.nan)
    values = pc.cast(table[name].take(pa.array(rows)), pa.float64()).to_numpy(zero_copy_only=False)
    return np.array(values, float)


def _apart_km(table: pa.Table, a: Longs, b: Longs) -> Floats:
    """Geodesic distances in km, NaN where an end has no place."""
    from pyproj import Geod

    found = np.full(len(a), np.nan)
    if len(a):
        places = np.stack([number(table, name, rows) for rows in (a, b) for name in ("lon", "lat")])
        placed = ~np.isnan(places).any(axis=0)
        west, south, east, north = places[:, placed]
        found[placed] = np.asarray(Geod(ellps="WGS84").inv(west, south, east, north)[2]) / 1000
    return found


def _drawn_km(table: pa.Table, rows: Longs) -> Floats:
    """Geodesic lengths in km of the lines that assets are drawn as, NaN for all else."""
    import shapely
    from pyproj import Geod

    found = np.full(len(rows), np.nan)
    if not len(rows):
        return found
    shapes = shapely.from_wkb(np.array(table["geometry"].take(pa.array(rows)).to_pylist(), dtype=object))
    drawn = np.flatnonzero(np.isin(shapely.get_type_id(shapes), LINES))
    if not len(drawn):
        return found
    parts, of = shapely.get_parts(shapes[drawn], return_index=True)
    xy, part = shapely.get_coordinates(parts, return_index=True)
    step = np.flatnonzero(part[1:] == part[:-1])
    metres = Geod(ellps="WGS84").inv(xy[step, 0], xy[step, 1], xy[step + 1, 0], xy[step + 1, 1])[2]
    found[drawn] = np.bincount(of[part[step]], np.asarray(metres, float), minlength=len(drawn)) / 1000
    return found
