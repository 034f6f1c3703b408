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
HEAVY = ("data_centre", "exchange", "hall", "substation", "router", "ups", "bus", "rack", "feeder")
MOST = 6_000
#: Assets from which on there must be events of the wanted size.
ENOUGH = 1_000_000


def of_size(snapshot: Snapshot, cascade: Cascade, wanted: int, many: int = 24) -> list[Rows]:
    """*many* single failures that lose about *wanted* assets each, the failed one included."""
    rng = np.random.default_rng(wanted)
    rows = np.concatenate([some(stock.rows_of(snapshot, kind), MOST, rng) for kind in HEAVY])
    rows.sort()
    lost = cascade.singles(rows, np.ones((snapshot.n_assets, 1)))[:, 0]
    nearest = np.argsort(np.abs(lost - wanted), kind="stable")[: many if snapshot.n_assets >= ENOUGH else 3]
    if abs(np.median(lost[nearest]) - wanted) > wanted * 0.1 and snapshot.n_assets >= ENOUGH:
        raise ValueError(f"no events that lose {wanted} assets, the nearest lose {lost[nearest].tolist()}")
    return [rows[i : i + 1] for i in nearest]


def some(rows: Rows, most: int, rng: np.random.Generator) -> Rows:
    """A random choice of at most *most*."""
    return rows if len(rows) <= most else np.sort(rng.choice(rows, most, replace=False))


def same(ours: list[Rows], theirs: list[Rows], who: str) -> None:
    """Raises :class:`Wrong` where two lists of lost rows differ."""
    for place, (a, b) in enumerate(zip(ours, theirs, strict=True)):
        if not np.array_equal(np.asarray(a), np.asarray(b)):
            raise Wrong(f"{who}: event {place} loses {len(b)} assets, ours {len(a)}")
