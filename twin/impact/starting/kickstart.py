"""Where to put portable sources so that what deadlocks a black start comes up.

A portable source at an asset forces that asset on: it counts as started, whatever its gates lack. A place is an
asset of the core itself: nothing else points into a core, so a source outside of it does not help. Once a core runs,
what it runs is the same whichever places were chosen, so the smallest sets of all cores are the smallest set of all.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np

from twin.errors import LimitExceeded
from twin.impact.starting.coldstart import ColdStart, Core, Deadlock, cold_start, deadlocks, least
from twin.impact.system import System
from twin.snapshot.arrays import Bools, Longs
from twin.snapshot.catalogue import Catalogue

#: Assets and memberships that the search for places may pass over, some seconds' worth.
MAX_WORK = 200_000_000
MAX_CLOSURES = 2_000
WAY_OUT = "Ask as a job, or on the command line: twin deadlocks has no limit of time."


@dataclass
class Places:
    """Rows where portable sources start the core; ``exact`` or, else, no set of fewer than ``at_least`` does.

    ``work`` is what the search cost: assets and memberships passed over.
    """

    rows: list[int]
    exact: bool
    at_least: int
    work: int


def started(catalogue: Catalogue, system: System) -> ColdStart:
    """Answer 2 of design §4, with ids: what can be started from nothing, in which rounds, and what can not."""
    kept, rounds = cold_start(system)
    steps = range(1, int(rounds.max(initial=0)) + 1)
    by_round = [sorted(catalogue.ids(np.flatnonzero(kept & (rounds == step)))) for step in steps]
    stuck = sorted(catalogue.ids(np.flatnonzero(system.baseline & ~kept)))
    all_ = {name for names in by_round for name in names}
    return ColdStart(all_, [names for names in by_round if names], stuck, system.arrays.revision)


def cores(
    catalogue: Catalogue, system: System, max_work: int = MAX_WORK, limit_s: float = math.inf,
    progress: Callable[[int, int], None] | None = None,
) -> list[Deadlock]:  # fmt: skip
    """Answer 3 of design §4, with ids: cores in the order in which they must be started, and the places to do it.

    Args:
        max_work: for the places of all cores together; see :func:`places`. limit_s: seconds for all of it.
        progress: told how many cores have their places and how many there are (0: not known yet); whatever it raises
            ends the work.

    Raises:
        LimitExceeded: it was not finished in *limit_s* seconds.
    """
    until = time.monotonic() + limit_s

    def look(done: int, total: int) -> None:
        if time.monotonic() > until:
            raise LimitExceeded(
                f"The deadlocks were not found in {limit_s:g} s: {done:,} of {total or 'unknown'} cores", fix=WAY_OUT
            )
        if progress is not None:
            progress(done, total)

    found: list[Deadlock] = []
    waiting, left = deadlocks(system, lambda many: look(0, 0)), max_work
    for core in waiting:
        chosen = places(system, core, left, lambda: look(len(found), len(waiting)))
        left -= chosen.work
        found.append(
            Deadlock(
                sorted(catalogue.ids(core.rows)),
                catalogue.ids(core.cycle),
                core.stage,
                sorted(catalogue.ids(chosen.rows)),
                chosen.exact,
                chosen.at_least,
            )
        )
    return found


def places(
    system: System, core: Core, max_work: int = MAX_WORK, look: Callable[[], None] = lambda: None
) -> Places:  # fmt: skip
    """A smallest set of assets of the core that, forced on, start all of it and keep it running.

    Exact by trying all sets of one, of two, and so on, while these are few: an asset that another one starts need
    not be tried. Beyond *max_work*, greedily: the asset that starts most of the rest, again and again; what turns
    out not to be needed is taken out again. ``at_least`` is what was proven then. *look* is called before each trial
    and may raise to end the search.
    """
    search = _Search(system, core, max_work, look)
    options = search.options()
    size = 1
    while options and size <= len(options) and comb(len(options), size) <= search.left:
        for chosen in combinations(options, size):
            if search.starts(chosen):
                return Places(list(chosen), True, size, search.work)
        size += 1
    rows = search.greedy(options or core.rows.tolist()[:MAX_CLOSURES])
    return Places(rows, len(rows) == size, size, search.work)


class _Search:
    """Trials on one core; ``left`` is how many more may be made."""

    def __init__(self, system: System, core: Core, max_work: int, look: Callable[[], None]) -> None:
        self.look = look
        self.system = system
        self.core = core
        self.cost = system.n + len(system.gates.member)
        self.left = max(0, max_work // max(1, self.cost))
        self.most = self.left

    @property
    def work(self) -> int:
        """What the trials made so far have cost."""
        return (self.most - self.left) * self.cost

    def _with(self, chosen: tuple[int, ...] | list[int] | Longs) -> Bools:
        running = self.core.running.copy()
        running[np.asarray(chosen, np.int64)] = True
        return running

    def starts(self, chosen: tuple[int, ...] | list[int]) -> bool:
        """Whether portable sources at *chosen* start the whole core for good."""
        self.look()
        self.left -= 1
        return bool(cold_start(self.system, self._with(chosen))[0][self.core.rows].all())

    def reached(self, chosen: tuple[int, ...] | list[int]) -> Bools:
        """Which rows of the core start with *chosen*."""
        self.look()
        self.left -= 1
        up: Bools = least(self.system, self._with(chosen))[0][self.core.rows]
        return up

    def options(self) -> list[int] | None:
        """Rows worth trying: none that another of them starts; None when the core is too large to tell."""
        rows = self.core.rows
        if len(rows) > min(MAX_CLOSURES, self.left):
            return None
        starts = np.array([self.reached([row]) for row in rows.tolist()])
        more = np.argsort(-starts.sum(axis=1), kind="stable")
        covered = np.zeros(len(rows), bool)
        kept = []
        for i in more.tolist():
            if not covered[i]:
                kept.append(int(rows[i]))
                covered |= starts[i]
        return kept

    def greedy(self, options: list[int]) -> list[int]:
        """A set of *options* (or, when the work is spent, of all rows) that starts the core.

        Nothing in it is superfluous, as far as the work allowed to see.
        """
        chosen: list[int] = []
        up = np.zeros(len(self.core.rows), bool)
        pool = list(options)
        while pool and not up.all() and self.left > 0:
            gain = {row: int(self.reached([*chosen, row]).sum()) for row in pool[: max(1, self.left)]}
            best = max(gain, key=lambda row: gain[row])
            chosen.append(best)
            up = self.reached(chosen)
            pool = [row for row in pool if not up[self.core.rows == row].any()]
        chosen += self.core.rows[~up].tolist()
        if not self.starts(chosen):
            chosen = self.core.rows.tolist()
        for row in chosen[:MAX_CLOSURES]:
            without = [other for other in chosen if other != row]
            if self.left > 0 and without and self.starts(without):
                chosen = without
        return chosen
