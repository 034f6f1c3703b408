"""Routes that share nothing: as many as asked for at the least total cost, or the cut that shows why not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.impact.paths import kernels
from twin.impact.paths.deadline import ENDLESS, Deadline
from twin.impact.paths.graph import Network
from twin.impact.paths.shortest import Route, without_loops
from twin.snapshot.arrays import Bools, Bytes, Ints, Longs


@dataclass(frozen=True)
class Cut:
    """A least cut: assets, and arcs of links, that every route needs one of."""

    assets: Longs
    arcs: Longs


@dataclass(frozen=True)
class Disjoint:
    """Routes that share nothing, of least total cost for so many; *cut* when there are no more than these."""

    routes: list[Route]
    cut: Cut | None


def disjoint(
    net: Network, by: str, allowed: Bools, capped: Bools, s: int, t: int, k: int, deadline: Deadline = ENDLESS
) -> Disjoint:
    """k routes from s to t at the least total cost (Suurballe 1974 for two, successive augmenting for more).

    After the deadline it ends with fewer routes and no cut.

    Args:
        by: the measure. allowed: (n,) assets that may be passed. capped: (n,) assets that one route at most may
            pass; a link between two others carries one route at most.
    """
    n, arcs = net.n, len(net.to)
    costs = net.costs(by)
    capped = capped.copy()
    capped[[s, t]] = False
    flow, through = np.zeros(arcs, np.int32), np.zeros(n, np.int32)
    potential = np.zeros(2 * n)
    cut = None
    count = 0
    while count < k and cut is None and not (count and deadline.over):
        reached = np.zeros(2 * n, np.uint8)
        more = kernels.augment(
            net.ptr, net.to, net.rev, net.open, costs.link, costs.asset, allowed, capped, s, t, flow, through,
            potential, reached,
        )  # fmt: skip
        if more:
            count += 1
        else:
            cut = _cut(net, allowed, capped, reached, flow)
    return Disjoint(_routes(net, flow, s, t, count), cut)


def _cut(net: Network, allowed: Bools, capped: Bools, reached: Bytes, flow: Ints) -> Cut:
    into, out = reached[0::2] != 0, reached[1::2] != 0
    assets = np.flatnonzero(capped & into & ~out)
    used = np.flatnonzero(flow > 0)
    arcs = used[out[net.source(used)] & ~into[net.to[used]]]
    return Cut(assets, arcs)


def _routes(net: Network, flow: Ints, s: int, t: int, count: int) -> list[Route]:
    """Take the flow apart into routes; what runs both ways over a link cancels out."""
    both = np.minimum(flow, flow[net.rev])
    flow = flow - both
    routes = []
    for _ in range(count):
        arcs: list[int] = []
        v = s
        while v != t:
            low, high = int(net.ptr[v]), int(net.ptr[v + 1])
            arc = low + int(np.argmax(flow[low:high] > 0))
            flow[arc] -= 1
            arcs.append(arc)
            v = int(net.to[arc])
        routes.append(without_loops(net, s, arcs))
    return sorted(routes, key=len)
