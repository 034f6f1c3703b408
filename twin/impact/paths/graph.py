"""The network that a route is looked for in: which links may be followed, and what each step costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import pyarrow.compute as pc

from twin.errors import InvalidParameter
from twin.impact.meshes.kernels import by_source
from twin.impact.meshes.kinds import edge_assets, link_types
from twin.impact.paths.measures import Costs, costs
from twin.schema import Schema, suggest
from twin.snapshot.arrays import Arrays, Bools, Ints, Longs

DIRECTIONS = ("either", "supply")
#: The word for every link that delivers a service.
ALL = "all"
#: Services of links from a place or a machine to what is in it, and kinds that stand where their neighbour stands:
#: such a link has no length of its own.
LOCAL = ("housing", "hosting")
ON_SITE = frozenset({"switch", "feeder"})


@dataclass(frozen=True)
class Network:
    """A symmetric CSR of the links that may be followed, n assets; see :mod:`twin.impact.paths.kernels`.

    Attributes:
        ptr, to, rev, open: neighbours of v are ``to[ptr[v]:ptr[v+1]]``; ``rev`` is the same link the other way.
        row: (arcs,) row of the link. edge: (n,) assets that are edges: lines, spans, transformers.
        lengthy: (n,) assets that have a length by their kind, or whose kind is unknown. on_site: (n,) assets that
            stand where their neighbours stand. mesh_type: (link types + 1,) mesh links; local_type: links without a
            length, from a place or a machine to what is in it.
    """

    arrays: Arrays
    ptr: Longs
    to: Ints
    rev: Longs
    open: Bools
    row: Longs
    edge: Bools
    lengthy: Bools
    on_site: Bools
    mesh_type: Bools
    local_type: Bools
    _costs: dict[str, Costs] = field(default_factory=dict, repr=False)

    @property
    def n(self) -> int:
        """Number of assets."""
        return len(self.ptr) - 1

    def costs(self, by: str) -> Costs:
        """The measure *by*, worked out once."""
        if by not in self._costs:
            self._costs[by] = costs(self, by)
        return self._costs[by]

    def source(self, arcs: Longs) -> Longs:
        """Where arcs begin."""
        return self.to[self.rev[arcs]].astype(np.int64)


class _Key:
    """What a network is made from, as a cache key."""

    def __init__(
        self, arrays: Arrays, schema: Schema, types: tuple[str, ...], extra: tuple[int, ...], direction: str
    ) -> None:
        self.arrays, self.schema = arrays, schema
        self.what = (schema.digest, types, extra, direction)
        self.types, self.extra, self.direction = types, extra, direction

    def __hash__(self) -> int:
        return hash((id(self.arrays), self.what))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and other.arrays is self.arrays and other.what == self.what


def named_types(arrays: Arrays, schema: Schema, over: Sequence[str]) -> tuple[str, ...]:
    """The link types that words mean: services, link types, or ``all`` that deliver a service (not ``WITHIN``).

    Raises:
        InvalidParameter: an unknown word. SchemaError: the vocabulary is not the snapshot's.
    """
    types = [t for t in link_types(arrays, schema) if t.service]
    words = {ALL} | {word for t in types for word in (t.name, t.service) if word}
    for word in over:
        if word not in words:
            raise InvalidParameter(
                f"no link delivers {word!r}.{suggest(word, sorted(words))}",
                fix=f"Name services or link types: {', '.join(sorted(words))}.",
            )
    return tuple(t.name for t in types if ALL in over or t.name in over or t.service in over)


def check_direction(direction: str) -> None:
    """Raises InvalidParameter for an unknown direction."""
    if direction not in DIRECTIONS:
        raise InvalidParameter(
            f"unknown direction {direction!r}.{suggest(direction, list(DIRECTIONS))}", fix="Use either or supply."
        )


def network(arrays: Arrays, schema: Schema, types: Sequence[str], direction: str, extra: Sequence[int] = ()) -> Network:
    """The links of some types, and some rows more, as a network.

    Args:
        types: names of link types. direction: ``either`` way, or ``supply``: directed links from supplier to consumer
            only, mesh links both ways. extra: rows of further links.

    Raises:
        SchemaError: the vocabulary is not the snapshot's.
    """
    return _network(_Key(arrays, schema, tuple(sorted(set(types))), tuple(sorted(set(extra))), direction))


@lru_cache(maxsize=6)
def _network(key: _Key) -> Network:
    arrays = key.arrays
    types = link_types(arrays, key.schema)
    both = np.array([t.mesh or key.direction == "either" for t in types] + [False], bool)
    chosen = np.array([*(t.name in key.types for t in types), False], bool)[arrays.link_type]
    chosen[list(key.extra)] = True
    rows = np.flatnonzero(chosen & (arrays.link_from != arrays.link_to))
    a, b, m = arrays.link_from[rows], arrays.link_to[rows], len(rows)
    ptr, order = by_source(np.concatenate([a, b]), arrays.n)
    place = np.empty(2 * m, np.int64)
    place[order] = np.arange(2 * m)
    other = np.where(order < m, order + m, order - m)
    back = both[arrays.link_type[rows]]
    known = key.schema.kinds
    lengthy = {k for k in known if {"length_km", "latency_ms"} & set(known[k].properties)}
    return Network(
        arrays=arrays,
        ptr=ptr,
        to=np.concatenate([b, a])[order].astype(np.int32),
        rev=place[other],
        open=np.concatenate([np.ones(m, bool), back])[order],
        row=np.concatenate([rows, rows])[order],
        edge=edge_assets(arrays, key.schema),
        lengthy=of_kinds(arrays, lengthy) | ~of_kinds(arrays, set(known)),
        on_site=of_kinds(arrays, ON_SITE),
        mesh_type=np.array([t.mesh for t in types] + [False], bool),
        local_type=np.array([t.service in LOCAL for t in types] + [False], bool),
    )


def of_kinds(arrays: Arrays, kinds: frozenset[str] | set[str]) -> Bools:
    """(n,) assets of one of these kinds."""
    kind = arrays.assets["kind"].combine_chunks()
    among = np.array([name in kinds for name in kind.dictionary.to_pylist()] + [False], bool)
    codes = pc.fill_null(kind.indices, len(among) - 1).to_numpy(zero_copy_only=False)
    chosen: Bools = among[codes]
    return chosen
