"""A run in time, gone through once more: when each gate was not fed, how long its buffer lasted, who was down when.

The run itself (:class:`twin.impact.timeline.Run`) keeps who went down and came back, the gates lost and the standby
sources; with these the state at the end of every instant follows, and with it the timers of design §4.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from twin.impact.losses import Losses
from twin.impact.system import System
from twin.impact.timeline import Run
from twin.snapshot.arrays import Bools, Floats

NEVER = math.inf
WON, LOST, MOOT = "won", "lost", "moot"


@dataclass(frozen=True)
class Spell:
    """One time that an outage gate of an asset was not fed.

    Attributes:
        gate, owner: rows. start: seconds, not fed from the end of this instant on. end: fed again, inf for never.
        spent: when its buffer was or would have been spent (``start`` without one).
        stop: when the timer stopped: fed again, spent, or its owner went down.
        outcome: ``won`` (fed again in time), ``lost`` (its owner dropped by it at ``stop``) or ``moot`` (its owner
            dropped by another gate, or lived on the buffers of its loop).
    """

    gate: int
    owner: int
    start: float
    spent: float
    stop: float
    end: float
    outcome: str


def has_gate(losses: Losses, gate: int) -> bool:
    """Whether *gate* is one of those lost."""
    place = int(np.searchsorted(losses.gate, gate))
    return place < len(losses.gate) and int(losses.gate[place]) == gate


class Replay:
    """One run, with what can be asked of it by asset and time.

    Args:
        system: the operating rules. failed: (n,) the event, of assets that operated before. run: what happened.
    """

    def __init__(self, system: System, failed: Bools, run: Run) -> None:
        self.system, self.failed, self.run = system, failed, run

    @cached_property
    def outages(self) -> dict[int, list[tuple[float, float]]]:
        """Asset -> intervals down, to the end of the run; inf for never back."""
        found: dict[int, list[tuple[float, float]]] = defaultdict(list)
        for time, down, back in self.run.changes:
            for row in down.tolist():
                found[row].append((time, NEVER))
            for row in back.tolist():
                found[row][-1] = (found[row][-1][0], time)
        return found

    def down_since(self, row: int, at: float) -> float | None:
        """When the outage of an asset that lasts at *at* began, None when it works then."""
        spells = self.outages.get(row, [])
        place = bisect_right(spells, (at, NEVER)) - 1
        return spells[place][0] if place >= 0 and at < spells[place][1] else None

    @cached_property
    def _dropped(self) -> dict[int, list[Losses]]:
        """Asset -> the batches of lost gates that it has part in, in order."""
        found: dict[int, list[Losses]] = defaultdict(list)
        for losses in self.run.drops:
            for row in np.unique(losses.owner).tolist():
                found[row].append(losses)
        return found

    def drop(self, row: int, time: float) -> Losses | None:
        """The gates lost when an asset went down at *time*."""
        return next((b for b in reversed(self._dropped.get(row, [])) if b.time_s == time), None)

    def ride(self, row: int) -> Losses | None:
        """The gates that an asset lacked when it first was not fed and worked on."""
        index = int(self.run.first_ride[row])
        return self.run.rides[index] if index >= 0 else None

    def spell_of(self, gate: int, at: float) -> Spell | None:
        """The spell of a gate that lasts at *at*."""
        return next((s for s in self._by_gate.get(gate, []) if s.start <= at < s.end), None)

    @cached_property
    def _by_gate(self) -> dict[int, list[Spell]]:
        found: dict[int, list[Spell]] = defaultdict(list)
        for spell in self.spells:
            found[spell.gate].append(spell)
        return found

    @cached_property
    def spells(self) -> list[Spell]:
        """All spells of the gates of assets that operated before and are not in the event, by start and gate."""
        return sorted(_Timers(self).found, key=lambda s: (s.start, s.gate))


class _Timers:
    """The run again, instant by instant, to see which gates are fed at the end of each."""

    def __init__(self, replay: Replay) -> None:
        system, run = replay.system, replay.run
        self.replay, self.system, self.run = replay, system, run
        self.counted = system.outage & (system.baseline & ~replay.failed)[system.gates.owner]
        self.buffered = self.counted & (system.gates.buffer_s > 0)
        self.spent_at: Floats = np.full(system.m, NEVER)
        self.since: Floats = np.full(system.m, np.nan)
        self.lapse: Floats = np.full(system.m, NEVER)
        self.found: list[Spell] = []
        self._go()

    def _go(self) -> None:
        system, run = self.system, self.run
        working = system.baseline & ~self.replay.failed
        changes = {time: (down, back) for time, down, back in run.changes}
        times = np.unique(np.concatenate([list(changes), run.on_at, run.off_at]).astype(float))
        later = times[(times > 0) & np.isfinite(times)]
        now = 0.0
        while now < NEVER:
            if now in changes:
                working = working.copy()
                working[changes[now][0]] = False
                working[changes[now][1]] = True
            self._instant(now, working)
            rest = (later[later > now], self.spent_at[self.spent_at > now])
            now = min((float(t.min()) for t in rest if len(t)), default=NEVER)
        for gate in np.flatnonzero(~np.isnan(self.since)).tolist():
            self._close(gate, NEVER)

    def _instant(self, now: float, working: Bools) -> None:
        """The state at the end of one instant: timers start, stop and run out."""
        system, run = self.system, self.run
        owner = system.gates.owner
        refilled = np.zeros(system.n, bool)
        for losses in run.drops:
            if losses.time_s == now:
                refilled[losses.owner] = True
        silent = system.arrays.standby & ~((run.on_at <= now) & (now < run.off_at))
        over = (self.spent_at <= now) & ~refilled[owner]
        self.spent_at[refilled[owner]] = NEVER
        fed = system.evaluate(working, silent, (system.gates.buffer_s > 0) & ~over).fed
        unfed = self.counted & ~fed
        for gate in np.flatnonzero(~np.isnan(self.since) & fed).tolist():
            self._close(gate, now)
        self.spent_at[fed] = NEVER
        fresh = unfed & np.isnan(self.since)
        self.since[fresh] = now
        self.lapse[fresh] = now + system.gates.buffer_s[fresh]
        start = unfed & self.buffered & working[owner] & (self.spent_at == NEVER)
        self.spent_at[start] = now + system.gates.buffer_s[start]
        self.lapse[start] = self.spent_at[start]

    def _close(self, gate: int, end: float) -> None:
        start, lapse, owner = float(self.since[gate]), float(self.lapse[gate]), int(self.system.gates.owner[gate])
        self.since[gate] = np.nan
        down = [a for a, b in self.replay.outages.get(owner, []) if start <= a < end or a <= start < b]
        stop, outcome = end, WON
        if down:
            stop, outcome = max(start, down[-1]), MOOT
            losses = self.replay.drop(owner, down[-1])
            if losses is not None and start <= down[-1] and lapse <= down[-1] and has_gate(losses, gate):
                outcome = LOST
        elif end > lapse:
            outcome = MOOT
        self.found.append(Spell(gate, owner, start, lapse, stop, end, outcome))
