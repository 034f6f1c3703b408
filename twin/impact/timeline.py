"""The run in time (design §4, Time): instants at which buffers are spent and standby sources come and go."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from twin.errors import TwinError
from twin.impact.losses import Losses, Moment, collect, since
from twin.impact.risk import lost_control, risky_gates
from twin.impact.system import Evaluation, System
from twin.snapshot.arrays import Bools, Floats, Ints, Longs

NEVER = math.inf
MAX_INSTANTS = 1_000_000


@dataclass
class Run:
    """What happened.

    Attributes:
        at_horizon: state at the end of the last instant up to the horizon. horizon_s: seconds, inf for no end.
        called: (n,) standby sources called up to then, the ones that were on before included.
        changes: (time, assets that went down, assets that came back) per instant, to the end of all buffers.
        drops, rides: losses by round or instant. first_drop, first_ride: (n,) index into these, -1 for never:
            why an asset dropped first, and why it first was not fed.
        on_at, off_at: (n,) when the standby sources that the event called come on and go off, inf for never.
        callers: pairs of arrays (who lacked something, the standby source it called).
        risk_since, degraded_since: (n,) start of the current spell of being at risk, or degraded; else NaN.
    """

    at_horizon: Moment
    horizon_s: float
    called: Bools
    on_at: Floats
    off_at: Floats
    first_drop: Ints
    first_ride: Ints
    risk_since: Floats
    degraded_since: Floats
    callers: list[tuple[Ints, Ints]]
    changes: list[tuple[float, Longs, Longs]] = field(default_factory=list)
    drops: list[Losses] = field(default_factory=list)
    rides: list[Losses] = field(default_factory=list)


class Timeline:
    """One event, run through time.

    Args:
        system: the operating rules. failed: (n,) the event.
    """

    def __init__(self, system: System, failed: Bools) -> None:
        self.system = system
        self.gates = system.gates
        arrays = system.arrays
        self.standby = arrays.standby
        self.may_return = system.baseline & ~failed & ~arrays.manual_restart
        self.working: Bools = system.baseline & ~failed
        self.called: Bools = system.on_before.copy()
        self.on_at = np.where(system.on_before, -NEVER, NEVER)
        self.off_at = np.full(system.n, NEVER)
        self.ran = np.zeros(system.n, bool)
        self.spent_at = np.full(system.m, NEVER)
        self.has_buffer = system.outage & (self.gates.buffer_s > 0)
        self.callers: list[tuple[Ints, Ints]] = []

    def run(self, horizon_s: float) -> Run:
        """Run to the end of all buffers and fuel, keeping the state at *horizon_s* (seconds, inclusive)."""
        system, now, begin = self.system, 0.0, self.working
        run: Run | None = None
        drops: list[Losses] = []
        for _ in range(MAX_INSTANTS):
            moment = self._instant(now, drops)
            if run is None:
                run = self._open(moment, horizon_s, drops)
            if now <= horizon_s:
                run.at_horizon, run.called = moment, self.called
                since(run.risk_since, system.owners(risky_gates(system, moment, self.called)), now)
                since(run.degraded_since, system.owners(lost_control(system, moment)), now)
            self._record(run, begin, moment)
            begin, now = self.working, self._next(now)
            if now == NEVER:
                return run
        raise TwinError("the run in time does not come to an end", fix=f"Report it ({system.n} assets).")

    def _open(self, moment: Moment, horizon_s: float, drops: list[Losses]) -> Run:
        n = self.system.n
        return Run(
            moment, horizon_s, self.called, self.on_at, self.off_at, np.full(n, -1, np.int32),
            np.full(n, -1, np.int32), np.full(n, np.nan), np.full(n, np.nan), self.callers, drops=drops,
        )  # fmt: skip

    def _record(self, run: Run, begin: Bools, moment: Moment) -> None:
        """Note what changed between the beginning of the instant and its end."""
        down = begin & ~self.working
        run.changes.append((moment.time_s, np.flatnonzero(down), np.flatnonzero(~begin & self.working)))
        for index, losses in enumerate(run.drops):
            if losses.time_s == moment.time_s:
                own = losses.owner[down[losses.owner]]
                own = own[run.first_drop[own] < 0]
                run.first_drop[own] = index
        unfed = self.system.outage & ~moment.evaluation.fed & self.working[self.gates.owner]
        fresh = unfed & (run.first_ride[self.gates.owner] < 0)
        if fresh.any():
            run.rides.append(collect(self.system, fresh, moment))
            run.first_ride[self.gates.owner[fresh]] = len(run.rides) - 1

    def silent(self, now: float) -> Bools:
        """(n,) standby sources that are off."""
        return self.standby & ~((self.on_at <= now) & (now < self.off_at))

    def _instant(self, now: float, drops: list[Losses]) -> Moment:
        """Steps 1 to 5 at one time; returns the state at its end."""
        while True:
            silent = self.silent(now)
            buffered = self.has_buffer & (self.spent_at > now)
            evaluation = self.system.evaluate(self.working, silent, buffered)
            broken = self.system.outage & ~evaluation.held
            if self._return(broken) or self._call(evaluation, now):
                continue
            gone = self.system.owners(broken & ~buffered) & self.working
            moment = Moment(now, self.working, silent, self.ran | (self.off_at <= now), evaluation)
            if not gone.any():
                self.ran = self.ran | (self.standby & self.working & ~silent)
                self._time(evaluation, now)
                return moment
            drops.append(collect(self.system, broken & gone[self.gates.owner], moment))
            self.working = self.working & ~gone
            self._refill(gone)

    def _return(self, broken: Bools) -> bool:
        """Step 2; True when an asset came back."""
        candidates = self.may_return & ~self.working
        if not candidates.any():
            return False
        back = candidates & ~self.system.owners(broken)
        self.working = self.working | back
        self._refill(back)
        return bool(back.any())

    def _call(self, evaluation: Evaluation, now: float) -> bool:
        """Step 3: call the standby members of unfed outage gates; True when one is on at once."""
        waiting = self.standby & ~self.called
        if not waiting.any():
            return False
        lacking = self.system.outage & ~evaluation.fed & self.working[self.gates.owner]
        called = self.system.members(lacking) & waiting
        at = np.flatnonzero(lacking[self.system.gate_of_member] & called[self.gates.member])
        self.callers.append((self.gates.owner[self.system.gate_of_member[at]], self.gates.member[at]))
        arrays = self.system.arrays
        self.called = self.called | called
        self.on_at[called] = now + arrays.start_delay_s[called]
        self.off_at[called] = self.on_at[called] + arrays.endurance_s[called]
        return bool((self.on_at[called] <= now).any())

    def _refill(self, chosen: Bools) -> None:
        """Full buffers and no timers for *chosen*."""
        self.spent_at[chosen[self.gates.owner]] = NEVER

    def _time(self, evaluation: Evaluation, now: float) -> None:
        """Step 5: start the timers of gates that are not fed, stop those of gates that are."""
        self.spent_at[evaluation.fed] = NEVER
        unfed = self.has_buffer & ~evaluation.fed & self.working[self.gates.owner]
        fresh = unfed & (self.spent_at == NEVER)
        self.spent_at[fresh] = now + self.gates.buffer_s[fresh]

    def _next(self, now: float) -> float:
        """Time of the next thing that happens after *now*."""
        later = [times[times > now] for times in (self.spent_at, self.on_at, self.off_at)]
        return min((float(times.min()) for times in later if len(times)), default=NEVER)
