# mypy: disable-error-code="no-untyped-def"
"""The compiled loops that prepare a map sheet: quadkeys, weights of vertices, a packed R-tree.

Import this module inside functions: loading the compiler takes a moment.
"""

from __future__ import annotations

import numpy as np

from twin.impact.compiled import compiled

#: Children of a node of the R-tree.
FANOUT = 16
#: Vertices that are weighed against each other.
STRETCH = 4096


@compiled
def quadkeys(x, y):
    """(n,) quadkeys of points: the bits of y and x in turn (Morton 1966), so that every map tile is one range.

    Args:
        x, y: (n,) int32, 31 bits each, from the north-west corner of the world.
    """
    found = np.empty(len(x), np.int64)
    for i in range(len(x)):
        code = np.int64(0)
        for bit in range(31):
            code |= np.int64((x[i] >> bit) & 1) << (2 * bit)
            code |= np.int64((y[i] >> bit) & 1) << (2 * bit + 1)
        found[i] = code
    return found


@compiled
def fullest(key, shift):
    """The most of the sorted quadkeys *key* that lie in one square of ``4 ** shift`` units."""
    most, run = 0, 0
    for i in range(len(key)):
        if i and key[i] >> (2 * shift) == key[i - 1] >> (2 * shift):
            run += 1
        else:
            run = 1
        most = max(most, run)
    return most


@compiled
def _apart(px, py, ax, ay, bx, by):
    """Distance of a point from a piece of a straight line."""
    dx, dy = bx - ax, by - ay
    length = dx * dx + dy * dy
    if length > 0.0:
        t = min(1.0, max(0.0, ((px - ax) * dx + (py - ay) * dy) / length))
        ax += t * dx
        ay += t * dy
    return np.sqrt((px - ax) ** 2 + (py - ay) ** 2)


@compiled
def _stretch(x, y, found, first, last, most):
    """The weights between two vertices, whose numbers are on the stack."""
    top = 1
    while top > 0:
        top -= 1
        a, b, limit = first[top], last[top], most[top]
        far, at = -1.0, a
        for i in range(a + 1, b):
            apart = _apart(float(x[i]), float(y[i]), float(x[a]), float(y[a]), float(x[b]), float(y[b]))
            if apart > far:
                far, at = apart, i
        if at == a:
            continue
        limit = min(limit, far)
        found[at] = limit
        # the shorter half is done first: the stack stays as deep as the logarithm of the length
        if at - a > b - at:
            first[top], last[top], most[top] = a, at, limit
            first[top + 1], last[top + 1], most[top + 1] = at, b, limit
        else:
            first[top], last[top], most[top] = at, b, limit
            first[top + 1], last[top + 1], most[top + 1] = a, at, limit
        top += 2


@compiled
def weights(ptr, x, y):
    """(v,) up to which tolerance each vertex of each polyline stays (Douglas and Peucker 1973), for all at once.

    A line simplified with tolerance t is its vertices of a weight above t; the ends stay always.

    Args:
        ptr: (p + 1,) polylines: vertices of k are ``ptr[k]:ptr[k + 1]``. x, y: (v,) int32.

    Returns:
        float32, in the unit of x and y; infinite for ends.
    """
    found = np.zeros(len(x), np.float32)
    first, last = np.empty(128, np.int64), np.empty(128, np.int64)
    most = np.empty(128, np.float64)
    for part in range(len(ptr) - 1):
        # A stretch at a time, whose ends stay: the worst line costs STRETCH steps a vertex, not its length.
        for low in range(ptr[part], ptr[part + 1], STRETCH):
            high = min(low + STRETCH, ptr[part + 1] - 1)
            found[low] = found[high] = np.inf
            first[0], last[0], most[0] = low, high, np.inf
            _stretch(x, y, found, first, last, most)
    return found


@compiled
def packed(box):
    """The boxes of the nodes of an R-tree over boxes that are sorted along a curve (Kamel and Faloutsos 1993).

    Args:
        box: (f, 4) int32 west, north, east, south.

    Returns:
        (m, 4) the leaves, then their parents, level by level up to one root; and (levels + 1,) where each begins.
    """
    sizes = [len(box)]
    while sizes[-1] > 1:
        sizes.append((sizes[-1] + FANOUT - 1) // FANOUT)
    start = np.zeros(len(sizes) + 1, np.int64)
    for level in range(len(sizes)):
        start[level + 1] = start[level] + sizes[level]
    node = np.empty((start[-1], 4), np.int32)
    node[: len(box)] = box
    for level in range(1, len(sizes)):
        for i in range(sizes[level]):
            low = start[level - 1] + i * FANOUT
            high = min(low + FANOUT, start[level])
            at = start[level] + i
            node[at, 0], node[at, 1] = node[low:high, 0].min(), node[low:high, 1].min()
            node[at, 2], node[at, 3] = node[low:high, 2].max(), node[low:high, 3].max()
    return node, start


@compiled
def touching(node, start, west, north, east, south):
    """Positions of the leaves whose boxes have a point in common with a box (its edges included)."""
    found = np.empty(64, np.int64)
    count = 0
    levels = len(start) - 1
    if start[-1] == 0:
        return found[:0]
    waiting = np.empty(FANOUT * (levels + 1) + 1, np.int64)
    level_of = np.empty(len(waiting), np.int64)
    waiting[0], level_of[0] = start[levels - 1], levels - 1
    top = 1
    while top > 0:
        top -= 1
        at, level = waiting[top], level_of[top]
        if node[at, 0] > east or node[at, 2] < west or node[at, 1] > south or node[at, 3] < north:
            continue
        if level == 0:
            if count == len(found):
                found = np.concatenate((found, np.empty_like(found)))
            found[count] = at
            count += 1
            continue
        low = start[level - 1] + (at - start[level]) * FANOUT
        for child in range(low, min(low + FANOUT, start[level])):
            waiting[top], level_of[top] = child, level - 1
            top += 1
    return found[:count]
