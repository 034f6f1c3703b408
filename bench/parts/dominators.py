"""Immediate dominators of everything, from a root above all sources: through whom alone all supply comes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from bench import stock
from bench.clock import Contestant, Wrong, interleaved, load
from bench.parts import Scale
from bench.parts.meshes import ask_best
from bench.result import Result
from bench.rivals import library
from twin.impact.meshes.dominators import idoms
from twin.snapshot.arrays import Arrays

LEAST = 7.0


def measure(scale: Scale) -> Iterator[Result]:
    """Rivals on the numbers as given, then on ours."""
    arrays = stock.snapshot(scale.n).arrays
    yield _one(arrays, "rivals on the numbers as given", np.asarray(arrays.place, np.int64))
    yield _one(arrays, "rivals on our numbers", np.arange(arrays.n))


def _one(arrays: Arrays, numbers: str, place: npt.NDArray[np.int64]) -> Result:
    """Beside igraph and rustworkx, whose graphs are ready; ours makes its own from the two columns each time."""
    before = load()
    n, g = arrays.n, arrays.gates
    gate = np.repeat(np.arange(len(g.owner)), np.diff(np.asarray(g.ptr, np.int64)))
    sources = np.ones(n, bool)
    sources[g.owner] = False
    roots = np.flatnonzero(sources)
    source = np.concatenate([np.full(len(roots), n), np.asarray(g.member, np.int64)])
    target = np.concatenate([roots, np.asarray(g.owner, np.int64)[gate]])
    idom = np.asarray(idoms(n + 1, source, target, n)[0], np.int64)
    number = np.append(place, n)
    wanted = np.empty(n + 1, np.int64)
    wanted[number] = np.where(idom >= 0, number[idom], -1)

    def checked(name: str, theirs: npt.NDArray[np.int64]) -> None:
        differ = int((theirs != wanted).sum())
        if differ:
            raise Wrong(f"{name} differs at {differ:,} of {n:,} assets")

    runs = [Contestant("ours", lambda: idoms(n + 1, source, target, n))]
    module = library("igraph")
    if module is not None:
        made = module.Graph(n=n + 1, edges=np.stack([number[source], number[target]], axis=1), directed=True)
        runs.append(
            Contestant(
                "igraph", lambda: made.dominator(n, mode="out"), check=lambda a: checked("igraph", _igraph(a, n))
            )
        )
    module = library("rustworkx")
    if module is not None:
        ready = _rustworkx(module, n, number[source], number[target])
        runs.append(
            Contestant(
                "rustworkx",
                lambda: module.immediate_dominators(ready, n),
                check=lambda a: checked("rustworkx", _mapped(a, n)),
            )
        )
    times = interleaved(runs)
    result = Result(
        f"immediate dominators, {numbers}",
        f"{n:,} assets, {len(source):,} arcs, {len(roots):,} sources",
        f"{int((idom >= 0).sum()):,} reached; {int(((idom >= 0) & (idom < n)).sum()):,} hang on a single asset",
        times.pop("ours"),
        list(times.values()),
        before=before,
    )
    ask_best(result, LEAST)
    return result


def _igraph(found: Any, n: int) -> npt.NDArray[np.int64]:
    """As ours: -1 for the root and for what is not reached."""
    idom = np.array([-1 if v is None or v != v or v < 0 else v for v in found], np.int64)
    idom[n] = -1
    return idom


def _rustworkx(module: Any, n: int, source: npt.NDArray[Any], target: npt.NDArray[Any]) -> Any:
    made = module.PyDiGraph(node_count_hint=n + 1, edge_count_hint=len(source))
    made.add_nodes_from(range(n + 1))
    made.extend_from_edge_list(list(zip(source.tolist(), target.tolist(), strict=True)))
    return made


def _mapped(found: Any, n: int) -> npt.NDArray[np.int64]:
    idom = np.full(n + 1, -1, np.int64)
    pairs = np.array(list(found.items()), np.int64)
    idom[pairs[:, 0]] = pairs[:, 1]
    idom[n] = -1
    return idom
