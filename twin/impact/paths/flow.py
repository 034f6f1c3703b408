"""The most that flows through a network of capacities, with the cut that limits it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import breadth_first_order, maximum_flow

from twin.errors import InvalidParameter
from twin.snapshot.arrays import Longs


@dataclass(frozen=True)
class MaxFlow:
    """The greatest flow: its value, and the arcs (row numbers) of a least cut, whose capacities sum to it."""

    value: int
    cut: Longs


def max_flow(n: int, source: npt.ArrayLike, target: npt.ArrayLike, capacity: npt.ArrayLike, s: int, t: int) -> MaxFlow:
    """Greatest flow from s to t in a directed network of whole capacities (Dinitz 1970, by scipy).

    Args:
        n: vertices. source, target, capacity: (m,) arcs; parallel arcs add up. s, t: different vertices.

    Raises:
        InvalidParameter: s is t, or a number is outside 0 to n - 1, or a capacity is negative or too large.
    """
    a, b = np.asarray(source, np.int64), np.asarray(target, np.int64)
    c = np.asarray(capacity, np.int64)
    ends = np.concatenate([a, b, [s, t]])
    if s == t or ends.min() < 0 or ends.max() >= n:
        raise InvalidParameter("the ends are the same, or outside the network", fix=f"Use 0 to {n - 1}.")
    if len(c) and (c.min() < 0 or c.sum() > np.iinfo(np.int32).max):
        raise InvalidParameter("a capacity is negative, or all together are too large", fix="Use 0 to 2^31 - 1.")
    matrix = coo_array((c.astype(np.int32), (a, b)), shape=(n, n)).tocsr()
    found = maximum_flow(matrix, s, t)
    left = matrix - found.flow
    left.data[left.data < 0] = 0
    left.eliminate_zeros()
    side = np.zeros(n, bool)
    side[breadth_first_order(left, s, return_predecessors=False)] = True
    return MaxFlow(int(found.flow_value), np.flatnonzero(side[a] & ~side[b] & (c > 0)))
