"""Where two failures can meet: the regions of gates whose redundancy they would have to take away together.

Steady losses of two events together exceed the union of their single losses only if both touch one region: one gate;
all gates of one strongly connected component of a grounded service; or one island of transport with the joined gates
(``CONNECTS``) that it serves. Proof: let X be the baseline without both losses. Take a gate outside components and
transport; if one loss has no member of it, it counts in X what it counts after the other loss alone, so it holds. In
a component, suppliers first: if one loss touches neither the component nor a member from outside of its gates, the
least supported set inside X is that after the other loss alone, which is all of it. Transport likewise. So every gate
of X holds, X operates, and nothing beyond the union is lost. (Where a ``degrade`` or joined gate stands in a grounded
service an asset may work and support nothing; then all is one region.)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from twin.impact.reach import depended_on
from twin.impact.system import System, ranges
from twin.snapshot.arrays import Bools, Longs


@dataclass
class Regions:
    """Which regions each asset is part of.

    Attributes:
        ptr, region: regions of asset v are ``region[ptr[v]:ptr[v+1]]``. count: number of regions.
        gate: (count,) the one gate that a region is, or -1.
    """

    ptr: Longs
    region: Longs
    count: int
    gate: Longs

    def touched(self, rows: Longs) -> Longs:
        """Regions that the loss of *rows* touches, sorted."""
        return np.unique(self.region[ranges(self.ptr, rows)])


def regions_of(system: System) -> Regions:
    """The regions of a system."""
    n, m, g = system.n, system.m, system.gates
    if ((g.degrade | g.joined) & system.grounded[g.service]).any():
        return Regions(np.arange(n + 1, dtype=np.int64), np.zeros(n, np.int64), 1, np.full(1, -1, np.int64))
    of_gate = np.arange(m, dtype=np.int64)
    assets: list[Longs] = []
    regions: list[Longs] = []
    count = m
    for service, order in system.arrays.orders.items():
        large = np.diff(order.start) > 1
        inside = (order.component >= 0) & large[np.maximum(order.component, 0)] if len(large) else np.zeros(n, bool)
        own = (g.service == service) & inside[g.owner]
        of_gate[own] = count + order.component[g.owner[own]]
        assets.append(np.flatnonzero(inside))
        regions.append(count + order.component[inside].astype(np.int64))
        count += len(large)
    for service in system.joined_services:
        label = transport_of(system, service)
        joined = np.flatnonzero(g.joined & (g.service == service))
        of_gate[joined] = count + label[n + joined]
        mesh = system.arrays.meshes.get(service)
        carriers = np.flatnonzero(np.diff(mesh.ptr) > 0) if mesh is not None else np.zeros(0, np.int64)
        assets.append(carriers)
        regions.append(count + label[carriers])
        count += int(label.max(initial=-1)) + 1
    assets.append(g.member.astype(np.int64))
    regions.append(of_gate[system.gate_of_member])
    pairs = np.unique(np.concatenate(assets) * max(count, 1) + np.concatenate(regions))
    asset, region = pairs // max(count, 1), pairs % max(count, 1)
    gate = np.full(count, -1, np.int64)
    alone = np.flatnonzero(of_gate == np.arange(m))
    gate[alone] = alone
    return Regions(np.searchsorted(asset, np.arange(n + 1)).astype(np.int64), region, count, gate)


def transport_of(system: System, service: int) -> Longs:
    """(n + m,) components of the transport of a service, its joined gates hung to their end points."""
    n, m, g = system.n, system.m, system.gates
    of = g.joined[system.gate_of_member] & (g.service[system.gate_of_member] == service)
    source, target = [g.member[of].astype(np.int64)], [n + system.gate_of_member[of].astype(np.int64)]
    mesh = system.arrays.meshes.get(service)
    if mesh is not None:
        source.append(np.repeat(np.arange(n, dtype=np.int64), np.diff(mesh.ptr)))
        target.append(mesh.to.astype(np.int64))
    a, b = np.concatenate(source), np.concatenate(target)
    matrix = coo_array((np.ones(len(a), np.int8), (a, b)), shape=(n + m, n + m)).tocsr()
    _, label = connected_components(matrix, directed=False)
    found: Longs = label.astype(np.int64)
    return found


def upstream(system: System, rows: Longs, callers: bool = False) -> Bools:
    """(n,) every asset whose failure may change what *rows* receive: all they depend on, and themselves.

    Args:
        callers: also who may call the standby sources among them, for answers in time.
    """
    found = depended_on(system.arrays, rows)
    while callers:
        g = system.gates
        gates = np.unique(g.use_gate[ranges(g.use_ptr, np.flatnonzero(found & system.arrays.standby))])
        owners = g.owner[gates]
        if found[owners].all():
            break
        found = depended_on(system.arrays, np.union1d(np.flatnonzero(found), owners))
    return found
