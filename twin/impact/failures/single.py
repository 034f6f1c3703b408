"""Single points of failure of one asset: every other asset whose loss alone takes it down."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from twin.impact.cascade import Cascade
from twin.impact.failures import intime
from twin.impact.failures.criticality import L1_NOTE, MODEL_LEVEL, STEADY_NOTE, Progress, check_horizon
from twin.impact.failures.regions import upstream
from twin.impact.failures.views import uncalled
from twin.impact.rests import Resting
from twin.impact.system import System
from twin.snapshot.arrays import Bools, Longs
from twin.snapshot.catalogue import Catalogue

WAY_OUT = "Ask without the run in time, or on the command line: twin spof has no limit of time."


@dataclass(repr=False)
class SpofResult(Resting):
    """What alone takes an asset down.

    Attributes:
        id: the asset. mode: ``steady`` or ``timeline``. horizon_s: of the run in time, None for its end.
        operating: whether it operates before any event; when not, the lists are empty.
        down: assets (``id, kind, domain, name``) whose loss takes it down: for good in the steady answer; at the
            horizon with ``timeline``, then with ``outages``.
        interrupted: those whose loss takes it down only in time, with ``outages``: a start gap, or (with a horizon)
            a spell before it.
        tried: failures that could have mattered. notes: caveats in words.
    """

    QUESTION: ClassVar[str] = "single-points-of-failure"

    id: str
    mode: str
    horizon_s: float | None
    revision: int
    operating: bool
    down: list[dict[str, Any]] = field(default_factory=list)
    interrupted: list[dict[str, Any]] = field(default_factory=list)
    tried: int = 0
    notes: list[str] = field(default_factory=list)
    model_level: str = MODEL_LEVEL

    def to_dict(self) -> dict[str, Any]:
        """Plain data, ready for JSON."""
        return {
            "id": self.id,
            "mode": self.mode,
            "horizon_s": self.horizon_s,
            "revision": self.revision,
            "model_level": self.model_level,
            "assumptions": self.assumptions,
            "operating": self.operating,
            "down": self.down,
            "interrupted": self.interrupted,
            "tried": self.tried,
            "notes": self.notes,
        }


def single_points(
    catalogue: Catalogue,
    system: System,
    asset_id: str,
    timeline: bool = False,
    horizon_s: float | None = None,
    max_work: int = intime.MAX_WORK,
    limit_s: float = math.inf,
    progress: Progress | None = None,
) -> SpofResult:
    """Every single asset but itself whose loss takes *asset_id* down, steady or (``timeline``) in time.

    Failures to try are what it depends on through any gate, and who could call a standby source among these. What
    the cascade without uncalled standby sources keeps never drops; only where that loses the asset and the steady
    cascade does not (a start gap), or with ``timeline``, a run in time decides. Exact.

    Args:
        max_work: runs in time times assets at most. limit_s: seconds after which no further run is made. progress: told
            how many of the runs are done and how many there are; whatever it raises ends the work.

    Raises:
        UnknownAsset, InvalidParameter. LimitExceeded: more runs in time than ``max_work`` allows, or than were made in
            *limit_s* seconds.
    """
    horizon, until = check_horizon(timeline, horizon_s), time.monotonic() + limit_s
    row = catalogue.row(asset_id)
    result = SpofResult(
        asset_id, "timeline" if timeline else "steady", horizon_s, system.arrays.revision, bool(system.baseline[row])
    )
    result.notes = [L1_NOTE] if timeline else [L1_NOTE, STEADY_NOTE]
    if not result.operating:
        result.notes.append("It does not operate before any event: see the findings.")
        return result
    near = upstream(system, np.array([row]), callers=True) & system.baseline
    near[row] = False
    rows = np.flatnonzero(near)
    result.tried = len(rows)
    steady = _takes_down(Cascade(system), rows, row, system.n)
    at_most = _takes_down(Cascade(uncalled(system)), rows, row, system.n)
    runs = rows[at_most] if timeline else rows[at_most & ~steady]
    intime.check_work(len(runs), system.n, max_work, "This question")
    down = [] if timeline else rows[steady].tolist()
    spells: dict[int, list[list[float | None]]] = {}
    for done, cause in enumerate(runs.tolist()):
        intime.check_time(until, done, len(runs), "This question", WAY_OUT)
        if progress is not None:
            progress(done, len(runs))
        outcome = intime.run(system, np.array([cause]), horizon)
        if outcome.dropped[row]:
            spells[cause] = outcome.outages(row)
            if timeline and outcome.lost[row]:
                down.append(cause)
    result.down = _named(catalogue, down, spells)
    result.interrupted = _named(catalogue, [cause for cause in spells if cause not in set(down)], spells)
    return result


def _takes_down(cascade: Cascade, rows: Longs, row: int, n: int) -> Bools:
    """(r,) whether the loss of each of *rows* takes *row* down."""
    weight = np.zeros((n, 1))
    weight[row] = 1.0
    taken: Bools = cascade.singles(rows.astype(np.int32), weight)[:, 0] > 0.5
    return taken


def _named(catalogue: Catalogue, rows: list[int], spells: dict[int, list[list[float | None]]]) -> list[dict[str, Any]]:
    named = catalogue.brief(np.array(rows, np.int64))
    for entry, row in zip(named, rows, strict=True):
        if row in spells:
            entry["outages"] = spells[row]
    return named
