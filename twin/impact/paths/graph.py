"""The network that a route is looked for in: which links may be followed, and what each step costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from twin.errors import InvalidParameter
from twin.impact.meshes.kernels import by_source
from twin.impact.meshes.kinds import edge_assets, link_types
from twin.schema import Schema, suggest
from twin.snapshot.arrays import Arrays, Bools, Floats, Ints, Longs

MEASURES = ("hops", "length_km", "latency_ms")
DIRECTIONS = ("either", "supply")
#: Light in fibre, where a line has a length but no latency.
MS_PER_KM = 0.005
#: How a measure of an asset is known.
NOTHING, GIVEN, ESTIMATED, MISSING = 0, 1, 2, 3


@dataclass(frozen=True)
class Costs:
    """One measure on a network.

    Attributes:
        asset: (n,) of passing each asset. link: (arcs,) of each arc alone. arc: (arcs,) of an arc with half of both
            ends, so that a whole route costs what it passes. known: (n,) how the value of an asset is known.
    """

    asset: Floats
    link: Floats
    arc: Floats
    known: Ints


@dataclass(frozen=True)
class Network:
    """A symmetric CSR of the links that may be followed, n assets; see :mod:`twin.impact.paths.kernels`.

    Attributes:
        ptr, to, rev, open: neighbours of v are ``to[ptr[v]:ptr[v+1]]``; ``rev`` is the same link the other way.
        row: (arcs,) row of the link. edge: (n,) assets that are edges: lines, spans, transformers.
    """

    arrays: Arrays
    ptr: Longs
    to: Ints
    rev: Longs
    open: Bools
    row: Longs
    edge: Bools
    _costs: dict[str, Costs] = field(default_factory=dict, repr=False)

    @property
    def n(self) -> int:
        """Number of assets."""
        return len(self.ptr) - 1

    def costs(self, by: str) -> Costs:
        """The measure *by*, worked out once."""
        if by not in self._costs:
            self._costs[by] = _costs(self, by)
        return self._costs[by]

    def source(self, arcs: Longs) -> Longs:
        """Where arcs begin."""
        return self.to[self.rev[arcs]].astype(np.int64)


class _Key:
    """What a network is made from, as a cache key."""

    def __init__(self, arrays: Arrays, schema: Schema, over: tuple[str, ...], direction: str) -> None:
        self.arrays, self.schema, self.over, self.direction = arrays, schema, over, direction

    def __hash__(self) -> int:
        return hash((id(self.arrays), self.schema.digest, self.over, self.direction))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, _Key)
            and other.arrays is self.arrays
            and (other.schema.digest, other.over, other.direction) == (self.schema.digest, self.over, self.direction)
        )


def network(arrays: Arrays, schema: Schema, over: Sequence[str] | None, direction: str) -> Network:
    """The links that a route may follow: all that deliver a service, so every one but ``WITHIN``.

    Args:
        over: services or link types, None for all. direction: ``either`` way, or ``supply``: directed links from
            supplier to consumer only, mesh links both ways.

    Raises:
        InvalidParameter: an unknown word. SchemaError: the vocabulary is not the snapshot's.
    """
    if direction not in DIRECTIONS:
        raise InvalidParameter(
            f"unknown direction {direction!r}.{suggest(direction, list(DIRECTIONS))}", fix="Use either or supply."
        )
    return _network(_Key(arrays, schema, tuple(sorted(set(over or ()))), direction))


@lru_cache(maxsize=6)
def _network(key: _Key) -> Network:
    arrays = key.arrays
    types = link_types(arrays, key.schema)
    words = {word for t in types if t.service for word in (t.name, t.service)}
    for word in key.over:
        if word not in words:
            raise InvalidParameter(
                f"no link delivers {word!r}.{suggest(word, sorted(words))}",
                fix=f"Name services or link types: {', '.join(sorted(words))}.",
            )
    wanted = [t.service is not None and (not key.over or t.name in key.over or t.service in key.over) for t in types]
    both = np.array([t.mesh or key.direction == "either" for t in types] + [False], bool)
    rows = np.flatnonzero(np.array([*wanted, False], bool)[arrays.link_type] & (arrays.link_from != arrays.link_to))
    a, b, m = arrays.link_from[rows], arrays.link_to[rows], len(rows)
    ptr, order = by_source(np.concatenate([a, b]), arrays.n)
    place = np.empty(2 * m, np.int64)
    place[order] = np.arange(2 * m)
    other = np.where(order < m, order + m, order - m)
    back = both[arrays.link_type[rows]]
    return Network(
        arrays=arrays,
        ptr=ptr,
        to=np.concatenate([b, a])[order].astype(np.int32),
        rev=place[other],
        open=np.concatenate([np.ones(m, bool), back])[order],
        row=np.concatenate([rows, rows])[order],
        edge=edge_assets(arrays, key.schema),
    )


def _costs(net: Network, by: str) -> Costs:
    every = np.arange(len(net.to))
    if by == "hops":
        one = np.ones(len(every))
        return Costs(np.zeros(net.n), one, one, np.zeros(net.n, np.int32))
    asset, link, known = measure(net, by, np.arange(net.n), every)
    arc = link + (asset[net.source(every)] + asset[net.to]) / 2
    return Costs(asset, link, arc, known)


def measure(net: Network, by: str, rows: Longs, arcs: Longs) -> tuple[Floats, Floats, Ints]:
    """Kilometres or milliseconds of some assets and of some arcs, and how those of the assets are known.

    Length is ``length_km`` of an asset; an edge (line, span, ...) without one is as long as its line is drawn, or as
    its two neighbours are apart. A link between two assets that are no edges is as long as these are apart. All else
    is 0. Latency is ``latency_ms``, or else the length at the speed of light in fibre.
    """
    asset, link, known = _lengths(net, rows, arcs)
    if by == "latency_ms":
        given = _column(net.arrays.assets, by)[rows]
        has = ~np.isnan(given)
        known = np.where(has, GIVEN, np.where(known == GIVEN, ESTIMATED, known)).astype(np.int32)
        asset = np.where(has, given, asset * MS_PER_KM)
        link = link * MS_PER_KM
    return asset, link, known


def _lengths(net: Network, rows: Longs, arcs: Longs) -> tuple[Floats, Floats, Ints]:
    given = _column(net.arrays.assets, "length_km")[rows]
    known = np.where(~np.isnan(given), GIVEN, np.where(net.edge[rows], MISSING, NOTHING)).astype(np.int32)
    length = np.where(np.isnan(given), 0.0, given)
    lon, lat = (_column(net.arrays.assets, name) for name in ("lon", "lat"))
    unknown = np.flatnonzero(known == MISSING)
    if len(unknown):
        found = _drawn_km(net.arrays.assets, rows[unknown])
        start = net.ptr[rows[unknown]]
        two = np.isnan(found) & (net.ptr[rows[unknown] + 1] - start == 2)
        found[two] = _apart_km(lon, lat, net.to[start[two]], net.to[start[two] + 1])
        ok = ~np.isnan(found)
        length[unknown[ok]] = found[ok]
        known[unknown[ok]] = ESTIMATED
    link = np.zeros(len(arcs))
    source, target = net.source(arcs), net.to[arcs]
    plain = np.flatnonzero(~net.edge[source] & ~net.edge[target])
    link[plain] = np.nan_to_num(_apart_km(lon, lat, source[plain], target[plain]), nan=0.0)
    return length, link, known


def _column(table: pa.Table, name: str) -> Floats:
    """A number column, NaN where it has no value or the table has no such column."""
    kind = table.schema.field(name).type if name in table.column_names else pa.null()
    if not (pa.types.is_floating(kind) or pa.types.is_integer(kind)):
        return np.full(table.num_rows, np.nan)
    values = pc.cast(table[name], pa.float64()).to_numpy(zero_copy_only=False)
    return np.array(values, float)


def _apart_km(lon: Floats, lat: Floats, a: Longs | Ints, b: Longs | Ints) -> Floats:
    """Geodesic distances in km, NaN where an end has no place."""
    from pyproj import Geod

    found = np.full(len(a), np.nan)
    placed = ~(np.isnan(lon[a]) | np.isnan(lat[a]) | np.isnan(lon[b]) | np.isnan(lat[b]))
    if placed.any():
        a, b = a[placed], b[placed]
        found[placed] = np.asarray(Geod(ellps="WGS84").inv(lon[a], lat[a], lon[b], lat[b])[2]) / 1000
    return found


def _drawn_km(table: pa.Table, rows: Longs) -> Floats:
    """Geodesic lengths in km of the lines that assets are drawn as, NaN for all else."""
    import shapely
    from pyproj import Geod

    found = np.full(len(rows), np.nan)
    if not len(rows):
        return found
    shapes = shapely.from_wkb(np.array(table["geometry"].take(pa.array(rows)).to_pylist(), dtype=object))
    geod = Geod(ellps="WGS84")
    for place in np.flatnonzero(np.isin(shapely.get_type_id(shapes), (1, 5))):
        found[place] = geod.geometry_length(shapes[place]) / 1000
    return found
