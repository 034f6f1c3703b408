"""Criticality: what the loss of each single asset costs (exact N-1), ranked, in all and per domain."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa

from twin.errors import InvalidParameter
from twin.export import answers
from twin.impact.cascade import Cascade
from twin.impact.failures import intime
from twin.impact.failures.views import uncalled
from twin.impact.failures.weights import COUNT, domains, only, spread, unit_of, worth
from twin.impact.rests import Resting
from twin.impact.system import System
from twin.snapshot.arrays import Bools, Floats, Longs

Progress = Callable[[int, int], None]
BLOCK = 50_000
MODEL_LEVEL = "L1"
L1_NOTE = "Topology and gates only (L1): overload after re-routing is not checked."
#: Columns of the table of pairs.
PAIRS: answers.Types = (
    dict.fromkeys(("a", "b", "a_kind", "b_kind"), answers.TEXT)
    | dict.fromkeys(("assets", "assets_beyond"), answers.COUNT)
    | dict.fromkeys(("lost", "lost_beyond"), answers.NUMBER)
)
STEADY_NOTE = "Steady answers (design 4, answer 1): finite buffers and fuel are spent, endless standby sources deliver."


@dataclass(repr=False)
class CriticalityResult(Resting):
    """Single failures, the worst first.

    Attributes:
        weight: what ``lost`` sums. mode: ``steady`` or ``timeline``. horizon_s: of the run in time, None for its end.
        revision: state of the twin. total: failures that were tried. table: Arrow, one row per failure: ``id, kind,
            domain, name``, ``assets`` (how many are lost, itself included), ``lost`` (the sum of the weight over
            them) and ``lost_<domain>`` for each domain.
        pairs: Arrow, failures of two, or None when they were not asked for; see :mod:`twin.impact.failures.pairs`.
        pairs_total: how many of them there are. pairs_tried, pairs_candidates: pairs that were tried, and that
            could lose more together than one by one; fewer are tried only when time was up. notes: caveats in words.
    """

    QUESTION: ClassVar[str] = "criticality"

    weight: str
    mode: str
    horizon_s: float | None
    revision: int
    total: int
    table: pa.Table
    pairs: pa.Table | None = None
    pairs_total: int | None = None
    pairs_tried: int | None = None
    pairs_candidates: int | None = None
    notes: list[str] = field(default_factory=list)
    model_level: str = MODEL_LEVEL

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """See :meth:`twin.display.Answer.from_dict`."""
        table = answers.MAIN["criticality"].table(document)
        pairs = None if document["pairs"] is None else answers.table_of(document["pairs"], PAIRS)
        return super().from_dict({**document, "table": table, "pairs": pairs})

    def to_arrow(self) -> pa.Table:
        """The table as it is."""
        return self.table

    def to_dict(self) -> dict[str, Any]:
        """Plain data, ready for JSON; ``items`` and ``pairs`` are the rows of the tables."""
        return {
            "weight": self.weight,
            "unit": unit_of(self.weight),
            "mode": self.mode,
            "horizon_s": self.horizon_s,
            "revision": self.revision,
            "model_level": self.model_level,
            "assumptions": self.assumptions,
            "total": self.total,
            "items": self.table.to_pylist(),
            "pairs": None if self.pairs is None else self.pairs.to_pylist(),
            "pairs_total": self.pairs_total,
            "pairs_tried": self.pairs_tried,
            "pairs_candidates": self.pairs_candidates,
            "notes": self.notes,
        }


@dataclass(frozen=True)
class Question:
    """What is asked of every failure.

    Attributes:
        weight: see :func:`twin.impact.failures.weights.worth`. domain: only failures of assets of this domain.
        top: most rows of the answer, None for all. timeline: run in time instead of the steady cascade.
        horizon_s: of the run in time, None for its end. max_work: runs in time times assets at most.
        limit_s: seconds after which no further run in time is made.
    """

    weight: str = COUNT
    domain: str | None = None
    top: int | None = None
    timeline: bool = False
    horizon_s: float | None = None
    max_work: int = intime.MAX_WORK
    limit_s: float = math.inf

    def check(self) -> None:
        """Raises InvalidParameter: a negative number, or a horizon without a run in time."""
        if self.top is not None and self.top < 0:
            raise InvalidParameter(f"top is {self.top}", fix="Give a whole number from 0, or none for all.")
        check_horizon(self.timeline, self.horizon_s)


def check_horizon(timeline: bool, horizon_s: float | None) -> float:
    """The horizon in seconds. Raises InvalidParameter: it is negative, or given for a steady answer."""
    if horizon_s is not None and not timeline:
        raise InvalidParameter(
            "a horizon needs the run in time: steady answers have none", fix="Ask with timeline, or without a horizon."
        )
    return intime.horizon_of(horizon_s)


def criticality(system: System, asked: Question, progress: Progress | None = None) -> CriticalityResult:
    """What each single failure of an operating asset costs.

    Steady by default: one cascade per asset, exact. With ``timeline`` what is not working at the horizon: a run in
    time per asset, but for those whose answer two cascades already settle (:func:`_in_time`).

    Args:
        progress: told (done, total) failures.

    Raises:
        InvalidParameter: unknown weight or domain. LimitExceeded: more runs in time than ``max_work`` allows.
    """
    asked.check()
    chosen = only(system.arrays, asked.domain)
    values = worth(system.arrays, asked.weight)
    names, code = domains(system.arrays)
    rows = np.flatnonzero(system.baseline & chosen)
    weights = np.column_stack([np.ones(system.n), spread(values, code, len(names))])
    if asked.timeline:
        sums = _in_time(system, rows, weights, asked, progress or _silent)
    else:
        sums = _steady(Cascade(system), rows, weights, progress or _silent)
    notes = [L1_NOTE, STEADY_NOTE] if not asked.timeline else [L1_NOTE]
    return CriticalityResult(
        weight=asked.weight,
        mode="timeline" if asked.timeline else "steady",
        horizon_s=asked.horizon_s,
        revision=system.arrays.revision,
        total=len(rows),
        table=_ranked(system, rows, sums, names, asked.top),
        notes=notes,
    )


def _silent(done: int, total: int) -> None:
    """Tell nobody."""


def _steady(cascade: Cascade, rows: Longs, weights: Floats, progress: Progress) -> Floats:
    """(r, w) sums per single failure, in blocks so that progress can be told."""
    sums = np.zeros((len(rows), weights.shape[1]))
    block = min(BLOCK, max(1000, len(rows) // 20))
    for start in range(0, len(rows), block):
        part = slice(start, start + block)
        sums[part] = cascade.singles(rows[part].astype(np.int32), weights)
        progress(min(start + block, len(rows)), len(rows))
    return sums


def _in_time(system: System, rows: Longs, weights: Floats, asked: Question, progress: Progress) -> Floats:
    """(r, w) sums of what is not working at the horizon, per single failure.

    What the steady cascade without uncalled standby sources keeps never drops (:func:`.views.uncalled`);
    what the steady cascade loses is down at infinity. Where the first loses the failed asset alone, or, at infinity,
    where both agree, no run is needed.
    """
    until, horizon = time.monotonic() + asked.limit_s, intime.horizon_of(asked.horizon_s)

    def begun(done: int, total: int) -> None:  # no run yet, but whoever is told may raise to end it
        progress(0, total)

    most = _steady(Cascade(uncalled(system)), rows, weights, begun)
    settled: Bools = most[:, 0] <= 1
    if math.isinf(horizon):
        settled |= most[:, 0] == _steady(Cascade(system), rows, weights, begun)[:, 0]
    open_ = np.flatnonzero(~settled)
    intime.check_work(len(open_), system.n, asked.max_work, "Criticality in time")
    sums = most
    for done, place in enumerate(open_.tolist(), 1):
        intime.check_time(until, done - 1, len(open_), "Criticality in time")
        row = rows[place : place + 1]
        lost = intime.Part(system, row).lost(row, horizon)
        sums[place] = weights[lost].sum(axis=0)
        progress(done, len(open_))
    return sums


def _ranked(system: System, rows: Longs, sums: Floats, names: list[str], top: int | None) -> pa.Table:
    lost = sums[:, 1:].sum(axis=1)
    order = np.lexsort((rows, -sums[:, 0], -lost))[:top]
    columns = about(system, rows[order])
    columns["assets"] = pa.array(sums[order, 0].astype(np.int64))
    columns["lost"] = pa.array(tidy(lost[order]))
    for place, name in enumerate(names):
        columns[f"lost_{name}"] = pa.array(tidy(sums[order, place + 1]))
    return pa.table(columns)


def about(system: System, rows: Longs) -> dict[str, pa.ChunkedArray | pa.Array]:
    """Arrow columns ``id, kind, domain, name`` of *rows*, as text."""
    chosen = system.arrays.assets.select(["id", "kind", "domain", "name"]).take(pa.array(rows, pa.int64()))
    return {name: chosen[name].cast(pa.string()) for name in chosen.column_names}


def tidy(values: Floats) -> Floats:
    """Sums without the noise of their last digits."""
    rounded: Floats = np.round(values, 6) + 0.0
    return rounded
