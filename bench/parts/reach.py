"""Everything that depends on one plant: a search over the whole graph, beside libraries and the replay floor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from bench import stock
from bench.clock import Contestant, Wrong, interleaved, load
from bench.floor import replays
from bench.parts import Scale
from bench.product import Reach
from bench.result import Result
from bench.rivals import Graph, missing, networkit_reached, reached, searches
from twin.impact.reach import reach

FLOOR = 1.3


def measure(scale: Scale) -> Iterator[Result]:
    """At the usual size with all rivals, then ten times that with the floor alone."""
    yield _one(scale.n, rivals=True)
    yield _one(scale.large, rivals=False)


def _one(n: int, rivals: bool) -> Result:
    before = load()
    snapshot = stock.snapshot(n)
    ptr, to = snapshot.arrays.down.ptr, snapshot.arrays.down.to
    graph = Graph(ptr, to)
    search = Reach(snapshot.arrays)
    seed, order = _largest(search, stock.rows_of(snapshot, "power_plant"))
    wanted = reached(order, graph.n)

    def checked(name: str, answer: Any) -> None:
        mask = networkit_reached(answer) if name == "networkit" else reached(answer, graph.n).copy()
        mask[seed] = True
        if not np.array_equal(mask, wanted):
            raise Wrong(f"{name} reached {mask.sum():,}, ours {wanted.sum():,}")

    runs = [Contestant("ours", lambda: search.rows(seed), check=lambda a: checked("ours", a))]
    for name, run in replays(order, ptr, to).items():
        runs.append(Contestant(name, run, note="the same memory reads in the known order"))
    if rivals:
        whole = np.array([seed])
        runs.append(Contestant("ours, sorted copy", lambda: reach(snapshot.arrays, whole, up=False)))
        for name, find in searches(graph):
            runs.append(_rival(name, find, seed, checked))
    made = interleaved(runs, seconds=6.0)
    result = Result(
        "whole-graph reach" if rivals else "whole-graph reach, ten times the system",
        f"{n:,} assets, {graph.n:,} nodes, {graph.e:,} edges",
        f"{wanted.sum():,} nodes reached",
        made.pop("ours"),
        list(made.values()),
        before=before,
    )
    if rivals:
        result.ask_ratio("scipy breadth_first_order", 2.0, ">= 2x scipy")
        result.ask_ratio("rustworkx", 40.0, ">= 40x rustworkx")
        result.ask_ratio("networkx dicts", 90.0, ">= 90x networkx dicts")
        result.notes += [f"{name}: not installed" for name in missing()]
    floor = min(made["replay"].median, made["replay, reading ahead"].median)
    result.ask_most(result.ours.median / floor, FLOOR, f"<= {FLOOR}x the replay floor", "x")
    return result


def _rival(name: str, find: Any, seed: int, checked: Any) -> Contestant:
    return Contestant(name, lambda: find(seed), check=lambda a: checked(name, a))


def _largest(search: Reach, plants: npt.NDArray[np.int32]) -> tuple[int, npt.NDArray[Any]]:
    """The plant from which most is reached (of eight), and what is reached in the order met."""
    found = [(int(seed), search.rows(int(seed)).copy()) for seed in plants[:8]]
    return max(found, key=lambda pair: len(pair[1]))
