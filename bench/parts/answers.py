"""Answers of the product from end to end: impact in time with verdicts, proof and sums, as the surfaces give them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import orjson

from bench import stock
from bench.clock import Contestant, interleaved, load
from bench.parts import Scale
from bench.parts.events import of_size
from bench.result import Result
from twin import Snapshot
from twin.impact.cascade import Cascade

SIZES = (10_000, 100_000, 1_000_000)
EVENTS = 8


def measure(scale: Scale) -> Iterator[Result]:
    """For each size of system an event that loses one, about 30 and about 100 assets."""
    for n in [size for size in SIZES if size <= scale.n] or [scale.n]:
        snapshot = stock.snapshot(n)
        cascade = Cascade(snapshot.system)
        snapshot.impact(snapshot.catalogue.ids(np.array([0])))
        for wanted in (1, 30, 100):
            yield _one(snapshot, cascade, wanted)


def _one(snapshot: Snapshot, cascade: Cascade, wanted: int) -> Result:
    before = load()
    events = [snapshot.catalogue.ids(rows) for rows in of_size(snapshot, cascade, wanted, EVENTS)]
    affected = [len(snapshot.impact(event).affected) for event in events]

    def answers() -> int:
        return sum(len(orjson.dumps(snapshot.impact(event).to_dict())) for event in events)

    made = interleaved([Contestant("ours", answers, len(events))])
    return Result(
        f"impact answer as JSON, about {wanted} lost",
        f"{snapshot.n_assets:,} assets",
        f"{np.median(affected):,.0f} affected (median of {len(events)} events)",
        made["ours"],
        before=before,
    )
