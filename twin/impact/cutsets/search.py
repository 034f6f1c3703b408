"""Minimal cut sets up to an order without any diagram: by the sets that they have to hit (Reiter 1987).

Every cut set contains an asset of every path set. So whoever branches on the assets of a path set that is still
whole meets all cut sets; what survives a failure gives the next path set (:mod:`twin.impact.cutsets.witness`). The
steady cascade confirms every cut set. Its cost is the cut sets and path sets found, not the size of the twin.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import numpy as np

from twin.errors import LimitExceeded
from twin.impact.cascade import Cascade
from twin.impact.cutsets.witness import Witnesses
from twin.impact.system import System
from twin.snapshot.arrays import Bools

Progress = Callable[[str], None]
#: Branches that cost about as much as one cascade.
BRANCHES = 50
EVERY = 500


class Search:
    """One search.

    Attributes:
        cuts: minimal cut sets found so far, as bits of ``events``. events: the asset of each bit.
        paths: path sets met, as bits; without assets that cannot fail.
        steps: cascades run.
    """

    def __init__(
        self, system: System, row: int, rows: list[int], can_fail: Bools, max_steps: int, progress: Progress | None,
        until: float = math.inf,
    ) -> None:  # fmt: skip
        """Args: row: the asset. rows: what it rests on. can_fail: (n,). max_steps: cascades at most.

        until: monotonic seconds after which the search stops.
        """
        self.system, self.row, self.max_steps, self.progress = system, row, max_steps, progress
        self._until = until
        self._cascade = Cascade(system)
        self._witnesses = Witnesses(system, row, rows)
        self.events: list[int] = []
        self._bit: dict[int, int] = {}
        self._can_fail = can_fail
        self.cuts: list[int] = []
        self._cuts_of: dict[int, list[int]] = {}
        self.paths: list[int] = []
        self.steps = self._branches = 0
        self._order = 0

    def run(self, order: int) -> None:
        """Find all minimal cut sets of at most *order* assets.

        Raises:
            LimitExceeded: the work limit was met; it says what is complete.
        """
        if self._look([]):  # nothing fails: always a path set
            return
        for self._order in range(1, order + 1):
            self._extend([], 0, 0, list(self.paths), self._order)
            if self.progress is not None:
                self.progress(f"order {self._order}: {len(self.cuts):,} minimal cut sets, {self.steps:,} cascades")

    def rows(self, bits: int) -> frozenset[int]:
        """The assets of a set of bits."""
        return frozenset(v for i, v in enumerate(self.events) if bits >> i & 1)

    def _extend(self, chosen: list[int], bits: int, barred: int, whole: list[int], left: int) -> None:
        """Find the cut sets that contain *chosen* (*bits*), nothing of *barred*, and *left* more assets.

        Args:
            whole: the path sets that *chosen* does not hit.
        """
        seen = len(self.paths)
        if not whole:
            if self._look(chosen):
                return
            whole = [self.paths[-1]]
            seen = len(self.paths)
        if left == 1:
            self._last(chosen, bits, barred, whole)
            return
        path = min(whole, key=int.bit_count) & ~barred
        while path:
            bit = path & -path
            path ^= bit
            if not self._contains_cut(bits, bit):
                self._branches += 1
                self._count()
                rest = [p for p in whole if not p & bit]
                rest += [p for p in self.paths[seen:] if not p & (bits | bit)]
                self._extend([*chosen, self.events[bit.bit_length() - 1]], bits | bit, barred, rest, left - 1)
            barred |= bit

    def _last(self, chosen: list[int], bits: int, barred: int, whole: list[int]) -> None:
        """One more asset: it has to hit every path set that is still whole."""
        able = ~barred
        for path in whole:
            able &= path
        while able:
            bit = able & -able
            able ^= bit
            if self._contains_cut(bits, bit):
                continue
            if self._look([*chosen, self.events[bit.bit_length() - 1]]):
                cut = bits | bit
                self.cuts.append(cut)
                while cut:
                    low = cut & -cut
                    self._cuts_of.setdefault(low, []).append(self.cuts[-1])
                    cut ^= low
            else:
                able &= self.paths[-1]

    def _contains_cut(self, bits: int, bit: int) -> bool:
        every = bits | bit
        return any(cut & ~every == 0 for cut in self._cuts_of.get(bit, ()))

    def _look(self, rows: list[int]) -> bool:
        """Whether the asset is down when *rows* fail; when it is not, a new path set is at the end of ``paths``."""
        self.steps += 1
        self._count()
        lost = self._cascade.lost(np.array(rows, np.int32))
        working = self.system.baseline.copy()
        working[lost] = False
        if not working[self.row]:
            return True
        path = 0
        for v in sorted(self._witnesses.of(working)):
            if self._can_fail[v]:
                if v not in self._bit:
                    self._bit[v] = 1 << len(self.events)
                    self.events.append(v)
                path |= self._bit[v]
        self.paths.append(path)
        return False

    def _count(self) -> None:
        """Tell how far it is, and stop at the limit."""
        work = self.steps + self._branches // BRANCHES
        if self.progress is not None and (self.steps + self._branches) % EVERY == 0:
            self.progress(f"order {self._order}: {len(self.cuts):,} minimal cut sets, {self.steps:,} cascades")
        late = time.monotonic() > self._until
        if work > self.max_steps or late:
            after = "in the time there is" if late else f"after {self.max_steps:,} steps"
            raise LimitExceeded(
                f"the cut sets were not finished {after}: those of fewer than {self._order} "
                f"assets are complete, {len(self.cuts):,} were found so far",
                fix=f"Ask for --order {max(1, self._order - 1)}, or let fewer assets fail (--can-fail KIND).",
                complete_order=self._order - 1,
                found=len(self.cuts),
            )
