"""Exact N-1: every asset fails alone, and everything that it takes with it is counted and weighed."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from bench import stock
from bench.clock import Times, Wrong, load
from bench.parts import Scale
from bench.parts.events import Rows, some
from bench.parts.small import _steady
from bench.result import Result
from twin import Snapshot
from twin.impact.cascade import Cascade

TREE_S, ALL_S = 1.0, 20.0
#: Seconds after which a part is given up, and how many assets tell whether to begin it.
PATIENCE_S, SAMPLE = 120.0, 64
CHECKED = 16


def meshed(snapshot: Snapshot) -> dict[str, npt.NDArray[np.bool_]]:
    """(n,) masks: assets on a cycle of a grounded service, and assets of the transport mesh that are on none."""
    a = snapshot.arrays
    grid, transport = np.zeros(a.n, bool), np.zeros(a.n, bool)
    for order in a.orders.values():
        size = np.diff(order.start.astype(np.int64))
        component = order.component.astype(np.int64)
        grid |= (component >= 0) & (size[np.maximum(component, 0)] > 1)
    for mesh in a.meshes.values():
        transport |= np.diff(mesh.ptr.astype(np.int64)) > 0
    transport &= ~grid
    return {"trees and gates": ~grid & ~transport, "transport mesh": transport, "grounded meshes": grid}


def measure(scale: Scale) -> Iterator[Result]:
    """The three kinds of assets apart, then all together."""
    snapshot = stock.snapshot(scale.n)
    cascade = Cascade(snapshot.system)
    column = snapshot.arrays.assets["customers"].fill_null(0).to_numpy()
    weights = np.stack([np.ones(scale.n), column.astype(np.float64)], axis=1)
    whole, spent, total = 0.0, 0.0, 0
    shares = []
    cascade.singles(np.arange(64, dtype=np.int32), weights)
    for name, mask in meshed(snapshot).items():
        rows = np.flatnonzero(mask).astype(np.int32)
        result = _one(snapshot, cascade, name, rows, weights)
        shares.append(f"{name} {100 * len(rows) / scale.n:.1f} %")
        if result.ours.seconds:
            whole += result.ours.median
            spent += min(result.ours.cpu)
        else:
            whole = np.inf
        if name == "trees and gates":
            result.ask_most(result.ours.median if result.ours.seconds else None, TREE_S, "<= 1 s on one core")
        yield result
        total += len(rows)
    times = Times("ours", [whole], [spent]) if np.isfinite(whole) else Times("ours")
    result = Result("exact N-1 of every asset, counts and customers", f"{total:,} assets", "; ".join(shares), times)
    result.ask_most(whole if np.isfinite(whole) else None, ALL_S, "<= 20 s on one core, meshes included")
    result.notes.append("The sum of the three lines above.")
    yield result


def _one(snapshot: Snapshot, cascade: Cascade, name: str, rows: Rows, weights: npt.NDArray[np.float64]) -> Result:
    before = load()
    sample = some(rows, SAMPLE, np.random.default_rng(8))
    began = time.perf_counter()
    cascade.singles(sample, weights)
    guess = (time.perf_counter() - began) / len(sample) * len(rows)
    times = Times("ours")
    answer = f"not run: {SAMPLE} of them say it takes {guess:,.0f} s"
    if guess <= PATIENCE_S:
        sums = np.zeros((0, 2))
        for _ in range(3 if guess < 5 else 1):
            began, spent = time.perf_counter(), time.process_time()
            sums = cascade.singles(rows, weights)
            times.seconds.append(time.perf_counter() - began)
            times.cpu.append(time.process_time() - spent)
        worst = int(np.argmax(sums[:, 0]))
        answer = f"{sums[:, 0].sum():,.0f} losses in all, the worst single failure loses {sums[worst, 0]:,.0f}"
        try:
            fixpoint = _check(snapshot, rows, sums, weights)
        except Wrong as wrong:
            times.wrong, fixpoint = str(wrong), np.nan
    else:
        fixpoint = _seconds(snapshot, sample[:4])
    result = Result(f"exact N-1, {name}", f"{len(rows):,} assets", answer, times, before=before)
    result.notes.append(
        f"One full compiled fixpoint for each would take {fixpoint * len(rows) / 3600:,.1f} hours "
        f"({fixpoint * 1e3:.1f} ms each, from a sample)."
    )
    return result


def _check(snapshot: Snapshot, rows: Rows, sums: npt.NDArray[np.float64], weights: npt.NDArray[np.float64]) -> float:
    """Compare the worst and a random sample with the full fixpoint; seconds of one. Raises Wrong."""
    chosen = np.concatenate(
        [np.argsort(sums[:, 0])[-CHECKED // 2 :], np.random.default_rng(9).integers(0, len(rows), CHECKED)]
    )
    began = time.perf_counter()
    for place in chosen.tolist():
        lost = _steady(snapshot.system, rows[place : place + 1])
        if not np.allclose(weights[lost].sum(axis=0), sums[place], rtol=1e-9):
            raise Wrong(f"row {rows[place]}: {sums[place].tolist()}, by the full fixpoint {len(lost)} lost")
    return (time.perf_counter() - began) / len(chosen)


def _seconds(snapshot: Snapshot, rows: Rows) -> float:
    began = time.perf_counter()
    for row in rows:
        _steady(snapshot.system, np.array([row], np.int32))
    return (time.perf_counter() - began) / len(rows)
