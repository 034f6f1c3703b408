"""Other people's graph libraries on the same arrays: who comes from a node, from each its own way.

The optional ones are never in the lock (igraph is GPL). To have them, put them into a folder of their own and name it::

    .venv/bin/python -m pip install --target FOLDER --no-deps rustworkx igraph texttable networkit \
        python-graphblas suitesparse-graphblas donfig pyyaml
    TWIN_BENCH_RIVALS=FOLDER make bench

The folder is searched last: numpy and scipy stay those of the lock.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[Any]
FOLDER = "TWIN_BENCH_RIVALS"
OPTIONAL = ("rustworkx", "igraph", "networkit", "graphblas")


def library(name: str) -> Any:
    """The module, or None where it is not installed."""
    folder = os.environ.get(FOLDER, "/tmp/bench-rivals")
    if folder not in sys.path:
        sys.path.append(folder)
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def missing() -> list[str]:
    """Optional libraries that are not installed."""
    return [name for name in OPTIONAL if library(name) is None]


class Graph:
    """A directed graph as CSR: the neighbours of u are ``to[ptr[u]:ptr[u+1]]``."""

    def __init__(self, ptr: Rows, to: Rows) -> None:
        """Args: ptr: (n + 1,). to: (e,)."""
        self.ptr, self.to = np.asarray(ptr, np.int64), np.asarray(to, np.int32)
        self.n, self.e = len(self.ptr) - 1, len(self.to)

    @property
    def source(self) -> npt.NDArray[np.int32]:
        """(e,) where each edge begins."""
        return np.repeat(np.arange(self.n, dtype=np.int32), np.diff(self.ptr))


#: From a graph to a search: a function from a node to what is reached, in any form that :func:`reached` reads.
Search = Callable[[int], Any]


def reached(answer: Any, n: int) -> npt.NDArray[np.bool_]:
    """(n,) mask of an answer: a mask, row numbers, or any iterable of them."""
    if isinstance(answer, np.ndarray) and answer.dtype == bool:
        return answer
    mask = np.zeros(n, bool)
    rows = answer if isinstance(answer, np.ndarray) else np.fromiter(answer, np.int64)
    mask[rows] = True
    return mask


def scipy_search(graph: Graph) -> Search:
    """``scipy.sparse.csgraph.breadth_first_order``."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import breadth_first_order

    matrix = csr_array((np.ones(graph.e), graph.to, graph.ptr.astype(np.int32)), shape=(graph.n, graph.n))
    return lambda seed: breadth_first_order(matrix, seed, directed=True, return_predecessors=False)


def numpy_search(graph: Graph) -> Search:
    """A frontier at a time, whole columns."""
    ptr, to = graph.ptr, graph.to

    def search(seed: int) -> Any:
        seen = np.zeros(graph.n, bool)
        frontier = np.array([seed])
        seen[seed] = True
        while len(frontier):
            sizes = ptr[frontier + 1] - ptr[frontier]
            offsets = np.repeat(ptr[frontier] - np.concatenate([[0], np.cumsum(sizes)[:-1]]), sizes)
            found = to[offsets + np.arange(len(offsets))]
            found = found[~seen[found]]
            seen[found] = True
            frontier = np.unique(found)
        return seen

    return search


@numba.njit(nogil=True)
def _plain(seed, ptr, to, seen, queue):  # type: ignore[no-untyped-def]
    queue[0] = seed
    seen[seed] = True
    head, tail = 0, 1
    while head < tail:
        u = queue[head]
        head += 1
        for j in range(ptr[u], ptr[u + 1]):
            w = to[j]
            if not seen[w]:
                seen[w] = True
                queue[tail] = w
                tail += 1
    return tail


def numba_search(graph: Graph) -> Search:
    """The first compiled version that anyone writes."""

    def search(seed: int) -> Any:
        queue = np.empty(graph.n + 1, np.int32)
        return queue[: _plain(seed, graph.ptr, graph.to, np.zeros(graph.n, bool), queue)]

    return search


def networkx_searches(graph: Graph) -> dict[str, Search]:
    """Plain Python over the dicts of networkx, and its own ``descendants``."""
    import networkx

    made = networkx.DiGraph()
    made.add_nodes_from(range(graph.n))
    made.add_edges_from(zip(graph.source.tolist(), graph.to.tolist(), strict=True))
    adjacent = made._adj

    def over_dicts(seed: int) -> set[int]:
        seen = {seed}
        waiting = deque([seed])
        while waiting:
            for w in adjacent[waiting.popleft()]:
                if w not in seen:
                    seen.add(w)
                    waiting.append(w)
        return seen

    return {
        "networkx dicts": over_dicts,
        "networkx descendants": lambda seed: networkx.descendants(made, seed) | {seed},
    }


def rustworkx_graph(graph: Graph, module: Any) -> Any:
    """The graph as rustworkx holds it."""
    made = module.PyDiGraph(node_count_hint=graph.n, edge_count_hint=graph.e)
    made.add_nodes_from(range(graph.n))
    made.extend_from_edge_list(list(zip(graph.source.tolist(), graph.to.tolist(), strict=True)))
    return made


def rustworkx_search(graph: Graph, module: Any) -> Search:
    """``rustworkx.descendants``."""
    made = rustworkx_graph(graph, module)

    def search(seed: int) -> Any:
        return module.descendants(made, seed)

    return search


def igraph_graph(graph: Graph, module: Any, directed: bool = True) -> Any:
    """The graph as igraph holds it."""
    return module.Graph(n=graph.n, edges=np.stack([graph.source, graph.to], axis=1), directed=directed)


def igraph_search(graph: Graph, module: Any) -> Search:
    """``Graph.subcomponent``."""
    made = igraph_graph(graph, module)
    return lambda seed: made.subcomponent(seed, mode="out")


def networkit_search(graph: Graph, module: Any) -> Search:
    """``networkit.distance.BFS``."""
    made = module.GraphFromCoo((graph.source, graph.to), n=graph.n, directed=True)

    def search(seed: int) -> Any:
        found = module.distance.BFS(made, seed, storePaths=False)
        found.run()
        return found

    return search


def networkit_reached(found: Any) -> npt.NDArray[np.bool_]:
    """(n,) mask of what a BFS of networkit reached."""
    return np.asarray(found.getDistances()) < 1e300


def graphblas_search(graph: Graph, module: Any) -> Search:
    """``vxm`` with the any-pair semiring, what is reached as mask."""
    matrix = module.Matrix.from_csr(graph.ptr.astype(np.uint64), graph.to.astype(np.uint64), True, ncols=graph.n)

    def search(seed: int) -> Any:
        seen = module.Vector(bool, graph.n)
        frontier = module.Vector(bool, graph.n)
        frontier[seed] = True
        while frontier.nvals:
            seen(frontier.S) << True
            frontier(~seen.S, replace=True) << frontier.vxm(matrix, module.semiring.any_pair)
        return seen.to_coo(values=False)[0]

    return search


def searches(graph: Graph, slow: bool = True) -> Iterable[tuple[str, Search]]:
    """Every search that is installed, by name. slow: the ones too that hold each edge as a Python object."""
    yield "scipy breadth_first_order", scipy_search(graph)
    yield "numpy frontier", numpy_search(graph)
    yield "numba, as first written", numba_search(graph)
    made = {
        "graphblas": graphblas_search,
        "networkit": networkit_search,
        "igraph": igraph_search,
        "rustworkx": rustworkx_search,
    }
    for name, make in made.items():
        module = library(name)
        if module is not None:
            yield name, make(graph, module)
    if slow:
        yield from networkx_searches(graph).items()
