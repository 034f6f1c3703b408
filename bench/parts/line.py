"""One line of a meshed grid lost and nothing cut off: what changes is small, the mesh is not."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from bench import stock
from bench.clock import Contestant, interleaved, load
from bench.parts import Scale
from bench.parts.events import Rows, same, some
from bench.parts.small import _steady, ours
from bench.result import Result
from twin import Snapshot
from twin.impact.cascade import Cascade

MANY, REPEATS = 200, 5


def measure(scale: Scale) -> Iterator[Result]:
    """Lines of the grid, then spans of the transport mesh."""
    snapshot = stock.snapshot(scale.n)
    cascade = Cascade(snapshot.system)
    grid = snapshot.arrays.services.index("power")
    order = snapshot.arrays.orders[grid]
    largest = int(np.diff(order.start.astype(np.int64)).max())
    yield _one(snapshot, cascade, "power_line", f"one line lost in a meshed grid of {largest:,} assets")
    spans = sum(len(stock.rows_of(snapshot, kind)) for kind in ("span", "router"))
    yield _one(snapshot, cascade, "span", f"one span lost in a transport mesh of {spans:,} assets")


def _one(snapshot: Snapshot, cascade: Cascade, kind: str, what: str) -> Result:
    before = load()
    rows = some(stock.rows_of(snapshot, kind), 3_000, np.random.default_rng(5))
    alone = rows[cascade.singles(rows, np.ones((snapshot.n_assets, 1)))[:, 0] == 1]
    events: list[Rows] = [alone[i : i + 1] for i in range(min(MANY, len(alone)))]
    few = events[:5]
    made = interleaved(
        [
            Contestant(
                "ours", ours(cascade, events, REPEATS), len(events) * REPEATS, lambda a: same(events, a, "ours")
            ),
            Contestant(
                "full compiled fixpoint",
                lambda: [_steady(snapshot.system, event) for event in few],
                len(few),
                lambda a: same(few, a, "fixpoint"),
            ),
        ]
    )
    result = Result(
        what + ", nothing cut off",
        f"{snapshot.n_assets:,} assets",
        f"nothing else lost ({len(events)} of them, each alone)",
        made.pop("ours"),
        list(made.values()),
        before=before,
    )
    result.ask_ratio("full compiled fixpoint", 100.0, ">= 100x the full fixpoint")
    return result
