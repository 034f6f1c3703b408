"""Runs in time as a primitive of other answers: what is down at the horizon, and what was down for a while."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np

from twin.errors import InvalidParameter, LimitExceeded, TwinError
from twin.impact.failures.run_kernels import facts, run_to, start
from twin.impact.region import region_of
from twin.impact.system import System
from twin.impact.timeline import MAX_INSTANTS, Timeline
from twin.snapshot.arrays import Bools, Ints, Longs

#: Runs times assets that one question may ask for, unless it says otherwise.
MAX_WORK = 2_000_000_000


@dataclass
class Outcome:
    """What one event did by the horizon.

    Attributes:
        lost: (n,) operating before and not working at the horizon, the event included.
        dropped: (n,) was down at any time up to it, the event included.
        changes: (time, rows that went down, rows that came back) of each instant up to it.
    """

    lost: Bools
    dropped: Bools
    changes: list[tuple[float, Longs, Longs]]

    def outages(self, row: int) -> list[list[float | None]]:
        """Intervals in which the asset was down, seconds; open at the end when it is not back."""
        found: list[list[float | None]] = []
        for at, down, back in self.changes:
            if row in down:
                found.append([at, None])
            if row in back:
                found[-1][1] = at
        return found


def run(system: System, rows: Longs | Ints, horizon_s: float) -> Outcome:
    """The run in time of the event *rows* (those that operate) up to *horizon_s*, inf for the end of all buffers."""
    part = region_of(system, rows)
    failed = part.flags(rows) & part.system.baseline
    made = Timeline(part.system, failed).run(horizon_s)
    changes = [(at, part.whole(down), part.whole(back)) for at, down, back in made.changes if at <= horizon_s]
    lost, dropped = np.zeros(system.n, bool), np.zeros(system.n, bool)
    lost[part.whole(np.flatnonzero(part.system.baseline & ~made.at_horizon.working))] = True
    dropped[part.whole(np.flatnonzero(failed))] = True
    for _, down, _ in changes:
        dropped[down] = True
    return Outcome(lost, dropped, changes)


class Part:
    """The part of a system that an event can touch, for compiled runs of it and of events within it."""

    def __init__(self, system: System, rows: Longs | Ints) -> None:
        """Args: system: the whole. rows: of the event that has all others in it."""
        self._part, self._n = region_of(system, rows), system.n
        self._facts = facts(self._part.system)

    def lost(self, rows: Longs | Ints, horizon_s: float) -> Bools:
        """(n,) what is not working at the horizon after the event *rows*: as :func:`run`, without the why."""
        system = self._part.system
        now = start(system, self._part.flags(rows) & system.baseline)
        if not run_to(self._facts, now, horizon_s, MAX_INSTANTS):
            raise TwinError("the run in time does not come to an end", fix=f"Report it ({system.n} assets).")
        found = np.zeros(self._n, bool)
        found[self._part.whole(np.flatnonzero(system.baseline & ~now.working))] = True
        return found


def horizon_of(horizon_s: float | None) -> float:
    """Seconds, inf for None. Raises InvalidParameter for a negative one or no number."""
    horizon = math.inf if horizon_s is None else float(horizon_s)
    if math.isnan(horizon) or horizon < 0:
        raise InvalidParameter(f"the horizon is {horizon_s}", fix="Give seconds from 0, or none for infinity.")
    return horizon


#: What to do instead, where a question does not say it better.
WAY_OUT = "Ask for less (one domain, fewer scenarios), or without the run in time (steady answers are quick)."


def check_work(runs: int, n: int, max_work: int, what: str, way_out: str = WAY_OUT) -> None:
    """Refuse more runs in time than *max_work* allows. Raises LimitExceeded."""
    if runs * n > max_work:
        raise LimitExceeded(
            f"{what} would take {runs:,} runs in time over {n:,} assets; at most {max_work // max(n, 1):,} are made",
            fix=way_out,
        )


def check_time(until: float, done: int, runs: int, what: str, way_out: str = WAY_OUT) -> None:
    """Make no further run in time after *until* (monotonic seconds). Raises LimitExceeded."""
    if time.monotonic() > until:
        raise LimitExceeded(f"{what} was not finished in the time there is: {done:,} of {runs:,} runs", fix=way_out)
