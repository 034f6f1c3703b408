"""Verdicts of a run (design §4, Verdicts): what each asset is at the horizon, why, and since when."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.impact.losses import Losses, collect, hops
from twin.impact.risk import lost_control, risky_gates
from twin.impact.system import System
from twin.impact.timeline import Run
from twin.snapshot.arrays import Bools, Bytes, Floats, Ints, Longs

UNAFFECTED, FAILED, DOWN, INTERRUPTED, DEGRADED, AT_RISK = range(6)
NAMES = ("unaffected", "failed", "down", "interrupted", "degraded", "at_risk")


@dataclass
class Verdicts:
    """Per asset, all of shape (n,) unless said otherwise.

    Attributes:
        verdict: code, see ``NAMES``; unaffected also for what was not operating before.
        interrupted, degraded, at_risk: flags of working assets. time_s: see design §4. hop: -1 without a chain.
        outages: asset -> list of (from, to or None), seconds.
        now: losses at the horizon of the degraded and the risky.
        by_drop: explained by the first drop (``run.drops``), the other affected ones by ``now``.
    """

    verdict: Bytes
    interrupted: Bools
    degraded: Bools
    at_risk: Bools
    time_s: Floats
    hop: Ints
    outages: dict[int, list[tuple[float, float | None]]]
    now: Losses
    by_drop: Bools


def judge(system: System, failed: Bools, run: Run) -> Verdicts:
    """The verdicts of *run*. ``failed``: (n,) the event, limited to what was operating before."""
    working = run.at_horizon.working
    outages, first, will = _outages(run, system.n)
    ever = np.zeros(system.n, bool)
    ever[list(outages)] = True
    degrade_lost = lost_control(system, run.at_horizon)
    risky = risky_gates(system, run.at_horizon, run.called)
    degraded = system.owners(degrade_lost)
    at_risk = working & (np.isfinite(will) | system.owners(risky))
    interrupted = working & ever
    down = system.baseline & ~working & ~failed
    verdict = np.select(
        [failed, down, interrupted, degraded, at_risk], [FAILED, DOWN, INTERRUPTED, DEGRADED, AT_RISK], UNAFFECTED
    ).astype(np.uint8)
    idle = system.arrays.standby & working & ~run.called
    now = collect(system, degrade_lost | risky, run.at_horizon, idle)
    time_s = _times(run, verdict, first, will)
    has_now = np.zeros(system.n, bool)
    has_now[now.owner] = True
    by_drop = (run.first_drop >= 0) & (np.isin(verdict, (DOWN, INTERRUPTED)) | ((verdict == AT_RISK) & ~has_now))
    hop = _hops(system, failed, run, by_drop, verdict == UNAFFECTED, now)
    return Verdicts(verdict, interrupted, degraded, at_risk, time_s, hop, outages, now, by_drop)


def _hops(system: System, failed: Bools, run: Run, by_drop: Bools, unaffected: Bools, now: Losses) -> Ints:
    """Hops along the losses that the answer lists; where these do not lead back, along all losses."""
    drops = [(b, (run.first_drop == i) & by_drop) for i, b in enumerate(run.drops)]
    rides = [(b, (run.first_ride == i) & unaffected) for i, b in enumerate(run.rides)]
    # a standby source that is affected itself has reasons of its own, whoever called it
    callers = [(owner[unaffected[source]], source[unaffected[source]]) for owner, source in run.callers]
    hop = hops(system.n, failed, [*drops, *rides, (now, ~unaffected & ~by_drop)], callers)
    if (hop[~unaffected] >= 0).all():
        return hop
    everything = [(b, run.first_drop == i) for i, b in enumerate(run.drops)]
    everything += [(b, run.first_ride == i) for i, b in enumerate(run.rides)]
    everything.append((now, ~unaffected))
    return np.where(hop >= 0, hop, hops(system.n, failed, everything, run.callers)).astype(np.int32)


def _outages(run: Run, n: int) -> tuple[dict[int, list[tuple[float, float | None]]], Floats, Floats]:
    """Intervals down up to the horizon; (n,) first drop up to it; (n,) first drop after it, inf for none."""
    spells: dict[int, list[tuple[float, float | None]]] = {}
    first, will = np.full(n, np.inf), np.full(n, np.inf)
    for time, down, back in run.changes:
        if time > run.horizon_s:
            will[down] = np.minimum(will[down], time)
            continue
        first[down] = np.minimum(first[down], time)
        for v in down.tolist():
            spells.setdefault(v, []).append((time, None))
        for v in back.tolist():
            spells[v][-1] = (spells[v][-1][0], time)
    return spells, first, will


def _times(run: Run, verdict: Bytes, first: Floats, will: Floats) -> Floats:
    time_s = np.where(verdict == FAILED, 0.0, first)
    time_s = np.where(verdict == DEGRADED, run.degraded_since, time_s)
    return np.where(verdict == AT_RISK, np.where(np.isfinite(will), will, run.risk_since), time_s)


def rows_affected(verdicts: Verdicts) -> Longs:
    """Assets that are not unaffected, by hop, then by time, then by number."""
    rows = np.flatnonzero(verdicts.verdict != UNAFFECTED)
    hop = np.where(verdicts.hop[rows] < 0, 2**30, verdicts.hop[rows])
    return rows[np.lexsort((rows, verdicts.time_s[rows], hop))]
