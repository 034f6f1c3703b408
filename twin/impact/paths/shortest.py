"""Routes of least cost: one, or the k best (Yen 1971)."""

from __future__ import annotations

import heapq

import numpy as np

from twin.impact.paths import kernels
from twin.impact.paths.deadline import ENDLESS, Deadline
from twin.impact.paths.graph import Network
from twin.snapshot.arrays import Bools

Route = tuple[int, ...]


def shortest(net: Network, by: str, allowed: Bools, s: int, t: int, banned: Bools | None = None) -> Route:
    """The arcs of a route of least cost, empty when there is none.

    Args:
        by: ``hops``, ``length_km`` or ``latency_ms``. allowed: (n,) assets that may be passed, both ends among them.
        banned: (arcs,) arcs that may not be followed.
    """
    if banned is None:
        banned = np.zeros(len(net.to), bool)
    if by == "hops":
        found = kernels.hop_pair(net.ptr, net.to, net.rev, net.open, allowed, banned, s, t)
    else:
        arc = net.costs(by).arc
        found = kernels.cost_pair(net.ptr, net.to, net.rev, net.open, arc, allowed, banned, s, t)
    return without_loops(net, s, found.tolist())


def without_loops(net: Network, s: int, arcs: list[int]) -> Route:
    """The route without its detours back to an asset that it passed before."""
    kept: list[int] = []
    nodes, place = [s], {s: 0}
    for arc in arcs:
        v = int(net.to[arc])
        if v in place:
            height = place[v]
            for dropped in nodes[height + 1 :]:
                del place[dropped]
            del nodes[height + 1 :], kept[height:]
        else:
            kept.append(arc)
            nodes.append(v)
            place[v] = len(kept)
    return tuple(kept)


def cost_of(net: Network, by: str, s: int, t: int, route: Route) -> float:
    """What a route costs the search: its links, and the assets between its ends; see :class:`Costs`."""
    costs = net.costs(by)
    arcs = np.array(route, np.int64)
    inner = net.to[arcs[:-1]] if len(arcs) else np.zeros(0, np.int32)
    return float(costs.link[arcs].sum() + costs.asset[inner].sum())


def best(
    net: Network, by: str, allowed: Bools, s: int, t: int, k: int, deadline: Deadline = ENDLESS
) -> tuple[list[Route], bool]:
    """The k routes of least cost that pass no asset twice, the best first (Yen 1971); fewer when there are fewer.

    Routes that differ only in parallel links between the same two assets count once.

    Returns:
        The routes, and whether the search came to its end: after the deadline they are the first best ones still.
    """
    first = shortest(net, by, allowed, s, t)
    if not first:
        return [], True
    found = [first]
    waiting: list[tuple[float, int, Route, Route]] = []
    seen = {_assets(net, s, first)}
    banned = np.zeros(len(net.to), bool)
    while len(found) < k:
        last = found[-1]
        nodes = _assets(net, s, last)
        for i in range(len(last)):
            if deadline.over:
                return found, False
            spur, head = nodes[i], nodes[: i + 1]
            used = {_assets(net, s, r)[i + 1] for r in found if _assets(net, s, r)[: i + 1] == head}
            arcs = [j for j in range(int(net.ptr[spur]), int(net.ptr[spur + 1])) if int(net.to[j]) in used]
            banned[arcs] = True
            without = allowed.copy()
            without[list(head[:-1])] = False
            tail = shortest(net, by, without, spur, t, banned)
            banned[arcs] = False
            whole = last[:i] + tail
            if tail and (key := _assets(net, s, whole)) not in seen:
                seen.add(key)
                heapq.heappush(waiting, (cost_of(net, by, s, t, whole), len(whole), key, whole))
        if not waiting:
            break
        found.append(heapq.heappop(waiting)[3])
    return found, True


def _assets(net: Network, s: int, route: Route) -> Route:
    return (s, *net.to[np.array(route, np.int64)].tolist())
