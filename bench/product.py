"""Where the benchmarks call kernels of the product below its public functions."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from twin.impact import reach_kernels as kernels
from twin.snapshot.arrays import Arrays

Rows = npt.NDArray[Any]


class Reach:
    """The closure of one asset downwards, with the scratch that the product keeps."""

    def __init__(self, arrays: Arrays) -> None:
        """Args: arrays: of the snapshot."""
        self.ptr, self.to = arrays.down.ptr, arrays.down.to
        n = len(self.ptr) - 1
        self.seen, self.queue = np.zeros(n, np.uint8), np.zeros(n + 1, np.uint32)

    def rows(self, seed: int) -> Rows:
        """Nodes reached in the order met, the seed first; valid until the next call."""
        tail = kernels.reach(np.array([seed], np.uint32), self.ptr, self.to, self.seen, self.queue)
        kernels.forget(self.queue, tail, self.seen)
        return self.queue[:tail]
