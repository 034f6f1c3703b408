# mypy: disable-error-code="no-untyped-def"
"""The compiled inner loops of routes: sorting links into a network, searching it from both ends, flows.

A network is a symmetric CSR: every link is two arcs, each the ``rev`` of the other; ``open_`` says which of them may
be followed. Work space that must begin as zero is asked of the system as zeroed pages, so that a search costs what it
touches.
"""

from __future__ import annotations

import numpy as np

from twin.impact.compiled import compiled

NONE, OWN = -1, -2


@compiled
def _grow(queue, low, high, mine, theirs, ptr, to, rev, open_, allowed, banned, forward, mark, parent):
    """One level of one side; returns the new height of the queue, how many arcs the new level has, and the arc on which
    both sides met, or NONE."""
    top, arcs = high, 0
    for i in range(low, high):
        u = queue[i]
        for j in range(ptr[u], ptr[u + 1]):
            arc = j if forward else rev[j]
            w = to[j]
            if not open_[arc] or banned[arc] or not allowed[w]:
                continue
            if mark[w] == theirs:
                return top, arcs, arc
            if mark[w] == 0:
                mark[w] = mine
                parent[w] = arc
                queue[top] = w
                top += 1
                arcs += ptr[w + 1] - ptr[w]
    return top, arcs, np.int64(NONE)


@compiled
def hop_pair(ptr, to, rev, open_, allowed, banned, s, t):
    """A route of fewest links from s to t, breadth first from both ends (Pohl 1971).

    Args:
        allowed: (n,) assets that may be passed. banned: (arcs,) arcs that may not.

    Returns:
        The arcs in order; empty when there is no route.
    """
    n = len(ptr) - 1
    mark = np.zeros(n, np.uint8)
    parent = np.empty(n, np.int64)
    ahead, behind = np.empty(n, np.int32), np.empty(n, np.int32)
    mark[s], mark[t] = 1, 2
    ahead[0], behind[0] = s, t
    low_a, high_a, low_b, high_b = 0, 1, 0, 1
    arcs_a, arcs_b = ptr[s + 1] - ptr[s], ptr[t + 1] - ptr[t]
    met = np.int64(NONE)
    while low_a < high_a and low_b < high_b and met == NONE:
        if arcs_a <= arcs_b:
            top, arcs_a, met = _grow(
                ahead, low_a, high_a, 1, 2, ptr, to, rev, open_, allowed, banned, True, mark, parent
            )  # fmt: skip
            low_a, high_a = high_a, top
        else:
            top, arcs_b, met = _grow(
                behind, low_b, high_b, 2, 1, ptr, to, rev, open_, allowed, banned, False, mark, parent
            )  # fmt: skip
            low_b, high_b = high_b, top
    return _joined(met, parent, parent, to, rev, s, t)


@compiled
def _joined(met, before, after, to, rev, s, t):
    """The arcs of a route found from both ends that met on arc *met*; *before* and *after* lead away from it."""
    if met == NONE:
        return np.empty(0, np.int64)
    size, rest = 0, 0
    v = to[rev[met]]
    while v != s:
        size += 1
        v = to[rev[before[v]]]
    v = to[met]
    while v != t:
        rest += 1
        v = to[after[v]]
    arcs = np.empty(size + 1 + rest, np.int64)
    v = to[rev[met]]
    for i in range(size - 1, -1, -1):
        arcs[i] = before[v]
        v = to[rev[before[v]]]
    arcs[size] = met
    v = to[met]
    for i in range(size + 1, size + 1 + rest):
        arcs[i] = after[v]
        v = to[after[v]]
    return arcs


@compiled
def _sift_up(heap, place, key, i):
    v = heap[i]
    while i > 0:
        up = (i - 1) >> 2
        if key[heap[up]] <= key[v]:
            break
        heap[i] = heap[up]
        place[heap[i]] = i + 1
        i = up
    heap[i] = v
    place[v] = i + 1


@compiled
def _pop(heap, place, key, size):
    """Take the smallest of a 4-ary heap; returns it. The caller lowers the size."""
    first = heap[0]
    place[first] = 0
    size -= 1
    if size > 0:
        v = heap[size]
        i = 0
        while True:
            child = 4 * i + 1
            if child >= size:
                break
            best = child
            for c in range(child + 1, min(child + 4, size)):
                if key[heap[c]] < key[heap[best]]:
                    best = c
            if key[heap[best]] >= key[v]:
                break
            heap[i] = heap[best]
            place[heap[i]] = i + 1
            i = best
        heap[i] = v
        place[v] = i + 1
    return first


@compiled
def _offer(heap, place, key, seen, v, cost, size):
    """Lower the key of v to *cost*, in the heap or not yet; returns the size of the heap and whether it was lower."""
    if seen[v] and key[v] <= cost:
        return size, False
    if not seen[v] or place[v] == 0:
        seen[v] = 1
        heap[size] = v
        place[v] = size + 1
        size += 1
    key[v] = cost
    _sift_up(heap, place, key, place[v] - 1)
    return size, True


@compiled
def cost_pair(ptr, to, rev, open_, cost, allowed, banned, s, t):
    """A route of least cost from s to t, Dijkstra from both ends (Pohl 1971; heap of four).

    Args:
        cost: (arcs,) not negative. allowed, banned: as in :func:`hop_pair`.

    Returns:
        The arcs in order; empty when there is no route. Where costs are zero it may pass an asset twice.
    """
    n = len(ptr) - 1
    key_a, key_b = np.empty(n, np.float64), np.empty(n, np.float64)
    seen_a, seen_b = np.zeros(n, np.uint8), np.zeros(n, np.uint8)
    place_a, place_b = np.zeros(n, np.int32), np.zeros(n, np.int32)
    heap_a, heap_b = np.empty(n, np.int32), np.empty(n, np.int32)
    parent_a, parent_b = np.empty(n, np.int64), np.empty(n, np.int64)
    size_a, _ = _offer(heap_a, place_a, key_a, seen_a, s, 0.0, 0)
    size_b, _ = _offer(heap_b, place_b, key_b, seen_b, t, 0.0, 0)
    best, met = np.inf, np.int64(NONE)
    while size_a > 0 and size_b > 0 and key_a[heap_a[0]] + key_b[heap_b[0]] < best:
        if key_a[heap_a[0]] <= key_b[heap_b[0]]:
            u = _pop(heap_a, place_a, key_a, size_a)
            size_a -= 1
            for j in range(ptr[u], ptr[u + 1]):
                w = to[j]
                if not open_[j] or banned[j] or not allowed[w]:
                    continue
                far = key_a[u] + cost[j]
                if seen_b[w] and far + key_b[w] < best:
                    best, met = far + key_b[w], np.int64(j)
                if seen_a[w] and place_a[w] == 0:
                    continue
                size_a, lower = _offer(heap_a, place_a, key_a, seen_a, w, far, size_a)
                if lower:
                    parent_a[w] = j
        else:
            u = _pop(heap_b, place_b, key_b, size_b)
            size_b -= 1
            for j in range(ptr[u], ptr[u + 1]):
                w, arc = to[j], rev[j]
                if not open_[arc] or banned[arc] or not allowed[w]:
                    continue
                far = key_b[u] + cost[arc]
                if seen_a[w] and far + key_a[w] < best:
                    best, met = far + key_a[w], arc
                if seen_b[w] and place_b[w] == 0:
                    continue
                size_b, lower = _offer(heap_b, place_b, key_b, seen_b, w, far, size_b)
                if lower:
                    parent_b[w] = arc
    return _joined(met, parent_a, parent_b, to, rev, s, t)


@compiled
def augment(ptr, to, rev, open_, cost, inner, allowed, capped, s, t, flow, through, potential, reached):
    """One more unit of flow from s to t at least cost (Suurballe 1974; Busacker & Gowen 1960, potentials of Edmonds
    & Karp 1972), on the network in which every asset is split into its way in (2v) and its way out (2v + 1).

    Args:
        cost: (arcs,) of links, inner: (n,) of passing an asset; not negative.
        capped: (n,) assets that one route at most may pass; a link of two others carries one route at most.
        flow: (arcs,) and through: (n,), the flow so far; potential: (2n,), all updated.
        reached: (2n,) zeros; on failure it marks the side of s of a least cut.

    Returns:
        Whether there was one more.
    """
    n = len(ptr) - 1
    key = np.empty(2 * n, np.float64)
    place = np.zeros(2 * n, np.int32)
    heap = np.empty(2 * n, np.int32)
    done = np.empty(2 * n, np.int32)
    pred = np.empty(2 * n, np.int64)
    count = 0
    size, _ = _offer(heap, place, key, reached, 2 * s + 1, 0.0, 0)
    while size > 0:
        x = _pop(heap, place, key, size)
        size -= 1
        if x == 2 * t:
            break
        done[count] = x
        count += 1
        u = x >> 1
        if x & 1:
            if through[u] > 0:
                size = _relax(heap, place, key, reached, potential, pred, x, 2 * u, -inner[u], OWN, size)
            for j in range(ptr[u], ptr[u + 1]):
                w = to[j]
                if w == s or not open_[j] or not allowed[w] or (flow[j] > 0 and not capped[u] and not capped[w]):
                    continue
                size = _relax(heap, place, key, reached, potential, pred, x, 2 * w, cost[j], j, size)
        else:
            if not capped[u] or through[u] == 0:
                size = _relax(heap, place, key, reached, potential, pred, x, 2 * u + 1, inner[u], OWN, size)
            for j in range(ptr[u], ptr[u + 1]):
                arc = rev[j]
                if flow[arc] > 0 and to[j] != s:
                    size = _relax(heap, place, key, reached, potential, pred, x, 2 * to[j] + 1, -cost[arc], arc, size)
    if not reached[2 * t] or place[2 * t] != 0:
        return False
    for i in range(count):
        potential[done[i]] += key[done[i]] - key[2 * t]
    _apply(pred, to, rev, s, t, flow, through)
    return True


@compiled
def _relax(heap, place, key, reached, potential, pred, x, y, cost, by, size):
    """Offer y at the reduced cost over x; *by* is how it was reached."""
    if reached[y] and place[y] == 0:
        return size
    size, lower = _offer(
        heap, place, key, reached, y, key[x] + max(0.0, cost + potential[x] - potential[y]), size
    )  # fmt: skip
    if lower:
        pred[y] = by
    return size


@compiled
def _apply(pred, to, rev, s, t, flow, through):
    """Put one unit on the way that *pred* tells, from t back to s."""
    x = 2 * t
    while x != 2 * s + 1:
        v, by = x >> 1, pred[x]
        if x & 1:
            if by == OWN:
                through[v] += 1
                x = 2 * v
            else:
                flow[by] -= 1
                x = 2 * to[by]
        elif by == OWN:
            through[v] -= 1
            x = 2 * v + 1
        else:
            flow[by] += 1
            x = 2 * to[rev[by]] + 1
