"""The arrays of a snapshot: their numbering, what is checked at load, the id table, and the kernels that build them."""

from __future__ import annotations

import random
import tempfile
import zlib
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pyarrow as pa
import pytest

from tests.unit.strategies import SeededPicker, Traits, generate
from twin import Snapshot
from twin.errors import SnapshotError
from twin.schema.load import default_schema
from twin.snapshot import kernels
from twin.snapshot.arrays import FORMAT, Arrays
from twin.snapshot.build import build
from twin.snapshot.check import opened
from twin.snapshot.ids import find_row, hashed, id_table, with_ids
from twin.snapshot.tables import read_folder


def tables_of(seed: int, user_types: bool = False) -> tuple[pa.Table, pa.Table, Any]:
    made = generate(SeededPicker(seed), Traits(largest=30, user_types=user_types))
    with tempfile.TemporaryDirectory() as folder:
        schema = made.schema or default_schema()
        return (*read_folder(made.write(Path(folder)), schema)[:2], schema)


def test_the_order_of_links_makes_no_difference() -> None:
    for seed in range(60):
        assets, links, schema = tables_of(seed, seed % 3 == 0)
        order = list(range(links.num_rows))
        random.Random(seed).shuffle(order)
        one, two = build(assets, links, schema), build(assets, links.take(pa.array(order, pa.int64())), schema)
        other = {name: value for name, value, _ in two.named()}
        for name, value, _ in one.named():
            assert value.tolist() == other[name].tolist(), f"seed {seed} {name}"
        assert one.assets.equals(two.assets)
        assert one.groups == two.groups


def test_numbers_go_by_domain_component_and_distance_from_the_sources() -> None:
    for seed in range(60):
        assets, links, schema = tables_of(seed)
        arrays = build(assets, links, schema)
        given = assets["id"].to_pylist()
        ids = arrays.assets["id"].to_pylist()
        assert [given[row] for row in arrays.place] == ids
        domains = arrays.assets["domain"].to_pylist()
        assert [d for d, _ in zip(domains, [None, *domains], strict=False) if d != _] == list(dict.fromkeys(domains))
        whole = nx.Graph()
        whole.add_nodes_from(range(arrays.n))
        follow = nx.DiGraph(whole)
        for a, b, t in zip(arrays.link_from, arrays.link_to, arrays.link_type, strict=True):
            kind = schema.link_types[arrays.link_types[t]]
            if kind.service is not None:
                whole.add_edge(int(a), int(b))
                follow.add_edge(int(a), int(b))
                if kind.mesh:
                    follow.add_edge(int(b), int(a))
        part = {v: min(c) for c in nx.connected_components(whole) for v in c}
        sources = [v for v in follow if not follow.in_degree(v) and follow.out_degree(v)]
        far = nx.multi_source_dijkstra_path_length(follow, sources) if sources else {}
        for v in range(arrays.n - 1):
            same = domains[v] == domains[v + 1]
            if same and part[v] != part[v + 1]:
                assert part[v + 1] not in {part[w] for w in range(v + 1) if domains[w] == domains[v]}, f"seed {seed}"
            elif same and v in far and v + 1 in far:
                assert far[v] <= far[v + 1], f"seed {seed}"


def damaged(arrays: Arrays, folder: Path, name: str, change: Any) -> None:
    """The saved arrays with one of them changed."""
    arrays.save(folder)
    path = folder / f"{name}.npy"
    value = np.load(path)
    np.save(path, change(value))


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("gates.member", lambda a: np.where(np.arange(len(a)) == 0, 10**6, a).astype(a.dtype)),
        ("gates.member", lambda a: np.where(np.arange(len(a)) == 0, -1, a).astype(a.dtype)),
        ("gates.owner", lambda a: a + 10**6),
        ("gates.ptr", lambda a: a[::-1].copy()),
        ("gates.ptr", lambda a: a[:-1]),
        ("gates.own_ptr", lambda a: np.where(np.arange(len(a)) == 1, 10**6, a)),
        ("gates.use_ptr", lambda a: a + 1),
        ("gates.service", lambda a: a + 100),
        ("gates.buffer_s", lambda a: a[:-1]),
        ("down.to", lambda a: a + np.uint32(10**6)),
        ("up.ptr", lambda a: a[::-1].copy()),
        ("out_ptr", lambda a: a + np.uint32(1)),
        ("in_link", lambda a: a + np.uint32(10**6)),
        ("link_to", lambda a: a - 10**6),
        ("link_group", lambda a: a - 2),
        ("id_row", lambda a: a + np.uint32(10**6)),
        ("in_service", lambda a: a[:-1]),
        ("place", lambda a: a.astype(np.int32)),
        ("order.0.asset", lambda a: a + 10**6),
        ("order.0.component", lambda a: a + 10**6),
        ("order.0.start", lambda a: a[::-1].copy()),
        ("mesh.2.to", lambda a: a + 10**6),
    ],
)  # fmt: skip
def test_arrays_that_a_kernel_would_run_astray_on_are_not_opened(tmp_path: Path, name: str, change: Any) -> None:
    for seed in range(100):
        arrays = build(*tables_of(seed))
        if 2 in arrays.meshes and 0 in arrays.orders and (arrays.link_group >= 0).any():
            break
    damaged(arrays, tmp_path / "saved", name, lambda a: a)
    assert opened(tmp_path / "saved").n == arrays.n
    damaged(arrays, tmp_path / "saved", name, change)
    with pytest.raises(SnapshotError, match="saved"):
        opened(tmp_path / "saved")


def test_a_snapshot_of_another_format_is_not_opened(tmp_path: Path) -> None:
    build(*tables_of(1)).save(tmp_path / "saved")
    head = tmp_path / "saved" / "arrays.json"
    head.write_text(head.read_text(encoding="utf-8").replace(f'"format": {FORMAT}', '"format": 1'), encoding="utf-8")
    with pytest.raises(SnapshotError, match="format 1"):
        Snapshot.load(tmp_path / "saved")


def test_ids_are_found_exactly_even_where_checksums_fall_together() -> None:
    rng = random.Random(3)
    names = [f"s:{rng.randrange(10**9)}-{i}ü" for i in range(500)] + ["", "plumless", "buckeroo", "codding", "gnu"]
    assert zlib.crc32(b"plumless") == zlib.crc32(b"buckeroo")
    column = pa.chunked_array([names[:100], names[100:]])
    assert hashed(column).tolist() == [zlib.crc32(name.encode()) for name in names]
    assert hashed(column.slice(7, 200)).tolist() == hashed(column).tolist()[7:207]
    table = id_table(column)
    assert (np.diff(table[0].astype(np.int64)) >= 0).all()
    for row, name in enumerate(names):
        assert find_row(name, *table, column) == row
    assert find_row("s:nothing", *table, column) is None
    more = ["exhibiters", "schlager", "new"]
    grown = with_ids(*table, more, len(names))
    whole = pa.chunked_array([*column.chunks, pa.array(more)])
    for row, name in enumerate([*names, *more]):
        assert find_row(name, *grown, whole) == row


def test_the_kernels_that_build() -> None:
    """Against numpy and networkx on random graphs, loops and parallel links included."""
    rng = np.random.default_rng(7)
    for _ in range(300):
        n, e = int(rng.integers(1, 25)), int(rng.integers(0, 50))
        a, b = (rng.integers(0, n, e).astype(np.int32) for _ in range(2))
        ptr, order = kernels.count_sort(a, n)
        assert order.tolist() == np.argsort(a, kind="stable").tolist()
        assert ptr.tolist() == np.searchsorted(np.sort(a), np.arange(n + 1)).tolist() == kernels.pointers(a, n).tolist()
        _, twice = kernels.count_sort_again(b, order, n)
        assert twice.tolist() == np.lexsort((a, b)).tolist()
        to = b[order].view(np.uint32)
        graph = nx.MultiDiGraph()
        graph.add_nodes_from(range(n))
        graph.add_edges_from(zip(a.tolist(), b.tolist(), strict=True))
        count, label = kernels.strong(ptr, to)
        assert {frozenset(np.flatnonzero(label == c).tolist()) for c in range(count)} == {
            frozenset(c) for c in nx.strongly_connected_components(graph)
        }
        rank = kernels.supply_rank(count, label, ptr, to)
        assert sorted(rank.tolist()) == list(range(count))
        assert all(rank[label[u]] <= rank[label[v]] for u, v in graph.edges())
        lowest = {v: min(c) for c in nx.weakly_connected_components(graph) for v in c}
        assert kernels.components(n, a, b).tolist() == [lowest[v] for v in range(n)]
        first = rng.random(n) < 0.2
        assert kernels.breadth_first(ptr, to, first).tolist() == plain_breadth_first(graph, to, ptr, first)


def plain_breadth_first(graph: nx.MultiDiGraph, to: Any, ptr: Any, first: Any) -> list[int]:
    queue = [v for v in graph if first[v]]
    done = 0
    while True:
        while done < len(queue):
            u = queue[done]
            done += 1
            for v in to[ptr[u] : ptr[u + 1]].tolist():
                if v not in queue:
                    queue.append(v)
        left = [v for v in graph if v not in queue]
        if not left:
            return queue
        queue.append(left[0])
