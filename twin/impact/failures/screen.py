"""Screening: thousands of scenarios, what each costs, and how often each asset is lost."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from twin.errors import InvalidParameter, LimitExceeded
from twin.impact.cascade import Cascade
from twin.impact.failures import intime
from twin.impact.failures.criticality import L1_NOTE, MODEL_LEVEL, STEADY_NOTE, Progress, about, check_horizon, tidy
from twin.impact.failures.scenarios import Scenarios, Source, scenarios_of
from twin.impact.failures.weights import COUNT, domains, spread, unit_of, worth
from twin.impact.system import System
from twin.snapshot.arrays import Floats, Longs
from twin.snapshot.catalogue import Catalogue

#: Scenarios of one part: small enough for progress, large enough for threads.
PART = 64
MAX_CELLS = 50_000_000
NAMED = 5
QUANTILES = (0.5, 0.9, 0.99)


@dataclass(frozen=True)
class Options:
    """How to screen.

    Attributes:
        weight: see :func:`twin.impact.failures.weights.worth`. often: also how often each asset is lost.
        timeline, horizon_s: run in time instead of the steady cascade, up to the horizon (None for its end).
        threads: at once, None for one per core. max_work: runs in time times assets at most.
        max_scenarios: scenarios at most.
    """

    weight: str = COUNT
    often: bool = False
    timeline: bool = False
    horizon_s: float | None = None
    threads: int | None = None
    max_work: int = intime.MAX_WORK
    max_scenarios: int = 10_000_000


@dataclass
class ScreenResult:
    """What the scenarios cost.

    Attributes:
        weight, mode, horizon_s, revision: as of :class:`twin.impact.failures.criticality.CriticalityResult`.
        table: Arrow, one row per scenario in the order given: ``scenario``, ``failed`` (operating assets that the
            scenario names), ``assets`` (lost, these included), ``lost`` (the sum of the weight), per domain
            ``assets_<domain>`` and ``lost_<domain>``, and ``failed_ids`` (all that the scenario names, in its order).
        often: Arrow, assets lost in any scenario, most often first: ``id, kind, domain, name, failed, lost``
            (numbers of scenarios) and ``frequency`` (of being lost); None when not asked for.
        summary: over the scenarios: mean, largest and quantiles of ``assets`` and ``lost``.
    """

    weight: str
    mode: str
    horizon_s: float | None
    revision: int
    table: pa.Table
    often: pa.Table | None
    summary: dict[str, Any]
    notes: list[str] = field(default_factory=list)
    model_level: str = MODEL_LEVEL

    def to_dict(self) -> dict[str, Any]:
        """Plain data, ready for JSON; ``items`` and ``often`` are the rows of the tables."""
        return {
            "weight": self.weight,
            "unit": unit_of(self.weight),
            "mode": self.mode,
            "horizon_s": self.horizon_s,
            "revision": self.revision,
            "model_level": self.model_level,
            "total": self.table.num_rows,
            "summary": self.summary,
            "items": self.table.to_pylist(),
            "often": None if self.often is None else self.often.to_pylist(),
            "notes": self.notes,
        }


def screen(
    system: System, scenarios: Scenarios, options: Options | None = None, progress: Progress | None = None
) -> ScreenResult:
    """What each of many events costs, on all cores (threads: the kernels let go of the interpreter).

    Raises:
        InvalidParameter: no scenario, unknown weight. LimitExceeded: more scenarios or runs in time than allowed.
    """
    options = options or Options()
    horizon = check_horizon(options.timeline, options.horizon_s)
    if not len(scenarios):
        raise InvalidParameter("there is no scenario", fix="Give one row per scenario and failed asset.")
    if options.threads is not None and options.threads < 1:
        raise InvalidParameter(f"threads is {options.threads}", fix="Give a whole number from 1.")
    names, code = domains(system.arrays)
    if len(scenarios) > options.max_scenarios or len(scenarios) * len(names) > MAX_CELLS:
        raise LimitExceeded(f"{len(scenarios):,} scenarios; at most {options.max_scenarios:,} are screened at once")
    values = worth(system.arrays, options.weight)
    ones = np.ones(system.n)
    weights = np.column_stack([spread(ones, code, len(names)), spread(values, code, len(names))])
    own, often = _own(system, scenarios), np.zeros(system.n, np.int64)
    tell = progress or (lambda done, total: None)
    if options.timeline:
        intime.check_work(len(scenarios), system.n, options.max_work, "Screening in time")
        sums = _in_time(system, scenarios, weights, horizon, often, tell)
    else:
        sums = _steady(system, scenarios, weights, often, options.threads or os.cpu_count() or 1, tell)
    table = _table(system, scenarios, own, sums, names)
    return ScreenResult(
        weight=options.weight,
        mode="timeline" if options.timeline else "steady",
        horizon_s=options.horizon_s,
        revision=system.arrays.revision,
        table=table,
        often=_often(system, scenarios, often) if options.often else None,
        summary=_summary(table),
        notes=[*_idle(scenarios, own), L1_NOTE, *([] if options.timeline else [STEADY_NOTE])],
    )


def _idle(scenarios: Scenarios, own: Longs) -> list[str]:
    """Which scenarios let nothing fail: they count, as scenarios that cost nothing."""
    idle = np.flatnonzero(own == 0)
    if not len(idle):
        return []
    shown = ", ".join(scenarios.names[place] for place in idle[:NAMED].tolist())
    more = f" and {len(idle) - NAMED:,} more" if len(idle) > NAMED else ""
    count = f"{len(idle):,} of {len(scenarios):,} scenarios hit nothing that operates"
    return [f"{count}: they count with no loss ({shown}{more})."]


def _own(system: System, scenarios: Scenarios) -> Longs:
    """(s,) operating assets that each scenario names, each once."""
    rows = scenarios.rows.astype(np.int64)
    of = np.repeat(np.arange(len(scenarios)), np.diff(scenarios.ptr))
    pairs = np.unique((of * system.n + rows)[system.baseline[rows]])
    return np.bincount(pairs // max(system.n, 1), minlength=len(scenarios)).astype(np.int64)


def _steady(
    system: System, scenarios: Scenarios, weights: Floats, often: Longs, threads: int, tell: Progress
) -> Floats:
    """(s, w) sums, part by part; every thread counts for itself how often assets are lost."""
    parts = [(low, min(low + PART, len(scenarios))) for low in range(0, len(scenarios), PART)]
    threads = max(1, min(threads, len(parts)))
    cascade = Cascade(system)
    cascade.lost(np.zeros(0, np.int32))  # makes ready what the threads share
    sums = np.zeros((len(scenarios), weights.shape[1]))
    counts = [np.zeros(system.n, np.int64) for _ in range(threads)]
    free = list(counts)

    def work(part: tuple[int, int]) -> int:
        mine = free.pop()
        low, high = part
        ptr = scenarios.ptr[low : high + 1]
        rows = scenarios.rows[ptr[0] : ptr[-1]]
        sums[low:high] = cascade.scenarios(ptr - ptr[0], rows, weights, mine)[0]
        free.append(mine)
        return high - low

    done = 0
    with ThreadPoolExecutor(threads) as pool:
        for size in pool.map(work, parts):
            done += size
            tell(done, len(scenarios))
    for count in counts:
        often += count
    return sums


def _in_time(
    system: System, scenarios: Scenarios, weights: Floats, horizon: float, often: Longs, tell: Progress
) -> Floats:
    sums = np.zeros((len(scenarios), weights.shape[1]))
    for place in range(len(scenarios)):
        rows = scenarios.rows[scenarios.ptr[place] : scenarios.ptr[place + 1]]
        lost = intime.run(system, rows, horizon).lost
        often += lost
        sums[place] = weights[lost].sum(axis=0)
        tell(place + 1, len(scenarios))
    return sums


def _failed_ids(system: System, scenarios: Scenarios) -> pa.ListArray:
    """(s,) ids that each scenario names; they stand in memory once, whatever the number of scenarios."""
    names = system.arrays.assets["id"].combine_chunks().cast(pa.string())
    of = pa.DictionaryArray.from_arrays(pa.array(scenarios.rows, pa.int32()), names)
    return pa.ListArray.from_arrays(pa.array(scenarios.ptr, pa.int32()), of)


def _table(system: System, scenarios: Scenarios, own: Longs, sums: Floats, names: list[str]) -> pa.Table:
    k = len(names)
    columns: dict[str, Any] = {
        "scenario": pa.array(scenarios.names, pa.string()),
        "failed": pa.array(own),
        "assets": pa.array(sums[:, :k].sum(axis=1).astype(np.int64)),
        "lost": pa.array(tidy(sums[:, k:].sum(axis=1))),
    }
    for i, name in enumerate(names):
        columns[f"assets_{name}"] = pa.array(sums[:, i].astype(np.int64))
    for i, name in enumerate(names):
        columns[f"lost_{name}"] = pa.array(tidy(sums[:, k + i]))
    columns["failed_ids"] = _failed_ids(system, scenarios)
    return pa.table(columns)


def _often(system: System, scenarios: Scenarios, often: Longs) -> pa.Table:
    rows = np.flatnonzero(often)
    rows = rows[np.lexsort((rows, -often[rows]))]
    of = np.repeat(np.arange(len(scenarios)), np.diff(scenarios.ptr))
    pairs = np.unique(of * system.n + scenarios.rows.astype(np.int64)) if len(of) else of
    failed = np.bincount(pairs % max(system.n, 1), minlength=system.n)
    columns = about(system, rows)
    columns["failed"] = pa.array(failed[rows].astype(np.int64))
    columns["lost"] = pa.array(often[rows])
    columns["frequency"] = pa.array(often[rows] / len(scenarios))
    return pa.table(columns)


def _summary(table: pa.Table) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in ("assets", "lost"):
        values = table[name].to_numpy()
        found[name] = {
            "mean": round(float(values.mean()), 6),
            **{f"p{round(q * 100)}": round(float(np.quantile(values, q)), 6) for q in QUANTILES},
            "max": round(float(values.max()), 6),
        }
    return found


def screened(
    catalogue: Catalogue, system: System, source: Source, progress: Progress | None = None, **options: Any
) -> ScreenResult:
    """:func:`screen` of whatever stands for scenarios; *options* are those of :class:`Options`."""
    return screen(system, scenarios_of(catalogue, system.baseline, source), Options(**options), progress)


def worst(result: ScreenResult, top: int) -> pa.Table:
    """The *top* scenarios that cost most. Raises InvalidParameter for a negative number."""
    if top < 0:
        raise InvalidParameter(f"top is {top}", fix="Give a whole number from 0.")
    order = pc.sort_indices(result.table, sort_keys=[("lost", "descending"), ("assets", "descending")])
    return result.table.take(order[:top])
