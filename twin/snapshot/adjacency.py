"""From gates and meshes to what is followed from an asset: downwards and upwards."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.snapshot.arrays import SAME, Adjacency, Bytes, Gates, Indices, Ints, Mesh
from twin.snapshot.sorting import pointers, sorted_by


def carriers(gates: Gates, meshes: dict[int, Mesh], n: int) -> Ints:
    """Assets in a transport mesh, and ends of joined gates, sorted."""
    carries = np.zeros(n, bool)
    for mesh in meshes.values():
        carries |= np.diff(mesh.ptr) > 0
    carries[gates.member[np.repeat(gates.joined, np.diff(gates.ptr))]] = True
    return np.flatnonzero(carries).astype(np.int32)


@dataclass
class _Entries:
    """Entries of some nodes, sorted by node: who, whereto, over which service."""

    node: Ints
    to: Ints
    service: Bytes


def adjacencies(gates: Gates, meshes: dict[int, Mesh], carrier: Ints, n: int) -> tuple[Adjacency, Adjacency]:
    """Down and up, see :class:`twin.snapshot.arrays.Adjacency`."""
    node_of = np.full(n, -1, np.int32)
    node_of[carrier] = n + np.arange(len(carrier), dtype=np.int32)
    steps = _Entries(carrier, node_of[carrier], np.full(len(carrier), SAME, np.uint8))
    gate = gates.use_gate
    user = np.repeat(np.arange(n, dtype=np.int32), np.diff(gates.use_ptr))
    uses = _Entries(user, gates.owner[gate], gates.service[gate])
    ends = gates.joined[gate]
    circuits = _Entries(node_of[user[ends]], uses.to[ends], uses.service[ends])
    size = np.diff(gates.ptr)
    owner = np.repeat(gates.owner, size)
    needs = _Entries(owner, gates.member, np.repeat(gates.service, size))
    joined = np.repeat(gates.joined, size)
    transport = _Entries(owner[joined], node_of[gates.member[joined]], needs.service[joined])
    along = [_mesh(mesh, service, node_of) for service, mesh in sorted(meshes.items())]
    back = _Entries(steps.to, steps.node, steps.service)
    total = n + len(carrier)
    return _joined([uses, steps], [circuits, *along], n, total), _joined([needs, transport], [*along, back], n, total)


def _mesh(mesh: Mesh, service: int, node_of: Ints) -> _Entries:
    node = np.repeat(node_of, np.diff(mesh.ptr))
    return _Entries(node, node_of[mesh.to], np.full(len(node), service, np.uint8))


def _joined(assets: list[_Entries], carrying: list[_Entries], n: int, total: int) -> Adjacency:
    """All entries, node by node, each list after the one before it."""
    halves = [_merged(assets, 0, n), _merged(carrying, n, total - n)]
    second: Indices = halves[1].ptr[1:] + halves[0].ptr[-1]
    return Adjacency(
        ptr=np.concatenate([halves[0].ptr, second]),
        to=np.concatenate([half.to for half in halves]),
        service=np.concatenate([half.service for half in halves]),
    )


def _merged(lists: list[_Entries], first: int, count: int) -> Adjacency:
    """Entries of nodes *first* and on; those of the first list are sorted already, and mostly there are no others."""
    base, *others = lists
    ptr = pointers(base.node - np.int32(first), count)
    to, service = base.to, base.service
    if any(len(entries.node) for entries in others):
        node = np.concatenate([entries.node for entries in others]) - np.int32(first)
        order = sorted_by([(node, count)])
        at = ptr[node[order] + 1].astype(np.int64)
        to = np.insert(to, at, np.concatenate([entries.to for entries in others])[order])
        service = np.insert(service, at, np.concatenate([entries.service for entries in others])[order])
        ptr += pointers(node, count)
    return Adjacency(ptr, to.astype(np.uint32), service)
