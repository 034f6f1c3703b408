"""The steady cascade (design §4, answer 1): which assets leave the operating set when others fail."""

from __future__ import annotations

import numpy as np

from twin.impact.system import System
from twin.snapshot.arrays import Floats, Ints


class Cascade:
    """Cascades from the operating state of one system; not to be shared between threads."""

    def __init__(self, system: System) -> None:
        """Args: system: the operating rules."""
        self.system = system

    def lost(self, rows: Ints) -> Ints:
        """Rows that leave the operating set when *rows* fail, sorted; operating members of *rows* included."""
        failed = np.zeros(self.system.n, bool)
        failed[rows] = True
        gone = self.system.baseline & ~self.system.steady(failed)
        return np.flatnonzero(gone).astype(np.int32)

    def singles(self, rows: Ints, weights: Floats) -> Floats:
        """What each single failure costs.

        Args:
            rows: (r,) assets that fail, each alone. weights: (n, w) what an asset is worth.

        Returns:
            (r, w) sums of the weights of what leaves the operating set, the failed asset included.
        """
        sums = np.zeros((len(rows), weights.shape[1]))
        for place, row in enumerate(rows):
            sums[place] = weights[self.lost(np.array([row], np.int32))].sum(axis=0)
        return sums
