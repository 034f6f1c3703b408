"""Components of each grounded service in supply order, and the transport meshes."""

from __future__ import annotations

import numpy as np

from twin.snapshot.arrays import Mesh, Order
from twin.snapshot.gates import LinkColumns, TypeTable


def supply_order(links: LinkColumns, types: TypeTable, service: int, n: int) -> Order:
    """Strongly connected components of all links of *service*, suppliers first.

    All links count, whatever works, planned ones too; a mesh link counts in both directions.
    """
    from twin.snapshot import kernels

    rows = np.flatnonzero((types.gated & (types.service == service))[links.type])
    back = rows[types.mesh[links.type[rows]]]
    source = np.concatenate([links.source[rows], links.target[back]])
    target = np.concatenate([links.target[rows], links.source[back]])
    involved = np.zeros(n, bool)
    involved[source] = True
    involved[target] = True
    touched = np.flatnonzero(involved)
    local = np.full(n, -1, np.int32)
    local[touched] = np.arange(len(touched), dtype=np.int32)
    ptr, order = kernels.count_sort(local[source], len(touched))
    to = local[target[order]].view(np.uint32)
    count, label = kernels.strong(ptr, to)
    place = kernels.supply_rank(count, label, ptr, to)[label] if count else label
    start, by_place = kernels.count_sort(place, count)
    component = np.full(n, -1, np.int32)
    component[touched] = place
    return Order(asset=touched[by_place].astype(np.int32), start=start.astype(np.int64), component=component)


def transport_meshes(links: LinkColumns, types: TypeTable, n: int) -> dict[int, Mesh]:
    """The transport mesh of each service that has one."""
    found = {s: transport_mesh(links, types, s, n) for s in sorted(set(types.service[types.service >= 0].tolist()))}
    return {s: mesh for s, mesh in found.items() if mesh is not None}


def transport_mesh(links: LinkColumns, types: TypeTable, service: int, n: int) -> Mesh | None:
    """The mesh that joined gates of *service* search: its mesh links that make no gate; None without any."""
    from twin.snapshot import kernels

    chosen = types.mesh & ~types.gated & (types.service == service)
    rows = np.flatnonzero(chosen[links.type])
    if not len(rows):
        return None
    source = np.concatenate([links.source[rows], links.target[rows]])
    target = np.concatenate([links.target[rows], links.source[rows]])
    ptr, order = kernels.count_sort(source, n)
    return Mesh(ptr=ptr.astype(np.int64), to=target[order])
