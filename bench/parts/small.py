"""Impact that touches 100 or 1,000 assets: the cascade itself, at 1M and 10M assets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bench import stock
from bench.clock import Contestant, interleaved, load
from bench.gates import Fixpoint, Flat, Worklist
from bench.parts import Scale
from bench.parts.events import Rows, of_size, same
from bench.result import Result
from twin.impact.cascade import Cascade

ASKED = {100: 20e-6, 1000: 200e-6}
GROWTH = 1.2
#: Runs of the whole list of events in one turn.
REPEATS = 20


def ours(cascade: Cascade, events: list[Rows], repeats: int = REPEATS) -> Any:
    """A run of all events, several times; what the last round lost."""

    def run() -> list[Rows]:
        for _ in range(repeats):
            found = [cascade.lost(event) for event in events]
        return found

    return run


def measure(scale: Scale) -> Iterator[Result]:
    """Lines for each size of event, at the usual size with rivals, then both sizes of the system in turn."""
    small = stock.snapshot(scale.n)
    cascade = Cascade(small.system)
    flat = Flat(small.system)
    worklist, fixpoint = Worklist(flat), Fixpoint(flat)
    for wanted in ASKED:
        yield _beside(small, cascade, wanted, worklist, fixpoint)
    del flat, worklist, fixpoint
    large = stock.snapshot(scale.large)
    other = Cascade(large.system)
    for wanted, limit in ASKED.items():
        yield _growth(scale, wanted, limit, (small, cascade), (large, other))


def _beside(small: Any, cascade: Cascade, wanted: int, worklist: Worklist, fixpoint: Fixpoint) -> Result:
    before = load()
    events = of_size(small, cascade, wanted)
    lost = [cascade.lost(event) for event in events]

    def by_dicts() -> list[Rows]:
        return [np.array(sorted(worklist.lost(event.tolist()))) for event in events]

    def by_columns() -> list[Rows]:
        return [np.flatnonzero(fixpoint.lost(event)) for event in events[:4]]

    def by_steady() -> list[Rows]:
        return [_steady(small.system, event) for event in events[:4]]

    made = interleaved(
        [
            Contestant("ours", ours(cascade, events), len(events) * REPEATS, lambda a: same(lost, a, "ours")),
            Contestant("Python dict worklist", by_dicts, len(events), lambda a: same(lost, a, "worklist")),
            Contestant("numpy fixpoint", by_columns, 4, lambda a: same(lost[:4], a, "numpy"), turns=5),
            Contestant("full compiled fixpoint", by_steady, 4, lambda a: same(lost[:4], a, "fixpoint"), turns=5),
        ]
    )
    size = np.median([len(rows) for rows in lost])
    result = Result(
        f"impact that loses {wanted:,} assets",
        f"{small.n_assets:,} assets",
        f"{size:,.0f} lost (median of {len(events)} events)",
        made.pop("ours"),
        list(made.values()),
        before=before,
    )
    result.ask_most(result.ours.median, ASKED[wanted], f"<= {ASKED[wanted] * 1e6:.0f} us in the kernel")
    return result


def _steady(system: Any, event: Rows) -> Rows:
    failed = np.zeros(system.n, bool)
    failed[event] = True
    found: Rows = np.flatnonzero(system.baseline & ~system.steady(failed)).astype(np.int32)
    return found


def _growth(scale: Scale, wanted: int, limit: float, small: Any, large: Any) -> Result:
    before = load()
    runs, sizes = [], []
    for name, (snapshot, cascade) in (("small", small), ("ours", large)):
        events = of_size(snapshot, cascade, wanted)
        sizes.append(float(np.median([len(cascade.lost(event)) for event in events])))
        runs.append(Contestant(name, ours(cascade, events), len(events) * REPEATS))
    made = interleaved(runs)
    result = Result(
        f"impact that loses {wanted:,} assets, ten times the system",
        f"{scale.large:,} assets",
        f"{sizes[1]:,.0f} lost; {sizes[0]:,.0f} in the smaller system",
        made["ours"],
        before=before,
    )
    made["small"].name = f"ours, {scale.n:,} assets"
    result.others = [made["small"]]
    # Events of the two systems are not the same ones: what counts is the time for one lost asset.
    ratio = (made["ours"].median / sizes[1]) / (made["small"].median / sizes[0])
    result.ask_most(ratio, GROWTH, f"within {GROWTH}x of {scale.n:,} assets", "x")
    result.ask_most(made["ours"].median, limit, f"<= {limit * 1e6:.0f} us in the kernel")
    return result
