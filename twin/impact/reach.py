"""What an asset depends on and what depends on it: closures over gates and transport."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from twin.impact import kernels
from twin.snapshot.arrays import Arrays, Bools, Ints, Longs


@dataclass(frozen=True)
class Step:
    """One asset reached: its row, its distance in links, the row it was reached from and the gate in between.

    ``gate`` is -1 where the transport mesh was followed.
    """

    row: int
    hop: int
    parent: int
    gate: int


def _edges(arrays: Arrays) -> tuple[Ints, Ints, Ints]:
    """Supplier, consumer and gate of every dependency; transport edges both ways with gate -1.

    Transport matters to joined gates only, so mesh nodes reach each other and, through them, the end points.
    """
    g = arrays.gates
    gate = np.repeat(np.arange(len(g.owner), dtype=np.int32), np.diff(g.ptr))
    supplier, consumer = [g.member], [g.owner[gate]]
    gates = [gate]
    for mesh in arrays.meshes.values():
        source = np.repeat(np.arange(arrays.n, dtype=np.int32), np.diff(mesh.ptr))
        supplier.append(source)
        consumer.append(mesh.to)
        gates.append(np.full(len(source), -1, np.int32))
    return np.concatenate(supplier), np.concatenate(consumer), np.concatenate(gates)


@lru_cache(maxsize=8)
def _graph(key: _ByIdentity, up: bool) -> tuple[Longs, Ints, Ints]:
    supplier, consumer, gate = _edges(key.arrays)
    source, target = (consumer, supplier) if up else (supplier, consumer)
    sort = np.argsort(source, kind="stable")
    ptr = np.searchsorted(source[sort], np.arange(key.arrays.n + 1)).astype(np.int64)
    return ptr, target[sort].astype(np.int32), gate[sort]


class _ByIdentity:
    """Arrays as a cache key."""

    def __init__(self, arrays: Arrays) -> None:
        self.arrays = arrays

    def __hash__(self) -> int:
        return id(self.arrays)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ByIdentity) and other.arrays is self.arrays


def closure(arrays: Arrays, rows: Longs) -> Bools:
    """(n,) everything that an answer about *rows* rests on: what depends on them, and all that this depends on."""
    seen = np.zeros(arrays.n, bool)
    queue = np.zeros(arrays.n + 1, np.int32)
    ptr, to, _ = _graph(_ByIdentity(arrays), False)
    count = kernels.reach(rows.astype(np.int32), ptr, to, seen, queue)
    below = queue[:count].copy()
    ptr, to, _ = _graph(_ByIdentity(arrays), True)
    seen[:] = False
    kernels.reach(below, ptr, to, seen, queue)
    return seen


def walk(arrays: Arrays, row: int, up: bool, depth: int | None, allowed: Bools | None) -> list[Step]:
    """Breadth-first from *row*, upwards (what it depends on) or downwards (what depends on it).

    Args:
        depth: most links to follow, None for all. allowed: (n,) assets that may be listed and passed through.

    Returns:
        The assets reached, nearest first, without *row* itself.
    """
    ptr, to, gates = _graph(_ByIdentity(arrays), up)
    seen = np.zeros(arrays.n, bool)
    seen[row] = True
    steps: list[Step] = []
    frontier, hop = [row], 0
    while frontier and (depth is None or hop < depth):
        hop += 1
        following: list[int] = []
        for u in frontier:
            for j in range(int(ptr[u]), int(ptr[u + 1])):
                w = int(to[j])
                if not seen[w] and (allowed is None or allowed[w]):
                    seen[w] = True
                    steps.append(Step(w, hop, u, int(gates[j])))
                    following.append(w)
        frontier = following
    return steps
