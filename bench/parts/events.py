"""Events of a wanted size, found by the cascade itself."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bench import stock
from bench.clock import Wrong
from twin import Snapshot
from twin.impact.cascade import Cascade

Rows = npt.NDArray[np.int32]
#: Kinds whose loss takes something with it.
HEAVY = ("data_centre", "exchange", "hall", "substation", "router", "ups", "bus", "feeder")
MOST = 2_000
#: So many racks side by side fail together.
GROUPS = (*range(1, 30), *range(30, 100, 5), *range(100, 300, 10))
#: Assets from which on there must be events of the wanted size.
ENOUGH = 1_000_000


def of_size(snapshot: Snapshot, cascade: Cascade, wanted: int, many: int = 24) -> list[Rows]:
    """*many* events that lose about *wanted* assets each, the failed ones included.

    Raises:
        ValueError: a large system has none.
    """
    rng = np.random.default_rng(wanted)
    events = [rows for kind in HEAVY for rows in some(stock.rows_of(snapshot, kind), MOST, rng).reshape(-1, 1)]
    racks = _racks(snapshot)
    for size in GROUPS:
        starts = some(np.arange(max(len(racks) - size, 0), dtype=np.int32), MOST // 20, rng)
        events += [np.sort(racks[start : start + size]) for start in starts]
    ptr = np.concatenate([[0], np.cumsum([len(event) for event in events])])
    lost = cascade.scenarios(ptr, np.concatenate(events), np.ones((snapshot.n_assets, 1)))[1]
    nearest = np.argsort(np.abs(lost - wanted), kind="stable")[: many if snapshot.n_assets >= ENOUGH else 3]
    if abs(np.median(lost[nearest]) - wanted) > wanted * 0.1 and snapshot.n_assets >= ENOUGH:
        raise ValueError(f"no events that lose {wanted} assets, the nearest lose {lost[nearest].tolist()}")
    return [events[place] for place in nearest]


def _racks(snapshot: Snapshot) -> Rows:
    """Rows of the racks, side by side as they were numbered."""
    rows = stock.rows_of(snapshot, "rack")
    number = [int(name.rpartition(".")[2]) for name in snapshot.catalogue.ids(rows)]
    return rows[np.argsort(number)]


def some(rows: Rows, most: int, rng: np.random.Generator) -> Rows:
    """A random choice of at most *most*."""
    return rows if len(rows) <= most else np.sort(rng.choice(rows, most, replace=False))


def same(ours: list[Rows], theirs: list[Rows], who: str) -> None:
    """Raises :class:`Wrong` where two lists of lost rows differ."""
    for place, (a, b) in enumerate(zip(ours, theirs, strict=True)):
        if not np.array_equal(np.asarray(a), np.asarray(b)):
            raise Wrong(f"{who}: event {place} loses {len(b)} assets, ours {len(a)}")
