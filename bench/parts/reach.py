"""Everything that depends on one plant: a search over the whole graph, beside libraries and the replay floor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from bench import stock
from bench.clock import Contestant, Wrong, interleaved, load
from bench.floor import replays
from bench.parts import Scale
from bench.product import Reach
from bench.result import Result
from bench.rivals import Graph, missing, networkit_reached, reached, searches
from twin import Snapshot
from twin.impact.reach import reach
from twin.snapshot.arrays import Arrays

FLOOR = 1.3
RATIOS = {"scipy breadth_first_order": 2.0, "rustworkx": 40.0, "networkx dicts": 90.0}


def measure(scale: Scale) -> Iterator[Result]:
    """With rivals on the numbers as given, then on ours; then ten times that with the floor alone."""
    search = Case(stock.snapshot(scale.n))
    yield search.beside("whole-graph reach, rivals on the numbers as given", given(search.arrays))
    down = search.arrays.down
    yield search.beside("whole-graph reach, rivals on our numbers", (Graph(down.ptr, down.to), None))
    yield search.floor("whole-graph reach")
    del search
    yield Case(stock.snapshot(scale.large)).floor("whole-graph reach, ten times the system")


def given(arrays: Arrays) -> tuple[Graph, npt.NDArray[np.int64]]:
    """The graph with the assets numbered as they came (at random), and the given number of each node of ours."""
    carriers = np.empty(len(arrays.carriers), np.int64)
    carriers[np.argsort(arrays.place[arrays.carriers])] = np.arange(len(carriers))
    number = np.concatenate([np.asarray(arrays.place, np.int64), arrays.n + carriers])
    ours = Graph(arrays.down.ptr, arrays.down.to)
    ends = number[ours.source], number[ours.to]
    matrix = csr_array((np.ones(ours.e, np.int32), ends), shape=(ours.n, ours.n))
    return Graph(matrix.indptr, matrix.indices), number


class Case:
    """One search: from the plant that reaches most (of eight)."""

    def __init__(self, snapshot: Snapshot) -> None:
        """Args: snapshot: of any size."""
        self.arrays = snapshot.arrays
        self.search = Reach(self.arrays)
        plants = stock.rows_of(snapshot, "power_plant")[:8].tolist()
        self.seed = max(plants, key=lambda plant: len(self.search.rows(plant)))
        self.order = self.search.rows(self.seed).copy()
        self.nodes = len(self.arrays.down.ptr) - 1
        self.size = f"{self.arrays.n:,} assets, {self.nodes:,} nodes, {len(self.arrays.down.to):,} edges"

    def beside(self, what: str, rivals: tuple[Graph, npt.NDArray[np.int64] | None]) -> Result:
        """All libraries on a graph whose numbers may be others."""
        before = load()
        graph, number = rivals
        seed = self.seed if number is None else int(number[self.seed])
        wanted = reached(self.order if number is None else number[self.order], self.nodes)

        def checked(name: str, answer: Any) -> None:
            mask = networkit_reached(answer) if name == "networkit" else reached(answer, self.nodes).copy()
            mask[seed] = True
            if not np.array_equal(mask, wanted):
                raise Wrong(f"{name} reached {mask.sum():,}, ours {wanted.sum():,}")

        def rival(name: str, find: Any) -> Contestant:
            return Contestant(name, lambda: find(seed), check=lambda a: checked(name, a))

        whole = np.array([self.seed])
        runs = [
            Contestant("ours", lambda: self.search.rows(self.seed)),
            Contestant("ours, as sorted assets", lambda: reach(self.arrays, whole, up=False)),
            *(rival(name, find) for name, find in searches(graph)),
        ]
        made = interleaved(runs)
        answer = f"{wanted.sum():,} nodes reached"
        result = Result(what, self.size, answer, made.pop("ours"), list(made.values()), before=before)
        for name, ratio in RATIOS.items():
            result.ask_ratio(name, ratio, f">= {ratio:g}x {name}")
        result.notes += [f"{name}: not installed" for name in missing()]
        return result

    def floor(self, what: str) -> Result:
        """Beside the same memory reads in the known order."""
        before = load()
        down = self.arrays.down
        floors = replays(self.order, down.ptr, down.to)
        runs = [Contestant("ours", lambda: self.search.rows(self.seed))]
        runs += [Contestant(name, run) for name, run in floors.items()]
        made = interleaved(runs)
        answer = f"{len(self.order):,} nodes reached"
        result = Result(
            f"{what}, beside its floor", self.size, answer, made.pop("ours"), list(made.values()), before=before
        )
        least = min(times.median for times in made.values())
        result.ask_most(result.ours.median / least, FLOOR, f"<= {FLOOR}x the replay floor", "x")
        result.notes.append("The floor: the same memory reads in the known order, and no decisions.")
        return result
