"""Bridges and articulation points of all links taken as an undirected multigraph, parallel ones kept apart."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from bench import stock
from bench.clock import Contestant, Wrong, interleaved, load
from bench.parts import Scale
from bench.result import Result
from bench.rivals import library
from twin.impact.meshes.cuts import cuts
from twin.snapshot.arrays import Arrays

LEAST = 2.0


def measure(scale: Scale) -> Iterator[Result]:
    """Rivals on the numbers as given, then on ours."""
    arrays = stock.snapshot(scale.n).arrays
    yield _one(arrays, "rivals on the numbers as given", np.asarray(arrays.place, np.int64))
    yield _one(arrays, "rivals on our numbers", np.arange(arrays.n))


def _one(arrays: Arrays, numbers: str, number: npt.NDArray[np.int64]) -> Result:
    """Beside igraph and rustworkx, whose graphs are ready; ours makes its own from the two columns each time.

    number: what the rivals call each asset of ours.
    """
    before = load()
    n, source, target = arrays.n, np.asarray(arrays.link_from), np.asarray(arrays.link_to)
    found = cuts(n, source, target)
    points, bridges = np.sort(number[np.flatnonzero(found.articulation)]), np.flatnonzero(found.bridges)
    theirs = number[source], number[target]

    def checked(name: str, told: tuple[Any, Any]) -> None:
        for what, ours, rows in (("articulation points", points, told[0]), ("bridges", bridges, told[1])):
            if not np.array_equal(np.unique(np.asarray(rows, np.int64)), ours):
                raise Wrong(f"{name} finds {len(rows):,} {what}, ours {len(ours):,}")

    runs = [Contestant("ours", lambda: cuts(n, source, target))]
    module = library("igraph")
    if module is not None:
        made = module.Graph(n=n, edges=np.stack(theirs, axis=1), directed=False)
        runs.append(
            Contestant(
                "igraph", lambda: (made.articulation_points(), made.bridges()), check=lambda a: checked("igraph", a)
            )
        )
    module = library("rustworkx")
    if module is not None:
        ready = _rustworkx(module, n, *theirs)
        runs.append(
            Contestant(
                "rustworkx",
                lambda: (module.articulation_points(ready), module.bridges(ready)),
                check=lambda a: checked("rustworkx", (list(a[0]), _edges(a[1], *theirs))),
            )
        )
    times = interleaved(runs)
    result = Result(
        f"articulation points and bridges, {numbers}",
        f"{n:,} assets, {len(source):,} links",
        f"{len(points):,} articulation points, {len(bridges):,} bridges",
        times.pop("ours"),
        list(times.values()),
        before=before,
    )
    ask_best(result, LEAST)
    return result


def ask_best(result: Result, least: float) -> None:
    """Ours must be so many times faster than the faster of igraph and rustworkx."""
    result.notes += [f"{name}: not installed" for name in ("igraph", "rustworkx") if library(name) is None]
    right = [times for times in result.others if times.seconds and not times.wrong]
    if right:
        best = min(right, key=lambda times: times.median).name
        result.ask_ratio(best, least, f">= {least:g}x the best of igraph and rustworkx")


def _rustworkx(module: Any, n: int, source: npt.NDArray[Any], target: npt.NDArray[Any]) -> Any:
    made = module.PyGraph(multigraph=True, node_count_hint=n, edge_count_hint=len(source))
    made.add_nodes_from(range(n))
    made.extend_from_edge_list(list(zip(source.tolist(), target.tolist(), strict=True)))
    return made


def _edges(pairs: Any, source: npt.NDArray[Any], target: npt.NDArray[Any]) -> list[int]:
    """Rows of the links between pairs of assets; a pair of several links counts with each of them."""
    low, high = np.minimum(source, target).astype(np.int64), np.maximum(source, target).astype(np.int64)
    key = low << 32 | high
    told = {(min(a, b) << 32) | max(a, b) for a, b in pairs}
    found: list[int] = np.flatnonzero(np.isin(key, np.fromiter(told, np.int64, len(told)))).tolist()
    return found
