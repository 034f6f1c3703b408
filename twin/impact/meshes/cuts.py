"""Bridges, articulation points and components of any undirected multigraph given as two arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from twin.errors import InvalidParameter
from twin.impact.meshes import kernels
from twin.snapshot.arrays import Bools, Floats, Longs


@dataclass(frozen=True)
class Graph:
    """Symmetric CSR: neighbours of v are ``to[ptr[v]:ptr[v+1]]``, over the edges ``edge`` (row numbers)."""

    ptr: Longs
    to: Longs
    edge: Longs


@dataclass(frozen=True)
class Cuts:
    """What holds a multigraph of n vertices and m edges together.

    Attributes:
        bridges: (m,) edges without which their ends are parted; of parallel edges none is one.
        articulation: (n,) vertices without which others are parted.
        component: (n,) lowest vertex of the component.
    """

    bridges: Bools
    articulation: Bools
    component: Longs


@dataclass(frozen=True)
class Search:
    """A depth-first search, see :func:`twin.impact.meshes.kernels.low_points`."""

    disc: Longs
    low: Longs
    parent: Longs
    by: Longs
    root: Longs
    order: Longs


def graph(n: int, source: npt.ArrayLike, target: npt.ArrayLike) -> Graph:
    """The graph of n vertices and the edges ``source[i] - target[i]``.

    Raises:
        InvalidParameter: the arrays differ in length, or name a vertex outside 0 to n - 1.
    """
    a, b = np.asarray(source, np.int64).ravel(), np.asarray(target, np.int64).ravel()
    if len(a) != len(b):
        raise InvalidParameter(f"{len(a)} edges begin and {len(b)} end", fix="Give two arrays of the same length.")
    both = np.concatenate([a, b])
    if len(both) and (both.min() < 0 or both.max() >= n):
        raise InvalidParameter(f"an edge names a vertex outside 0 to {n - 1}", fix="Number the vertices from 0.")
    ptr, order = kernels.by_source(both, n)
    m = len(a)
    return Graph(ptr, np.concatenate([b, a])[order], order % m if m else order)


def search(made: Graph, inside: Bools) -> Search:
    """Depth-first search over the vertices *inside*, from the lowest of each component."""
    return Search(*kernels.low_points(made.ptr, made.to, made.edge, inside))


def cuts(n: int, source: npt.ArrayLike, target: npt.ArrayLike) -> Cuts:
    """Bridges and articulation points of a multigraph (Tarjan 1972; Hopcroft & Tarjan 1973), in linear time.

    Args:
        n: vertices. source, target: (m,) ends of the edges, as 0 to n - 1; parallel edges and loops are kept.

    Raises:
        InvalidParameter: see :func:`graph`.

    Example:
        >>> cuts(3, [0, 0, 1], [1, 1, 2]).bridges.tolist()
        [False, False, True]
    """
    made = graph(n, source, target)
    found = search(made, np.ones(n, bool))
    below = np.flatnonzero(found.parent >= 0)
    above = found.parent[below]
    bridges = np.zeros(len(made.edge) // 2, bool)
    bridges[found.by[below[found.low[below] > found.disc[above]]]] = True
    articulation = np.zeros(n, bool)
    articulation[above[found.low[below] >= found.disc[above]]] = True
    articulation[found.root == np.arange(n)] = np.bincount(above, minlength=n)[found.root == np.arange(n)] > 1
    return Cuts(bridges, articulation, found.root)


def components(made: Graph, inside: Bools) -> Longs:
    """(n,) lowest vertex of the component of each vertex among those *inside*; -1 outside."""
    n = len(inside)
    label = np.empty(n, np.int64)
    kernels.components(made.ptr, made.to, inside, label, np.empty(n, np.int64))
    return label


def giant(made: Graph, inside: Bools) -> Bools:
    """(n,) members of the largest component among the vertices *inside*; the one of the lowest vertex if several."""
    label = components(made, inside)
    counts = np.bincount(label[label >= 0], minlength=1)
    chosen: Bools = inside & (label == np.argmax(counts))
    return chosen


def mutual_giant(a: Graph, b: Graph, alive: Bools) -> Bools:
    """(n,) the mutual giant component of two networks whose vertices depend on each other one to one.

    A vertex works while it lies in the giant component of both networks among what works (Buldyrev et al. 2010):
    the greatest such set, found by pruning both in turn until nothing changes.

    Args:
        a, b: two networks over the same n vertices. alive: (n,) vertices that survive the attack.
    """
    working = alive.copy()
    while True:
        left = giant(b, giant(a, working))
        if left.sum() == working.sum():
            return left
        working = left


def worth(found: Search, own: Floats) -> tuple[Longs, Floats, Floats]:
    """What falls off when each vertex is taken out; see :func:`twin.impact.meshes.kernels.pieces`."""
    below = own.copy()
    kernels.subtree_sums(found.order, found.parent, below)
    number, lesser, dark = kernels.pieces(found.order, found.disc, found.low, found.parent, found.root, own, below)
    return number, lesser, dark
