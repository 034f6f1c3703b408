"""Minimal cut sets in time: what takes an asset down at a horizon, by runs of every event that could.

Time is not monotone: one more failure may call a genset earlier, whose fuel then ends later or sooner. So no rule but
the definition helps: of the sets that take the asset down at the horizon, those without a smaller one inside. What
keeps the asset up with all standby sources off never drops it (:func:`~twin.impact.failures.views.uncalled`); that
steady question is monotone, and each event to run holds one of its minimal cut sets.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from itertools import combinations

import numpy as np

from twin.errors import LimitExceeded
from twin.impact.cutsets.search import Progress, Search
from twin.impact.failures import regions
from twin.impact.failures.intime import run
from twin.impact.failures.views import uncalled
from twin.impact.system import System
from twin.snapshot.arrays import Bools


def cuts_in_time(
    system: System,
    row: int,
    can_fail: Bools,
    order: int,
    horizon_s: float,
    max_steps: int,
    progress: Progress | None,
    until: float = math.inf,
) -> list[tuple[int, ...]]:
    """The sets of at most *order* assets.

    Args:
        can_fail: (n,). horizon_s: when to look, inf for the end of all buffers. max_steps: runs and cascades at most.
        until: monotonic seconds after which no further one is made.

    Raises:
        LimitExceeded: more runs would be needed.
    """
    near = regions.upstream(system, np.array([row]), callers=True)
    able = near & can_fail & system.baseline
    search = Search(uncalled(system), row, np.flatnonzero(near).tolist(), able, max_steps, progress, until)
    search.run(order)
    seeds = [search.rows(cut) for cut in search.cuts]
    rows = np.flatnonzero(able).tolist()
    found: list[frozenset[int]] = []
    spent = 0
    for size in range(1, order + 1):
        tried: set[frozenset[int]] = set()
        for event in _events(seeds, rows, size, found):
            if event in tried:
                continue
            tried.add(event)
            spent += 1
            late = time.monotonic() > until
            if spent > max_steps or late:
                after = "in the time there is" if late else f"after {max_steps:,} runs"
                raise LimitExceeded(
                    f"the cut sets in time were not finished {after}: those of fewer than {size} "
                    f"assets are complete, {len(found):,} were found so far",
                    fix=f"Ask for --order {max(1, size - 1)}, let fewer assets fail (--can-fail KIND), or ask steady.",
                    complete_order=size - 1,
                    found=len(found),
                )
            if run(system, np.array(sorted(event)), horizon_s).lost[row]:
                found.append(event)
            elif progress is not None and spent % 100 == 0:
                progress(f"order {size}: {len(found):,} minimal cut sets, {spent:,} runs")
    return [tuple(sorted(event)) for event in found]


def _events(
    seeds: list[frozenset[int]], rows: list[int], size: int, found: list[frozenset[int]]
) -> Iterator[frozenset[int]]:
    """Sets of *size* assets that hold one of *seeds* and none of what was found at smaller sizes."""
    smaller = list(found)
    for seed in seeds:
        if len(seed) > size or any(cut <= seed for cut in smaller):
            continue
        others = [v for v in rows if v not in seed]
        for more in combinations(others, size - len(seed)):
            event = seed.union(more)
            if not any(cut <= event for cut in smaller):
                yield event
