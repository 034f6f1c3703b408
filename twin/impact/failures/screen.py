"""Screening: thousands of scenarios, what each costs, and how often each asset is lost."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from twin.errors import InvalidParameter, LimitExceeded
from twin.export import answers
from twin.impact.cascade import Cascade, Tally
from twin.impact.failures import intime
from twin.impact.failures.criticality import L1_NOTE, MODEL_LEVEL, STEADY_NOTE, Progress, about, check_horizon, tidy
from twin.impact.failures.scenarios import Scenarios, Source, scenarios_of
from twin.impact.failures.weights import COUNT, domains, unit_of, worth
from twin.impact.rests import Resting, resting
from twin.impact.system import System
from twin.snapshot.arrays import Floats, Longs
from twin.snapshot.catalogue import Catalogue

#: Scenarios of one part: small enough for progress, large enough for threads.
PART = 64
MAX_CELLS = 50_000_000
NAMED = 5
WAY_OUT = "Give fewer scenarios at a time, or ask on the command line: twin screen has no limit of time."
QUANTILES = (0.5, 0.9, 0.99)
#: Columns of the table of how often assets are lost.
OFTEN: answers.Types = answers.ASSET | {"failed": answers.COUNT, "lost": answers.COUNT, "frequency": answers.NUMBER}


@dataclass(frozen=True)
class Options:
    """How to screen.

    Attributes:
        weight: see :func:`twin.impact.failures.weights.worth`. often: also how often each asset is lost.
        timeline, horizon_s: run in time instead of the steady cascade, up to the horizon (None for its end).
        threads: at once, None for one per core. max_work: runs in time times assets at most.
        max_scenarios: scenarios at most. limit_s: seconds after which no further scenario is tried.
    """

    weight: str = COUNT
    often: bool = False
    timeline: bool = False
    horizon_s: float | None = None
    threads: int | None = None
    max_work: int = intime.MAX_WORK
    max_scenarios: int = 10_000_000
    limit_s: float = math.inf


@dataclass(repr=False)
class ScreenResult(Resting):
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

    QUESTION: ClassVar[str] = "screen"

    weight: str
    mode: str
    horizon_s: float | None
    revision: int
    table: pa.Table
    often: pa.Table | None
    summary: dict[str, Any]
    notes: list[str] = field(default_factory=list)
    model_level: str = MODEL_LEVEL

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """See :meth:`twin.display.Answer.from_dict`."""
        table = answers.MAIN["screen"].table(document)
        last = [name for name in table.column_names if name != "failed_ids"] + ["failed_ids"]
        often = None if document["often"] is None else answers.table_of(document["often"], OFTEN)
        return super().from_dict({**document, "table": table.select(last), "often": often})

    def to_arrow(self) -> pa.Table:
        """The table as it is."""
        return self.table

    def to_dict(self) -> dict[str, Any]:
        """Plain data, ready for JSON; ``items`` and ``often`` are the rows of the tables."""
        return {
            "weight": self.weight,
            "unit": unit_of(self.weight),
            "mode": self.mode,
            "horizon_s": self.horizon_s,
            "revision": self.revision,
            "model_level": self.model_level,
            "assumptions": self.assumptions,
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
        InvalidParameter: no scenario, unknown weight. LimitExceeded: more scenarios or runs in time than allowed, or
            than there was time for.
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
    often = np.zeros(system.n, np.int64)
    tell = _until(options.limit_s, len(scenarios), progress)
    if options.timeline:
        intime.check_work(len(scenarios), system.n, options.max_work, "Screening in time")
        found = _in_time(system, scenarios, code, values, len(names), horizon, often, tell)
    else:
        threads = options.threads or os.cpu_count() or 1
        found = _steady(system, scenarios, code, values, len(names), often if options.often else None, threads, tell)
    table = _table(system, scenarios, found, names)
    return ScreenResult(
        weight=options.weight,
        mode="timeline" if options.timeline else "steady",
        horizon_s=options.horizon_s,
        revision=system.arrays.revision,
        table=table,
        often=_often(system, scenarios, often) if options.often else None,
        summary=_summary(table),
        notes=[*_idle(scenarios, found.failed), L1_NOTE, *([] if options.timeline else [STEADY_NOTE])],
    )


def _until(limit_s: float, total: int, progress: Progress | None) -> Progress:
    """*progress*, which ends the question when its seconds are over and scenarios are left."""
    until = time.monotonic() + limit_s

    def tell(done: int, of: int) -> None:
        if done < total:
            intime.check_time(until, done, total, "Screening", WAY_OUT)
        if progress is not None:
            progress(done, of)

    return tell


def _idle(scenarios: Scenarios, own: Longs) -> list[str]:
    """Which scenarios let nothing fail: they count, as scenarios that cost nothing."""
    idle = np.flatnonzero(own == 0)
    if not len(idle):
        return []
    shown = ", ".join(scenarios.names[place] for place in idle[:NAMED].tolist())
    more = f" and {len(idle) - NAMED:,} more" if len(idle) > NAMED else ""
    count = f"{len(idle):,} of {len(scenarios):,} scenarios hit nothing that operates"
    return [f"{count}: they count with no loss ({shown}{more})."]


def _steady(
    system: System, scenarios: Scenarios, code: Longs, values: Floats, groups: int, often: Longs | None, threads: int,
    tell: Progress,
) -> Tally:  # fmt: skip
    """What the scenarios cost, part by part; every thread counts for itself how often assets are lost."""
    parts = [(low, min(low + PART, len(scenarios))) for low in range(0, len(scenarios), PART)]
    threads = max(1, min(threads, len(parts)))
    cascade, group = Cascade(system), code.astype(np.uint8)
    cascade.lost(np.zeros(0, np.int32))  # makes ready what the threads share
    free: list[Longs | None] = [None if often is None else np.zeros(system.n, np.int64) for _ in range(threads)]
    counts = [count for count in free if count is not None]

    def work(part: tuple[int, int]) -> Tally:
        mine = free.pop()
        ptr = scenarios.ptr[part[0] : part[1] + 1]
        made = cascade.tally(ptr - ptr[0], scenarios.rows[ptr[0] : ptr[-1]], group, values, groups, mine)
        free.append(mine)
        return made

    found: list[Tally] = []
    with ThreadPoolExecutor(threads) as pool:
        for (_, done), made in zip(parts, pool.map(work, parts), strict=True):
            found.append(made)
            tell(done, len(scenarios))
    for count in counts:
        often += count  # type: ignore[operator]
    return Tally(*(np.concatenate(column) for column in zip(*found, strict=True)))


def _in_time(
    system: System, scenarios: Scenarios, code: Longs, values: Floats, groups: int, horizon: float, often: Longs,
    tell: Progress,
) -> Tally:  # fmt: skip
    c = len(scenarios)
    found = Tally(np.zeros(c, np.int64), np.zeros((c, groups), np.int64), np.zeros((c, groups)))
    for place in range(c):
        rows = np.unique(scenarios.rows[scenarios.ptr[place] : scenarios.ptr[place + 1]])
        lost = intime.run(system, rows, horizon).lost
        often += lost
        found.failed[place] = np.count_nonzero(system.baseline[rows])
        found.assets[place] = np.bincount(code[lost], minlength=groups)
        found.worth[place] = np.bincount(code[lost], values[lost], minlength=groups)
        tell(place + 1, c)
    return found


def _failed_ids(system: System, scenarios: Scenarios) -> pa.ListArray:
    """(s,) ids that each scenario names; they stand in memory once, whatever the number of scenarios."""
    names = system.arrays.assets["id"].combine_chunks().cast(pa.string())
    of = pa.DictionaryArray.from_arrays(pa.array(scenarios.rows, pa.int32()), names)
    return pa.ListArray.from_arrays(pa.array(scenarios.ptr, pa.int32()), of)


def _table(system: System, scenarios: Scenarios, found: Tally, names: list[str]) -> pa.Table:
    columns: dict[str, Any] = {
        "scenario": pa.array(scenarios.names, pa.string()),
        "failed": pa.array(found.failed),
        "assets": pa.array(found.assets.sum(axis=1)),
        "lost": pa.array(tidy(found.worth.sum(axis=1))),
    }
    for i, name in enumerate(names):
        columns[f"assets_{name}"] = pa.array(found.assets[:, i])
    for i, name in enumerate(names):
        columns[f"lost_{name}"] = pa.array(tidy(found.worth[:, i]))
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
    scenarios = scenarios_of(catalogue, system.baseline, source)
    found = screen(system, scenarios, Options(**options), progress)
    return resting(found, system, "event", np.unique(scenarios.rows))


def worst(result: ScreenResult, top: int) -> pa.Table:
    """The *top* scenarios that cost most. Raises InvalidParameter for a negative number."""
    if top < 0:
        raise InvalidParameter(f"top is {top}", fix="Give a whole number from 0.")
    order = pc.sort_indices(result.table, sort_keys=[("lost", "descending"), ("assets", "descending")])
    return result.table.take(order[:top])
