"""What an answer rests on: everything that depends on its assets, and all that this depends on, as a summary.

In a twin of grids and networks most of this is one large core in which all assets depend on each other (the largest
strongly connected component), with all that hangs below it and all that this needs. It is summed up once; a question
then walks only what lies around the core.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from twin.impact.reach import reach_nodes
from twin.impact.system import System
from twin.snapshot.arrays import Bools, Bytes, Indices, Ints, Longs
from twin.snapshot.build import UNSUPPLIED


@dataclass(frozen=True)
class Ground:
    """A summary of some assets.

    Attributes:
        assumed: how many count as supplied without a known supplier. down: how many did not operate before any event.
        sources: names of the imports they came from. unsupplied: rows that an import left without a supplier.
    """

    assumed: int
    down: int
    sources: frozenset[str]
    unsupplied: Ints

    def __add__(self, other: Ground) -> Ground:
        """The summary of both, for assets that have none in common."""
        unsupplied = np.union1d(self.unsupplied, other.unsupplied)
        return Ground(self.assumed + other.assumed, self.down + other.down, self.sources | other.sources, unsupplied)


class _Core(NamedTuple):
    """Masks over nodes: the core, with all it depends on, with all that depends on it and what this needs; sums."""

    inside: Bytes
    above: Bytes
    around: Bytes
    of_above: Ground
    of_around: Ground


class Foundation:
    """The core of a system, summed up; see :meth:`of` and :meth:`under`.

    Args:
        system: the operating rules of a whole snapshot.
    """

    def __init__(self, system: System) -> None:
        arrays = system.arrays
        self.arrays = arrays
        self._down: Bools = arrays.in_service & ~system.baseline
        source = arrays.assets["source"].combine_chunks()
        self._sources = source if pa.types.is_dictionary(source.type) else source.dictionary_encode()
        self._codes = self._sources.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        self._unsupplied = self._without_supplier()

    @cached_property
    def _core(self) -> _Core:
        """The core, found when a question first goes around it."""
        arrays = self.arrays
        nodes = len(arrays.down.ptr) - 1
        core = _largest_component(arrays.down.ptr, arrays.down.to, nodes)
        inside, above, around = (np.zeros(nodes, np.uint8) for _ in range(3))
        inside[core] = 1
        above[reach_nodes(arrays, core, up=True)] = 1
        below = reach_nodes(arrays, core, up=False)
        around[reach_nodes(arrays, below[below < arrays.n], up=True)] = 1
        return _Core(inside, above, around, *(self._sum(np.flatnonzero(mask)) for mask in (above, around)))

    @staticmethod
    def of(system: System) -> Foundation:
        """The foundation of a system, made when it is first asked for."""
        return system.kept("foundation", lambda: Foundation(system))

    def _without_supplier(self) -> Bools:
        """(n,) assets that count as supplied because an import left them without a supplier."""
        found = np.zeros(self.arrays.n, bool)
        ids = {name for f in self.arrays.findings if f["code"] in UNSUPPLIED for name in f["assets"]}
        if ids:
            rows = np.flatnonzero(self.arrays.assumed)
            here = self.arrays.assets["id"].take(pa.array(rows))
            found[rows[pc.is_in(here, pa.array(ids, pa.string())).to_numpy(zero_copy_only=False)]] = True
        return found

    def under(self, rows: Longs | Ints) -> Ground:
        """What an answer about *rows* rests on."""
        core = self._core
        nodes, hit = self._walk(np.asarray(rows, np.int64), up=False, stop=core.inside)
        below = nodes[nodes < self.arrays.n]
        if hit:
            return core.of_around + self._outside(self._walk(below, up=True, stop=core.around)[0], core.around)
        found, hit = self._walk(below, up=True, stop=core.inside)
        return core.of_above + self._outside(found, core.above) if hit else self._sum(found)

    def reached(self, rows: Longs | Ints, up: bool) -> Ground:
        """Some assets with all that they depend on (up) or that depends on them."""
        return self._sum(reach_nodes(self.arrays, np.asarray(rows, np.int64), up))

    def whole(self) -> Ground:
        """The whole twin."""
        return self._sum(np.flatnonzero(~self.arrays.removed))

    def _walk(self, seeds: Longs, up: bool, stop: Bytes) -> tuple[Longs, bool]:
        """Nodes reached without going on from those of *stop*, and whether any of these is among them."""
        found = reach_nodes(self.arrays, seeds, up, stop)
        return found, bool(stop[found].any())

    def _outside(self, nodes: Longs, inside: Bytes) -> Ground:
        return self._sum(nodes[inside[nodes] == 0])

    def _sum(self, nodes: Longs) -> Ground:
        rows = nodes[nodes < self.arrays.n]
        codes = self._codes[rows]
        used = np.flatnonzero(np.bincount(codes[codes >= 0], minlength=len(self._sources.dictionary)))
        names = self._sources.dictionary.take(pa.array(used)).to_pylist()
        unsupplied = np.sort(rows[self._unsupplied[rows]]).astype(np.int32)
        return Ground(int(self.arrays.assumed[rows].sum()), int(self._down[rows].sum()), frozenset(names), unsupplied)


def _largest_component(ptr: Indices, to: Indices, nodes: int) -> Longs:
    """Nodes of the largest strongly connected component; none when no two nodes depend on each other."""
    if not nodes:
        return np.zeros(0, np.int64)
    matrix = csr_array((np.ones(len(to), np.int8), to.astype(np.int32), ptr.astype(np.int64)), shape=(nodes, nodes))
    _, label = connected_components(matrix, directed=True, connection="strong")
    sizes = np.bincount(label)
    largest = int(sizes.argmax())
    return np.flatnonzero(label == largest) if sizes[largest] > 1 else np.zeros(0, np.int64)
