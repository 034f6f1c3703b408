"""What an asset depends on and what depends on it: closures over gates and transport.

The graph has two nodes per asset: v itself, and n + v, the asset as a carrier in the transport mesh. Only joined
gates (``CONNECTS``) lead into the carriers, so a router does not depend on the spans that end at it, but a circuit
routed between two routers depends on all the transport that may join them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from twin.errors import InvalidParameter
from twin.impact import kernels
from twin.snapshot.arrays import Arrays, Bools, Bytes, Ints, Longs
from twin.snapshot.catalogue import Catalogue

MESH = -1


@dataclass(frozen=True)
class Step:
    """One asset reached: its row, its distance in links, the row it was reached from and the gate in between.

    ``gate`` is ``MESH`` where the transport mesh was followed.
    """

    row: int
    hop: int
    parent: int
    gate: int


@dataclass(frozen=True)
class _Graph:
    """CSR over 2n nodes; ``cost`` 0 for a step that is no link of its own, ``gate`` of the step or ``MESH``."""

    ptr: Longs
    to: Ints
    cost: Bytes
    gate: Ints


class _ByIdentity:
    """Arrays as a cache key."""

    def __init__(self, arrays: Arrays) -> None:
        self.arrays = arrays

    def __hash__(self) -> int:
        return id(self.arrays)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ByIdentity) and other.arrays is self.arrays


@lru_cache(maxsize=8)
def _graph(key: _ByIdentity, up: bool) -> _Graph:
    arrays = key.arrays
    n, g = arrays.n, arrays.gates
    gate = np.repeat(np.arange(len(g.owner), dtype=np.int32), np.diff(g.ptr))
    owner, joined = g.owner[gate], g.joined[gate]
    edges = [(owner, g.member, 1, gate) if up else (g.member, owner, 1, gate)]
    ends, circuits = g.member[joined] + n, owner[joined]
    edges.append((circuits, ends, 1, gate[joined]) if up else (ends, circuits, 1, gate[joined]))
    for mesh in arrays.meshes.values():
        carrier = np.repeat(np.arange(n, dtype=np.int32), np.diff(mesh.ptr))
        none = np.full(len(carrier), MESH, np.int32)
        edges.append((carrier + n, mesh.to + n, int(up), none))
    every = np.arange(n, dtype=np.int32)
    same = (every + n, every) if up else (every, every + n)
    edges.append((*same, 0, np.full(n, MESH, np.int32)))
    source = np.concatenate([e[0] for e in edges])
    sort = np.argsort(source, kind="stable")
    return _Graph(
        np.searchsorted(source[sort], np.arange(2 * n + 1)).astype(np.int64),
        np.concatenate([e[1] for e in edges])[sort].astype(np.int32),
        np.concatenate([np.full(len(e[0]), e[2], np.uint8) for e in edges])[sort],
        np.concatenate([e[3] for e in edges])[sort].astype(np.int32),
    )


def closure(arrays: Arrays, rows: Longs) -> Bools:
    """(n,) everything that an answer about *rows* rests on: what depends on them, and all that this depends on."""
    n = arrays.n
    queue = np.zeros(2 * n + 1, np.int32)
    graph = _graph(_ByIdentity(arrays), False)
    seen = np.zeros(2 * n, bool)
    kernels.reach(rows.astype(np.int32), graph.ptr, graph.to, seen, queue)
    below = np.flatnonzero(seen[:n]).astype(np.int32)
    graph = _graph(_ByIdentity(arrays), True)
    seen = np.zeros(2 * n, bool)
    kernels.reach(below, graph.ptr, graph.to, seen, queue)
    return seen[:n].copy()


def walk(arrays: Arrays, row: int, up: bool, depth: int | None) -> list[Step]:
    """Breadth-first from *row*, upwards (what it depends on) or downwards (what depends on it).

    Args:
        depth: most links to follow, None for all.

    Returns:
        The assets reached, nearest first, without *row* itself.
    """
    n, graph = arrays.n, _graph(_ByIdentity(arrays), up)
    done = np.zeros(2 * n, bool)
    steps: list[Step] = []
    waiting: deque[Step] = deque([Step(row, 0, row, MESH)])
    while waiting:
        step = waiting.popleft()
        if done[step.row]:
            continue
        done[step.row] = True
        if step.row < n and step.row != row:
            steps.append(step)
        # Downwards a carrier only passes on: whoever entered the mesh stays the parent.
        parent = step.row if step.row < n else (step.row - n if up else step.parent)
        for j in range(int(graph.ptr[step.row]), int(graph.ptr[step.row + 1])):
            to, cost, gate = int(graph.to[j]), int(graph.cost[j]), int(graph.gate[j])
            if done[to] or (depth is not None and step.hop + cost > depth):
                continue
            if cost:
                waiting.append(Step(to, step.hop + 1, parent, gate))
            elif up:
                waiting.appendleft(Step(to, step.hop, step.parent, step.gate))
            else:
                waiting.appendleft(Step(to, step.hop, parent, gate))
    return steps


def named_walk(
    catalogue: Catalogue, row: int, up: bool, depth: int | None, domains: Sequence[str] | None
) -> list[dict[str, Any]]:
    """The steps of :func:`walk` as plain data: id, kind, domain, name, hop, parent, service, group.

    Raises:
        InvalidParameter: the depth is below 1, or no asset is of one of *domains*.
    """
    if depth is not None and depth < 1:
        raise InvalidParameter(f"the depth is {depth}", fix="Give a whole number from 1, or none for all.")
    steps = walk(catalogue.arrays, row, up, depth)
    if domains:
        listed = catalogue.in_domains(domains)
        steps = [s for s in steps if listed[s.row]]
    named = catalogue.brief(np.array([s.row for s in steps], np.int64))
    parents = catalogue.ids(np.array([s.parent for s in steps], np.int64))
    result = []
    for entry, step, parent in zip(named, steps, parents, strict=True):
        service, group = catalogue.gate_name(step.gate)
        result.append({**entry, "hop": step.hop, "parent": parent, "service": service, "group": group})
    return result
