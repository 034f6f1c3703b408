"""Components of each grounded service in supply order, and the transport meshes."""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from twin.snapshot.arrays import Ints, Longs, Mesh, Order
from twin.snapshot.gates import LinkColumns, TypeTable


def supply_order(links: LinkColumns, types: TypeTable, service: int, n: int) -> Order:
    """Strongly connected components of all links of *service*, suppliers first.

    All links count, whatever works, planned ones too; a mesh link counts in both directions.
    """
    rows = np.flatnonzero(types.gated[links.type] & (types.service[links.type] == service))
    back = rows[types.mesh[links.type[rows]]]
    source = np.concatenate([links.source[rows], links.target[back]])
    target = np.concatenate([links.target[rows], links.source[back]])
    involved = np.zeros(n, bool)
    involved[source] = True
    involved[target] = True
    touched = np.flatnonzero(involved)
    local = np.full(n, -1, np.int32)
    local[touched] = np.arange(len(touched), dtype=np.int32)
    source, target = local[source], local[target]
    size = len(touched)
    matrix = coo_array((np.ones(len(source), np.int8), (source, target)), shape=(size, size)).tocsr()
    count, label = connected_components(matrix, directed=True, connection="strong") if size else (0, local[:0])
    rank = _topological(label, source, target, count)
    level = rank[label] if size else label
    by_level = np.argsort(level, kind="stable")
    component = np.full(n, -1, np.int32)
    component[touched] = level
    return Order(
        asset=touched[by_level].astype(np.int32),
        start=np.searchsorted(level[by_level], np.arange(count + 1)).astype(np.int64),
        component=component,
    )


def _topological(label: Ints, source: Ints, target: Ints, count: int) -> Ints:
    """Position of each component in an order in which suppliers come first (Kahn 1962, by whole layers)."""
    a, b = label[source], label[target]
    apart = a != b
    edge = np.sort(a[apart].astype(np.int64) * max(count, 1) + b[apart])
    edge = edge[np.concatenate([[True], edge[1:] != edge[:-1]])] if len(edge) else edge
    a, b = (edge // max(count, 1)).astype(np.int64), (edge % max(count, 1)).astype(np.int64)
    start: Longs = np.searchsorted(a, np.arange(count + 1))
    waiting = np.bincount(b, minlength=count)
    rank = np.zeros(count, np.int32)
    ready = np.flatnonzero(waiting == 0)
    placed = 0
    while len(ready):
        rank[ready] = np.arange(placed, placed + len(ready), dtype=np.int32)
        placed += len(ready)
        sizes = start[ready + 1] - start[ready]
        offsets = np.repeat(start[ready] - np.concatenate([[0], np.cumsum(sizes)[:-1]]), sizes)
        following = b[offsets + np.arange(len(offsets))]
        np.subtract.at(waiting, following, 1)
        following = np.unique(following)
        ready = following[waiting[following] == 0]
    return rank


def transport_mesh(links: LinkColumns, types: TypeTable, service: int, n: int) -> Mesh | None:
    """The mesh that joined gates of *service* search: its mesh links that make no gate; None without any."""
    chosen = types.mesh & ~types.gated & (types.service == service)
    rows = np.flatnonzero(chosen[links.type])
    if not len(rows):
        return None
    source = np.concatenate([links.source[rows], links.target[rows]])
    target = np.concatenate([links.target[rows], links.source[rows]])
    sort = np.argsort(source, kind="stable")
    return Mesh(ptr=np.searchsorted(source[sort], np.arange(n + 1)).astype(np.int64), to=target[sort].astype(np.int32))
