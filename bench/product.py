"""Where the benchmarks call kernels of the product below its public functions."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from twin.impact import kernels
from twin.snapshot.arrays import Arrays

Rows = npt.NDArray[Any]


def dependents(arrays: Arrays) -> tuple[Rows, Rows]:
    """The graph that a search downwards follows, as CSR."""
    down = getattr(arrays, "down", None)
    if down is not None:
        return down.ptr, down.to
    g = arrays.gates
    return g.use_ptr, np.ascontiguousarray(g.owner[g.use_gate])


class Reach:
    """The closure of one asset downwards, with the scratch that the product keeps."""

    def __init__(self, arrays: Arrays) -> None:
        """Args: arrays: of the snapshot."""
        self.ptr, self.to = dependents(arrays)
        n = len(self.ptr) - 1
        self.seen, self.queue = np.zeros(n, bool), np.zeros(n + 1, np.int32)

    def rows(self, seed: int) -> Rows:
        """Nodes reached in the order met, the seed first; valid until the next call."""
        tail = kernels.reach(np.array([seed], np.int32), self.ptr, self.to, self.seen, self.queue)
        found = self.queue[:tail]
        self.seen[found] = False
        return found
