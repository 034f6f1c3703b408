"""The answer about the cut sets of one asset: the same in Python, CLI and API."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from twin.errors import InvalidParameter
from twin.impact.cutsets.chances import chances
from twin.impact.cutsets.find import Found, Task, find, unavailability
from twin.impact.cutsets.search import Progress
from twin.impact.cutsets.structure import mask, upstream
from twin.impact.failures.criticality import L1_NOTE, MODEL_LEVEL, STEADY_NOTE, check_horizon
from twin.impact.rests import Resting
from twin.impact.system import System
from twin.schema import suggest
from twin.snapshot.arrays import Bools, Floats
from twin.snapshot.catalogue import Catalogue

ORDER = 3
TIME_NOTE = "In time: down at the horizon; how likely that is cannot be said."
BOUNDS_NOTE = (
    "The unavailability lies between two bounds: that of the sets found, and that of the path sets met while they "
    "were sought; importances are those of the sets found."
)
#: Cascades that one search may take.
MAX_STEPS = 100_000
#: Nodes of a diagram of all sets.
MAX_NODES = 2_000_000


@dataclass(repr=False)
class CutSets(Resting):
    """The minimal cut sets of one asset: in the steady state (design §4, answer 1), or in time at a horizon.

    Attributes:
        asset: the asset: id, kind, domain, name. revision, model_level: what the answer rests on.
        state: ``steady`` or ``timeline``. horizon_s: of the run in time, None for its end.
        order: sets of at most so many assets were asked for, None for all.
        method: ``bdd`` (Rauzy's minimal solutions), ``search`` (hitting path sets) or ``runs`` (in time); all exact.
        can_fail: number of assets that it rests on and that may fail. out: those that did not operate before.
        counts: minimal cut sets by number of assets, from 0 on; of all orders when *complete*.
        complete: whether ``counts`` has every order.
        sets: the sets, smallest first: ``assets``, and ``probability`` when it is known.
        assets: id -> kind, domain and name of every asset in a set.
        unavailability: None without any data, else ``value`` (exact, or None), ``lower``, ``upper``, ``rare_event``
            (the approximation from the sets), ``with_data`` and ``without_data`` (assets that can fail).
        importances: per asset that can fail at random, the largest share first. notes: caveats in words.
    """

    QUESTION: ClassVar[str] = "cut-sets"

    asset: dict[str, Any]
    revision: int
    state: str
    horizon_s: float | None
    order: int | None
    method: str
    can_fail: int
    out: int
    counts: list[int]
    complete: bool
    sets: list[dict[str, Any]]
    assets: dict[str, dict[str, Any]]
    unavailability: dict[str, Any] | None = None
    importances: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    model_level: str = MODEL_LEVEL

    def to_dict(self, limit: int | None = None) -> dict[str, Any]:
        """Plain data, ready for JSON; with *limit* at most so many sets and importances (``total``: sets in all)."""
        return {
            "asset": self.asset,
            "revision": self.revision,
            "model_level": self.model_level,
            "assumptions": self.assumptions,
            "state": self.state,
            "horizon_s": self.horizon_s,
            "order": self.order,
            "method": self.method,
            "can_fail": self.can_fail,
            "out": self.out,
            "counts": self.counts,
            "complete": self.complete,
            "total": len(self.sets),
            "sets": self.sets[:limit],
            "assets": self.assets if limit is None else self._named(self.sets[:limit]),
            "unavailability": self.unavailability,
            "importances": self.importances[:limit],
            "notes": self.notes,
        }

    def _named(self, sets: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
        return {name: self.assets[name] for entry in sets for name in entry["assets"]}


def cut_sets(
    system: System,
    catalogue: Catalogue,
    asset_id: str,
    order: int | None = ORDER,
    probabilities: Mapping[str, float] | None = None,
    kind_probabilities: Mapping[str, float] | None = None,
    can_fail: Sequence[str] | None = None,
    timeline: bool = False,
    horizon_s: float | None = None,
    max_steps: int = MAX_STEPS,
    max_nodes: int = MAX_NODES,
    limit_s: float = math.inf,
    progress: Progress | None = None,
) -> CutSets:
    """The minimal sets of assets whose failure takes an asset down for good, and how likely that is.

    Args:
        order: sets of at most so many assets; None for all, where a diagram of all of them fits.
        probabilities: id -> unavailability, instead of what the assets carry.
        kind_probabilities: kind -> unavailability, for assets that carry none.
        can_fail: kinds or domains that may fail, None for all.
        timeline: what takes it down in the run in time at *horizon_s* (None for its end), not for good.
        max_steps: cascades or runs that a search may make. max_nodes: nodes of a diagram of all sets.
        limit_s: seconds after which no further cascade or run is made.
        progress: told in words how far it is.

    Raises:
        UnknownAsset. InvalidParameter: the order, a kind or a probability is wrong, or the asset does not operate.
        LimitExceeded: too many sets or too much work; it says what was reached.
    """
    until, horizon = time.monotonic() + limit_s, check_horizon(timeline, horizon_s)
    row = catalogue.row(asset_id)
    if not system.baseline[row]:
        why = "is not in service" if not system.arrays.in_service[row] else "does not operate before any event"
        raise InvalidParameter(
            f"{asset_id} {why}: nothing has to fail for it to be down", fix=f"Ask: twin show {asset_id}"
        )
    rows = upstream(system, row, callers=timeline)
    allowed = system.baseline & mask(system, rows) & _allowed(system, can_fail)
    possible = int(allowed.sum())
    if order == ORDER:  # what nobody has to ask for is no error where less can fail
        order = min(order, max(possible, 1))
    if order is not None and not 1 <= order <= max(possible, 1):
        many = "1 asset" if possible == 1 else f"{possible:,} assets"
        raise InvalidParameter(
            f"the order is {order}; {many} that {asset_id} rests on can fail",
            fix=f"Give 1 to {max(possible, 1):,}; or all sets, of whatever order (`--order all`, in Python None).",
        )
    chance, known = chances(system.arrays, catalogue, probabilities, kind_probabilities)
    task = Task(
        system, row, rows, allowed, order, horizon if timeline else None, max_steps, max_nodes, progress, until
    )  # fmt: skip
    found = find(task)
    result = _assemble(task, catalogue, found, chance, known)
    result.horizon_s = horizon_s
    if not timeline and (allowed & known).any():
        likely = allowed & known & (chance > 0)
        _likelihood(result, task, found, catalogue, likely, chance, int((allowed & known).sum()))
    return result


def _allowed(system: System, words: Sequence[str] | None) -> Bools:
    """(n,) assets of one of the kinds or domains."""
    if words is None:
        return np.ones(system.n, bool)
    table = system.arrays.assets
    columns = [pc.cast(table[name], pa.string()) for name in ("kind", "domain")]
    there = {word for column in columns for word in pc.unique(column).to_pylist()}
    for word in words:
        if word not in there:
            raise InvalidParameter(
                f"no asset has the kind or domain {word!r}.{suggest(word, sorted(there))}",
                fix="List them with: twin schema",
            )
    chosen = np.zeros(system.n, bool)
    for column in columns:
        chosen |= pc.is_in(column, value_set=pa.array(list(words), pa.string())).to_numpy(zero_copy_only=False)
    return chosen


def _assemble(task: Task, catalogue: Catalogue, found: Found, chance: Floats, known: Bools) -> CutSets:
    system, row = task.system, task.row
    used = sorted({v for cut in found.cuts for v in cut} | {row})
    brief = dict(zip(used, catalogue.brief(np.array(used, np.int64)), strict=True))
    sets = []
    for cut in found.cuts:
        entry: dict[str, Any] = {"assets": sorted(brief[v]["id"] for v in cut)}
        entry["probability"] = float(np.prod(chance[list(cut)])) if known[list(cut)].all() else None
        sets.append(entry)
    sets.sort(key=lambda e: (len(e["assets"]), -(e["probability"] or 0.0), e["assets"]))
    return CutSets(
        asset=brief[row],
        revision=system.arrays.revision,
        state="steady" if task.horizon_s is None else "timeline",
        horizon_s=None,
        order=task.order,
        method=found.method,
        can_fail=int(task.allowed.sum()),
        out=int((~system.baseline[task.rows]).sum()),
        counts=found.counts,
        complete=found.complete,
        sets=sets,
        assets={e["id"]: {k: e[k] for k in ("kind", "domain", "name")} for e in brief.values()},
        notes=[L1_NOTE, STEADY_NOTE if task.horizon_s is None else TIME_NOTE],
    )


def _likelihood(
    result: CutSets, task: Task, found: Found, catalogue: Catalogue, likely: Bools, chance: Floats, with_data: int
) -> None:
    """Fill in unavailability and importances."""
    chance = np.where(likely, chance, 0.0)
    answer = unavailability(task, found, likely, chance)
    result.unavailability = {
        "value": answer.lower if answer.exact else None,
        "lower": answer.lower,
        "upper": answer.upper,
        "rare_event": answer.rare_event,
        "with_data": with_data,
        "without_data": result.can_fail - with_data,
    }
    ranked = answer.importances(chance)
    named = catalogue.brief(np.array([v for v, _ in ranked], np.int64))
    result.importances = [
        {**entry, "unavailability": float(chance[v]), **values}
        for entry, (v, values) in zip(named, ranked, strict=True)
    ]
    if not answer.exact:
        result.notes.append(BOUNDS_NOTE)
